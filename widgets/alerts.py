"""Alerts and orders: what the weather service warns of, what of ours lies under it, and how orders went with it.

The graph counts alerts in force by the hour, and below them the orders a minute of markets under an alert: everyone's
and ours. The table has what stands now, with what of ours it lies over first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QWidget
from typing_extensions import override

from engine.core.units import HOUR
from engine.views import topics
from engine.views.alerts import AlertsView, StandingAlert
from widgets import chart, formats, paint, panel, states, theme
from widgets.tables import CHIP, CODE, WORD, Cell, Column
from widgets.tableview import RowsTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from engine.core.ids import Topic
    from engine.views.alerts import AlertHour

_HELP: Final = (
    "Alerts of the weather service that are in force. Counted are orders of all accounts on our own exchange and ours"
    " everywhere; under an alert are those whose market's cell it lay on when they were sent. Double-click a row to"
    " turn to the first market under it."
)
_TONES: Final = {5: "bad", 4: "danger", 3: "warn", 2: "text.muted", 1: "text.dim"}
"""Colour of a severity's chip, by rank; its word stands in it."""
_WIDE: Final = 660
"""From this width on the graph stands beside the table."""
_GRAPH: Final = 0.37
"""Of the width."""
_LEGEND: Final = 20
_AXIS: Final = 18
_RIGHT: Final = 34
_EMPTY: Final = "No alert is in force."


def columns(offset: Callable[[], int]) -> tuple[Column[StandingAlert], ...]:
    """Return the columns; `offset` gives the hours from UTC of the clock times are shown on."""
    return (
        Column(
            key="severity",
            header="severity",
            width=82,
            kind=CHIP,
            cell=lambda r: Cell(formats.plain(r.alert.severity, 10), _TONES[r.alert.rank]),
            sort=lambda r: r.alert.rank,
        ),
        Column(
            key="event",
            header="alert",
            width=190,
            least=120,
            kind=WORD,
            stretch=True,
            cell=lambda r: Cell(
                formats.plain(r.alert.headline or r.alert.event, 120),
                "text.strong" if r.positions else "text.default",
                tip=formats.plain(f"{r.alert.event}: {r.alert.headline}", 400),
            ),
            sort=lambda r: r.alert.event,
        ),
        Column(
            key="until",
            header="until",
            width=76,
            kind=CODE,
            cell=lambda r: Cell(
                formats.local(r.alert.over_at, offset(), "%a %H:%M"), "text.muted", tip=formats.utc(r.alert.over_at)
            ),
            sort=lambda r: r.alert.over_at,
            when=lambda r: r.alert.over_at,
        ),
        Column(
            key="area",
            header="km²",
            width=62,
            priority=3,
            cell=lambda r: Cell(formats.number(r.km2), "text.muted"),
            sort=lambda r: r.km2,
        ),
        Column(
            key="markets",
            header="markets",
            width=60,
            cell=lambda r: Cell(
                formats.count(len(r.markets)), tip=formats.plain(", ".join(title for _, title in r.markets[:12]), 400)
            ),
            sort=lambda r: len(r.markets),
        ),
        Column(
            key="held",
            header="held",
            width=48,
            priority=1,
            cell=lambda r: formats.count(r.positions),
            sort=lambda r: r.positions,
        ),
        Column(
            key="worst",
            header="worst $",
            width=72,
            cell=lambda r: (
                Cell(formats.amount(-r.worst), "loss") if r.worst is not None else Cell(formats.DASH, "text.dim")
            ),
            sort=lambda r: r.worst,
            value=lambda r: None if r.worst is None else -r.worst,
        ),
    )


class AlertsPanel(panel.Panel):
    """The dashboard of alerts against orders."""

    rests_ms = 1_000

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Alerts and orders", help_text=_HELP, parent=parent)
        self._offset = 0
        self.graph = AlertGraph()
        self.table: RowsTable[StandingAlert] = RowsTable(columns(lambda: self._offset), lambda row: row.alert.id)
        self.table.setAccessibleName("Alerts in force")
        self.table.opened.connect(lambda row, _key: self._open(row))
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.graph)
        row.addWidget(self.table, 1)
        body.setFocusProxy(self.table)
        self.set_body(body)
        self.set_state(states.LOADING, "Waiting for the alerts")

    @override
    def strip_top(self) -> int:
        return self.over_columns()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.ALERTS})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if not isinstance(view, AlertsView):
            return
        if not view.known and not any(hour.orders for hour in view.hours):
            self.set_state(states.EMPTY, "No alert has been told of in this session.", icon="warn")
            return
        self.set_state(states.LIVE)
        self._offset = view.utc_offset_hours
        self.graph.show_view(view)
        self.table.rows.set_rows(view.standing)
        under = sum(bool(one.positions) for one in view.standing)
        count = len(view.standing)
        words = f"{count} in force" if count else _EMPTY.rstrip(".")
        self.set_subtitle(f"{words}, {under} over positions of ours" if under else words)

    def _open(self, row: StandingAlert) -> None:
        if row.markets:
            self.selected.emit(row.markets[0][0])

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.graph.setVisible(self.width() >= _WIDE)
        self.graph.setFixedWidth(round(self.width() * _GRAPH))


