"""A simulated market day with its venues served on this machine, ten times as fast as real time.

Every wait of the program that counts real seconds is a tenth of what it is (`hasten`), so that all of it keeps its
proportions: how long an answer is awaited, when an order is asked about, how soon a link is tried again. The floor is
the truth: orders, fills, holdings and cash are read from it and held against what the session shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from aiohttp import hdrs, web

import resources
from engine.core.ids import AccountId, InstrumentId, VenueId
from engine.core.snapshot import StationRow
from engine.core.units import SECOND, Leg, Lots, Nanos, Side, Ticks
from engine.host.clock import DayClock
from engine.sandbox.day import START
from engine.sandbox.floor_order import Order, State
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault
from engine.sandbox.servers.world import World
from engine.venues import link, report, rest
from engine.venues.kalshi import feed as kalshi_feed
from engine.venues.kalshi import gateway as kalshi_gateway
from engine.venues.polymarket import feed as polymarket_feed
from engine.venues.polymarket import gateway as polymarket_gateway
from tests.conformance.venues import Entry

SPEED = 10.0
PATIENCE_S = 30.0
"""Real seconds that something may take to come about on a busy machine."""
STILL = 1e-4
"""What a crowd that rests does in a second."""
OTHER = AccountId("other")


def hasten(patch: pytest.MonkeyPatch) -> None:
    """Let everything that counts real seconds be done in a tenth of the time."""
    for function, names in (
        (link.Link.__init__, ("silence_s", "beat_s", "ping_s", "open_s", "first_wait_s", "longest_wait_s")),
        (rest.Rest.__init__, ("timeout_s",)),
        (kalshi_feed.KalshiFeed.__init__, ("tick_s",)),
        (polymarket_feed.Feed.__init__, ("audit_s",)),
        (polymarket_gateway.Gateway.__init__, ("beat_s",)),
    ):
        known = function.__kwdefaults__
        for name in names:
            patch.setitem(known, name, known[name] / SPEED)
    patch.setattr(report.reporting, "__defaults__", (report.EVERY_S / SPEED,))
    chases = polymarket_gateway.CHASES_S
    patch.setitem(polymarket_gateway.Gateway.__init__.__kwdefaults__, "chases_s", [s / SPEED for s in chases])
    for module, constants in (
        (link, ("STEADY_S", "CLOSE_S")),
        (rest, ("FIRST_WAIT_S", "LONGEST_WAIT_S", "PATIENCE_S")),
        (kalshi_gateway, ("SIGN_EVERY_S", "CATCH_UP_S")),
        (polymarket_feed, ("FIRST_BOOKS_S", "AGAIN_S")),
        (polymarket_gateway, ("CANCEL_PAUSE_S", "KEYS_AGAIN_S")),
    ):
        for name in constants:
            patch.setattr(module, name, getattr(module, name) / SPEED)


@dataclass(slots=True)
class Asked:
    """A request that reached a venue."""

    venue: VenueId
    method: str
    path: str


@dataclass(slots=True)
class Stage:
    """The day, its venues, and what they have seen."""

    world: World
    clock: DayClock
    entries: tuple[Entry, ...]
    folder: Path
    requests: list[Asked] = field(default_factory=list)
    servers: dict[VenueId, Any] = field(default_factory=dict)
    hosts: dict[VenueId, dict[str, str]] = field(default_factory=dict)
    forbids: Callable[[Asked], bool] = lambda asked: False
    """Requests that must not be made."""
    crimes: list[Asked] = field(default_factory=list)

    def fault(self, kind: str, entry: Entry, match: str = "", **fields: Any) -> int:
        """Put a fault in force."""
        given = {"channel": "rest"} | fields
        return self.world.desk.add(Fault(kind=kind, venue=entry.id, match=match, **given))  # type: ignore[arg-type]

    def asked(self, entry: Entry) -> list[Asked]:
        """Return the requests of a venue that could have changed an order."""
        return [one for one in self.requests if one.venue == entry.id and entry.acts(one.method, one.path)]

    def placed(self, entry: Entry) -> list[Asked]:
        """Return the requests that would place an order."""
        return [one for one in self.asked(entry) if f"{one.method} {one.path}".startswith(entry.places)]

    def orders(self, entry: Entry) -> list[Order]:
        """Return every order of ours that was ever on the floor."""
        return [one for one in self.world.floor.orders.values() if one.account == entry.account]

    def working(self, entry: Entry) -> list[Order]:
        """Return those that rest."""
        return [one for one in self.orders(entry) if one.state is State.RESTING]

    def held(self, entry: Entry) -> dict[tuple[InstrumentId, Leg], Decimal]:
        """Return what we hold, by the floor."""
        account = self.world.floor.accounts.get(entry.account)
        found = {}
        for name, holding in {} if account is None else account.holdings.items():
            for leg in Leg:
                if holding.of(leg):
                    found[name, leg] = holding.of(leg) * self.world.floor.instruments[name].lot
        return found

    def cash(self, entry: Entry) -> Decimal:
        """Return what we have, by the floor, beyond what resting orders bind."""
        return self.world.floor.free(entry.account)

    def book(self, name: InstrumentId) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the floor's own book, counted from its orders."""
        book = self.world.floor.books[name]
        bids: dict[int, int] = {}
        asks: dict[int, int] = {}
        for sizes, orders in ((bids, book.bids.orders()), (asks, book.asks.orders())):
            for order in orders:
                sizes[order.price] = sizes.get(order.price, 0) + order.left
        return sorted(bids.items(), reverse=True), sorted(asks.items())

    def trade(self, name: InstrumentId, side: Side, price: int, lots: int) -> Order:
        """Let somebody else place an order on the floor."""
        self.world.now()
        order = self.world.floor.place(OTHER, name, side, Ticks(price), Lots(lots))
        for then in self.world.after:
            then()
        return order

    def nudge(self, entry: Entry, name: InstrumentId) -> None:
        """Change a level far from the middle, and change it back: a frame that shows whether one was missed."""
        step = self.world.floor.instruments[name].grid[0].step
        bids, _ = self.book(name)
        price = max(step, (bids[-1][0] if bids else 2 * step) - step)
        self.world.floor.cancel(self.trade(name, Side.BUY, price, 10_000_000).id)

    def _record(self, entry: Entry) -> Any:
        @web.middleware
        async def record(request: web.Request, handler: Any) -> web.StreamResponse:
            asked = Asked(entry.id, request.method, request.path)
            self.requests.append(asked)
            if self.forbids(asked):
                self.crimes.append(asked)
            return await handler(request)

        return record

    async def _dated(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers[hdrs.DATE] = formatdate(self.clock.now() / SECOND, usegmt=True)


@asynccontextmanager
async def staged(
    entries: tuple[Entry, ...], folder: Path, *, seed: int = 1, rate: float = STILL, speed: float = SPEED
) -> AsyncIterator[Stage]:
    """Serve the venues of a day; its crowd rests unless `rate` says otherwise."""
    clock = DayClock(START, speed)
    stations = [StationRow(**row) for row in resources.load_stations()]
    world = World(seed, stations, clock, clock.now, speed=speed, rate=rate, coin_rate=max(rate / 10, STILL))
    world.floor.open_account(OTHER, Decimal(1_000_000), checked=False)
    stage = Stage(world, clock, entries, folder)
    runners = []
    for entry in entries:
        made = dict(entry.serve(world))
        stage.servers[entry.id] = made.pop("server")
        at = stage.hosts[entry.id] = {}
        for name, app in made.items():
            app.middlewares.insert(0, stage._record(entry))
            app.on_response_prepare.append(stage._dated)
            runner, port = await serve(app)
            runners.append(runner)
            at[name] = f"127.0.0.1:{port}"
    day = asyncio.create_task(world.run())
    try:
        yield stage
    finally:
        day.cancel()
        await asyncio.gather(day, return_exceptions=True)
        for runner in runners:
            await runner.cleanup()
    assert not stage.crimes, f"requests that must not be: {stage.crimes}"


def still(stage: Stage) -> None:
    """Let the crowd rest from now on."""
    stage.world.crowding.rate = STILL


def after(clock: DayClock, seconds: float) -> Nanos:
    """Return a moment of the session's clock, so many of its seconds from now."""
    return Nanos(clock.now() + int(seconds * SECOND))
