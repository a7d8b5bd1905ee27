"""A recorded session, played: the same events through a fresh kernel, forwards at any pace and back by a seek.

Two kernels read the journal. One is what the screens show; it stands wherever the trader went. The other, the
scout, runs through once, a slice at a time, and leaves what makes the rest quick: snapshots, the decisions of the
replay, bookmarks, and every event whose effects are not the ones that were recorded.

Position p means: p events have been taken in. Positions are what everything counts in; times lead to positions.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core import codec
from engine.core.commands import Halt
from engine.core.decision import Decisions
from engine.core.effects import Changed, Keep
from engine.core.errors import InputError, StoreDamaged
from engine.core.events import Asked
from engine.core.ids import InstrumentId, VenueId
from engine.core.trade import Booked
from engine.core.units import Nanos
from engine.host.snapshots import Shelf
from engine.kernel.step import Kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from engine.core.decision import Decision
    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.core.ids import Topic
    from engine.store.journal import Entry, Recording

FILL, SETTLED, HALTED, GAP, OWN, OPENED = "fill", "settled", "halt", "gap", "mark", "open"
"""Kinds of bookmarks."""
MOST_MARKS: Final = 5_000
MOST_DIFFERENT: Final = 1_000
LOOK: Final = 16
"""Events between two looks at the time a slice has used."""


class Bookmark(NamedTuple):
    """A place in a session worth going to."""

    position: int
    at: Nanos
    kind: str
    text: str


class Taken(NamedTuple):
    """A decision of the replay, and where it was made."""

    position: int
    decision: Decision


class Different(NamedTuple):
    """An event whose effects are not the recorded ones."""

    position: int
    at: Nanos
    kind: str
    effects: tuple[str, ...]
    """What the replay wants done, by kind of effect, without what only the screen is told."""


class Player:
    """One journal and the kernel that stands somewhere in it.

    Parameters
    ----------
    recording : Recording
        The journal.
    make : callable
        Makes a fresh kernel.
    shelf : Shelf, optional
        Where snapshots are held.

    Raises
    ------
    InputError
        If no event of it can be read.
    """

    def __init__(self, recording: Recording, make: Callable[[], Kernel] = Kernel, shelf: Shelf | None = None) -> None:
        self.recording = recording
        self._make = make
        self.shelf = shelf or Shelf()
        self.times = array("q")
        """Of each event, never running back: the kernel's clock after it."""
        newest, first = 0, 0
        for seq, at, _kind in recording.index():
            first = first or seq
            newest = max(newest, at)
            self.times.append(newest)
        self.cut = recording.cut
        """Why the journal ends before its time; empty when it does not."""
        if not self.times:
            raise InputError(f"{recording.path}: no event of a journal can be read ({self.cut or 'it is empty'})")
        self._offset = first - 1
        self.kernel = make()
        self.position = 0
        self.stopped = ""
        """Why the kernel could not go on where it stands; empty while it can."""
        self.changed: set[Topic] = set()
        """Views that are out of date since somebody took this."""
        self.marks: list[Bookmark] = []
        self.taken: list[Taken] = []
        """Decisions of the replay as far as the scout is."""
        self.units: dict[tuple[str, str], Decimal] = {}
        """What a tick is worth, by venue and symbol, of what was decided on as far as the scout is."""
        self.different: list[Different] = []
        self.differences = 0
        """Events whose effects were not the recorded ones; `different` holds the first."""
        self.scanned = 0
        self._entries: Iterator[Entry] | None = None
        self._scout: Kernel | None = make()
        self._ahead: Iterator[Entry] | None = None
        self._decisions = Decisions()

    def __len__(self) -> int:
        """Events of the session."""
        return len(self.times)

    @property
    def now(self) -> Nanos:
        """The kernel's clock where the session stands; the first event's before it."""
        return Nanos(self.times[max(0, self.position - 1)])

    @property
    def scanning(self) -> bool:
        """Whether the scout is still on its way."""
        return self._scout is not None

    def place(self, at: int) -> int:
        """Return the position in which every event until a time has been taken in."""
        return bisect_right(self.times, at)

    # Standing somewhere else

    def seek(self, position: int) -> None:
        """Stand at a position, whatever that takes."""
        self.aim(position)
        self.advance(position)

    def aim(self, position: int) -> None:
        """Begin a seek: take the nearest kernel that stands before the position; `advance` goes the rest."""
        near = self.shelf.before(position)
        if self.position > position or (near is not None and near.position > self.position):
            self.kernel = self._make() if near is None else near.kernel()
            self.position = 0 if near is None else near.position
            self.stopped = ""
            self._entries = None

    def advance(self, until: int, budget_ns: int | None = None) -> bool:
        """Step towards a position for at most a while; return whether it is reached, or cannot be."""
        until = min(until, len(self.times))
        end = None if budget_ns is None else time.perf_counter_ns() + budget_ns
        while self.position < until and not self.stopped:
            if end is not None and self.position % LOOK == 0 and time.perf_counter_ns() >= end:
                return False
            self._step()
        return True

    def _step(self) -> None:
        if self._entries is None:
            self._entries = self.recording.read(self._offset + self.position)
        entry = next(self._entries, None)
        if entry is None:
            self.stopped = self.recording.cut or "the journal has become shorter"
            return
        try:
            effects = self.kernel.step(entry.event())
        except StoreDamaged as e:
            self.stopped = str(e)
            return
        except Exception as e:  # noqa: BLE001 - the host recorded whatever it was as an empty digest
            self.stopped = f"event {entry.seq} failed ({type(e).__name__}: {e})"
            return
        self.position += 1
        self.changed.update(effect.topic for effect in effects if type(effect) is Changed)

    # The scout

    def scan(self, budget_ns: int | None = None) -> bool:
        """Let the scout run for a while; return whether it has arrived."""
        end = None if budget_ns is None else time.perf_counter_ns() + budget_ns
        while self._scout is not None:
            if end is not None and self.scanned % LOOK == 0 and time.perf_counter_ns() >= end:
                return False
            self._scout_on(self._scout)
        return True

    def _measure(self, scout: Kernel, decided: Sequence[Decision]) -> None:
        """Note the ticks of what was decided on: later the listing may be gone, and another kernel knows it not yet."""
        for one in decided:
            listing = scout.state.listings.get(InstrumentId(VenueId(one.venue), one.symbol))
            if listing is not None:
                self.units[one.venue, one.symbol] = listing.instrument.unit

    def _scout_on(self, scout: Kernel) -> None:
        if self._ahead is None:
            self._ahead = self.recording.read(self._offset)
        entry = next(self._ahead, None) if self.scanned < len(self.times) else None
        if entry is None:
            self._arrive()
            return
        try:
            event = entry.event()
            effects = scout.step(event)
        except Exception as e:  # noqa: BLE001 - as in `_step`; the trader is told when he gets there
            if entry.digest:
                self._differ(entry, (f"the kernel fails: {type(e).__name__}",))
            self._arrive()
            return
        self.scanned += 1
        if codec.digest(effects) != entry.digest:
            self._differ(entry, tuple(type(one).__name__ for one in effects if type(one) is not Changed))
        known = len(self.taken)
        self._learn(entry, event, effects)
        if len(self.taken) > known:
            self._measure(scout, [taken.decision for taken in self.taken[known:]])
        if self.shelf.wants(self.scanned):
            self.shelf.put(self.scanned, scout)

    def _arrive(self) -> None:
        self._scout = self._ahead = None

    def _differ(self, entry: Entry, effects: tuple[str, ...]) -> None:
        self.differences += 1
        if len(self.different) < MOST_DIFFERENT:
            self.different.append(Different(self.scanned, entry.at, entry.kind, effects))

    def _learn(self, entry: Entry, event: Event, effects: Sequence[AnyEffect]) -> None:
        """Note what an event decided, and whether it is worth going to."""
        for effect in effects:
            if type(effect) is Keep:
                found = self._decisions.of(effect.rows)
                self.taken += (Taken(self.scanned, one) for one in found)
                for row in effect.rows:
                    if isinstance(row, Booked):
                        if row.ours is not None:
                            self._mark(entry, FILL, f"fill {row.trade.market}")
                    elif row.table == "fills":
                        self._mark(entry, FILL, f"fill {row.values.get('symbol')}")
                    elif row.table == "settlements":
                        self._mark(entry, SETTLED, f"settled {row.values.get('market')}")
        if entry.kind == "BooksStale":
            self._mark(entry, GAP, "gap: books stale")
        elif entry.kind == "Opened":
            self._mark(entry, OPENED, "session opened")
        elif isinstance(event, Asked) and isinstance(event.command, Halt):  # a note may have the word in it
            self._mark(entry, HALTED, "halt pressed")

    def _mark(self, entry: Entry, kind: str, text: str) -> None:
        if len(self.marks) < MOST_MARKS and (not self.marks or self.marks[-1] != (self.scanned, entry.at, kind, text)):
            self.put_mark(Bookmark(self.scanned, entry.at, kind, text))

    def put_mark(self, mark: Bookmark) -> None:
        """Put a bookmark in its place."""
        self.marks.insert(bisect_right(self.marks, mark.position, key=lambda one: one.position), mark)

    # Ways on and back

    def next_mark(self, *, kind: str = "") -> Bookmark | None:
        """Return the next bookmark ahead, or the next of a kind."""
        start = bisect_right(self.marks, self.position, key=lambda one: one.position)
        return next((one for one in self.marks[start:] if kind in {"", one.kind}), None)

    def previous_mark(self, *, kind: str = "") -> Bookmark | None:
        """Return the last bookmark behind, or the last of a kind."""
        stop = bisect_left(self.marks, self.position, key=lambda one: one.position)
        return next((one for one in reversed(self.marks[:stop]) if kind in {"", one.kind}), None)

    def next_decision(self) -> int | None:
        """Return the position of the next decision ahead; None when the scout knows of none."""
        start = bisect_right(self.taken, self.position, key=lambda one: one.position)
        return self.taken[start].position if start < len(self.taken) else None

    def density(self, bins: int) -> list[int]:
        """Return how many events fall into each of so many equal stretches of the session's time."""
        first, last = self.times[0], self.times[-1]
        edges = [first + (last - first) * n // bins for n in range(1, bins)]
        places = [0, *(bisect_right(self.times, edge) for edge in edges), len(self.times)]
        return [b - a for a, b in pairwise(places)]
