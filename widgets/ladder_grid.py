"""The grid of a ladder: where it is scrolled to, what the mouse is over, and what a press on it means.

Rows stand still: only the trader scrolls them, with the wheel, the keys or by centring. A press on a size
is told as a cell and a manner; a press on an own order is told as that order. The grid decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.units import Ticks
from widgets import formats, ladder_look, ladder_marks, theme
from widgets.ladder_cursor import LadderChosen, LadderCursor
from widgets.ladder_keys import Column, best_row, price_text
from widgets.ladder_mouse import LadderMouse
from widgets.ladder_picture import LadderPicture
from widgets.ladder_rows import moved_by
from widgets.ladder_tails import Tails
from widgets.size_words import size_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from engine.core.ids import OrderId
    from engine.views.ladder import LadderRow, LadderView
    from widgets.ladder_ends import End

ROW_HEIGHTS: Final = ("ladderRowCompact", "ladderRow", "ladderRowLarge")


class LadderGrid(QWidget):
    """Header and rows of one ladder."""

    pressed = Signal(int, object, object)
    """Index of the row, `Column`, `How`: an order is wanted there."""
    own_pressed = Signal(int, object, str)
    """Index of the row, `Column`, and how: ``chosen``, ``again`` when it was selected before, or ``right``."""
    dropped = Signal(object)
    """A `Drop`: an own order was let go at another row."""
    voided = Signal(bool)
    """The rows are of other prices now; whether the hand had hold of an order on one of them."""
    asked = Signal(int, object, QPoint)
    """Index of the row, `Column`, where on the screen: what can be done there."""
    looked_at = Signal()
    """The mouse or the cursor has moved to another cell."""
    size_turned = Signal(int)
    keyed = Signal(object)
    """A `QKeyEvent`; accepted by whoever uses it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = theme.current()
        self.view: LadderView | None = None
        self.first = 0
        self.row_height = look.size(ROW_HEIGHTS[1])
        self.caret = LadderCursor()
        self.hover: tuple[int, Column] | None = None
        self.over: tuple[int, Column] | None = None
        """Own order under the pointer."""
        self.chosen = LadderChosen()
        self.paper = True
        self.cumulative = True
        self.edge = True
        self.log = False
        self.click_cancels = False
        """The first click on an own order takes it back."""
        self.draft: tuple[int, Column, str] | None = None
        self.label: tuple[tuple[str, str, int, bool], ...] = ()
        """What stands beside the pointer."""
        self.ends: Mapping[tuple[Ticks, Column], End] = {}
        self.mouse = LadderMouse(self)
        self.inside = False
        """Whether the pointer is over the grid: then nothing scrolls by itself."""
        self._columns = ladder_look.Columns(self.width())
        self._quoted = False
        """Whether the columns are laid for prices of a derivative."""
        self.tails = Tails(self)
        self._picture = LadderPicture(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Price ladder")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(300, self.top + 5 * self.row_height)

    def retheme(self) -> None:
        """Wear the theme in use."""
        self._picture.retheme()

    @property
    def top(self) -> int:
        """Height of the column header."""
        return theme.current().size("columnHeader")

    @property
    def columns(self) -> ladder_look.Columns:
        """Where the columns lie."""
        return self._columns

    def set_view(self, view: LadderView, size: int = 1) -> None:
        """Show a view; rows stay where they are, unless it is the first or of another instrument.

        The cursor stands where an order of `size` would trade, until the trader moves it.
        """
        was = self.view
        self.view = view
        self.caret.size = size
        if (view.scale is not None) is not self._quoted:
            self._lay_columns()
        if was is None or not was.rows or was.instrument != view.instrument:
            self._begin()
        else:
            self.tails.take(was, view)
            self._regrid(was, view)
            self.first = self._clamped(self.first)
            self.caret.stay(view)
            self.chosen.follow(view)
            if self._lost() and not self.inside and self.mouse.held is None:
                self.centre()
        self._picture.take(view)

    def refresh(self) -> None:
        """Have painted what looks different though the view is the same: marks that end by themselves."""
        if self.view is not None:
            self._picture.take(self.view)

    def say(self, label: tuple[tuple[str, str, int, bool], ...], draft: tuple[int, Column, str] | None) -> None:
        """Write beside the pointer what a press would do, and mark what it would send."""
        if label != self.label:
            self.label = label
            self.update()
        if draft != self.draft:
            for one in (self.draft, draft):
                if one is not None:
                    self.update(self.cell_rect(one[0], ladder_marks.MINE[one[1]]))
            self.draft = draft

    def centre(self) -> None:
        """Scroll so that the best prices are in the middle."""
        if self.view is None:
            return
        best = [i for i in (self.index(Column.ASK), self.index(Column.BID)) if i >= 0]
        middle = sum(best) / len(best) if best else len(self.view.rows) / 2
        self.scroll_to(round(middle - self.visible_rows() / 2 + 0.5))

    def scroll_to(self, first: int) -> None:
        """Make a row the top one."""
        first = self._clamped(first)
        if first != self.first:
            self.first = first
            self.update()

    def move_cursor(self, index: int, side: Column | None = None) -> None:
        """Put the cursor on a row and scroll no further than needed to show it."""
        if self.view is None or not self.view.rows:
            return
        self.caret.move(self.view, index, side)
        row = self.caret.row
        if row < self.first:
            self.scroll_to(row)
        elif row >= self.first + self.visible_rows():
            self.scroll_to(row - self.visible_rows() + 1)
        self.hover = None
        self._speak()
        self.looked_at.emit()
        self.update()

    def choose(self, cell: tuple[int, Column] | None, orders: frozenset[OrderId] | None = None) -> None:
        """Select the own orders of a cell, or none; `orders` where they are on their way there."""
        self.chosen.take(self.view, cell, orders)
        self.update()

    def set_columns(self, *, cumulative: bool, edge: bool) -> None:
        """Show or hide the columns that can be hidden."""
        self.cumulative, self.edge = cumulative, edge
        self._lay_columns()
        self.update()

    def _lay_columns(self) -> None:
        self._quoted = self.view is not None and self.view.scale is not None
        self._columns = ladder_look.Columns(
            self.width(), cumulative=self.cumulative, edge=self.edge, quoted=self._quoted
        )

    def toggle_cumulative(self) -> None:
        """Show or hide the cumulative sizes."""
        self.set_columns(cumulative=not self.cumulative, edge=self.edge)

    def toggle_edge(self) -> None:
        """Show or hide the edge."""
        self.set_columns(cumulative=self.cumulative, edge=not self.edge)

    def toggle_log(self) -> None:
        """Let size bars grow with the logarithm, or with the size."""
        self.log = not self.log
        self.update()

    def turn_rows(self, way: int) -> None:
        """Make rows the next higher (1) or lower (-1) of the three heights, around the middle."""
        heights = [theme.current().size(name) for name in ROW_HEIGHTS]
        at = heights.index(self.row_height) + way
        self.set_row_height(heights[max(0, min(2, at))])

    def set_row_height(self, height: int) -> None:
        """Set the height of a row."""
        middle = self.first + self.visible_rows() // 2
        self.row_height = height
        self.scroll_to(middle - self.visible_rows() // 2)
        self.update()

    def visible_rows(self) -> int:
        """Return how many rows are wholly visible."""
        return max(1, (self.height() - self.top) // self.row_height)

    def rows_height(self) -> int:
        """Return the height of the rows: only whole ones are shown, half a price is none."""
        return min(self.visible_rows() * self.row_height, self.height() - self.top)

    def index(self, side: Column) -> int:
        """Return the row of the best bid or ask; -1 if there is none."""
        row = None if self.view is None else best_row(self.view, side)
        return -1 if row is None or self.view is None else self.view.rows.index(row)

    def row(self, index: int) -> LadderRow | None:
        """Return a row by its index."""
        rows = () if self.view is None else self.view.rows
        return rows[index] if 0 <= index < len(rows) else None

    def cell_rect(self, index: int, column: str) -> QRect:
        """Return where a cell is painted."""
        return self._columns.rect(column, self.top + (index - self.first) * self.row_height, self.row_height)

    def cell_at(self, pos: QPoint) -> tuple[int, str]:
        """Return the row index and the column's name under a point; -1 and empty where there is none."""
        index = self.first + (pos.y() - self.top) // self.row_height
        if not self.top <= pos.y() < self.top + self.rows_height() or self.row(index) is None:
            return -1, ""
        return index, self._columns.at(pos.x())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        self._picture.paint(QPainter(self), event.region())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_columns()
        if event.oldSize().height() <= 0 and self.view is not None:
            self.centre()
        self.first = self._clamped(self.first)
        super().resizeEvent(event)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.mouse.press(event)
        event.accept()

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # the second press of a pair is one more press; whether it counts is not ours

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.inside = True
        self.mouse.move(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.mouse.release(event)
        event.accept()

    def take_own(self, index: int, side: Column) -> None:
        """Select the own orders of a cell, and tell whether they were before."""
        again = self.chosen.has(self.view, (index, side))
        self.choose((index, side))
        self.own_pressed.emit(index, side, "again" if again else "chosen")

    def owns(self, index: int, side: Column) -> bool:
        """Whether a cell shows an order of ours: one that works, is on its way, or ended and is still marked."""
        row = self.row(index)
        if row is None:
            return False
        return bool(row.mine_bid_state if side is Column.BID else row.mine_ask_state) or (row.price, side) in self.ends

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        self.inside = True
        super().enterEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self.inside = False
        self.point_at(None)
        super().leaveEvent(event)

    def point_at(self, cell: tuple[int, Column] | None, *, own: bool = False) -> None:
        """Take what is under the pointer: a size, an order of ours, or nothing."""
        hover, over = (None, cell) if own else (cell, None)
        if (hover, over) != (self.hover, self.over):
            self.hover, self.over = hover, over
            self.looked_at.emit()
            self.update()
        elif self.label:
            self.update()  # it goes with the pointer

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta().y() or event.angleDelta().x()
        way = 1 if turn > 0 else -1 if turn < 0 else 0
        held = event.modifiers()
        if held & Qt.KeyboardModifier.ControlModifier:
            self.turn_rows(way)
        elif held & Qt.KeyboardModifier.ShiftModifier:
            self.size_turned.emit(way)
        else:
            self.scroll_to(self.first - way)
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()
        self.keyed.emit(event)
        if not event.isAccepted():
            super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    def set_size(self, size: int) -> None:
        """Let the cursor follow the size of the next order, unless the trader has put it on a row."""
        if size != self.caret.size:
            self.caret.size = size
            self.caret.follow(self.view)
            self.update()

    def _begin(self) -> None:
        """Start on the row an order would trade at."""
        self.tails.clear()
        self.mouse.abort()
        self.hover = self.over = None
        self.chosen.take(self.view, None)
        self.caret.begin(self.view)
        self.centre()
        self._speak()

    def _regrid(self, was: LadderView, now: LadderView) -> None:
        """Let go of everything where the rows are of other prices than they were: what was pressed has moved."""
        if len(was.rows) == len(now.rows) and all(was.rows[i].price == now.rows[i].price for i in (0, -1)):
            return
        by = moved_by(was, now, self.first, self.visible_rows() + 1) if now.scale is not None else None
        if by is not None and self.mouse.dragging is None:
            self._shift(by)
            return
        held = self.mouse.abort()
        self.choose(None)
        self.caret.seek(was, now)
        self.hover = self.over = None
        self.centre()
        self.voided.emit(held)

    def _shift(self, by: int) -> None:
        """Go with the rows that are seen: the same prices stay under the pointer."""
        self.first += by
        self.caret.row += by
        self.hover, self.over, self.chosen.cell = (
            None if cell is None else (cell[0] + by, cell[1]) for cell in (self.hover, self.over, self.chosen.cell)
        )

    def _lost(self) -> bool:
        """Whether both best prices are out of view."""
        best = [i for i in (self.index(Column.BID), self.index(Column.ASK)) if i >= 0]
        last = self.first + self.visible_rows()
        return bool(best) and not any(self.first <= i < last for i in best)

    def _clamped(self, first: int) -> int:
        count = 0 if self.view is None else len(self.view.rows)
        return max(0, min(first, count - self.visible_rows()))

    def _speak(self) -> None:
        row = self.row(self.caret.row)
        if row is not None:
            side = "bid" if self.caret.side is Column.BID else "ask"
            sizes = f"bid {size_text(row.bid) or 'none'}, ask {size_text(row.ask) or 'none'}"
            scale = None if self.view is None else self.view.scale
            at = price_text(row.price, scale) if scale is not None else f"{formats.cents(row.price)} cents"
            self.setAccessibleName(f"Ladder row {at}, {sizes}, cursor on {side}")
