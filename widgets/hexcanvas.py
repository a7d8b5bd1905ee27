"""The picture of the hex map: ground, hexagons, borders, values; and over it marks, legend and scale bar.

Three pictures are kept: the ground and the lines of a viewport, made once for it, and the whole with
coloured cells and their values, made when values change. A frame lays the last one down and paints only
stations, selection and what the pointer is on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from widgets import formats, hexcolours, hexlayers, hexmarks, hexpicture, paint, theme, unseen
from widgets.hexcells import FINE_LINES, MapCells
from widgets.hexhand import MapHand
from widgets.hexviewport import Viewport

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QShowEvent, QWheelEvent

    from engine.views.weather import CellsView
    from widgets.hexgrid import Grid
    from widgets.hexlayers import Layer

_REST_MS: Final = 90
"""A map that is dragged or zoomed is the picture before, shifted and scaled, until the hand rests so long."""
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
        self.cells = MapCells()
        self.selected = ""
        """Cell picked on the map; of any resolution."""
        self._home: tuple[float, float, int] | None = None
        self._seen: list[float | None] | None = None
        """Values the picture of cells was made of: most trades and reports change none of them."""
        self._laid: object = None
        """What was last painted over the cells."""
        self._ground: QPixmap | None = None
        self._borders: QPixmap | None = None
        self._mask: bytes = b""
        self._picture: QPixmap | None = None
        self._hover = ""
        self._hand = MapHand(self)
        self._drawn_at = self.viewport
        """What the picture shows."""
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(_REST_MS)
        self._resting.timeout.connect(self.settle)
        self._unseen = unseen.timer(self, self._let_go)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Hex map")

    @property
    def viewport(self) -> Viewport:
        """Which part of the world is seen."""
        return self.cells.viewport

    def retheme(self) -> None:
        """Paint ground, borders and cells anew in the theme in use."""
        self._ground = self._borders = self._picture = None

    def _let_go(self) -> None:
        self.retheme()
        self.cells.let_go()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        self._unseen.stop()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        self._unseen.start()

    # What the panel calls

    def show_view(self, view: CellsView) -> None:
        """Take new values; a view of another place or resolution moves the map there."""
        was = self.cells.view
        fresh = was is None or view.resolution != was.resolution
        home = (*view.center, view.resolution)
        self.cells.view = view
        same = was is not None and was.cells is view.cells and self._seen is not None
        before, self._seen = self._seen, self._seen if same else [self.cells.layer.value(line) for line in view.cells]
        if home != self._home:
            self._home = home
            self.go_home()
        elif not fresh and before == self._seen:
            if not same:  # facts and marks; the cells stay as they are
                self.cells.gather()
            if self._over() != self._laid:
                self.update()
            return
        self._recolour(regroup=True, regrid=fresh)

    def show_layer(self, layer: Layer) -> None:
        """Show another quantity."""
        self.cells.layer = layer
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

    # Pointer and keys

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._hand.press(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hand.move(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._hand.release(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self.point_at(QPoint(-1, -1))

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self._hand.turn(event)
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._hand.key(event):
            super().keyPressEvent(event)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self.move_to(self.viewport.sized(self.width(), self.height()))

    def point_at(self, spot: QPoint) -> None:
        """Take what is under the pointer; negative where it is elsewhere."""
        if self._resting.isActive():
            return  # the cells of where it moves are not known yet
        cell = (self.cells.grid().pick(spot.x(), spot.y()) or "") if spot.x() >= 0 else ""
        if cell != self._hover:
            self._hover = cell
            self.update()

    def move_to(self, view: Viewport, *, moving: bool = False) -> None:
        """Show another part of the world; while it is `moving` the picture before, shifted and scaled."""
        if view == self.viewport:
            return
        self.cells.viewport = view
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
        self._recolour(regroup=self.cells.resolution() != self.cells.grouped, regrid=True)
        self.moved.emit()

    def rest(self) -> None:
        """Settle, if the map still moves."""
        if self._resting.isActive():
            self.settle()

    def _recolour(self, *, regroup: bool, regrid: bool = False) -> None:
        """Forget what no longer holds; the next painting makes it anew."""
        if self._resting.isActive():
            regrid, self._ground = True, None
        if self.cells.renew(regroup=regroup, regrid=regrid):
            self._borders = None
        self._picture = None
        self.update()

    # The picture

    def _compose(self) -> QPixmap:
        """Return ground, cells, borders and values as one picture."""
        if self._ground is None:
            self._ground = self._paint_ground()
        picture = QPixmap(self._ground)
        p = QPainter(picture)
        if self.cells.lines:
            self._paint_cells(p)
        else:  # no cell has a colour: none is looked up, which the first window would wait for
            p.drawPixmap(0, 0, self._lines_over(None))
        p.end()
        return picture

    def _paint_cells(self, p: QPainter) -> None:
        grid, layer = self.cells.grid(), self.cells.layer
        values = self.cells.values(grid)
        fills = hexcolours.scale(values, hexpicture.stops_of(layer), *self.cells.domain)
        fine = len(grid.cells) <= FINE_LINES
        edge = theme.current().colour("surface.dock").rgb()
        rims = fills if fine else hexcolours.mix(fills, edge, 1 - theme.current().blend("hexOutline"))
        p.drawImage(0, 0, hexpicture.image_of(grid, fills, rims))
        if layer.key == "alerts" and fine:
            with np.errstate(invalid="ignore"):
                hexpicture.paint_hatch(p, grid, values >= theme.current().section("hex")["hatchFrom"])
        p.drawPixmap(0, 0, self._lines_over((grid, fills != 0) if fine else None))
        hexpicture.paint_values(p, grid, layer, values, fills)

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
        if cell := self.cells.drawn(self.selected):
            stroke = theme.current().section("stroke")
            pens = (("map.halo", stroke["hexHalo"]), ("map.mark", stroke["hexSelected"]))
            hexmarks.ring(p, self.viewport, cell, pens)
        self._laid = self._over()
        legend = self._paint_view(p, self.cells.view) if self.cells.view is not None else QRect()
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
        view = self.cells.view
        if view is None:
            return None
        return (
            view.stations,
            view.title,
            view.unit,
            view.hour,
            self.cells.domain,
            self.cells.value(self.selected),
            self._hover and self.cells.lines_at(self._hover),
        )

    def _paint_view(self, p: QPainter, view: CellsView) -> QRect:
        """Paint stations and legend; return where the legend is."""
        for pin in view.stations:
            hexmarks.station(p, self.viewport, pin, self.cells.drawn(self.selected))
        wide, tall = hexmarks.legend_size(self.cells.layer)
        if self.height() < tall + 60 or self.width() < wide + 40:
            return QRect()
        rect = QRect(8, self.height() - tall - 8, wide, tall)
        layer = self.cells.layer
        title = hexlayers.legend_title(layer, view)
        hexmarks.legend(p, rect, layer, title, self.cells.domain, self.cells.value(self.selected))
        return rect

    def _paint_facts(self, p: QPainter) -> None:
        """Say in one line what is under the pointer."""
        view = self.cells.view
        if not self._hover or view is None:
            return
        rows = hexlayers.facts_of(self.cells.lines.get(self._hover, ()), view)
        known = "   ".join(f"{name} {value}" for name, value in rows if value != formats.DASH)
        font = theme.current().number(10, 500)
        words = paint.elided(f"{self._hover}   {known}".rstrip(), font, self.width() - 32)
        hexmarks.plate(p, 8, 6, words, 18)
