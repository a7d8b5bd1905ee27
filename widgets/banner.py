"""A strip under the spine that says one thing about the whole session until it is clicked away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.ids import Topic
from engine.views import topics
from engine.views.status import SpineView
from widgets import formats, paint, theme
from widgets.controls import FlatButton, IconButton

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent, QResizeEvent

TALL: Final = 29


class Banner(QWidget):
    """One line, with at most one button; hidden while there is nothing to say."""

    pressed = Signal(str)
    """Words of its button."""
    draws_hidden = True
    rests_ms = 50

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: Callable[[SpineView | None], str] = lambda _view: ""
        self._text = ""
        self._view: SpineView | None = None
        self.setFixedHeight(TALL)
        self.button = FlatButton("", parent=self)
        self.button.setAccessibleName("What to do about it")
        self.button.clicked.connect(lambda: self.pressed.emit(self.button.text()))
        self.dismiss = IconButton("x", "Take this away", parent=self)
        self.dismiss.clicked.connect(self.hide)
        self.hide()

    def say(self, words: Callable[[SpineView | None], str], action: str = "") -> None:
        """Show what `words` makes of the spine's view, now and whenever that changes."""
        self._words = words
        self.button.set_words(action)
        self.button.setVisible(bool(action))
        self._dress()
        self.show()

    def text(self) -> str:
        """Return what it says now."""
        return self._text

    def topics(self) -> frozenset[Topic]:
        """Return the topics it shows."""
        return frozenset({topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Take the spine's view."""
        if isinstance(view, SpineView):
            self._view = view
            if not self.isHidden():
                self._dress()

    def _dress(self) -> None:
        text = formats.plain(self._words(self._view), 300)
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.setToolTip(formats.tip(text))
            self.update()
        self._lay_out()

    def _lay_out(self) -> None:
        self.dismiss.setGeometry(self.width() - 28, 0, 24, self.height() - 1)
        wide = self.button.sizeHint().width()
        self.button.setGeometry(self.dismiss.x() - 6 - wide, 3, wide, theme.current().size("button"))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.raised"))
        p.fillRect(0, 0, 4, self.height(), look.colour("warn"))
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.border"))
        paint.icon(p, 12, 8, "warn", "warn", 13)
        end = self.button.x() if self.button.isVisible() else self.dismiss.x()
        rect = QRect(32, 0, end - 40, self.height() - 1)
        paint.text(p, rect, self._text, look.ui(12), look.colour("text.strong"), elide=True)
