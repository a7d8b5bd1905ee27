"""Bars and columns of the instruments that somebody looks at: sampled beside the kernel, never in its way.

Whoever asks for the view of a chart or a heat map is looking. From then on the market is sampled on a timer of the
loop until nobody has asked for a while: trades from its tape, its middle and fair value, and for a heat map its book
as a column. No event costs anything for it. What came before is taken from the tape and the trail the kernel keeps, and
from the ledger or the journals, read on a thread of its own.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Final

from engine.book.columns import Columns
from engine.core import zone as zones
from engine.core.units import SECOND, Nanos
from engine.host import chart_views
from engine.host.clock import steady
from engine.kernel.project import charting
from engine.maths.bars import INTERVALS, Bars, Print, Quote
from engine.views.chart import Hole
from engine.views.topics import AT

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from engine.core.ids import InstrumentId, Topic
    from engine.core.zone import Zone
    from engine.kernel.project.charting import Found, Glance, Under
    from engine.kernel.state import State
    from engine.store.past import Past

EVERY_S: Final = 0.25
"""Real seconds between two looks at a market."""
COLUMN_IN: Final = 4
"""Looks a column of a book."""
IDLE_NS: Final = 30 * SECOND
"""Real time after which a market that nobody asked for is no longer looked at."""
ROOM: Final = 16
"""Instruments whose bars are kept, the last looked at: each takes up to 4 MB, with a book over time 6."""
HOLES: Final = 64
HOLDS: Final = 5
"""Looks, or beats of the engine, for which what was seen is taken to hold."""
UNDER_NS: Final = 5 * SECOND
"""Real time between two looks at what a station reports."""
VIEWS: Final = frozenset({"chart", "heat"})


class Kept:
    """What is kept of one instrument."""

    __slots__ = (
        "asked", "bad_from", "bars", "book", "columns", "glance", "holes", "newest", "older", "past", "quoted_at",
        "seen_at", "under", "under_at", "why",
    )  # fmt: skip

    def __init__(self) -> None:
        self.bars = Bars()
        self.columns: Columns | None = None
        self.asked: dict[Topic, int] = {}
        """When each view was last asked for, by the steady clock."""
        self.newest: object | None = None
        """The last trade that was taken from the tape."""
        self.quoted_at = 0
        self.seen_at = 0
        """When it was last looked at, on the engine's clock."""
        self.bad_from: int | None = None
        """Since when it cannot be trusted; None while it can."""
        self.why = ""
        self.older: tuple[Hole, ...] = ()
        """Those of what was read back."""
        self.holes: deque[Hole] = deque(maxlen=HOLES)
        self.glance: Glance | None = None
        self.past = ""
        """How far back it goes, in words; empty while that is being read."""
        self.under: Under | None = None
        self.under_at = 0
        self.book = 0
        """Looks until the next column."""


