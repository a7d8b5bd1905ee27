"""CCXT's own Deribit client against the Deribit sandbox: orders by the library, and its faults held in check."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

import resources
from engine.core.commands import Place, Tif
from engine.core.effects import Approved
from engine.core.errors import VenueRefused
from engine.core.events import (
    Accepted,
    BookSnapshot,
    BooksStale,
    Canceled,
    Event,
    Filled,
    LinkChanged,
    LinkReport,
    Lost,
    Marked,
    Pictured,
    Rejected,
)
from engine.core.ids import AccountId, InstrumentId, OrderId
from engine.core.instrument import Known
from engine.core.snapshot import StationRow
from engine.core.units import Lots, Nanos, Qty, Side, Ticks
from engine.host.clock import DayClock
from engine.sandbox.servers.deribit import SOCKET, DeribitServer
from engine.sandbox.servers.deribit_desk import Client
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault
from engine.sandbox.servers.world import World
from engine.venues.ccxt import feed, gateway, library
from engine.venues.ccxt.endpoints import Endpoints
from engine.venues.ccxt.keys import CcxtKeys
from engine.venues.ccxt.venue import build

pytest.importorskip("ccxt")
YOU, OTHER = AccountId("deribit-you"), AccountId("deribit-other")
DOLLARS = Decimal(1_000_000)
PATIENCE_S = 20.0


def now() -> Nanos:
    return Nanos(time.time_ns())


class Desk:
    """The venue by way of the library, and what it told."""

    def __init__(self, world: World, server: DeribitServer, port: int) -> None:
        self.world = world
        self.pit = server.bourse.pit
        self.server = server
        self.port = port
        urls = {"rest": f"http://127.0.0.1:{port}", "ws": f"ws://127.0.0.1:{port}{SOCKET}"}
        where = Endpoints("deribit", urls=urls)
        self.venue = build(where, CcxtKeys("you", "hush-you"), now, random.Random(1), collateral="BTC")
        self.gateway: Any = self.venue.gateway
        self.told: list[Event] = []

    def take(self, event: Event) -> bool:
        self.told.append(event)
        return True

    def of(self, *kinds: type[Any]) -> list[Any]:
        return [one for one in self.told if isinstance(one, kinds)]

    def book(self, name: InstrumentId) -> BookSnapshot:
        return next(one for one in reversed(self.of(BookSnapshot)) if one.instrument == name)

    def floor(self, name: InstrumentId) -> tuple[int, int]:
        """Return the best prices of the floor, as the venue's own ticks there."""
        book = self.pit.books[InstrumentId(self.there(name).id.venue, name.symbol)]
        return int(book.bids.best or 0), int(book.asks.best or 0)

    def there(self, name: InstrumentId) -> Any:
        return next(one for one in self.pit.instruments.values() if one.id.symbol == name.symbol)

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 - what is waited for is told by nobody
                await asyncio.sleep(0.01)

    def fault(self, kind: str, match: str = "", channel: str = "rest", **fields: Any) -> int:
        return self.world.desk.add(Fault(kind=kind, venue="deribit", match=match, channel=channel, **fields))  # type: ignore[arg-type]

    async def order(self, client: str, name: InstrumentId, price: int, qty: Decimal, tif: Tif = Tif.GTC) -> Known:
        place = Place(instrument=name, side=Side.BUY, price=Ticks(price), qty=Qty(qty), tif=tif)
        await self.gateway.submit(Approved(order=OrderId(client), place=place, gates=(), client=client, at=now()))
        return Known(
            client=client, order=OrderId(client), instrument=name, side=Side.BUY, leg=place.leg, price=Ticks(price),
            qty=Qty(qty), filled=Qty(Decimal(0)), sent_at=now(),
        )  # fmt: skip

    def mine(self) -> list[Any]:
        return [one for one in self.pit.orders.values() if one.account == YOU]


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    clock = DayClock(now(), 1.0)
    stations = [StationRow(**row) for row in resources.load_stations()]
    world = World(1, stations, clock, clock.now, rate=1e-4, coin_rate=1e-4)
    server = DeribitServer(world, [Client("you", "hush-you", YOU)], rate=500.0, burst=500.0)
    server.bourse.pit.open_account(YOU, DOLLARS)
    server.bourse.pit.open_account(OTHER, DOLLARS * 1_000, checked=False)
    runner, port = await serve(server.app())
    here = Desk(world, server, port)
    tasks = [
        asyncio.create_task(one) for one in (world.run(), here.gateway.run(here.take), here.venue.feed.run(here.take))
    ]
    try:
        yield here
    finally:
        for task in tasks:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        await runner.cleanup()
        assert all(isinstance(one, asyncio.CancelledError) for one in done), done


