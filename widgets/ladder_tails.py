"""Where the best prices of a ladder moved from: a tail for a short while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer

from widgets.ladder_keys import Column

if TYPE_CHECKING:
    from engine.core.units import Ticks
    from engine.views.ladder import LadderView
    from widgets.ladder_grid import LadderGrid

TAIL_MS: Final = 1500


class Tails:
    """The tails on one grid, which is painted anew when they end."""

    def __init__(self, grid: LadderGrid) -> None:
        self._grid = grid
        self._kept: dict[Column, tuple[Ticks, Ticks]] = {}
        self._ends = QTimer(grid, singleShot=True)
        self._ends.timeout.connect(self._drop)

    def take(self, was: LadderView, now: LadderView) -> None:
        """Remember where a best price moved from."""
        for side, old, new in (
            (Column.BID, was.best_bid, now.best_bid),
            (Column.ASK, was.best_ask, now.best_ask),
        ):
            if old is not None and new is not None and new != old:
                self._kept[side] = (old, new)
                self._ends.start(TAIL_MS)

    def shown(self) -> tuple[tuple[Column, Ticks, Ticks], ...]:
        """Return side, from and to of each."""
        return tuple((side, was, now) for side, (was, now) in self._kept.items())

    def clear(self) -> None:
        """Forget them: the grid turns to another instrument."""
        self._kept.clear()

    def _drop(self) -> None:
        self._kept.clear()
        self._grid.refresh()
