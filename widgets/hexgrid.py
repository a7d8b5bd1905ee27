"""The cells of the hex map: those of a viewport, and the image of cell numbers. No Qt.

The map is drawn by number: once per viewport every pixel learns the number of the cell it lies in (the
id-image), and whenever the values change one gather through a table of colours paints all cells at once,
however many there are. What lies under the pointer is then one look-up. Cells are H3's.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final

import h3
import numpy as np
from numpy.typing import NDArray

from widgets.hexviewport import Floats, Viewport, mercator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from widgets.hexcolours import Pixels

Ids = NDArray[np.int32]

MAX_CELLS: Final = 60_000
"""More cells than this in a viewport are drawn at a coarser resolution."""
RINGS_KEPT: Final = 16_384
"""Cells whose corners are kept: those of some maps. What many cells look like, their outline keeps."""
NO_CELL: Final = -1
_FINEST: Final = ((11.0, 8), (9.2, 7), (7.8, 6), (6.4, 5), (5.0, 4))
"""From this zoom on, cells may be this fine: about 25 px wide where a resolution begins."""
_COARSEST: Final = 3
_CORNER: Final = 2 * 8
"""Bytes of a corner: two float64."""
_EDGE_DEGREES: Final = {3: 0.75, 4: 0.29, 5: 0.11, 6: 0.042, 7: 0.016, 8: 0.006}
"""More than the distance from the centre to a corner, in degrees of latitude."""


def resolution(view: Viewport, finest: int) -> int:
    """Return the H3 resolution to draw: what the zoom carries, never finer than the data, never too many cells."""
    wanted = next((res for zoom, res in _FINEST if view.zoom >= zoom), _COARSEST)
    res = min(wanted, finest)
    while res > _COARSEST and many(view, res) > MAX_CELLS:
        res -= 1
    return res


def many(view: Viewport, res: int) -> float:
    """Return about how many cells of a resolution a viewport has room for."""
    metres = view.metres_per_pixel()
    return float(view.width * view.height * metres * metres / h3.average_hexagon_area(res, unit="m^2"))


def cells_in(view: Viewport, res: int) -> list[str]:
    """Return the cells that can be seen, those cut by the border included."""
    west, south, east, north = view.box(margin=_EDGE_DEGREES.get(res, 0.8))
    corners = [(south, west), (south, east), (north, east), (north, west)]
    return list(h3.polygon_to_cells(h3.LatLngPoly(corners), res))


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of one viewport, projected, and which of them every pixel lies in.

    Parameters
    ----------
    view : Viewport
    cells : tuple of str
        H3 cells, n of them.
    ids : (height, width) int32
        Number of the cell under each pixel; `NO_CELL` where none is.
    shades : (height, width) int32
        What the table of colours is asked for: the cell's number, plus n + 1 on its outline, n where no cell is.
    x, y : (k,) float64
        Corners of all cells, one after the other, in pixels.
    starts : (n + 1,) int
        First corner of each cell.
    """

    view: Viewport
    cells: tuple[str, ...]
    ids: Ids
    shades: NDArray[np.intp]
    x: Floats
    y: Floats
    starts: NDArray[np.intp]

    def pick(self, x: int, y: int) -> str | None:
        """Return the cell under a pixel."""
        if not (0 <= y < self.ids.shape[0] and 0 <= x < self.ids.shape[1]):
            return None
        number = int(self.ids[y, x])
        return None if number == NO_CELL else self.cells[number]

    def corners(self, number: int) -> list[tuple[float, float]]:
        """Return the corners of a cell in pixels."""
        part = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return list(zip(self.x[part].tolist(), self.y[part].tolist(), strict=True))

    def centres(self) -> tuple[Floats, Floats]:
        """Return the middle of every cell in pixels."""
        counts = np.diff(self.starts)
        return (
            np.add.reduceat(self.x, self.starts[:-1]) / counts,
            np.add.reduceat(self.y, self.starts[:-1]) / counts,
        )

    def cell_width(self) -> float:
        """Return how wide a typical cell is, in pixels."""
        if not self.cells:
            return 0.0
        first, last = self.starts[:-1], self.starts[1:] - 1
        half = np.hypot(self.x[first] - self.x[last], self.y[first] - self.y[last])  # a side is half the long diagonal
        return float(np.median(half)) * math.sqrt(3.0)


