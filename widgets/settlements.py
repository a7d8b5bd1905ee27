"""The settlement docks: what waits or has settled, the evidence of one line, the chain of records.

The three share one view. The queue says which line is picked, the evidence dock follows it. A dispute is
ruled in place: an outcome and a reason, then one confirmation; the ruling is a new record, never an edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import Resettle, Rule
from engine.core.ids import MarketId
from engine.views import topics
from engine.views.station import SourceView
from engine.views.weather import RecordLine, SettlementLine, SettlementsView
from widgets import formats, panel, states, theme
from widgets.controls import FlatButton
from widgets.evidence import EvidenceChart, EvidenceWords
from widgets.settlement_parts import Lamp, LineWords, Ruling
from widgets.settlement_rows import QUEUE, RECORDS, STATIONS, STEPS, Station, stations_of
from widgets.tableview import RowsTable

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from engine.core.ids import Topic

_TALL: Final = 300
"""From this height on the picked line's words stand under the table."""


class SettlementPanel(panel.Panel):
    """The queue: every market that is open, waits, is disputed or has settled."""

    count_ages = True

    rests_ms = 250

    verify = Signal()
    """Recompute the chain of records."""
    export = Signal(int)
    """Write out the evidence of the record with this number."""
    source_wanted = Signal(str)
    """The market whose way from source to price is asked for."""
    line_chosen = Signal(str)
    """The market whose line is picked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        help_text = (
            "Each market's way from open to credited. A disputed one pays nothing until an operator rules it or it is"
            " settled again; both are new records. Export writes what was measured, so that anyone can check it."
        )
        super().__init__("Settlement", help_text=help_text, parent=parent)
        self._view: SettlementsView | None = None
        self._told = False
        self.table: RowsTable[SettlementLine] = RowsTable(
            QUEUE, lambda row: row.market, theme.current().size("settlementRow")
        )
        self.table.setAccessibleName("Settlements")
        self.words = LineWords()
        self.ruling = Ruling()
        self.lamp = Lamp(compact=True)
        self.rule_button, self.again_button = FlatButton("Rule…"), FlatButton("Re-settle")
        self.export_button, self.verify_button = FlatButton("Export evidence"), FlatButton("Verify chain")
        self.source_button = FlatButton("Source")
        self.set_body(self._stack())
        self.setFocusProxy(self.table)
        self._wire()
        self.set_state(states.LOADING, "Waiting for the settlements")

    def _stack(self) -> QWidget:
        body = QWidget()
        column, acts = QVBoxLayout(body), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        acts.setContentsMargins(10, 5, 10, 5)
        acts.setSpacing(6)
        for button in (self.again_button, self.rule_button, self.source_button, self.export_button):
            acts.addWidget(button)
        acts.addWidget(self.lamp, 1)
        acts.addWidget(self.verify_button)
        for part, stretch in ((self.table, 1), (self.words, 0), (self.ruling, 0)):
            column.addWidget(part, stretch)
        column.addLayout(acts)
        self.ruling.hide()
        return body

    def _wire(self) -> None:
        self.table.chosen.connect(self._picked)
        self.export_button.clicked.connect(self._export)
        self.source_button.clicked.connect(self._source)
        self.verify_button.clicked.connect(self.verify)
        self.again_button.clicked.connect(self._settle_again)
        self.rule_button.clicked.connect(self._open_ruling)
        self.ruling.ruled.connect(self._rule)

    @override
    def strip_top(self) -> int:
        return self.over_columns()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.SETTLEMENTS})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if not isinstance(view, SettlementsView):
            return
        first = self._view is None
        self._view = view
        self.lamp.show_chain(view)
        if not view.queue:
            self.set_state(states.EMPTY, "No contract is open, waits or has settled.")
            return
        self.set_state(states.LIVE)
        self.set_count(len(view.queue))
        self.set_subtitle(tally(view))
        self.table.rows.set_rows(view.queue)
        if first:
            self.choose(view.queue[0].market)
        self._show_line()

    def line(self) -> SettlementLine | None:
        """Return the picked line, as the newest view has it."""
        chosen = self.table.selected_row()
        if chosen is None or self._view is None:
            return None
        return next((row for row in self._view.queue if row.market == chosen.market), None)

    def choose(self, market: str) -> None:
        """Pick a market's line, if it has one; unlike a click this turns no other dock to it but the evidence."""
        self._told = True
        self.table.select(MarketId(market))
        self._told = False

    def _picked(self, row: SettlementLine) -> None:
        self.ruling.hide()
        self._show_line()
        self.line_chosen.emit(row.market)
        if not self._told:
            self.selected.emit(row.market)

    def _show_line(self) -> None:
        line = self.line()
        operator = self._view is not None and self._view.operator
        disputed = line is not None and line.outcome == "DISPUTED"
        self.words.show_line(line)
        self.export_button.setEnabled(line is not None and line.record is not None)
        self.source_button.setEnabled(line is not None)
        ruled = line is not None and bool(line.outcomes) and line.outcome != "VOID"  # which a person has decided
        for button, on in ((self.rule_button, ruled), (self.again_button, disputed)):
            button.setVisible(operator)
            button.setEnabled(on)
        if not (operator and ruled):
            self.ruling.hide()
        self._fit()

    def _export(self) -> None:
        line = self.line()
        if line is not None and line.record is not None:
            self.export.emit(line.record)

    def _source(self) -> None:
        line = self.line()
        if line is not None:
            self.source_wanted.emit(line.market)

    def _settle_again(self) -> None:
        line = self.line()
        if line is not None:
            self.intent.emit(Resettle(market=line.market))

    def _open_ruling(self) -> None:
        line = self.line()
        if line is not None:
            self.ruling.ask(line)
            self._fit()

    def _rule(self, winner: object, why: str) -> None:
        line = self.line()
        if line is not None and (winner is None or isinstance(winner, int)):
            self.intent.emit(Rule(market=line.market, winner=winner, why=why))
        self._fit()

    def _fit(self) -> None:
        self.words.setVisible(self.height() >= _TALL and self.words.line is not None and self.ruling.isHidden())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


