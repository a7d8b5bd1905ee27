"""Binance's combined stream, renewed before its 24 hours are over: a second one stands before the first is closed.

::

    stream ─► nearly a day old, or told to leave ─► a second stream ─► its first trade ─► the first is closed
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from engine.core.events import LinkChanged
from engine.core.ids import BINANCE
from engine.venues.binance import wire
from engine.venues.delivery import deliver
from engine.venues.dialling import Dial
from engine.venues.link import Link, LinkStats

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable, Iterable

    from engine.core.events import Event
    from engine.core.units import Nanos
    from engine.venues.binance.endpoints import Endpoints
    from engine.venues.binance.gaps import Gaps
    from engine.venues.link import Send
    from engine.venues.port import Emit, Now

LIFE_S: Final = 23 * 3_600.0 + 50 * 60
"""A stream's age at which the next one is opened; the venue cuts it after 24 hours."""
SPREAD_S: Final = 300.0
"""Up to so much earlier, so that not everybody comes back at once."""
OVERLAP_S: Final = 10.0
"""How long the first trade on the second stream is awaited; a quiet pair may have none."""
AGAIN_S: Final = 60.0
"""Until the next try, where the second stream did not stand."""
LONGEST_WAIT_S: Final = 60.0
FIRST_WAIT_S: Final = 1.0
"""Of the stream's back-off: the venue bars those who connect more than 300 times in five minutes."""


@dataclass(eq=False, slots=True)
class Stream:
    """One socket and what it carries."""

    streams: Streams
    gaps: Gaps
    symbols: frozenset[str]
    link: Link = field(init=False)
    task: asyncio.Task[None] | None = None
    up: bool = False
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """It brought a trade."""
    carried: frozenset[str] = frozenset()
    """What this connection was asked for."""

    def dial(self) -> Dial:
        """Return the address that names what is wanted by now."""
        self.carried = self.symbols
        return Dial(wire.stream_url(self.streams.endpoints.stream, sorted(self.symbols)))

    async def opened(self, send: Send) -> None:
        """Say what has changed since the address said which trades are wanted: to connect takes its time."""
        await self.agree(send)

    async def agree(self, send: Callable[[str], Awaitable[object]]) -> None:
        """Ask for what is wanted by now and was not then, and for no more of what is not."""
        while self.carried != self.symbols:
            before, wanted = self.carried, self.symbols
            if more := sorted(wanted - before):
                await send(wire.subscription("SUBSCRIBE", more, self.streams.number()))
            if less := sorted(before - wanted):
                await send(wire.subscription("UNSUBSCRIBE", less, self.streams.number()))
            self.carried = wanted

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        """Return the trades of a frame, in their order and without a gap."""
        message = wire.decode(raw, at, self.gaps.scales)
        if isinstance(message, wire.Print):
            self.gaps.check(message, raw)
            self.heard.set()
            return self.gaps.printed(message)
        if isinstance(message, wire.Shutdown):
            self.streams.renew()
        elif isinstance(message, wire.Complaint):
            self.link.stats.errors += 1
        return ()

    def closed(self, why: str) -> Iterable[Event]:
        """Return nothing: there are no books, and what is missing shows by its ids."""
        return ()

    def overflowed(self) -> Iterable[Event]:
        """Return what says that trades were let go."""
        return [self.gaps.overflowed()]

    def beat(self) -> str | None:
        """Return nothing: the venue pings."""
        return None


