from __future__ import annotations

import pytest

from engine.core.ids import Cell
from engine.weather import cells

MIDWAY = Cell("872664521ffffff")


@pytest.mark.parametrize(
    ("place", "cell"),
    [
        ((40.77898, -73.96925), "872a10089ffffff"),
        ((41.78611, -87.75222), "872664521ffffff"),
        ((30.1831, -97.6799), "87489e32bffffff"),
    ],
)
def test_cells_of_the_stations_in_the_sheet(place: tuple[float, float], cell: str) -> None:
    assert cells.cell_at(*place) == cell


def test_a_place_off_the_globe_is_refused() -> None:
    with pytest.raises(ValueError, match="no such place"):
        cells.cell_at(91.0, 0.0)


@pytest.mark.parametrize(
    "text", ["", "872664521", "852664521ffffff", "nonsense", "KMDW", "8" * 300, "0x872664521ffffff", "872664521FFFFFF"]
)
def test_what_is_no_cell_of_resolution_7(text: str) -> None:
    assert not cells.is_cell(text)


def test_a_disk_has_its_rings() -> None:
    assert [len(cells.disk(MIDWAY, k)) for k in (0, 1, 2)] == [1, 7, 19]
    assert MIDWAY in cells.disk(MIDWAY, 1)


def test_neighbours_are_two_and_a_half_kilometres_apart() -> None:
    far = [cells.km_between(MIDWAY, cell) for cell in cells.disk(MIDWAY, 1) if cell != MIDWAY]
    assert max(far) < 2.7
    assert min(far) > 2.1


def test_the_group_of_a_cell_is_its_parent_of_1770_square_kilometres() -> None:
    assert cells.parent(Cell("872a10089ffffff"), 5) == "852a100bfffffff"
    assert cells.is_cell(MIDWAY)
    assert len(cells.parent(MIDWAY)) == 15
