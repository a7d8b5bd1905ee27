"""The ring around what the keyboard is at: one for the program, laid over whatever has the focus.

No widget has to draw one, so none can forget to. It shows when the focus came by a key: a press of the mouse says
itself where it went, and a window that opens asked for nothing. Its mask is the ring alone: what changes inside is
painted as if it were not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QRegion
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid
from typing_extensions import override

from widgets import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

THICK: Final = 2


class Focus(QObject):
    """Hears each change of the focus and moves the ring there."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._at: QWidget | None = None
        self.ring: Ring | None = None
        app.focusChanged.connect(self._moved)

    def _moved(self, old: QWidget | None, new: QWidget | None) -> None:
        if self._at is not None and isValid(self._at):
            self._at.removeEventFilter(self)
        was, self._at = self._at, None
        if new is None:
            self._at = was  # of a window that is left: it is ringed again when the trader comes back
        if self.ring is not None and isValid(self.ring):
            self.ring.hide()
        if new is None or not new.focusPolicy() & Qt.FocusPolicy.TabFocus:
            return
        by_mouse = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        by_window = old is None and was is not new  # a new window gives the focus to the first of its widgets
        if by_mouse or by_window:
            return
        if self.ring is None or not isValid(self.ring):  # it went with the widget it lay on
            self.ring = Ring()
        self._at = new
        new.installEventFilter(self)
        self.ring.surround(new)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget) and self.ring is not None:
            self.ring.surround(watched)
        return False


class Ring(QWidget):
    """A frame of two pixels in the colour of the accent; no mouse, no focus."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Focus")
        self.hide()

    def surround(self, widget: QWidget) -> None:
        """Lie over the edge of a widget."""
        if self.parentWidget() is not widget:
            self.setParent(widget)
        if self.geometry() != widget.rect():
            self.setGeometry(widget.rect())
            inner = self.rect().adjusted(THICK, THICK, -THICK, -THICK)
            self.setMask(QRegion(self.rect()) - QRegion(inner))
        self.show()
        self.raise_()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.current().colour("buy"))
