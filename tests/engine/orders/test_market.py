from __future__ import annotations

from engine.core.units import Side
from tests.engine.orders.papers import market, rested, standing


def test_a_trade_beyond_our_price_fills_us_first() -> None:
    one = market([(42, 100)], [(45, 50)])
    ours = rested(one, Side.BUY, 42, 30)
    (hit,) = one.trade(41, 20, Side.SELL, 1)
    assert (hit.price, hit.lots, ours.left) == (42, 20, 10)


def test_a_trade_on_the_other_side_fills_nothing() -> None:
    one = market([(42, 100)], [(45, 50)])
    rested(one, Side.BUY, 42, 30)
    assert one.trade(45, 500, Side.BUY, 1) == []


def test_a_trade_that_does_not_say_who_took_is_read_off_the_book() -> None:
    one = market([(42, 0), (41, 5)], [(45, 50)])
    rested(one, Side.BUY, 43, 30)
    assert one.trade(43, 5, None, 1) == []  # between the best prices: anybody may have taken
    assert [hit.lots for hit in one.trade(41, 5, None, 2)] == [5]


def test_a_level_of_the_other_side_at_our_price_fills_us_as_maker() -> None:
    one = market([(42, 100)], [(45, 50)])
    ours = rested(one, Side.BUY, 42, 30)
    one.delta(Side.BUY, 42, 0, False, 1)
    (hit,) = one.delta(Side.SELL, 41, 20, False, 2)
    assert (hit.price, hit.lots, hit.maker, ours.left) == (42, 20, True, 10)
    assert list(one.reach(Side.BUY, 45)) == [(45, 50)]  # what filled us is gone


def test_what_is_taken_stays_taken_until_the_venue_moves_the_level() -> None:
    one = market([(42, 100)], [(45, 50), (46, 80)])
    one.take(standing(Side.BUY, 46, 30), 45, 30)
    assert list(one.reach(Side.BUY, None)) == [(45, 20), (46, 80)]
    one.delta(Side.SELL, 45, 50, False, 1)  # told again, nothing moved
    one.snapshot([(42, 100)], [(45, 50), (46, 80)], 2)
    assert list(one.reach(Side.BUY, None)) == [(45, 20), (46, 80)]
    one.delta(Side.SELL, 45, 51, False, 3)
    assert list(one.reach(Side.BUY, None)) == [(45, 51), (46, 80)]