def tally(view: SettlementsView) -> str:
    """Return how many lines stand where: ``2 credited, 1 disputed, 3 waiting``."""
    groups = {
        "credited": sum(line.steps >= len(STEPS) for line in view.queue),
        "disputed": sum(line.outcome == "DISPUTED" for line in view.queue),
        "waiting": sum(line.outcome in {"WAITING", "PROVISIONAL"} for line in view.queue),
        "open": sum(line.outcome == "OPEN" for line in view.queue),
    }
    return ", ".join(f"{count} {name}" for name, count in groups.items() if count)


class EvidencePanel(panel.Panel):
    """What the stations of one market measured, and what follows from it."""

    source_wanted = Signal(str)
    """The market whose way from source to price is asked for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        help_text = "The stations a contract names, what each reported in its window, and whether it was used."
        super().__init__("Evidence", help_text=help_text, parent=parent)
        self._market = MarketId("")
        self.table: RowsTable[Station] = RowsTable(STATIONS, lambda row: row.id, theme.current().size("boardRow"))
        self.table.setAccessibleName("Stations of a settlement")
        self.chart = EvidenceChart()
        self.words = EvidenceWords()
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.source_button = FlatButton("Source")
        self.source_button.clicked.connect(lambda: self.source_wanted.emit(self._market))
        acts = QHBoxLayout()
        acts.setContentsMargins(10, 5, 10, 5)
        acts.addWidget(self.source_button)
        acts.addStretch(1)
        column.addWidget(self.table, 1)
        column.addWidget(self.chart, 2)
        column.addWidget(self.words)
        column.addLayout(acts)
        self.set_body(body)
        self._view: SettlementsView | None = None
        self._source: SourceView | None = None
        self.set_state(states.EMPTY, "Pick a line of the settlement queue.")

    @override
    def strip_top(self) -> int:
        return self.over_columns()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.SETTLEMENTS, *((topics.source(self._market),) if self._market else ())})

    def show_market(self, market: str) -> None:
        """Show the evidence of another market."""
        if market == self._market:
            return
        self._market, self._source = MarketId(market), None
        self._show()
        self.retarget()

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if isinstance(view, SettlementsView):
            self._view = view
            self._show()
        elif isinstance(view, SourceView) and view.market == self._market:
            self._source = view
            self._show()

    def _show(self) -> None:
        queue = self._view.queue if self._view is not None else ()
        records = self._view.records if self._view is not None else ()
        line = next((line for line in queue if line.market == self._market), None)
        record = None if line is None else next((one for one in records if one.seq == line.record), None)
        self.words.show_line(line, self._source, record)
        self.chart.show_view(self._source)
        if line is None:
            self.set_subtitle("")
            self.set_state(states.EMPTY, "Pick a line of the settlement queue.")
            return
        self.set_state(states.LIVE)
        self.set_subtitle(f"{line.name} · {line.rule}")
        self.table.nothing = "The stations' reports are read when the market has closed."
        self.table.rows.set_rows(stations_of(line))


class ChainPanel(panel.Panel):
    """The records, newest first, and whether their chain holds."""

    verify = Signal()
    """Recompute the chain of records."""
    export = Signal(int)
    """Write out the evidence of the record with this number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        help_text = (
            "Every record holds the hash of the one before, so a record that was changed, moved or cut breaks the"
            " chain at its place. Double-click a record to export its evidence."
        )
        super().__init__("Hash chain", help_text=help_text, parent=parent)
        self.lamp = Lamp(compact=False)
        self.button = FlatButton("Verify again", parent=self.lamp)
        self.table: RowsTable[RecordLine] = RowsTable(RECORDS, lambda row: row.seq, theme.current().size("boardRow"))
        self.table.setAccessibleName("Settlement records")
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.lamp)
        column.addWidget(self.table, 1)
        self.set_body(body)
        self.lamp.hold(self.button)
        self.button.clicked.connect(self.verify)
        self.table.opened.connect(lambda row, _key: self.export.emit(row.seq))
        self.setFocusProxy(self.table)
        self.set_state(states.LOADING, "Waiting for the records")

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.SETTLEMENTS})

    @override
    def strip_top(self) -> int:
        return self.lamp.height()

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if not isinstance(view, SettlementsView):
            return
        self.set_subtitle(f"{formats.count(view.count)} records")
        self.lamp.show_chain(view)
        self.table.rows.set_rows(view.records)
        if view.count or view.chain == "broken":
            self.set_state(states.LIVE)
        else:
            self.set_state(states.EMPTY, "No record yet. The first settlement begins the chain.", icon="chain")
