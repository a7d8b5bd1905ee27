from __future__ import annotations

from decimal import Decimal

from engine.core.ids import KALSHI, InstrumentId, OrderId, StrategyId
from engine.core.units import Leg, Qty, Side, Ticks
from engine.strategies.context import Working
from engine.strategies.said import Drop, Move, Want, quoted

WHO = StrategyId("maker")
ONE = InstrumentId(KALSHI, "A")


def want(key="bid", price=4_000, qty=10, side=Side.BUY) -> Want:
    return Want(WHO, ONE, side, Leg.YES, Ticks(price), Qty(Decimal(qty)), key=key)


def working(price=4_000, qty=10, filled=0, side=Side.BUY, settled=True) -> Working:
    return Working(
        OrderId("o-1"), ONE, side, Leg.YES, Ticks(price), Qty(Decimal(qty)), Qty(Decimal(filled)), settled
    )  # fmt: skip


def test_what_stands_as_desired_stays():
    assert quoted(WHO, {"bid": want()}, {"bid": working()}) == []
    assert quoted(WHO, {"bid": want(qty=6)}, {"bid": working(filled=4)}) == []


def test_what_is_not_desired_is_dropped_before_anything_new_is_wanted():
    said = quoted(WHO, {"ask": want("ask", side=Side.SELL)}, {"bid": working()})
    assert said == [Drop(WHO, "bid"), want("ask", side=Side.SELL)]


def test_another_price_or_size_is_a_move_of_the_whole_quantity():
    assert quoted(WHO, {"bid": want(price=4_100)}, {"bid": working(filled=4)}) == [Move(WHO, "bid", 4_100, 14)]


def test_what_travels_is_left_alone():
    assert quoted(WHO, {"bid": want(price=4_100)}, {"bid": working(settled=False)}) == []
    assert quoted(WHO, {}, {"bid": working(settled=False)}) == []


def test_another_side_under_the_same_key_is_dropped():
    assert quoted(WHO, {"bid": want(side=Side.SELL)}, {"bid": working()}) == [Drop(WHO, "bid")]
