"""Binance's trades: what is wanted is looked up, followed on one stream, and told without a hole.

::

    want ─► look up steps ─► streams ─► gaps ─► Trade
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError, VenueRefused
from engine.core.ids import BINANCE, InstrumentId
from engine.venues.binance import wire_rest
from engine.venues.binance.directory import MOST as LOOK
from engine.venues.binance.gaps import Gaps
from engine.venues.binance.streams import FIRST_WAIT_S, LIFE_S, OVERLAP_S, Streams
from engine.venues.delivery import deliver
from engine.venues.report import Standing, report, reporting

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from engine.core.events import LinkReport
    from engine.core.units import Nanos
    from engine.venues.binance.directory import BinanceDirectory
    from engine.venues.binance.endpoints import Endpoints
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Rest

CLOCK_EVERY_S: Final = 300.0
RETRY_S: Final = (1.0, 60.0)
"""Between two looks for steps: the first pause and the longest."""
MOST: Final = 1_000
"""Pairs one stream carries; the venue allows 1,024."""


class BinanceFeed:
    """Emits `Trade`, and `Listed` for what is wanted; there are no books.

    Parameters
    ----------
    life_s, overlap_s, silence_s, first_wait_s : float
        As `Streams` takes them.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        rest: Rest,
        directory: BinanceDirectory,
        now: Now,
        rng: random.Random,
        *,
        life_s: float = LIFE_S,
        overlap_s: float = OVERLAP_S,
        silence_s: float = 30.0,
        first_wait_s: float = FIRST_WAIT_S,
    ) -> None:
        self.gaps = Gaps(rest, directory.scales, now)
        self.streams = Streams(
            endpoints,
            self.gaps,
            now,
            rng,
            life_s=life_s,
            overlap_s=overlap_s,
            silence_s=silence_s,
            first_wait_s=first_wait_s,
        )
        self._rest = rest
        self._directory = directory
        self._now = now
        self._rng = rng
        self._refused: set[str] = set()
        """What the venue does not know."""
        self._emit: Emit | None = None
        self._changed = asyncio.Event()
        self._standing = Standing(host=rest.host)

    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Replace the set of instruments followed; survives reconnection."""
        self.gaps.wanted = frozenset(one for one in instruments if one.venue == BINANCE)
        self._changed.set()

    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """Do nothing: there are no books, and a gap in the trades is mended unasked."""

    async def run(self, emit: Emit) -> None:
        """Follow what is wanted until cancelled."""
        self._emit = emit
        try:
            async with asyncio.TaskGroup() as group:
                self.gaps.begin(emit, group)
                self.streams.begin(emit, group)
                group.create_task(reporting(emit, self._now, self._report))
                group.create_task(self._keep_time())
                group.create_task(self._follow())
                group.create_task(self.streams.keep_young())
        finally:
            self.gaps.end()
            self.streams.end()
            await self._rest.close()

    async def _follow(self) -> None:
        """Keep the stream on what is wanted."""
        while True:
            self._changed.clear()
            symbols = await self._known()
            if symbols is not None:
                self._standing.subscribed = len(symbols)
                self.gaps.keep(symbols)
                await self.streams.carry(symbols)
            await self._changed.wait()

    async def _known(self) -> frozenset[str] | None:
        """Look up the steps of what is wanted; return it, or None when something else is wanted by then."""
        pause, longest = RETRY_S
        while not self._changed.is_set():
            symbols = sorted(instrument.symbol for instrument in self.gaps.wanted)
            try:
                await self._learn([s for s in self._directory.unknown(symbols) if s not in self._refused])
                return frozenset([symbol for symbol in symbols if symbol in self._directory.scales][:MOST])
            except VenueError as e:
                if not self.streams.all:
                    await self.streams.say_down(f"its pairs cannot be looked up: {e}"[:200])
            await asyncio.sleep(self._rng.uniform(0.0, pause))
            pause = min(2 * pause, longest)
        return None

    async def _learn(self, symbols: Sequence[str]) -> None:
        """Look symbols up; one that the venue refuses must not keep the others from being known."""
        half = min((len(symbols) + 1) // 2, LOOK)
        if len(symbols) > LOOK:
            await self._learn(symbols[:LOOK])
            await self._learn(symbols[LOOK:])
        elif symbols:
            try:
                listed = await self._directory.look(symbols)
            except VenueRefused:
                if len(symbols) == 1:
                    self._refused.add(symbols[0])
                    return
                await self._learn(symbols[:half])
                await self._learn(symbols[half:])
            else:
                assert self._emit is not None
                await deliver(self._emit, listed)

    async def _keep_time(self) -> None:
        """Compare our clock with the venue's."""
        while True:
            try:
                sent = self._now()
                body = await self._rest.read("/api/v3/time")
                self._rest.timing.learn_time(wire_rest.server_time(body), sent, self._now())
                self.gaps.set_clock()
            except VenueError:
                pass  # the Date of other answers says it roughly
            await asyncio.sleep(CLOCK_EVERY_S)

    def _report(self, at: Nanos) -> LinkReport:
        self._standing.queued = self.gaps.waiting
        self.gaps.set_clock()
        links = [stream.link.stats for stream in self.streams.all]
        return report(BINANCE, at, [*links, self.streams.retired, self.gaps.counted()], self._rest, self._standing)
