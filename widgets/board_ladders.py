"""The ladders of one event side by side: a second view of a bracket board. Drag one by its header onto another to swap.

They are whole ladders: what each does is its own affair, and whoever puts docks on the screen wires them as those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QRect, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QWidget

from widgets.ladder import LadderPanel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.ids import InstrumentId

WIDE: Final = 344
"""Pixels of one ladder without its cumulative sizes and its edge."""
MOST: Final = 12
"""Ladders side by side; a board of more shows its first ones."""


class BoardLadders(QScrollArea):
    """Ladders in a row, those of the outcomes that are alive."""

    made = Signal(object)
    """A `LadderPanel` that is new here: it wants its signals connected and its topics drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self._body = QWidget()
        self._row = QHBoxLayout(self._body)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)
        self.setWidget(self._body)
        self._ladders: list[LadderPanel] = []
        self._order: list[InstrumentId] = []
        """As the trader put them; new outcomes come last."""

    @property
    def shown(self) -> tuple[LadderPanel, ...]:
        """The ladders as they stand, from the left."""
        at = {instrument: n for n, instrument in enumerate(self._order)}
        used = [one for one in self._ladders if one.instrument is not None]
        return tuple(sorted(used, key=lambda one: at.get(one.instrument, MOST)))  # type: ignore[arg-type]  # none of these is None

    def show_outcomes(self, some: Sequence[InstrumentId], size: int) -> None:
        """Show the ladders of some outcomes; those that stay keep their place."""
        wanted = list(some)[:MOST]
        self._order = [one for one in self._order if one in wanted] + [one for one in wanted if one not in self._order]
        free = [one for one in self._ladders if one.instrument not in wanted]
        held = {one.instrument for one in self._ladders}
        for instrument in wanted:
            if instrument not in held:
                ladder = free.pop() if free else self._make()
                ladder.set_size(size)
                ladder.set_instrument(instrument)
        for ladder in free:
            ladder.set_instrument(None)
            ladder.hide()
        self._arrange()

    def _make(self) -> LadderPanel:
        ladder = LadderPanel()
        ladder.setMinimumWidth(WIDE)
        ladder.grid.set_columns(cumulative=False, edge=False)
        ladder.dropped.connect(self._dropped)
        self._ladders.append(ladder)
        self.made.emit(ladder)
        return ladder

    def _arrange(self) -> None:
        for ladder in self.shown:
            self._row.removeWidget(ladder)
            self._row.addWidget(ladder)
            ladder.show()

    def _dropped(self, what: LadderPanel, at: QPoint) -> None:
        """Swap a ladder with the one that it is let go on."""
        other = next((one for one in self.shown if _on_screen(one).contains(at)), None)
        if other is None or other is what or what.instrument is None or other.instrument is None:
            return
        here, there = self._order.index(what.instrument), self._order.index(other.instrument)
        self._order[here], self._order[there] = self._order[there], self._order[here]
        self._arrange()


def _on_screen(one: QWidget) -> QRect:
    return QRect(one.mapToGlobal(QPoint(0, 0)), one.size())