class Charts:
    """Samples what is looked at, and answers for the views of it.

    Parameters
    ----------
    state : State
        Read only.
    changed : callable
        Told the topics whose views are out of date.
    past : callable, optional
        Reads what is on disk of an instrument's trades before a moment, on a thread of the loop's: given the
        instrument, the moment, and what a tick and a lot are worth.
    local : Zone, optional
        This machine's clock.
    pace : float
        How many seconds of the session's clock go by in a real one.
    """

    def __init__(
        self,
        state: State,
        loop: asyncio.AbstractEventLoop,
        changed: Callable[[Topic], None],
        past: Callable[[InstrumentId, int, float, float], Past] | None = None,
        local: Zone | None = None,
        pace: float = 1.0,
    ) -> None:
        self._state = state
        self._loop = loop
        self._changed = changed
        self._past = past
        self._local = local or zones.of(None)
        self._pace = pace
        self._kept: OrderedDict[InstrumentId, Kept] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._reads: set[asyncio.Future[Past]] = set()
        self.stopped = False

    def view(self, topic: Topic) -> object:
        """Return the view of a topic, and look at its instrument from now on; None where there is none."""
        if topic.view not in VIEWS or self.stopped:
            return None
        first, _, rest = topic.key.partition(AT)
        clock, _, symbol = rest.partition(AT) if topic.view == "chart" else (first, "", rest)
        one = charting.find(self._state, symbol)
        if one is None or (topic.view == "chart" and first not in INTERVALS):
            return None
        kept = self._follow(one)
        kept.asked[topic] = steady()
        self._arm()
        choices = self._zones(one)
        chosen = next((each for each in choices if each.code == clock), self._local)
        if topic.view == "heat":
            if kept.columns is None and one.binary:
                kept.columns = Columns()
                self._column(one, kept)
            return chart_views.heat(self._state, one, kept, self._every(), chosen, choices)
        spot = None
        if kept.under is not None and kept.under.instrument is not None:
            spot = self._kept.get(kept.under.instrument)
        return chart_views.chart(self._state, one, kept, spot, first, chosen, choices)

    def stop(self) -> None:
        """Look at nothing any more."""
        self.stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for one in self._reads:
            one.cancel()
        self._reads.clear()

    def watched(self) -> tuple[InstrumentId, ...]:
        """Return what is looked at now."""
        now = steady()
        return tuple(one for one, kept in self._kept.items() if _is_asked(kept, now))

    def _zones(self, one: Found) -> tuple[Zone, ...]:
        standard = charting.standard_hours(self._state, one)
        if standard is None:
            return (self._local, zones.UTC_ZONE)
        code, hours = standard
        fixed = zones.fixed(hours)
        return (self._local, zones.UTC_ZONE, zones.fixed(hours, name=f"{code} LST {fixed.name(0)}"))

    def _follow(self, one: Found) -> Kept:
        kept = self._kept.get(one.id)
        if kept is None:
            kept = self._kept[one.id] = Kept()
            while len(self._kept) > ROOM:
                self._kept.popitem(last=False)
            self._look(one, kept)
            self._read(one, kept)
        self._kept.move_to_end(one.id)
        return kept

    def _arm(self) -> None:
        if self._timer is None and not self.stopped:
            self._timer = self._loop.call_later(EVERY_S, self.look)

    def look(self) -> None:
        """Look once at every market that somebody looks at; the timer calls this."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = steady()
        looked = [(one, kept) for one, kept in self._kept.items() if _is_asked(kept, now)]
        for instrument, kept in looked:
            one = charting.find(self._state, instrument.symbol)
            if one is None or one.id != instrument:
                continue
            self._look(one, kept)
            self._look_under(one, kept, now)
            if kept.columns is not None:
                kept.book -= 1
                if kept.book <= 0:
                    self._column(one, kept)
            for topic in list(kept.asked):
                self._changed(topic)
        if looked:
            self._arm()

    def _look_under(self, one: Found, kept: Kept, now: int) -> None:
        """Look at what decides an instrument, when somebody looks at its chart."""
        if not any(topic.view == "chart" for topic in kept.asked):
            return
        if now - kept.under_at >= UNDER_NS or kept.under is None or kept.under.instrument is not None:
            kept.under, kept.under_at = charting.under(self._state, one), now
        if kept.under is None or kept.under.instrument is None:
            return
        spot = charting.find(self._state, kept.under.instrument.symbol)
        if spot is not None and spot.id not in self.watched():
            self._look(spot, self._follow(spot))

    def _look(self, one: Found, kept: Kept) -> None:
        """Take in what happened since the last look, and how the market stands."""
        state = self._state
        new, kept.newest, whole = charting.prints(state, one, kept.newest)
        quotes = charting.trail(state, one, kept.quoted_at)
        both: list[Iterable[Print | Quote]] = [new, quotes]
        for each in heapq.merge(*both, key=lambda item: item.at):
            if isinstance(each, Print):
                kept.bars.take(each)
            else:
                kept.bars.see(each)
        seen, now, holds = charting.glance(state, one), state.now, self._holds()
        if kept.seen_at and not whole and new:
            kept.holes.append(Hole(Nanos(kept.seen_at), Nanos(new[0].at), "more trades came than were kept"))
        kept.glance, kept.seen_at = seen, now
        if not seen.ok:
            if kept.bad_from is None:
                kept.bad_from, kept.why = max(kept.quoted_at, now - holds), seen.why
                kept.bars.cut(kept.bad_from)
            return
        if kept.bad_from is not None:
            kept.holes.append(Hole(Nanos(kept.bad_from), now, kept.why))
            kept.bad_from = None
        kept.quoted_at = now
        until = now + holds if one.listing is not None else charting.FOREVER
        kept.bars.see(Quote(now, until, seen.mid, seen.fair, now + holds))

    def _every(self) -> int:
        """Return nanoseconds of the session's clock between two columns."""
        return max(int(COLUMN_IN * EVERY_S * SECOND * self._pace), self._state.beat)

    def _holds(self) -> int:
        """Return how long a look is taken to hold, on the engine's clock."""
        return HOLDS * max(int(EVERY_S * SECOND * self._pace), self._state.beat)

    def _column(self, one: Found, kept: Kept) -> None:
        """Put the book of now into its ring; one that cannot be trusted leaves a hole."""
        kept.book = COLUMN_IN
        seen, now = kept.glance, self._state.now
        if kept.columns is None or seen is None or not seen.ok:
            return
        bids, asks = kept.columns.put(now)
        charting.depth(self._state, one, bids, asks)
        kept.columns.best(seen.bid, seen.ask)

    def _read(self, one: Found, kept: Kept) -> None:
        """Have what is on disk from before read, on a thread of its own."""
        if self._past is None:
            kept.past = "nothing is read back"
            return
        before = kept.bars.first_print()
        since = self._state.now if before is None else before
        done = self._loop.run_in_executor(None, self._past, one.id, since, one.scale, one.lot)
        self._reads.add(done)
        done.add_done_callback(lambda found: self._read_back(one.id, found))

    def _read_back(self, instrument: InstrumentId, done: asyncio.Future[Past]) -> None:
        self._reads.discard(done)
        kept = self._kept.get(instrument)
        if done.cancelled() or kept is None or self.stopped:
            return
        error = done.exception()
        if error is not None:
            kept.past = "what is on disk could not be read"
            self._loop.call_exception_handler({"message": "reading back trades failed", "exception": error})
            return
        found = done.result()
        kept.bars.precede(found.prints)
        kept.older = tuple(Hole(*hole) for hole in found.holes)
        kept.past = found.cut or "all that is on disk"
        for topic in kept.asked:
            self._changed(topic)


def _is_asked(kept: Kept, now: int) -> bool:
    """Whether anybody asked lately; views that nobody asks for are forgotten."""
    for topic, at in list(kept.asked.items()):
        if now - at > IDLE_NS:
            del kept.asked[topic]
    return bool(kept.asked)