@pytest.fixture(autouse=True)
def _hasty(monkeypatch) -> None:
    monkeypatch.setattr(library, "TIMEOUT_MS", 700)
    monkeypatch.setattr(gateway, "LOOK_S", 0.1)
    for name, value in (("CHECK_S", 0.3), ("AGAIN_S", 0.1), ("MARK_S", 0.2), ("PACE_S", 0.01), ("FIRST_WAIT_S", 0.1)):
        monkeypatch.setattr(feed, name, value)


def test_the_library_trades_and_its_faults_are_held_in_check(monkeypatch) -> None:
    """One session, since the library takes seconds to begin."""

    async def scenario() -> None:
        async with desk() as here:
            (listed,) = [f for f in await here.venue.directory.find("BTC") if f.family.id.endswith("PERPETUAL")]
            with pytest.raises(VenueRefused, match="lists no"):
                await here.venue.directory.find("NOPE/USDT")
            (one,) = listed.instruments
            here.venue.feed.want(frozenset({one.id}))
            await here.until(lambda: here.of(BookSnapshot) and here.of(Marked))
            await here.until(lambda: {e.channel for e in here.of(LinkChanged) if e.up} == {"market", "account"})
            await _orders(here, one)
            await _lost_answers(here, one)
            await _anew(here, one)
            monkeypatch.setattr(gateway, "LOOK_S", 60.0)
            await _more_than_a_page(here, one)
            await _odd_rows(here, one)
            await _half_a_picture(here, one)
            await _cancelled_unseen(here, one)
            await _a_gap(here, one)

    asyncio.run(scenario())


async def _orders(here: Desk, one: Any) -> None:
    ask = here.book(one.id).asks[0][0]
    await here.order("takes", one.id, ask, one.least, Tif.IOC)
    await here.until(lambda: here.of(Filled))
    (fill,) = here.of(Filled)
    (there,) = here.mine()
    assert (fill.order, fill.qty, fill.maker) == ("takes", one.least, False)
    assert fill.price == ask * one.unit
    assert there.state.value == "filled"
    rests = await here.order("rests", one.id, ask - 1_000, one.least)
    assert [e.order for e in here.of(Accepted)] == ["takes", "rests"]
    await here.gateway.cancel(rests)
    assert [e.order for e in here.of(Canceled)] == ["rests"]
    for client, price, qty in (("odd", ask, one.least / 3), ("far", 0, one.least)):
        await here.order(client, one.id, price, qty)
        assert here.of(Rejected)[-1].code == "unsent"
    async with here.gateway._client.used() as exchange:
        precision = exchange.markets[dict(one.facts)["symbol"]]["precision"]
        known, precision["price"] = precision["price"], 7_000.0
        await here.order("moved", one.id, ask - 1_000, one.least)
        assert "its price would be sent as" in here.of(Rejected)[-1].text
        precision["price"] = known
    assert len(here.mine()) == 2
    await here.gateway.picture([rests])
    pictured = here.of(Pictured)[-1]
    assert pictured.ok, pictured.why
    assert [(e.order, e.status) for e in pictured.orders] == [("rests", "canceled")]
    assert [(e.qty, e.leg.value) for e in pictured.positions] == [(one.least, "YES")]


async def _lost_answers(here: Desk, one: Any) -> None:
    ask = here.book(one.id).asks[0][0]
    for kind in ("reset_after", "error_after"):
        here.fault(kind, "private/buy")
        known = await here.order(kind, one.id, ask - 2_000, one.least)
        assert [e.order for e in here.of(Lost)][-1:] == [kind]
        assert list(here.server.desk.labels.values()).count(kind) == 1, "it is never sent again"
        await here.gateway.picture([known])
        assert [(e.order, e.status) for e in here.of(Pictured)[-1].orders if e.client == kind] == [(kind, "working")]
        await here.gateway.cancel(known)
        assert here.of(Canceled)[-1].order == kind
    here.fault("drop", "private/buy")
    known = await here.order("never", one.id, ask - 2_000, one.least)
    await here.gateway.picture([known])
    assert [(e.order, e.status) for e in here.of(Pictured)[-1].orders if e.client == "never"] == [("never", "absent")]


async def _rests(here: Desk, client: str, one: Any) -> tuple[Known, Callable[[], None]]:
    """Let an order rest at the best price; return it, and what has a part of it trade."""
    there = here.there(one.id)
    step, asks = there.grid[0].step, here.pit.books[there.id].asks
    for order in [each for each in asks.orders() if each.price == here.floor(one.id)[0] + step]:
        here.pit.cancel(order.id)
    price = Ticks(here.floor(one.id)[1] - step)
    known = await here.order(client, one.id, int(price * there.unit / one.unit), 4 * one.least)

    def hit() -> None:
        here.pit.place(OTHER, there.id, Side.SELL, price, Lots(int(one.least / there.lot)))

    return known, hit


