"""The crosshair of a ladder: it tells the docks beside it which price the pointer is at, and marks theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.units import TICKS_PER_CENT
from widgets import theme
from widgets.crosshair import Pointed

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from widgets.ladder import LadderPanel


class RowMark(QWidget):
    """A dashed frame around one row; it lets every press through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.setPen(theme.current().pen("text.default", 1.0, (2, 2)))
        p.drawRect(self.rect().adjusted(0, 0, -1, -1))


class LadderCrosshair(QObject):
    """What a ladder points at, and what is pointed at in it."""

    pointed = Signal(object)
    """A `Pointed` of the row under the pointer, or None."""

    def __init__(self, panel: LadderPanel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._told: Pointed | None = None
        self._cents: float | None = None
        self.mark = RowMark(panel.grid)
        panel.grid.looked_at.connect(self._tell)
        panel.grid.installEventFilter(self)

    def show_pointed(self, where: Pointed | None) -> None:
        """Mark the price of this instrument that another dock points at."""
        here = where is not None and where.instrument == self._panel.instrument
        self._cents = where.price if where is not None and here else None
        self._place()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint and self._cents is not None:
            self._place()  # it was scrolled, or its rows changed
        elif event.type() is QEvent.Type.Leave:
            self._say(None)
        return False

    def _tell(self) -> None:
        grid = self._panel.grid
        row = None if grid.hover is None else grid.row(grid.hover[0])
        view = self._panel.view
        if row is None or self._panel.instrument is None or (view is not None and view.scale is not None):
            self._say(None)  # docks point at cents; a derivative has none
        else:
            self._say(Pointed(self._panel.instrument, None, row.price / TICKS_PER_CENT))

    def _say(self, where: Pointed | None) -> None:
        if where != self._told:
            self._told = where
            self.pointed.emit(where)

    def _place(self) -> None:
        grid, view = self._panel.grid, self._panel.view
        goal = (
            None
            if self._cents is None or (view is not None and view.scale is not None)
            else round(self._cents) * TICKS_PER_CENT
        )
        index = next((n for n, row in enumerate(() if view is None else view.rows) if row.price == goal), -1)
        shown = 0 <= index - grid.first < grid.visible_rows() and index >= 0
        if shown:
            place = QRect(0, grid.top + (index - grid.first) * grid.row_height, grid.width(), grid.row_height)
            if place != self.mark.geometry():
                self.mark.setGeometry(place)
        self.mark.setVisible(shown)
