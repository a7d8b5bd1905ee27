"""The result of the session as a curve: total, realised, unrealised, fees; and what each market brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.units import Money
from engine.views import topics
from engine.views.account import PROVISIONAL, PnlView
from widgets import chart, formats, paint, panel, states, theme, view_sheets
from widgets.tables import WORD, Cell, Column
from widgets.tableview import RowsTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QPaintEvent, QPen, QResizeEvent

    from engine.core.ids import Topic
    from engine.views.account import PnlPoint
    from engine.views.sheet import Sheet

Line = tuple[str, Money]
_WIDE: Final = 560
"""From this width on the markets stand beside the curve."""
_TABLE: Final = 216


class PnlPanel(panel.Panel):
    """The PnL curve. Hours are those of a clock `offset_hours` from UTC."""

    rests_ms = 250

    def __init__(self, offset_hours: int = 0, parent: QWidget | None = None) -> None:
        help_text = "The result since the session began: total, its realised and unrealised parts, and fees as a cost."
        super().__init__("PnL", help_text=help_text, parent=parent)
        self.curve = PnlCurve(offset_hours)
        self.sums = Sums()
        self._points: tuple[PnlPoint, ...] = ()
        self.table: RowsTable[Line] = RowsTable(_COLUMNS, lambda row: row[0])
        self.table.setAccessibleName("PnL by market")
        self.table.setFixedWidth(_TABLE)
        body = QWidget()
        row, column = QHBoxLayout(body), QVBoxLayout()
        for layout in (row, column):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        column.addWidget(self.sums)
        column.addWidget(self.curve, 1)
        row.addLayout(column, 1)
        row.addWidget(self.table)
        self.set_body(body)
        self.set_state(states.LOADING, "Waiting for the result")

    def set_zone(self, offset_hours: int) -> None:
        """Show the hours of another clock."""
        self.curve.offset_hours = offset_hours
        self.curve.update()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.PNL})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if not isinstance(view, PnlView):
            return
        if not view.points:
            self.set_state(states.EMPTY, "No result yet. The curve begins with the first fill")
            return
        self.set_state(states.LIVE)
        self._points = view.points
        self.curve.show_points(view.points)
        self.sums.show_view(view)
        total = f"Total{PROVISIONAL}" if view.provisional else "Total"
        self.table.rows.set_rows(view.by_market, {"market": Cell(total, bold=True), "net": _money(view.total)})

    @override
    def sheets(self) -> Sequence[Callable[[], Sheet]]:
        return (self.table.sheet, lambda: view_sheets.curve(self._points))

    @override
    def strip_top(self) -> int:
        return self.over_columns()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.table.setVisible(self.width() >= _WIDE)


def _money(value: Money) -> Cell:
    return Cell(formats.arrowed(value), paint.pnl_colour(value), bold=True)


_COLUMNS: Final[tuple[Column[Line], ...]] = (
    Column(key="market", header="market", width=90, kind=WORD, stretch=True, sort=lambda row: row[0],
           cell=lambda row: Cell(formats.plain(row[0], 60), tip=formats.plain(row[0]))),
    Column(key="net", header="net $", width=84, cell=lambda row: _money(row[1]), sort=lambda row: row[1]),
)  # fmt: skip


class Sums(QWidget):
    """Total, realised, unrealised and fees in one row, with the line each of them is drawn as."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: PnlView | None = None
        self.setFixedHeight(theme.current().size("toolRow"))

    def show_view(self, view: PnlView) -> None:
        """Take new sums."""
        if view != self._view:
            self._view = view
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._view is None:
            return
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.grid"))
        y, x = round(paint.baseline(0, self.height(), 11)), 10.0
        view = self._view
        sums = (
            ("total", view.total, paint.pnl_colour(view.total)),
            ("realised", view.realised, paint.pnl_colour(view.realised)),
            ("unrealised", view.unrealised, paint.pnl_colour(view.unrealised)),
            ("fees", -view.fees, "text.muted"),
        )
        for name, value, colour in sums:
            words = formats.amount(value)
            unsure = view.provisional and name in {"total", "fees"}
            said = f"{name}{PROVISIONAL}" if unsure else name
            need = 20 + paint.width(said, look.ui(11)) + 6 + paint.width(words, look.number(11, 600))
            if x + need > self.width():
                break
            p.setPen(pen_of(name))
            p.drawLine(round(x), self.height() // 2, round(x) + 14, self.height() // 2)
            x = paint.text_at(p, x + 20, y, said, look.ui(11), look.colour("text.muted")) + 6
            bold = look.number(11, 600 if name == "total" else 400)
            x = paint.text_at(p, x, y, words, bold, look.colour(colour)) + 16


def pen_of(name: str) -> QPen:
    """Return the pen of a line: total, realised, unrealised or fees."""
    look = theme.current()
    pens = {
        "total": look.pen("text.strong", 1.6),
        "realised": look.pen("profit", 1.2),
        "unrealised": look.pen("buy", 1.2),
        "fees": look.pen("text.dim", 1.2, (3, 3)),
    }
    return pens[name]


class PnlCurve(QWidget):
    """The curves, a line at zero, the last total as a tag."""

    def __init__(self, offset_hours: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.offset_hours = offset_hours
        self._points: tuple[PnlPoint, ...] = ()
        self.setMinimumHeight(60)
        self.setAccessibleName("PnL curve")

    def show_points(self, points: tuple[PnlPoint, ...]) -> None:
        """Take a new curve."""
        self._points = points
        self.setAccessibleDescription(f"total {formats.money(points[-1].total, signed=True)}")
        self.update()

    def axes(self) -> chart.Axes:
        """Return the plot: all lines and zero fit into it."""
        rules = theme.current().section("chart")
        plot = QRect(rules["padLeft"], rules["padTop"], self.width() - rules["padLeft"] - rules["axisRight"] - 8,
                     self.height() - rules["padTop"] - rules["axisBottom"])  # fmt: skip
        values = [v for point in self._points for v in (point.total, point.realised, point.unrealised, -point.fees)]
        low, high = min(0.0, *values), max(0.0, *values)
        room = max(high - low, 0.02) * 0.08
        start, end = self._points[0].at, self._points[-1].at
        return chart.Axes(plot=plot, start=start, end=max(end, start + 1), low=low - room, high=high + room)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        if not self._points:
            return
        axes = self.axes()
        ticks = chart.steps(axes.low, axes.high, max(2, min(6, axes.plot.height() // 24)))
        chart.grid(p, axes, ticks)
        chart.right_axis(p, axes, ticks, signed=True, tags=[float(self._points[-1].total)])
        chart.time_axis(p, axes, self.offset_hours)
        chart.level(p, axes, 0.0, chart.pen("zero"))
        for name in ("fees", "unrealised", "realised", "total"):
            sign = -1 if name == "fees" else 1
            line = [(point.at, sign * getattr(point, name)) for point in self._points]
            chart.curve(p, axes, line, pen_of(name), stepped=name in {"fees", "realised"})
        last = self._points[-1]
        tone = {"profit": "profit", "loss": "loss"}.get(paint.pnl_colour(last.total), "text.muted")
        chart.tag(p, axes, last.total, formats.amount(last.total), tone)
