"""Over real sockets of this machine: a frame received until the order it calls for is signed and written.

The session is of `app.bench.session`.

::

    another process                     this one
    quotes ─► WebSocket ─► Link ─► talk ─► inbox ─► pump ─► kernel ─► strategy ─► kernel: gates, row
    taker  ◄─ HTTP      ◄─ Direct ◄─ signature ◄─ gateway ◄─ lane ◄─ Submit ◄─ row is kept

Without a ledger a row counts as kept at once; with one it is on disk, with full sync, before anything is sent. Both
are told, since the first is what our code costs and the second what a trader waits for.

Frames come one by one, 5,000 a second: the pace that the bars were set at, where sprees would make a frame's share of a
wake-up small. A market where little is said is slower on the way, since the processor forgets it: that is the note
`at_1000`, a run of its own. What the machine alone takes is `bare`: four bytes to the other process and back, between
the same two loops, as seldom as orders leave. `often` is a run with an offer every 2 ms, so that the way is still in
the processor's caches: what the rest costs is what lies between two orders. `handed` is until the system is called to
write an order: on few cores the call returns late, since the process that it wakes has its turn first. All are median
and 99th percentile, in microseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from typing_extensions import override

from app import memory
from app.bench import figures, peer
from app.bench.peer import Script, Told
from app.bench.session import Session
from app.turns import switching
from engine.core.ids import BINANCE, KALSHI, POLYMARKET
from engine.venues import direct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.bench.figures import Figure
    from app.bench.session import Seen
    from engine.core.ids import VenueId

FRAMES_PER_S: Final = 5_000.0
SLOW_PER_S: Final = 1_000.0
ORDERS_PER_S: Final = 40.0
OFTEN_S: Final = 0.002
"""From offer to offer where they are many."""
BRIEF_S: Final = 0.0006
"""How long such an offer stands."""
BARE_TRIPS: Final = 100
MEASURED_S: Final = 10.0
PATIENCE_S: Final = 30.0
"""How much longer than its script the other process may take."""
BAR: Final = (100.0, 500.0)
MOONSHOT: Final = (35.0, 100.0)


class Moments(NamedTuple):
    """When orders left."""

    handed: list[int]
    """The system was called to write one."""
    written: list[int]
    """It had."""


class Stamped(asyncio.Transport):
    """A connection that notes when an order was handed to the system."""

    def __init__(self, inner: asyncio.Transport, moments: Moments) -> None:
        super().__init__()
        self._inner = inner
        self._moments = moments

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        began = time.perf_counter_ns()
        self._inner.write(data)
        at = time.perf_counter_ns()
        head = bytes(data[:64])
        if head.startswith(b"POST ") and b"order" in head:
            self._moments.handed.append(began)
            self._moments.written.append(at)

    @override
    def abort(self) -> None:
        self._inner.abort()


@contextlib.contextmanager
def stamping() -> Iterator[Moments]:
    """Note when the orders of every connection opened meanwhile are written; several of one request are one."""
    moments = Moments([], [])

    class Line(direct.Line):
        @override
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            super().connection_made(Stamped(transport, moments))

    before = direct.Line
    direct.Line = Line  # type: ignore[misc] # there is no other place from which the moment of writing is seen
    try:
        yield moments
    finally:
        direct.Line = before  # type: ignore[misc]


class Bare(asyncio.Protocol):
    """A connection on which what was sent comes back."""

    def __init__(self) -> None:
        self.back: asyncio.Future[int] | None = None

    @override
    def data_received(self, data: bytes) -> None:
        if self.back is not None and not self.back.done():
            self.back.set_result(time.perf_counter_ns())


async def bare(other: peer.Peer) -> list[float]:
    """Return microseconds of round trips with nothing in them, as far apart as orders are."""
    loop = asyncio.get_running_loop()
    place, found = urlsplit(other.places.http), []
    line, trip = await loop.create_connection(Bare, place.hostname or "", place.port or 0)
    for _ in range(BARE_TRIPS):
        await asyncio.sleep(1.0 / ORDERS_PER_S)
        trip.back = loop.create_future()
        began = time.perf_counter_ns()
        line.write(peer.BARE)
        found.append((await trip.back - began) / 1e3)
    line.close()
    return found


async def ordered(
    venue: VenueId,
    other: peer.Peer,
    *,
    durable: bool = False,
    frames_per_s: float = FRAMES_PER_S,
    often: bool = False,
) -> tuple[Seen, Told]:
    """Let a venue tell of its market and buy what is offered; return what both sides saw."""
    paused, stands = (1.0 / (OFTEN_S - BRIEF_S), BRIEF_S) if often else (ORDERS_PER_S, peer.STANDS_S)
    script = Script(venue, frames_per_s, MEASURED_S, paused, stands, tick_s=1.0 / frames_per_s)
    with tempfile.TemporaryDirectory(prefix="atmx-bench-") as folder, stamping() as moments:
        one = Session([venue], other.places, Path(folder) if durable else None)
        await one.open()
        try:
            other.go([script])
            told = await other.done(MEASURED_S + PATIENCE_S)
            await one.drained(told)
        finally:
            await one.close()
        one.seen.handed, one.seen.written = moments
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
    with peer.started() as other, switching(), memory.calmed():
        trips = asyncio.run(bare(other))
        seen, told = asyncio.run(ordered(venue, other, durable=durable))
    with peer.started() as other, switching(), memory.calmed():
        slow = figure(venue, *asyncio.run(ordered(venue, other, durable=durable, frames_per_s=SLOW_PER_S)))
    found = figure(venue, seen, told) if durable else figure(venue, seen, told, bar=BAR, moonshot=MOONSHOT)
    found |= {"at_1000": both(slow), "bare": both(figures.of(trips, "us"))}
    if durable:  # a disk does not sync so often
        return found
    with peer.started() as other, switching(), memory.calmed():
        often = figure(venue, *asyncio.run(ordered(venue, other, often=True)))
    return found | {"often": both(often), "often_orders": often["n"]}


def both(found: Figure) -> list[float]:
    """Return a figure's median and 99th percentile, as a note."""
    return [found["median"], found["p99"]]


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
    handed = both(figures.of(waited(offered, seen.handed), "us"))
    across = both(figures.of(waited(offered, told.arrived), "us"))
    return figures.of(
        waited(offered, seen.written),
        "us",
        bar=bar,
        moonshot=moonshot,
        handed=handed,
        across=across,
        offers=len(offered),
        orders=seen.asked,
        written=len(seen.written),
        frames=told.frames[venue],
    )


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
