"""The hotkey editor: every action by the place where its key works, and a way to press another one for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import formats, fuzzy, keymap, paint, theme
from widgets.controls import FlatButton
from widgets.fields import Field
from widgets.key_list import KeyList, lines

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent


class HotkeysDialog(QDialog):
    """Every action and its keys."""

    import_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Hotkeys")
        self.search = Field("Find an action or a key", number=False)
        self.search.setPlaceholderText("Find an action, or a key such as Ctrl+L")
        self.search.setMaxLength(fuzzy.LONGEST_QUERY)
        self.list = KeyList()
        self.message = Message()
        self.only = FlatButton("Changed only")
        self.only.setCheckable(True)
        self.record = FlatButton("Press a key…", hint="Enter")
        self.add = FlatButton("One more", hint="+")
        self.none = FlatButton("No key", hint="Del")
        self.reset = FlatButton("First keys", hint="Backspace")
        self.reset_all = FlatButton("Reset all…", "danger")
        self.bring = FlatButton("Import…")
        self.give = FlatButton("Export…")
        self.close_button = FlatButton("Close", "filled")
        self._asked = False
        self._lay_out()
        self._wire()
        self._refresh()

    def say(self, words: str, *, good: bool = True) -> None:
        """Show one sentence at the foot."""
        self.message.say(words, good=good)

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 14, 16, 14)
        box.setSpacing(8)
        top, middle, foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.only)
        for button in (self.record, self.add, self.none, self.reset):
            middle.addWidget(button)
        middle.addStretch(1)
        for button in (self.bring, self.give, self.reset_all):
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        box.addLayout(top)
        box.addWidget(self.list, 1)
        box.addWidget(self.message)
        box.addLayout(middle)
        box.addLayout(foot)
        self.resize(720, 640)

    def _wire(self) -> None:
        self.search.textChanged.connect(self._refresh)
        self.search.returnPressed.connect(self.list.setFocus)
        self.only.toggled.connect(self._refresh)
        self.list.said.connect(lambda words, good: self.message.say(words, good=good))
        self.record.clicked.connect(lambda: self.list.record())
        self.add.clicked.connect(lambda: self.list.record(adds=True))
        self.none.clicked.connect(self.list.clear)
        self.reset.clicked.connect(self.list.reset)
        self.reset_all.clicked.connect(self._reset_all)
        self.bring.clicked.connect(self.import_wanted)
        self.give.clicked.connect(self.export_wanted)
        self.close_button.clicked.connect(self.close)
        keymap.current().changed.connect(self._refresh)

    def _refresh(self) -> None:
        self.list.show_lines(lines(self.search.text(), changed=self.only.isChecked()))
        self._ask(asked=False)

    def _reset_all(self) -> None:
        """Ask once, in the button itself; the second press does it."""
        if not self._asked:
            count = len(keymap.current().changes())
            self._ask(asked=count > 0)
            self.message.say(
                f"{count} actions have other keys: press again to reset them." if count else "Nothing to reset."
            )
            return
        keymap.current().reset()
        self.message.say("Every action has its first keys again.")

    def _ask(self, *, asked: bool) -> None:
        self._asked = asked
        self.reset_all.set_words("Reset all: sure?" if asked else "Reset all…")

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            super().keyPressEvent(event)

    @override
    def done(self, result: int) -> None:
        self.list.stop()
        super().done(result)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.current().colour("surface.dock"))


class Message(QWidget):
    """One sentence, or what the dialog is for."""

    FIRST: Final = (
        "A key works where it stands: “Everywhere” in the whole window, the others while that dock has the focus."
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = self.FIRST
        self.good = True
        self.setFixedHeight(20)

    def say(self, words: str, *, good: bool = True) -> None:
        """Show a sentence; none shows what the dialog is for."""
        self.words, self.good = formats.plain(words, 240) or self.FIRST, good
        self.setAccessibleName(self.words)
        self.setToolTip(formats.tip(self.words))
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(400, 20)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        ink = "danger.text" if not self.good else "text.muted" if self.words == self.FIRST else "text.default"
        paint.text(QPainter(self), self.rect(), self.words, look.ui(11), look.colour(ink), elide=True)
