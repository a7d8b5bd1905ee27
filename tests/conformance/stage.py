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
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from aiohttp import hdrs, web

import resources
from engine.core.ids import VenueId
from engine.core.snapshot import StationRow
from engine.core.units import SECOND, Nanos
from engine.host.clock import DayClock
from engine.sandbox.day import START
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault
from engine.sandbox.servers.world import World
from engine.venues import dialling, link, report, rest
from engine.venues.deribit import feed as deribit_feed
from engine.venues.deribit import gateway as deribit_gateway
from engine.venues.deribit import private as deribit_private
from engine.venues.deribit import public as deribit_public
from engine.venues.derive import upkeep as derive_upkeep
from engine.venues.kalshi import feed as kalshi_feed
from engine.venues.kalshi import gateway as kalshi_gateway
from engine.venues.polymarket import feed as polymarket_feed
from engine.venues.polymarket import gateway as polymarket_gateway
from engine.venues.polymarket import upkeep as polymarket_upkeep
from tests.conformance.truth import STILL, There, Truth
from tests.conformance.venues import Entry

SPEED = 10.0
PATIENCE_S = 30.0
"""Real seconds that something may take to come about on a busy machine."""


def hasten(patch: pytest.MonkeyPatch) -> None:
    """Let everything that counts real seconds be done in a tenth of the time."""
    for function, names in (
        (link.Link.__init__, ("silence_s", "beat_s", "ping_s", "open_s", "first_wait_s", "longest_wait_s")),
        (rest.Rest.__init__, ("timeout_s",)),
        (kalshi_feed.KalshiFeed.__init__, ("tick_s",)),
        (polymarket_feed.Feed.__init__, ("audit_s",)),
        (polymarket_gateway.Gateway.__init__, ("beat_s",)),
        (deribit_feed.Feed.__init__, ("tick_s",)),
        (deribit_private.Private.__init__, ("answer_s", "silence_s")),
        (deribit_public.Public.__init__, ("silence_s",)),
        (deribit_gateway.Gateway.__init__, ("catch_up_s",)),
    ):
        known = function.__kwdefaults__
        for name in names:
            patch.setitem(known, name, known[name] / SPEED)
    patch.setattr(report.reporting, "__defaults__", (report.EVERY_S / SPEED,))
    chases = polymarket_gateway.CHASES_S
    patch.setitem(polymarket_gateway.Gateway.__init__.__kwdefaults__, "chases_s", [s / SPEED for s in chases])
    for module, constants in (
        (link, ("STEADY_S",)),
        (dialling, ("CLOSE_S",)),
        (rest, ("FIRST_WAIT_S", "LONGEST_WAIT_S", "PATIENCE_S")),
        (kalshi_gateway, ("SIGN_EVERY_S", "CATCH_UP_S")),
        (polymarket_feed, ("FIRST_BOOKS_S", "AGAIN_S")),
        (polymarket_gateway, ("CANCEL_PAUSE_S",)),
        (polymarket_upkeep, ("KEYS_AGAIN_S",)),
        (deribit_gateway, ("REFILL_S",)),
        (deribit_private, ("RENEW_S",)),
        (derive_upkeep, ("CATCH_UP_S", "LET_IN_S")),
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
    truths: dict[VenueId, Truth] = field(default_factory=dict)
    hosts: dict[VenueId, dict[str, str]] = field(default_factory=dict)
    forbids: Callable[[Asked], bool] = lambda asked: False
    """Requests that must not be made."""
    crimes: list[Asked] = field(default_factory=list)

    def fault(self, kind: str, entry: Entry, match: str = "", **fields: Any) -> int:
        """Put a fault in force."""
        given = {"channel": "rest"} | fields
        return self.world.desk.add(Fault(kind=kind, venue=entry.id, match=match, **given))  # type: ignore[arg-type]

    def asked(self, entry: Entry) -> list[Asked]:
        """Return the requests of a venue that could have changed an order, those on its sockets among them."""
        on_sockets = [Asked(entry.id, "WS", one) for one in getattr(self.servers[entry.id], "asked", ())]
        every = [one for one in self.requests if one.venue == entry.id] + on_sockets
        return [one for one in every if entry.acts(one.method, one.path)]

    def placed(self, entry: Entry) -> list[Asked]:
        """Return the requests that would place an order."""
        return [one for one in self.asked(entry) if f"{one.method} {one.path}".startswith(entry.places)]

    def truth(self, entry: Entry) -> Truth:
        """Return a venue's own books."""
        return self.truths[entry.id]

    def orders(self, entry: Entry) -> list[There]:
        """Return every order of ours that was ever at a venue."""
        return self.truths[entry.id].orders()

    def working(self, entry: Entry) -> list[There]:
        """Return those that rest."""
        return [one for one in self.orders(entry) if one.rests]

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
    stage = Stage(world, clock, entries, folder)
    runners = []
    for entry in entries:
        made = dict(entry.serve(world))
        stage.servers[entry.id] = server = made.pop("server")
        stage.truths[entry.id] = entry.truth(world, server)
        at = stage.hosts[entry.id] = {}
        for name, app in made.items():
            app.middlewares.insert(0, stage._record(entry))
            app.on_response_prepare.append(stage._dated)
            runner, port = await serve(app)
            runners.append(runner)
            at[name] = f"127.0.0.1:{port}"
    if not any(entry.outcomes for entry in entries):
        world.crowding.rate = STILL  # nobody stands on that floor: the venues of contracts have crowds of their own
    day = asyncio.create_task(world.run())
    try:
        yield stage
    finally:
        day.cancel()
        await asyncio.gather(day, return_exceptions=True)
        for runner in runners:
            await runner.cleanup()
    crimes = [one for entry in entries for one in stage.asked(entry) if stage.forbids(one)]
    assert not crimes, f"requests that must not be: {crimes}"


def still(stage: Stage) -> None:
    """Let the crowd rest from now on."""
    for truth in stage.truths.values():
        truth.still()


def after(clock: DayClock, seconds: float) -> Nanos:
    """Return a moment of the session's clock, so many of its seconds from now."""
    return Nanos(clock.now() + int(seconds * SECOND))
