"""The cells of the map at a zoom: which are drawn, the lines behind each of them, and their values on a layer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import h3
import numpy as np

from widgets import hexgrid, hexlayers
from widgets.hexgrid import Grid
from widgets.hexviewport import Viewport

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.views.weather import CellLine, CellsView
    from widgets.hexlayers import Layer
    from widgets.hexviewport import Floats

FINE_LINES: Final = 2_500
"""Up to so many cells their outlines are antialiased lines; beyond, they are pixels of the id-image."""


class MapCells:
    """What is seen of a `CellsView` through one layer, from one place. What is costly is made when first asked for."""

    def __init__(self) -> None:
        self.view: CellsView | None = None
        self.layer: Layer = hexlayers.layers(1.0)[0]
        self.viewport = Viewport(lat=41.8, lon=-87.8, zoom=9.4, width=1, height=1)
        self.lines: dict[str, tuple[CellLine, ...]] = {}
        """By drawn cell."""
        self.domain = (0.0, 1.0)
        """Ends of the layer's scale."""
        self.grouped = -1
        """Resolution that the lines are gathered for."""
        self._grid: Grid | None = None
        self._whole: tuple[object, int, hexgrid.Outline] | None = None
        """Outline of all cells with data at a resolution, while there are many."""
        self._numbers: NDArray[np.intp] | None = None
        """Which of these the grid shows; None where it has cells without data, too."""
        self._known: tuple[object, Layer, dict[str, float], Floats] | None = None
        """Values of all cells with data on the layer shown."""
        self._spanned: tuple[object, Layer] | None = None
        """What the ends of the scale are of."""

    def gather(self) -> None:
        """Gather the lines of a new view for the cells of this zoom."""
        self.lines = hexlayers.gathered(self.view, self.resolution()) if self.view is not None else {}

    def renew(self, *, regroup: bool, regrid: bool) -> bool:
        """Forget what no longer holds; return whether the grid is among it."""
        if regroup:
            self.grouped = self.resolution()
            self.gather()
            if self._numbers is not None and self._whole is not None and self._whole[0] != tuple(self.lines):
                regrid = True  # its numbers are those of other cells
        if regrid:
            self._grid = None
        if self._spanned is None or self._spanned[0] is not self.lines or self._spanned[1] is not self.layer:
            self.domain = hexlayers.span(self.layer, [v for v in self._column()[0].values() if not math.isnan(v)])
            self._spanned = (self.lines, self.layer)
        return regrid

    def lines_at(self, cell: str) -> tuple[CellLine, ...]:
        """Return the lines a drawn cell stands for; none where there are no data."""
        return self.lines.get(self.drawn(cell), ())

    def drawn(self, cell: str) -> str:
        """Return the cell as drawn at this zoom: itself, or the parent it is part of; empty if it is larger."""
        if not cell:
            return ""
        res = self.resolution()
        own = h3.get_resolution(cell)
        return cell if own == res else h3.cell_to_parent(cell, res) if own > res else ""

    def let_go(self) -> None:
        """Forget what is as large as the map; it is made again when it is asked for."""
        self._grid = self._whole = None

    def resolution(self) -> int:
        """Return the H3 resolution drawn at this zoom."""
        return hexgrid.resolution(self.viewport, self.view.resolution if self.view is not None else 7)

    def grid(self) -> Grid:
        """Return the cells of this viewport, built when first asked for."""
        if self._grid is None:
            view, res = self.viewport, self.resolution()
            if hexgrid.many(view, res) > FINE_LINES and self.lines:
                self._grid, self._numbers = hexgrid.cut(view, self._outline(res))
            else:
                self._grid, self._numbers = hexgrid.build(view, hexgrid.cells_in(view, res)), None
        return self._grid

    def _outline(self, res: int) -> hexgrid.Outline:
        """Return the outline of all cells that have data, made once while these are the same."""
        if self._whole is None or self._whole[:2] != (tuple(self.lines), res):
            self._whole = (tuple(self.lines), res, hexgrid.outline(list(self.lines)))
        return self._whole[2]

    def values(self, grid: Grid) -> Floats:
        """Return the layer's value of each cell of the grid; NaN where nothing is known."""
        known, column = self._column()
        if self._numbers is not None:
            return column[self._numbers]
        return np.array([known.get(cell, math.nan) for cell in grid.cells])

    def _column(self) -> tuple[dict[str, float], Floats]:
        """Return the layer's value of every cell with data, worked out once for these and the layer."""
        if self._known is None or self._known[0] is not self.lines or self._known[1] is not self.layer:
            cells = list(self.lines)
            values = hexlayers.values_of(self.layer, cells, self.lines)
            self._known = (self.lines, self.layer, dict(zip(cells, values.tolist(), strict=True)), values)
        return self._known[2], self._known[3]

    def value(self, cell: str) -> float | None:
        """Return a cell's value on the layer shown; of any resolution."""
        lines = self.lines_at(cell)
        return hexlayers.value_of(self.layer, lines) if lines else None
