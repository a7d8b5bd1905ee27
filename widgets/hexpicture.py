"""What is painted once per viewport or change of values: ground, cells, their outlines and values, borders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainterPath, QPolygonF

from widgets import hexcolours, hexgrid, outlines, paint, theme

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QPainter, QPen

    from widgets.hexcolours import Pixels
    from widgets.hexgrid import Grid
    from widgets.hexlayers import Layer
    from widgets.hexviewport import Floats, Viewport

COUNTIES_FROM: Final = 6.9
"""Zoom from which county lines are drawn."""
_BRIGHT_FROM: Final = 8.6
"""Zoom from which they are bright: further out they would cover the map."""
_HALO: Final = 0.55
KINDS: Final = {"alerts": "alerts", "tier": "tiers"}
"""Where the colours of layers of kinds are, among the tokens of the map."""


def stops_of(layer: Layer) -> NDArray[np.uint32]:
    """Return the colours of a layer's scale: its kinds', diverging if its values have signs, else cividis."""
    look = theme.current()
    rules = look.section("hex")
    if layer.steps:
        kinds = [QColor(tone) for tone in rules[KINDS[layer.key]]]
        return hexcolours.ramp([(tone.red(), tone.green(), tone.blue()) for tone in kinds], len(kinds))
    tones = [look.colour(name) for name in rules["diverging"]] if layer.signed else map(QColor, rules["stops"])
    return hexcolours.ramp([(tone.red(), tone.green(), tone.blue()) for tone in tones])


def image_of(grid: Grid, fills: Pixels, rims: Pixels) -> QImage:
    """Return all cells as one image, transparent where a cell has no value."""
    height, width = grid.ids.shape
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    pixels = np.frombuffer(image.bits(), dtype=np.uint32).reshape(height, width)
    hexgrid.recolour(grid, fills, rims, pixels)
    return image


def polygon(x: Floats, y: Floats) -> QPolygonF:
    """Return points as Qt has them."""
    return QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])


def paint_ground(p: QPainter, view: Viewport) -> None:
    """Fill the land; further out as few large rings, nearer as the counties in sight."""
    look, borders = theme.current(), outlines.load()
    near = view.zoom >= COUNTIES_FROM
    p.setPen(look.pen("map.land") if near else Qt.PenStyle.NoPen)  # the pen closes seams between counties
    p.setBrush(look.colour("map.land"))
    for ring in borders.ground(view.box()) if near else borders.land():
        p.drawPolygon(polygon(*view.project(ring[:, 1], ring[:, 0])))


def paint_outlines(p: QPainter, grid: Grid, known: NDArray[np.bool_]) -> None:
    """Draw the outlines of all cells: faint where there is no value."""
    look = theme.current()
    empty, filled = QPainterPath(), QPainterPath()
    for number, has_value in enumerate(known.tolist()):
        path = filled if has_value else empty
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in grid.corners(number)]))
        path.closeSubpath()
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.setPen(theme.pen_of(look.colour("line.border"), 1.0))
    p.drawPath(empty)
    rim = QColor(look.colour("surface.dock"))
    rim.setAlphaF(1 - look.blend("hexOutline"))  # over any fill this is the outline's mixture
    p.setPen(theme.pen_of(rim, 1.0))
    p.drawPath(filled)


def paint_hatch(p: QPainter, grid: Grid, grave: NDArray[np.bool_]) -> None:
    """Hatch some cells: what is grave is told by more than its colour."""
    path = QPainterPath()
    for number in np.flatnonzero(grave).tolist():
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in grid.corners(number)]))
        path.closeSubpath()
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrushOrigin(0, 0)
    p.fillPath(path, theme.current().hatch("grave"))


def paint_borders(p: QPainter, view: Viewport) -> None:
    """Draw counties, coasts and states over the cells, each above a dark halo."""
    borders, box = outlines.load(), view.box()
    p.setBrush(Qt.BrushStyle.NoBrush)
    for kind, pens in _border_pens(view.zoom):
        path = QPainterPath()
        for arc in borders.lines(kind, box):
            path.addPolygon(polygon(*view.project(arc[:, 1], arc[:, 0])))
        for pen in pens:
            p.setPen(pen)
            p.drawPath(path)


def _border_pens(zoom: float) -> list[tuple[int, tuple[QPen, ...]]]:
    """Return the kinds of borders from the bottom up, each with its pens."""
    look = theme.current()
    rules = look.section("hex")
    tone = QColor(look.colour("map.halo"))
    tone.setAlphaF(_HALO)
    halo = theme.pen_of(tone, rules["countyHalo"])
    line = look.colour("map.countyLine")
    county = theme.pen_of(line if zoom >= _BRIGHT_FROM else look.colour("map.county"), rules["countyPen"])
    dashed = theme.pen_of(look.colour("map.stateLine"), rules["statePen"], rules["stateDash"])
    plain = theme.pen_of(look.colour("map.state"), 1.0)
    near = zoom >= _BRIGHT_FROM
    return [
        *([(outlines.COUNTY, (halo, county) if near else (county,))] if zoom >= COUNTIES_FROM else []),
        (outlines.ABROAD, (plain,)),
        (outlines.COAST, (halo, theme.pen_of(line, 1.0))),
        (outlines.STATE, (halo, dashed if near else plain)),
    ]


def paint_values(p: QPainter, grid: Grid, layer: Layer, values: Floats, fills: Pixels) -> None:
    """Write the value into every cell that is wide enough, black or white by the fill's luminance."""
    rules = theme.current().section("hex")
    if not grid.cells or grid.cell_width() < rules["valueMinCell"]:
        return
    font = theme.current().number(rules["valuePx"], 500)
    inks = (QColor("white"), QColor("black"))
    xs, ys = (axis.tolist() for axis in grid.centres())
    for x, y, value, fill in zip(xs, ys, values.tolist(), fills.tolist(), strict=True):
        if fill and -20 < x < grid.view.width + 20 and -20 < y < grid.view.height + 20:
            ink = inks[hexcolours.luminance(fill) > rules["darkAbove"]]
            paint.text(p, QRectF(x - 30, y - 8, 60, 16), layer.text(value), font, ink, paint.CENTRE)
