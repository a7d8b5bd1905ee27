"""Buttons painted from the tokens: with words, with an icon. Focusable and spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractButton, QScrollBar
from typing_extensions import override

from widgets import language, paint, theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent
    from PySide6.QtWidgets import QWidget


PRESSES = frozenset({Qt.Key.Key_Space, Qt.Key.Key_Select})
"""Keys by which Qt presses a button."""
_TINTS = {"pale": 0.16, "tinted": 0.38}
"""How much of the danger colour lies in the ground of a button that is outlined in it."""


class FlatButton(QAbstractButton):
    """A button with words.

    `kind` is outlined, filled (one a dock), danger, danger.tinted or danger.filled.
    """

    def __init__(self, words: str, kind: str = "outlined", *, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = kind
        self.hint = hint
        """Key shown small and muted after the words."""
        self.icon_name = ""
        self.px = theme.current().type("body")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_words(words)

    def set_words(self, words: str) -> None:
        """Change what it says."""
        if words != self.text():
            self.setText(words)
            self.setAccessibleName(language.said(words))
            self.updateGeometry()

    @override
    def sizeHint(self) -> QSize:
        look = theme.current()
        wide = paint.width(self.text(), look.ui(self.px, 500)) + 20
        wide += paint.width(self.hint, look.number(10)) + 6 if self.hint else 0
        wide += 17 if self.icon_name else 0
        return QSize(round(wide), look.size("button"))

    @override
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        ground, border, ink = self._tones()
        look = theme.current()
        if self.underMouse() and self.isEnabled() and "filled" not in self.kind:
            ground = "surface.hover"
        under = look.mix("surface.dock", "danger", _TINTS[ground]) if ground in _TINTS else look.colour(ground)
        paint.box(p, self.rect(), under, look.colour(border), look.radius())
        if self.hasFocus():
            paint.box(p, self.rect().adjusted(1, 1, -1, -1), None, look.colour("buy"), look.radius())
        self._write(p, ink)

    def _tones(self) -> tuple[str, str, str]:
        """Return the colour names of ground, border and words."""
        if not self.isEnabled():
            return "surface.dock", "line.border", "text.disabled"
        if self.isChecked():
            return "surface.selected", "buy", "text.strong"
        if self.isDown() and self.kind == "outlined":
            return "surface.hover", "buy", "text.strong"
        return {
            "filled": ("buy", "buy", "text.onFill"),
            "danger": ("pale", "danger", "danger.text"),
            "danger.filled": ("danger", "danger", "text.onFill"),
            "danger.tinted": ("tinted", "danger", "text.strong"),
        }.get(self.kind, ("surface.raised", "line.control", "text.strong"))

    def _write(self, p: QPainter, ink: str) -> None:
        look = theme.current()
        words, keys = look.ui(self.px, 500 if self.kind == "outlined" else 600), look.number(10)
        wide = paint.width(self.text(), words)
        wide += paint.width(self.hint, keys) + 6 if self.hint else 0
        wide += 17 if self.icon_name else 0
        x = (self.width() - wide) / 2
        y = round(paint.baseline(0, self.height(), self.px))
        if self.icon_name:
            paint.icon(p, round(x), round((self.height() - 12) / 2), self.icon_name, ink, 12)
            x += 17
        x = paint.text_at(p, x, y, self.text(), words, look.colour(ink))
        if self.hint:
            quiet = ink if self.kind != "outlined" or not self.isEnabled() else "text.dim"
            paint.text_at(p, x + 6, y, self.hint, keys, look.colour(quiet))


class OrderButton(FlatButton):
    """A button that sends an order: a key presses it neither held down, nor so soon that it was meant for another one.

    `may` says whether a key is meant, as `Panel.may_trade` does.
    """

    early = Signal()
    """A key was not taken."""

    def __init__(self, words: str, kind: str = "filled", *, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(words, kind, hint=hint, parent=parent)
        self.may: Callable[[], bool] = lambda: True

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in PRESSES or (not event.isAutoRepeat() and self.may()):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.early.emit()


class SureButton(FlatButton):
    """A button that asks once, in place, before it does what cannot be undone; a double click answers nothing.

    Whatever takes the keyboard away, or switches it off, takes the question back.
    """

    sure = Signal()

    def __init__(self, words: str, question: str, kind: str = "danger", parent: QWidget | None = None) -> None:
        super().__init__(words, kind, parent=parent)
        self._words, self._question, self._calm = words, question, kind
        self.asking = False
        self.clicked.connect(self._pressed)

    def _pressed(self) -> None:
        if self.asking:
            self._ask(asking=False)
            self.sure.emit()
        else:
            self._ask(asking=True)
            self.setFocus()

    def _ask(self, *, asking: bool) -> None:
        self.asking = asking
        self.kind = "danger.filled" if asking else self._calm
        self.set_words(self._question if asking else self._words)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.asking:
            self._ask(asking=False)
        elif not event.isAutoRepeat():
            super().keyPressEvent(event)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ask(asking=False)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.EnabledChange and not self.isEnabled() and self.asking:
            self._ask(asking=False)


class IconButton(QAbstractButton):
    """A button with an icon only; `name` is what it is called and says on hovering."""

    def __init__(self, icon: str, name: str, px: int = 13, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.icon_name = icon
        self.px = px
        self.setAccessibleName(language.said(name))
        self.setToolTip(language.said(name))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    @override
    def sizeHint(self) -> QSize:
        return QSize(theme.current().size("toolPitch"), theme.current().size("dockHeader"))

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        lit = self.isEnabled() and (self.underMouse() or self.isDown())
        tone = "text.strong" if lit else "text.muted" if self.isEnabled() else "text.disabled"
        paint.icon(p, (self.width() - self.px) // 2, (self.height() - self.px) // 2, self.icon_name, tone, self.px)
        if self.hasFocus():
            paint.box(p, self.rect().adjusted(1, 3, -1, -3), None, theme.current().colour("buy"))


class SlimBar(QScrollBar):
    """A scroll bar of 8 pixels: a thumb and no arrows."""

    def __init__(self, parent: QWidget | None = None, orientation: Qt.Orientation = Qt.Orientation.Vertical) -> None:
        super().__init__(orientation, parent)

    @override
    def sizeHint(self) -> QSize:
        return QSize(8, 40) if self.orientation() == Qt.Orientation.Vertical else QSize(40, 8)

    def thumb(self) -> QRect:
        """Return where the thumb is painted."""
        span = self.maximum() - self.minimum() + self.pageStep()
        if span <= 0:
            return QRect()
        upright = self.orientation() == Qt.Orientation.Vertical
        whole = self.height() if upright else self.width()
        long = max(20, whole * self.pageStep() // span)
        way = self.maximum() - self.minimum()
        at = (whole - long) * (self.value() - self.minimum()) // way if way else 0
        return QRect(2, at, 4, long) if upright else QRect(at, 2, long, 4)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        tone = "text.dim" if self.underMouse() or self.isSliderDown() else "line.control"
        paint.box(p, self.thumb(), look.colour(tone), None, 2)
