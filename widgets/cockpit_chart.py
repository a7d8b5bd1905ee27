"""The way of a window: the spot price against the strike above, the model's value and the market's below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from widgets import chart, formats, paint, theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from engine.views.updown import UpDownView

RIGHT: Final = 64
LEGEND: Final = 20
FOOT: Final = 18
TAG: Final = 17
"""Pixels that two tags need between their middles."""
LEAST: Final = 110
"""Pixels of height below which only the prices are drawn."""
LINES: Final = (
    ("price", "text.default"), ("strike", "warn"), ("p(Up) fair", "fair"), ("mid Up", "buy"),
    ("our fills ▲ Up ▼ Down", "text.muted"),
)  # fmt: skip


class WindowChart(QWidget):
    """Two plots over one time axis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: UpDownView | None = None
        self.offset_hours = 0
        self.setAccessibleName("Spot price, strike, value and middle of the window")

    def show_view(self, view: UpDownView) -> None:
        """Show the way of a window."""
        self.view = view
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        view = self.view
        if view is None:
            return
        p = QPainter(self)
        self._legend(p)
        room = QRect(12, LEGEND + 4, self.width() - RIGHT - 12, self.height() - LEGEND - FOOT - 8)
        if room.height() < 24 or room.width() < 40:
            return
        both = room.height() >= LEAST
        upper = QRect(room.x(), room.y(), room.width(), room.height() * 58 // 100 if both else room.height())
        axes = self._prices(p, upper, view)
        if both:
            top = upper.bottom() + 12
            lower = QRect(room.x(), top, room.width(), room.bottom() - top)
            axes = self._odds(p, lower, view)
        chart.time_axis(p, axes, self.offset_hours)

    def _legend(self, p: QPainter) -> None:
        look, x = theme.current(), 12
        for words, tone in LINES:
            p.fillRect(x, LEGEND // 2 - 1, 14, 2, look.colour(tone))
            wide = paint.text(p, QRect(x + 18, 0, 160, LEGEND), words, look.ui(10), look.colour("text.muted"))
            x += 18 + round(wide) + 14

    def _prices(self, p: QPainter, plot: QRect, view: UpDownView) -> chart.Axes:
        look = theme.current()
        points = _to_now([(step.at, step.spot) for step in view.path], view, view.spot)
        values = [value for _, value in points] + ([view.strike] if view.strike is not None else [])
        low, high = _span(values or [0.0, 1.0])
        axes = chart.Axes(plot, view.start, view.end, low, high)
        if not values:
            paint.text(p, plot, "No price of this window yet", look.ui(11), look.colour("text.dim"), paint.CENTRE)
            return axes
        ticks = chart.steps(low, high, 5)
        chart.grid(p, axes, ticks)
        chart.curve(p, axes, points, theme.pen_of(look.colour("text.default"), 1.4))
        tags: list[tuple[float, str, str]] = []
        if view.strike is not None:
            chart.level(p, axes, view.strike, theme.pen_of(look.colour("warn"), 1.0, (4, 3)))
            tags.append((view.strike, formats.number(view.strike, 1), "warn"))
        if view.spot is not None and points:
            tags.append((view.spot, formats.number(view.spot, 1), "text.default"))
        chart.right_axis(p, axes, ticks, tags=placed(axes, tags))
        _tags(p, axes, tags)
        self._now(p, axes, view)
        return axes

    def _odds(self, p: QPainter, plot: QRect, view: UpDownView) -> chart.Axes:
        look = theme.current()
        axes = chart.Axes(plot, view.start, view.end, 0.0, 1.0)
        ticks, tags = [0.25, 0.5, 0.75], odds_now(view)
        chart.grid(p, axes, ticks)
        for tick in (tick for tick in ticks if free(axes, tick, tags)):
            place = QRect(plot.right() + 6, round(axes.y(tick)) - 7, 50, 14)
            paint.text(p, place, f"{100 * tick:.0f} %", look.number(9), look.colour("text.muted"))
        mids = _to_now([(step.at, step.mid) for step in view.path if step.mid is not None], view, middle(view))
        fair = _to_now([(step.at, step.p_up) for step in view.path if step.p_up is not None], view, view.p_up)
        chart.curve(p, axes, mids, theme.pen_of(look.colour("buy"), 1.4), stepped=True)
        chart.curve(p, axes, fair, theme.pen_of(look.colour("fair"), 1.4))
        for fill in view.fills:
            if axes.start <= fill.at <= axes.end:
                tone = "buy" if fill.up else "sell"
                way = "up" if fill.up else "down"
                paint.triangle(p, axes.x(fill.at), axes.y(fill.price), 8, look.colour(tone), points=way)
        _tags(p, axes, tags)
        self._now(p, axes, view)
        return axes

    def _now(self, p: QPainter, axes: chart.Axes, view: UpDownView) -> None:
        if view.runs:
            pen = theme.pen_of(theme.current().colour("text.muted"), 1.0, (2, 3))
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            chart.upright(p, axes, view.now, pen)


def middle(view: UpDownView) -> float | None:
    """Return the middle of the book of Up, 0 to 1; None where a side is missing."""
    return None if view.bid is None or view.ask is None else (view.bid + view.ask) / 2


def odds_now(view: UpDownView) -> list[tuple[float, str, str]]:
    """Return the tags of the lower plot: value, words and colour of what holds now, not of the way's last point."""
    now = ((middle(view), "buy"), (view.p_up, "fair"))
    return [(value, formats.percent(value), tone) for value, tone in now if value is not None]


def _to_now(points: list[tuple[int, float]], view: UpDownView, value: float | None) -> list[tuple[int, float]]:
    """Lead a way that is noted now and then on to what holds now."""
    if points and view.runs and value is not None and points[-1][0] < view.now:
        points.append((view.now, value))
    return points


def _apart(axes: chart.Axes, pixels: int) -> float:
    return pixels * (axes.high - axes.low) / max(1, axes.plot.height())


def placed(axes: chart.Axes, tags: Sequence[tuple[float, str, str]]) -> list[float]:
    """Return where tags stand: at their values; one that would hide the other gives way, at the axis' end both do."""
    apart, found = _apart(axes, TAG), list[float]()
    for value, *_ in tags:
        at = value
        if found and abs(at - found[-1]) < apart:
            at = found[-1] + (apart if at >= found[-1] else -apart)
        found.append(at)
    over = max(0.0, max(found, default=axes.high) - axes.high) or min(0.0, min(found, default=axes.low) - axes.low)
    return [at - over for at in found]


def free(axes: chart.Axes, tick: float, tags: Sequence[tuple[float, str, str]]) -> bool:
    """Whether no tag stands over the number of a tick: half of it would be read beside the tag."""
    return all(abs(at - tick) >= _apart(axes, chart.CLEAR) for at in placed(axes, tags))


def _tags(p: QPainter, axes: chart.Axes, tags: Sequence[tuple[float, str, str]]) -> None:
    for at, (_, words, tone) in zip(placed(axes, tags), tags, strict=True):
        chart.tag(p, axes, at, words, tone)


def _span(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis that holds these values with some room."""
    low, high = min(values), max(values)
    room = max((high - low) * 0.08, abs(high) * 1e-5, 1e-6)
    return low - room, high + room
