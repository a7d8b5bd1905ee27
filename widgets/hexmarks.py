"""What is painted over the map in every frame: rings, stations, legend, scale bar, the line of facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import h3
import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from widgets import formats, hexcolours, hexviewport, paint, theme
from widgets.hexpicture import COUNTIES_FROM, polygon, stops_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.views.weather import StationPin
    from widgets.hexlayers import Layer
    from widgets.hexviewport import Viewport

LEGEND: Final = (212, 50)
_KIND_PX: Final = 54
CLEAR: Final = (-12.0, -7.0, 12.0, 7.0)
"""Pixels around a plate in which the middle of a cell's number would be covered by it."""
_PLATES_FROM: Final = COUNTIES_FROM + 1.4
"""Zoom from which every station has its plate; before, only those that settle."""


def ring(p: QPainter, view: Viewport, cell: str, pens: Sequence[tuple[str, float]]) -> None:
    """Draw a cell's outline with each of (colour, width) in turn."""
    corners = h3.cell_to_boundary(cell)
    x, y = view.project(np.array([c[0] for c in corners]), np.array([c[1] for c in corners]))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    p.setBrush(Qt.BrushStyle.NoBrush)
    for name, wide in pens:
        p.setPen(theme.current().pen(name, wide))
        p.drawPolygon(polygon(x, y))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def station(p: QPainter, view: Viewport, pin: StationPin, chosen: str = "") -> None:
    """Draw a station: a triangle, larger if it settles, and its plate, not over the number of the chosen cell."""
    x, y = view.point(pin.lat, pin.lon)
    if not (-90 < x < view.width + 20 and -20 < y < view.height + 20):
        return
    look = theme.current()
    size = look.section("hex")["settlementStation" if pin.settles else "station"]
    paint.triangle(p, x, y, size + 3, look.colour("map.halo"))
    paint.triangle(p, x, y, size, look.colour("map.mark"))
    if view.zoom < _PLATES_FROM and not pin.settles:
        return
    words = formats.plain(f"{pin.id} {pin.text}", 24)
    wide = plate_px(words, bold=pin.settles)
    right, left = x + size / 2 + 5, x - size / 2 - 5 - wide
    number = None if not chosen else view.point(*h3.cell_to_latlng(chosen))
    hides = number is not None and QRectF(right, y - 7, wide, 15).adjusted(*CLEAR).contains(QPointF(*number))
    plate(p, left if hides else right, y - 7, words, 15, bold=pin.settles)


def plate_px(words: str, *, bold: bool) -> int:
    """Return how wide a plate with these words is."""
    return round(paint.width(words, theme.current().number(10, 600 if bold else 500))) + 8


def plate(p: QPainter, x: float, y: float, words: str, height: int, *, bold: bool = False) -> None:
    """Write words on a black plate."""
    look = theme.current()
    font = look.number(10, 600 if bold else 500)
    rect = QRectF(round(x), round(y), plate_px(words, bold=bold), height)
    paint.box(p, rect, look.colour("map.halo"), look.colour("line.border"), look.radius("mark"))
    paint.text(p, rect, words, font, look.colour("map.mark"), paint.CENTRE)


def legend_size(layer: Layer) -> tuple[int, int]:
    """Return width and height of a layer's legend."""
    return (max(LEGEND[0], 16 + _KIND_PX * len(layer.steps)), LEGEND[1])


def legend(p: QPainter, rect: QRect, layer: Layer, title: str, ends: tuple[float, float], value: float | None) -> None:
    """Draw the scale of a layer in steps, with a tick at the selected cell's value."""
    look = theme.current()
    paint.box(p, rect, look.colour("surface.dock"), look.colour("line.border"), look.radius("mark"))
    head = QRectF(rect.x() + 8, rect.y() + 3, rect.width() - 16, 16)
    paint.text(p, head, title, look.ui(10, 500), look.colour("text.strong"), elide=True)
    bar = QRect(rect.x() + 8, rect.y() + 20, rect.width() - 16, 10)
    if layer.steps:
        _kinds(p, bar, layer, value)
        return
    steps = look.section("hex")["legendSteps"]
    colours = hexcolours.scale((np.arange(steps) + 0.5) / steps, stops_of(layer), 0.0, 1.0).tolist()
    for n, colour in enumerate(colours):
        left, right = (bar.x() + round(bar.width() * k / steps) for k in (n, n + 1))
        p.fillRect(left, bar.y(), right - left, bar.height(), QColor(colour))
    _ticks(p, bar, layer, ends)
    if value is not None:
        low, high = ends
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        paint.triangle(p, bar.x() + bar.width() * share, bar.bottom() + 4, 7, look.colour("text.strong"))


def _kinds(p: QPainter, bar: QRect, layer: Layer, value: float | None) -> None:
    """Draw a swatch a kind with its word, and a mark at the selected cell's."""
    look = theme.current()
    grave = look.section("hex")["hatchFrom"] if layer.key == "alerts" else len(layer.steps) + 1
    count = len(layer.steps)
    for n, (word, colour) in enumerate(zip(layer.steps, stops_of(layer).tolist(), strict=True)):
        left, right = (bar.x() + round(bar.width() * k / count) for k in (n, n + 1))
        box = QRect(left, bar.y(), right - left - 2, bar.height())
        p.fillRect(box, QColor(colour))
        if n + 1 >= grave:
            paint.hatch(p, box, look.hatch("grave"))
        room = QRect(left, bar.bottom() + 5, right - left, 13)
        paint.text(p, room, word, look.ui(look.type("micro")), look.colour("text.muted"), paint.LEFT)
        if value is not None and round(value) == n + 1:
            paint.triangle(p, box.center().x(), bar.bottom() + 4, 7, look.colour("text.strong"))


def _ticks(p: QPainter, bar: QRect, layer: Layer, ends: tuple[float, float]) -> None:
    look = theme.current()
    font = look.number(look.type("micro"))
    low, high = ends
    parts = 5 if layer.key == "probability" else 4
    for n in range(parts + 1):
        words = layer.text(low + (high - low) * n / parts)
        wide = paint.width(words, font)
        x = min(max(bar.x() + bar.width() * n / parts - wide / 2, bar.x()), bar.right() + 1 - wide)
        paint.text_at(p, x, bar.bottom() + 15, words, font, look.colour("text.muted"))


def scale_bar(p: QPainter, view: Viewport, keep_off: QRect) -> None:
    """Draw a bar of a round length at the bottom right, unless it would lie on the legend."""
    look = theme.current()
    metres, wide = hexviewport.bar_length(view.metres_per_pixel(), 80)
    words = f"{formats.number(metres / 1000)} km" if metres >= 1000 else f"{metres} m"
    rect = QRect(view.width - round(wide) - 24, view.height - 30, round(wide) + 16, 22)
    if keep_off.intersects(rect):
        return
    paint.box(p, rect, look.colour("surface.dock"), look.colour("line.border"), look.radius("mark"))
    head = QRectF(rect.x(), rect.y() + 1, rect.width(), 13)
    paint.text(p, head, words, look.number(10), look.colour("text.strong"), paint.CENTRE)
    p.fillRect(rect.x() + 8, rect.bottom() - 5, round(wide), 2, look.colour("text.strong"))
