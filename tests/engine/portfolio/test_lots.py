"""Lots: the oldest first, and nothing lost whatever is split."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Money, Nanos, Qty
from engine.portfolio.lots import Lots
from engine.portfolio.position import NotHeld

KEY = ("kalshi", "X", "YES")


def qty(n):
    return Qty(Decimal(n))


def money(n):
    return Money(Decimal(n))


def test_the_oldest_shares_are_sold_first():
    lots = Lots()
    lots.open(KEY, Nanos(1), qty(10), money("4.00"))
    lots.open(KEY, Nanos(2), qty(10), money("6.00"))
    first, second = lots.close(KEY, Nanos(3), qty(15), money("9.00"))
    assert (first.opened_at, first.qty, first.basis, first.proceeds, first.gain) == (1, 10, 4, 6, 2)
    assert (second.opened_at, second.qty, second.basis, second.proceeds, second.gain) == (2, 5, 3, 3, 0)
    assert (lots.held(KEY), lots.basis(KEY), lots.open_keys()) == (5, 3, [KEY])


def test_thirds_are_rounded_and_the_last_part_takes_what_is_left():
    lots = Lots()
    lots.open(KEY, Nanos(1), qty(3), money("1.00"))
    parts = [lots.close(KEY, Nanos(2), qty(1), money("0.50"))[0].basis for _ in range(3)]
    assert parts == [Decimal("0.333333"), Decimal("0.333334"), Decimal("0.333333")]
    assert lots.total() == 0


def test_more_than_is_held_is_refused_and_changes_nothing():
    lots = Lots()
    lots.open(KEY, Nanos(1), qty(3), money(1))
    with pytest.raises(NotHeld):
        lots.close(KEY, Nanos(2), qty(4), money(1))
    with pytest.raises(NotHeld):
        lots.close("other", Nanos(2), qty(1), money(1))
    assert (lots.held(KEY), lots.basis(KEY)) == (3, 1)


AMOUNT = st.integers(1, 10**9).map(lambda n: Decimal(n).scaleb(-6))


@given(st.lists(st.tuples(st.booleans(), AMOUNT, AMOUNT), max_size=60))
def test_every_cent_and_every_share_is_in_exactly_one_part(trades):
    lots, bought, paid, sold, got, closed = Lots(), Decimal(0), Decimal(0), Decimal(0), Decimal(0), []
    for at, (buys, shares, amount) in enumerate(trades):
        if buys:
            lots.open(KEY, Nanos(at), qty(shares), money(amount))
            bought, paid = bought + shares, paid + amount
        elif lots.held(KEY):
            part = min(shares, lots.held(KEY))
            closed += lots.close(KEY, Nanos(at), qty(part), money(amount))
            sold, got = sold + part, got + amount
    assert sum(one.qty for one in closed) == sold
    assert sum(one.proceeds for one in closed) == got
    assert sum(one.basis for one in closed) + lots.total() == paid
    assert lots.held(KEY) == bought - sold
    opened = [one.opened_at for one in closed]
    assert opened == sorted(opened)
    assert all(one.basis >= 0 and one.proceeds >= 0 for one in closed)
