from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Leg, is_money
from engine.portfolio.position import FLAT, NotHeld, both_legs

QTY = st.decimals(Decimal("0.000001"), 1000, places=6)
MONEY = st.decimals(0, 1000, places=6)


def test_two_purchases_average_and_a_sale_releases_its_share() -> None:
    held = FLAT.bought(Decimal(10), Decimal("5.12")).bought(Decimal(30), Decimal("18.00"))
    assert held.average == Decimal("0.578")
    after = held.sold(Decimal(20), Decimal("13.00"))
    assert after.cost == Decimal("11.56")
    assert after.realised == Decimal("1.44")


def test_fees_are_kept_apart_from_the_cost() -> None:
    held = FLAT.bought(Decimal(1), Decimal("0.5"), Decimal("0.01")).sold(Decimal(1), Decimal("0.6"), Decimal("0.02"))
    assert (held.cost, held.realised, held.fees) == (0, Decimal("0.1"), Decimal("0.03"))


def test_a_flat_position_has_no_average() -> None:
    assert FLAT.average is None


@given(st.lists(st.tuples(QTY, MONEY), min_size=1, max_size=8), st.lists(QTY, max_size=8), MONEY)
def test_a_basis_never_drifts(buys, sales, proceeds) -> None:
    held = FLAT
    for qty, cost in buys:
        held = held.bought(qty, cost)
    spent, got = held.cost, Decimal(0)
    for qty in sales:
        part = min(qty, held.qty)
        if part:
            held = held.sold(part, proceeds)
            got += proceeds
        assert is_money(held.cost)
        assert held.cost >= 0
    if held.qty:
        held, got = held.sold(held.qty, proceeds), got + proceeds
    assert held.cost == 0
    assert held.realised == got - spent


@given(QTY, QTY, MONEY)
def test_more_than_is_held_cannot_be_sold(qty, more, cost) -> None:
    with pytest.raises(NotHeld):
        FLAT.bought(qty, cost).sold(qty + more, cost)


def test_a_pair_is_worth_one_whatever_happens() -> None:
    both = both_legs([(Leg.YES, 10.0, 5.0), (Leg.NO, 10.0, 4.9)], 0.7)
    assert both.pnl_if_yes == pytest.approx(both.pnl_if_no)
    assert (both.pairs, both.max_loss) == (10.0, 0.0)


@given(st.lists(st.tuples(st.sampled_from(Leg), st.floats(0.0, 100.0), st.floats(0.0, 100.0))), st.floats(0.0, 1.0))
def test_both_legs_lose_at_most_what_they_say(trades, price) -> None:
    both = both_legs(trades, price)
    assert min(both.pnl_if_yes, both.pnl_if_no) >= -both.max_loss - 1e-9
    assert both.unrealised == pytest.approx(both.value - both.cost)


def test_a_naked_sale_is_refused() -> None:
    with pytest.raises(NotHeld):
        both_legs([(Leg.NO, -1.0, -0.5)], 0.5)


def test_a_mark_must_be_a_price() -> None:
    with pytest.raises(ValueError, match="price"):
        both_legs([], float("nan"))
