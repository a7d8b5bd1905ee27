"""Leaving with live orders at work: what works, and the three ways on. Nothing is done by Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import formats, theme
from widgets.controls import FlatButton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent, QPaintEvent

CANCEL, LEAVE, STAY = CHOICES = ("cancel", "leave", "stay")
LISTED: Final = 8
_WIDE: Final = 520


class LeaveDialog(QDialog):
    """Closing it in any other way is staying."""

    chosen = Signal(str)
    """One of `CHOICES`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Quit with live orders")
        self.over = False
        """It says that none works any more."""
        look = theme.current()
        self.head, self.body = QLabel(), QLabel()
        for label, font, tone in (
            (self.head, look.ui(look.type("action"), 600), "text.strong"),
            (self.body, look.ui(look.type("label")), "text.default"),
        ):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setFont(font)
            palette = label.palette()
            palette.setColor(label.foregroundRole(), look.colour(tone))
            label.setPalette(palette)
        self.stay = FlatButton("Stay", "filled")
        self.leave = FlatButton("Leave them working and quit")
        self.cancel = FlatButton("Cancel them and quit", "danger.tinted")
        self.stay.clicked.connect(self.reject)
        self.leave.clicked.connect(lambda: self.chosen.emit(LEAVE))
        self.cancel.clicked.connect(lambda: self.chosen.emit(CANCEL))
        self.rejected.connect(lambda: self.chosen.emit(STAY))
        box = QVBoxLayout(self)
        box.setContentsMargins(26, 20, 24, 18)
        box.setSpacing(12)
        box.addWidget(self.head)
        box.addWidget(self.body)
        row = QHBoxLayout()
        row.addStretch(1)
        for button in (self.cancel, self.leave, self.stay):
            row.addWidget(button)
        box.addLayout(row)
        for label in (self.head, self.body):
            label.setFixedWidth(_WIDE)
        self.stay.setFocus()

    def show_work(self, orders: Sequence[str], strategies: Sequence[str], *, cancelling: bool) -> None:
        """Say what works: a line an order, a name a strategy; `cancelling` once that was asked for."""
        self.over = False
        many = len(orders)
        what = f"{many} LIVE {'order is' if many == 1 else 'orders are'}"
        self.head.setText(f"{what} not confirmed as cancelled." if cancelling else f"{what} working.")
        lines = [formats.plain(line, 120) for line in orders[:LISTED]]
        if many > LISTED:
            lines.append(f"and {many - LISTED} more")
        if strategies:
            lines.append(self._named(strategies))
        lines.append(
            "The venue has been asked. Quitting now leaves what it does not confirm as it is."
            if cancelling
            else "Orders left working can fill while nothing here watches them; the next start finds them again."
        )
        self._say(lines)
        self.cancel.setEnabled(not cancelling)
        self.leave.set_words("Quit anyway" if cancelling else "Leave them working and quit")
        self.adjustSize()

    def show_over(self, strategies: Sequence[str]) -> None:
        """Say that nothing works any more, though nobody asked for that here: whether to go is still to be said."""
        self.over = True
        self.head.setText("No LIVE order is working any more.")
        lines = ["What worked has filled, or ended elsewhere. See your positions before you quit."]
        if strategies:
            lines.insert(0, self._named(strategies))
        self._say(lines)
        self.cancel.setEnabled(False)
        self.leave.set_words("Quit")
        self.adjustSize()

    @staticmethod
    def _named(strategies: Sequence[str]) -> str:
        names = ", ".join(formats.plain(name, 40) for name in strategies)
        return f"Strategies that send: {names}. They stop with the program."

    def _say(self, lines: Sequence[str]) -> None:
        self.body.setText("\n".join(lines))
        self.body.setFixedHeight(self.body.heightForWidth(_WIDE))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            return
        super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, 0, 6, self.height(), look.colour("mode.live"))
