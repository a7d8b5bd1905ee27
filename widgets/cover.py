"""What lies over a dock's body when it is not plainly live: veil, strip, or the page of an empty dock.

None of it takes room: the body keeps its place and size in every state, only emphasis changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QLabel, QWidget
from typing_extensions import override

from widgets import formats, paint, theme
from widgets.controls import FlatButton

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

STRIP_LOOK: Final = {
    "loading": ("clock", "text.muted"),
    "stale": ("clock", "sell"),
    "gap": ("refresh", "sell"),
    "disconnected": ("x", "bad"),
    "error": ("warn", "bad"),
    "halted": ("stop", "danger"),
    "asking": ("warn", "warn"),
}
"""Icon and colour of the strip of each state that has one."""
LINE: Final = 16
"""Pixels from one line of a sentence to the next."""
BESIDE: Final = 160
"""Pixels that words have beside buttons, else they stand below them."""
LEAST: Final = 40
"""Pixels that a sentence has at least: less is a dock that is just being laid out."""
TIP: Final = 320
"""Pixels across of a few sentences, where they find room so."""
_SKELETON: Final = ((0.00, 0.09), (0.16, 0.05), (0.27, 0.06), (0.40, 0.08), (0.55, 0.09), (0.72, 0.08))
"""(from, width) of the grey bars of a row that is not there yet, in shares of the body's width."""


