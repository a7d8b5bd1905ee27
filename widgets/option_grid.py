"""The painted part of an options chain: what of it lies where, what is selected, and the hand on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from widgets import keymap, option_columns, theme
from widgets.option_columns import STRIKE_PX, Part, Scale
from widgets.option_picture import FOOT_PX, HEAD_PX, PRICES, OptionPicture, Spot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from engine.views.options import ChainRow, ChainView, OptionSide

WAYS: Final = {"options.up": -1, "options.down": 1, "options.page_up": -10, "options.page_down": 10}


class OptionGrid(QWidget):
    """The rows of one chain."""

    moved = Signal()
    """Another option is selected."""
    pressed = Signal(object)
    """A `Spot`: a price of it was clicked, or asked for by a key."""
    acted = Signal(str)
    """An action of the area ``options``, for the selected option."""
    asked = Signal(object, QPoint)
    """A `Spot` and where on the screen: what can be done there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: ChainView | None = None
        self.at = Spot()
        """What is selected."""
        self.hover = Spot()
        self.scale = Scale()
        self.first = 0
        self._home = True
        """Show the strikes around the forward, until somebody scrolls."""
        self._calls: tuple[Part, ...] = ()
        self._puts: tuple[Part, ...] = ()
        self._cells: dict[bool, list[tuple[Part, int, int]]] = {False: [], True: []}
        self._picture = OptionPicture(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Options chain")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(option_columns.least(), 120)

    def retheme(self) -> None:
        """Write the rows anew: in another theme, or with numbers written otherwise."""
        self._picture.retheme()

    # What is where

    @property
    def rows(self) -> Sequence[ChainRow]:
        """All rows, the lowest strike first."""
        return () if self.view is None else self.view.rows

    @property
    def row_px(self) -> int:
        """Height of a row."""
        return theme.current().size("tableRow") + 3

    @property
    def top(self) -> int:
        """Where the rows begin."""
        return 2 * HEAD_PX

    def visible(self) -> int:
        """Return how many rows are wholly visible."""
        return max(1, (self.height() - self.top - FOOT_PX) // self.row_px)

    def strike_rect(self) -> QRect:
        """Return the column of the strikes, from the first row down."""
        return QRect((self.width() - STRIKE_PX) // 2, 0, STRIKE_PX, self.height())

    def row_rect(self, index: int) -> QRect:
        """Return where a row lies."""
        return QRect(0, self.top + (index - self.first) * self.row_px, self.width(), self.row_px)

    def cells(self, *, put: bool) -> list[tuple[Part, int, int]]:
        """Return the columns of a half with where each begins and how wide it is."""
        return self._cells[put]

    def _laid_out(self, *, put: bool) -> list[tuple[Part, int, int]]:
        """Lay the columns of a half out; spare width is shared out."""
        parts = self.parts(put=put)
        strike = self.strike_rect()
        begin, room = (strike.right() + 1, self.width() - strike.right() - 1) if put else (0, strike.x())
        spare = max(0, room - sum(one.width for one in parts)) / max(1, len(parts))
        found, x = [], float(begin)
        for one in parts:
            left, right = round(x), round(x + one.width + spare)
            found.append((one, left, right - left))
            x += one.width + spare
        return found

    def spot_at(self, x: int, y: int) -> Spot:
        """Return what lies under a point."""
        index = self.first + (y - self.top) // self.row_px
        if y < self.top or index not in self.in_sight:
            return Spot()
        put = x > self.strike_rect().right()
        column = next((one.key for one, left, wide in self.cells(put=put) if left <= x < left + wide), "")
        return Spot(index, put, column)

    def side(self, spot: Spot) -> OptionSide | None:
        """Return the option at a place."""
        if not 0 <= spot.row < len(self.rows):
            return None
        row = self.rows[spot.row]
        return row.put if spot.put else row.call

    # What changes it

    def show_view(self, view: ChainView | None) -> None:
        """Show a chain; what was selected stays where it still is."""
        other = self.view is None or view is None or self.view.key != view.key
        before = None if self.view is None else (self.first, self.at, self.scale, [row.strike for row in self.rows])
        held = None if other else self.rows[self.at.row].strike if 0 <= self.at.row < len(self.rows) else None
        self.view = view
        if view is None:
            self.at = self.hover = Spot()
            self.update()
            return
        self.scale = option_columns.scale_of(view)
        row = next((n for n, one in enumerate(view.rows) if one.strike == held), -1)
        self.at = self.at._replace(row=row) if row >= 0 else Spot(-1, self.at.put)
        if other:
            self._home = True
        if self._home:
            self._centre(view)
        self.first = self._bounded(self.first)
        self._speak()
        if other or before != (self.first, self.at, self.scale, [row.strike for row in view.rows]):
            self.update()
        else:
            self._picture.update(view)

    def go_home(self) -> None:
        """Put the forward into the middle."""
        if self.view is not None:
            self._centre(self.view)
            self.update()

    def _centre(self, view: ChainView) -> None:
        below = option_columns.around_forward(view.rows, view.forward)
        middle = len(view.rows) // 2 if below is None else below
        self.first = self._bounded(middle - self.visible() // 2)
        self._home = True

    def select(self, spot: Spot) -> None:
        """Select an option and bring it into sight."""
        if not 0 <= spot.row < len(self.rows):
            return
        self.at = spot
        self.first = self._bounded(min(max(self.first, spot.row - self.visible() + 1), spot.row))
        self._speak()
        self.moved.emit()
        self.update()

    def select_instrument(self, instrument: object) -> bool:
        """Select an option by its instrument, without telling; return whether it is here."""
        for n, row in enumerate(self.rows):
            for put, side in ((False, row.call), (True, row.put)):
                if side is not None and side.instrument == instrument:
                    if (self.at.row, self.at.put) != (n, put):
                        self.at = Spot(n, put, self.at.column)
                        self._speak()
                        self.update()
                    return True
        return False

    def _bounded(self, first: int) -> int:
        return max(0, min(first, len(self.rows) - self.visible()))

    def _speak(self) -> None:
        self.setAccessibleDescription(self.words(self.at))

    def words(self, spot: Spot) -> str:
        """Return the option at a place in words; empty where there is none."""
        side, view = self.side(spot), self.view
        if side is None or view is None:
            return ""
        return option_columns.told(self.rows[spot.row], side, spot.put, self.scale, view)

    # The hand

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        where = event.position().toPoint()
        spot = self.spot_at(where.x(), where.y())
        if self.side(spot) is None:
            return
        if event.button() is Qt.MouseButton.RightButton:
            self.select(spot)
            self.asked.emit(spot, event.globalPosition().toPoint())
        elif event.button() is Qt.MouseButton.LeftButton:
            self.select(spot)
            if spot.column in PRICES:
                self.pressed.emit(spot)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        where = event.position().toPoint()
        self._hover(self.spot_at(where.x(), where.y()))

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._hover(Spot())
        super().leaveEvent(event)

    def _hover(self, spot: Spot) -> None:
        if spot != self.hover:
            self.hover = spot
            self.update()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self._home = False
        self.first = self._bounded(self.first - (1 if event.angleDelta().y() > 0 else -1))
        self.update()
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = keymap.current().action("options", keymap.key_of(event))
        if action in WAYS and self.rows:
            below = option_columns.around_forward(self.rows, self.view.forward if self.view else None)
            start = self.at.row if self.at.row >= 0 else (below or 0)
            row = max(0, min(len(self.rows) - 1, start + WAYS[action])) if self.at.row >= 0 else start
            self._home = False
            self.select(self.at._replace(row=row))
        elif action in {"options.calls", "options.puts"}:
            self.select(self.at._replace(put=action == "options.puts"))
        elif action == "options.home":
            self.go_home()
        elif action:
            if not event.isAutoRepeat():
                self.acted.emit(action)
        else:
            super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._calls = option_columns.fitting(self.width())
        self._puts = option_columns.mirrored(self._calls)
        self._cells = {put: self._laid_out(put=put) for put in (False, True)}
        if self._home:
            self.go_home()
        self.first = self._bounded(self.first)
        super().resizeEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        self._picture.paint(QPainter(self), event.region())

    @property
    def in_sight(self) -> range:
        """Return the rows that are seen: whole ones, what fits no more is reached by scrolling."""
        return range(self.first, min(len(self.rows), self.first + self.visible()))

    def parts(self, *, put: bool) -> tuple[Part, ...]:
        """Return the columns of a half, from the left."""
        return self._puts if put else self._calls
