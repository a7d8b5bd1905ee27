"""Backtest runs: what each came to, some of them beside each other, and one started from here with its progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QWidget
from typing_extensions import override

from engine.views import topics
from engine.views.backtests import BacktestsView, RunLine, RunningBacktest
from widgets import formats, paint, theme
from widgets.controls import FlatButton
from widgets.equity import MOST, EquityCompare
from widgets.fields import Field, Segments
from widgets.states import LIVE
from widgets.tablepanel import TablePanel
from widgets.tables import WORD, Cell, Column

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QMenu

    from engine.core.ids import Topic

_HELP: Final = (
    "One row a saved run: trades, Sharpe of a year, deepest fall, fees as a share of what was won before them, result "
    "after fees, and how orders were thought to fill. Enter puts a run's curve into the picture, or takes it out: "
    "three at most. Run plays a folder of recorded data in a process of its own; a run that was cancelled goes on from "
    "its finished parts."
)


def _marked(name: str, shown: tuple[str, ...]) -> str:
    return "●" if name in shown else ""


class StartRow(QWidget):
    """What is to be played, and how far it is."""

    wanted = Signal(str, str, str)
    """Folder, strategies, fills."""
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(54)
        self._running: RunningBacktest | None = None
        self.folder = Field("Folder of recorded data", number=False, parent=self)
        self.folder.setPlaceholderText("Folder of recorded data")
        self.folder.setMaxLength(1_000)
        self.strategies = Field("Strategies to play", number=False, parent=self)
        self.strategies.setPlaceholderText("Strategies")
        self.strategies.setMaxLength(400)
        self.strategies.setFixedWidth(150)
        self.fills = Segments("Fills", (("queue", "Queue"), ("touch", "Touch")), parent=self)
        self.button = FlatButton("Run", parent=self)
        self.button.clicked.connect(self._press)
        for field in (self.folder, self.strategies):
            field.returnPressed.connect(self._start)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 26)
        row.setSpacing(6)
        row.addWidget(self.folder, 1)
        row.addWidget(self.strategies)
        row.addWidget(self.fills)
        row.addWidget(self.button)

    def show_running(self, running: RunningBacktest | None) -> None:
        """Show how far the run is."""
        self._running = running
        self.button.set_words("Cancel" if self._going() else "Run")
        self.setAccessibleDescription(self.words()[0])
        self.update()

    def words(self) -> tuple[str, str]:
        """Return what is told of the run, and its colour."""
        one = self._running
        if one is None:
            return "", "text.muted"
        if not one.going:
            return f"{one.name}: {formats.plain(one.said)}", "warn"
        if one.of is None:
            return f"{one.name}: reading", "text.muted"
        return f"{one.name}: {formats.count(one.done)} of {formats.count(one.of)} parts", "text.default"

    def _going(self) -> bool:
        return self._running is not None and self._running.going

    def _press(self) -> None:
        if self._going():
            self.cancelled.emit()
        else:
            self._start()

    def _start(self) -> None:
        if not self._going():
            self.wanted.emit(self.folder.text().strip(), self.strategies.text().strip(), self.fills.value())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.grid"))
        words, tone = self.words()
        left = 8
        one = self._running
        if one is not None and one.going and one.of:
            paint.meter(p, QRect(8, self.height() - 17, 68, 6), one.done / one.of)
            left = 84
        room = QRect(left, self.height() - 24, self.width() - left - 8, 20)
        paint.text(p, room, words, look.ui(11), look.colour(tone), elide=True)


class BacktestsPanel(TablePanel[RunLine]):
    """Backtest runs dock."""

    start_wanted = Signal(str, str, str)
    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        row_px = theme.current().size("tableRowNormal")
        super().__init__(
            "Backtest runs", self._columns(), lambda r: r.name, row_px=row_px, help_text=_HELP, parent=parent
        )
        self._view: BacktestsView | None = None
        self._chosen: list[str] | None = None
        """Runs whose curves are shown; None until somebody chose: then the two newest."""
        self.start = StartRow()
        self.equity = EquityCompare()
        self.start.wanted.connect(self.start_wanted)
        self.start.cancelled.connect(self.cancel_wanted)
        self.table.opened.connect(lambda row, _column: self.toggle(row.name))
        self.put(above=self.start, below=self.equity)
        self.set_state(LIVE)

    def _columns(self) -> tuple[Column[RunLine], ...]:
        return (
            Column(key="shown", header="", width=18, kind=WORD, exported="compared",
                   cell=lambda r: Cell(_marked(r.name, self.compared()), "buy")),
            Column(key="run", header="run", width=70, kind=WORD, sort=lambda r: r.saved_at, when=lambda r: r.saved_at,
                   cell=lambda r: Cell(formats.plain(r.name, 24), "text.strong", bold=True,
                                       tip=formats.utc(r.saved_at, "%Y-%m-%d %H:%M UTC"))),
            Column(key="data", header="data", width=150, least=80, kind=WORD, priority=2, sort=lambda r: r.data,
                   cell=lambda r: Cell(formats.plain(r.data, 60), "text.default", tip=formats.plain(r.data))),
            Column(key="params", header="params", width=120, least=70, kind=WORD, stretch=True,
                   cell=lambda r: Cell(formats.plain(_params(r), 120), "text.default", tip=formats.plain(r.verdict))),
            Column(key="trades", header="trades", width=56, sort=lambda r: r.trades,
                   cell=lambda r: formats.count(r.trades)),
            Column(key="sharpe", header="Sharpe", width=56, sort=lambda r: r.sharpe,
                   cell=lambda r: formats.number(r.sharpe, 2)),
            Column(key="fall", header="DD $", width=60, sort=lambda r: r.drawdown, priority=1,
                   cell=lambda r: Cell(formats.amount(-r.drawdown), "loss" if r.drawdown else "text.muted")),
            Column(key="fees", header="fees", width=50, sort=lambda r: r.fee_share, priority=3, cell=_fees),
            Column(key="net", header="PnL $", width=70, sort=lambda r: r.net,
                   cell=lambda r: Cell(formats.amount(r.net), paint.pnl_colour(r.net))),
            Column(key="fills", header="fills", width=52, kind=WORD, priority=4, sort=lambda r: r.fills,
                   cell=lambda r: Cell(formats.plain(r.fills, 20), "text.muted")),
        )  # fmt: skip

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.BACKTESTS})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if not isinstance(view, BacktestsView):
            return
        self._view = view
        self.table.rows.set_rows(view.rows)
        self.set_count(len(view.rows))
        bad = len(view.unread)
        none = "" if view.rows else "no saved run yet"
        self.set_subtitle(f"{bad} file{'s' if bad != 1 else ''} of the folder cannot be read" if bad else none)
        self.start.strategies.setToolTip(formats.tip(", ".join(view.strategies), 400))
        self.table.rows.write_anew()  # which of them are shown may have changed
        self.start.show_running(view.running)
        self.equity.show_runs(self._runs())

    def compared(self) -> tuple[str, ...]:
        """Return the names of the runs in the picture."""
        return tuple(one.name for one in self._runs())

    def toggle(self, name: str) -> None:
        """Put a run's curve into the picture, or take it out; with three in it the first one leaves."""
        chosen = list(self.compared())
        if name in chosen:
            chosen.remove(name)
        else:
            chosen = [*chosen, name][-MOST:]
        self._chosen = chosen
        self.equity.show_runs(self._runs())
        self.table.rows.write_anew()

    def _runs(self) -> tuple[RunLine, ...]:
        rows = () if self._view is None else self._view.rows
        if self._chosen is None:
            return rows[:2]
        by_name = {one.name: one for one in rows}
        return tuple(by_name[name] for name in self._chosen if name in by_name)

    @override
    def row_menu(self, menu: QMenu, row: RunLine) -> None:
        words = "Take out of the picture" if row.name in self.compared() else "Compare"
        menu.addAction(words).triggered.connect(lambda: self.toggle(row.name))


def _params(row: RunLine) -> str:
    return f"{row.strategies}: {row.parameters}" if row.parameters else row.strategies


def _fees(row: RunLine) -> Cell:
    if row.fee_share is None:
        return Cell(formats.DASH, "text.dim")
    share = round(100 * row.fee_share)
    return Cell(f"{share} %", "warn" if share >= 40 else "text.muted")
