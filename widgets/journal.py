"""The journal: every order with what it was sent on and what came of it, the trader's notes, and the scorecard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import Annotate
from engine.views import topics
from engine.views.journal import JournalLine, JournalView, Scorecard
from widgets import formats, paint, theme
from widgets.fields import Choice, Field
from widgets.orders import side_colour
from widgets.scorecard import ScorecardView
from widgets.tablepanel import TablePanel
from widgets.tables import CODE, WORD, Cell, Column

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QMenu

    from engine.core.ids import Topic

LONGEST_NOTE: Final = 1_000
LONGEST_TAGS: Final = 220
_HELP: Final = (
    "One row an order: what a share was worth to who sent it, the market's middle and the ages of book and report at "
    "that moment, in a line why. CLV is the closing price against what was paid, in cents our way. Scored once the "
    "market is settled: Brier beside the market's, and how often what was given a chance came. Notes and tags are "
    "yours; the scorecard can be had of one strategy or one tag alone."
)


def columns(offset: Callable[[], int]) -> tuple[Column[JournalLine], ...]:
    """Return the columns; `offset` gives the hours from UTC of the clock times are shown on."""
    return (
        Column(
            key="at", header="time", clock=offset, width=92, kind=CODE, when=lambda r: r.at, sort=lambda r: r.at,
            cell=lambda r: Cell(
                formats.stamp(r.at, offset()), "text.muted", tip=formats.utc(r.at, "%Y-%m-%d %H:%M:%S")
            ),
        ),
        Column(
            key="who", header="who", width=96, kind=WORD, priority=3, sort=lambda r: r.who,
            cell=lambda r: Cell(formats.plain(r.who, 40), "text.muted"),
        ),
        Column(
            key="market", header="market", width=150, least=90, kind=WORD, priority=1, sort=lambda r: r.market,
            cell=lambda r: Cell(formats.plain(r.market, 60), "text.strong", bold=True, tip=formats.plain(r.market)),
        ),
        Column(
            key="side", header="side", width=66, kind=WORD, sort=lambda r: r.side,
            cell=lambda r: Cell(r.side, side_colour(r.side), bold=True),
        ),
        Column(
            key="filled", header="filled", width=56, sort=lambda r: r.filled, value=lambda r: r.filled,
            cell=lambda r: formats.quantity(r.filled),
        ),
        Column(
            key="price", header="price c", width=72, sort=lambda r: r.price,
            cell=lambda r: formats.priced(r.average if r.average is not None else r.price, 1, r.currency),
        ),
        Column(
            key="fair", header="fair c", width=50, sort=lambda r: r.fair, priority=2,
            cell=lambda r: Cell(formats.number(r.fair, 1), "fair"),
        ),
        Column(
            key="edge", header="edge c", width=52, sort=lambda r: r.edge,
            cell=lambda r: _signed(r.edge, 1),
        ),
        Column(
            key="book", header="book age", width=58, sort=lambda r: r.book_age_s, priority=5,
            cell=lambda r: Cell(formats.age(r.book_age_s), "text.muted"),
        ),
        Column(
            key="report", header="report age", width=66, sort=lambda r: r.report_age_s, priority=5,
            cell=lambda r: Cell(formats.age(r.report_age_s), "text.muted"),
        ),
        Column(key="line", header="CLV c", width=50, sort=lambda r: r.line, cell=lambda r: _signed(r.line, 1)),
        Column(
            key="later", header="5 m c", width=48, sort=lambda r: r.later, priority=4,
            cell=lambda r: _signed(r.later, 1),
        ),
        Column(key="won", header="won", width=40, kind=WORD, sort=lambda r: r.won, cell=_won),
        Column(
            key="result", header="result $", width=60, sort=lambda r: r.result,
            cell=lambda r: Cell(formats.amount(r.result), paint.pnl_colour(r.result)),
        ),
        Column(
            key="tags", header="tags", width=80, kind=WORD, priority=4,
            cell=lambda r: Cell(formats.plain(", ".join(r.tags), 60) or formats.DASH, "text.muted"),
        ),
        Column(
            key="note", header="note", width=100, kind=WORD, priority=6,
            cell=_note,
        ),
        Column(
            key="why", header="why", width=160, least=70, kind=WORD, stretch=True, priority=3,
            cell=lambda r: Cell(formats.plain(r.reason, 200), "text.muted", tip=formats.plain(r.reason, 500)),
        ),
    )  # fmt: skip


def _signed(value: float | None, places: int) -> Cell:
    sign = formats.direction(value)
    tone = {1: "profit", -1: "loss"}.get(sign, "text.dim" if value is None else "text.muted")
    return Cell(formats.number(value, places, signed=True), tone)


def _won(row: JournalLine) -> Cell:
    if row.won is None:
        return Cell(formats.DASH, "text.dim")
    return Cell("yes", "profit") if row.won else Cell("no", "loss")


def _note(row: JournalLine) -> Cell:
    return Cell(formats.plain(row.note, 80) or formats.DASH, "text.muted", tip=formats.plain(row.note, 500))


class NoteRow(QWidget):
    """Tags and a note for the chosen order; Enter keeps both."""

    given = Signal(str, str)
    """Note, and tags as they were typed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(32)
        self.tags = Field("Tags of the order", number=False, parent=self)
        self.tags.setPlaceholderText("tags")
        self.tags.setMaxLength(LONGEST_TAGS)
        self.tags.setFixedWidth(130)
        self.note = Field("Note on the order", number=False, parent=self)
        self.note.setPlaceholderText("Note on the chosen order; Enter keeps it")
        self.note.setMaxLength(LONGEST_NOTE)
        for field in (self.tags, self.note):
            field.returnPressed.connect(lambda: self.given.emit(self.note.text(), self.tags.text()))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(6)
        row.addWidget(self.tags)
        row.addWidget(self.note, 1)

    def show_line(self, line: JournalLine | None) -> None:
        """Show what was written to an order; what is being typed is left alone."""
        self.setEnabled(line is not None)
        for field, text in ((self.tags, ", ".join(line.tags) if line else ""), (self.note, line.note if line else "")):
            if not field.isModified():
                field.setText(formats.plain(text, LONGEST_NOTE))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, 0, self.width(), 1, theme.current().colour("line.grid"))


