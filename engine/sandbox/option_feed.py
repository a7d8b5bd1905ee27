"""The simulated options as a venue of the demo: it tells what is followed closely, and of the rest now and then.

Of whatever is followed book and mark come once a second of real time, of the perpetual twice; of all others a mark
comes in its turn, so that the chain of an expiry that nobody looks at costs next to nothing and is never a minute old.
An expiry is settled at 08:00 UTC of the session's day, and the next one listed.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.events import LinkChanged
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.snapshot import VenueRow
from engine.sandbox import option_market as market
from engine.sandbox.option_market import PERPETUAL, YEAR
from engine.venues.port import Feed

if TYPE_CHECKING:
    from engine.core.events import BookSnapshot
    from engine.core.units import Nanos
    from engine.sandbox.option_market import OptionMarket
    from engine.venues.port import Emit, Now

ROW: Final = VenueRow(
    id=DERIBIT,
    title="Deribit",
    can=("POST_ONLY", "AMEND", "CANCEL_MANY", "SHORT", "GTD"),
    collateral="USD",
    orders_per_second=5.0,
)
"""The simulated venue; its account counts in dollars, as every paper account does."""
TICK_S: Final = 0.5
"""Real seconds between two looks at what is followed."""
MARKS: Final = 3
"""Of what is not followed, marked in each: all of it within half a minute."""
PATIENCE: Final = 8
"""Ticks after which a book that has not changed is told again all the same."""


class OptionFeed(Feed):
    """Market data of the simulated options."""

    def __init__(self, options: OptionMarket, now: Now) -> None:
        """Begin with nothing listed; `now` is the session's clock."""
        self._market = options
        self._now = now
        self._wanted: frozenset[InstrumentId] = frozenset()
        self._listed: dict[Nanos, tuple[InstrumentId, ...]] = {}
        self._turn: list[InstrumentId] = []
        self._told: dict[InstrumentId, BookSnapshot] = {}
        self._trades = count(1)
        self._ticks = 0

    @override
    async def run(self, emit: Emit) -> None:
        """Tell of the market until cancelled."""
        at = self._now()
        emit(LinkChanged(at=at, venue=DERIBIT, up=True, channel="market"))
        emit(market.perpetual(at))
        while True:
            self.tick(emit, self._now())
            await asyncio.sleep(TICK_S)

    @override
    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Follow these closely from now on; what is no option of this market is left alone."""
        self._wanted = frozenset(one for one in instruments if _is_ours(one))
        for one in list(self._told):
            if one not in self._wanted:
                del self._told[one]

    @override
    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """Tell whole books of these with the next look."""
        for one in instruments:
            self._told.pop(one, None)

    def tick(self, emit: Emit, at: Nanos) -> None:
        """Tell what there is to tell now."""
        self._ticks += 1
        self._list(emit, at)
        followed = [one for one in sorted(self._wanted) if self._open(one, at)]
        for one in followed:
            self._follow(emit, one, at)
        for _ in range(min(MARKS, len(self._turn))):
            one = self._turn.pop()
            if one not in self._wanted:
                emit(self._market.marked(one, at))
        if not self._turn:
            self._turn = [PERPETUAL, *(one for some in self._listed.values() for one in some)]

    def _list(self, emit: Emit, at: Nanos) -> None:
        for expires in [one for one in self._listed if one <= at]:
            over = self._listed.pop(expires)
            held = {one for one in self._wanted if one != PERPETUAL and market.terms_of(one.symbol).expires == expires}
            for told in market.settled((*over, *sorted(held - set(over))), self._market.delivery(expires), at):
                emit(told)
            self._turn = []
        for expires in market.expiries(at):
            if expires in self._listed:
                continue
            forward = self._market.forward(expires, at)
            found = market.listing(expires, market.strikes(forward, (expires - at) / YEAR), at)
            self._listed[expires] = tuple(one.id for one in found.instruments)
            emit(found)
            for one in found.instruments:
                emit(self._market.marked(one.id, at))

    def _open(self, one: InstrumentId, at: Nanos) -> bool:
        return one == PERPETUAL or market.terms_of(one.symbol).expires > at

    def _follow(self, emit: Emit, one: InstrumentId, at: Nanos) -> None:
        before, turn = self._told.get(one), self._ticks + market.number(one.symbol)
        if before is not None and turn % 2 and one != PERPETUAL:
            return
        book = self._market.book(one, at)
        due = before is None or turn % PATIENCE == 0
        if (due or before is None or (before.bids, before.asks) != (book.bids, book.asks)) and emit(book):
            self._told[one] = book
        emit(self._market.marked(one, at))
        trade = self._market.trade(one, at, next(self._trades))
        if trade is not None:
            emit(trade)


def _is_ours(one: InstrumentId) -> bool:
    if one.venue != DERIBIT:
        return False
    try:
        return one == PERPETUAL or market.terms_of(one.symbol).strike > 0
    except (ValueError, IndexError):
        return False
