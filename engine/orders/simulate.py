"""Paper trading: what a venue would have answered, from its own market data. No clock, no loop, no chance of its own.

A `Simulator` is fed what happens on the market, and the effects that ask something of a gateway, and answers with
account events. Requests travel to the venue and answers travel back; both take a time that is drawn from the
`draw` it was given, and both keep their order. `next_due` says when it has something to do or to say.

What it cannot know it decides against us (`engine.orders.market`); what it does not know at all it refuses: an
order that takes on a book that is not to be trusted, a fee schedule that cannot be told.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.core.commands import Tif
from engine.core.effects import Look, Replace, Submit, Withdraw
from engine.core.events import (
    BookDelta,
    BookSnapshot,
    BooksStale,
    GridChanged,
    Happening,
    LinkChanged,
    Listed,
    Marked,
    Pictured,
    StatusChanged,
    Trade,
)
from engine.core.ids import InstrumentId, OrderId, VenueId
from engine.core.units import Nanos
from engine.orders import bearable
from engine.orders.paper_desk import PaperDesk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.core.events import OrderEvent
    from engine.core.instrument import Instrument, Known
    from engine.orders.market import Market

    Request = Submit | Withdraw | Replace | Look
    Answer = OrderEvent | Pictured

MILLISECOND: Final = 1_000_000
NEVER: Final = 2**63 - 1
NO_ENDS: Final[dict[OrderId, Nanos]] = {}
"""After all times."""
MOST_JITTER: Final = 20
"""Times its mean that a delay may be late at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long a request is on its way, and an answer on its way back; nanoseconds."""

    out: int = 35 * MILLISECOND
    back: int = 15 * MILLISECOND
    jitter: int = 5 * MILLISECOND
    """Mean of what comes on top, each way, exponentially distributed."""


class _Due(NamedTuple):
    when: Nanos
    number: int
    """Keeps what is due at one time in the order it was asked for."""
    what: Request | InstrumentId | str
    """A request that arrives, a market that closes, an order (by its id) whose time runs out."""
    asked_at: Nanos


class Simulator:
    """One venue's order desk on paper."""

    def __init__(
        self,
        venue: VenueId,
        draw: Callable[[], float],
        latency: Latency | None = None,
        *,
        cancel_resting: bool = False,
        touch: bool = False,
    ) -> None:
        """Begin with no market and no order.

        Parameters
        ----------
        venue : VenueId
        draw : callable
            Uniform in [0, 1), from a seeded generator: the same draws give the same day.
        latency : Latency, optional
        cancel_resting : bool
            Where our order would meet our own, cancel the one that rests; otherwise what is left of the one that
            came ("taker at cross").
        touch : bool
            Fill by the touch alone: first in every queue, and no depth behind the best level.
        """
        self.venue = venue
        self._draw = draw
        self._latency = latency or Latency()
        self._desk = PaperDesk(self._say, cancel_resting=cancel_resting, touch=touch)
        self._markets = self._desk.markets
        self._due: list[_Due] = []
        self.soonest: int = NEVER
        """As `next_due`, and `NEVER` for none: what every event asks."""
        self._out: deque[Answer] = deque()
        self._count = 0
        self._last_in = self._last_out = 0

    @property
    def next_due(self) -> Nanos | None:
        """When `due` will have something to do; None while nothing is under way."""
        return None if self.soonest == NEVER else Nanos(self.soonest)

    def step(self, what: Happening | Request, at: Nanos) -> list[Answer]:
        """Take one thing in at its time, and return the answers that are home by then, oldest first.

        Times must not go back. A `Happening` is the market's, and is taken in after all that was under way before
        it; a request sets out for the venue.
        """
        worked = at >= self.soonest
        if worked:
            self._work(at)
        if type(what) is BookDelta:  # nearly all there is, and it does nothing but move a level
            market = self._markets.get(what.instrument)
            if market is not None:
                hits = market.delta(what.side, what.price, what.lots, what.by, at)
                if what.best_bid is not None or what.best_ask is not None:
                    market.agrees(what.best_bid, what.best_ask)
                if not hits:
                    return self._home(at) if worked else []
                self._desk.hit(market, hits, at)
        elif isinstance(what, Happening):
            self._hear(what, at)
        else:
            self._last_in = max(self._last_in, at + self._delay(self._latency.out))
            self._plan(Nanos(self._last_in), what, at)
        return self._home(at) if at >= self.soonest else []

    def due(self, at: Nanos) -> list[Answer]:
        """Do what is due by then, and return the answers that are home, oldest first."""
        self._work(at)
        return self._home(at)

    def know(self, instrument: Instrument, at: Nanos) -> None:
        """Learn of an instrument, or that its terms changed."""
        if instrument.id.venue != self.venue:
            return
        before = self._desk.markets.get(instrument.id)
        planned = before.instrument.closes if before is not None else None
        self._desk.know(instrument, at)
        if instrument.closes is not None and instrument.closes != planned:
            self._plan(Nanos(max(at, instrument.closes)), instrument.id, at)

    def resume(self, orders: Iterable[Known], at: Nanos, ends: Mapping[OrderId, Nanos] = NO_ENDS) -> None:
        """Take up orders that an earlier session left working; those of markets not listed yet wait for them.

        `ends` is when the time of those runs out that have one.
        """
        for known in orders:
            self._desk.resume(known, at)
            until = ends.get(known.order)
            if until is not None:
                self._plan(Nanos(max(at, until)), str(known.order), at)

    def market(self, instrument: InstrumentId) -> Market | None:
        """Return a market as paper sees it, for who shows the queue."""
        return self._desk.markets.get(instrument)

    def _hear(self, event: Happening, at: Nanos) -> None:
        market = self._desk.markets.get(getattr(event, "instrument", None))  # type: ignore[arg-type] # None is no key
        match event:
            case Trade() if market is not None:
                hits = market.trade(event.price, event.lots, event.taker, at)
                if hits:
                    self._desk.hit(market, hits, at)
            case BookSnapshot() if market is not None:
                self._desk.hit(market, market.snapshot(event.bids, event.asks, at), at)
            case StatusChanged() if market is not None:
                terms = market.instrument
                closes = event.closes or terms.closes
                self.know(msgspec.structs.replace(terms, status=event.status, closes=closes), at)
            case Marked() if market is not None and not bearable.mark(event):
                self._desk.marked(market, event.index, at)
            case GridChanged() if market is not None:
                market.instrument = msgspec.structs.replace(market.instrument, grid=event.grid)
            case Listed():
                for instrument in event.instruments:
                    self.know(instrument, at)
            case BooksStale(venue=self.venue):
                self._doubt(event.instruments, event.why)
            case LinkChanged(venue=self.venue, up=False, channel="market" | ""):
                self._doubt(self._desk.markets, event.why or "the link is down")
            case _:
                pass

    def _doubt(self, instruments: Iterable[InstrumentId], why: str) -> None:
        for instrument in instruments:
            market = self._desk.markets.get(instrument)
            if market is not None:
                market.stale = why or "stale"

    def _work(self, at: Nanos) -> None:
        """Do everything that is due by then, each thing at its own time."""
        while self._due and self._due[0].when <= at:
            due = heappop(self._due)
            self._do(due)
        self._look_ahead()

    def _do(self, due: _Due) -> None:
        at = due.when
        match due.what:
            case Submit(order=order):
                self._desk.arrive(order, at)
                if order.place.tif is Tif.GTD and order.place.until is not None:
                    self._plan(Nanos(max(at, order.place.until)), str(order.order), at)
            case Withdraw(order=withdrawn):
                self._desk.cancel(withdrawn, at)
            case Replace(known=known, price=price, qty=qty):
                self._desk.amend(OrderId(known.order), price, qty, at)
            case Look():
                self._picture(due.what, due.asked_at, at)
            case InstrumentId():
                self._close(due.what, at)
            case order:
                self._desk.expire(OrderId(order), at)

    def _close(self, instrument: InstrumentId, at: Nanos) -> None:
        """Close a market whose time has come; the time may have been moved since this was planned."""
        market = self._desk.markets.get(instrument)
        if market is None:  # closed by the venue long ago
            return
        closes = market.instrument.closes
        if closes is not None and at >= closes and market.status in ("open", "paused", "unopened"):
            self._desk.set_status(market, "closed", at)

    def _picture(self, look: Look, asked_at: Nanos, at: Nanos) -> None:
        working = self._desk.working()
        there = {one.order for one in working}
        named = [self._desk.seen(known) for known in look.orders if known.order not in there]
        self._answer(
            Pictured(
                at=at,
                venue=self.venue,
                asked_at=asked_at,
                orders=(*working, *named),
                fills=tuple(self._desk.fills),
            ),
            at,
        )

    def _say(self, event: OrderEvent) -> None:
        self._answer(event, event.at)

    def _answer(self, event: Answer, at: Nanos) -> None:
        self._last_out = max(self._last_out, at + self._delay(self._latency.back))
        self._out.append(msgspec.structs.replace(event, at=Nanos(self._last_out)))
        self.soonest = min(self.soonest, self._last_out)

    def _home(self, at: Nanos) -> list[Answer]:
        home = []
        while self._out and self._out[0].at <= at:
            home.append(self._out.popleft())
        self._look_ahead()
        return home

    def _look_ahead(self) -> None:
        due = self._due[0].when if self._due else NEVER
        home = self._out[0].at if self._out else NEVER
        self.soonest = min(due, home)

    def _plan(self, when: Nanos, what: Request | InstrumentId | str, asked_at: Nanos) -> None:
        self._count += 1
        heappush(self._due, _Due(when, self._count, what, asked_at))
        self.soonest = min(self.soonest, when)

    def _delay(self, base: int) -> int:
        late = -math.log1p(-self._draw()) if self._latency.jitter else 0.0
        return base + int(min(late, MOST_JITTER) * self._latency.jitter)
