"""The hand on the map: what dragging, clicking, the wheel and the keys mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt

from widgets import keymap

if TYPE_CHECKING:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

    from widgets.hexcanvas import MapCanvas

_DRAG_PX: Final = 4
_WHEEL_STEP: Final = 0.35
_KEY_STEP: Final = 0.5
_KEY_PAN: Final = 80


class MapHand:
    """Mouse and keys over one canvas."""

    def __init__(self, canvas: MapCanvas) -> None:
        self._canvas = canvas
        self._pressed: QPointF | None = None
        self._dragged = False

    def press(self, event: QMouseEvent) -> None:
        """Take a press."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), False

    def move(self, event: QMouseEvent) -> None:
        """Follow the pointer, and carry the map once it is dragged."""
        canvas = self._canvas
        if self._pressed is None:
            canvas.point_at(event.position().toPoint())
            return
        delta = event.position() - self._pressed
        if self._dragged or delta.manhattanLength() > _DRAG_PX:
            self._dragged = True
            canvas.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._pressed = event.position()
            canvas.move_to(canvas.viewport.panned(delta.x(), delta.y()), moving=True)

    def release(self, event: QMouseEvent) -> None:
        """Let go of the map, or take the press for a click on a cell."""
        canvas = self._canvas
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        canvas.rest()
        clicked = not self._dragged
        self._pressed, self._dragged = None, False
        canvas.unsetCursor()
        spot = event.position().toPoint()
        if clicked and (cell := canvas.cells.grid().pick(spot.x(), spot.y())):
            canvas.cell_clicked.emit(cell)

    def turn(self, event: QWheelEvent) -> None:
        """Zoom around the pointer."""
        spot = event.position()
        steps = event.angleDelta().y() / 120 * _WHEEL_STEP
        if steps:
            self._canvas.move_to(self._canvas.viewport.zoomed(steps, spot.x(), spot.y()), moving=True)

    def key(self, event: QKeyEvent) -> bool:
        """Zoom, move or return home by key; return whether it was one of those."""
        canvas = self._canvas
        action = keymap.current().action("map", keymap.key_of(event))
        zooms = {"map.zoom_in": _KEY_STEP, "map.zoom_out": -_KEY_STEP}
        pans = {"map.left": (1, 0), "map.right": (-1, 0), "map.up": (0, 1), "map.down": (0, -1)}
        if action in zooms:
            canvas.move_to(canvas.viewport.zoomed(zooms[action], canvas.width() / 2, canvas.height() / 2))
        elif action in pans:
            dx, dy = pans[action]
            canvas.move_to(canvas.viewport.panned(dx * _KEY_PAN, dy * _KEY_PAN))
        elif action == "map.home":
            canvas.go_home()
        else:
            return False
        return True