class Streams:
    """The stream, and for a while the one that takes its place.

    Parameters
    ----------
    life_s, overlap_s : float
        When a stream is renewed, and how long the two run side by side at most.
    silence_s : float
        After how long without a trade of any pair the stream is given up.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        gaps: Gaps,
        now: Now,
        rng: random.Random,
        *,
        life_s: float = LIFE_S,
        overlap_s: float = OVERLAP_S,
        silence_s: float = 30.0,
        first_wait_s: float = FIRST_WAIT_S,
    ) -> None:
        self.endpoints = endpoints
        self.all: list[Stream] = []
        """The oldest first."""
        self.retired = LinkStats()
        """What closed streams counted."""
        self._gaps = gaps
        self._now = now
        self._rng = rng
        self._life_s = life_s
        self._overlap_s = overlap_s
        self._silence_s = silence_s
        self._first_wait_s = first_wait_s
        self._told: bool | None = None
        self._emit: Emit | None = None
        self._group: asyncio.TaskGroup | None = None
        self._renew = asyncio.Event()
        self._numbers = count(1)

    def begin(self, emit: Emit, group: asyncio.TaskGroup) -> None:
        """Open streams from now on, as tasks of this group."""
        self._emit = emit
        self._group = group
        self._told = None

    def end(self) -> None:
        """Forget the streams of a group that has ended."""
        self._group = None
        self.all.clear()

    def number(self) -> int:
        """Return the number of the next message to the venue."""
        return next(self._numbers)

    def renew(self) -> None:
        """Open a second stream and close the first once it is not needed: the venue is about to cut it."""
        self._renew.set()

    async def carry(self, symbols: frozenset[str]) -> None:
        """Change what the stream carries; open or close it where there was, or will be, nothing."""
        if not symbols:
            await self._close_all()
            return
        if not self.all:
            self._open(symbols)
            return
        for stream in list(self.all):  # of two either may be the one that stays
            stream.symbols = symbols
            if stream.link.stats.up:  # else it is said once it is
                await stream.agree(stream.link.send)

    async def say_down(self, why: str) -> None:
        """Tell that there is no stream, unless that was told last."""
        if self._told is not False:
            self._told = False
            assert self._emit is not None
            await deliver(self._emit, [LinkChanged(at=self._now(), venue=BINANCE, up=False, channel="market", why=why)])

    async def keep_young(self) -> None:
        """Renew the stream before the venue cuts it, and whenever the venue says that it will; until cancelled."""
        wait = self._life_s
        while True:
            try:
                async with asyncio.timeout(wait - self._rng.uniform(0.0, min(SPREAD_S, wait / 2))):
                    await self._renew.wait()
            except TimeoutError:
                pass  # it is old enough
            wait = self._life_s if not self.all or await self.roll() else AGAIN_S
            self._renew.clear()

    async def roll(self) -> bool:
        """Open a second stream, wait for its first trade, close the first; False if the second never stood."""
        old = self.all[-1]
        young = self._open(old.symbols)
        try:
            async with asyncio.timeout(self._overlap_s):
                await young.heard.wait()
        except TimeoutError:
            pass  # a quiet pair, or no way there
        spent, kept = (old, young) if young.up or not old.up else (young, old)
        if spent in self.all and kept in self.all:
            await self._close(spent)
        return kept is young

    def _open(self, symbols: frozenset[str]) -> Stream:
        assert self._group is not None
        stream = Stream(self, self._gaps, symbols)
        stream.link = Link(
            BINANCE,
            "market",
            stream,
            self._now,
            self._rng,
            silence_s=self._silence_s,
            first_wait_s=self._first_wait_s,
            longest_wait_s=LONGEST_WAIT_S,
        )
        self.all.append(stream)
        stream.task = self._group.create_task(stream.link.run(lambda event: self._pass(stream, event)))
        return stream

    def _pass(self, stream: Stream, event: Event) -> bool:
        """Hand an event on; of two streams' ups and downs only what they mean together."""
        assert self._emit is not None
        if not isinstance(event, LinkChanged):
            return self._emit(event)
        up = event.up or any(other.up for other in self.all if other is not stream)
        if up and self._told:
            stream.up = event.up
            return True
        if not self._emit(event):
            return False
        stream.up, self._told = event.up, up
        return True

    async def _close_all(self) -> None:
        for stream in list(self.all):
            await self._close(stream)
        await self.say_down("nothing is followed")

    async def _close(self, stream: Stream) -> None:
        self.all.remove(stream)
        if stream.task is not None:
            stream.task.cancel()
            await asyncio.wait([stream.task])
        _add(self.retired, stream.link.stats)


def _add(total: LinkStats, one: LinkStats) -> None:
    """Keep what a closed link counted."""
    total.frames += one.frames
    total.overflow += one.overflow
    total.errors += one.errors
    total.reconnects += one.reconnects
