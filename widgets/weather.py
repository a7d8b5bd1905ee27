"""The station dock: what one station has measured today, against what the linked market asks, and what may come.

Exact readings are discs; whole-degree ones, which may stand for two degrees Fahrenheit, are rings. The axis is
local standard time, in which climate days are counted all year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.ids import StationId
from engine.core.units import HOUR
from engine.views import topics
from engine.views.weather import StationView
from widgets import chart, formats, paint, panel, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from engine.core.ids import Topic

_HERO: Final = 52
_ROW: Final = 18
_GUTTER: Final = 44
"""Left of the plot: labels of brackets."""
_TEMPERATURES: Final = {"°F": "°F", "F": "°F", "°C": "°C", "C": "°C"}
_WIDE: Final = 560
"""From this width on the facts stand beside the chart."""
_BESIDE: Final = 280
_NO_LIMIT: Final = (1 << 24) - 1
"""Qt's own largest size of a widget."""
_LATEST: Final = 3 * HOUR
"""An observation older than this is drawn muted."""


def unit_of(view: StationView) -> str:
    """Return the unit as it is written."""
    return _TEMPERATURES.get(view.unit, view.unit)


def is_temperature(view: StationView) -> bool:
    """Whether the linked market asks for a temperature."""
    return view.unit in _TEMPERATURES


def places_of(view: StationView) -> int:
    """Return the decimals readings are shown with."""
    return 2 if view.unit == "in" else 0 if view.unit == "kt" else 1


def hero(view: StationView) -> tuple[str, str, str]:
    """Return the large figure, what it is, and when or by whom."""
    clock = formats.local(view.running_at, view.utc_offset_hours, "%H:%M")
    if is_temperature(view):
        if view.official is not None:
            return str(view.official), "official high", formats.plain(view.official_source, 40)
        lowest = formats.DASH if view.running is None else str(view.running)
        return lowest, "running high", f"at least, since {clock}" if view.running is not None else ""
    if view.unit == "kt":
        return formats.number(view.gust), "highest gust", ""
    return formats.number(view.rain, 2), "accumulated", "routine sum" if view.rain is not None else ""


class StationPanel(panel.Panel):
    """One station over its climate day."""

    rests_ms = 250

    def __init__(self, parent: QWidget | None = None) -> None:
        help_text = (
            "Discs are exact readings, rings whole degrees Celsius that may be either of two Fahrenheit values."
            " The running high is a lower bound: the official one may still be higher. Hours are local standard time."
        )
        super().__init__("Station", help_text=help_text, parent=parent)
        self._station = StationId("")
        self.hero = Hero()
        self.trace = Trace()
        self.facts = Facts()
        body = QWidget()
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom, body)
        column = QVBoxLayout()
        for layout in (self._halves, column):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        column.addWidget(self.hero)
        column.addWidget(self.trace, 1)
        self._halves.addLayout(column, 1)
        self._halves.addWidget(self.facts)
        self.set_body(body)
        body.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_state(panel.EMPTY, "Pick a market or a station on the map.", icon="target")

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.station(self._station)} if self._station else ())

    def set_station(self, code: str) -> None:
        """Show another station; empty shows none."""
        if code == self._station:
            return
        self._station = StationId(code)
        self.set_subtitle(code)
        if code:
            self.set_state(panel.LOADING, f"Waiting for reports of {code}")
        else:
            self.set_state(panel.EMPTY, "Pick a market or a station on the map.", icon="target")
        self.retarget()

    def station(self) -> str:
        """Return the station it shows."""
        return self._station

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if view is None and topic in self.topics():
            self.set_state(panel.EMPTY, f"{self._station} is not in the station list", icon="target")
        if not isinstance(view, StationView) or view.id != self._station:
            return
        newest = max(view.last_at or 0, view.trace[-1].at if view.trace else 0)
        age = (view.now - newest) / 1e9 if newest else None
        self.set_subtitle(f"{view.id} {view.name}")
        self.set_state(view.state if view.state in panel.STATES else panel.LIVE, view.why, age_s=age)
        for part in (self.hero, self.trace, self.facts):
            part.show_view(view)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = event.size().width() >= _WIDE
        way = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._halves.direction() != way:
            self._halves.setDirection(way)
            self.facts.stand(beside=wide)
        super().resizeEvent(event)


