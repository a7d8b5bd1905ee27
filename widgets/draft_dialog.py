"""A dialog in two halves: fields on the left, on the right a picture of what they would mean.

Not modal: the map stays in reach. Every change forgets the answer and, once the typing rests, tells a new draft; only
a draft that was answered can be confirmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import formats, theme
from widgets.controls import FlatButton
from widgets.market_terms import Unfit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from widgets.fields import Field

DRAFT_MS: Final = 120
"""Typing rests for so long before it is a draft."""


class Picture(Protocol):
    """What the right half needs."""

    def show_view(self, view: None) -> None:
        """Show dashes: an answer is awaited."""


class DraftDialog(QDialog):
    """Fill in, see what it would mean, confirm it."""

    draft = Signal(object)
    """What the fields stand for; it waits for an answer."""
    confirmed = Signal(object)
    """The draft that was answered and is to be done."""

    def __init__(self, title: str, act: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(False)
        self.act = act
        """Words of the one filled button."""
        self._draft: object = None
        self._picture: Picture | None = None
        self._drafts = QTimer(self)
        self._drafts.setSingleShot(True)
        self._drafts.timeout.connect(self._emit_draft)
        self.note = plain_label("text.muted")
        """What the answer adds in words, under the fields."""
        self.why = plain_label("danger.text")
        self.confirm = FlatButton(act, "filled")
        self.cancel = FlatButton("Close")
        self.confirm.clicked.connect(self._confirm)
        self.cancel.clicked.connect(self.reject)

    # What a subclass gives

    def read(self) -> object:
        """Return the draft the fields stand for.

        Raises
        ------
        Unfit
            If a field is missing or makes no sense.
        """
        raise NotImplementedError

    def typed_fields(self) -> dict[str, Field]:
        """Return the fields that can be wrong, by the name that `Unfit` gives them."""
        raise NotImplementedError

    def after_confirming(self) -> None:
        """Go on once a draft was confirmed: the dialog closes."""
        self.accept()

    def lay_out(
        self, rows: Sequence[tuple[str, QWidget]], picture: QWidget, column: int, size: tuple[int, int]
    ) -> None:
        """Put labelled fields left, the picture right, and the buttons below."""
        look = theme.current()
        self._picture = picture  # type: ignore[assignment]  # a widget that has `show_view`
        form = QGridLayout()
        form.setContentsMargins(12, 12, 12, 8)
        form.setHorizontalSpacing(8)
        form.setVerticalSpacing(look.size("ticketRow") - look.size("ticketField"))
        for i, (words, field) in enumerate(rows):
            label = plain_label("text.muted")
            label.setText(words)
            form.addWidget(label, i, 0)
            form.addWidget(field, i, 1)
        form.addWidget(self.note, len(rows), 0, 1, 2)
        form.setRowStretch(len(rows) + 1, 1)
        form.setColumnMinimumWidth(1, column)
        halves, foot, whole = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        halves.setSpacing(0)
        halves.addLayout(form, 1)
        halves.addWidget(picture, 1)
        foot.setContentsMargins(12, 8, 12, 10)
        foot.setSpacing(6)
        foot.addWidget(self.why, 1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.confirm)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(halves, 1)
        whole.addLayout(foot)
        self.resize(*size)

    # What subclasses call

    def changed(self) -> None:
        """Forget the answer: it was to another draft."""
        self._draft = None
        self.confirm.setEnabled(False)
        self.confirm.set_words(self.act)
        if self._picture is not None:
            self._picture.show_view(None)
        self.note.setText("")
        for field in self.typed_fields().values():
            field.set_wrong(False)
        self._drafts.start(DRAFT_MS)

    def say(self, words: str) -> None:
        """Say in one sentence why it cannot be confirmed; empty when it can."""
        self.why.setText(words)
        self.why.setToolTip(formats.tip(words))

    def answered(self) -> bool:
        """Whether there is a draft that an answer could be to."""
        return self._draft is not None

    def refresh(self) -> None:
        """Ask again for the same draft."""
        if self._draft is not None:
            self.draft.emit(self._draft)

    # Its own life

    def _emit_draft(self) -> None:
        if not self.isVisible():
            return
        try:
            self._draft = self.read()
        except Unfit as e:
            self._draft = None
            field = self.typed_fields().get(e.field)
            if field is not None:
                field.set_wrong(bool(field.text()))
            self.say(str(e))
            return
        self.say("")
        self.draft.emit(self._draft)

    def _confirm(self) -> None:
        if self._draft is not None:
            self.confirm.setEnabled(False)
            self.confirmed.emit(self._draft)
            self.after_confirming()

    @override
    def open(self) -> None:
        """Show it beside the map: unlike Qt's own, it blocks no other window."""
        self.show()
        self.raise_()

    @override
    def setVisible(self, visible: bool) -> None:
        super().setVisible(visible)
        if visible:
            self.changed()
        else:
            self._drafts.stop()


def plain_label(colour: str) -> QLabel:
    """Return a label of plain text that wraps, in a named colour."""
    label, look = QLabel(), theme.current()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setFont(look.ui(look.type("body")))
    theme.wear(label, WindowText=colour)
    return label
