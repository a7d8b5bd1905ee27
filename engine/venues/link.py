"""A venue's socket that comes back by itself.

::

    dial ─► open ─► talk.opened ─► LinkChanged(up) ─► frames ─► events
      ▲                                                 │ cut, silent, pings unanswered, too large, dropped
      └── full-jitter back-off ◄── LinkChanged(down) ◄──┘ talk.closed

What a network does never ends `run`, only its cancellation. Nothing is queued here beyond what the socket holds:
where the engine has no room for an event the frame's rest is dropped and counted, the socket is not read until the
books it carries have been declared stale, and so the venue slows down.

The usual frame, which is whole and for which there is room, is understood in the callback that read it (`frames`).
"""

from __future__ import annotations

import asyncio
import statistics
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from websockets.exceptions import ConnectionClosed, WebSocketException

from engine.core.errors import VenueError, WireError
from engine.core.events import LinkChanged
from engine.venues.dialling import LARGEST, OPEN_S, PING_S, connected, explained, retry_after

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from engine.core.events import Event
    from engine.core.ids import VenueId
    from engine.core.units import Nanos
    from engine.venues.dialling import Dial
    from engine.venues.frames import Connection
    from engine.venues.port import Emit, Now

Send = Callable[[str], Awaitable[None]]
"""Sends one text frame; raises what the socket raises, which ends the connection."""

FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 30.0
STEADY_S: Final = 10.0
"""A connection that lived so long and said something was a good one: the next failure begins the back-off anew."""
SPREE: Final = 64
"""Frames read from the queue before others may run."""
LATENCIES: Final = 12
"""Round trips remembered: a minute of them."""
_PAUSE_S: Final = (0.005, 0.1)


class Talk(Protocol):
    """One venue's side of a socket: what is said on it and how it is understood."""

    def dial(self) -> Dial:
        """Return where to connect; asked before every attempt, so a signature can be fresh."""

    async def opened(self, send: Send) -> None:
        """Say what has to be said on a new socket. Nothing is read until this returns: do not wait for an answer."""

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        """Return what a frame means. Text frames come as bytes, their UTF-8 unchecked.

        Raises
        ------
        WireError
            If it cannot be read; it is counted, and the link lives on.
        """

    def closed(self, why: str) -> Iterable[Event]:
        """Return what follows from the socket's end, such as `BooksStale`; forget what was bound to it."""

    def overflowed(self) -> Iterable[Event]:
        """Return what follows from events that found no room: `BooksStale` of all it carries. The socket lives on."""

    def beat(self) -> str | None:
        """Return the text to send every `beat_s`; None where protocol pings are enough."""


@dataclass(slots=True)
class LinkStats:
    """How a link does, counted since the session began. Gaps and resyncs are the talk's to count."""

    frames: int = 0
    gaps: int = 0
    resyncs: int = 0
    reconnects: int = 0
    overflow: int = 0
    errors: int = 0
    last_error: str = ""
    latency_ms: float | None = None
    """Round trip of a ping, median of the last minute."""
    up: bool = False
    heard_at: Nanos | None = None
    """The last frame."""


