"""How the parts of a chart are painted: what is not known, bars, lines that end where nothing is known, orders."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QLineF, QRect, QRectF, Qt

from engine.core.units import Side
from widgets import chart, formats, paint, theme
from widgets.chart import Axes

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QPainter, QPen

    from engine.views.chart import ChartView, Line, OrderMark

BAR_PX: Final = 3.0
"""Bars narrower than this are a line."""


def in_sight(view: ChartView, start: int, end: int) -> tuple[int, int]:
    """Return the first bar that reaches into a stretch of time, and the first after it."""
    first = int(np.searchsorted(view.ends, start, "right"))
    return first, max(first, int(np.searchsorted(view.at, end, "right")))


def ground(p: QPainter, axes: Axes, view: ChartView, under: QRect) -> None:
    """Raise what is still to come, hatch what is not known, and mark when something is decided."""
    look = theme.current()
    bottom = (under if under.height() else axes.plot).bottom()
    whole = QRect(axes.plot.x(), axes.plot.y(), axes.plot.width(), bottom - axes.plot.y() + 1)
    now = round(min(max(axes.x(view.now), whole.x()), whole.right() + 1))
    future = look.mix("surface.dock", "surface.raised", 0.35)
    p.fillRect(QRect(now, whole.y(), whole.right() + 1 - now, whole.height()), future)
    for hole in view.holes:
        left, right = axes.x(hole.start), axes.x(hole.end)
        if right >= whole.x() and left <= whole.right():
            left, right = max(left, whole.x()), min(right, whole.right() + 1)
            paint.hatch(p, QRectF(left, whole.y(), max(1.0, right - left), whole.height()), look.hatch("dead"))
    tall = Axes(whole, axes.start, axes.end, 0.0, 1.0)
    chart.upright(p, tall, view.now, chart.pen("now"))
    for mark in view.moments:
        if axes.start <= mark.at <= axes.end:
            chart.upright(p, tall, mark.at, chart.pen("strike"))
            font = look.ui(look.type("micro"))
            x = axes.x(mark.at) - paint.width(mark.words, font) - 4
            paint.text_at(p, x, whole.y() + 10, mark.words, font, look.colour("warn"))


def bars(p: QPainter, axes: Axes, view: ChartView) -> None:
    """Draw bars as candles: hollow where the price rose, filled where it fell; too many are a line of closes."""
    look = theme.current()
    first, last = in_sight(view, axes.start, axes.end)
    dealt = [n for n in range(first, last) if view.trades[n]]
    if not dealt:
        return
    wide = axes.x(int(view.ends[first])) - axes.x(int(view.at[first]))
    if wide < BAR_PX:
        _closes(p, axes, view, dealt)
        return
    body = max(1, int(min(wide * 0.7, 14)))
    left, right = axes.xs(view.at[dealt]), axes.xs(view.ends[dealt])
    tops, bottoms, opens, closes = (axes.ys(side[dealt]) for side in (view.high, view.low, view.open, view.close))
    wicks: list[QLineF] = []
    rose: list[QRect] = []
    fell: list[QRect] = []
    for begins, ends, high, low, first_y, last_y in zip(left, right, tops, bottoms, opens, closes, strict=True):
        middle = round((begins + ends) / 2)
        wicks.append(QLineF(middle + 0.5, high, middle + 0.5, low))
        top, bottom = (round(last_y), round(first_y)) if last_y <= first_y else (round(first_y), round(last_y))
        (rose if last_y <= first_y else fell).append(QRect(middle - body // 2, top, body, max(1, bottom - top)))
    p.setPen(look.pen("text.muted", 1.0))
    p.drawLines(wicks)
    p.setPen(look.pen("text.default", 1.0))
    p.setBrush(look.colour("surface.dock"))
    p.drawRects([rect.adjusted(0, 0, -1, -1) if rect.height() > 1 else rect for rect in rose])
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(look.colour("text.default"))
    p.drawRects(fell)


def _closes(p: QPainter, axes: Axes, view: ChartView, dealt: list[int]) -> None:
    run: list[tuple[int, float]] = []
    pen = chart.pen("price")
    for before, n in zip([None, *dealt], dealt, strict=False):
        if before is not None and _is_parted(view, before, n):
            chart.curve(p, axes, run, pen)
            run = []
        run.append((int(view.at[n]), float(view.close[n])))
    chart.curve(p, axes, run, pen)


def _is_parted(view: ChartView, before: int, after: int) -> bool:
    """Whether something is not known between two bars."""
    return any(h.start < view.at[after] and h.end > view.ends[before] for h in view.holes)


def line(p: QPainter, axes: Axes, told: Line, pen: QPen, *, stepped: bool = False) -> None:
    """Draw a line run by run: what is not joined is not drawn together, and a lone point is a dot."""
    for points in runs(told, axes.start, axes.end):
        if len(points) == 1:
            p.fillRect(QRectF(axes.x(points[0][0]) - 1, axes.y(points[0][1]) - 1, 2, 2), pen.color())
        else:
            chart.curve(p, axes, points, pen, stepped=stepped)


def runs(told: Line, start: int, end: int) -> list[list[tuple[int, float]]]:
    """Return the stretches of a line that lie, wholly or in part, within a time; each ends where nothing is known."""
    inside = np.flatnonzero((told.at >= start) & (told.at <= end))
    if not len(inside) or not np.isfinite(told.value).all():  # Qt never ends a line through what is no number
        return []
    first, last = max(0, int(inside[0]) - 1), min(len(told.at), int(inside[-1]) + 2)
    starts = [first, *(first + 1 + np.flatnonzero(~told.joined[first + 1 : last])).tolist(), last]
    return [
        list(zip(told.at[begin:ends].tolist(), told.value[begin:ends].tolist(), strict=True))
        for begin, ends in pairwise(starts)
    ]


def volume(p: QPainter, view: ChartView, room: QRect, start: int, end: int) -> None:
    """Draw what was traded in each bar, in the colour of the side that took more."""
    first, last = in_sight(view, start, end)
    most = float(view.volume[first:last].max()) if last > first else 0.0
    if room.height() <= 0 or most <= 0:
        return
    look = theme.current()
    axes = Axes(room, start, end, 0.0, most)
    tones = {1: look.mix("surface.dock", "buy", 0.45), -1: look.mix("surface.dock", "sell", 0.45)}
    plain = look.mix("surface.dock", "text.muted", 0.45)
    dealt = first + np.flatnonzero(view.trades[first:last] > 0)
    left, right, tops = axes.xs(view.at[dealt]), axes.xs(view.ends[dealt]), axes.ys(view.volume[dealt])
    bottom = room.bottom() + 1
    for begins, ends, top, sign in zip(left, right, tops, np.sign(view.signed[dealt]).tolist(), strict=True):
        wide = max(1.0, (ends - begins) * 0.7)
        p.fillRect(QRectF((begins + ends - wide) / 2, top, wide, bottom - top), tones.get(int(sign), plain))


def order(
    p: QPainter, axes: Axes, mark: OrderMark, price: float, *, ink: QColor | None,
    dash: tuple[int, ...],
) -> None:  # fmt: skip
    """Draw an order of ours as a line across, with its size; `ink` is of one that only might be there."""
    if not axes.low <= price <= axes.high:
        return
    look = theme.current()
    name = "buy" if mark.side is Side.BUY else "sell"
    y = round(axes.y(price))
    p.setPen(look.pen(name, 1.0, dash))
    p.drawLine(axes.plot.x(), y, axes.plot.right(), y)
    size = "" if mark.rest is None else f" {formats.quantity(mark.rest)}"
    words = f"{formats.UP if mark.side is Side.BUY else formats.DOWN}{size}"
    font = look.number(look.type("caption"), 600)
    wide = round(paint.width(words, font)) + 8
    rect = QRect(axes.plot.right() - wide - 2, y - 7, wide, 14)
    ground = look.mix("surface.dock", name, 0.25)
    paint.box(p, rect, ground, look.colour(name), look.radius("mark"))
    paint.text(p, rect, words, font, ink or look.colour("text.strong"), paint.CENTRE)


def under(p: QPainter, view: ChartView, room: QRect, start: int, end: int) -> None:
    """Draw what decides: a station's readings or a coin's price, and the edges at which outcomes part."""
    axes = _under_axes(view, room, start, end)
    look = theme.current()
    if room.height() > 0:
        p.fillRect(room.x(), room.y() - 4, room.width(), 1, look.colour("line.control"))
    told = view.under
    if axes is None or told is None:
        if room.height() > 0:
            words = "Nothing is known of it yet"
            paint.text(p, room, words, look.ui(11), look.colour("text.dim"), paint.CENTRE)
        return
    ticks = chart.steps(axes.low, axes.high, max(2, room.height() // 30))
    chart.grid(p, axes, ticks)
    taken: list[float] = []
    for mark in sorted(view.under_levels, key=lambda one: not one.strong):
        if axes.low <= mark.value <= axes.high:
            pen = chart.pen("strike") if mark.strong else look.pen("line.control", 1.0, (2, 3))
            chart.level(p, axes, mark.value, pen)
            y = axes.y(mark.value)
            if mark.words and all(abs(y - other) > 12 for other in taken):
                tone = "warn" if mark.strong else "text.dim"
                paint.text_at(p, room.x() + 4, y - 3, mark.words, look.ui(look.type("micro")), look.colour(tone))
                taken.append(y)
    p.save()
    p.setClipRect(room.adjusted(0, -1, 1, 1))
    line(p, axes, told, chart.pen("observed"), stepped=False)
    p.restore()
    chart.right_axis(p, axes, ticks, tags=[float(one) for one in told.value[-1:]])
    if len(told.value):
        chart.tag(p, axes, float(told.value[-1]), formats.number(float(told.value[-1]), 1), "text.default")
    name = f"{told.name} {told.unit}".strip()
    font = look.ui(look.type("caption"))
    paint.text_at(p, room.right() - 4 - paint.width(name, font), room.y() + 11, name, font, look.colour("text.muted"))


def _under_axes(view: ChartView, room: QRect, start: int, end: int) -> Axes | None:
    told = view.under
    if told is None or room.height() <= 0:
        return None
    inside = (told.at >= start) & (told.at <= end)
    values = told.value[inside].tolist() or told.value[-1:].tolist()
    strong = [mark.value for mark in view.under_levels if mark.strong]
    if not values and not strong:
        return None
    low, high = min(values + strong), max(values + strong)
    room_up = max((high - low) * 0.12, abs(high) * 1e-5, 0.05)
    return Axes(room, start, end, low - room_up, high + room_up)
