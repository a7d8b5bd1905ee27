from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InvariantBroken
from engine.core.ids import YOU
from engine.core.units import Leg, Side
from engine.exchange.market import Market, dues, lots_of, of_lots, refunds
from engine.maths import lmsr
from engine.portfolio.position import FLAT, Position
from tests.engine.exchange.listed import NOW, SIM, high, rain

MOVES = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(Leg), st.integers(1, 10**8)), max_size=12)


def market(contract=None, prior=(0.5, 0.5)) -> Market:
    made = Market(contract or rain(), 100.0, prior, Decimal(0), NOW, "group", Decimal(70))
    made.pot = Decimal(10**6)
    return made


def test_buying_no_moves_the_price_as_selling_yes_does() -> None:
    one, other = market(), market()
    one.move(0, Leg.NO, Side.BUY, lots_of(Decimal(10)))
    other.net[0] = 0
    other.move(0, Leg.YES, Side.SELL, lots_of(Decimal(10)))
    assert one.prices == other.prices
    assert one.leg_price(0, Leg.NO) == pytest.approx(lmsr.price_after(0.5, 10.0, 100.0))


def test_shares_sold_are_told_by_leg_for_two_outcomes_and_net_for_brackets() -> None:
    two, many = market(), market(high(), (0.25,) * 4)
    for one in (two, many):
        one.move(0, Leg.YES, Side.BUY, lots_of(Decimal(10)))
        one.move(0, Leg.NO, Side.BUY, lots_of(Decimal(4)))
    assert two.sold == (10, 4)
    assert many.sold == (6, 0, 0, 0)
    assert (two.liability(0), two.liability(1)) == (10, 4)
    assert (many.liability(0), many.liability(1)) == (10, 4)


@given(MOVES)
def test_prices_follow_from_the_shares_sold_alone(moves) -> None:
    one = market(high(), (0.1, 0.2, 0.3, 0.4))
    for outcome, leg, lots in moves:
        one.move(outcome, leg, Side.BUY, lots)
    q = [a + float(n) for a, n in zip(lmsr.opening_shares(one.prior, one.b), one.sold, strict=True)]
    assert one.prices == pytest.approx(lmsr.prices(q, one.b))
    assert math.fsum(one.prices) == pytest.approx(1.0)


def test_a_pot_that_does_not_cover_a_winner_stops_the_engine() -> None:
    one = market()
    one.pot = Decimal("9.999999")
    with pytest.raises(InvariantBroken, match=r"may owe 10\.000000"):
        one.move(0, Leg.YES, Side.BUY, lots_of(Decimal(10)))


def test_volume_trades_and_the_last_price_are_counted() -> None:
    one = market()
    assert one.last is None
    one.move(0, Leg.YES, Side.BUY, lots_of(Decimal(10)))
    one.move(0, Leg.YES, Side.SELL, lots_of(Decimal(5)))
    assert (one.volume, one.trades, one.last) == (15, 2, one.ticks(0))


def test_an_account_unknown_to_a_market_is_flat_and_risks_nothing() -> None:
    assert market().position(YOU, 0, Leg.YES) == FLAT
    assert market().margin(YOU) == 0


def test_a_price_beyond_what_floats_tell_apart_is_zero() -> None:
    one = market()
    one.pot = Decimal(10**9)
    one.move(0, Leg.NO, Side.BUY, lots_of(Decimal(10**6)))
    assert one.prices == (0.0, 1.0)


def test_winners_are_paid_one_a_share() -> None:
    stakes = {YOU: [Position(Decimal(3)), Position(Decimal(4)), Position(Decimal(5)), Position(Decimal(6))]}
    assert dues(stakes, 0) == {YOU: [3, 0, 0, 6]}
    assert dues(stakes, 1) == {YOU: [0, 4, 5, 0]}
    assert dues(stakes, 2) == {YOU: [0, 4, 0, 6]}


@given(
    st.lists(st.decimals(0, 10**9, places=6), min_size=2, max_size=6),
    st.decimals(0, 10**9, places=6),
)
def test_refunds_are_the_bases_or_all_there_is(costs, available) -> None:
    stakes = {SIM: [Position(Decimal(1), c) for c in costs[1:]], YOU: [Position(Decimal(1), costs[0])]}
    paid = refunds(stakes, available)
    assert sum(sum(row) for row in paid.values()) == min(sum(costs), available)
    assert list(paid) == [SIM, YOU]
    for account, row in paid.items():
        for got, position in zip(row, stakes[account], strict=True):
            assert 0 <= got <= position.cost + Decimal("0.000001")


def test_lots_and_shares_convert_both_ways() -> None:
    assert lots_of(Decimal("1.5")) == 1_500_000
    assert of_lots(1_500_001) == Decimal("1.500001")