class AlertGraph(QWidget):
    """Alerts by the hour over orders a minute, on one time axis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: AlertsView | None = None
        self.setAccessibleName("Alerts and orders by the hour")

    def show_view(self, view: AlertsView) -> None:
        """Take new counts."""
        if self._view is None or (view.hours, view.utc_offset_hours) != (
            self._view.hours,
            self._view.utc_offset_hours,
        ):
            self._view = view
            last = view.hours[-1]
            pace = formats.number(rate(last, last.under), 1)
            self.setAccessibleDescription(f"this hour {last.alerts} alerts, {pace} orders a minute under them")
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        view = self._view
        if view is None:
            return
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.width() - 1, 0, 1, self.height(), look.colour("line.grid"))
        self._legend(p)
        room = QRect(10, _LEGEND + 4, self.width() - 10 - _RIGHT, self.height() - _LEGEND - _AXIS - 10)
        upper = QRect(room.x(), room.y(), room.width(), round(room.height() * 0.42))
        lower = QRect(room.x(), upper.bottom() + 8, room.width(), room.bottom() - upper.bottom() - 7)
        start, end = view.hours[0].opens, view.hours[-1].opens + HOUR
        top = max(1.0, float(max(hour.alerts for hour in view.hours)))
        axes = chart.Axes(upper, start, end, 0.0, top * 1.1)
        self._axis(p, axes, whole=True)
        for hour in view.hours:
            self._bar(p, axes, hour, hour.alerts, "warn", 0.55)
        most = max([0.1, *(rate(hour, hour.orders) for hour in view.hours)])
        axes = chart.Axes(lower, start, end, 0.0, most * 1.1)
        self._axis(p, axes, whole=False)
        for hour in view.hours:
            self._bar(p, axes, hour, rate(hour, hour.orders), "text.dim", 0.0)
            self._bar(p, axes, hour, rate(hour, hour.under), "text.muted", 0.5)
            self._bar(p, axes, hour, rate(hour, hour.ours_under), "buy", 1.0)
        chart.time_axis(p, axes, view.utc_offset_hours)

    def _axis(self, p: QPainter, axes: chart.Axes, *, whole: bool) -> None:
        ticks = chart.steps(axes.low, axes.high, 3)
        ticks = [tick for tick in ticks if not whole or tick == round(tick)]
        chart.grid(p, axes, ticks)
        if ticks:
            chart.right_axis(p, axes, ticks)

    def _bar(self, p: QPainter, axes: chart.Axes, hour: AlertHour, value: float, colour: str, share: float) -> None:
        """Draw one hour's column; outlined with a share of 0."""
        if value <= 0:
            return
        look = theme.current()
        left, right = axes.x(hour.opens), axes.x(hour.opens + HOUR)
        top = axes.y(value)
        rect = QRectF(
            round(left) + 2, round(top), max(1, round(right) - round(left) - 4), axes.plot.bottom() + 1 - round(top)
        )
        if share:
            p.fillRect(rect, look.mix("surface.dock", colour, share))
        else:
            paint.box(p, rect, None, look.colour(colour), 0)

    def _legend(self, p: QPainter) -> None:
        look = theme.current()
        p.fillRect(0, _LEGEND, self.width(), 1, look.colour("line.grid"))
        x, y = 10.0, round(paint.baseline(0, _LEGEND, 10))
        kinds = (
            ("alerts in force", "warn", 0.55),
            ("orders/min", "text.dim", 0.0),
            ("under alerts", "text.muted", 0.5),
            ("ours", "buy", 1.0),
        )
        for words, colour, share in kinds:
            box = QRectF(x, 6, 9, 9)
            if share:
                p.fillRect(box, look.mix("surface.dock", colour, share))
            else:
                paint.box(p, box, None, look.colour(colour), 0)
            x = paint.text_at(p, x + 13, y, words, look.ui(10), look.colour("text.muted")) + 12


def rate(hour: AlertHour, count: int) -> float:
    """Return a count of an hour by the minute."""
    return count / hour.minutes
