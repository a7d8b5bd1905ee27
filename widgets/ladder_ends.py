"""What a ladder still shows of orders that have ended: a flash, a fade, and refusals that stay until they are read.

An order leaves the screen when the venue said so, and then not at once. `Ends` is pure but for the milliseconds it is
given; `EndMarks` puts them on a grid and takes them off in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QElapsedTimer, QTimer

from widgets import theme
from widgets.ladder_keys import Column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.ids import InstrumentId, OrderId
    from engine.core.units import Ticks
    from engine.views.ladder import LadderView, OwnOrder
    from widgets.ladder_grid import LadderGrid

FLASH_MS: Final = 400
"""How long a fill stays."""
FADE_MS: Final = 2000
"""How long a cancelled or expired order stays."""
SAID_MS: Final = 4000
"""How long a refusal is written out over its row."""
STAYS: Final = frozenset({"rejected", "refused"})
TEXTS: Final = {"rejected": "!", "refused": "!"}
KNOWN: Final = 512
"""Orders that are remembered as seen or read."""


class End(NamedTuple):
    """The mark of an order that ended."""

    order: OwnOrder
    text: str
    faint: bool
    """It has stood for half its time."""
    said: bool
    """Its reason is written over the row."""


class Ends:
    """Which ended orders a ladder shows, and for how long."""

    def __init__(self) -> None:
        self._since: dict[OrderId, int] = {}
        self._read: dict[OrderId, None] = {}
        self._instrument: InstrumentId | None = None

    def take(self, view: LadderView, now_ms: int) -> tuple[OwnOrder, ...]:
        """Take a view in; return the orders that have ended since the last one of the same instrument."""
        first = view.instrument != self._instrument
        self._instrument = view.instrument
        fresh = tuple(one for one in view.ended if one.id not in self._since)
        for one in fresh:  # of what ended before anybody looked only refusals are news
            self._since[one.id] = now_ms - (FADE_MS + SAID_MS if first else 0)
        for known in (self._since, self._read):
            while len(known) > KNOWN:
                del known[next(iter(known))]
        return () if first else fresh

    def marks(self, view: LadderView, now_ms: int) -> dict[tuple[Ticks, Column], End]:
        """Return what is shown now, the newest of each cell; cells of open orders are theirs."""
        busy = {(one.row, one.rises) for one in view.orders}
        found: dict[tuple[Ticks, Column], End] = {}
        for one in view.ended:
            age = now_ms - self._since.get(one.id, now_ms)
            if one.row is None or (one.row, one.rises) in busy or not self._shows(one, age):
                continue
            side = Column.BID if one.rises else Column.ASK
            text = TEXTS.get(one.state) or f"{(one.filled or one.qty or 0):f}"
            faint = one.state not in STAYS and age > FADE_MS / 2
            found[one.row, side] = End(one, text, faint, one.state in STAYS and age < SAID_MS)
        return found

    def wait_ms(self, view: LadderView, now_ms: int) -> int:
        """Return how long until what is shown changes by itself; 0 when it will not."""
        waits = [left for one in view.ended for left in self._left(one, now_ms - self._since.get(one.id, now_ms))]
        return min(waits, default=0)

    def read(self, some: Iterable[OwnOrder]) -> None:
        """Let refusals go: they were read."""
        for one in some:
            self._read[one.id] = None

    def _shows(self, one: OwnOrder, age: int) -> bool:
        if one.state in STAYS:
            return one.id not in self._read
        return age < (FLASH_MS if one.state == "filled" else FADE_MS)

    @staticmethod
    def _left(one: OwnOrder, age: int) -> list[int]:
        steps = (SAID_MS,) if one.state in STAYS else (FLASH_MS,) if one.state == "filled" else (FADE_MS // 2, FADE_MS)
        return [step - age + 1 for step in steps if age < step]


class EndMarks:
    """The marks of ended orders on one grid."""

    def __init__(self, grid: LadderGrid) -> None:
        self._grid = grid
        self._ends = Ends()
        self._clock = QElapsedTimer()
        self._clock.start()
        self._fades = QTimer(grid, singleShot=True)
        self._fades.timeout.connect(self._show)

    def take(self, view: LadderView) -> tuple[OwnOrder, ...]:
        """Take a view in before it is shown; return the orders that have ended since the last one."""
        fresh = self._ends.take(view, self._clock.elapsed())
        self._mark(view)
        return fresh

    def read(self, order: OwnOrder) -> None:
        """Let the mark of an order that was refused go: it was read."""
        self._ends.read((order,))
        self._show()

    def clear(self) -> None:
        """Show none: the grid turns to another instrument."""
        self._grid.ends = {}

    def _show(self) -> None:
        if self._grid.view is not None:
            self._mark(self._grid.view)
            self._grid.refresh()

    def _mark(self, view: LadderView) -> None:
        now = self._clock.elapsed()
        found = self._ends.marks(view, now)
        if theme.current().reduced_motion:  # nothing flashes and nothing fades
            found = {cell: end for cell, end in found.items() if end.order.state in STAYS}
        self._grid.ends = found
        if wait := self._ends.wait_ms(view, now):
            self._fades.start(wait)
