"""A simulated Deribit served on this machine, ten times as fast as real time, with the venue's own parts on it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import formatdate
from functools import partial
from itertools import count
from typing import Any

import pytest
from aiohttp import web

import resources
from engine.book.sparse import SparseLadder
from engine.core.commands import Place, Tif
from engine.core.effects import Approved
from engine.core.events import (
    Accepted,
    BookDelta,
    BookSnapshot,
    BooksStale,
    Canceled,
    Event,
    Filled,
    LinkChanged,
    Lost,
    Pictured,
    Rejected,
)
from engine.core.ids import AccountId, InstrumentId, OrderId
from engine.core.instrument import Known
from engine.core.snapshot import StationRow
from engine.core.units import SECOND, Lots, Nanos, Qty, Side, Ticks
from engine.host.clock import DayClock
from engine.sandbox.day import START
from engine.sandbox.floor_order import Order, State
from engine.sandbox.option_market import PERPETUAL
from engine.sandbox.servers.deribit import API, SOCKET, DeribitServer
from engine.sandbox.servers.deribit_desk import Client
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault
from engine.sandbox.servers.world import World
from engine.venues.deribit import feed as deribit_feed
from engine.venues.deribit import gateway as deribit_gateway
from engine.venues.deribit import private as deribit_private
from engine.venues.deribit import public as deribit_public
from engine.venues.deribit.endpoints import Endpoints
from engine.venues.deribit.keys import Keys
from engine.venues.deribit.venue import build
from engine.venues.port import Venue

SPEED = 10.0
STILL = 1e-4
YOU, OTHER = AccountId("deribit-you"), AccountId("deribit-other")
KEYS = Keys("you", "hush-you")
CASH = Decimal(1_000_000)
OPEN = frozenset({"working", "lost", "sent"})


def hasten(patch: pytest.MonkeyPatch) -> None:
    """Let what Deribit's parts do in real seconds be done in a tenth of them; the suite's own haste does the rest."""
    for function, names in (
        (deribit_feed.Feed.__init__, ("tick_s",)),
        (deribit_private.Private.__init__, ("answer_s", "silence_s")),
        (deribit_public.Public.__init__, ("silence_s",)),
        (deribit_gateway.Gateway.__init__, ("catch_up_s",)),
    ):
        known = function.__kwdefaults__
        for name in names:
            patch.setitem(known, name, known[name] / SPEED)
    patch.setattr(deribit_gateway, "REFILL_S", deribit_gateway.REFILL_S / SPEED)
    patch.setattr(deribit_private, "RENEW_S", deribit_private.RENEW_S / SPEED)


@dataclass(slots=True)
class Mine:
    """What was told of one order."""

    approved: Approved
    accepted: str = ""
    filled: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    trades: list[str] = field(default_factory=list)
    status: str = "sent"
    why: str = ""
    code: str = ""


class Shifted(DayClock):
    """A day's clock that can be put forward."""

    ahead = 0

    def now(self) -> Nanos:
        return Nanos(super().now() + self.ahead)


