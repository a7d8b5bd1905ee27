"""Keys of a venue: what is given, where it is kept, and what a read-only test of them found.

The dialog holds what was typed only until it is handed on; it is cleared when the dialog closes. Secrets are shown
as dots and never read back: a key that is stored is named by its source alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import formats, paint, theme
from widgets.controls import FlatButton, SureButton
from widgets.fields import Choice, Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent, QPaintEvent

LONGEST: Final = 8_192
"""Characters of one field; the longest key is a few thousand."""
LINE: Final = 20
PLACES: Final = {
    "keyring": "the system's keyring",
    "file": "a file, encrypted with a passphrase",
    "session": "memory, until the program ends",
}


LOCKED: Final = "Locked: they lie in a file and wait for its passphrase."


class KeyField(NamedTuple):
    """One thing a venue wants."""

    name: str
    label: str
    secret: bool = True
    lines: bool = False
    """More than one line, such as a private key in PEM."""
    hint: str = ""


class Given(NamedTuple):
    """What the trader gave; its text shows no secret."""

    venue: str
    values: dict[str, str]
    place: str
    """``keyring``, ``file`` or ``session``."""
    passphrase: str

    @override
    def __repr__(self) -> str:
        return f"Given({self.venue!r}, {len(self.values)} fields, {self.place!r})"


class Found(QWidget):
    """What the test found, a line each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[tuple[str, bool], ...] = ()
        self.setMinimumSize(460, 3 * LINE)

    def show_lines(self, lines: Sequence[tuple[str, bool]]) -> None:
        """Show sentences, good or bad."""
        self.lines = tuple((formats.plain(text), good) for text, good in lines)[:12]
        self.setMinimumHeight(LINE * max(3, len(self.lines)))
        self.setAccessibleDescription("; ".join(text for text, _ in self.lines))
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        for number, (text, good) in enumerate(self.lines):
            row = QRect(18, LINE * number, self.width() - 18, LINE)
            paint.icon(p, 0, LINE * number + 4, "check" if good else "stop", "good" if good else "danger.text", 12)
            paint.text(p, row, text, look.ui(11), look.colour("text.default" if good else "danger.text"), elide=True)


class KeysDialog(QDialog):
    """Give, test and forget the keys of one venue. Emits what was given; never keeps it."""

    given = Signal(object)
    """`Given`: to be stored, then tested read-only."""
    unlocking = Signal(str)
    """The passphrase of the file that the keys lie in."""
    tested = Signal(str)
    """A venue whose stored keys are to be tested."""
    forgotten = Signal(str)
    """A venue whose stored keys are to be deleted."""

    def __init__(
        self,
        venue: str,
        title: str,
        fields: Sequence[KeyField],
        places: Sequence[str],
        parent: QWidget | None = None,
        *,
        without: str = "No keys: prices only, paper orders.",
    ) -> None:
        super().__init__(parent)
        self.venue = venue
        self.setWindowTitle(f"Keys: {formats.plain(title, 40)}")
        self._fields = tuple(fields)
        self._without = without
        self.inputs: dict[str, Field | QPlainTextEdit] = {one.name: _input(one) for one in fields}
        self.place = Choice("Kept in")
        for name in places:
            self.place.addItem(PLACES[name], name)
        self.passphrase = Field("Passphrase", number=False)
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.source = QLabel()
        self.source.setTextFormat(Qt.TextFormat.PlainText)
        self.found = Found()
        self.save = FlatButton("Keep and test, read-only", "filled")
        self.unlock = FlatButton("Unlock", "filled")
        self.skip = FlatButton("Open without them")
        self._locked = False
        self.test = FlatButton("Test what is kept")
        self.forget = SureButton("Forget", "Delete them for good?")
        self._lay_out()
        self.place.currentIndexChanged.connect(lambda _at: self._dress())
        self.passphrase.textChanged.connect(lambda _text: self._dress())
        for one in self.inputs.values():
            one.textChanged.connect(self._dress)
        self.save.clicked.connect(self._give)
        self.unlock.clicked.connect(self._unlock)
        self.skip.clicked.connect(self.reject)
        self.test.clicked.connect(lambda: self.tested.emit(self.venue))
        self.forget.sure.connect(lambda: self.forgotten.emit(self.venue))
        self.show_source("")

    def show_source(self, source: str, *, locked: bool = False) -> None:
        """Say where the keys in use come from, empty when there are none, and whether a file of them is locked."""
        words = {"": self._without, "environment": "In use: from environment variables."}
        text = words.get(source, f"In use: kept in {PLACES.get(source, formats.plain(source, 40))}.")
        self.source.setText(f"{LOCKED} {text if source else ''}".strip() if locked else text)
        self.test.setEnabled(bool(source))
        self.forget.setEnabled(source in PLACES or locked)
        self._locked = locked
        self.unlock.setVisible(locked)
        self._dress()

    def begin_opening(self) -> None:
        """A desk waits for these keys: offer to open it without them."""
        self.skip.show()
        self.passphrase.setFocus()

    def show_found(self, lines: Sequence[tuple[str, bool]]) -> None:
        """Show what a test found."""
        self.found.show_lines(lines)

    def clear(self) -> None:
        """Forget what was typed."""
        for one in (*self.inputs.values(), self.passphrase):
            one.clear()

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 20)
        box.setSpacing(10)
        form = QFormLayout()
        form.setSpacing(6)
        for one in self._fields:
            form.addRow(_label(one.label), self.inputs[one.name])
        form.addRow(_label("Kept in"), self.place)
        form.addRow(_label("Passphrase"), self.passphrase)
        box.addWidget(self.source)
        box.addLayout(form)
        box.addWidget(self.found, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.forget, self.test):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.skip, self.unlock, self.save):
            row.addWidget(button)
        for button in (self.skip, self.unlock):
            button.hide()
        box.addLayout(row)
        self._dress()

    def _values(self) -> dict[str, str]:
        found = {}
        for name, one in self.inputs.items():
            text = one.toPlainText() if isinstance(one, QPlainTextEdit) else one.text()
            if text.strip():
                found[name] = text.strip()[:LONGEST]
        return found

    def _dress(self) -> None:
        in_file = self.place.currentData() == "file"
        self.passphrase.setEnabled(in_file or self._locked)
        self.unlock.setEnabled(bool(self.passphrase.text()))
        self.save.setEnabled(bool(self._values()) and (not in_file or bool(self.passphrase.text())))

    def _give(self) -> None:
        given = Given(self.venue, self._values(), str(self.place.currentData()), self.passphrase.text())
        self.clear()
        self.given.emit(given)

    def _unlock(self) -> None:
        passphrase = self.passphrase.text()
        self.passphrase.clear()
        self.unlocking.emit(passphrase)

    @override
    def done(self, result: int) -> None:
        self.clear()
        super().done(result)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            return
        super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.current().colour("surface.dock"))


def _input(one: KeyField) -> Field | QPlainTextEdit:
    if one.lines:
        text = QPlainTextEdit()
        text.setAccessibleName(one.label)
        text.setFixedHeight(96)
        text.setPlaceholderText(one.hint)
        text.setTabChangesFocus(True)
        text.setFont(theme.current().number(10))
        return text
    field = Field(one.label, number=False)
    field.setMaxLength(LONGEST)
    field.setPlaceholderText(one.hint)
    field.setMinimumWidth(320)
    if one.secret:
        field.setEchoMode(QLineEdit.EchoMode.Password)
    return field


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFont(theme.current().ui(11))
    return label
