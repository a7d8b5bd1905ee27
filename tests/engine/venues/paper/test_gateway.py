from __future__ import annotations

import asyncio
import socket
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.core.events import (
    Accepted,
    Amended,
    BookDelta,
    Canceled,
    Filled,
    LinkChanged,
    Listed,
    Pictured,
    Trade,
)
from engine.core.ids import KALSHI, FamilyId
from engine.core.instrument import Family, Known
from engine.core.units import Leg, Side
from engine.orders.simulate import Latency, Simulator
from engine.venues.paper.gateway import PaperGateway
from engine.venues.port import Can, Capabilities, Depth, Gateway, Venue, on_paper
from tests.engine.orders.papers import CLOSES, IT, START, book, order, terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.events import Event

CAN = Capabilities(depth=Depth.LADDER, can=Can.POST_ONLY | Can.AMEND, orders_per_second=10.0, collateral="USD")
BUY, SELL = Side.BUY, Side.SELL
FAMILY = Family(id=FamilyId("kalshi:E"), title="E", members=(IT,))


def known(name: str, cents: int = 42) -> Known:
    return Known(
        client=f"c-{name}", order=name, instrument=IT, side=BUY, leg=Leg.YES, price=cents * 100, qty=Decimal(10),
        filled=Decimal(0), sent_at=START,
    )  # fmt: skip


class Session:
    """A gateway on a running loop, and what it emitted."""

    def __init__(self, latency: Latency) -> None:
        began = time.monotonic_ns()
        self.gateway = PaperGateway(
            Simulator(KALSHI, lambda: 0.5, latency), CAN, lambda: START + time.monotonic_ns() - began
        )
        self.events: list[Event] = []
        self.came = asyncio.Event()

    def emit(self, event: Event) -> bool:
        self.events.append(event)
        self.came.set()
        return True

    async def until(self, met: Callable[[list[Event]], bool]) -> None:
        async with asyncio.timeout(10):
            while not met(self.events):
                self.came.clear()
                await self.came.wait()


def played(act: Callable[[Session], Any], latency: Latency | None = None) -> Session:
    """Run a session whose market is listed and has a book, and return it."""

    async def main() -> Session:
        session = Session(latency or Latency(out=2_000_000, back=1_000_000, jitter=100_000))
        session.gateway.hear(Listed(at=START, family=FAMILY, instruments=(terms(),)))
        session.gateway.hear(book([(42, 100)], [(45, 50)]))
        running = asyncio.create_task(session.gateway.run(session.emit))
        await session.until(bool)
        await act(session)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return session

    return asyncio.run(main())


def has(kind: type) -> Callable[[list[Event]], bool]:
    return lambda events: any(isinstance(event, kind) for event in events)


def test_orders_live_their_lives_without_anything_being_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(session: Session) -> None:
        def refuse(*_: object) -> None:
            pytest.fail("paper opened a connection")

        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", refuse, raising=False)
        gateway = session.gateway
        await gateway.submit(order("a", BUY, 45, 10).order)
        await session.until(has(Filled))
        await gateway.submit(order("b", BUY, 42, 10).order)
        await gateway.amend(known("b"), 4_100, Decimal(8))
        await session.until(has(Amended))
        await gateway.cancel(known("b"))
        await session.until(has(Canceled))
        await gateway.picture([known("a"), known("zz")])
        await session.until(has(Pictured))

    events = played(act).events
    assert [type(event).__name__ for event in events] == [
        "LinkChanged", "Accepted", "Filled", "Accepted", "Amended", "Canceled", "Pictured",
    ]  # fmt: skip
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert events[0] == LinkChanged(at=events[0].at, venue=KALSHI, up=True, channel="account", why="on paper")
    picture = events[-1]
    assert {one.order: one.status for one in picture.orders} == {"a": "filled", "zz": "absent"}
    assert (picture.positions, picture.cash) == (None, None)
    assert START <= picture.asked_at <= picture.at


def test_an_answer_comes_only_after_its_delay() -> None:
    async def act(session: Session) -> None:
        await session.gateway.submit(order("a", BUY, 42, 10).order)
        assert not has(Accepted)(session.events)
        await session.until(has(Accepted))

    accepted = played(act).events[1]
    assert accepted.at >= START + 3_000_000


def test_market_events_fill_what_rests() -> None:
    async def act(session: Session) -> None:
        await session.gateway.submit(order("a", BUY, 42, 10).order)
        await session.until(has(Accepted))
        session.gateway.hear(Trade(at=START, instrument=IT, price=4_200, lots=10_500, taker=SELL))
        await session.until(has(Filled))

    assert played(act).events[2].qty == 5


def test_orders_of_an_earlier_session_are_taken_up_before_it_runs() -> None:
    async def main() -> list[Event]:
        session = Session(Latency(out=0, back=0, jitter=0))
        session.gateway.resume([known("old")])
        session.gateway.know([terms()])
        session.gateway.hear(book([], [(41, 4)]))
        session.gateway.hear(BookDelta(at=START, instrument=IT, side=SELL, price=4_200, lots=300))
        running = asyncio.create_task(session.gateway.run(session.emit))
        await session.until(lambda events: len(events) == 3)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return session.events

    up, first, second = asyncio.run(main())
    assert isinstance(up, LinkChanged)
    assert [(fill.order, fill.qty, fill.maker) for fill in (first, second)] == [("old", 4, True), ("old", 3, True)]


def test_a_clock_that_is_set_back_stops_nothing() -> None:
    times = iter([START + 10, START + 5, START, *[START + 20] * 50])

    async def main() -> list[Event]:
        gateway = PaperGateway(
            Simulator(KALSHI, lambda: 0.0, Latency(out=0, back=0, jitter=0)), CAN, lambda: next(times)
        )
        events: list[Event] = []
        gateway.know([terms()])
        gateway.hear(book([(42, 100)], [(45, 50)]))
        running = asyncio.create_task(gateway.run(lambda event: events.append(event) or True))
        await asyncio.sleep(0)
        await gateway.submit(order("a", BUY, 42, 10).order)
        await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return events

    assert [type(event).__name__ for event in asyncio.run(main())] == ["LinkChanged", "Accepted"]


def test_a_venue_on_paper_keeps_its_market_and_its_capabilities() -> None:
    gateway: Gateway = PaperGateway(Simulator(KALSHI, lambda: 0.0), CAN, lambda: CLOSES)
    market = object()
    venue = on_paper(Venue(KALSHI, market, None, market), gateway)
    assert venue.feed is market
    assert venue.gateway is gateway
    assert gateway.capabilities is CAN
