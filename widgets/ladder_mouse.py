"""The hand on a ladder's grid: what pressing, dragging and letting go of the mouse mean. It tells; it decides nothing.

An order is taken at its press and acted on when the button is let go: moved when it lies at another row by then,
selected, or cancelled when it was selected before. Everything else acts at the press.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from widgets.ladder_cursor import ids_at
from widgets.ladder_keys import Column, How
from widgets.ladder_orders import Drag

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent

    from engine.core.ids import OrderId
    from engine.core.units import Ticks
    from widgets.ladder_grid import LadderGrid

SIDES: Final = {
    "mine": Column.BID,
    "queue": Column.BID,
    "cum": Column.BID,
    "bid": Column.BID,
    "ask": Column.ASK,
    "cumAsk": Column.ASK,
    "queueAsk": Column.ASK,
    "mineAsk": Column.ASK,
}
OWN: Final = frozenset({"mine", "mineAsk"})
_CTRL, _SHIFT, _ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@dataclass(slots=True)
class Held:
    """An own order that the mouse has hold of."""

    index: int
    side: Column
    price: Ticks
    at: QPoint
    to: int
    """Row under the mouse."""
    orders: frozenset[OrderId]
    """What stood there when it was taken."""
    kind: Drag = Drag.MOVE
    moved: bool = False
    """The mouse has gone far enough for this to be no click."""


@dataclass(frozen=True, slots=True)
class Drop:
    """An own order let go at another row."""

    side: Column
    price: Ticks
    to: Ticks
    kind: Drag
    orders: frozenset[OrderId]


class LadderMouse:
    """The mouse over one grid."""

    def __init__(self, grid: LadderGrid) -> None:
        self._grid = grid
        self.held: Held | None = None
        self.at = QPoint()
        """Where the pointer is."""

    @property
    def dragging(self) -> Held | None:
        """Return the order that is being dragged; None while none is."""
        return self.held if self.held is not None and self.held.moved else None

    def press(self, event: QMouseEvent) -> None:
        """Take a press; one while an order is held lets go of it and does nothing else."""
        grid, button = self._grid, event.button()
        if self.abort():
            return
        index, column = grid.cell_at(event.position().toPoint())
        side = SIDES.get(column)
        if button is Qt.MouseButton.MiddleButton:
            grid.centre()
        elif index < 0:
            grid.choose(None)
        elif button is Qt.MouseButton.RightButton:
            self._right(index, side, event)
        elif button is Qt.MouseButton.LeftButton:
            self._left(index, column, side, event)

    def _right(self, index: int, side: Column | None, event: QMouseEvent) -> None:
        where = event.globalPosition().toPoint()
        if side is not None and self._grid.owns(index, side):
            self._grid.own_pressed.emit(index, side, "right")
        else:
            self._grid.asked.emit(index, side if side is not None else self._grid.caret.side, where)

    def _left(self, index: int, column: str, side: Column | None, event: QMouseEvent) -> None:
        grid = self._grid
        if side is None:
            grid.choose(None)
        elif column in OWN and grid.owns(index, side):
            row = grid.row(index)
            if row is not None:
                at = event.position().toPoint()
                self.held = Held(index, side, row.price, at, index, ids_at(grid.view, index, side))
        elif column in {"bid", "ask"}:
            grid.caret.put(index, side)
            grid.pressed.emit(index, side, how_of(event))
        else:
            grid.choose(None)

    def move(self, event: QMouseEvent) -> None:
        """Follow the pointer, and what it drags."""
        grid, pos = self._grid, event.position().toPoint()
        if not event.buttons() & Qt.MouseButton.LeftButton:
            self.abort()  # it was let go where nobody told us, such as in a dialog that came up
        self.at = pos
        index, column = grid.cell_at(pos)
        held = self.held
        if held is None:
            cell = (index, SIDES[column]) if column in {"bid", "ask"} or (column in OWN and index >= 0) else None
            grid.point_at(cell, own=column in OWN)
            return
        self._carry(held, event)
        if held.moved:
            grid.looked_at.emit()
            grid.update()

    def _carry(self, held: Held, event: QMouseEvent) -> None:
        """Note where an order is held over, and whether this is a drag by now; outside it is over its own row."""
        pos = event.position().toPoint()
        index = self._grid.cell_at(pos)[0] if self._grid.rect().contains(pos) else -1
        far = (pos - held.at).manhattanLength() >= QApplication.startDragDistance()
        held.moved = held.moved or far or (index >= 0 and index != held.index)
        held.to = index if index >= 0 else held.index
        held.kind = kind_of(event)

    def release(self, event: QMouseEvent) -> None:
        """Let go: carry a drag out, or take the press for a click on an order."""
        held, self.held = self.held, None
        if held is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        grid = self._grid
        self._carry(held, event)  # it may have come here without a word on the way
        grid.update()
        if not held.moved:
            grid.take_own(held.index, held.side)
            return
        row = grid.row(held.to)
        if row is not None and row.price != held.price:
            grid.dropped.emit(Drop(held.side, held.price, row.price, held.kind, held.orders))
        grid.looked_at.emit()

    def abort(self) -> bool:
        """Let go of an order without doing anything; return whether one was held."""
        held, self.held = self.held, None
        if held is not None:
            self._grid.update()
            self._grid.looked_at.emit()
        return held is not None


def how_of(event: QMouseEvent) -> How:
    """Return what a click on a size means."""
    if event.modifiers() & _CTRL:
        return How.TAKE
    return How.CLOSE if event.modifiers() & _SHIFT else How.LIMIT


def kind_of(event: QMouseEvent) -> Drag:
    """Return what letting go of an order means."""
    if event.modifiers() & _CTRL:
        return Drag.COPY
    return Drag.BRACKET if event.modifiers() & _ALT else Drag.MOVE