class Link:
    """Keeps one socket of a venue open.

    Parameters
    ----------
    channel : str
        ``market`` or ``account``, as in `LinkChanged`.
    silence_s : float
        A socket on which no frame came for so long is given up, though its pings be answered. May be changed.
    """

    def __init__(
        self,
        venue: VenueId,
        channel: str,
        talk: Talk,
        now: Now,
        rng: random.Random,
        *,
        silence_s: float = 30.0,
        beat_s: float = 10.0,
        max_size: int = LARGEST,
        ping_s: float = PING_S,
        open_s: float = OPEN_S,
        first_wait_s: float = FIRST_WAIT_S,
        longest_wait_s: float = LONGEST_WAIT_S,
    ) -> None:
        self.venue = venue
        self.channel = channel
        self.stats = LinkStats()
        self.silence_s = silence_s
        self._talk = talk
        self._now = now
        self._rng = rng
        self._beat_s = beat_s
        self._max_size = max_size
        self._ping_s = ping_s
        self._open_s = open_s
        self._waits = first_wait_s, longest_wait_s
        self._socket: Connection | None = None
        self._dropped: asyncio.Future[str] | None = None
        self._heard = 0.0
        self._failures = 0
        self._said = ""
        self._risen = False
        self._retry_after_s = 0.0
        self._latencies: deque[float] = deque(maxlen=LATENCIES)
        self._fault: Exception | None = None

    async def run(self, emit: Emit) -> None:
        """Connect, read, reconnect, until cancelled."""
        while True:
            began = asyncio.get_running_loop().time()
            frames = self.stats.frames
            await self._once(emit)
            lived = asyncio.get_running_loop().time() - began
            good = lived >= STEADY_S and self.stats.frames > frames
            self._failures = 0 if good else min(self._failures + 1, 32)
            await asyncio.sleep(self._back_off())

    async def send(self, text: str) -> bool:
        """Send a text frame; False when the socket is down."""
        if self._socket is None or not self.stats.up:
            return False
        try:
            await self._socket.send(text)
        except ConnectionClosed:
            return False
        return True

    def drop(self, why: str) -> None:
        """Give this connection up and come back at once: a gap that cannot be mended, a roll-over."""
        if self._dropped is not None and not self._dropped.done():
            self._dropped.set_result(why)

    def _back_off(self) -> float:
        """Return how long to wait: anything up to a bound that doubles, so that a thousand clients come apart."""
        first, longest = self._waits
        least, self._retry_after_s = self._retry_after_s, 0.0
        return least + self._rng.uniform(0.0, min(first * 2.0 ** max(self._failures - 1, 0), longest))

    async def _once(self, emit: Emit) -> None:
        """Keep one connection from its dialling to its end."""
        self._dropped = asyncio.get_running_loop().create_future()
        try:
            socket = await self._connect()
        except (OSError, WebSocketException, VenueError) as e:
            await self._fall(emit, self._why(e))
            return
        try:
            await self._fall(emit, await self._use(socket, emit))
            await socket.close()
        except BaseException:  # cancelled, or a fault of ours: no socket is left behind
            self._socket, self.stats.up = None, False
            socket.transport.abort()
            await socket.wait_closed()
            raise

    async def _use(self, socket: Connection, emit: Emit) -> str:
        """Talk on an open socket until it ends; return why it did."""
        self._socket = socket
        try:
            await self._talk.opened(socket.send)
            await self._rise(emit)
            return await self._serve(socket, emit)
        except (OSError, WebSocketException, VenueError) as e:
            return self._why(e)
        finally:
            self._socket = None

    async def _connect(self) -> Connection:
        return await connected(self._talk.dial(), self._open_s, self._ping_s, self._max_size)

    async def _serve(self, socket: Connection, emit: Emit) -> str:
        """Read until the connection ends; return why it did."""
        self._heard = asyncio.get_running_loop().time()
        assert self._dropped is not None
        keepers = [
            asyncio.ensure_future(self._read(socket, emit)),
            asyncio.ensure_future(self._watch(socket)),
            asyncio.ensure_future(self._beat(socket)),
            self._dropped,
        ]
        try:
            done, _ = await asyncio.wait(keepers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            socket.reader = None
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
        first = next(keeper for keeper in keepers if keeper in done)
        return first.result() or "given up"

    async def _read(self, socket: Connection, emit: Emit) -> str:
        """Have frames understood as they come; take those that could not be, in their order."""
        self._fault, count = None, 0
        socket.reader = lambda raw: self._at_once(raw, emit)
        while True:
            raw = await socket.recv(decode=False)
            if self._fault is not None:
                raise self._fault
            if socket.refused or not self._heard_of(raw, emit):
                await self._deliver(self._talk.overflowed(), emit)
                self._heard = asyncio.get_running_loop().time()
            socket.done()
            count += 1
            if count % SPREE == 0:
                await asyncio.sleep(0)

    def _at_once(self, raw: bytes, emit: Emit) -> bool:
        """Take a frame in the callback that read it; a fault of ours is raised by the task that reads."""
        try:
            return self._heard_of(raw, emit)
        except Exception as e:  # noqa: BLE001 - nothing may be raised into the library's callback
            self._fault = e
            return False

    def _heard_of(self, raw: bytes, emit: Emit) -> bool:
        """Take a frame; False when one of its events found no room."""
        stats = self.stats
        stats.heard_at = at = self._now()
        self._heard = asyncio.get_running_loop().time()
        stats.frames += 1
        return self._take(raw, at, emit)

    def _take(self, raw: bytes, at: Nanos, emit: Emit) -> bool:
        """Decode a frame and hand its events on; False when one found no room: then the rest is let go too."""
        try:
            events = iter(self._talk.frame(raw, at))
            for event in events:
                if not emit(event):
                    self.stats.overflow += 1 + sum(1 for _ in events)
                    return False
        except WireError as e:
            self.stats.errors += 1
            self.stats.last_error = str(e)[:200]
        return True

    async def _watch(self, socket: Connection) -> str:
        """Return once no frame came for too long."""
        loop = asyncio.get_running_loop()
        while (left := self._heard + self.silence_s - loop.time()) > 0:
            await asyncio.sleep(min(left, self._ping_s))
            self._measure(socket.latency)
        return f"no data for {self.silence_s:g} s, though the connection stood"

    def _measure(self, seconds: float) -> None:
        if seconds > 0:
            self._latencies.append(seconds * 1_000)
            self.stats.latency_ms = statistics.median(self._latencies)

    async def _beat(self, socket: Connection) -> str:
        while True:
            await asyncio.sleep(self._beat_s)
            text = self._talk.beat()
            if text is not None:
                await socket.send(text)

    async def _rise(self, emit: Emit) -> None:
        self.stats.up = True
        self.stats.reconnects += self._risen
        self._risen = True
        self._said = ""
        await self._deliver([self._changed(up=True, why="")], emit)

    async def _fall(self, emit: Emit, why: str) -> None:
        """Say what the end means; a failure that repeats itself is said once."""
        was_up, self.stats.up = self.stats.up, False
        if was_up:
            await self._deliver(self._talk.closed(why), emit)
        if was_up or why != self._said:
            self._said = why
            await self._deliver([self._changed(up=False, why=why)], emit)

    def _changed(self, *, up: bool, why: str) -> Event:
        return LinkChanged(at=self._now(), venue=self.venue, up=up, channel=self.channel, why=why)

    async def _deliver(self, events: Iterable[Event], emit: Emit) -> None:
        """Emit what must arrive: where there is no room, wait for it, reading nothing meanwhile."""
        least, most = _PAUSE_S
        for event in events:
            pause = least
            while not emit(event):
                await asyncio.sleep(pause)
                pause = min(2 * pause, most)

    def _why(self, error: Exception) -> str:
        self._retry_after_s = retry_after(error)
        return explained(error, self._open_s, self._ping_s, self._max_size)
