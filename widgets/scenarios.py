"""Scenarios: what all that is open comes to if the weather comes out one way or another, member by member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.views import topics
from engine.views.scenarios import GroupLine, ScenarioLine, ScenariosView, SpotGrid
from widgets import chart, formats, paint, panel, states, theme
from widgets.tables import METER, WORD, Cell, Column
from widgets.tableview import RowsTable

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from engine.core.ids import Topic

_WIDE: Final = 640
_WIDER: Final = 900
"""From these widths on the histogram, and the groups, stand beside the events."""
_CHART: Final = 300
_GROUPS: Final = 300
_HELP: Final = (
    "Every member of the joint law decides every event; open orders fill where they lose. The bars count members by "
    "what they come to. What no model speaks of is counted at its worst. Groups are events that go together, with what "
    "they could lose together."
)


def _signed(value: float | None) -> Cell:
    if value is None:
        return Cell(formats.DASH, "text.dim")
    return Cell(formats.amount(value), paint.pnl_colour(value))


_EVENTS: Final[tuple[Column[ScenarioLine], ...]] = (
    Column(key="event", header="event", width=120, kind=WORD, stretch=True, sort=lambda row: row.name,
           cell=lambda row: Cell(formats.plain(row.name, 60), "text.default", tip=formats.plain(row.name))),
    Column(key="mean", header="mean $", width=72, cell=lambda row: _signed(row.mean), sort=lambda row: row.mean),
    Column(key="worst", header="worst $", width=72, cell=lambda row: _signed(row.worst), sort=lambda row: row.worst),
    Column(key="if", header="if", width=84, kind=WORD, priority=2, sort=lambda row: row.worst_outcome,
           cell=lambda row: Cell(formats.plain(row.worst_outcome, 20), "text.muted")),
    Column(key="story", header="in the worst member", width=132, kind=WORD, priority=1,
           cell=lambda row: _story(row), sort=lambda row: row.result),
)  # fmt: skip


def _story(row: ScenarioLine) -> Cell:
    if not row.known:
        return Cell(f"unknown {formats.amount(row.result)}", "warn", tip="No model speaks of it: counted at its worst")
    words = f"{formats.plain(row.outcome, 20)} {formats.amount(row.result)}"
    return Cell(words, paint.pnl_colour(row.result), tip=words)


_COLUMNS: Final[tuple[Column[GroupLine], ...]] = (
    Column(key="group", header="goes together", width=90, kind=WORD, stretch=True, sort=lambda row: row.name,
           cell=lambda row: Cell(formats.plain(row.name, 40), "text.default", tip=f"{row.kind}: {row.name}")),
    Column(key="events", header="n", width=26, cell=lambda row: Cell(str(row.events), "text.muted"),
           sort=lambda row: row.events),
    Column(key="loss", header="loss $", width=62, cell=lambda row: _signed(-float(row.loss)),
           value=lambda row: -row.loss,
           sort=lambda row: row.loss),
    Column(key="room", header="of limit", width=84, kind=METER, cell=lambda row: _room(row),
           value=lambda row: row.share,
           exported="loss, share of limit",
           sort=lambda row: row.share),
)  # fmt: skip


def _room(row: GroupLine) -> Cell:
    if row.share is None:
        return Cell(formats.DASH, "text.dim")
    spoken = formats.percent(row.share, 0)
    return (
        Cell(spoken, "danger", row.share, filled=True) if row.share > 1.0 else Cell(spoken, "text.default", row.share)
    )


class ScenariosPanel(panel.Panel):
    """The scenario table and its histogram."""

    rests_ms = 2_000

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Scenarios", help_text=_HELP, parent=parent)
        self.sums = Sums()
        self.bars = Histogram()
        self.spot = SpotCurve()
        self.events: RowsTable[ScenarioLine] = RowsTable(_EVENTS, lambda row: row.key)
        self.events.setAccessibleName("Scenarios")
        self.groups: RowsTable[GroupLine] = RowsTable(_COLUMNS, lambda row: f"{row.kind} {row.name}")
        self.groups.setAccessibleName("Groups")
        self._charts = QWidget()
        self._charts.setMaximumWidth(_CHART)
        for narrow in (self.groups, self.events):
            narrow.setMinimumWidth(0)
        self.groups.setMaximumWidth(_GROUPS)
        body, lower, left = QWidget(), QHBoxLayout(), QVBoxLayout(self._charts)
        outer = QVBoxLayout(body)
        for layout in (outer, lower, left):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        left.addWidget(self.bars, 1)
        left.addWidget(self.spot, 1)
        lower.addWidget(self._charts, 3)
        lower.addWidget(self.events, 4)
        lower.addWidget(self.groups, 3)
        outer.addWidget(self.sums)
        outer.addLayout(lower, 1)
        self.set_body(body)
        self.set_state(states.LOADING, "Waiting for the scenarios")

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.SCENARIOS})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if not isinstance(view, ScenariosView):
            return
        if not view.members:
            self.set_state(states.EMPTY, "Nothing is open. Scenarios begin with the first position or order")
            return
        self.set_state(states.LIVE)
        self.sums.show_view(view)
        self.bars.show_view(view)
        self.spot.show_grid(view.spots[0] if view.spots and view.spots[0].lines else None)
        self.events.rows.set_rows(view.lines)
        self.groups.rows.set_rows(view.groups)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._charts.setVisible(self.width() >= _WIDE)
        self.groups.setVisible(self.width() >= _WIDER)


class Sums(QWidget):
    """Mean, the worst twentieth and hundredth, the worst member, the best one; and what the law is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: ScenariosView | None = None
        self.setFixedHeight(theme.current().size("toolRow"))

    def show_view(self, view: ScenariosView) -> None:
        """Take new sums."""
        self._view = view
        self.setToolTip(formats.tip(f"{' · '.join(_counts(view))}. {view.law}", 400))
        self.setAccessibleDescription(f"worst member {formats.money(view.worst, signed=True)}")
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        view = self._view
        if view is None:
            return
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.grid"))
        y, x = round(paint.baseline(0, self.height(), 11)), 10.0
        sums = (
            ("mean", view.mean), ("VaR 95", view.at_95), ("VaR 99", view.at_99), ("worst 5 %", view.tail),
            ("worst member", view.worst), ("best", view.best), ("worst joint outcome", -float(view.joint)),
        )  # fmt: skip
        for name, value in sums:
            words = formats.amount(value)
            if x + paint.width(name, look.ui(11)) + 6 + paint.width(words, look.number(11, 600)) > self.width():
                return
            x = paint.text_at(p, x, y, name, look.ui(11), look.colour("text.muted")) + 6
            x = paint.text_at(p, x, y, words, look.number(11, 600), look.colour(paint.pnl_colour(value))) + 16
        room = QRect(round(x), 0, self.width() - round(x) - 10, self.height())
        told = _counts(view)
        while told and paint.width(" · ".join(told), look.ui(11)) > room.width():
            told.pop()  # the tool tip has all of it
        paint.text(p, room, " · ".join(told), look.ui(11), look.colour("text.dim"), paint.RIGHT)