class Hero(QWidget):
    """The figure that decides, and the last reading."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: StationView | None = None
        self.setFixedHeight(_HERO)

    def show_view(self, view: StationView) -> None:
        """Take a new view."""
        self._view = view
        number, what, since = hero(view)
        self.setAccessibleName(f"{what} {number} {unit_of(view)} {since}")
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._view is None:
            return
        look, view = theme.current(), self._view
        p = QPainter(self)
        number, what, since = hero(view)
        big = look.ui(look.type("hero"), 600)
        x = paint.text_at(p, 10, 37, number, big, look.colour("text.strong"))
        x = paint.text_at(p, x + 2, 37, unit_of(view), look.ui(12), look.colour("text.muted")) + 12
        right = self._paint_last(p, view)
        room = QRectF(x, 8, right - x - 8, 18)
        tone = "text.default" if view.official is not None else "text.muted"
        paint.text(p, room, what, look.ui(11), look.colour(tone), elide=True)
        paint.text(p, room.translated(0, 16), since, look.ui(11), look.colour("text.muted"), elide=True)

    def _paint_last(self, p: QPainter, view: StationView) -> float:
        """Write the last reading or the threshold at the right; return where it begins."""
        look = theme.current()
        rain = not is_temperature(view) and view.threshold is not None
        value = view.threshold if rain else view.last
        words = formats.number(value, 3 if view.unit == "in" and rain else places_of(view))
        words = words if words == formats.DASH else f"{'> ' if rain else ''}{words} {unit_of(view)}"
        strong = look.number(12, 600)
        edge = QRectF(0, 8, self.width() - 10, 18)
        fresh = view.last_at is not None and view.now - view.last_at < _LATEST
        wide = paint.text(p, edge, words, strong, look.colour("text.strong" if fresh else "text.muted"), paint.RIGHT)
        clock = formats.local(view.last_at, view.utc_offset_hours, "%H:%M")
        rate = "" if view.rate is None else f"  {formats.change(view.rate)}/h"
        below = f"last {clock}" if rain else f"{clock}{rate}"
        line = paint.text(p, edge.translated(0, 16), below, look.number(10), look.colour("text.muted"), paint.RIGHT)
        return self.width() - 10 - max(wide, line)


class Trace(QWidget):
    """The readings of the day against brackets or threshold, now, and the forecast's fan."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: StationView | None = None
        self.setMinimumHeight(90)
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
        values = [point.value for point in view.trace]
        values += [v for point in view.fan if point.at >= view.now for v in (point.p10, point.p90)]
        values += [v for _label, low, high in view.levels for v in (low, high) if v is not None]
        values += [view.threshold] if view.threshold is not None else []
        if not is_temperature(view):
            values.append(0.0)
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        room = max(high - low, 0.02) * 0.07
        base = low if low == 0.0 and not is_temperature(view) else low - room
        shown = [point.at for point in view.trace] or [view.day_from]
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
        chart.time_axis(p, axes, view.utc_offset_hours)
        gutter = QRectF(4, axes.plot.bottom() + 3, _GUTTER - 10, 14)
        paint.text(p, gutter, "LST", look.ui(look.type("micro")), look.colour("text.dim"), paint.RIGHT)
        self._paint_fan(p, axes, view, future)
        self._paint_levels(p, axes, view)
        chart.upright(p, axes, view.now, chart.pen("now"))
        self._paint_readings(p, axes, view)

    def _paint_brackets(self, p: QPainter, axes: chart.Axes, view: StationView) -> None:
        look = theme.current()
        font = look.number(look.type("micro"), 500)
        last = float("inf")
        for label, low, high in sorted(view.levels, key=lambda level: -(level[1] if level[1] is not None else -1e9)):
            top = axes.plot.y() if high is None else max(axes.plot.y(), axes.y(high + 0.5))
            bottom = axes.plot.bottom() + 1 if low is None else min(axes.plot.bottom() + 1, axes.y(low - 0.5))
            dead = high is not None and view.running is not None and high < view.running
            here = view.running is not None and not dead and (low is None or low <= view.running)
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
            words = f"> {formats.number(view.threshold, 3 if view.unit == 'in' else places_of(view))} {unit_of(view)}"
            room = QRectF(axes.plot.x() + 4, axes.y(view.threshold) - 15, axes.plot.width() - 8, 14)
            paint.text(p, room, words, look.number(look.type("micro"), 500), look.colour("warn"))
        if is_temperature(view) and view.running is not None and view.running_at is not None:
            y = round(axes.y(view.running)) + 0.5
            p.setPen(chart.pen("runningHigh"))
            p.drawLine(QPointF(axes.x(view.running_at), y), QPointF(axes.plot.right() + 1, y))

    def _paint_readings(self, p: QPainter, axes: chart.Axes, view: StationView) -> None:
        look = theme.current()
        points = [(point.at, point.value) for point in view.trace]
        chart.curve(p, axes, points, chart.pen("observed"), stepped=not is_temperature(view))
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
        if is_temperature(view) and view.running is not None and view.running_at is not None:
            p.setPen(look.pen("warn", 1.5))
            p.setBrush(look.colour("surface.dock"))
            p.drawEllipse(QPointF(axes.x(view.running_at), axes.y(view.running)), 3.2, 3.2)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