class Veil(QWidget):
    """Dims and hatches what is below it, or draws skeleton rows in its place; lets every click through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._dim = ""
        self._hatch = ""
        self._areas: Callable[[], Sequence[QRect]] | None = None
        self._skeleton = 0
        self._shift = 0
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self.update)
        self._drift = QTimer(self)
        self._drift.timeout.connect(self._move)
        self.hide()

    def cover(
        self,
        *,
        dim: str = "",
        hatch: str = "",
        areas: Callable[[], Sequence[QRect]] | None = None,
        skeleton: int = 0,
        drift: bool = False,
    ) -> None:
        """Set what to draw.

        Parameters
        ----------
        dim : str
            Name of a blend: how much of the ground is laid over the body.
        hatch : str
            Name of a hatch. Over everything it waits a moment, so that a short hiccup does not flicker.
        areas : callable
            Gives the places of the hatch, asked whenever it is drawn, since a resized body has moved them.
        skeleton : int
            Height of a row in pixels: draw grey bars instead of the body.
        drift : bool
            Let the hatch move slowly, unless motion is reduced.
        """
        look = theme.current()
        if (dim, hatch) != (self._dim, self._hatch) and hatch and areas is None:
            self._patience.start(look.motion("hatchAfterMs"))
        self._dim, self._hatch, self._areas, self._skeleton = dim, hatch, areas, skeleton
        if drift and not look.reduced_motion:
            self._drift.start(1000 // look.motion("hatchDriftPxPerS"))
        else:
            self._drift.stop()
        self.setVisible(bool(dim or hatch or skeleton))
        self.update()

    def _move(self) -> None:
        self._shift += 1
        if self.isVisible():
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        if self._skeleton:
            self._paint_skeleton(p)
            return
        if self._dim:
            ground = QColor(look.colour("surface.dock"))
            ground.setAlphaF(look.blend(self._dim))
            p.fillRect(self.rect(), ground)
        if self._hatch and not self._patience.isActive():
            for area in (self.rect(),) if self._areas is None else self._areas():
                paint.hatch(p, area, look.hatch(self._hatch), QPoint(self._shift, 0))

    def _paint_skeleton(self, p: QPainter) -> None:
        look = theme.current()
        p.fillRect(self.rect(), look.colour("surface.dock"))
        wide, tall = self.width() - 16, self._skeleton
        for y in range(look.size("strip"), self.height() - tall + 1, tall):
            p.fillRect(0, y + tall - 1, self.width(), 1, look.colour("line.grid"))
            for i, (start, share) in enumerate(_SKELETON):
                shorter = 1 - 0.25 * ((y // tall + i) % 3)
                bar = QRect(8 + round(wide * start), y + tall // 2 - 4, max(8, round(wide * share * shorter)), 8)
                paint.box(p, bar, look.colour("surface.raised"), None, look.radius("mark"))


class Strip(QWidget):
    """One line over the top of the body: what is wrong, and what can be done about it."""

    pressed = Signal(str)
    """Words of the button."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon, self._tone = STRIP_LOOK["error"]
        self._words = ""
        self._code = ""
        self._buttons: list[FlatButton] = []
        self.hide()

    def say(self, state: str, words: str, actions: Sequence[str] = (), code: str = "") -> None:
        """Show a sentence, its code in bold before it, and one button for each of `actions`."""
        self._icon, self._tone = STRIP_LOOK[state]
        self._words, self._code = words, code
        if [button.text() for button in self._buttons] != list(actions):
            self._rebuild(actions)
        self.setToolTip(formats.tip(f"{code} {words}"))
        self.setAccessibleName(f"{code} {words}".strip())
        self._place()
        self.fit()
        self.show()
        self.raise_()
        self.update()

    def fit(self) -> None:
        """Be as tall as the words need in the width there is."""
        tall = theme.current().size("strip")
        self.resize(self.width(), tall + LINE * (len(self._lines()) - 1))

    def _lines(self) -> list[str]:
        """Return the words line by line; beside many buttons the first line has none of them."""
        look = theme.current()
        left = 28.0 + (paint.width(self._code, look.ui(11, 600)) + 8 if self._code else 0.0)
        right = (self._buttons[0].x() if self._buttons else self.width()) - 8
        if right - left >= BESIDE:
            return paint.lines(self._words, look.ui(11), right - left)
        return ["", *paint.lines(self._words, look.ui(11), max(LEAST, self.width() - 36.0))]

    def _rebuild(self, actions: Sequence[str]) -> None:
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons = []
        for words in actions:
            button = FlatButton(words, parent=self)
            button.clicked.connect(lambda _=False, said=words: self.pressed.emit(said))
            button.show()
            self._buttons.append(button)

    def _place(self) -> None:
        tall = theme.current().size("strip")
        x = self.width() - 3
        for button in reversed(self._buttons):
            wide = button.sizeHint().width()
            x -= wide
            button.setGeometry(x, 2, wide, tall - 4)
            x -= 4

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.mix("surface.raised", self._tone, "strip"))
        p.fillRect(0, 0, 3, self.height(), look.colour(self._tone))
        tall = look.size("strip")
        paint.icon(p, 10, (tall - 12) // 2, self._icon, self._tone, 12)
        x, y = 28.0, round(paint.baseline(0, tall, 11))
        if self._code:
            x = paint.text_at(p, x, y, self._code, look.ui(11, 600), look.colour("text.strong")) + 8
        shown = self._lines()
        left = x if shown[0] else 28.0
        for n, line in enumerate(shown):
            paint.text_at(p, left, y + n * LINE, line, look.ui(11), look.colour("text.default"))


class EmptyPage(QWidget):
    """What a dock without anything to show says: an icon, one sentence, at most one button."""

    pressed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = ""
        self._icon = "inbox"
        self._button = FlatButton("", "filled", parent=self)
        self._button.setAccessibleName("What to do here")
        self._button.px = theme.current().type("label")
        self._button.clicked.connect(lambda: self.pressed.emit(self._button.text()))
        self.hide()

    def say(self, words: str, action: str = "", icon: str = "inbox") -> None:
        """Show a sentence and, if there is an action, its button."""
        self._words, self._icon = words, icon
        self._button.set_words(action)
        self._button.setVisible(bool(action))
        self.setAccessibleName(words)
        self._place()
        self.show()
        self.raise_()
        self.update()

    def _place(self) -> None:
        size = self._button.sizeHint() + QSize(12, 2)
        y = self.height() // 2 + 24 + LINE * (len(self._lines()) - 1)
        self._button.setGeometry((self.width() - size.width()) // 2, y, size.width(), size.height())

    def _lines(self) -> list[str]:
        look = theme.current()
        return paint.lines(self._words, look.ui(look.type("label")), max(LEAST, self.width() - 16))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        middle = self.height() // 2
        paint.icon(p, self.width() // 2 - 16, middle - 44, self._icon, "text.dim", 32)
        font = look.ui(look.type("label"))
        for n, line in enumerate(self._lines()):
            rect = QRect(8, middle - 6 + n * LINE, self.width() - 16, 24)
            paint.text(p, rect, line, font, look.colour("text.default"), paint.CENTRE)


class Tip(QLabel):
    """A few plain sentences in the top right corner of a dock; a click takes them away."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        look = theme.current()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setMargin(10)
        self.setFont(look.ui(look.type("body")))
        self.hide()

    def say(self, text: str, room: QRect) -> None:
        """Show a text within `room`; the same text again hides it."""
        if self.isVisible() and text == self.text():
            self.hide()
            return
        self.setText(text)
        most = room.width() - 8
        wide = min(TIP, most)
        while wide < most and self.heightForWidth(wide) > room.height() - room.y() - 6:  # of a low dock
            wide = min(most, wide + 40)
        self.setGeometry(room.right() - wide - 3, room.y() + 3, wide, self.heightForWidth(wide))
        self.show()
        self.raise_()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.hide()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.raised"))
        paint.frame(p, self.rect(), look.colour("line.control"))
        p.end()
        super().paintEvent(event)
