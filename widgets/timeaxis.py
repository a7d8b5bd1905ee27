"""The time axis of a chart in a zone: round moments of its clock, days where they begin, and which clock it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRect

from engine.core.units import DAY, HOUR, MINUTE, SECOND
from widgets import paint, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from engine.core.zone import Zone
    from widgets.chart import Axes

STEPS: Final = (
    *(n * SECOND for n in (1, 2, 5, 10, 15, 30)), *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 4, 12)), *(n * DAY for n in (1, 2, 5, 10, 30, 90)),
)  # fmt: skip
APART: Final = {True: 64, False: 46}
"""Least distance of two labels in pixels, of seconds and of whatever is shorter to write."""
HEIGHT: Final = 18


class Tick(NamedTuple):
    """A round moment."""

    at: int
    words: str
    day: bool
    """A day begins there."""


def ticks(start: int, end: int, zone: Zone, wide: int) -> list[Tick]:
    """Return round moments of a zone's clock within [start, end], so few that their labels fit `wide` pixels."""
    if end <= start or wide <= 0:
        return []
    step = next((s for s in STEPS if (end - start) / s * APART[s < MINUTE] <= wide), STEPS[-1])
    found = []
    at = zone.floor(start, step)
    if at < start:
        at = zone.after(at, step)
    while at <= end:
        day = zone.floor(at, DAY) == at
        found.append(Tick(at, _words(zone, at, step, day=day), day))
        at = zone.after(at, step)
    return found


def _words(zone: Zone, at: int, step: int, *, day: bool) -> str:
    wall = zone.wall(at)
    if day or step >= DAY:
        return f"{wall.day} {wall:%b}"
    return f"{wall:%H:%M:%S}" if step < MINUTE else f"{wall:%H:%M}"


def name(zone: Zone, at: int) -> str:
    """Return what a clock is called at a moment, such as ``local CDT`` or ``KMDW LST UTC−6``."""
    words = zone.name(at // SECOND)
    return f"local {words}" if zone.code == "local" else words


def short(zone: Zone, at: int) -> str:
    """Return the same for little room: ``CDT``, ``UTC``, ``LST −6``."""
    words = zone.name(at // SECOND)
    return f"LST {words.rpartition('UTC')[2] or '0'}" if zone.code == "station" else words


def time_of_day(zone: Zone, at: int) -> str:
    """Return the time of a moment alone, such as ``14:32:07``."""
    return f"{zone.wall(at):%H:%M:%S}"


def moment(zone: Zone, at: int, *, seconds: bool = True) -> str:
    """Return a moment in full, such as ``22 Nov 14:32:07 CDT``."""
    wall = zone.wall(at)
    clock = f"{wall:%H:%M:%S}" if seconds else f"{wall:%H:%M}"
    return f"{wall.day} {wall:%b} {clock} {zone.name(at // SECOND)}"


def draw(p: QPainter, axes: Axes, zone: Zone) -> None:
    """Draw the line under a plot, its moments and their labels, and uprights where days begin."""
    look = theme.current()
    font = look.number(look.type("micro"))
    bottom = axes.plot.y() + axes.plot.height()
    p.fillRect(axes.plot.x(), bottom, axes.plot.width(), 1, look.colour("line.control"))
    for tick in ticks(axes.start, axes.end, zone, axes.plot.width()):
        x = axes.x(tick.at)
        if tick.day:
            p.fillRect(round(x), axes.plot.y(), 1, axes.plot.height(), look.colour("line.control"))
        p.fillRect(round(x), bottom, 1, 3, look.colour("line.control"))
        wide = paint.width(tick.words, font)
        left = min(max(x - wide / 2, axes.plot.x()), axes.plot.right() + 1 - wide)
        tone = "text.default" if tick.day else "text.muted"
        paint.text_at(p, left, bottom + 13, tick.words, font, look.colour(tone))


def draw_name(p: QPainter, axes: Axes, room: QRect, zone: Zone) -> None:
    """Write which clock the axis is of, at its right."""
    look = theme.current()
    rect = QRect(axes.plot.right() + 4, room.y(), room.right() - axes.plot.right() - 4, HEIGHT)
    paint.text(p, rect, short(zone, axes.end), look.ui(look.type("micro")), look.colour("text.muted"))
