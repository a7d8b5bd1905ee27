"""First run: one page. Enter starts the simulated day; the desk with live prices is one button further."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QShortcut
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from widgets import coach, formats, paint, theme
from widgets.controls import FlatButton
from widgets.fields import Segments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QPaintEvent, QResizeEvent

_WIDE: Final = 760
_PAD: Final = 36
_HEAD: Final = 104
_START: Final = 62
_ROW: Final = 38
_STEPS: Final = 78
_FOOT: Final = 92
_LABEL: Final = 160
_WORDS: Final = "A simulated market day runs inside this program. Starts on paper, without an account or a network."
_DESKS: Final = "The desks read Kalshi, Polymarket and Binance. Orders leave only from LIVE, and only once it is armed."


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing the page asks: a setting, its choices with their words, and the one that holds."""

    key: str
    title: str
    choices: tuple[tuple[str, str], ...]
    value: str
    note: str = ""
    """Muted, after the choices."""


class StartButton(FlatButton):
    """The one that Enter presses: what starts, and what that means, in two lines."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Start now in PAPER with the simulated day (DEMO)", "filled", hint="Enter", parent=parent)
        self.below = (
            "$1 000 on our own exchange, $10 000 on each simulated venue; contracts settle within three minutes"
        )

    @override
    def sizeHint(self) -> QSize:
        return QSize(_WIDE - 2 * _PAD, 48)

    @override
    def _write(self, p: QPainter, ink: str) -> None:
        look = theme.current()
        tone = look.colour(ink)
        room = self.rect().adjusted(18, 0, -18, 0)
        paint.text_at(p, room.x(), 21, self.text(), look.ui(13, 700), tone)
        paint.text_at(p, room.x(), 38, self.below, look.ui(11, 500), tone)
        paint.text(p, room, self.hint, look.number(11), tone, paint.RIGHT)


class Welcome(QWidget):
    """Covers the window until the trader starts.

    Parameters
    ----------
    folder : str
        Where everything is kept.
    note : str
        Why the page is shown again, such as a desk that could not be opened.
    asks : sequence of Ask
        Settings that can be chosen here; each is felt at once.
    """

    started = Signal()
    desk_wanted = Signal(str)
    """``paper`` or ``live``: venues' own prices over the network."""
    chosen = Signal(str, str)
    """A setting and its new value."""
    keys_wanted = Signal()
    """Keys are to be given before a desk is opened."""

    def __init__(self, folder: str, parent: QWidget, *, note: str = "", asks: Sequence[Ask] = ()) -> None:
        super().__init__(parent)
        self._folder = folder
        self._note = note
        self._asks = tuple(asks)
        self.setAccessibleName("Welcome")
        self.start = StartButton(self)
        self.start.clicked.connect(self.started)
        self.segments = {one.key: self._segments(one) for one in self._asks}
        self.paper = FlatButton("Open the PAPER desk: live prices, orders stay here", parent=self)
        self.live = FlatButton("Open the LIVE desk, disarmed…", "danger", parent=self)
        self.keys = FlatButton("Keys…", parent=self)
        self.keys.clicked.connect(self.keys_wanted)
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

    def tell(self, note: str) -> None:
        """Show one sentence, such as why a choice could not be kept."""
        self._note = note
        self.update()

    def show_value(self, key: str, value: str) -> None:
        """Show what a setting holds, without telling."""
        self.segments[key].set_value(value)

    def _segments(self, one: Ask) -> Segments:
        found = Segments(one.title, one.choices, parent=self)
        found.set_value(one.value)
        found.chosen.connect(lambda value: self.chosen.emit(one.key, value))
        return found

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the window."""
        if event.type() is QEvent.Type.Resize and watched is self._window:
            self.setGeometry(self._window.rect())
        return False

    def _sheet(self) -> QRect:
        tall = _HEAD + _START + _ROW * len(self._asks) + _STEPS + _FOOT
        return QRect((self.width() - _WIDE) // 2, (self.height() - tall) // 2, _WIDE, tall)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        sheet = self._sheet()
        left, wide = sheet.left() + _PAD, sheet.width() - 2 * _PAD
        self.start.setGeometry(left, sheet.top() + _HEAD, wide, 48)
        for number, one in enumerate(self._asks):
            segments = self.segments[one.key]
            y = sheet.top() + _HEAD + _START + _ROW * number + 4
            segments.setGeometry(left + _LABEL, y, min(300, segments.sizeHint().width() + 60), segments.height())
        low = sheet.bottom() - _FOOT + 16
        live = self.live.sizeHint().width() + 24
        self.paper.setGeometry(left, low, wide - live - 8, 28)
        self.live.setGeometry(left + wide - live, low, live, 28)
        keys = self.keys.sizeHint().width() + 12
        self.keys.setGeometry(left + wide - keys, low + 36, keys, 28)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.window"))
        sheet = self._sheet()
        p.fillRect(sheet, look.colour("surface.dock"))
        paint.frame(p, sheet, look.colour("line.border"))
        p.fillRect(sheet.x(), sheet.y(), sheet.width(), 4, look.colour("mode.paper"))
        self._paint_head(p, sheet)
        for number, one in enumerate(self._asks):
            self._paint_ask(p, sheet, sheet.top() + _HEAD + _START + _ROW * number, one)
        self._paint_steps(p, QRect(sheet.x() + _PAD, sheet.bottom() - _FOOT - _STEPS, sheet.width() - 2 * _PAD, _STEPS))
        self._paint_foot(p, sheet)

    def _paint_head(self, p: QPainter, sheet: QRect) -> None:
        look = theme.current()
        x = sheet.left() + _PAD
        paint.icon(p, x, sheet.top() + 34, "logo", "mode.paper", 34)
        paint.text_at(p, x + 50, sheet.top() + 54, "Welcome to atmx", look.ui(22, 600), look.colour("text.strong"))
        paint.text_at(p, x + 50, sheet.top() + 78, _WORDS, look.ui(12), look.colour("text.muted"))

    def _paint_ask(self, p: QPainter, sheet: QRect, y: int, one: Ask) -> None:
        look = theme.current()
        x = sheet.left() + _PAD
        paint.text(p, QRect(x, y, _LABEL - 8, _ROW - 6), one.title, look.ui(12), look.colour("text.muted"))
        beside = self.segments[one.key].geometry().right() + 12
        room = QRect(beside, y, sheet.right() - _PAD - beside, _ROW - 6)
        paint.text(p, room, one.note, look.ui(11), look.colour("text.muted"), elide=True)

    def _paint_steps(self, p: QPainter, room: QRect) -> None:
        """Paint what the strip will lead through."""
        look = theme.current()
        p.fillRect(room.x(), room.y() + 6, room.width(), 1, look.colour("line.border"))
        third = room.width() // len(coach.STEPS)
        for number, one in enumerate(coach.steps()):
            x, y = room.x() + number * third, room.y() + 24
            paint.box(p, QRect(x, y, 26, 26), None, look.colour("mode.paper"), 13)
            mark = QRect(x, y, 26, 26)
            paint.text(p, mark, str(number + 1), look.number(12, 600), look.colour("mode.paper"), paint.CENTRE)
            words = QRect(x + 36, y - 4, third - 44, 18)
            paint.text(p, words, one.head, look.ui(12, 600), look.colour("text.strong"), elide=True)
            paint.text(p, words.translated(0, 17), one.how, look.ui(11), look.colour("text.muted"), elide=True)

    def _paint_foot(self, p: QPainter, sheet: QRect) -> None:
        look = theme.current()
        foot = QRect(sheet.x() + 1, sheet.bottom() - _FOOT, sheet.width() - 2, _FOOT)
        p.fillRect(foot, look.colour("surface.header"))
        p.fillRect(foot.x(), foot.y(), foot.width(), 1, look.colour("line.border"))
        row = QRect(sheet.x() + _PAD, foot.y() + 50, self.keys.x() - 12 - sheet.x() - _PAD, 18)
        font = look.ui(11)
        if self._note:
            paint.text(p, row, formats.plain(self._note, 200), font, look.colour("danger.text"), elide=True)
        else:
            paint.text(p, row, _DESKS, font, look.colour("text.muted"), elide=True)
        where = f"Everything is kept in {self._folder}"
        paint.text(p, row.translated(0, 17), where, font, look.colour("text.muted"), elide=True)
