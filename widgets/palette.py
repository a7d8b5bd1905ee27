"""The command palette: a field over a list of everything that can be done or looked at, best fit first.

It does nothing itself: it tells what was taken. What stops trading is asked once, in its own row, and answered by a
second Enter; what could send an order only shows where it is done, and by which key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import attention, fuzzy, paint, theme
from widgets.fields import Field
from widgets.palette_rows import ROW, Entry, Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QKeyEvent, QPaintEvent

WIDE: Final = 640
SEEN: Final = 12
"""Rows without scrolling."""
MOST: Final = 60
"""Rows that are kept of what fits."""
RANKED: Final = 400
"""Of those that fit best by their words, before what is recent or of another kind goes ahead."""
FOOT: Final = 24
PAD: Final = 8
RECENT: Final = 12.0
"""Points a recent entry has ahead, fewer the longer ago."""
_FOOT: Final = "Enter takes   Up Down choose   Esc closes"
_SAFE: Final = "nothing here sends an order"


def readied(entries: Sequence[Entry]) -> list[fuzzy.Text]:
    """Return what is searched of entries, made ready once for many queries."""
    return [fuzzy.ready(f"{one.words} {one.detail}", one.code) for one in entries]


def fitting(
    query: str, entries: Sequence[Entry], recent: Sequence[str], texts: Sequence[fuzzy.Text] = ()
) -> list[tuple[Entry, fuzzy.Match]]:
    """Return what fits a query, best first; for an empty one the recent ones and then all in their order.

    Parameters
    ----------
    texts : sequence of Text
        What `readied` made of the entries, where that is done already.
    """
    place = {name: at for at, name in reversed(list(enumerate(recent)))}
    if not query.strip():
        known = sorted((one for one in entries if one.id in place), key=lambda one: place[one.id])
        rest = [one for one in entries if one.id not in place]
        return [(one, fuzzy.Match(0.0, ())) for one in (*known, *rest)][:MOST]
    found = []
    for number, fits in fuzzy.rank(query, texts or readied(entries), RANKED):
        one = entries[number]
        ahead = RECENT / (1 + place[one.id] / 4) if one.id in place else 0.0
        found.append((fits.score + ahead + one.weight, number, one, fits))
    found.sort(key=lambda row: (-row[0], row[1]))
    return [(one, fits) for _, _, one, fits in found[:MOST]]


class Palette(attention.Taker):
    """Lies over the top of its window while it is open."""

    taken = Signal(object)
    """An `Entry`."""
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._entries: tuple[Entry, ...] = ()
        self._texts: list[fuzzy.Text] = []
        self._typed: Callable[[str], Sequence[Entry]] = lambda _query: ()
        self._recent: Sequence[str] = ()
        self._demo = False
        self.setAccessibleName("Search or command")
        self.field = Field("Search or command", number=False)
        self.field.setMaxLength(fuzzy.LONGEST_QUERY)
        self.field.setPlaceholderText("action, dock, market, station, setting …")
        self.field.setFixedHeight(30)
        self.list = Rows()
        self.setFocusProxy(self.field)
        box = QVBoxLayout(self)
        box.setContentsMargins(PAD, PAD, PAD, FOOT)
        box.setSpacing(6)
        box.addWidget(self.field)
        box.addWidget(self.list)
        self.field.textEdited.connect(self._narrow)
        self.field.installEventFilter(self)
        self.list.pressed.connect(self.take)
        parent.installEventFilter(self)
        self._leave = QTimer(self, singleShot=True, interval=0)
        self._leave.timeout.connect(self._left)
        self.hide()

    def open(
        self,
        entries: Sequence[Entry],
        recent: Sequence[str] = (),
        typed: Callable[[str], Sequence[Entry]] = lambda _query: (),
        *,
        demo: bool = False,
    ) -> None:
        """Open over the window.

        Parameters
        ----------
        recent : sequence of str
            Ids of entries, the latest first.
        typed : callable
            What a text stands for beyond the entries, such as an order; it is shown first.
        demo : bool
            Whether what is found is of a simulated day: its foot says so.
        """
        if self.isVisible():
            self.close_up()
            return
        self._entries, self._recent, self._typed, self._demo = tuple(entries), recent, typed, demo
        self._texts = readied(self._entries)
        self._remember(QApplication.focusWidget())
        self.field.clear()
        self._narrow("")
        self._place()
        self.show()
        self.raise_()
        self._window.activateWindow()
        self.field.setFocus()

    def close_up(self) -> None:
        """Close, and give the keyboard back to what had it."""
        if self.isVisible():
            before = self._before
            self._remember(None)
            self._leave.stop()
            self.hide()
            if before is not None and before.isVisible():
                before.activateWindow()  # it may be in a window of its own
                before.setFocus()
            self.closed.emit()

    def shown(self) -> list[Entry]:
        """Return the entries that fit, best first."""
        return [one for one, _ in self.list.rows]

    def take(self) -> None:
        """Take the chosen entry; one that asks first is taken the second time."""
        one = self.list.chosen()
        if one is None:
            return
        if one.asks and self.list.asking != one.id:
            self.list.ask(one.id)
            return
        self.close_up()
        self.taken.emit(one)

    def _narrow(self, query: str) -> None:
        first = [(one, fuzzy.Match(0.0, ())) for one in self._typed(query)] if query.strip() else []
        self.list.show_rows([*first, *fitting(query, self._entries, self._recent, self._texts)][:MOST], query)

    def _place(self) -> None:
        wide = min(WIDE, self._window.width() - 24)
        tall = PAD + 30 + 6 + SEEN * ROW + FOOT
        top = theme.current().size("topBar") + 3
        self.setGeometry((self._window.width() - wide) // 2, top, wide, min(tall, self._window.height() - top - 8))

    def _left(self) -> None:
        """Close where the keyboard went elsewhere; what took it keeps it."""
        now = QApplication.focusWidget()
        if self.isVisible() and now is not self.field and QApplication.activePopupWidget() is None:
            self._remember(None)
            self.close_up()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        elif watched is self.field and event.type() is QEvent.Type.FocusOut and self.isVisible():
            self._leave.start()
        return False

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        ways = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -SEEN, Qt.Key.Key_PageDown: SEEN}
        if key in ways:
            self.list.move_by(ways[key])
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if not event.isAutoRepeat():
                self.take()
        elif key is Qt.Key.Key_Escape:
            self.list.ask("") if self.list.asking else self.close_up()
        event.accept()  # no key goes on to the dock below

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.raised"))
        paint.frame(p, self.rect(), look.colour("line.control"))
        foot = QRect(PAD + 4, self.height() - FOOT, self.width() - 2 * PAD - 8, FOOT - 1)
        font, ink = look.ui(look.type("caption")), look.colour("text.muted")
        paint.text(p, foot, _FOOT, font, ink)
        paint.text(p, foot, f"DEMO · {_SAFE}" if self._demo else _SAFE, font, ink, paint.RIGHT)
