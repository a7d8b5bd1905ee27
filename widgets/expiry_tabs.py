"""The row of expiries over an options chain: each with the days that are left, and beside them what the chain says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from widgets import option_columns, paint, theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from engine.views.options import ExpiryLine

PAD: Final = 8
GAP: Final = 18


class ExpiryTabs(QWidget):
    """Expiries of one group of chains; one is chosen. Arrow keys go to the next."""

    chosen = Signal(str)
    """Key of a chain."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[ExpiryLine, ...] = ()
        self.key = ""
        self.facts: tuple[tuple[str, str], ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(theme.current().size("toolRow"))
        self.setAccessibleName("Expiries")

    def show_lines(self, lines: Sequence[ExpiryLine], key: str) -> None:
        """Show expiries, soonest first, and which is chosen."""
        if (tuple(lines), key) != (self.lines, self.key):
            self.lines, self.key = tuple(lines), key
            words = next((self._day(one) for one in self.lines if one.key == key), "none")
            self.setAccessibleName(f"Expiries: {words}")
            self.update()

    def show_facts(self, facts: tuple[tuple[str, str], ...]) -> None:
        """Show names and values at the right end, as far as there is room."""
        if facts != self.facts:
            self.facts = facts
            self.update()

    def step(self, way: int) -> None:
        """Choose the expiry before or after."""
        keys = [one.key for one in self.lines]
        if keys:
            at = keys.index(self.key) if self.key in keys else 0
            self._take(keys[max(0, min(len(keys) - 1, at + way))])

    def rect_of(self, key: str) -> QRect:
        """Return where an expiry is painted; empty where there is no room for it."""
        return next((rect for one, rect in self._places() if one.key == key), QRect())

    def _take(self, key: str) -> None:
        if key != self.key:
            self.show_lines(self.lines, key)
            self.chosen.emit(key)

    def _day(self, line: ExpiryLine) -> str:
        return option_columns.expiry_words(line.expires)

    def _places(self) -> list[tuple[ExpiryLine, QRect]]:
        """Return as many expiries as fit, the chosen one among them."""
        look = theme.current()
        strong, small = look.number(look.type("body"), 600), look.number(look.type("caption"))
        wide = [
            round(paint.width(self._day(one), strong) + paint.width(option_columns.days_words(one.days), small)) + 22
            for one in self.lines
        ]
        room = max(self.width() - round(self._facts_width(1)) - 2 * PAD, min(self.width(), 240))
        at = next((n for n, one in enumerate(self.lines) if one.key == self.key), 0)
        first = 0
        while first < at and sum(wide[first : at + 1]) > room:
            first += 1
        found, x = [], PAD // 2
        for line, one in zip(self.lines[first:], wide[first:], strict=True):
            if x + one > room + PAD:
                break
            found.append((line, QRect(x, 3, one, self.height() - 7)))
            x += one + 2
        return found

    def _facts_width(self, count: int) -> float:
        look = theme.current()
        font = look.number(look.type("caption"))
        return sum(paint.width(f"{name} {value}", font) + GAP for name, value in self.facts[:count])

    @override
    def sizeHint(self) -> QSize:
        return QSize(400, self.height())

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            for line, rect in self._places():
                if rect.contains(event.position().toPoint()):
                    self._take(line.key)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if way:
            self.step(way)
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.border"))
        places = self._places()
        for line, rect in places:
            taken = line.key == self.key
            if taken:
                paint.box(p, rect, look.colour("surface.selected"), look.colour("buy"), look.radius())
            ink = look.colour("text.strong" if taken else "text.default")
            x = rect.x() + 7
            base = round(paint.baseline(rect.y(), rect.height(), look.type("body")))
            font = look.number(look.type("body"), 600 if taken else 400)
            x = round(paint.text_at(p, x, base, self._day(line), font, ink)) + 5
            days = look.number(look.type("caption"))
            words = option_columns.days_words(line.days)
            paint.text_at(p, x, base, words, days, look.colour("text.muted" if taken else "text.dim"))
            if line.held:
                p.fillRect(rect.x() + 7, rect.bottom() - 2, 8, 2, look.colour("warn"))
        left = places[-1][1].right() + GAP if places else PAD
        self._paint_facts(p, left)
        if self.hasFocus():
            paint.box(p, self.rect().adjusted(0, 0, 0, -1), None, look.colour("buy"), look.radius())

    def _paint_facts(self, p: QPainter, left: int) -> None:
        """Write as many facts as there is room for, at the right end."""
        look = theme.current()
        count = len(self.facts)
        while count and left + self._facts_width(count) > self.width():
            count -= 1
        font, x = look.number(look.type("caption")), self.width() - self._facts_width(count) + GAP - PAD
        base = round(paint.baseline(0, self.height() - 1, look.type("caption")))
        for name, value in self.facts[:count]:
            x = paint.text_at(p, x, base, f"{name} ", font, look.colour("text.dim"))
            x = paint.text_at(p, x, base, value, font, look.colour("text.default")) + GAP
