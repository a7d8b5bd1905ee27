"""Recorded events to rows: the strategy's own eye, shown the past in the order in which it became known.

A row at t is made of what came up to t and of nothing later. A label is looked up by time, never by counting rows; one
whose horizon reaches into the next day (or window) is left out, so that no day knows of the other.
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.book.features import Quote
from engine.book.sparse import SparseLadder
from engine.core.errors import InputError
from engine.core.events import BookDelta, BookSnapshot, LinkChanged, Listed, StatusChanged, Trade
from engine.core.units import DAY, HOUR, SECOND, Nanos, Side
from engine.research.training.table import LARGEST, Table
from engine.strategies import horizon
from engine.strategies.event_eye import EventEye

if TYPE_CHECKING:
    from engine.book.book import Book
    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Family, Instrument
    from engine.strategies.bracket_eye import Sample
    from engine.strategies.event_eye import Seen, Sky
    from engine.strategies.horizon import Definition

    Weather = Callable[[Family, Nanos], Sky | None]
    """What the weather model said of a family at a moment."""

OPEN_EDGE: Final = (0.0, None)
"""For a market that is alone: any bracket will do, nothing is said of a distribution."""


class Grouping(NamedTuple):
    """What is never split between training and test: local standard days, or windows."""

    length: Nanos = Nanos(DAY)
    offset: Nanos = Nanos(0)
    """Of local standard time."""

    def of(self, at: float) -> int:
        """Return the number of the group of a moment in seconds."""
        return int((round(at * SECOND) + self.offset) // self.length)


UTC_DAYS: Final = Grouping()


def standard(hours: int) -> Grouping:
    """Return days of a zone so many hours from UTC."""
    return Grouping(Nanos(DAY), Nanos(hours * HOUR))


def build(
    events: Iterable[Event], definition: Definition, grouping: Grouping = UTC_DAYS, sky: Weather | None = None
) -> Table:
    """Return the rows of some events.

    Parameters
    ----------
    events : iterable of Event
        In the order in which they became known; they begin with the listings.
    sky : callable, optional
        Asked for the weather's opinion at each look; without it features of the weather are unknown.
    """
    rows = _Rows(len(definition.names))
    watch = _Watch(definition, grouping, sky, rows)
    for event in events:
        watch.take(event)
    return rows.table(definition.names)


class _Rows:
    """Rows as they come, in flat arrays."""

    def __init__(self, width: int) -> None:
        self._width = width
        self.x, self.move, self.ahead = array("d"), array("d"), array("d")
        self.at, self.event, self.group = array("q"), array("q"), array("q")

    def add(self, x: tuple[float, ...], at: int, move: float, ahead: float, event: int, group: int) -> None:
        """Take one in."""
        if len(self.at) >= LARGEST:
            raise InputError(f"the data make more than {LARGEST:,} rows: choose fewer parts")
        self.x.extend(x)
        self.at.append(at)
        self.move.append(move)
        self.ahead.append(ahead)
        self.event.append(event)
        self.group.append(group)

    def table(self, names: tuple[str, ...]) -> Table:
        """Return them as a table."""
        x = np.array(self.x, dtype=np.float64).reshape(-1, self._width)
        floats = [np.array(one, dtype=np.float64) for one in (self.move, self.ahead)]
        whole = [np.array(one, dtype=np.int64) for one in (self.at, self.event, self.group)]
        return Table(names, x, whole[0], floats[0], floats[1], whole[1], whole[2])


class _Look(NamedTuple):
    """What was seen at a moment, until its horizon is over."""

    step: int
    rows: tuple[tuple[float, ...], ...]
    mids: tuple[float | None, ...]


class _Event:
    """One family under the eye."""

    def __init__(self, number: int, members: tuple[Instrument, ...], family: Family, definition: Definition) -> None:
        self.number, self.family, self.members = number, family, members
        self.books: tuple[Book, ...] = tuple(SparseLadder() for _ in members)
        self.open = [True] * len(members)
        self.eye = EventEye([_edges(one) for one in members], definition.memory_s)
        self.waiting: deque[_Look] = deque()
        self.seen = False
        """Whether anything was quoted yet."""

    def quote(self, j: int) -> Quote | None:
        """Return the best prices as the strategy takes them; None while closed or empty."""
        book, one = self.books[j], self.members[j]
        bid, ask = book.best_bid, book.best_ask
        if not self.open[j] or (bid is None and ask is None):
            return None
        unit, lot = float(one.unit), float(one.lot)
        low, below = (0.0, 0.0) if bid is None else (unit * bid, lot * book.lots(Side.BUY, bid))
        high, above = (1.0, 0.0) if ask is None else (unit * ask, lot * book.lots(Side.SELL, ask))
        return Quote(low, below, high, above)


class _Watch:
    """Shows events to the eyes, looks at the cadence, and pairs looks with what came of them."""

    def __init__(self, definition: Definition, grouping: Grouping, sky: Weather | None, rows: _Rows) -> None:
        self._definition, self._grouping, self._sky, self._rows = definition, grouping, sky, rows
        self._events: list[_Event] = []
        self._of: dict[InstrumentId, tuple[_Event, int]] = {}
        self._every = round(definition.cadence_s * SECOND)
        self._reach = round(definition.horizon_s / definition.cadence_s)
        self._step: int | None = None
        """Of the next look: it is at `step` cadences since 1970."""

    def take(self, event: Event) -> None:
        """Look as often as is due before an event, then take it in."""
        if self._step is None:
            self._step = -(-event.at // self._every)
        while event.at > self._step * self._every:
            self._look(self._step)
            self._step += 1
        if type(event) is Listed:
            self._listed(event)
        elif type(event) is LinkChanged and not event.up:
            for one in self._events:
                for j in range(len(one.members)):
                    one.books[j].clear()
                    one.eye.brackets[j].see(None, event.at / SECOND)
        else:
            self._market(event)

    def _market(self, event: Event) -> None:
        found = self._of.get(getattr(event, "instrument", None))  # type: ignore[arg-type]
        if found is None:
            return
        one, j = found
        at = event.at / SECOND
        if type(event) is Trade:
            if event.taker is not None:
                qty = float(event.lots * one.members[j].lot)
                one.eye.brackets[j].trade(event.taker is Side.BUY, qty, at)
            return
        if type(event) is BookSnapshot:
            one.books[j].snapshot(event.bids, event.asks)
        elif type(event) is BookDelta:
            if event.by:
                one.books[j].add(event.side, event.price, event.lots)
            else:
                one.books[j].put(event.side, event.price, event.lots)
        elif type(event) is StatusChanged:
            one.open[j] = event.status == "open"
        else:
            return
        quote = one.quote(j)
        one.seen = one.seen or quote is not None
        one.eye.brackets[j].see(quote, at)

    def _listed(self, event: Listed) -> None:
        if any(one.family.id == event.family.id for one in self._events):
            return
        by_name = {one.id: one for one in event.instruments}
        members = tuple(by_name[one] for one in event.family.members if one in by_name)
        if not members:
            return
        made = _Event(len(self._events), members, event.family, self._definition)
        self._events.append(made)
        self._of |= {one.id: (made, j) for j, one in enumerate(members)}

    def _look(self, step: int) -> None:
        at = step * self._every / SECOND
        for one in self._events:
            if not one.seen:
                continue
            sky = None if self._sky is None else self._sky(one.family, Nanos(step * self._every))
            seen = one.eye.sample(at, sky)
            self._answer(one, seen, step)
            if step % self._reach == 0:  # labels that do not overlap
                names = self._definition.names
                rows = tuple(horizon.row(seen, j, names) for j in range(len(one.members)))
                one.waiting.append(_Look(step, rows, tuple(_middle(b) for b in seen.brackets)))

    def _answer(self, one: _Event, seen: Seen, step: int) -> None:
        """Emit the look whose horizon ends now."""
        if not one.waiting or one.waiting[0].step + self._reach > step:
            return
        look = one.waiting.popleft()
        every, group = self._every / SECOND, self._grouping
        day = group.of(look.step * every)
        if day != group.of(step * every):
            return
        for j, (row, before) in enumerate(zip(look.rows, look.mids, strict=True)):
            after = _middle(seen.brackets[j])
            if before is None or after is None:
                continue
            ahead = after / seen.sum_mid if seen.sum_mid and len(look.rows) > 1 else math.nan
            self._rows.add(row, look.step * self._every, after - before, ahead, one.number, day)


def _edges(one: Instrument) -> tuple[float | None, float | None]:
    if one.strike is None or (one.strike.low is None and one.strike.high is None):
        return OPEN_EDGE
    return one.strike.low, one.strike.high


def _middle(one: Sample) -> float | None:
    """Return the middle of a bracket that is quoted on both sides: with one side gone it would jump without a trade."""
    return one.mid if one.bid and one.ask is not None and one.ask < 1.0 else None
