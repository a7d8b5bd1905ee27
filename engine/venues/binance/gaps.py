"""What Binance's stream left out: found by the trades' ids, fetched by REST, and told before what came after it.

::

    a trade off a stream ─► tape of its symbol ─► Trade
                               └─ gap ─► back-fill by REST ─► Trade … in order; what cannot be had, BooksStale
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError, WireError
from engine.core.events import BooksStale
from engine.core.ids import BINANCE, InstrumentId
from engine.core.units import SECOND
from engine.venues.binance import backfill
from engine.venues.binance.tape import WORTH, Tape
from engine.venues.delivery import deliver
from engine.venues.link import LinkStats

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.core.events import Event, Trade
    from engine.venues.binance.tape import Gap
    from engine.venues.binance.wire import Print, Scale
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Rest

MENDING_S: Final = 10.0
"""How long what a gap left out is waited for."""
AHEAD_S: Final = 10.0
"""How far after it came a trade's own time may lie, the venue's clock being what it is known to be."""


class Gaps:
    """The tapes of all that is followed, and what mends them.

    Parameters
    ----------
    scales : mapping of str to Scale
        By symbol; one is known before its first trade comes.
    """

    def __init__(self, rest: Rest, scales: Mapping[str, Scale], now: Now) -> None:
        self.wanted: frozenset[InstrumentId] = frozenset()
        self.scales = scales
        self.tapes: dict[str, Tape] = {}
        self.mending: set[str] = set()
        """Symbols for which something is being fetched."""
        self.mended = 0
        """Trades that were fetched afterwards."""
        self.stats = LinkStats()
        self._gaps = 0
        """Of tapes that were forgotten."""
        self._rest = rest
        self._now = now
        self._emit: Emit | None = None
        self._group: asyncio.TaskGroup | None = None
        self._ahead = int(AHEAD_S * SECOND)
        """Nanoseconds that a trade's time may lie after ours."""

    def begin(self, emit: Emit, group: asyncio.TaskGroup) -> None:
        """Mend from now on, as tasks of this group."""
        self._emit = emit
        self._group = group
        self.mending.clear()

    def end(self) -> None:
        """Begin to mend nothing more."""
        self._group = None

    def keep(self, symbols: frozenset[str]) -> None:
        """Forget the tapes of all others: what comes after a pause is no gap."""
        for symbol in set(self.tapes) - symbols:
            self._gaps += self.tapes.pop(symbol).gaps

    def printed(self, print_: Print) -> Iterable[Trade]:
        """Take a trade off a stream; return what may be told, and see to what is missing."""
        instrument = print_.trade.instrument
        if instrument not in self.wanted:
            return ()
        symbol = instrument.symbol
        tape = self.tapes.get(symbol)
        if tape is None:
            tape = self.tapes[symbol] = Tape()
        told = tape.take(print_)
        if tape.gap is not None and symbol not in self.mending and self._group is not None:
            self.mending.add(symbol)
            self._group.create_task(self._mend(symbol))
        return told

    def check(self, print_: Print, raw: str | bytes = b"") -> None:
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

    def set_clock(self) -> None:
        """Reckon how far ahead of ours a venue's time may be, by what is known of its clock."""
        skew_ms = self._rest.timing.skew_ms
        self._ahead = int(AHEAD_S * SECOND - (skew_ms or 0.0) * 1_000_000)

    def overflowed(self) -> Event:
        """Return what says that trades were let go."""
        return self._stale((instrument.symbol for instrument in self.wanted), "trades found no room")

    @property
    def waiting(self) -> int:
        """Trades that wait behind gaps."""
        return sum(tape.waiting for tape in self.tapes.values())

    def counted(self) -> LinkStats:
        """Return what was counted of gaps, and of what mends them."""
        self.stats.gaps = self._gaps + sum(tape.gaps for tape in self.tapes.values())
        return self.stats

    async def _mend(self, symbol: str) -> None:
        """Fetch what gaps left out, and let go what waited behind them."""
        try:
            while (tape := self.tapes.get(symbol)) is not None and (gap := tape.gap) is not None:
                missed = tape.missed
                prints = [one for one in await self._fetch(symbol, gap) if self._timely(one)]
                if self.tapes.get(symbol) is not tape:
                    continue  # nobody wanted it for a while: what came since must not be followed by what was before
                if tape.gap is gap:  # else too much waited meanwhile, and it was let go
                    self._tell(tape.mend(prints))
                lost = tape.missed - missed
                self.mended += gap.missing - min(lost, gap.missing)
                self.stats.resyncs += lost == 0
                if lost:
                    self._tell([self._stale([symbol], f"{lost:,} trades were missed")])
        finally:
            self.mending.discard(symbol)

    async def _fetch(self, symbol: str, gap: Gap) -> list[Print]:
        if gap.missing > WORTH:
            return []
        try:
            async with asyncio.timeout(MENDING_S):
                return await backfill.fetch(self._rest, symbol, gap, self._now, self.scales[symbol])
        except (VenueError, TimeoutError):
            return []

    def _timely(self, print_: Print) -> bool:
        try:
            self.check(print_)
        except WireError as e:
            self.stats.errors += 1
            self.stats.last_error = str(e)[:200]
            return False
        return True

    def _stale(self, symbols: Iterable[str], why: str) -> Event:
        instruments = tuple(InstrumentId(BINANCE, symbol) for symbol in sorted(symbols))
        return BooksStale(at=self._now(), venue=BINANCE, instruments=instruments, why=why)

    def _tell(self, events: Sequence[Event]) -> None:
        """Emit at once, before the stream brings what comes after; what finds no room is counted, and told later."""
        assert self._emit is not None
        for n, event in enumerate(events):
            if not self._emit(event):
                self.stats.overflow += len(events) - n
                if self._group is not None:
                    self._group.create_task(deliver(self._emit, [self.overflowed()]))
                return
