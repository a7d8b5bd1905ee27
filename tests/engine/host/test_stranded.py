"""Orders at work when the kernel failed: asked back one by one, gone when a venue says so and not before."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.core.commands import Place
from engine.core.events import Canceled, CancelRefused, Expired, Filled, Lost, Pictured, Rejected, Seen
from engine.core.ids import KALSHI, InstrumentId, OrderId
from engine.core.order import Status
from engine.core.units import NO_MONEY, Nanos, Qty, Side, Ticks
from engine.host.stranded import Stranded
from engine.orders.register import Order

if TYPE_CHECKING:
    from engine.core.effects import Withdraw
    from engine.core.events import Event

A, B = OrderId("a"), OrderId("b")
AT = Nanos(1)


def order(name: OrderId) -> Order:
    place = Place(instrument=InstrumentId(KALSHI, "X"), side=Side.BUY, price=Ticks(4_000), qty=Qty(Decimal(10)))
    return Order(id=name, place=place, sent_at=AT, status=Status.WORKING, quantity=Qty(Decimal(10)))


def fill(trade: str, lots: int) -> Filled:
    return Filled(
        at=AT, order=A, trade_id=trade, price=Decimal("0.4"), qty=Qty(Decimal(lots)), cost=NO_MONEY, fee=NO_MONEY
    )


def stranded(asked: list[Withdraw]) -> Stranded:
    return Stranded([order(A), order(B)], asked.append)


def test_all_are_asked_back_as_often_as_it_is_wanted() -> None:
    asked: list[Withdraw] = []
    left = stranded(asked)
    left.cancel()
    left.hear(Canceled(at=AT, order=A))
    left.cancel()
    assert [one.order for one in asked] == [A, B, B]
    assert asked[0].known is not None
    assert asked[0].known.instrument.symbol == "X"


def test_one_that_cannot_be_asked_back_keeps_none_of_the_others(caplog) -> None:
    asked: list[OrderId] = []

    def ask(effect: Withdraw) -> None:
        if effect.order == A:
            raise ValueError("a bug")
        asked.append(effect.order)

    left = Stranded([order(A), order(B)], ask)
    left.cancel()
    assert asked == [B]
    assert "could not be asked back" in caplog.text
    assert len(left.orders()) == 2


@pytest.mark.parametrize(
    ("event", "gone"),
    [
        (Canceled(at=AT, order=A), True),
        (Expired(at=AT, order=A), True),
        (Rejected(at=AT, order=A, code="unsent", text=""), True),
        (CancelRefused(at=AT, order=A, code="too late"), False),
        (Lost(at=AT, order=A, why="no answer"), False),
        (fill("t", 10), True),
        (fill("t", 4), False),
        (Pictured(at=AT, venue=KALSHI, asked_at=AT, orders=(Seen(order=A, status="canceled"),)), True),
        (Pictured(at=AT, venue=KALSHI, asked_at=AT, orders=(Seen(order=A, status="absent"),)), False),
        (Pictured(at=AT, venue=KALSHI, asked_at=AT, ok=False, why="down"), False),
    ],
)
def test_one_is_gone_when_its_venue_says_so(event: Event, gone: bool) -> None:
    left = stranded([])
    left.hear(event)
    assert [one.id for one in left.orders()] == ([B] if gone else [A, B])


def test_a_fill_told_twice_counts_once() -> None:
    left = stranded([])
    for trade in ("t", "t", "u"):
        left.hear(fill(trade, 4))
    assert len(left.orders()) == 2
    left.hear(fill("v", 2))
    assert [one.id for one in left.orders()] == [B]
