"""The program's side of the loopback: kernel, venues over real sockets, and a strategy that takes what is offered."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.bench import connectors, quotes, trader
from engine.core.events import Asked, BookDelta, Pictured, Trade
from engine.core.ids import BINANCE
from engine.core.units import Nanos
from engine.host.clock import WallClock
from engine.host.desks import Desks
from engine.host.host import Host
from engine.kernel.step import Kernel
from engine.store import journal, migrations
from engine.store.writer import Writer
from engine.venues.port import DraftsOrders, Gathers, Rehearses, Venue
from engine.venues.still import StillDirectory

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from app.bench.connectors import Places
    from app.bench.peer import Told
    from app.bench.quotes import Quotes
    from engine.core.effects import AnyRow, Approved, Likely
    from engine.core.events import Event
    from engine.core.ids import InstrumentId, VenueId
    from engine.core.instrument import Known
    from engine.core.units import Qty, Ticks
    from engine.host.host import Keeper
    from engine.kernel.desks import Listing
    from engine.venues.port import Capabilities, Emit, Gateway, Now

READY_S: Final = 10.0
"""How long venues may take until they can be traded on, and what they sent until it is stepped."""


class Brings:
    """A feed that keeps one venue's socket, subscribed from the start."""

    def __init__(self, venue: VenueId, places: Places, market: Quotes, now: Now) -> None:
        self._follow = venue, places, market, now

    async def run(self, emit: Emit) -> None:
        """Keep it until cancelled."""
        await connectors.follow(*self._follow, emit)

    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Follow what is followed anyway."""

    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """Ask for nothing: no frame is lost here, and if one were the figures would say that the book is stale."""


class Fresh:
    """A gateway to an account in which nothing ever was: its picture needs no request."""

    def __init__(self, gateway: Gateway, venue: VenueId, now: Now) -> None:
        self._gateway = gateway
        self._venue = venue
        self._now = now
        self._emit: Emit | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._gateway.capabilities

    async def run(self, emit: Emit) -> None:
        """Keep the private stream."""
        self._emit = emit
        await self._gateway.run(emit)

    async def submit(self, order: Approved) -> None:
        """Send an order."""
        await self._gateway.submit(order)

    def begin(self, order: Approved) -> Callable[[], Awaitable[None]] | None:
        """Send one at once."""
        begin = getattr(self._gateway, "begin", None)
        return None if begin is None else begin(order)

    def all_handed(self) -> None:
        """Send those of this moment."""
        if isinstance(self._gateway, Gathers):
            self._gateway.all_handed()

    def draft(self, order: Likely) -> None:
        """Sign one that may come."""
        if isinstance(self._gateway, DraftsOrders):
            self._gateway.draft(order)

    def rehearse(self, order: Approved) -> None:
        """Put one into words."""
        if isinstance(self._gateway, Rehearses):
            self._gateway.rehearse(order)

    async def cancel(self, order: Known) -> None:
        """Cancel one."""
        await self._gateway.cancel(order)

    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        """Move one."""
        await self._gateway.amend(order, price, qty)

    async def picture(self, orders: Sequence[Known]) -> None:
        """Show the empty account."""
        if self._emit is not None:
            at = self._now()
            self._emit(Pictured(at=at, venue=self._venue, asked_at=at))


class AtOnce:
    """A keeper without a disk: what is to be kept is safe the moment it is asked for."""

    def __init__(self) -> None:
        self.kept: Callable[[Sequence[str]], None] | None = None

    def journal(self, seq: int, at: int, kind: str, body: bytes, digest: bytes) -> None:
        """Let it go."""

    def keep(self, rows: tuple[AnyRow, ...], then: str) -> None:
        """Say that it is safe."""
        if then and self.kept is not None:
            self.kept((then,))

    def hold(self, on: bool) -> None:
        """Nothing gathers."""


@dataclass(slots=True)
class Seen:
    """What happened on this side."""

    written: list[int] = field(default_factory=list)
    handed: list[int] = field(default_factory=list)
    """When the system was called to write each."""
    asked: int = 0
    """Orders that the strategy wanted."""
    events: dict[str, int] = field(default_factory=dict)
    """Events stepped, by kind."""
    merged: int = 0
    """Changes of a level that came while others of it waited: an offer and its end may be one of them."""

    @property
    def stepped(self) -> int:
        """How many of them told of a market."""
        return self.events.get("BookDelta", 0) + self.events.get("Trade", 0)


class Session:
    """Host, kernel, venues and strategies on the running loop."""

    def __init__(self, venues: Sequence[VenueId], places: Places, ledger: Path | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self.clock = WallClock()
        self.kernel = Kernel()
        self.seen = Seen()
        self.writer = None if ledger is None else self._writer(ledger)
        memory = AtOnce()
        keeper: Keeper = memory if self.writer is None else self.writer
        self.host = Host(
            self.kernel,
            keeper,
            self.clock,
            self._loop,
            changed=lambda _: None,
            broken=_raise,
            spare=self.kernel.prepare,
            foresee=self.kernel.foresee,
        )
        memory.kept = self.host.kept
        traded = dict.fromkeys((*venues, *(trader.bought_on(venue) for venue in venues)))
        self.quotes = {venue: quotes.ALL[venue](self.clock.now) for venue in traded}
        self.desks = Desks([self._venue(venue, places) for venue in traded], self.host, self._loop)
        self._strategies: dict[InstrumentId, trader.Strategy] = {}
        self._pressed = 0

    async def open(self) -> None:
        """Start everything and wait until every venue may be traded on."""
        if self.writer is not None:
            self.writer.start()
        self.host.open(trader.opening(self.clock.now()))
        for market in self.quotes.values():
            self.host.insist(next(trader.ready(market, self.clock.now())))
        self.desks.start()
        async with asyncio.timeout(READY_S):
            while not self._ready():  # noqa: ASYNC110 - links and books come from outside
                await asyncio.sleep(0.01)
        listings = self.kernel.state.listings
        for venue, market in self.quotes.items():
            bought = self.quotes[trader.bought_on(venue)]
            name = market.instruments[0].id
            other = listings[bought.instruments[0].id] if bought is not market else None
            self._strategies[name] = trader.Strategy(listings[name], other)
        self.host.listen(self._heard)

    async def close(self) -> None:
        """End everything."""
        await self.desks.stop(0.5)
        self.host.stop()
        if self.writer is not None:
            await asyncio.to_thread(self.writer.stop, 30.0)

    async def drained(self, told: Told) -> None:
        """Wait until what the venues sent was read and stepped, and every order is over. Raises TimeoutError."""
        sent, inbox = sum(told.frames.values()), self.host.market
        async with asyncio.timeout(READY_S):
            while (  # noqa: ASYNC110 - sockets, orders and timers bring it about
                self.seen.stepped + inbox.merged + inbox.refused < sent
                or self.host.waiting
                or any(True for _ in self.kernel.state.register.open())
            ):
                await asyncio.sleep(0.02)
        self.seen.merged = inbox.merged

    def stale(self) -> list[str]:
        """Return why books are stale; there must be none."""
        return [one.stale for one in self._books() if one.stale]

    def _heard(self, event: Event) -> None:
        kind = type(event).__name__
        self.seen.events[kind] = self.seen.events.get(kind, 0) + 1
        if not isinstance(event, BookDelta | Trade):
            return
        strategy = self._strategies.get(event.instrument)
        place = None if strategy is None else strategy.look()
        if place is not None:
            self.seen.asked += 1
            self._pressed += trader.PRESSED_APART
            self.host.learn(Asked(at=self.clock.now(), command=place, pressed_at=Nanos(self._pressed)))

    def _ready(self) -> bool:
        state = self.kernel.state
        trading = all(
            desk.market_up and desk.account_up and desk.reconciled
            for desk in state.desks.values()
            if desk.facts.trades and desk.venue in self.quotes
        )
        return trading and not self.stale() and all(state.desks[venue].market_up for venue in self.quotes)

    def _books(self) -> list[Listing]:
        listings = self.kernel.state.listings
        return [
            listings[one.id]
            for venue, market in self.quotes.items()
            if venue != BINANCE
            for one in market.instruments
            if one.id in listings
        ]

    def _venue(self, venue: VenueId, places: Places) -> Venue:
        market, now = self.quotes[venue], self.clock.now
        gateway = None
        if venue != BINANCE:
            gateway = Fresh(connectors.gateway(venue, places, market, now), venue, now)
        return Venue(venue, Brings(venue, places, market, now), gateway, StillDirectory())

    def _writer(self, folder: Path) -> Writer:
        ledger = folder / "ledger-paper.db"
        migrations.apply(ledger)
        return Writer(
            ledger,
            journal.new_session(folder, self.clock.now()),
            on_kept=lambda what: _safely(self._loop, lambda: self.host.kept(what)),
            on_trouble=lambda ok, why: _safely(self._loop, lambda: self.host.store_changed(ok, why)),
        )


def _safely(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is gone: so is who would be told
        loop.call_soon_threadsafe(work)


def _raise(error: Exception) -> None:
    raise error
