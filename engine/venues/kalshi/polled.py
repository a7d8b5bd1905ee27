"""Kalshi without a key: order books and trades asked for by REST, round by round.

Every handshake of the venue's socket has to be signed, though what it carries is public; the REST side of the same
books is not. So books are whole each time, never older than a round, and no gap can hide.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from engine.core.errors import Throttled, VenueError, WireError
from engine.core.events import BooksStale, LinkChanged
from engine.core.ids import KALSHI
from engine.venues.kalshi import wire_books
from engine.venues.kalshi.endpoints import CALL
from engine.venues.link import LinkStats

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from engine.core.units import Nanos
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Rest

READS_PER_S: Final = 5.0
"""Of an address without a key nobody says how much it may ask; a quarter of the lowest level is asked."""
ROUND_S: Final = 1.0
TRADES: Final = 100
REMEMBERED: Final = 1_000
"""Trades of a market that are known to have been told."""
WAITS_S: Final = (1.0, 30.0)


class Polled:
    """Asks for the books of what is wanted, over and over."""

    def __init__(
        self,
        rest: Rest,
        now: Now,
        rng: random.Random,
        wanted: Callable[[], frozenset[str]],
        *,
        round_s: float = ROUND_S,
    ) -> None:
        self.stats = LinkStats()
        self._rest = rest
        self._now = now
        self._rng = rng
        self._wanted = wanted
        self._round_s = round_s
        self._seen: dict[str, deque[str]] = {}
        self._turn = 0
        self._failures = 0

    async def run(self, emit: Emit) -> None:
        """Ask until cancelled."""
        while True:
            wanted = sorted(self._wanted())
            try:
                await self._round(wanted, emit)
            except VenueError as e:
                self._fell(wanted, e, emit)
                await asyncio.sleep(self._back_off())

    async def _round(self, wanted: list[str], emit: Emit) -> None:
        pause = max(self._round_s / max(len(wanted) + 1, 1), 1.0 / READS_PER_S)
        for ticker in wanted:
            await self._book(ticker, emit)
            await asyncio.sleep(pause)
        if wanted:
            await self._trades(wanted[self._turn % len(wanted)], emit)
            self._turn += 1
        await asyncio.sleep(pause)

    async def _book(self, ticker: str, emit: Emit) -> None:
        raw = await self._rest.read(f"/markets/{ticker}/orderbook", {"depth": 0}, cost=CALL)
        at = self._heard(emit)
        try:
            event = wire_books.rest_book(raw, ticker, at)
        except WireError as e:
            self.stats.errors, self.stats.last_error = self.stats.errors + 1, str(e)[:200]
            emit(BooksStale(at=at, venue=KALSHI, instruments=(wire_books.instrument(ticker),), why="unreadable"))
            return
        if not emit(event):
            self.stats.overflow += 1  # the next round brings it whole

    async def _trades(self, ticker: str, emit: Emit) -> None:
        raw = await self._rest.read("/markets/trades", {"ticker": ticker, "limit": TRADES}, cost=CALL)
        at = self._heard(emit)
        told = self._seen.setdefault(ticker, deque(maxlen=REMEMBERED))
        try:
            trades = wire_books.rest_trades(raw, at)
        except WireError as e:  # of the tape of one market: no book is the worse for it
            self.stats.errors, self.stats.last_error = self.stats.errors + 1, str(e)[:200]
            return
        for trade in trades:
            if trade.trade_id not in told and emit(trade):
                told.append(trade.trade_id)

    def _heard(self, emit: Emit) -> Nanos:
        at = self._now()
        self.stats.frames += 1
        self.stats.heard_at = at
        self._failures = 0
        if not self.stats.up:
            self.stats.up = True
            why = "no key: books are asked for about once a second, since the stream needs a signature"
            emit(LinkChanged(at=at, venue=KALSHI, up=True, channel="market", why=why))
        return at

    def _fell(self, wanted: list[str], error: VenueError, emit: Emit) -> None:
        at, why = self._now(), str(error)[:200]
        self._failures = min(self._failures + 1, 16)
        if isinstance(error, WireError):
            self.stats.errors += 1
        if self.stats.up or self._failures == 1:
            emit(LinkChanged(at=at, venue=KALSHI, up=False, channel="market", why=why))
        if self.stats.up and wanted:
            instruments = tuple(wire_books.instrument(ticker) for ticker in wanted)
            emit(BooksStale(at=at, venue=KALSHI, instruments=instruments, why=why))
        self.stats.reconnects += self.stats.up
        self.stats.up = False
        if isinstance(error, Throttled) and error.retry_after_s:
            self._rest.budget.hold("read", error.retry_after_s)

    def _back_off(self) -> float:
        first, longest = WAITS_S
        return self._rng.uniform(0.25, 1.0) * min(first * 2.0 ** (self._failures - 1), longest)
