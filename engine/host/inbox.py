"""What the outside brings, in order, bounded; under a backlog changes of one price level are told once.

A queue that is full refuses quotes and trades: the source counts that, calls its books stale and asks for them
whole. What says that a book, a link or an instrument changed its standing always finds room.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.events import BookDelta, BookSnapshot, BooksStale, LinkChanged
from engine.core.units import Lots

if TYPE_CHECKING:
    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.core.units import Side, Ticks

BACKLOG: Final = 512
"""Events that wait before changes of one level are merged; a shorter queue is gone within a slice."""


class Cell:
    """One place in the queue; a later change of the same level may take it."""

    __slots__ = ("event",)

    def __init__(self, event: Event) -> None:
        self.event = event


class Inbox:
    """Events of the outside that wait for the pump."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._queue: deque[Cell] = deque()
        self._levels: dict[tuple[InstrumentId, Side, Ticks], Cell] = {}
        """The last change of each level since the backlog began, it was short for once, or a book was told whole."""
        self.refused = 0
        """Events that found no room."""
        self.deepest = 0
        """Most that ever waited."""
        self.merged = 0
        """Changes of a level that another took the place of."""

    def __len__(self) -> int:
        """Return how many events wait."""
        return len(self._queue)

    def put(self, event: Event) -> bool:
        """Take an event in; False when there is no room."""
        if len(self._queue) >= self._room:
            self.refused += 1
            return False
        self.insist(event)
        return True

    def insist(self, event: Event) -> None:
        """Take an event in, room or not."""
        if type(event) is BookDelta:
            if len(self._queue) >= BACKLOG:
                self._change(event)
                return
            if self._levels:  # what comes after it must not go into a place before it, where its book was another
                self._levels.clear()
        elif self._levels and isinstance(event, BookSnapshot | BooksStale | LinkChanged):
            self._levels.clear()  # changes before it and after it are of two books
        self._append(Cell(event))

    def take(self) -> Event:
        """Return the event that waited longest; there must be one."""
        cell = self._queue.popleft()
        if not self._queue:
            self._levels.clear()
        elif type(cell.event) is BookDelta:
            key = (cell.event.instrument, cell.event.side, cell.event.price)
            if self._levels.get(key) is cell:
                del self._levels[key]
        return cell.event

    def clear(self) -> None:
        """Forget what waits."""
        self._queue.clear()
        self._levels.clear()

    def _append(self, cell: Cell) -> None:
        self._queue.append(cell)
        self.deepest = max(self.deepest, len(self._queue))

    def _change(self, event: BookDelta) -> None:
        """Put a change of a level into the place of the one that waits; books end as they would have.

        What the venue said of its best prices is left out: between merged changes no such moment was.
        """
        key = (event.instrument, event.side, event.price)
        waits = self._levels.get(key)
        if waits is not None and isinstance(waits.event, BookDelta):
            old = waits.event
            lots, by = (Lots(old.lots + event.lots), old.by) if event.by else (event.lots, False)
            waits.event = replace(event, lots=lots, by=by, best_bid=None, best_ask=None)
            self.merged += 1
            return
        if event.best_bid is not None or event.best_ask is not None:
            event = replace(event, best_bid=None, best_ask=None)
        cell = self._levels[key] = Cell(event)
        self._append(cell)
