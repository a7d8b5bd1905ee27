"""One setting as a card: its name and help on the left, its field, its source and its reset on the right.

Values are text here; what they mean, and whether they may be so, is decided by whoever hears `changed`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QLabel, QWidget
from typing_extensions import override

from widgets import formats, language, paint, theme
from widgets.controls import FlatButton, IconButton
from widgets.fields import Choice, Field, Segments
from widgets.files import FileDialog

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

FIELD: Final = 250
"""Pixels of the right side."""
FEW: Final = 4
"""So many choices stand side by side."""
MASK: Final = "••••••••"


class SettingRow(NamedTuple):
    """What a card shows."""

    key: str
    page: str
    title: str
    help: str
    kind: str
    """``bool``, ``choice``, ``path``, ``limit``, ``secret`` (whose value is a mask); what else is a line of text."""
    value: str
    default: str
    allowed: str
    variable: str
    source: str = "default"
    """In words, such as ``from environment CITY``."""
    unit: str = ""
    choices: tuple[str, ...] = ()
    locked: bool = False
    """Something above the file says it."""
    resets: bool = False
    now: bool = True
    waits: bool = False
    """Changed in this session, felt at the next start."""
    loss: bool = False
    """Of a limit: tighter is more, not less."""


class SettingCard(QWidget):
    """One setting."""

    changed = Signal(str, str)
    """Key and text."""
    reset = Signal(str)
    opened = Signal(str)
    """A secret is to be given."""
    limited = Signal(str, object, str)
    """Key, number and reason of a limit."""

    def __init__(self, row: SettingRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        look = theme.current()
        self.setAccessibleName(row.title)
        self.setAccessibleDescription(row.help)
        title = _label(row.title, "text.strong", look.type("label"), 600)
        about = _label(row.help, "text.muted", look.type("body"))
        self.facts = _label("", "text.dim", look.type("caption"))
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note = _label("", "danger.text", look.type("body"))
        self.note.hide()
        self.source = Source()
        self.back = IconButton("refresh", f"Reset {row.title} to its default", parent=self)
        self.back.setFixedSize(22, 22)
        self.back.clicked.connect(lambda: self.reset.emit(self.row.key))
        self.why = Field(f"Reason for a looser {row.title}", number=False)
        self.why.setPlaceholderText("Reason, where it gets looser")
        self.why.setMaxLength(200)
        self.why.hide()
        self.editor = self._editor()
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 8, 12, 10)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(0, 1)
        for line, label in enumerate((title, about, self.facts)):
            grid.addWidget(label, line, 0)
        right = QWidget()
        right.setFixedWidth(FIELD)
        box = QHBoxLayout(right)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        for part in self._parts():
            box.addWidget(part, 1 if part is self.editor else 0)
        box.addWidget(self.back)
        grid.addWidget(right, 0, 1)
        grid.addWidget(self.source, 1, 1)
        grid.addWidget(self.why, 2, 1)
        grid.addWidget(self.note, 3, 0, 1, 2)
        self.show_row(row)

    def show_row(self, row: SettingRow) -> None:
        """Show what holds now; what is being typed stays."""
        before, self.row = self.row, row
        if row.kind == "secret":
            self.dots.setText(row.value or formats.DASH)
        self._write(row, fresh=row.value != before.value or not self.typing())
        when = "applies at once" if row.now else "applies at the next start"
        unit = f" {row.unit}" if row.unit and row.kind != "limit" else ""
        allowed = "" if isinstance(self.editor, Segments) else row.allowed
        parts = (row.key, f"default {row.default}{unit}", allowed, row.variable, when)
        self.facts.setText(" · ".join(formats.plain(part, 300) for part in parts if part))
        words = f"{row.source} · at the next start" if row.waits else row.source
        self.source.show_source(words, waits=row.waits, strong=row.source != "default")
        self.back.setVisible(row.kind not in {"secret", "limit"})
        self.back.setEnabled(row.resets and not row.locked)
        self.editor.setEnabled(not row.locked or row.kind in {"secret", "limit"})
        if row.value != before.value:
            self.say("")

    def say(self, text: str) -> None:
        """Say why a value was not taken; an empty text takes it back."""
        self.note.setText(formats.plain(text, 400))
        self.note.setVisible(bool(text))
        if isinstance(self.editor, Field):
            self.editor.set_wrong(bool(text))

    def forget(self) -> None:
        """Show what holds in place of what is being typed."""
        self.why.clear()
        self._write(self.row, fresh=True)

    def typing(self) -> bool:
        """Whether the trader is at its field."""
        if not isinstance(self.editor, Field) or self.editor.text() == self.row.value:
            return False
        return self.editor.hasFocus() or (
            self.row.kind == "limit" and self.editor.isModified()
        )  # its reason comes next

    def text(self) -> str:
        """Return what its field says."""
        if isinstance(self.editor, Segments):
            return self.editor.value()
        if isinstance(self.editor, Choice):
            return str(self.editor.currentData())
        return self.editor.text() if isinstance(self.editor, Field) else ""

    def _editor(self) -> QWidget:
        row = self.row
        if row.kind == "secret":
            button = FlatButton("Change…")
            button.setAccessibleName(f"Change {row.title}")
            button.clicked.connect(lambda: self.opened.emit(self.row.key))
            return button
        choices = ("on", "off") if row.kind == "bool" else row.choices
        if choices and row.kind in {"bool", "choice"}:
            return self._chooser(choices)
        field = Field(row.title, unit=row.unit, number=row.kind in {"int", "decimal", "money", "limit"})
        field.setMaxLength(4_000)
        if row.kind == "limit":
            field.textChanged.connect(lambda _text: self._weigh())
            field.returnPressed.connect(self._limit)
        else:
            field.editingFinished.connect(self._typed)
        return field

    def _chooser(self, choices: tuple[str, ...]) -> QWidget:
        if len(choices) <= FEW:
            segments = Segments(self.row.title, [(one, one or "none") for one in choices])
            segments.chosen.connect(lambda key: self.changed.emit(self.row.key, key))
            return segments
        choice = Choice(self.row.title)
        for one in choices:
            choice.addItem(one or "none", one)
        choice.activated.connect(lambda _at: self.changed.emit(self.row.key, self.text()))
        return choice

    def _parts(self) -> list[QWidget]:
        if self.row.kind == "secret":
            self.dots = _label(formats.DASH, "text.muted", theme.current().type("label"))
            return [self.dots, self.editor]
        if self.row.kind == "path":
            pick = IconButton("doc", f"Choose {self.row.title}")
            pick.clicked.connect(self._pick)
            return [self.editor, pick]
        if self.row.kind == "limit":
            self.give = FlatButton("Set")
            self.give.setAccessibleName(f"Set {self.row.title}")
            self.give.clicked.connect(self._limit)
            return [self.editor, self.give]
        return [self.editor]

    def _write(self, row: SettingRow, *, fresh: bool) -> None:
        if not fresh:
            return
        if isinstance(self.editor, Segments):
            self.editor.set_value(row.value)
        elif isinstance(self.editor, Choice):
            self.editor.setCurrentIndex(max(0, self.editor.findData(row.value)))
        elif isinstance(self.editor, Field):
            self.editor.setText(row.value)
            self.editor.setCursorPosition(0)
            self.editor.setPlaceholderText(row.default)

    def _typed(self) -> None:
        if self.text().strip() != self.row.value:
            self.changed.emit(self.row.key, self.text())

    def _number(self, text: str) -> Decimal | None:
        return formats.typed(text)

    def _weigh(self) -> None:
        """Ask for a reason where the typed limit is looser; the engine decides again."""
        wanted, before = self._number(self.text()), self._number(self.row.value)
        looser = wanted is not None and before is not None and (wanted < before if self.row.loss else wanted > before)
        self.why.setVisible(looser)
        self.give.set_words("Loosen" if looser else "Tighten" if wanted != before else "Set")
        self.give.setAccessibleName(f"{self.give.text()} {self.row.title}")
        self.give.setEnabled(wanted is not None and wanted != before)

    def _limit(self) -> None:
        wanted = self._number(self.text())
        if wanted is None:
            self.say(f"a number is wanted: {self.row.allowed}")
        elif self.why.isVisible() and not self.why.text().strip():
            self.say("A looser limit needs a reason, and a flat book.")
            self.why.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.give.isEnabled():
            self.say("")
            self.limited.emit(self.row.key, wanted, self.why.text().strip())

    def _pick(self) -> None:
        dialog = FileDialog(self, f"Choose {self.row.title}")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.changed.emit(self.row.key, path))
        dialog.show()  # not modal: KILL works over it

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        QPainter(self).fillRect(12, self.height() - 1, self.width() - 24, 1, look.colour("line.border"))


class Source(QWidget):
    """Who says a value, in words; what waits for the next start is marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words, self._tone = "", "text.muted"
        self.setFixedSize(FIELD, 16)

    def show_source(self, words: str, *, waits: bool, strong: bool) -> None:
        """Change what it says."""
        self.words = formats.plain(words, 120)
        self._tone = "warn" if waits else "text.default" if strong else "text.muted"
        self.setAccessibleName(self.words)
        self.setToolTip(formats.tip(self.words))
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        paint.text(
            QPainter(self), QRect(0, 0, self.width(), 16), self.words, look.ui(look.type("caption"), 500),
            look.colour(self._tone), elide=True,
        )  # fmt: skip


def _label(text: str, tone: str, px: int, weight: int = 400) -> QLabel:
    look, label = theme.current(), QLabel(language.said(text))
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setFont(look.ui(px, weight))
    theme.wear(label, WindowText=tone)
    return label
