"""First run: one page. Enter starts the simulated day; the desk with live prices is one button further."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QShortcut
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from widgets import formats, paint, theme
from widgets.controls import FlatButton

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtGui import QPaintEvent, QResizeEvent

_WIDE = 720
_TALL = 410
_LINES = (
    "A simulated market day runs inside this program: stations report, other traders trade, contracts settle.",
    "Money is paper: $1 000 on our own exchange, $10 000 on each simulated venue. Nothing is sent anywhere.",
    "Two simulated minutes pass in a second, so that the first contracts settle within three minutes.",
)


class Welcome(QWidget):
    """Covers the window until the trader starts."""

    started = Signal()
    desk_wanted = Signal(str)
    """``paper`` or ``live``: venues' own prices over the network."""

    def __init__(self, folder: str, parent: QWidget, *, note: str = "") -> None:
        super().__init__(parent)
        self._folder = folder
        self._note = note
        """Why the page is shown again, such as a desk that could not be opened."""
        self.setAccessibleName("Welcome")
        self.start = FlatButton("Start now in PAPER with the simulated day (DEMO)", "filled", hint="Enter", parent=self)
        self.start.clicked.connect(self.started)
        self.paper = FlatButton("Open the PAPER desk: live prices, orders stay here", parent=self)
        self.live = FlatButton("Open the LIVE desk, disarmed…", "danger", parent=self)
        self.paper.clicked.connect(lambda: self.desk_wanted.emit("paper"))
        self.live.clicked.connect(lambda: self.desk_wanted.emit("live"))
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(self.start.click)
        self.setFocusProxy(self.start)
        self._window = parent
        self.setGeometry(parent.rect())
        parent.installEventFilter(self)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the window."""
        if event.type() is QEvent.Type.Resize and watched is self._window:
            self.setGeometry(self._window.rect())
        return False

    def _sheet(self) -> QRect:
        return QRect((self.width() - _WIDE) // 2, (self.height() - _TALL) // 2, _WIDE, _TALL)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        sheet = self._sheet()
        left, wide, low = sheet.left() + 36, sheet.width() - 72, sheet.bottom() - 36
        self.start.setGeometry(left, low - 88, wide, 36)
        live = self.live.sizeHint().width() + 24
        self.paper.setGeometry(left, low - 36, wide - live - 8, 28)
        self.live.setGeometry(left + wide - live, low - 36, live, 28)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.window"))
        sheet = self._sheet()
        p.fillRect(sheet, look.colour("surface.dock"))
        paint.frame(p, sheet, look.colour("line.border"))
        x, y = sheet.left() + 36, sheet.top() + 60
        p.setFont(look.ui(24, 600))
        p.setPen(look.colour("text.strong"))
        p.drawText(x, y, "atmx")
        p.setFont(look.ui(13, 500))
        p.setPen(look.colour("text.muted"))
        p.drawText(x + 84, y, "weather, event and option markets")
        p.setFont(look.ui(12, 400))
        p.setPen(look.colour("text.default"))
        for number, line in enumerate(_LINES):
            p.drawText(x, y + 44 + 26 * number, line)
        p.setPen(look.colour("text.muted"))
        p.setFont(look.ui(11, 400))
        below = y + 44 + 26 * len(_LINES)
        words = "The desk reads Kalshi, Polymarket and Binance. Orders leave only from LIVE, and only once it is armed."
        p.drawText(x, below + 12, words)
        where = f"Everything is kept in {self._folder}"
        p.drawText(x, below + 34, paint.elided(where, p.font(), _WIDE - 72))
        if self._note:
            p.setPen(look.colour("danger.text"))
            p.drawText(x, below + 56, paint.elided(formats.plain(self._note, 200), p.font(), _WIDE - 72))
