"""The picture of the hex map: ground, hexagons, borders, values; and over it marks, legend and scale bar.

Three pictures are kept: the ground and the lines of a viewport, made once for it, and the whole with
coloured cells and their values, made when values change. A frame lays the last one down and paints only
stations, selection and what the pointer is on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import h3
import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from widgets import formats, hexgrid, hexlayers, hexmarks, hexpicture, keymap, paint, theme
from widgets.hexgrid import Grid, Viewport

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from engine.views.weather import CellLine, CellsView
    from widgets.hexgrid import Floats
    from widgets.hexlayers import Layer

_FINE_LINES: Final = 2_500
"""Up to so many cells their outlines are antialiased lines; beyond, they are pixels of the id-image."""
_REST_MS: Final = 90
"""A map that is dragged or zoomed is the picture before, shifted and scaled, until the hand rests so long."""
_DRAG_PX: Final = 4
_WHEEL_STEP: Final = 0.35
_KEY_STEP: Final = 0.5
_KEY_PAN: Final = 80
_START_ZOOM: Final = {4: 7.2, 5: 8.6, 6: 10.0, 7: 11.4, 8: 12.8}
"""Zoom at which cells of a resolution are first shown: wide enough for their values."""


class MapCanvas(QWidget):
    """The map itself. It paints a `CellsView` through one layer and says what the pointer does."""

    cell_clicked = Signal(str)
    """The cell under a click."""
    moved = Signal()
    """Another part of the world is seen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: CellsView | None = None
        self.layer: Layer = hexlayers.layers(1.0)[0]
        self.selected = ""
        """Cell picked on the map; of any resolution."""
        self.viewport = Viewport(lat=41.8, lon=-87.8, zoom=9.4, width=1, height=1)
        self._home: tuple[float, float, int] | None = None
        self._seen: list[float | None] | None = None
        """Values the picture of cells was made of: most trades and reports change none of them."""
        self._laid: object = None
        """What was last painted over the cells."""
        self._grid: Grid | None = None
        self._lines: dict[str, tuple[CellLine, ...]] = {}
        self._ground: QPixmap | None = None
        self._borders: QPixmap | None = None
        self._mask: bytes = b""
        self._picture: QPixmap | None = None
        self._hover = ""
        self._grouped = -1
        """Resolution that the lines are gathered for."""
        self._pressed: QPointF | None = None
        self._dragged = False
        self._domain = (0.0, 1.0)
        self._whole: tuple[object, int, hexgrid.Outline] | None = None
        """Outline of all cells with data at a resolution, while there are many."""
        self._numbers: NDArray[np.intp] | None = None
        """Which of these the grid shows; None where it has cells without data, too."""
        self._known: tuple[object, Layer, dict[str, float], Floats] | None = None
        """Values of all cells with data on the layer shown."""
        self._spanned: tuple[object, Layer] | None = None
        """What the ends of the scale are of."""
        self._drawn_at = self.viewport
        """What the picture shows."""
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(_REST_MS)
        self._resting.timeout.connect(self.settle)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Hex map")

    def retheme(self) -> None:
        """Paint ground, borders and cells anew in the theme in use."""
        self._ground = self._borders = self._picture = None

    # What the panel calls

    def show_view(self, view: CellsView) -> None:
        """Take new values; a view of another place or resolution moves the map there."""
        was = self.view
        fresh = was is None or view.resolution != was.resolution
        home = (*view.center, view.resolution)
        self.view = view
        same = was is not None and was.cells is view.cells and self._seen is not None
        before, self._seen = self._seen, self._seen if same else [self.layer.value(line) for line in view.cells]
        if home != self._home:
            self._home = home
            self.go_home()
        elif not fresh and before == self._seen:
            if not same:  # facts and marks; the cells stay as they are
                self._lines = hexlayers.gathered(view, self.resolution())
            if self._over() != self._laid:
                self.update()
            return
        self._recolour(regroup=True, regrid=fresh)

    def show_layer(self, layer: Layer) -> None:
        """Show another quantity."""
        self.layer = layer
        self._seen = None
        self._recolour(regroup=False)

    def select(self, cell: str) -> None:
        """Mark a cell; empty marks none."""
        if cell != self.selected:
            self.selected = cell
            self.update()

    def go_home(self) -> None:
        """Return to where the view starts."""
        if self._home is None:
            return
        lat, lon, res = self._home
        zoom = _START_ZOOM.get(res, 8.0)
        self.move_to(Viewport(lat=lat, lon=lon, zoom=zoom, width=max(1, self.width()), height=max(1, self.height())))

    def lines_at(self, cell: str) -> tuple[CellLine, ...]:
        """Return the lines a drawn cell stands for; none where there are no data."""
        return self._lines.get(self.drawn(cell), ())

    def drawn(self, cell: str) -> str:
        """Return the cell as drawn at this zoom: itself, or the parent it is part of; empty if it is larger."""
        if not cell:
            return ""
        res = self.resolution()
        own = h3.get_resolution(cell)
        return cell if own == res else h3.cell_to_parent(cell, res) if own > res else ""

    def resolution(self) -> int:
        """Return the H3 resolution drawn at this zoom."""
        return hexgrid.resolution(self.viewport, self.view.resolution if self.view is not None else 7)

    def grid(self) -> Grid:
        """Return the cells of this viewport, built when first asked for."""
        if self._grid is None:
            view, res = self.viewport, self.resolution()
            if hexgrid.many(view, res) > _FINE_LINES and self._lines:
                self._grid, self._numbers = hexgrid.cut(view, self._outline(res))
            else:
                self._grid, self._numbers = hexgrid.build(view, hexgrid.cells_in(view, res)), None
        return self._grid

    def _outline(self, res: int) -> hexgrid.Outline:
        """Return the outline of all cells that have data, made once while these are the same."""
        if self._whole is None or self._whole[:2] != (tuple(self._lines), res):
            self._whole = (tuple(self._lines), res, hexgrid.outline(list(self._lines)))
        return self._whole[2]

    def _values(self, grid: Grid) -> Floats:
        """Return the layer's value of each cell of the grid; NaN where nothing is known."""
        known, column = self._column()
        if self._numbers is not None:
            return column[self._numbers]
        return np.array([known.get(cell, math.nan) for cell in grid.cells])

    def _column(self) -> tuple[dict[str, float], Floats]:
        """Return the layer's value of every cell with data, worked out once for these and the layer."""
        if self._known is None or self._known[0] is not self._lines or self._known[1] is not self.layer:
            cells = list(self._lines)
            values = hexlayers.values_of(self.layer, cells, self._lines)
            self._known = (self._lines, self.layer, dict(zip(cells, values.tolist(), strict=True)), values)
        return self._known[2], self._known[3]

    # Pointer and keys

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), False

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            self._point_at(event.position().toPoint())
            return
        delta = event.position() - self._pressed
        if self._dragged or delta.manhattanLength() > _DRAG_PX:
            self._dragged = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._pressed = event.position()
            self.move_to(self.viewport.panned(delta.x(), delta.y()), moving=True)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        if self._resting.isActive():
            self.settle()
        clicked = not self._dragged
        self._pressed, self._dragged = None, False
        self.unsetCursor()
        spot = event.position().toPoint()
        if clicked and (cell := self.grid().pick(spot.x(), spot.y())):
            self.cell_clicked.emit(cell)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(QPoint(-1, -1))

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        spot = event.position()
        steps = event.angleDelta().y() / 120 * _WHEEL_STEP
        if steps:
            self.move_to(self.viewport.zoomed(steps, spot.x(), spot.y()), moving=True)
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = keymap.current().action("map", keymap.key_of(event))
        zooms = {"map.zoom_in": _KEY_STEP, "map.zoom_out": -_KEY_STEP}
        pans = {"map.left": (1, 0), "map.right": (-1, 0), "map.up": (0, 1), "map.down": (0, -1)}
        if action in zooms:
            self.move_to(self.viewport.zoomed(zooms[action], self.width() / 2, self.height() / 2))
        elif action in pans:
            dx, dy = pans[action]
            self.move_to(self.viewport.panned(dx * _KEY_PAN, dy * _KEY_PAN))
        elif action == "map.home":
            self.go_home()
        else:
            super().keyPressEvent(event)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self.move_to(self.viewport.sized(self.width(), self.height()))

    def _point_at(self, spot: QPoint) -> None:
        if self._resting.isActive():
            return  # the cells of where it moves are not known yet
        cell = (self.grid().pick(spot.x(), spot.y()) or "") if spot.x() >= 0 else ""
        if cell != self._hover:
            self._hover = cell
            self.update()

    def move_to(self, view: Viewport, *, moving: bool = False) -> None:
        """Show another part of the world; while it is `moving` the picture before, shifted and scaled."""
        if view == self.viewport:
            return
        self.viewport = view
        self._hover = ""
        if moving and self._picture is not None:
            self._resting.start()
            self.update()
            return
        self.settle()

    def settle(self) -> None:
        """Make the picture of where the map is now."""
        self._resting.stop()
        self._ground = None
        res = self.resolution()
        self._recolour(regroup=res != self._grouped, regrid=True)
        self.moved.emit()

    def _recolour(self, *, regroup: bool, regrid: bool = False) -> None:
        """Forget what no longer holds; the next painting makes it anew."""
        if self._resting.isActive():
            regrid, self._ground = True, None
        if regrid:
            self._grid = self._borders = None
        if regroup:
            self._grouped = self.resolution()
            self._lines = hexlayers.gathered(self.view, self._grouped) if self.view is not None else {}
            if self._numbers is not None and self._whole is not None and self._whole[0] != tuple(self._lines):
                self._grid = self._borders = None  # its numbers are those of other cells
        if self._spanned is None or self._spanned[0] is not self._lines or self._spanned[1] is not self.layer:
            self._domain = hexlayers.span(self.layer, [v for v in self._column()[0].values() if not math.isnan(v)])
            self._spanned = (self._lines, self.layer)
        self._picture = None
        self.update()

    # The picture

    def _compose(self) -> QPixmap:
        """Return ground, cells, borders and values as one picture."""
        if self._ground is None:
            self._ground = self._paint_ground()
        picture = QPixmap(self._ground)
        p = QPainter(picture)
        if self._lines:
            self._paint_cells(p)
        else:  # no cell has a colour: none is looked up, which the first window would wait for
            p.drawPixmap(0, 0, self._lines_over(None))
        p.end()
        return picture

    def _paint_cells(self, p: QPainter) -> None:
        grid = self.grid()
        values = self._values(grid)
        fills = hexgrid.scale(values, hexpicture.stops_of(self.layer), *self._domain)
        fine = len(grid.cells) <= _FINE_LINES
        edge = theme.current().colour("surface.dock").rgb()
        rims = fills if fine else hexgrid.mix(fills, edge, 1 - theme.current().blend("hexOutline"))
        p.drawImage(0, 0, hexpicture.image_of(grid, fills, rims))
        if self.layer.key == "alerts" and fine:
            with np.errstate(invalid="ignore"):
                hexpicture.paint_hatch(p, grid, values >= theme.current().section("hex")["hatchFrom"])
        p.drawPixmap(0, 0, self._lines_over((grid, fills != 0) if fine else None))
        hexpicture.paint_values(p, grid, self.layer, values, fills)

    def _blank(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def _paint_ground(self) -> QPixmap:
        ground = self._blank()
        ground.fill(theme.current().colour("map.water"))
        p = QPainter(ground)
        hexpicture.paint_ground(p, self.viewport)
        p.end()
        return ground

    def _lines_over(self, fine: tuple[Grid, NDArray[np.bool_]] | None) -> QPixmap:
        """Return outlines of cells with values, where they are fine, and borders; kept as long as they are these."""
        mask = b"" if fine is None else fine[1].tobytes()
        if self._borders is None or mask != self._mask:
            self._mask = mask
            self._borders = self._blank()
            self._borders.fill(Qt.GlobalColor.transparent)
            p = QPainter(self._borders)
            p.setRenderHint(QPainter.RenderHint.Antialiasing)
            if fine is not None:
                hexpicture.paint_outlines(p, *fine)
            hexpicture.paint_borders(p, self.viewport)
            p.end()
        return self._borders

    # What is painted live

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            self._resting.stop()
            self._picture, self._drawn_at = self._compose(), self.viewport
        p = QPainter(self)
        if self._drawn_at == self.viewport:
            p.drawPixmap(0, 0, self._picture)
        else:
            self._paint_shifted(p, self._picture)
        if self._hover:
            hexmarks.ring(p, self.viewport, self._hover, (("map.mark", 1.2),))
        if cell := self.drawn(self.selected):
            stroke = theme.current().section("stroke")
            pens = (("map.halo", stroke["hexHalo"]), ("map.mark", stroke["hexSelected"]))
            hexmarks.ring(p, self.viewport, cell, pens)
        self._laid = self._over()
        legend = self._paint_view(p, self.view) if self.view is not None else QRect()
        hexmarks.scale_bar(p, self.viewport, legend)
        self._paint_facts(p)
        if self.hasFocus():
            paint.frame(p, self.rect(), theme.current().colour("buy"))

    def _paint_shifted(self, p: QPainter, picture: QPixmap) -> None:
        """Lay the picture of where the map was where it belongs now; what it does not cover is water."""
        p.fillRect(self.rect(), theme.current().colour("map.water"))
        was = self._drawn_at
        left, top = self.viewport.point(*was.place(0, 0))
        scale = self.viewport.world / was.world
        p.drawPixmap(QRectF(left, top, was.width * scale, was.height * scale), picture, QRectF(picture.rect()))

    def _over(self) -> object:
        """Return what is painted over the cells and comes from the view: stations, legend, the picked cell's value."""
        view = self.view
        if view is None:
            return None
        return (
            view.stations,
            view.title,
            view.unit,
            view.hour,
            self._domain,
            self._value(),
            self._hover and self.lines_at(self._hover),
        )

    def _value(self) -> float | None:
        """Return the picked cell's value on the layer shown."""
        lines = self.lines_at(self.selected)
        return hexlayers.value_of(self.layer, lines) if lines else None

    def _paint_view(self, p: QPainter, view: CellsView) -> QRect:
        """Paint stations and legend; return where the legend is."""
        for pin in view.stations:
            hexmarks.station(p, self.viewport, pin)
        wide, tall = hexmarks.legend_size(self.layer)
        if self.height() < tall + 60 or self.width() < wide + 40:
            return QRect()
        rect = QRect(8, self.height() - tall - 8, wide, tall)
        title = hexlayers.legend_title(self.layer, view)
        hexmarks.legend(p, rect, self.layer, title, self._domain, self._value())
        return rect

    def _paint_facts(self, p: QPainter) -> None:
        """Say in one line what is under the pointer."""
        if not self._hover or self.view is None:
            return
        rows = hexlayers.facts_of(self._lines.get(self._hover, ()), self.view)
        known = "   ".join(f"{name} {value}" for name, value in rows if value != formats.DASH)
        font = theme.current().number(10, 500)
        words = paint.elided(f"{self._hover}   {known}".rstrip(), font, self.width() - 32)
        hexmarks.plate(p, 8, 6, words, 18)
