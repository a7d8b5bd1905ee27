"""The cells of a viewport and the image of cell numbers."""

from __future__ import annotations

import h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widgets import hexcolours, hexgrid
from widgets.hexviewport import Viewport

CHICAGO = Viewport(lat=41.85, lon=-87.85, zoom=9.6, width=640, height=320)
LATS, LONS = st.floats(25.0, 49.0), st.floats(-124.0, -67.0)
VIEWS = st.builds(Viewport, lat=LATS, lon=LONS, zoom=st.floats(5.0, 12.0), width=st.just(320), height=st.just(200))
BLACK = 0xFF000000


def test_resolution_follows_the_zoom_but_is_never_finer_than_the_data() -> None:
    seen = [hexgrid.resolution(Viewport(41.8, -87.8, zoom, 900, 420), 7) for zoom in (4, 5.5, 7, 8.5, 10)]
    assert seen == [3, 4, 5, 6, 7]
    assert hexgrid.resolution(Viewport(41.8, -87.8, 12, 900, 420), 6) == 6


def test_a_view_of_too_many_cells_is_drawn_coarser() -> None:
    huge = Viewport(41.8, -87.8, 9.3, 40_000, 40_000)
    assert hexgrid.resolution(huge, 7) < 7


@settings(max_examples=15, deadline=None)
@given(VIEWS)
def test_every_pixel_lies_in_the_cell_h3_says(view) -> None:
    grid = hexgrid.build(view, hexgrid.cells_in(view, hexgrid.resolution(view, 7)))
    res = h3.get_resolution(grid.cells[0])
    spots = [(x, y) for x in range(0, view.width, 9) for y in range(0, view.height, 9)]
    right = [grid.pick(x, y) == h3.latlng_to_cell(*view.place(x + 0.5, y + 0.5), res) for x, y in spots]
    assert sum(right) > 0.985 * len(spots)  # H3's edges are great circles, ours straight: they part by a pixel


def test_the_whole_picture_is_covered() -> None:
    grid = hexgrid.build(CHICAGO, hexgrid.cells_in(CHICAGO, 6))
    assert (grid.ids >= 0).all()


def test_fill_is_what_asking_every_pixel_gives() -> None:
    square = np.array([[2.2, 1.2], [2.2, 6.4], [7.9, 6.4], [7.9, 1.2]])
    diamond = np.array([[14.0, 1.0], [10.1, 5.0], [14.0, 9.3], [18.2, 5.0]])
    x, y = np.concatenate([square, diamond]).T
    ids = hexgrid.fill(x, y, np.array([0, 4, 8]), 20, 10)
    expected = np.full((10, 20), hexgrid.NO_CELL)
    for row in range(10):
        for col in range(20):
            for number, corners in enumerate((square, diamond)):
                if _inside(corners, col + 0.5, row + 0.5):
                    expected[row, col] = number
    assert (ids == expected).all()


def _inside(corners: np.ndarray, x: float, y: float) -> bool:
    following = np.roll(corners, -1, axis=0)
    turns = [(b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) for a, b in zip(corners, following, strict=True)]
    return all(t < 0 for t in turns)


def test_polygons_outside_the_picture_leave_no_mark() -> None:
    x, y = np.array([[-9.0, -9.0], [-9.0, -2.0], [-2.0, -2.0]]).T
    assert (hexgrid.fill(x, y, np.array([0, 3]), 12, 8) == hexgrid.NO_CELL).all()


def test_nothing_is_picked_outside_the_picture() -> None:
    grid = hexgrid.build(CHICAGO, hexgrid.cells_in(CHICAGO, 6))
    assert grid.pick(-1, 5) is None
    assert grid.pick(5, CHICAGO.height) is None


def test_a_cell_has_six_corners_around_its_middle() -> None:
    grid = hexgrid.build(CHICAGO, hexgrid.cells_in(CHICAGO, 6))
    number = grid.cells.index(h3.latlng_to_cell(CHICAGO.lat, CHICAGO.lon, 6))
    x, y = grid.centres()
    corners = np.array(grid.corners(number))
    assert len(corners) == 6
    assert corners.mean(axis=0) == pytest.approx((x[number], y[number]))
    assert 40 < grid.cell_width() < 50


def test_recolour_paints_fills_outlines_and_nothing_where_there_is_no_value() -> None:
    grid = hexgrid.build(CHICAGO, hexgrid.cells_in(CHICAGO, 6))
    n = len(grid.cells)
    fills = np.full(n, 0xFF112233, dtype=np.uint32)
    fills[0] = 0
    outlines = hexcolours.mix(fills, BLACK, 0.75)
    picture = np.empty(grid.ids.shape, dtype=np.uint32)
    hexgrid.recolour(grid, fills, outlines, picture)
    assert set(np.unique(picture).tolist()) == {0, 0xFF112233, int(outlines[1])}
    assert (picture[grid.ids == 0] == 0).all()


@pytest.mark.parametrize("count", [500, 5_000])
def test_measured_grids_have_about_the_cells_asked_for(count: int) -> None:
    assert len(hexgrid.measured(count).cells) == pytest.approx(count, rel=0.15)


@pytest.mark.parametrize("zoom", [6.5, 8.0, 9.5])
def test_a_cut_of_an_outline_is_the_grid_of_the_cells_in_sight(zoom) -> None:
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(41.8, -87.8, 6), 30))
    view = Viewport(41.8, -87.8, zoom, 400, 300)
    cut, numbers = hexgrid.cut(view, hexgrid.outline(cells))
    whole = hexgrid.build(view, cells)
    names = np.array([*whole.cells, ""])
    mine = np.array([*cut.cells, ""])
    assert [cells[n] for n in numbers] == list(cut.cells)
    assert (mine[cut.ids] == names[whole.ids]).all()
    assert len(cut.cells) < len(cells) or zoom < 8
    one = cut.cells.index(cells[numbers[len(numbers) // 2]])
    assert np.array(cut.corners(one)) == pytest.approx(np.array(whole.corners(cells.index(cut.cells[one]))), abs=1e-6)


def test_an_outline_of_no_cells_is_an_empty_grid() -> None:
    cut, numbers = hexgrid.cut(Viewport(41.8, -87.8, 8.0, 40, 30), hexgrid.outline([]))
    assert (cut.cells, len(numbers)) == ((), 0)
    assert (cut.ids == hexgrid.NO_CELL).all()
