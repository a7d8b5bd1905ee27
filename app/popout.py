"""A dock in a window of its own: the mode's frame, one line of the spine with the kill switch, and the dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from app import screens
from widgets import theme
from widgets.ministrip import MiniStrip
from widgets.spine import mode_look, paint_mode_frame

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent, QMoveEvent, QPaintEvent, QResizeEvent

    from app.layout import WindowLayout
    from engine.views.status import SpineView
    from widgets.panel import Panel

_RESTS_MS = 300
"""A window that is dragged tells where it is when it has come to rest."""


class PopOut(QWidget):
    """One window; closing it puts the dock back."""

    back_wanted = Signal(str)
    """Name of the dock."""
    rested = Signal(object)
    """A `WindowLayout`: where it stands now."""

    def __init__(self, panel: Panel, where: WindowLayout, owner: QWidget) -> None:
        super().__init__(owner, Qt.WindowType.Window)  # ends with its owner
        self.panel = panel
        self.where = where
        self._mode = "paper"
        self.strip = MiniStrip(self)
        self.strip.back_pressed.connect(self.close)
        thick = theme.current().size("frame")
        box = QVBoxLayout(self)
        box.setContentsMargins(thick, thick, thick, thick)
        box.setSpacing(0)
        box.addWidget(self.strip)
        box.addWidget(panel, 1)
        panel.show()
        theme.dress_again(panel)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_RESTS_MS)
        self._rest.timeout.connect(self._tell)
        self.setAccessibleName(f"{panel.title}, in its own window")
        self.setWindowTitle(f"{panel.title} — atmx")
        self.setFocusProxy(panel)
        self.fit()

    def fit(self) -> None:
        """Stand where it was left, on a screen that is there."""
        self.setGeometry(screens.fitted(self.where, screens.attached()))

    def take(self, view: SpineView) -> None:
        """Take the spine's view: strip, frame and title follow it."""
        self.strip.take(view)
        if view.mode != self._mode:
            self._mode = view.mode
            self.update()
        halted = " — HALTED" if view.halted_by else ""
        self.setWindowTitle(f"{self.panel.title} — atmx — {mode_look(view.mode).word}{halted}")

    def let_go(self, home: QWidget) -> None:
        """Give the dock back and end."""
        self._rest.stop()
        self.panel.setParent(home)
        self.hide()
        self.deleteLater()

    def _tell(self) -> None:
        if self.isVisible():
            self.where = screens.placed(self, self.where.dock)
            self.rested.emit(self.where)

    @override
    def moveEvent(self, event: QMoveEvent) -> None:
        self._rest.start()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._rest.start()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(self.rect(), theme.current().colour("surface.window"))
        paint_mode_frame(p, self.rect(), self._mode)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()  # the workspace takes the dock back first, and ends the window then
        self.back_wanted.emit(self.where.dock)
