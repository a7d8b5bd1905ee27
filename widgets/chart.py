"""Axes, grids, curves and tags for the small charts, painted directly: no chart library to load at start."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from engine.core.units import HOUR, MINUTE, Nanos
from widgets import formats, paint, theme

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QColor

_HOUR_STEPS: Final = (1, 2, 3, 6, 12, 24)
_MINUTE_STEPS: Final = (1, 2, 5, 10, 15, 30)
_BESIDE: Final = 4
_TICK_PX: Final = 34
"""Least distance of two labels on the time axis."""
_EDGE: Final = 5
"""Pixels that the middle of a value beside a plot keeps from its upper and lower edge."""
CLEAR: Final = 14
"""Pixels between the middles of a tag and a value of the axis, at which both can be read."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Where values lie in a plot: time from `start` to `end` across, `low` to `high` upwards."""

    plot: QRect
    start: int
    end: int
    low: float
    high: float

    def x(self, at: int) -> float:
        """Return where a moment lies."""
        return self.plot.x() + (at - self.start) / max(1, self.end - self.start) * self.plot.width()

    def y(self, value: float) -> float:
        """Return where a value lies."""
        share = (value - self.low) / max(1e-12, self.high - self.low)
        return self.plot.y() + (1 - share) * self.plot.height()

    def xs(self, at: Sequence[int] | NDArray[np.int64]) -> list[float]:
        """Return where many moments lie: a tenth of the time that `x` takes for each."""
        scale = self.plot.width() / max(1, self.end - self.start)
        found: list[float] = (self.plot.x() + (np.asarray(at, np.int64) - self.start) * scale).tolist()
        return found

    def ys(self, values: Sequence[float] | NDArray[np.float64]) -> list[float]:
        """Return where many values lie."""
        tall = self.plot.height()
        scale = tall / max(1e-12, self.high - self.low)
        found: list[float] = (self.plot.y() + tall - (np.asarray(values, np.float64) - self.low) * scale).tolist()
        return found


def steps(low: float, high: float, most: int = 6) -> list[float]:
    """Return round values within [low, high], at most `most`, evenly apart by 1, 2 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [n * step for n in range(first, last + 1)]


def places(ticks: Sequence[float]) -> int:
    """Return how many decimals tell these ticks apart."""
    if len(ticks) < 2:
        return 2
    return max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))


def moments(start: int, end: int, offset_hours: int, wide: int) -> list[Nanos]:
    """Return round times of a clock `offset_hours` from UTC, so few that their labels fit `wide` pixels."""
    most = max(1, wide // _TICK_PX)
    sizes = [n * MINUTE for n in _MINUTE_STEPS] + [n * HOUR for n in _HOUR_STEPS]
    step = next((size for size in sizes if (end - start) / size <= most), 24 * HOUR)
    shift = offset_hours * HOUR
    first = -((-(start + shift)) // step)
    last = (end + shift) // step
    return [Nanos(n * step - shift) for n in range(first, last + 1)]


def grid(p: QPainter, axes: Axes, ticks: Iterable[float]) -> None:
    """Draw a line across at each of `ticks`."""
    tone = theme.current().colour("line.grid")
    for tick in ticks:
        p.fillRect(axes.plot.x(), round(axes.y(tick)), axes.plot.width(), 1, tone)


def right_axis(
    p: QPainter, axes: Axes, ticks: Sequence[float], *, signed: bool = False, tags: Sequence[float] = ()
) -> None:
    """Write values beside the plot's right edge, but none that a tag at one of `tags` would half hide."""
    look = theme.current()
    font, decimals = look.number(look.type("micro")), places(ticks)
    for tick in ticks:
        words, y = formats.number(tick, decimals, signed=signed), round(axes.y(tick))
        y = max(axes.plot.y() + _EDGE, min(y, axes.plot.bottom() - _EDGE))  # no value stands in the pane below or above
        if any(abs(y - axes.y(value)) < CLEAR for value in tags):
            continue
        rect = QRectF(axes.plot.right() + 6, y - 7, 60, 14)
        paint.text(p, rect, words, font, look.colour("text.muted"))


def time_axis(p: QPainter, axes: Axes, offset_hours: int, *, named: bool = True) -> None:
    """Draw the time axis and its labels, hours or hours and minutes; if `named`, at its right which clock's."""
    look = theme.current()
    font = look.number(look.type("micro"))
    bottom = axes.plot.y() + axes.plot.height()
    p.fillRect(axes.plot.x(), bottom, axes.plot.width(), 1, look.colour("line.control"))
    ticks = moments(axes.start, axes.end, offset_hours, axes.plot.width())
    whole = all((tick + offset_hours * HOUR) % HOUR == 0 for tick in ticks)
    free = float("-inf")
    for tick in ticks:
        x = axes.x(tick)
        p.fillRect(round(x), bottom, 1, 3, look.colour("line.control"))
        words = formats.local(tick, offset_hours, "%H" if whole else "%H:%M")
        wide = paint.width(words, font)
        left = min(max(x - wide / 2, axes.plot.x()), axes.plot.right() + 1 - wide)
        if left < free:  # the first was moved into the plot
            continue
        free = left + wide + _BESIDE
        paint.text_at(p, left, bottom + 13, words, font, look.colour("text.muted"))
    if not named:
        return
    clock = formats.zone(offset_hours, Nanos(axes.end))
    paint.text_at(p, axes.plot.right() + 6, bottom + 13, clock, look.ui(look.type("micro")), look.colour("text.dim"))