class Desk:
    """Takes in what the venue tells, and asks things of it."""

    def __init__(self, world: World, server: DeribitServer, venue: Venue) -> None:
        self.world, self.server, self.venue = world, server, venue
        self.told: list[Event] = []
        self.orders: dict[OrderId, Mine] = {}
        self.books: dict[InstrumentId, SparseLadder] = {}
        self.stale: dict[InstrumentId, str] = {}
        self.links: dict[str, bool] = {}
        self._numbers = count(1)

    @property
    def pit(self) -> Any:
        return self.server.bourse.pit

    @property
    def gateway(self) -> Any:
        return self.venue.gateway

    def take(self, event: Event) -> bool:
        self.told.append(event)
        if isinstance(event, BookSnapshot):
            book = self.books.setdefault(event.instrument, SparseLadder())
            book.snapshot(event.bids, event.asks)
            assert not book.crossed, event
            self.stale.pop(event.instrument, None)
        elif isinstance(event, BookDelta):
            if event.instrument not in self.stale:
                book = self.books[event.instrument]
                book.put(event.side, event.price, event.lots)
                assert not book.crossed, event
        elif isinstance(event, BooksStale):
            self.stale.update(dict.fromkeys(event.instruments, event.why))
        elif isinstance(event, LinkChanged):
            self.links[event.channel] = event.up
        elif isinstance(event, Pictured):
            self._pictured(event)
        elif hasattr(event, "order"):
            self._of_order(event)
        return True

    def _of_order(self, event: Any) -> None:
        mine = self.orders[event.order]
        if isinstance(event, Accepted):
            mine.accepted, mine.status = event.venue_order, "working"
        elif isinstance(event, Filled):
            assert event.trade_id not in mine.trades, "told twice"
            mine.trades.append(event.trade_id)
            mine.filled += event.qty
            mine.cost += event.cost
            mine.fee += event.fee
            if mine.filled == mine.approved.place.qty:
                mine.status = "filled"
        elif isinstance(event, Canceled):
            assert mine.status != "filled", "an end after the last trade"
            mine.status = "canceled"
        elif isinstance(event, Rejected):
            mine.status, mine.code, mine.why = "rejected", event.code, event.text
        elif isinstance(event, Lost) and mine.status == "sent":
            mine.status, mine.why = "lost", event.why

    def _pictured(self, event: Pictured) -> None:
        """Settle what is open by the account, as a reconciliation does."""
        assert event.ok or event.why
        for fill in event.fills:
            mine = self.orders.get(fill.order) if fill.order is not None else None
            if mine is not None and fill.trade_id not in mine.trades:
                mine.trades.append(fill.trade_id)
                mine.filled += fill.qty
                mine.cost += fill.cost
                mine.fee += fill.fee
        for seen in event.orders:
            mine = self.orders.get(seen.order) if seen.order is not None else None
            if mine is None:
                continue
            mine.accepted = mine.accepted or seen.venue_order
            if seen.status == "absent":
                mine.status = "absent"
            else:
                assert seen.filled == mine.filled, (seen, mine)
                mine.status = seen.status

    def of(self, kind: type) -> list[Any]:
        return [one for one in self.told if isinstance(one, kind)]

    def fault(self, kind: str, match: str = "", **fields: Any) -> int:
        return self.world.desk.add(Fault(kind=kind, venue="deribit", match=match, **({"channel": "rest"} | fields)))

    def lift(self) -> None:
        """Let nothing go wrong any more."""
        self.world.desk.clear()

    def near(self) -> InstrumentId:
        """Return a call of the second expiry, near the money, with both sides and prices above the grid's edge."""
        options = [
            one for one in self.pit.instruments.values() if one.exercise is not None and one.id.symbol[-1] == "C"
        ]
        later = sorted({one.expires for one in options})[2]
        some = [one for one in options if one.expires == later]
        return min(some, key=lambda one: abs(one.exercise - self.server.bourse.index())).id

    def best(self, name: InstrumentId, side: Side) -> int:
        half = self.pit.books[name].half(side)
        assert half.best is not None
        return half.best

    async def place(self, name: InstrumentId, side: Side, price: int, qty: Any, **fields: Any) -> Mine:
        """Send an order; return what is known of it once the gateway has done its part."""
        number = OrderId(f"o-{next(self._numbers)}")
        given = {"tif": Tif.GTC} | fields
        asked = Place(instrument=name, side=side, price=Ticks(price), qty=Qty(Decimal(str(qty))), **given)
        approved = Approved(order=number, place=asked, gates=(), client=f"c-{number}", at=self.world.clock.now())
        mine = self.orders[number] = Mine(approved)
        await self.gateway.submit(approved)
        return mine

    def known(self, mine: Mine) -> Known:
        asked = mine.approved.place
        return Known(
            client=mine.approved.client, order=mine.approved.order, instrument=asked.instrument, side=asked.side,
            leg=asked.leg, price=asked.price, qty=asked.qty, filled=Qty(mine.filled), sent_at=mine.approved.at,
            venue_order=mine.accepted,
        )  # fmt: skip

    def floor(self) -> list[Order]:
        """Return every order of ours that was ever at the venue."""
        return [one for one in self.pit.orders.values() if one.account == YOU]

    def working(self) -> list[Order]:
        return [one for one in self.floor() if one.state is State.RESTING]

    def trade(self, name: InstrumentId, side: Side, price: int, qty: Any) -> Order:
        """Let somebody else place an order."""
        self.world.now()
        lots = Lots(int(Decimal(str(qty)) / self.pit.instruments[name].lot))
        order = self.pit.place(OTHER, name, side, Ticks(price), lots)
        self.world.now()
        return order

    def agrees(self, names: Sequence[InstrumentId]) -> bool:
        """Whether every one of these books is fresh and the venue's."""
        return all(self._agrees(name) for name in names)

    def _agrees(self, name: InstrumentId) -> bool:
        if name not in self.books or name in self.stale:
            return False
        scale = self.venue.directory.scales[name.symbol]  # type: ignore[attr-defined]
        one, book = self.pit.instruments[name], self.pit.books[name]
        shown = [
            [(p * scale.unit, n * scale.lot) for p, n in self.books[name].levels(side)]
            for side in (Side.BUY, Side.SELL)
        ]
        theirs = [[(p * one.unit, n * one.lot) for p, n in half.levels()] for half in (book.bids, book.asks)]
        return shown == theirs

    async def until(self, holds: Callable[[], object], seconds: float = 20.0) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not holds():  # noqa: ASYNC110 - what is waited for is told by nobody
                    await asyncio.sleep(0.005)
        except TimeoutError:
            last = [one for one in self.told if type(one).__name__ not in {"Marked", "BookDelta", "LinkReport"}][-8:]
            raise AssertionError(f"it did not come about; stale {self.stale}; told {last}; {self.orders}") from None

    async def truthful(self) -> None:
        """Hold everything told of our orders against the venue: nothing doubled, nothing lost."""
        await self.settled()
        floor = {one.id: one for one in self.floor()}
        claimed = [mine.accepted for mine in self.orders.values() if mine.accepted in floor]
        assert sorted(claimed) == sorted(floor), "an order that nobody knows of, or one known twice"
        for mine in self.orders.values():
            there = floor.get(mine.accepted)
            if there is None:
                assert mine.status in {"rejected", "absent"}, mine
                assert not mine.filled, mine
                continue
            lot = self.pit.instruments[there.instrument].lot
            assert mine.filled == there.filled * lot, (mine, there)
            assert (mine.status in {"filled", "canceled"}) == (there.left == 0), (mine, there.state)
            assert mine.cost == there.taken_cost + there.made_cost
            assert mine.fee == there.taken_fees + there.made_fees

    async def truthful_without_asking(self) -> None:
        """As `truthful`, where nothing is open and nothing may be asked."""
        assert all(one.status in {"rejected", "filled", "canceled"} for one in self.orders.values())
        assert not self.working()

    async def settled(self) -> None:
        """Ask for the account until nothing is open that the venue does not show as working."""
        await self.until(lambda: self.links.get("account"))
        for _ in range(40):
            await self.gateway.picture([self.known(one) for one in self.orders.values() if one.status in OPEN])
            pictured = self.of(Pictured)[-1]
            if pictured.ok and all(one.status not in {"lost", "sent"} for one in self.orders.values()):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{self.of(Pictured)[-1]}; {self.orders}")


