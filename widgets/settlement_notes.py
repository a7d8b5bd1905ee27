"""The trader's notes on settlements: what was argued, asked or found out about a market, beside its sealed records.

A note is no part of a record and of no chain. What is typed and not kept yet stays with its market while another is
looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import NoteMarket
from engine.core.ids import MarketId
from engine.views import topics
from engine.views.weather import SettlementLine, SettlementsView
from widgets import formats, paint, panel, states, theme
from widgets.controls import FlatButton, SlimBar

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QPaintEvent

    from engine.core.ids import Topic

LONGEST: Final = 2_000
"""Characters of a note."""
DRAFTS: Final = 50
"""Markets whose typed words wait to be kept."""


class Writing(QPlainTextEdit):
    """A field of several lines; Ctrl+Return keeps it, Tab leaves it."""

    kept = Signal()

    def __init__(self) -> None:
        super().__init__()
        look = theme.current()
        self.setAccessibleName("Note on the settlement")
        self.setPlaceholderText("What was argued, asked or found out about this settlement")
        self.setTabChangesFocus(True)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setVerticalScrollBar(SlimBar(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFont(look.ui(look.type("body")))
        self.document().setDocumentMargin(9.0)
        theme.wear(self, Base="surface.input", Text="text.default")

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and ctrl:
            self.kept.emit()
        else:
            super().keyPressEvent(event)


class Kept(QWidget):
    """Whether what stands in the field is kept, in a few words."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._tone = "text.muted"
        self.setFixedHeight(theme.current().size("button"))

    def say(self, words: str, tone: str) -> None:
        """Say something else."""
        if (words, tone) != (self.text, self._tone):
            self.text, self._tone = words, tone
            self.setAccessibleName(words)
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        font = look.ui(look.type("body"))
        paint.text(QPainter(self), self.rect(), self.text, font, look.colour(self._tone), elide=True)


class NotesPanel(panel.Panel):
    """The note of the market whose settlement is picked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        help_text = (
            "Your own words on the settlement that is picked. They are kept in the ledger beside the records; no record"
            " holds them and no hash covers them. Ctrl+Return keeps them."
        )
        super().__init__("Notes", help_text=help_text, parent=parent)
        self._market = MarketId("")
        self._view: SettlementsView | None = None
        self._drafts: dict[MarketId, str] = {}
        self.field = Writing()
        self.keep = FlatButton("Keep the note")
        self.words = Kept()
        body = QWidget()
        column, acts = QVBoxLayout(body), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        acts.setContentsMargins(10, 5, 10, 5)
        acts.addWidget(self.words, 1)
        acts.addWidget(self.keep)
        column.addWidget(self.field, 1)
        column.addLayout(acts)
        self.set_body(body)
        self.setFocusProxy(self.field)
        self.field.textChanged.connect(self._typed)
        self.field.kept.connect(self._keep)
        self.keep.clicked.connect(self._keep)
        self.set_state(states.EMPTY, "Pick a line of the settlement queue.")

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.SETTLEMENTS})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if isinstance(view, SettlementsView):
            self._view = view
            self._show()

    def show_market(self, market: str) -> None:
        """Show the note of another market."""
        self._market = MarketId(market)
        self._show()

    def line(self) -> SettlementLine | None:
        """Return the line that is picked, as the newest view has it."""
        queue = self._view.queue if self._view is not None else ()
        return next((one for one in queue if one.market == self._market), None)

    def _show(self) -> None:
        line = self.line()
        if line is None:
            self.set_subtitle("")
            self.set_state(states.EMPTY, "Pick a line of the settlement queue.")
            return
        self.set_state(states.LIVE)
        self.set_subtitle(line.name)
        if self._drafts.get(line.market) == line.note:
            del self._drafts[line.market]
        text = self._drafts.get(line.market, line.note)
        if self.field.toPlainText() != text:
            self.field.blockSignals(True)
            self.field.setPlainText(text)
            self.field.blockSignals(False)
        self._say(line)

    def _typed(self) -> None:
        line = self.line()
        if line is None:
            return
        self._drafts.pop(line.market, None)
        text = self.field.toPlainText()
        if text != line.note:
            self._drafts[line.market] = text
            while len(self._drafts) > DRAFTS:
                del self._drafts[next(iter(self._drafts))]
        self._say(line)

    def _say(self, line: SettlementLine) -> None:
        """Say whether what stands there is kept."""
        draft = self._drafts.get(line.market)
        length = len(self.field.toPlainText().strip())
        self.keep.setEnabled(draft is not None and length <= LONGEST)
        if length > LONGEST:
            self.words.say(f"{length} characters; a note has at most {LONGEST}", "danger.text")
        elif draft is not None:
            self.words.say("not kept yet", "warn")
        elif line.noted_at is not None:
            self.words.say(f"kept {formats.utc(line.noted_at, '%Y-%m-%d %H:%M')}", "text.muted")
        else:
            self.words.say("no note yet", "text.muted")

    def _keep(self) -> None:
        line = self.line()
        if line is not None and self.keep.isEnabled():
            text = self.field.toPlainText().strip()
            if self._drafts.get(line.market) is not None:
                self._drafts[line.market] = text
            self.intent.emit(NoteMarket(market=line.market, note=text))
