"""Binance's trades: one combined stream, renewed before its 24 hours are over, without a hole.

::

    want ─► look up steps ─► stream ─► tape of each symbol ─► Trade
                               │            └─ gap ─► back-fill by REST ─► Trade … in order
                               └─ nearly a day old, or told to leave ─► a second stream ─► its first trade ─► close
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError, VenueRefused, WireError
from engine.core.events import BooksStale, LinkChanged
from engine.core.ids import BINANCE, InstrumentId
from engine.core.units import SECOND
from engine.venues.binance import backfill, wire, wire_rest
from engine.venues.binance.directory import MOST as LOOK
from engine.venues.binance.tape import WORTH, Tape
from engine.venues.dialling import Dial
from engine.venues.link import Link, LinkStats
from engine.venues.report import Standing, report, reporting

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from engine.core.events import Event, LinkReport, Trade
    from engine.core.units import Nanos
    from engine.venues.binance.directory import BinanceDirectory
    from engine.venues.binance.endpoints import Endpoints
    from engine.venues.binance.tape import Gap
    from engine.venues.link import Send
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Rest

LIFE_S: Final = 23 * 3_600.0 + 50 * 60
"""A stream's age at which the next one is opened; the venue cuts it after 24 hours."""
SPREAD_S: Final = 300.0
"""Up to so much earlier, so that not everybody comes back at once."""
OVERLAP_S: Final = 10.0
"""How long the first trade on the second stream is awaited; a quiet pair may have none."""
MENDING_S: Final = 10.0
CLOCK_EVERY_S: Final = 300.0
RETRY_S: Final = (1.0, 60.0)
MOST: Final = 1_000
"""Pairs one stream carries; the venue allows 1,024."""
LONGEST_WAIT_S: Final = 60.0
AHEAD_S: Final = 10.0
"""How far after it came a trade's own time may lie, the venue's clock being what it is known to be."""
FIRST_WAIT_S: Final = 1.0
"""Of the stream's back-off: the venue bars those who connect more than 300 times in five minutes."""


@dataclass(eq=False, slots=True)
class _Stream:
    """One socket and what it carries."""

    feed: BinanceFeed
    symbols: frozenset[str]
    link: Link = field(init=False)
    task: asyncio.Task[None] | None = None
    up: bool = False
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """It brought a trade."""
    carried: frozenset[str] = frozenset()
    """What this connection was asked for."""

    def dial(self) -> Dial:
        self.carried = self.symbols
        return Dial(wire.stream_url(self.feed.endpoints.stream, sorted(self.symbols)))

    async def opened(self, send: Send) -> None:
        """Say what has changed since the address said which trades are wanted: to connect takes its time."""
        await self.agree(send)

    async def agree(self, send: Callable[[str], Awaitable[object]]) -> None:
        """Ask for what is wanted by now and was not then, and for no more of what is not."""
        while self.carried != self.symbols:
            before, wanted = self.carried, self.symbols
            if more := sorted(wanted - before):
                await send(wire.subscription("SUBSCRIBE", more, self.feed.number()))
            if less := sorted(before - wanted):
                await send(wire.subscription("UNSUBSCRIBE", less, self.feed.number()))
            self.carried = wanted

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        message = wire.decode(raw, at, self.feed.scales)
        if isinstance(message, wire.Print):
            self.feed.check(message, raw)
            self.heard.set()
            return self.feed.printed(message)
        if isinstance(message, wire.Shutdown):
            self.feed.renew()
        elif isinstance(message, wire.Complaint):
            self.link.stats.errors += 1
        return ()

    def closed(self, why: str) -> Iterable[Event]:
        return ()  # there are no books; what is missing shows by its ids

    def overflowed(self) -> Iterable[Event]:
        return [self.feed.overflowed()]

    def beat(self) -> str | None:
        return None


