"""The sheet from source to price: what a market asks in whose words, the reports that count, and what they are worth.

Not modal: the docks stay in reach. The venue's own text is foreign: it is shown plain, in a field that can only be
read and copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.ids import MarketId
from engine.core.units import SECOND
from engine.views import topics
from engine.views.board import BoardView
from engine.views.station import SourceView
from engine.views.status import SpineView
from widgets import formats, paint, source_rows, theme
from widgets.controls import FlatButton, SlimBar
from widgets.source_rows import EVIDENCE, PRICES, Priced, Shown
from widgets.station_odds import Odds
from widgets.tableview import RowsTable

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QShowEvent

    from engine.core.ids import InstrumentId, Topic

SIZE: Final = (1120, 720)
LEFT: Final = 400
ROW: Final = 18
VERBATIM: Final = 132
PAD: Final = 12
TEXT_ROOM: Final = 8_000
LINES_ROOM: Final = 200
ROWS_SHOWN: Final = 9
"""Outcomes that are seen without scrolling."""
_AGAIN_MS: Final = 1_000


class Lines(QWidget):
    """Names and values, one a row; or feeds with the mark of their state."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[str, str], ...] = ()
        self._states: tuple[str, ...] = ()
        self.setAccessibleName(name)

    def show_rows(self, rows: tuple[tuple[str, str], ...], states: tuple[str, ...] = ()) -> None:
        """Show other rows; `states` puts a mark before each."""
        if (rows, states) != (self._rows, self._states):
            self._rows, self._states = rows, states
            self.setAccessibleDescription(", ".join(f"{name} {value}" for name, value in rows))
            self.setFixedHeight(ROW * len(rows))
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        for n, (name, value) in enumerate(self._rows):
            x = 0
            if self._states:
                paint.connection(p, 4, n * ROW + ROW / 2, self._states[n], 3)
                x = 14
            room = QRectF(x + 84, n * ROW, self.width() - x - 84, ROW)
            tone = "text.dim" if value == formats.DASH else "text.default"
            used = paint.text(p, room, value, look.ui(11), look.colour(tone), paint.RIGHT, elide=True)
            label = QRectF(x, n * ROW, self.width() - used - x - 8, ROW)
            paint.text(p, label, name, look.ui(11), look.colour("text.muted"), elide=True)