class JournalPanel(TablePanel[JournalLine]):
    """Journal dock. Emits Annotate."""

    count_ages = True

    rests_ms = 500

    def __init__(self, parent: QWidget | None = None) -> None:
        row_px = theme.current().size("tableRowNormal")
        super().__init__(
            "Journal", columns(lambda: self.offset_hours), lambda r: r.order, row_px=row_px, help_text=_HELP,
            parent=parent,
        )  # fmt: skip
        self._view: JournalView | None = None
        self._shown: JournalLine | None = None
        """The order that the fields below are about."""
        self.whose = Choice("Whose scorecard")
        self.card = ScorecardView()
        self.note = NoteRow()
        self.whose.addItem("all")
        self.whose.currentTextChanged.connect(lambda _text: self._show_card())
        self.note.given.connect(self._give)
        self.put(above=self._above(), below=self.note)
        self.table.chosen.connect(self._choose)
        self.set_link(0)

    def _above(self) -> QWidget:
        page = QWidget()
        head = QHBoxLayout()
        head.setContentsMargins(8, 4, 8, 0)
        head.addWidget(self.whose)
        head.addStretch(1)
        self.whose.setFixedWidth(160)
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(head)
        box.addWidget(self.card)
        return page

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.JOURNAL, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, JournalView):
            self._view = view
            self._name_cards(view.cards)
            self.table.rows.set_rows(view.rows)
            self.set_count(len(view.rows))
            self.show_older(len(view.rows), view.older, "atmx export order-journal has all")
            self._show_card()
            self._choose(self.table.selected_row())
            self.show_extent(any_rows=bool(view.rows), words="No order was sent yet. Each one is entered here.")
        elif self.take_clock(topic, view) and self._view is not None:
            self.table.rows.write_anew()  # their times are of another clock now

    def _name_cards(self, cards: tuple[Scorecard, ...]) -> None:
        names = [formats.plain(card.name, 40) for card in cards] or ["all"]
        if names == [self.whose.itemText(i) for i in range(self.whose.count())]:
            return
        before = self.whose.currentText()
        self.whose.blockSignals(True)
        self.whose.clear()
        self.whose.addItems(names)
        self.whose.setCurrentIndex(max(0, self.whose.findText(before)))
        self.whose.blockSignals(False)

    def _show_card(self) -> None:
        cards = () if self._view is None else self._view.cards
        at = self.whose.currentIndex()
        self.card.show_card(cards[at] if 0 <= at < len(cards) else None)

    def _choose(self, row: JournalLine | None) -> None:
        before, self._shown = self._shown, row
        if (None if before is None else before.order) != (None if row is None else row.order):
            if before is not None and any(one.isModified() for one in (self.note.tags, self.note.note)):
                self._keep(before)  # words that were typed are not lost to a click on another row
            for field in (self.note.tags, self.note.note):
                field.setModified(False)
            if row is not None:
                self.selected.emit(row.instrument)
        self.note.show_line(row)
        if row is None:
            self.card.show_order("")
        else:
            head = f"{formats.local(row.at, self.offset_hours, '%H:%M')} {row.side} {row.market}"
            self.card.show_order(
                formats.plain(head, 80), *(formats.plain(one) for one in (row.reason, row.note) if one)
            )

    def _give(self, _note: str, _tags: str) -> None:
        row = self.table.selected_row()
        if row is not None:
            self._keep(row)

    def _keep(self, row: JournalLine) -> None:
        """Ask that what stands in the fields be kept with an order."""
        some = tuple(tag.lstrip("#") for tag in self.note.tags.text().replace(",", " ").split())
        self.intent.emit(Annotate(order=row.order, note=self.note.note.text().strip(), tags=some))
        for field in (self.note.tags, self.note.note):
            field.setModified(False)

    @override
    def row_menu(self, menu: QMenu, row: JournalLine) -> None:
        menu.addAction("Write a note").triggered.connect(lambda: self.note.note.setFocus())
        menu.addAction("Tag").triggered.connect(lambda: self.note.tags.setFocus())
