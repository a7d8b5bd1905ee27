"""The rows of the palette: what fits, one a row, the letters that were typed in bold, each with its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QWidget
from typing_extensions import override

from widgets import formats, fuzzy, keycaps, paint, theme
from widgets.controls import SlimBar

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QMouseEvent, QPaintEvent, QResizeEvent

ROW: Final = 26
KIND_WIDE: Final = 76


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