class BinanceFeed:
    """Emits `Trade`, and `Listed` for what is wanted; there are no books.

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
        self.endpoints = endpoints
        self.now = now
        self.scales = directory.scales
        self.wanted: frozenset[InstrumentId] = frozenset()
        self.mended = 0
        """Trades that were fetched afterwards."""
        self._rest = rest
        self._directory = directory
        self._rng = rng
        self._life_s = life_s
        self._overlap_s = overlap_s
        self._silence_s = silence_s
        self._first_wait_s = first_wait_s
        self._tapes: dict[str, Tape] = {}
        self._mending: set[str] = set()
        self._refused: set[str] = set()
        """What the venue does not know."""
        self._streams: list[_Stream] = []
        self._retired = LinkStats()
        self._told: bool | None = None
        self._emit: Emit | None = None
        self._group: asyncio.TaskGroup | None = None
        self._changed = asyncio.Event()
        self._renew = asyncio.Event()
        self._numbers = count(1)
        self._standing = Standing(host=rest.host)
        self._ahead = int(AHEAD_S * SECOND)
        """Nanoseconds that a trade's time may lie after ours."""

    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Replace the set of instruments followed; survives reconnection."""
        self.wanted = frozenset(one for one in instruments if one.venue == BINANCE)
        self._changed.set()

    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """Do nothing: there are no books, and a gap in the trades is mended unasked."""

    def renew(self) -> None:
        """Open a second stream and close the first once it is not needed: the venue is about to cut it."""
        self._renew.set()

    async def run(self, emit: Emit) -> None:
        """Follow what is wanted until cancelled."""
        self._emit = emit
        self._told = None
        self._mending.clear()
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(reporting(emit, self.now, self._report))
                group.create_task(self._keep_time())
                group.create_task(self._follow())
                group.create_task(self._keep_young())
        finally:
            self._group = None
            self._streams.clear()
            await self._rest.close()

    def printed(self, print_: wire.Print) -> Iterable[Trade]:
        """Take a trade off a stream; return what may be told, and see to what is missing."""
        instrument = print_.trade.instrument
        if instrument not in self.wanted:
            return ()
        symbol = instrument.symbol
        tape = self._tapes.get(symbol)
        if tape is None:
            tape = self._tapes[symbol] = Tape()
        told = tape.take(print_)
        if tape.gap is not None and symbol not in self._mending and self._group is not None:
            self._mending.add(symbol)
            self._group.create_task(self._mend(symbol, tape))
        return told

    def check(self, print_: wire.Print, raw: str | bytes = b"") -> None:
        """Refuse a trade from further ahead than clocks differ: all that came until then would be late.

        Raises
        ------
        WireError
            If it is; it then counts among the stream's errors.
        """
        trade = print_.trade
        if trade.venue_time is not None and trade.venue_time - trade.at > self._ahead:
            ahead_s = (trade.venue_time - trade.at - self._ahead) / SECOND + AHEAD_S
            raise WireError(BINANCE, f"a trade from {ahead_s:,.0f} s after it came", raw)

    def number(self) -> int:
        """Return the number of the next message to the venue."""
        return next(self._numbers)

    def overflowed(self) -> Event:
        """Return what says that trades were let go."""
        return self._stale((instrument.symbol for instrument in self.wanted), "trades found no room")

    async def _follow(self) -> None:
        """Keep the stream on what is wanted."""
        while True:
            self._changed.clear()
            symbols = await self._known()
            if symbols is not None:
                await self._subscribe(symbols)
            await self._changed.wait()

    async def _known(self) -> frozenset[str] | None:
        """Look up the steps of what is wanted; return it, or None when something else is wanted by then."""
        pause, longest = RETRY_S
        while not self._changed.is_set():
            symbols = sorted(instrument.symbol for instrument in self.wanted)
            try:
                await self._learn([s for s in self._directory.unknown(symbols) if s not in self._refused])
                return frozenset([symbol for symbol in symbols if symbol in self.scales][:MOST])
            except VenueError as e:
                if not self._streams:
                    await self._say(up=False, why=f"its pairs cannot be looked up: {e}"[:200])
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
                await self._deliver(await self._directory.look(symbols))
            except VenueRefused:
                if len(symbols) == 1:
                    self._refused.add(symbols[0])
                    return
                await self._learn(symbols[:half])
                await self._learn(symbols[half:])

    async def _subscribe(self, symbols: frozenset[str]) -> None:
        """Change what the stream carries; open or close it where there was, or will be, nothing."""
        self._standing.subscribed = len(symbols)
        for symbol in set(self._tapes) - symbols:  # what comes after a pause is no gap
            del self._tapes[symbol]
        if not symbols:
            await self._close_all()
            return
        if not self._streams:
            self._open(symbols)
            return
        for stream in list(self._streams):  # of two either may be the one that stays
            stream.symbols = symbols
            if stream.link.stats.up:  # else it is said once it is
                await stream.agree(stream.link.send)

    def _open(self, symbols: frozenset[str]) -> _Stream:
        assert self._group is not None
        stream = _Stream(self, symbols)
        stream.link = Link(
            BINANCE,
            "market",
            stream,
            self.now,
            self._rng,
            silence_s=self._silence_s,
            first_wait_s=self._first_wait_s,
            longest_wait_s=LONGEST_WAIT_S,
        )
        self._streams.append(stream)
        stream.task = self._group.create_task(stream.link.run(lambda event: self._pass(stream, event)))
        return stream

    def _pass(self, stream: _Stream, event: Event) -> bool:
        """Hand an event on; of two streams' ups and downs only what they mean together."""
        assert self._emit is not None
        if not isinstance(event, LinkChanged):
            return self._emit(event)
        up = event.up or any(other.up for other in self._streams if other is not stream)
        if up and self._told:
            stream.up = event.up
            return True
        if not self._emit(event):
            return False
        stream.up, self._told = event.up, up
        return True

    async def _keep_young(self) -> None:
        """Renew the stream before the venue cuts it, and whenever the venue says that it will."""
        wait = self._life_s
        while True:
            try:
                async with asyncio.timeout(wait - self._rng.uniform(0.0, min(SPREAD_S, wait / 2))):
                    await self._renew.wait()
            except TimeoutError:
                pass  # it is old enough
            wait = self._life_s if not self._streams or await self._roll() else RETRY_S[1]
            self._renew.clear()

    async def _roll(self) -> bool:
        """Open a second stream, wait for its first trade, close the first; False if the second never stood."""
        old = self._streams[-1]
        young = self._open(old.symbols)
        try:
            async with asyncio.timeout(self._overlap_s):
                await young.heard.wait()
        except TimeoutError:
            pass  # a quiet pair, or no way there
        spent, kept = (old, young) if young.up or not old.up else (young, old)
        if spent in self._streams and kept in self._streams:
            await self._close(spent)
        return kept is young

    async def _close_all(self) -> None:
        for stream in list(self._streams):
            await self._close(stream)
        await self._say(up=False, why="nothing is followed")

    async def _close(self, stream: _Stream) -> None:
        self._streams.remove(stream)
        if stream.task is not None:
            stream.task.cancel()
            await asyncio.wait([stream.task])
        _add(self._retired, stream.link.stats)

    async def _mend(self, symbol: str, tape: Tape) -> None:
        """Fetch what gaps left out, and let go what waited behind them."""
        try:
            while (gap := tape.gap) is not None:
                missed = tape.missed
                prints = [one for one in await self._fetch(symbol, gap) if self._timely(one)]
                if self._tapes.get(symbol) is not tape:
                    return  # nobody wanted it for a while: what came since must not be followed by what was before
                if tape.gap is gap:  # else too much waited meanwhile, and it was let go
                    self._tell(tape.mend(prints))
                lost = tape.missed - missed
                self.mended += gap.missing - min(lost, gap.missing)
                self._retired.resyncs += lost == 0
                if lost:
                    self._tell([self._stale([symbol], f"{lost:,} trades were missed")])
        finally:
            self._mending.discard(symbol)

    async def _fetch(self, symbol: str, gap: Gap) -> list[wire.Print]:
        if gap.missing > WORTH:
            return []
        try:
            async with asyncio.timeout(MENDING_S):
                return await backfill.fetch(self._rest, symbol, gap, self.now, self.scales[symbol])
        except (VenueError, TimeoutError):
            return []

    def _timely(self, print_: wire.Print) -> bool:
        try:
            self.check(print_)
        except WireError as e:
            self._retired.errors += 1
            self._retired.last_error = str(e)[:200]
            return False
        return True

    def _stale(self, symbols: Iterable[str], why: str) -> Event:
        instruments = tuple(InstrumentId(BINANCE, symbol) for symbol in sorted(symbols))
        return BooksStale(at=self.now(), venue=BINANCE, instruments=instruments, why=why)

    def _tell(self, events: Sequence[Event]) -> None:
        """Emit at once, before the stream brings what comes after; what finds no room is counted, and told later."""
        assert self._emit is not None
        for n, event in enumerate(events):
            if not self._emit(event):
                self._retired.overflow += len(events) - n
                if self._group is not None:
                    self._group.create_task(self._deliver([self.overflowed()]))
                return

    async def _keep_time(self) -> None:
        """Compare our clock with the venue's."""
        while True:
            try:
                sent = self.now()
                body = await self._rest.read("/api/v3/time")
                self._rest.timing.learn_time(wire_rest.server_time(body), sent, self.now())
                self._set_clock()
            except VenueError:
                pass  # the Date of other answers says it roughly
            await asyncio.sleep(CLOCK_EVERY_S)

    def _set_clock(self) -> None:
        """Reckon how far ahead of ours a venue's time may be, by what is known of its clock."""
        skew_ms = self._rest.timing.skew_ms
        self._ahead = int(AHEAD_S * SECOND - (skew_ms or 0.0) * 1_000_000)

    async def _say(self, *, up: bool, why: str) -> None:
        if self._told is None or self._told is not up:
            self._told = up
            await self._deliver([LinkChanged(at=self.now(), venue=BINANCE, up=up, channel="market", why=why)])

    async def _deliver(self, events: Iterable[Event]) -> None:
        assert self._emit is not None
        for event in events:
            while not self._emit(event):  # noqa: ASYNC110  # the engine's room has no event to wait for
                await asyncio.sleep(0.01)

    def _report(self, at: Nanos) -> LinkReport:
        self._retired.gaps = sum(tape.gaps for tape in self._tapes.values())
        self._standing.queued = sum(tape.waiting for tape in self._tapes.values())
        self._set_clock()
        return report(
            BINANCE, at, [stream.link.stats for stream in self._streams] + [self._retired], self._rest, self._standing
        )


def _add(total: LinkStats, one: LinkStats) -> None:
    """Keep what a closed link counted."""
    total.frames += one.frames
    total.overflow += one.overflow
    total.errors += one.errors
    total.reconnects += one.reconnects