def _counts(view: ScenariosView) -> list[str]:
    """Return how many members the law has, orders it fills and events it says nothing of, the first first."""
    said = [f"{view.members} members", _counted(view.orders, "open order"), _counted(view.unknown, "unknown event")]
    return [one for one in said if one]


def _counted(count: int, what: str) -> str:
    return "" if not count else f"{count} {what}{'' if count == 1 else 's'}"


class Histogram(QWidget):
    """Members by what they come to; a line at zero, marks at the mean and at the worst twentieth."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: ScenariosView | None = None
        self.setMinimumHeight(50)
        self.setAccessibleName("Histogram of the members")

    def show_view(self, view: ScenariosView) -> None:
        """Take new bars."""
        if view != self._view:
            self._view = view
            self.update()

    def x_of(self, value: float) -> float:
        """Return where a result lies across."""
        plot, low, high = self.plot(), *self.reach()
        return plot.x() + (value - low) / (high - low) * plot.width()

    def reach(self) -> tuple[float, float]:
        """Return the results at the plot's two edges: all bars and zero lie within."""
        view = self._view
        if view is None or not view.bars:
            return -1.0, 1.0
        low, high = min(0.0, view.bars[0].low), max(0.0, view.bars[-1].high)
        room = max(high - low, 0.02) * 0.04
        return low - room, high + room

    def plot(self) -> QRect:
        """Return where the bars stand."""
        return QRect(10, 8, self.width() - 20, self.height() - 8 - 18)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        view = self._view
        if view is None or not view.bars:
            return
        look, plot = theme.current(), self.plot()
        p = QPainter(self)
        most = max(bar.count for bar in view.bars)
        low, high = self.reach()
        ticks = chart.steps(low, high, max(2, plot.width() // 60))
        _axis(p, plot, [(self.x_of(tick), formats.number(tick, chart.places(ticks), signed=True)) for tick in ticks])
        for bar in view.bars:
            left, right = self.x_of(bar.low), self.x_of(bar.high)
            tall = bar.count / most * (plot.height() - 4)
            tone = "loss" if bar.high <= 0.0 else "profit" if bar.low >= 0.0 else "text.muted"
            wide = max(2.0, right - left - 1.0)
            p.fillRect(QRectF(left, plot.bottom() + 1 - tall, wide, tall), look.colour(tone))
        p.fillRect(QRectF(round(self.x_of(0.0)), plot.y(), 1, plot.height()), look.colour("line.control"))
        for value, name, tone in ((view.at_95, "95", "danger.text"), (view.mean, "mean", "text.strong")):
            x = round(self.x_of(value))
            p.fillRect(QRectF(x, plot.y(), 1, plot.height()), look.colour(tone))
            paint.text_at(p, x + 3, plot.y() + 9, name, look.ui(look.type("micro")), look.colour(tone))


class SpotCurve(QWidget):
    """What all windows of a coin come to by the price at which they end; steps at their strikes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid: SpotGrid | None = None
        self.setMinimumHeight(50)
        self.setAccessibleName("Result by the price of the coin")
        self.hide()

    def show_grid(self, grid: SpotGrid | None) -> None:
        """Take a grid; None hides it."""
        self.setVisible(grid is not None)
        if grid != self._grid:
            self._grid = grid
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        grid = self._grid
        if grid is None or not grid.lines:
            return
        look = theme.current()
        p = QPainter(self)
        plot = QRect(10, 26, self.width() - 20, self.height() - 26 - 20)
        p.fillRect(0, 0, self.width(), 1, look.colour("line.grid"))
        words = f"{formats.plain(grid.coin, 12)} {formats.number(grid.spot, 0)} · {_counted(grid.windows, 'window')}"
        words += f" · {grid.unknown} without a strike" if grid.unknown else ""
        paint.text(p, QRect(10, 1, plot.width(), 15), words, look.ui(look.type("micro")), look.colour("text.muted"))
        results = [line.result for line in grid.lines]
        low, high = min(0.0, *results), max(0.0, *results)
        room = max(high - low, 0.02)
        first, last = grid.lines[0].price, grid.lines[-1].price

        def at(price: float, value: float) -> QPointF:
            across = (price - first) / max(1e-9, last - first)
            return QPointF(plot.x() + across * plot.width(), plot.bottom() - (value - low) / room * plot.height())

        shown = grid.lines[:: max(1, len(grid.lines) // 4)]
        _axis(
            p,
            plot,
            [(at(line.price, 0).x(), f"{formats.number(100.0 * line.change, 1, signed=True)} %") for line in shown],
        )
        font = look.number(look.type("micro"))
        for value in dict.fromkeys((max(results), min(results))):
            y = min(max(at(first, value).y() + 4, plot.y() + 9), plot.bottom() - 2)
            said = formats.amount(value)
            left = plot.right() + 1 - paint.width(said, font)
            paint.text_at(p, left, round(y - 6), said, font, look.colour(paint.pnl_colour(value)))
        zero = round(at(first, 0.0).y())
        p.fillRect(plot.x(), zero, plot.width(), 1, look.colour("line.control"))
        steps: list[QPointF] = []
        for line in grid.lines:
            if steps:
                steps.append(QPointF(at(line.price, 0).x(), steps[-1].y()))
            steps.append(at(line.price, line.result))
        p.setPen(look.pen("buy", 1.4))
        p.drawPolyline(QPolygonF(steps))


def _axis(p: QPainter, plot: QRect, labels: list[tuple[float, str]]) -> None:
    look = theme.current()
    font, bottom = look.number(look.type("micro")), plot.y() + plot.height()
    p.fillRect(plot.x(), bottom, plot.width(), 1, look.colour("line.control"))
    for x, words in labels:
        wide = paint.width(words, font)
        left = min(max(x - wide / 2, plot.x()), plot.right() + 1 - wide)
        paint.text_at(p, left, bottom + 13, words, font, look.colour("text.muted"))