async def _anew(here: Desk, one: Any) -> None:
    """What traded before a session began, and is shown to it again, stands for nothing that trades since."""
    rests, hit = await _rests(here, "goes on", one)
    hit()
    await here.until(lambda: here.of(Filled)[-1].order == "goes on")
    known = replace(rests, filled=here.of(Filled)[-1].qty, venue_order=here.of(Accepted)[-1].venue_order)
    later = Desk(here.world, here.server, here.port)
    task = asyncio.create_task(later.gateway.run(later.take))
    await later.until(lambda: later.of(LinkChanged))
    await later.gateway.picture([known])
    hit()
    await later.until(lambda: later.of(Filled))
    await later.gateway.cancel(known)
    assert [(e.order, e.qty) for e in later.of(Filled)] == [("goes on", one.least)]
    assert [e.order for e in later.of(Canceled)] == ["goes on"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _more_than_a_page(here: Desk, one: Any) -> None:
    """What traded is told though many trades came after it."""
    high = here.book(one.id).asks[0][0] + 10_000
    known = await here.order("early", one.id, high, one.least, Tif.IOC)
    for n in range(12):
        await here.order(f"later {n}", one.id, high, one.least, Tif.IOC)
    await here.until(lambda: {e.order for e in here.of(Filled)} >= {"early", *(f"later {n}" for n in range(12))})
    await here.gateway.picture([known])
    pictured = here.of(Pictured)[-1]
    assert pictured.ok, pictured.why
    assert "early" in {e.order for e in pictured.fills}


async def _odd_rows(here: Desk, one: Any) -> None:
    """What the library makes of an order or a trade may be nothing: then it is not known, and nothing is at an end."""
    async with here.gateway._client.used() as exchange:
        parse_order, parse_trade = exchange.parse_order, exchange.parse_trade
        exchange.parse_order = lambda *given: parse_order(*given) | {"filled": "x"}
        known = await here.order("odd row", one.id, here.book(one.id).asks[0][0] - 2_000, one.least)
        assert [type(e) for e in here.told if getattr(e, "order", "") == "odd row"] == [Accepted, Lost]
        exchange.parse_order = parse_order
        exchange.parse_trade = lambda *given: parse_trade(*given) | {"amount": None}
        await here.gateway.picture([known])
        assert "cannot be read" in here.of(Pictured)[-1].why
        exchange.parse_trade = parse_trade
    await here.gateway.picture([known])
    assert here.of(Pictured)[-1].ok
    await here.gateway.cancel(known)
    assert here.of(Canceled)[-1].order == "odd row"


async def _half_a_picture(here: Desk, one: Any) -> None:
    """A picture that could not be read to its end has told nothing of what it began with."""
    known, hit = await _rests(here, "seen in part", one)
    hit()
    here.fault("error", "private/get_account_summaries", count=library.TRIES)
    await here.gateway.picture([known])
    assert not here.of(Pictured)[-1].ok
    await here.gateway.cancel(known)
    assert [type(e) for e in here.told if getattr(e, "order", "") == "seen in part"] == [Accepted, Filled, Canceled]


async def _cancelled_unseen(here: Desk, one: Any) -> None:
    """A cancel that was done and cannot be looked at is not told as refused."""
    known, _ = await _rests(here, "gone unseen", one)
    here.fault("error", "private/get_order_state", count=library.TRIES)
    await here.gateway.cancel(known)
    assert [type(e) for e in here.told if getattr(e, "order", "") == "gone unseen"] == [Accepted, Lost]
    await here.gateway.picture([known])
    assert [e.status for e in here.of(Pictured)[-1].orders if e.order == "gone unseen"] == ["canceled"]


async def _a_gap(here: Desk, one: Any) -> None:
    """A change of the book is left out on the way, and the library does not notice: we do."""
    name = here.there(one.id).id
    _, ask = here.floor(one.id)
    here.fault("gap", "book", "ws", count=3)
    size = next(iter(here.pit.books[name].asks.levels()))[1]
    here.pit.place(OTHER, name, Side.BUY, Ticks(ask), Lots(size))
    for then in here.world.after:
        then()
    await here.until(lambda: here.of(BooksStale))
    at = len(here.told)
    await here.until(lambda: any(isinstance(e, BookSnapshot) for e in here.told[at:]))
    assert here.floor(one.id)[1] != ask
    price = here.book(one.id).asks[0][0] * one.unit
    assert price == here.floor(one.id)[1] * here.pit.instruments[name].unit
    assert here.of(LinkReport)[-1].frames > 0