def build(view: Viewport, cells: Sequence[str]) -> Grid:
    """Return the grid of `cells` in a viewport: the part that is done once per viewport."""
    return _grid(view, cells, *project_corners(view, cells))


def _grid(view: Viewport, cells: Sequence[str], x: Floats, y: Floats, starts: NDArray[np.intp]) -> Grid:
    ids = fill(x, y, starts, view.width, view.height)
    n = len(cells)
    shades = np.where(ids == NO_CELL, n, ids).astype(np.intp)
    edge = _edges(ids)
    shades[edge & (ids != NO_CELL)] += n + 1
    return Grid(view=view, cells=tuple(cells), ids=ids, shades=shades, x=x, y=y, starts=starts)


@dataclass(frozen=True, slots=True)
class Outline:
    """Cells on the unit square, worked out once: what a viewport is cut from when there are many.

    Parameters
    ----------
    cells : (n,) array of str
    x, y : (k,) float64
        Corners of all cells, one after the other, as `mercator` has them.
    starts : (n + 1,) int
        First corner of each cell.
    middle_x, middle_y : (n,) float64
    """

    cells: NDArray[np.str_]
    x: Floats
    y: Floats
    starts: NDArray[np.intp]
    middle_x: Floats
    middle_y: Floats


def outline(cells: Sequence[str]) -> Outline:
    """Return the outline of cells on the unit square."""
    flat, starts = _boundaries(cells)
    x, y = mercator(flat[0::2], flat[1::2])
    counts = np.maximum(np.diff(starts), 1)
    first = starts[:-1]
    middle_x = np.add.reduceat(x, first) / counts if len(cells) else np.empty(0)
    middle_y = np.add.reduceat(y, first) / counts if len(cells) else np.empty(0)
    return Outline(np.array(cells, dtype=np.str_), x, y, starts, middle_x, middle_y)


def cut(view: Viewport, whole: Outline) -> tuple[Grid, NDArray[np.intp]]:
    """Return the grid of those cells of an outline that a viewport shows, and which of them these are."""
    left, top = view.unit(0, 0)
    right, bottom = view.unit(view.width, view.height)
    margin = 24.0 / view.world + (whole.y[: whole.starts[1]].max() - whole.middle_y[0] if len(whole.cells) else 0.0)
    seen = np.flatnonzero(
        (whole.middle_x > left - margin)
        & (whole.middle_x < right + margin)
        & (whole.middle_y > top - margin)
        & (whole.middle_y < bottom + margin)
    )
    counts = np.diff(whole.starts)[seen]
    starts = np.zeros(len(seen) + 1, dtype=np.intp)
    np.cumsum(counts, out=starts[1:])
    corners = np.arange(starts[-1]) + np.repeat(whole.starts[seen] - starts[:-1], counts)
    x = (whole.x[corners] - left) * view.world
    y = (whole.y[corners] - top) * view.world
    return _grid(view, whole.cells[seen].tolist(), x, y, starts), seen


def project_corners(view: Viewport, cells: Sequence[str]) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return the corners of all cells in pixels, and where each cell's begin, (n + 1,)."""
    flat, starts = _boundaries(cells)
    x, y = view.project(flat[0::2], flat[1::2])
    return x, y, starts


@lru_cache(maxsize=RINGS_KEPT)
def _boundary(cell: str) -> bytes:
    """Return latitude and longitude of its corners by turns, as float64: a fifth of what they take as numbers."""
    return array("d", chain.from_iterable(h3.cell_to_boundary(cell))).tobytes()