class Title(QWidget):
    """The market, its venue, how it stands, and how long it is still traded."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: SourceView | None = None
        self.setFixedHeight(34)

    def show_view(self, view: SourceView | None) -> None:
        """Take a new view; None while one is awaited."""
        self._view = view
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, view = theme.current(), self._view
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.header"))
        paint.line_below(p, self.rect(), look.colour("line.border"))
        if view is None:
            return
        words = f"{formats.plain(view.status, 16) or formats.DASH} · {time_left(view)}"
        room = QRectF(PAD, 0, self.width() - 2 * PAD, self.height() - 1)
        used = paint.text(p, room, words, look.number(11), look.colour("text.muted"), paint.RIGHT)
        y = round(paint.baseline(0, self.height() - 1, 13))
        title = paint.elided(formats.plain(view.title, 120), look.ui(13, 600), self.width() - used - 220)
        x = paint.text_at(p, PAD, y, title, look.ui(13, 600), look.colour("text.strong"))
        paint.text_at(p, x + 10, y, formats.plain(view.venue, 40), look.ui(11), look.colour("text.muted"))


def time_left(view: SourceView) -> str:
    """Return how long its market trades, or that it does not any more."""
    if view.trading_ends is None:
        return f"{formats.DASH} left"
    left = view.trading_ends - view.now
    return f"{formats.duration(left)} left" if left > 0 else "trading is over"


class SourceSheet(QDialog):
    """One market: rule, source, evidence, law, prices."""

    retargeted = Signal(object)
    shown = Signal()
    sheet_wanted = Signal(object, str)
    """As of a dock."""
    rests_ms = 250

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("From source to price")
        self.setModal(False)
        self._market = MarketId("")
        self._chosen: InstrumentId | None = None
        self._view: SourceView | None = None
        self._board: BoardView | None = None
        self._asked = QElapsedTimer()
        self._asked.start()
        self.title = Title()
        self.question, self.measured, self.note = _label("text.strong"), _label("text.muted"), _label("text.dim")
        self.whose, self.sofar = _heading(""), _label("text.default")
        self.verbatim = _verbatim()
        self.settles, self.inputs = Lines("Settles by"), Lines("Inputs")
        self.odds = Odds()
        self.odds.setMinimumHeight(130)
        row = theme.current().size("boardRowSmall")
        self.prices: RowsTable[Priced] = RowsTable(PRICES, lambda one: one.line.instrument, row)
        self.evidence: RowsTable[Shown] = RowsTable(EVIDENCE, _report)
        self.prices.setAccessibleName("Prices")
        self.evidence.setAccessibleName("Evidence")
        self.prices.nothing = "No outcome is listed."
        self.evidence.nothing = "No report of its window yet."
        self.counted = _heading("Evidence so far")
        self.close_button = FlatButton("Close")
        self.close_button.clicked.connect(self.reject)
        self._lay_out()
        self.prices.chosen.connect(lambda one: self._choose(one.line.instrument))
        self.resize(*SIZE)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setContentsMargins(PAD, 10, PAD, PAD)
        left.setSpacing(4)
        for part in (_heading("The question"), self.question, _space(), self.whose):
            left.addWidget(part)
        left.addWidget(self.verbatim, 3)
        for part in (_space(), _heading("Settles by"), self.settles, self.note, _space()):
            left.addWidget(part)
        for part in (_heading("How it is measured"), self.measured, _space(), _heading("Inputs"), self.inputs):
            left.addWidget(part)
        left.addStretch(1)
        narrow = QWidget()
        narrow.setLayout(left)
        narrow.setFixedWidth(LEFT)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.prices)
        right.addWidget(self.odds, 2)
        head = QVBoxLayout()
        head.setContentsMargins(10, 8, 10, 6)
        head.setSpacing(3)
        head.addWidget(self.counted)
        head.addWidget(self.sofar)
        right.addLayout(head)
        right.addWidget(self.evidence, 3)
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(narrow)
        body.addWidget(_rule())
        body.addLayout(right, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(PAD, 6, PAD, 8)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.title)
        whole.addLayout(body, 1)
        whole.addLayout(foot)

    def set_market(self, market: str, instrument: InstrumentId | None = None) -> None:
        """Turn to a market, and to one of its outcomes for the rule's text."""
        self._chosen = instrument
        if market != self._market:
            self._market = MarketId(market)
            self._view = self._board = None
            self._clear()
            self.retargeted.emit(self)
        elif self._view is not None:
            self._show_rules(self._view)

    def _clear(self) -> None:
        """Show nothing of the market before: its rules are read as those of this one, if no answer comes."""
        self.setWindowTitle("From source to price")
        self.title.show_view(None)
        for label in (self.question, self.measured, self.sofar):
            label.clear()
        self.verbatim.clear()
        for part in (self.note, self.whose, self.verbatim, self.odds, self.sofar):
            part.hide()
        self.settles.show_rows(())
        self.inputs.show_rows(())
        self.counted.setText("Evidence so far")
        self.evidence.rows.set_rows(())
        self._show_prices()

    def market(self) -> str:
        """Return the market it shows."""
        return self._market

    def topics(self) -> frozenset[Topic]:
        """Return the topics it shows."""
        if not self._market:
            return frozenset()
        return frozenset({topics.source(self._market), topics.board(self._market), topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Take one of its views."""
        if isinstance(view, SpineView):
            self._ask_again(view)
        elif isinstance(view, SourceView) and view.market == self._market:
            self._view = view
            self._asked.restart()
            self._show(view)
        elif isinstance(view, BoardView) and view.market == self._market:
            self._board = view
            self._show_prices()

    def _ask_again(self, spine: SpineView) -> None:
        """Ask again when the ages have grown by a second, and a real second has passed."""
        shown = self._view
        if shown is not None and spine.now - shown.now >= SECOND and self._asked.elapsed() >= _AGAIN_MS:
            self._asked.restart()
            self.retargeted.emit(self)

    def _show(self, view: SourceView) -> None:
        self.setWindowTitle(f"From source to price — {formats.plain(view.title, 80)}")
        self.title.show_view(view)
        self.question.setText(formats.plain(view.question, 600))
        self.measured.setText(formats.plain(view.measured, 600))
        self.note.setText(formats.plain(view.source_note, 600))
        self.note.setVisible(bool(view.source_note))
        self._show_rules(view)
        self.settles.show_rows(source_rows.settles(view))
        told = source_rows.inputs(view)
        self.inputs.show_rows(tuple((name, words) for name, _, words in told), tuple(state for _, state, _ in told))
        self.odds.setVisible(bool(view.pmf or view.rain_hours))
        self.odds.show_view(view)
        self._show_prices()
        more = "" if view.evidence_count <= len(view.evidence) else f", the newest {len(view.evidence)}"
        self.counted.setText(f"Evidence so far · {formats.count(view.evidence_count)} lines{more}")
        self.sofar.setText(formats.plain(source_rows.so_far(view), 400))
        self.sofar.setVisible(bool(self.sofar.text()))
        self.evidence.rows.set_rows(tuple(Shown(line, view.now, view.utc_offset_hours) for line in view.evidence))

    def _show_prices(self) -> None:
        self.odds.show_prices(self._board)
        rows = source_rows.priced(self._view, self._board)
        self.prices.rows.set_rows(rows)
        look = theme.current()
        tall = look.size("columnHeader") + look.size("boardRowSmall") * max(1, min(ROWS_SHOWN, len(rows))) + 2
        self.prices.setFixedHeight(tall)

    def _show_rules(self, view: SourceView) -> None:
        """Show the venue's own text of the chosen outcome, or of the first."""
        labels = {one.instrument: one.label for one in view.outcomes}
        wanted = labels.get(self._chosen) if self._chosen is not None else None
        first = view.rules[0] if view.rules else ("", "")
        label, text = next((pair for pair in view.rules if pair[0] == wanted), first)
        of = f", {formats.plain(label, 24)}" if label else ""
        self.whose.setText(f"{formats.plain(view.venue, 40)}'s own words{of}")
        shown = block(text)
        for part in (self.whose, self.verbatim):
            part.setVisible(bool(shown))
        if shown != self.verbatim.toPlainText():
            self.verbatim.setPlainText(shown)

    def _choose(self, instrument: InstrumentId) -> None:
        self._chosen = instrument
        if self._view is not None:
            self._show_rules(self._view)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    @override
    def sizeHint(self) -> QSize:
        return QSize(*SIZE)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.current().colour("surface.dock"))


def block(text: str) -> str:
    """Return foreign text of several lines fit to show plain: nothing that controls or turns it, bounded."""
    lines = text[:TEXT_ROOM].splitlines()[:LINES_ROOM]
    return "\n".join(formats.plain(line, TEXT_ROOM) for line in lines).strip()


def _report(one: Shown) -> tuple[object, ...]:
    return one.line.station, one.line.at, one.line.kind


def _label(colour: str) -> QLabel:
    look, label = theme.current(), QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(True)
    label.setFont(look.ui(look.type("body")))
    theme.wear(label, WindowText=colour)
    return label


def _heading(words: str) -> QLabel:
    label = _label("text.strong")
    label.setFont(theme.current().ui(11, 600))
    label.setWordWrap(False)
    label.setText(words)
    return label


def _verbatim() -> QPlainTextEdit:
    look, field = theme.current(), QPlainTextEdit()
    field.setReadOnly(True)
    field.setAccessibleName("The venue's own text")
    field.setFrameShape(QPlainTextEdit.Shape.NoFrame)
    field.setVerticalScrollBar(SlimBar(field))
    field.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    field.setFont(look.ui(look.type("body")))
    field.setMinimumHeight(72)
    field.setMaximumHeight(VERBATIM)
    theme.wear(field, Base="surface.input", Text="text.default")
    return field


def _space() -> QWidget:
    gap = QWidget()
    gap.setFixedHeight(6)
    return gap


def _rule() -> QWidget:
    line = QWidget()
    line.setFixedWidth(1)
    line.setAutoFillBackground(True)
    theme.wear(line, Window="line.border")
    return line
