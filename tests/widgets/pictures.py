"""What stands on screen after parts of a widget were painted, against the same widget painted whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QImage, QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class OnScreen(QObject):
    """Follows the painting of one top-level widget; `seen` is one that it is about, if not all of it."""

    def __init__(self, window: QWidget, seen: QWidget | None = None) -> None:
        super().__init__()
        self._window = window
        self._seen = seen or window
        self._painted = QRegion()
        self._seen.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note what is painted."""
        if isinstance(event, QPaintEvent):
            self._painted += event.region()
        return False

    def settle(self) -> QRegion:
        """Let be painted what is out of date; return what was."""
        self._painted = QRegion()
        QApplication.processEvents()
        QApplication.sendPostedEvents()  # what a timer of that round has put out of date, on a busy machine
        return QRegion(self._painted)

    def picture(self) -> QImage:
        """Return what is on screen."""
        shown = self._window.screen().grabWindow(self._window.winId())
        return shown.toImage().convertToFormat(QImage.Format.Format_RGB32)

    def whole(self) -> QImage:
        """Paint all of it and return what is then on screen."""
        self._window.repaint()
        self._seen.repaint()
        return self.picture()


def differing(one: QImage, other: QImage) -> list[tuple[int, int]]:
    """Return some points in which two pictures differ."""
    if one == other:
        return []
    return [(x, y) for y in range(one.height()) for x in range(one.width()) if one.pixel(x, y) != other.pixel(x, y)][
        :20
    ]
