"""Fields of a form, painted from the tokens: a line of text, one choice out of a few, and one out of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget
from typing_extensions import override

from widgets import language, paint, theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent


class Field(QLineEdit):
    """A line of text in a box; `unit` stands small at its right end. Numbers are right-aligned and strong."""

    wheeled = Signal(int)
    """Up (1) or down (-1), where the field counts."""

    def __init__(self, name: str, *, unit: str = "", number: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = theme.current()
        self.unit = unit
        self.wrong = False
        self.counts = False
        """Whether the wheel counts here rather than scrolls what is around."""
        self.setAccessibleName(language.said(name))
        self.setFrame(False)
        self.setFont(look.number(look.type("label"), 500) if number else look.ui(look.type("body")))
        theme.wear(
            self,
            Base="surface.input",
            Text="text.strong",
            PlaceholderText="text.dim",
            Disabled_Text="text.disabled",
        )
        self.setAlignment((Qt.AlignmentFlag.AlignRight if number else paint.LEFT) | Qt.AlignmentFlag.AlignVCenter)
        self.set_unit(unit)
        self.setFixedHeight(look.size("ticketField"))

    @override
    def setPlaceholderText(self, arg__1: str) -> None:
        super().setPlaceholderText(language.said(arg__1))

    def set_unit(self, unit: str) -> None:
        """Change the unit shown at the right end."""
        self.unit = unit
        room = round(paint.width(unit, theme.current().number(10))) + 6 if unit else 0
        self.setTextMargins(5, 0, 5 + room, 0)
        self.update()

    def set_wrong(self, wrong: bool) -> None:
        """Mark what it holds as unusable."""
        if wrong != self.wrong:
            self.wrong = wrong
            self.update()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta().y() or event.angleDelta().x()
        if turn and self.counts:
            self.wheeled.emit(1 if turn > 0 else -1)
            event.accept()
        else:
            super().wheelEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        look = theme.current()
        p = QPainter(self)
        border = "danger" if self.wrong else "buy" if self.hasFocus() else "line.control"
        paint.box(p, self.rect(), None, look.colour(border), look.radius())
        if self.unit:
            room = QRect(0, 0, self.width() - 7, self.height())
            paint.text(p, room, self.unit, look.number(10), look.colour("text.dim"), paint.RIGHT)


class Choice(QComboBox):
    """One choice out of many, in the box of a `Field`; the wheel scrolls what is around, it does not change it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look = theme.current()
        self.setAccessibleName(name)
        self.setFont(look.ui(look.type("body")))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(look.size("ticketField"))

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        border = "buy" if self.hasFocus() else "line.control"
        paint.box(p, self.rect(), look.colour("surface.input"), look.colour(border), look.radius())
        ink = "text.strong" if self.isEnabled() else "text.disabled"
        room = self.rect().adjusted(7, 0, -24, 0)
        paint.text(p, room, self.currentText(), look.ui(look.type("body")), look.colour(ink), elide=True)
        paint.icon(p, self.width() - 19, (self.height() - 12) // 2, "down", "text.muted", 12)


class Segments(QWidget):
    """One choice out of a few, side by side; arrow keys move it. `tones` colours a choice when it is taken."""

    chosen = Signal(str)

    def __init__(
        self,
        name: str,
        choices: Sequence[tuple[str, str]],
        *,
        tones: Mapping[str, str] | None = None,
        number: bool = False,
        height: int = 0,
        lines: int = 1,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        look = theme.current()
        self._choices = tuple(choices)
        self._tones = dict(tones or {})
        self._at = choices[0][0] if choices else ""
        self._font = look.number(10, 500) if number else look.ui(look.type("body"), 600)
        self._name = name
        self._lines = lines
        self._line = height or look.size("ticketField")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(self._line * lines + 4 * (lines - 1))
        self._speak()

    def value(self) -> str:
        """Return the key of the choice taken; empty where none is."""
        return self._at

    def set_value(self, key: str) -> None:
        """Take a choice without telling; an unknown key takes none."""
        if key != self._at:
            self._at = key if any(key == k for k, _ in self._choices) else ""
            self._speak()
            self.update()

    def set_choices(self, choices: Sequence[tuple[str, str]]) -> None:
        """Change what can be chosen."""
        if tuple(choices) != self._choices:
            self._choices = tuple(choices)
            self.updateGeometry()
            self.update()

    def rect_of(self, key: str) -> QRect:
        """Return where a choice is painted."""
        return next((rect for k, rect in self._places() if k == key), QRect())

    @override
    def sizeHint(self) -> QSize:
        return self._wish(16, 4)

    @override
    def minimumSizeHint(self) -> QSize:
        return self._wish(8, 2)

    def _wish(self, pad: int, gap: int) -> QSize:
        wide = max(sum(round(paint.width(w, self._font)) + pad + gap for _, w in line) - gap for line in self._split())
        return QSize(wide, self.height())

    def _split(self) -> list[tuple[tuple[str, str], ...]]:
        """Return the choices of each line."""
        each = -(-len(self._choices) // self._lines) or 1
        return [self._choices[i : i + each] for i in range(0, len(self._choices), each)] or [()]

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        for key, rect in self._places():
            if rect.contains(event.position().toPoint()):
                self._take(key)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        keys = [k for k, _ in self._choices]
        if not way or not keys:
            super().keyPressEvent(event)
            return
        at = keys.index(self._at) + way if self._at in keys else 0
        self._take(keys[max(0, min(len(keys) - 1, at))])

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        for key, rect in self._places():
            taken = key == self._at
            tone = self._tones.get(key, "")
            ground = tone if taken and tone else "surface.input" if taken else "surface.raised"
            border = tone or "buy" if taken else "line.control"
            ink = "text.onFill" if taken and tone else "text.strong" if taken else "text.muted"
            if not self.isEnabled():
                ground, border, ink = "surface.dock", "line.border", "text.disabled"
            paint.box(p, rect, look.colour(ground), look.colour(border), look.radius())
            words = next(w for k, w in self._choices if k == key)
            paint.text(p, rect, words, self._font, look.colour(ink), paint.CENTRE)
        if self.hasFocus():
            paint.box(p, self.rect(), None, look.colour("buy"), look.radius())

    def _take(self, key: str) -> None:
        if key != self._at:
            self.set_value(key)
            self.chosen.emit(key)

    def _speak(self) -> None:
        words = next((w for k, w in self._choices if k == self._at), "none")
        self.setAccessibleName(f"{self._name}: {words}")

    def _places(self) -> list[tuple[str, QRect]]:
        """Return where each choice lies: as wide as its words ask, the rest shared out evenly."""
        places = []
        for row, line in enumerate(self._split()):
            wishes = [paint.width(words, self._font) + 8 for _, words in line]
            gap = 4 if sum(wishes) + 4 * len(wishes) <= self.width() else 2
            spare = max(0.0, self.width() - sum(wishes) - gap * (len(wishes) - 1)) / max(1, len(wishes))
            x = 0.0
            for (key, _), wish in zip(line, wishes, strict=True):
                left, right = round(x), round(x + wish + spare)
                places.append((key, QRect(left, row * (self._line + 4), right - left, self._line)))
                x += wish + spare + gap
        return places
