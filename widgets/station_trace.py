"""The readings of a station's day against brackets or threshold, and the forecast's fan for the rest of it.

Exact readings are discs; whole-degree ones, which may stand for two degrees Fahrenheit, are rings; those of a feed
that speaks every few minutes are a thin step line of their own. The axis is local standard time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget
from typing_extensions import override

from engine.core.units import HOUR
from widgets import chart, formats, paint, station_words, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from engine.views.weather import StationView, TracePoint

_GUTTER: Final = 44
"""Left of the plot: labels of brackets."""
TALL: Final = 136
"""Least height: the brackets' labels must find room."""
_NEAR: Final = 5
"""Pixels from a reading within which a tool tip is its."""
_DAY_GROUP: Final = 24


class Trace(QWidget):
    """The readings of the day against brackets or threshold, now, and the forecast's fan."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: StationView | None = None
        self.setMinimumHeight(TALL)
        self.setAccessibleName("Readings of the day")

    def show_view(self, view: StationView) -> None:
        """Take a new view."""
        if view != self._view:
            self._view = view
            self.update()

    def axes(self, view: StationView) -> chart.Axes:
        """Return the plot: readings, fan, brackets and threshold all fit into it."""
        rules = theme.current().section("chart")
        plot = QRect(_GUTTER, 6, self.width() - _GUTTER - 10, self.height() - 6 - rules["axisBottom"])
        values = [point.value for point in (*view.trace, *view.often)]
        values += [v for point in view.fan if point.at >= view.now for v in (point.p10, point.p90)]
        values += [v for _label, low, high in view.levels for v in (low, high) if v is not None]
        values += [view.threshold] if view.threshold is not None else []
        if not station_words.is_temperature(view):
            values.append(0.0)
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        room = max(high - low, 0.02) * 0.07
        base = low if low == 0.0 and not station_words.is_temperature(view) else low - room
        shown = [point.at for point in (*view.trace, *view.often)] or [view.day_from]
        start = max(view.day_from, min(min(shown), view.now) // HOUR * HOUR)
        return chart.Axes(plot=plot, start=start, end=max(view.day_to, start + HOUR), low=base, high=high + room)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._view is None:
            return
        view, look = self._view, theme.current()
        axes = self.axes(view)
        p = QPainter(self)
        left = round(min(max(axes.x(view.now), axes.plot.x()), axes.plot.right() + 1))
        future = QRect(left, axes.plot.y(), axes.plot.right() + 1 - left, axes.plot.height())
        p.fillRect(future, look.mix("surface.dock", "surface.raised", 0.35))
        if view.levels:
            self._paint_brackets(p, axes, view)
        else:
            self._paint_ticks(p, axes, view)
        chart.time_axis(p, axes, view.utc_offset_hours, named=False)  # LST stands at its left
        gutter = QRectF(4, axes.plot.bottom() + 3, _GUTTER - 10, 14)
        paint.text(p, gutter, "LST", look.ui(look.type("micro")), look.colour("text.dim"), paint.RIGHT)
        self._paint_fan(p, axes, view, future)
        self._paint_levels(p, axes, view)
        self._paint_groups(p, axes, view)
        chart.upright(p, axes, view.now, chart.pen("now"))
        self._paint_readings(p, axes, view)

    def _paint_brackets(self, p: QPainter, axes: chart.Axes, view: StationView) -> None:
        look = theme.current()
        font = look.number(look.type("micro"), 500)
        last = float("inf")
        standing = {one.label: one.standing for one in view.outcomes}
        for label, low, high in sorted(view.levels, key=lambda level: -(level[1] if level[1] is not None else -1e9)):
            top = axes.plot.y() if high is None else max(axes.plot.y(), axes.y(high + 0.5))
            bottom = axes.plot.bottom() + 1 if low is None else min(axes.plot.bottom() + 1, axes.y(low - 0.5))
            mark = standing.get(label, "")
            dead = mark == "dead"
            here = mark in {"holds", "locked"}
            rect = QRect(axes.plot.x(), round(top), axes.plot.width(), round(bottom) - round(top))
            if dead:
                paint.hatch(p, rect, look.hatch("dead"))
            p.fillRect(rect.x(), rect.y(), rect.width(), 1, look.colour("line.grid"))
            y = (top + min(bottom, top + 26)) / 2 if low is None else (top + bottom) / 2
            if abs(y - last) < 11:
                continue
            last = y
            tone = "text.disabled" if dead else "text.strong" if here else "text.muted"
            room = QRectF(2, y - 7, _GUTTER - 7, 14)
            paint.text(p, room, formats.plain(label, 8), font, look.colour(tone), paint.RIGHT)
            if mark == "locked":
                paint.icon(p, axes.plot.x() + 3, round(y) - 5, "lock", "good", 10)

    def _paint_ticks(self, p: QPainter, axes: chart.Axes, view: StationView) -> None:
        look = theme.current()
        ticks = chart.steps(axes.low, axes.high, 5)
        chart.grid(p, axes, ticks)
        decimals = chart.places(ticks)
        for tick in ticks:
            words = formats.number(tick, decimals)
            room = QRectF(2, round(axes.y(tick)) - 7, _GUTTER - 7, 14)
            paint.text(p, room, words, look.number(look.type("micro")), look.colour("text.muted"), paint.RIGHT)

    def _paint_fan(self, p: QPainter, axes: chart.Axes, view: StationView, future: QRect) -> None:
        if not view.fan:
            return
        look = theme.current()
        p.save()
        p.setClipRect(future)
        lower, upper = [(f.at, f.p10) for f in view.fan], [(f.at, f.p90) for f in view.fan]
        ahead = chart.Axes(plot=future, start=view.now, end=axes.end, low=axes.low, high=axes.high)
        chart.band(p, ahead, lower, upper, look.mix("surface.dock", "fair", float(look.section("chart")["fan"])))
        chart.curve(p, ahead, [(f.at, f.p50) for f in view.fan], chart.pen("fairFuture"))
        p.restore()

    def _paint_levels(self, p: QPainter, axes: chart.Axes, view: StationView) -> None:
        look = theme.current()
        if view.threshold is not None:
            chart.level(p, axes, view.threshold, chart.pen("strike"))
            places = 3 if view.unit == "in" else station_words.places_of(view)
            words = f"> {formats.number(view.threshold, places)} {station_words.unit_of(view)}"
            room = QRectF(axes.plot.x() + 4, axes.y(view.threshold) - 15, axes.plot.width() - 8, 14)
            paint.text(p, room, words, look.number(look.type("micro"), 500), look.colour("warn"))
        if station_words.is_temperature(view) and view.running is not None and view.running_at is not None:
            y = round(axes.y(view.running)) + 0.5
            p.setPen(chart.pen("runningHigh"))
            p.drawLine(QPointF(axes.x(view.running_at), y), QPointF(axes.plot.right() + 1, y))

    def _paint_groups(self, p: QPainter, axes: chart.Axes, view: StationView) -> None:
        """Mark when a group is still to come, and from when on it speaks."""
        look = theme.current()
        top = axes.plot.y()
        for group in view.groups:
            x = round(axes.x(group.at))
            if group.hours == _DAY_GROUP or not axes.plot.x() <= x <= axes.plot.right() + 1:
                continue
            start = max(axes.plot.x(), round(axes.x(group.starts)))
            p.fillRect(start + 2, top + 1, max(0, x - start - 2), 2, look.colour("line.control"))
            p.fillRect(x - 1, top, 1, 5, look.colour("text.muted"))
            words = f"{group.hours}h"
            font = look.number(look.type("micro"))
            if x - start > 2 * paint.width(words, font):
                room = QRectF(start, top + 3, x - start - 3, 11)
                paint.text(p, room, words, font, look.colour("text.dim"), paint.RIGHT)

    def _paint_often(self, p: QPainter, axes: chart.Axes, view: StationView) -> None:
        """Draw frequent whole-degree readings as one thin step line: each stands for one or two degrees."""
        points = [(point.at, point.value) for point in view.often]
        chart.curve(p, axes, points, theme.current().pen("text.dim", 1.0), stepped=True)

    def point_at(self, x: int, y: int) -> TracePoint | None:
        """Return the reading under a point of the widget; METARs go before frequent ones."""
        view = self._view
        if view is None:
            return None
        axes = self.axes(view)
        for points in (view.trace, view.often):
            near = min(points, key=lambda one: abs(axes.x(one.at) - x), default=None)
            if near is not None and abs(axes.x(near.at) - x) <= _NEAR and abs(axes.y(near.value) - y) <= 3 * _NEAR:
                return near
        return None

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            point = self.point_at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), formats.tip(point.said if point is not None else ""), self)
            return True
        return super().event(event)

    def _paint_readings(self, p: QPainter, axes: chart.Axes, view: StationView) -> None:
        look = theme.current()
        self._paint_often(p, axes, view)
        points = [(point.at, point.value) for point in view.trace]
        chart.curve(p, axes, points, chart.pen("observed"), stepped=not station_words.is_temperature(view))
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
        many = len(points) > axes.plot.width() / 6
        for point in view.trace:
            spot = QPointF(axes.x(point.at), axes.y(point.value))
            if point.exact and not many:
                p.setPen(Qt.PenStyle.NoPen)
                p.setBrush(look.colour("text.strong"))
                p.drawEllipse(spot, 1.8, 1.8)
            elif not point.exact:
                p.setPen(look.pen("text.muted", 1.2))
                p.setBrush(look.colour("surface.dock"))
                p.drawEllipse(spot, 2.4, 2.4)
        if station_words.is_temperature(view) and view.running is not None and view.running_at is not None:
            p.setPen(look.pen("warn", 1.5))
            p.setBrush(look.colour("surface.dock"))
            p.drawEllipse(QPointF(axes.x(view.running_at), axes.y(view.running)), 3.2, 3.2)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