class Facts(QWidget):
    """Rows of facts, then the feeds with their ages."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[str, str], ...] = ()
        self._feeds: tuple[tuple[str, str, str], ...] = ()
        self._beside = False

    def stand(self, *, beside: bool) -> None:
        """Stand beside the chart, as high as it, or below it, as high as its rows."""
        self._beside = beside
        self.setMaximumHeight(_NO_LIMIT if beside else self._height())
        self.setMinimumWidth(_BESIDE if beside else 0)
        self.setMaximumWidth(_BESIDE if beside else _NO_LIMIT)
        self.updateGeometry()

    @override
    def sizeHint(self) -> QSize:
        return QSize(_BESIDE, self._height())

    def _height(self) -> int:
        return 8 + _ROW * (len(self._rows) + len(self._feeds)) + (9 if self._feeds else 0)

    def show_view(self, view: StationView) -> None:
        """Take a new view."""
        rows, feeds = rows_of(view), view.feeds
        if (rows, feeds) == (self._rows, self._feeds):
            return
        self._rows, self._feeds = rows, feeds
        self.setAccessibleName(", ".join(f"{name} {value}" for name, value in rows))
        self.stand(beside=self._beside)
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        along = (1, self.height()) if self._beside else (self.width(), 1)
        p.fillRect(0, 0, *along, look.colour("line.grid"))
        y = 4
        for name, value in self._rows:
            self._paint_row(p, y, 10, name, value, "text.muted")
            y += _ROW
        if self._feeds:
            y += 4
            p.fillRect(10, y, self.width() - 20, 1, look.colour("line.grid"))
            y += 4
        for name, state, age in self._feeds:
            paint.connection(p, 14, y + _ROW / 2, state, 3)
            self._paint_row(p, y, 26, name, age, "text.default")
            y += _ROW

    def _paint_row(self, p: QPainter, y: int, x: int, name: str, value: str, tone: str) -> None:
        look = theme.current()
        clean = formats.plain(value, 60)
        ink = "text.dim" if clean == formats.DASH else "text.muted" if x > 10 else "text.default"
        row = QRectF(x, y, self.width() - x - 10, _ROW)
        wide = paint.text(p, row, clean, look.number(11), look.colour(ink), paint.RIGHT)
        room = QRectF(x, y, row.width() - wide - 8, _ROW)
        paint.text(p, room, formats.plain(name, 60), look.ui(11), look.colour(tone), elide=True)


def rows_of(view: StationView) -> tuple[tuple[str, str], ...]:
    """Return the facts, the engine's own after what the official value can still be."""
    rows: list[tuple[str, str]] = []
    if is_temperature(view) and view.official is None and view.candidates:
        rows.append(("Official high can be", " · ".join(str(value) for value in view.candidates)))
    if is_temperature(view) and view.official is not None and view.running is not None:
        rows.append(("Running high was", f"{view.running} {unit_of(view)}"))
    rows += view.facts
    if is_temperature(view) and view.rain:
        rows.append(("Rain, routine sum", f"{formats.number(view.rain, 2)} in"))
    return tuple(rows)