def curve(p: QPainter, axes: Axes, points: Sequence[tuple[int, float]], pen: QPen, *, stepped: bool = False) -> None:
    """Draw a line through (moment, value), clipped to the plot; of many points a pixel shows their range."""
    if not points:
        return
    p.save()
    p.setClipRect(axes.plot.adjusted(0, -1, 1, 1))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    p.setPen(pen)
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawPolyline(QPolygonF(_path(axes, points, stepped=stepped)))
    p.restore()


def _path(axes: Axes, points: Sequence[tuple[int, float]], *, stepped: bool) -> list[QPointF]:
    if len(points) > 4 * max(1, axes.plot.width()):
        points = thinned(points, axes.plot.width())
    moments, values = zip(*points, strict=True)
    across, up = axes.xs(moments), axes.ys(values)
    if not stepped:
        return [QPointF(x, y) for x, y in zip(across, up, strict=True)]
    path = [QPointF(across[0], up[0])]
    for x, before, y in zip(across[1:], up, up[1:], strict=False):
        path += (QPointF(x, before), QPointF(x, y))
    return path


def thinned(points: Sequence[tuple[int, float]], buckets: int) -> list[tuple[int, float]]:
    """Return at most about `2 * buckets` of the points, in order: the lowest and highest of each stretch of time."""
    at = np.array([point[0] for point in points])
    values = np.array([point[1] for point in points])
    span = max(1, int(at[-1] - at[0]))
    bucket = ((at - at[0]) * buckets) // (span + 1)
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    ends = np.append(starts[1:], len(points))
    kept: list[tuple[int, float]] = []
    for begin, end in zip(starts.tolist(), ends.tolist(), strict=True):
        part = values[begin:end]
        ends_of = sorted({begin + int(part.argmin()), begin + int(part.argmax())})
        kept += [(int(at[n]), float(values[n])) for n in ends_of]
    return kept


def band(p: QPainter, axes: Axes, lower: Sequence[tuple[int, float]], upper: Sequence[tuple[int, float]],
         colour: QColor) -> None:  # fmt: skip
    """Fill between two lines, clipped to the plot."""
    p.save()
    p.setClipRect(axes.plot.adjusted(0, 0, 1, 0))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour)
    there = [QPointF(axes.x(at), axes.y(value)) for at, value in lower]
    back = [QPointF(axes.x(at), axes.y(value)) for at, value in reversed(upper)]
    p.drawPolygon(QPolygonF(there + back))
    p.restore()


def level(p: QPainter, axes: Axes, value: float, pen: QPen) -> None:
    """Draw a line across the plot."""
    y = round(axes.y(value)) + 0.5
    p.setPen(pen)
    p.drawLine(QPointF(axes.plot.x(), y), QPointF(axes.plot.right() + 1, y))


def upright(p: QPainter, axes: Axes, at: int, pen: QPen) -> None:
    """Draw a line down the plot at a moment, if it lies within."""
    if axes.start <= at <= axes.end:
        x = round(axes.x(at)) + 0.5
        p.setPen(pen)
        p.drawLine(QPointF(x, axes.plot.y()), QPointF(x, axes.plot.bottom() + 1))


def tag(p: QPainter, axes: Axes, value: float, words: str, colour: str) -> None:
    """Draw the last value as a filled tag on the axis at the right; one that is wider reaches into the plot."""
    look = theme.current()
    font = look.number(look.type("caption"), 600)
    tall = look.section("chart")["tag"]
    y = min(max(axes.y(value), axes.plot.y()), axes.plot.bottom() + 1)
    wide = round(paint.width(words, font)) + 8
    x = min(axes.plot.right() + 2, p.device().width() - wide - 1)  # no digit of a price may be cut
    rect = QRectF(x, round(y - tall / 2), wide, tall)
    paint.box(p, rect, look.colour(colour), None, look.radius("mark"))
    paint.text(p, rect, words, font, look.colour("text.onFill"), paint.CENTRE)


def pen(name: str) -> QPen:
    """Return a pen of the token table's charts, such as ``strike``."""
    colour, width, *dash = theme.current().section("chart")["pens"][name]
    return theme.current().pen(colour, width, dash[0] if dash else ())
