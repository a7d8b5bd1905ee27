"""Over real sockets of this machine: a frame received until the order it calls for is signed and written.

::

    another process                     this one
    quotes ─► WebSocket ─► Link ─► talk ─► inbox ─► pump ─► kernel ─► strategy ─► kernel: gates, row
    taker  ◄─ HTTP      ◄─ Direct ◄─ signature ◄─ gateway ◄─ lane ◄─ Submit ◄─ row is kept

Without a ledger a row counts as kept at once; with one it is on disk, with full sync, before anything is sent. Both
are told, since the first is what our code costs and the second what a trader waits for.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import time
from bisect import bisect_left
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from app.bench import connectors, figures, peer, quotes, trader
from app.bench.peer import Script, Told
from engine.core.events import Asked, BookDelta, Pictured, Trade
from engine.core.ids import BINANCE, KALSHI, POLYMARKET
from engine.core.units import Nanos
from engine.host.clock import WallClock
from engine.host.desks import Desks
from engine.host.host import Host
from engine.kernel.step import Kernel
from engine.store import journal, migrations
from engine.store.writer import Writer
from engine.venues import direct
from engine.venues.port import Rehearses, Venue
from engine.venues.still import StillDirectory

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from app.bench.connectors import Places
    from app.bench.figures import Figure
    from app.bench.quotes import Quotes
    from engine.core.effects import AnyRow, Approved
    from engine.core.events import Event
    from engine.core.ids import InstrumentId, VenueId
    from engine.core.instrument import Known
    from engine.core.units import Qty, Ticks
    from engine.host.host import Keeper
    from engine.kernel.desks import Listing
    from engine.venues.port import Capabilities, Emit, Gateway, Now

FRAMES_PER_S: Final = 1_000.0
ORDERS_PER_S: Final = 40.0
MEASURED_S: Final = 10.0
READY_S: Final = 10.0
SWITCH_S: Final = 1e-4
PATIENCE_S: Final = 30.0
"""How much longer than its script the other process may take."""
BAR: Final = (100.0, 500.0)
MOONSHOT: Final = (35.0, 100.0)


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


class Stamped(asyncio.Transport):
    """A connection that notes when an order was handed to the system."""

    def __init__(self, inner: asyncio.Transport, written: list[int]) -> None:
        super().__init__()
        self._inner = inner
        self._written = written

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._inner.write(data)
        at = time.perf_counter_ns()
        head = bytes(data[:64])
        if head.startswith(b"POST ") and b"order" in head:
            self._written.append(at)

    @override
    def abort(self) -> None:
        self._inner.abort()


@contextlib.contextmanager
def stamping() -> Iterator[list[int]]:
    """Note when the orders of every connection opened meanwhile are written; several of one request are one."""
    written: list[int] = []

    class Line(direct.Line):
        @override
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            super().connection_made(Stamped(transport, written))

    before = direct.Line
    direct.Line = Line  # type: ignore[misc] # there is no other place from which the moment of writing is seen
    try:
        yield written
    finally:
        direct.Line = before  # type: ignore[misc]


@dataclass(slots=True)
class Seen:
    """What happened on this side."""

    written: list[int] = field(default_factory=list)
    asked: int = 0
    """Orders that the strategy wanted."""
    events: dict[str, int] = field(default_factory=dict)
    """Events stepped, by kind."""

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


async def ordered(venue: VenueId, other: peer.Peer, *, durable: bool = False) -> tuple[Seen, Told]:
    """Let a venue tell of its market and buy what is offered; return what both sides saw."""
    with tempfile.TemporaryDirectory(prefix="atmx-bench-") as folder, stamping() as written:
        one = Session([venue], other.places, Path(folder) if durable else None)
        await one.open()
        try:
            other.go([Script(venue, FRAMES_PER_S, MEASURED_S, ORDERS_PER_S)])
            told = await other.done(MEASURED_S + PATIENCE_S)
            await one.drained(told)
        finally:
            await one.close()
        one.seen.written = list(written)
    if one.stale():
        raise AssertionError(f"a book went stale: {one.stale()[0]}")
    return one.seen, told


def waited(offered: Sequence[int], then: Sequence[int]) -> list[float]:
    """Return the microseconds from each offer to what followed it before the next one, where anything did."""
    found = []
    for n, at in enumerate(offered):
        place = bisect_left(then, at)
        until = offered[n + 1] if n + 1 < len(offered) else at + 1_000_000_000
        if place < len(then) and then[place] < until:
            found.append((then[place] - at) / 1e3)
    return found


def to_order(venue: VenueId, *, durable: bool = False) -> Figure:
    """Return microseconds from a frame put on the socket to its order handed to the system, signed."""
    with peer.started() as other, switching():
        seen, told = asyncio.run(ordered(venue, other, durable=durable))
    if durable:
        return figure(venue, seen, told)
    return figure(venue, seen, told, bar=BAR, moonshot=MOONSHOT)


def figure(
    venue: VenueId,
    seen: Seen,
    told: Told,
    *,
    bar: tuple[float, float] | None = None,
    moonshot: tuple[float, float] | None = None,
) -> Figure:
    """Return the microseconds from offers to orders written; until they were read on the other side is a note."""
    offered = told.offered[venue]
    across = figures.of(waited(offered, told.arrived), "us")
    return figures.of(
        waited(offered, seen.written),
        "us",
        bar=bar,
        moonshot=moonshot,
        across=[across["median"], across["p99"]],
        offers=len(offered),
        orders=seen.asked,
        written=len(seen.written),
        frames=told.frames[venue],
    )


@contextlib.contextmanager
def switching() -> Iterator[None]:
    """Let threads take turns as often as the terminal does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def socket_to_order_kalshi() -> Figure:
    """A Kalshi frame on a socket to its order, signed ahead, written to another; the ledger aside."""
    return to_order(KALSHI)


def socket_to_order_polymarket() -> Figure:
    """The same on Polymarket: EIP-712 and HMAC are signed in between."""
    return to_order(POLYMARKET)


def socket_to_order_binance() -> Figure:
    """A Binance trade on a socket to an order on Polymarket, signed and written; the ledger aside."""
    return to_order(BINANCE)


def socket_to_order_kept_kalshi() -> Figure:
    """A Kalshi frame to its order written, which is on disk with full sync before it leaves."""
    return to_order(KALSHI, durable=True)


def socket_to_order_kept_polymarket() -> Figure:
    """The same on Polymarket."""
    return to_order(POLYMARKET, durable=True)


ALL: Final = {
    "socket_to_order_kalshi": socket_to_order_kalshi,
    "socket_to_order_polymarket": socket_to_order_polymarket,
    "socket_to_order_binance": socket_to_order_binance,
    "socket_to_order_kept_kalshi": socket_to_order_kept_kalshi,
    "socket_to_order_kept_polymarket": socket_to_order_kept_polymarket,
}
