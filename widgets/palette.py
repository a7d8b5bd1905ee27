"""The command palette: a field over a list of everything that can be done or looked at, best fit first.

It does nothing itself: it tells what was taken. What stops trading is asked once, in its own row, and answered by a
second Enter; what could send an order only shows where it is done, and by which key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import formats, fuzzy, keycaps, paint, theme
from widgets.controls import SlimBar
from widgets.fields import Field

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

WIDE: Final = 640
ROW: Final = 26
SEEN: Final = 12
"""Rows without scrolling."""
MOST: Final = 60
"""Rows that are kept of what fits."""
RANKED: Final = 400
"""Of those that fit best by their words, before what is recent or of another kind goes ahead."""
FOOT: Final = 24
PAD: Final = 8
KIND_WIDE: Final = 76
RECENT: Final = 12.0
"""Points a recent entry has ahead, fewer the longer ago."""
_FOOT: Final = "Enter takes   Up Down choose   Esc closes"
_SAFE: Final = "nothing here sends an order"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to take."""

    id: str
    """The same in every session, such as ``action:window.hedge``: what is remembered as recent."""
    words: str
    kind: str
    """Shown before it: ``dock``, ``market``, ``setting`` …"""
    detail: str = ""
    """Muted, after the words; it is searched, too."""
    key: str = ""
    """Its key as people read it."""
    code: str = ""
    asks: str = ""
    """What a first Enter asks, where a second one is wanted."""
    weight: float = 0.0
    """Points ahead of, or behind, others that fit as well."""


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


class Palette(QWidget):
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
        self._before: QWidget | None = None
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
        self._before = QApplication.focusWidget()
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
            before, self._before = self._before, None
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
            self._before = None
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


class Rows(QAbstractScrollArea):
    """What fits, one a row."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[tuple[Entry, fuzzy.Match]] = []
        self.at = 0
        self.asking = ""
        """Id of the entry that was taken once and asks."""
        self._query = ""
        self.setFrameShape(self.Shape.NoFrame)
        self.setVerticalScrollBar(SlimBar(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setMouseTracking(True)

    def show_rows(self, rows: list[tuple[Entry, fuzzy.Match]], query: str) -> None:
        """Show other rows, the first of them chosen."""
        self.rows, self._query, self.at, self.asking = rows, query, 0, ""
        self._range()
        self.verticalScrollBar().setValue(0)
        self._speak()

    def chosen(self) -> Entry | None:
        """Return the chosen entry."""
        return self.rows[self.at][0] if self.rows else None

    def ask(self, entry: str) -> None:
        """Have an entry ask in its row; empty asks no more."""
        self.asking = entry
        self._speak()

    def move_by(self, way: int) -> None:
        """Choose another row; past an end it is the other end, by single steps."""
        if not self.rows:
            return
        at = self.at + way
        self.at = at % len(self.rows) if abs(way) == 1 else max(0, min(len(self.rows) - 1, at))
        self.asking = ""
        bar, top = self.verticalScrollBar(), self.at * ROW
        bar.setValue(min(top, max(bar.value(), top + ROW - self.viewport().height())))
        self._speak()

    def _speak(self) -> None:
        one = self.chosen()
        words = "nothing fits" if one is None else f"{one.kind} {one.words} {one.detail} {one.key}"
        self.setAccessibleName(one.asks if one is not None and self.asking == one.id else words.strip())
        self.viewport().update()

    def _range(self) -> None:
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(ROW)
        bar.setRange(0, max(0, len(self.rows) * ROW - self.viewport().height()))

    def _row_at(self, y: float) -> int:
        at = (int(y) + self.verticalScrollBar().value()) // ROW
        return at if 0 <= at < len(self.rows) else -1

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._range()
        super().resizeEvent(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._row_at(event.position().y())
        if at >= 0 and at != self.at:
            self.at, self.asking = at, ""
            self._speak()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._row_at(event.position().y())
        if at >= 0 and event.button() is Qt.MouseButton.LeftButton:
            self.at = at
            self.pressed.emit()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self.viewport())
        p.fillRect(self.viewport().rect(), look.colour("surface.raised"))
        if not self.rows:
            words = f"Nothing fits “{formats.plain(self._query, 40)}”"
            paint.text(
                p, QRect(0, 0, self.viewport().width(), 2 * ROW), words, look.ui(12), look.colour("text.muted"),
                paint.CENTRE,
            )  # fmt: skip
        first = self.verticalScrollBar().value()
        for at, (one, fits) in enumerate(self.rows):
            rect = QRect(0, at * ROW - first, self.viewport().width(), ROW)
            if rect.bottom() >= 0 and rect.y() < self.viewport().height():
                self._paint(p, rect, one, fits, chosen=at == self.at)

    def _paint(self, p: QPainter, rect: QRect, one: Entry, fits: fuzzy.Match, *, chosen: bool) -> None:
        look = theme.current()
        if chosen:
            p.fillRect(rect, look.colour("surface.selected"))
            p.fillRect(rect.x(), rect.y(), 2, rect.height(), look.colour("buy"))
        kind = QRect(rect.x() + 10, rect.y(), KIND_WIDE - 14, rect.height())
        paint.text(p, kind, one.kind, look.ui(look.type("caption")), look.colour("text.muted"), elide=True)
        if self.asking == one.id:
            room = rect.adjusted(KIND_WIDE, 0, -8, 0)
            paint.text(p, room, one.asks, look.ui(12, 600), look.colour("warn"), elide=True)
            return
        right = rect.right() - 8 - self._paint_key(p, rect, one.key)
        x, y = float(rect.x() + KIND_WIDE), round(paint.baseline(rect.y(), rect.height(), 12))
        x = self._paint_words(p, x, y, right, one.words, fits)
        if one.detail and right - x > 40:
            room = QRect(round(x) + 10, rect.y(), round(right - x) - 12, rect.height())
            paint.text(p, room, formats.plain(one.detail, 120), look.ui(11), look.colour("text.muted"), elide=True)

    def _paint_key(self, p: QPainter, rect: QRect, key: str) -> int:
        """Paint a key in its box at the right end; return how wide that is."""
        if not key:
            return 0
        wide = keycaps.width((key,))
        keycaps.draw(p, rect.right() - 8 - wide, rect, (key,))
        return wide + 8

    def _paint_words(self, p: QPainter, x: float, y: int, right: float, words: str, fits: fuzzy.Match) -> float:
        """Paint the words, the letters that were typed in bold; return where they end."""
        look = theme.current()
        plain, bold = look.ui(12, 500), look.ui(12, 700)
        text = formats.plain(words, 100)
        if not fits.at or text != words or paint.width(text, bold) > right - x:
            return paint.text_at(p, x, y, paint.elided(text, plain, right - x), plain, look.colour("text.strong"))
        hit = set(fits.at)
        start = 0
        for end in range(1, len(text) + 1):
            if end == len(text) or (end in hit) != (start in hit):
                typed = start in hit
                ink = look.colour("buy" if typed else "text.strong")
                x = paint.text_at(p, x, y, text[start:end], bold if typed else plain, ink)
                start = end
        return x

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        event.ignore()
