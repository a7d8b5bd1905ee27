"""The row of tools over a chart: choices, switches with a sample of their line. What does not fit is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractButton, QWidget
from typing_extensions import override

from widgets import paint, theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent, QResizeEvent

GAP = 4
EDGE = 8


class Switch(QAbstractButton):
    """A switch in a row of tools; with a colour, a sample of what it shows stands before its word."""

    def __init__(self, words: str, tone: str = "", *, checkable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tone = tone
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_words(words)

    def set_words(self, words: str) -> None:
        """Change what it says."""
        if words != self.text():
            self.setText(words)
            self.setAccessibleName(words)
            self.updateGeometry()

    @override
    def sizeHint(self) -> QSize:
        sample = 18 if self.tone else 0
        return QSize(round(paint.width(self.text(), theme.current().ui(10, 500))) + sample + 10, 18)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        on = self.isChecked() or not self.isCheckable()
        if self.hasFocus():
            paint.box(p, self.rect(), None, look.colour("buy"), look.radius())
        elif self.underMouse():
            paint.box(p, self.rect(), look.colour("surface.hover"), None, look.radius())
        elif not self.tone and self.isChecked():
            paint.box(p, self.rect(), look.mix("surface.dock", "buy", "chip"), look.colour("buy"), look.radius())
        x = 5
        if self.tone:
            p.fillRect(x, self.height() // 2 - 1, 14, 2, look.colour(self.tone if on else "line.control"))
            x += 18
        ink = look.colour("text.default" if on else "text.dim")
        room = self.rect().adjusted(x, 0, -5, 0)
        paint.text(p, room, self.text(), look.ui(10, 500), ink)
        if self.tone and not on:
            p.fillRect(x, self.height() // 2, room.width(), 1, ink)  # not by colour alone: struck


class ToolRow(QWidget):
    """Lays its parts side by side; where it is too narrow the last of those that may go are hidden."""

    def __init__(self, left: Sequence[QWidget], right: Sequence[QWidget] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._left, self._right = tuple(left), tuple(right)
        for one in (*self._left, *self._right):
            one.setParent(self)
        self.setFixedHeight(theme.current().size("toolRow"))

    def lay_out(self) -> None:
        """Put the parts where they fit: those on the right before those on the left, the first before the last."""
        end = self.width() - EDGE
        first = self._left[:1]
        kept = sum(one.sizeHint().width() + GAP for one in first)
        for one in self._right:
            wide = one.sizeHint().width()
            fits = end - wide >= EDGE + kept
            one.setVisible(fits)
            if fits:
                one.setGeometry(
                    end - wide, (self.height() - one.sizeHint().height()) // 2, wide, one.sizeHint().height()
                )
                end -= wide + GAP
        x, full = EDGE, False
        for one in self._left:
            hint = one.sizeHint()
            full = full or x + hint.width() > end
            one.setVisible(not full)
            if not full:
                one.setGeometry(x, (self.height() - hint.height()) // 2, hint.width(), hint.height())
                x += hint.width() + GAP

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self.lay_out()
        super().resizeEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.grid"))
