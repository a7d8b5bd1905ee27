"""H3 cells: which one a place is in, how far apart, which are near, which group they trade in.

A cell of resolution 7 is 5.16 km² and 1.41 km a side on average. Never test containment by geometry: children
poke out of their parent; ask `parent`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import h3

from engine.core.ids import Cell

RESOLUTION: Final = 7
"""Of every market's cell."""
GROUP_RESOLUTION: Final = 4
"""Of the parents whose exposures are limited together: 1,770 km² on average."""

_CODE = re.compile(r"[0-9a-f]{15}")  # the library also takes prefixes, spaces and capitals, which would be other keys


def cell_at(latitude: float, longitude: float, resolution: int = RESOLUTION) -> Cell:
    """Return the cell a place lies in; degrees, ValueError off the globe."""
    if not (-90.0 <= latitude <= 90.0 and -180.0 <= longitude <= 180.0):
        msg = f"no such place: latitude {latitude}, longitude {longitude}"
        raise ValueError(msg)
    return Cell(h3.latlng_to_cell(latitude, longitude, resolution))


def is_cell(text: str) -> bool:
    """Whether a text is the code of a cell a market can be on."""
    return bool(_CODE.fullmatch(text)) and bool(h3.is_valid_cell(text)) and h3.get_resolution(text) == RESOLUTION


def resolution(cell: Cell) -> int:
    """Return a cell's resolution, without asking the library: the second digit of its name."""
    return int(cell[1], 16)


@lru_cache(maxsize=65_536)
def center(cell: Cell) -> tuple[float, float]:
    """Return latitude and longitude of a cell's centre, degrees."""
    latitude, longitude = h3.cell_to_latlng(cell)
    return latitude, longitude


def km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the great-circle distance of two places, given as latitude and longitude."""
    return float(h3.great_circle_distance(one, other, unit="km"))


def km_between(one: Cell, other: Cell) -> float:
    """Return the distance of two cells' centres."""
    return km(center(one), center(other))


def disk(cell: Cell, rings: int) -> tuple[Cell, ...]:
    """Return the cell and those within so many steps of it, by code."""
    return tuple(sorted(map(Cell, h3.grid_disk(cell, rings))))


@lru_cache(maxsize=65_536)
def parent(cell: Cell, resolution: int = GROUP_RESOLUTION) -> Cell:
    """Return the coarser cell it belongs to."""
    return Cell(h3.cell_to_parent(cell, resolution))


def km2(cells: Iterable[Cell]) -> float:
    """Return the area of cells, none in another, in square kilometres."""
    return math.fsum(h3.cell_area(cell, unit="km^2") for cell in cells)