async def _dated(clock: DayClock, _: web.Request, response: web.StreamResponse) -> None:
    """Let an answer's Date be the day's, as everything else in it is."""
    response.headers["Date"] = formatdate(clock.now() / SECOND, usegmt=True)


@asynccontextmanager
async def trading(
    *, seed: int = 1, rate: float = STILL, keys: Keys | None = KEYS, follow: int = 3, ready: bool = True,
    allowed: float = 500.0, token_s: float = 900.0,
) -> AsyncIterator[Desk]:  # fmt: skip
    """Serve a day, and run the venue's parts on it, following the perpetual and some options."""
    clock = Shifted(START, SPEED)
    world = World(
        seed,
        [StationRow(**row) for row in resources.load_stations()],
        clock,
        clock.now,
        speed=SPEED,
        rate=rate,
        coin_rate=STILL,
    )
    server = DeribitServer(world, [Client(KEYS.client_id, KEYS.client_secret, YOU)], rate=allowed, burst=allowed)
    server.desk.token_s = token_s
    server.bourse.pit.open_account(YOU, CASH)
    server.bourse.pit.open_account(OTHER, CASH * 1_000, checked=False)
    app = server.app()
    app.on_response_prepare.append(partial(_dated, clock))
    runner, port = await serve(app)
    where = Endpoints("sandbox", f"http://127.0.0.1:{port}{API}", f"ws://127.0.0.1:{port}{SOCKET}")
    venue = build(where, keys, clock.now, random.Random(seed))
    desk = Desk(world, server, venue)
    day = asyncio.create_task(world.run())
    tasks: list[asyncio.Task[None]] = []
    try:
        await venue.directory.find("BTC")
        tasks.append(asyncio.create_task(venue.feed.run(desk.take)))
        if venue.gateway is not None:
            tasks.append(asyncio.create_task(venue.gateway.run(desk.take)))
        names = [PERPETUAL, desk.near(), *list(server.bourse.pit.instruments)[5 : 5 + max(follow - 2, 0)]]
        venue.feed.want(frozenset(names))
        if ready:
            await desk.until(lambda: desk.links.get("market") and desk.agrees(names))
            if venue.gateway is not None:
                await desk.until(lambda: desk.links.get("account"))
        yield desk
    finally:
        for task in [*tasks, day]:
            task.cancel()
        done = await asyncio.gather(*tasks, day, return_exceptions=True)
        await runner.cleanup()
        odd = [one for one in done if isinstance(one, Exception)]
        assert not odd, odd


def now(desk: Desk) -> Nanos:
    return desk.world.clock.now()