def _boundaries(cells: Sequence[str]) -> tuple[Floats, NDArray[np.intp]]:
    """Return latitude and longitude of all corners by turns, and where each cell's begin."""
    rings = [_boundary(cell) for cell in cells]
    starts = np.zeros(len(rings) + 1, dtype=np.intp)
    np.cumsum(np.fromiter(map(len, rings), np.intp, len(rings)) // _CORNER, out=starts[1:])
    return np.frombuffer(b"".join(rings), np.float64), starts


def fill(x: Floats, y: Floats, starts: NDArray[np.intp], width: int, height: int) -> Ids:
    """Return which polygon every pixel's middle lies in, (height, width); `NO_CELL` for none.

    Every polygon must be convex and run counter-clockwise as seen on the map, as H3's boundaries do: then a row
    of pixels meets it in one span, from an edge that goes down to an edge that goes up.
    """
    cell, left, right = _crossings(x, y, starts, height)
    rows, cells = cell
    begin = np.clip(np.ceil(left - 0.5), 0, width).astype(np.intp)
    end = np.clip(np.ceil(right - 0.5), 0, width).astype(np.intp)
    seen = end > begin
    begin, end, rows, cells = begin[seen], end[seen], rows[seen], cells[seen]
    size = width * height
    owner = np.full(size + 1, NO_CELL, dtype=np.int32)
    latest = np.zeros(size + 1, dtype=np.int32)
    stop, start = rows * width + end, rows * width + begin
    latest[stop] = stop  # behind a span is nothing, unless another begins there
    owner[start] = cells
    latest[start] = start
    np.maximum.accumulate(latest, out=latest)
    return owner[latest[:size]].reshape(height, width)


def _crossings(
    x: Floats, y: Floats, starts: NDArray[np.intp], height: int
) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], Floats, Floats]:
    """Return (row, polygon) of every row of pixels of every polygon, and where it enters and leaves."""
    counts = np.diff(starts)
    polygon = np.repeat(np.arange(len(counts)), counts)
    following = np.arange(1, len(x) + 1)
    following[starts[1:] - 1] = starts[:-1]
    x1, y1 = x[following], y[following]
    down = y1 > y
    top_x, top_y = np.where(down, x, x1), np.where(down, y, y1)
    low_x, low_y = np.where(down, x1, x), np.where(down, y1, y)
    first = np.clip(np.ceil(top_y - 0.5), 0, height).astype(np.intp)
    last = np.clip(np.ceil(low_y - 0.5), 0, height).astype(np.intp)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (low_x - top_x) / (low_y - top_y)
    high = np.minimum.reduceat(first, starts[:-1])
    rows_of = np.maximum.reduceat(last, starts[:-1]) - high
    base = np.zeros(len(rows_of) + 1, dtype=np.intp)
    np.cumsum(rows_of, out=base[1:])

    def trace(edges: NDArray[np.intp]) -> Floats:
        length = last[edges] - first[edges]
        edges, length = edges[length > 0], length[length > 0]
        at = np.repeat(edges, length)
        step = np.arange(len(at)) - np.repeat(np.cumsum(length) - length, length)
        row = first[at] + step
        out = np.zeros(int(base[-1]))
        out[base[polygon[at]] + row - high[polygon[at]]] = top_x[at] + (row + 0.5 - top_y[at]) * slope[at]
        return out

    left, right = trace(np.flatnonzero(down)), trace(np.flatnonzero(~down))
    cells = np.repeat(np.arange(len(rows_of)), rows_of)
    rows = np.arange(int(base[-1])) - base[cells] + high[cells]
    return (rows, cells), left, right


def _edges(ids: Ids) -> NDArray[np.bool_]:
    """Return where a pixel's cell differs from that of the pixel to the right or below."""
    edge = np.zeros(ids.shape, dtype=np.bool_)
    np.not_equal(ids[:, :-1], ids[:, 1:], out=edge[:, :-1])
    edge[:-1] |= ids[:-1] != ids[1:]
    return edge


def recolour(grid: Grid, fills: Pixels, outlines: Pixels, into: Pixels) -> None:
    """Paint every cell at once: `fills` and `outlines`, one colour a cell, gathered into an image."""
    table = np.concatenate([fills, [np.uint32(0)], outlines]).astype(np.uint32, copy=False)
    np.take(table, grid.shades, out=into, mode="clip")  # clip: the other modes buffer the whole image


def measured(count: int, width: int = 900, height: int = 420) -> Grid:
    """Return a grid of about `count` cells around Chicago, fit for measuring `recolour`."""
    view = Viewport(lat=41.8, lon=-87.8, zoom=7.0, width=width, height=height)
    res = 6 if count < 20_000 else 7
    view = replace(view, zoom=view.zoom + math.log2(many(view, res) / count) / 2)
    return build(view, cells_in(view, res))
