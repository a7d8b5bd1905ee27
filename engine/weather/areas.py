"""Areas as sets of cells of the hex map: a GeoJSON geometry filled, and which cells it covers.

A parent stands for its seven children where all of them are in it, so that a county is a few dozen entries. A cell is
looked up together with its parents, which is exact because membership goes by the cells' numbering and never by
geometry.

Source: the NWS sheet §4 (polygons by overlap, since a plain fill drops slivers).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence, Sized
from typing import Final

import h3

from engine.core.errors import DataError
from engine.core.ids import Cell
from engine.weather.cells import RESOLUTION
from engine.weather.cells import resolution as _resolution

MOST_POLYGONS: Final = 5_000
"""Of one area: Alaska's coasts come to hundreds."""
MOST_POINTS: Final = 100_000
MOST_CELLS: Final = 500_000
"""2.6 million km² at resolution 7; the largest zones have 30,000."""
MOST_WORK: Final = 1_000_000_000
"""Points times cells of one polygon, about four seconds' worth."""
CELL_KM2: Final = {4: 1_770.3, 5: 252.9, 6: 36.13, 7: 5.161}
EARTH_KM: Final = 6_371.0
HALF_TURN: Final = 180.0

Cells = frozenset[Cell]
"""Cells of mixed resolution, none the parent of another."""


class BadArea(DataError):
    """An area that cannot be put on the map; the text says in one sentence why."""


def cells_of(geometry: object, resolution: int = RESOLUTION) -> Cells:
    """Return the cells an area touches, complete groups of siblings as their parent.

    Parameters
    ----------
    geometry : object
        A decoded GeoJSON geometry: Polygon, MultiPolygon, Point, or a collection of them. Positions are longitude
        and latitude in degrees; rings after the first of a polygon are holes.
    resolution : int, 4 to 7

    Raises
    ------
    BadArea
        If it is no such geometry, has positions off the globe, or is too large.
    """
    if resolution not in CELL_KM2:
        msg = f"resolution must be 4 to 7, was {resolution}"
        raise ValueError(msg)
    polygons = list(_polygons(geometry, 0))
    if len(polygons) > MOST_POLYGONS:
        raise BadArea(f"an area has at most {MOST_POLYGONS} polygons, was {len(polygons)}")
    points = sum(len(ring) for rings in polygons for ring in rings)
    if points > MOST_POINTS:
        raise BadArea(f"an area has at most {MOST_POINTS} positions, was {points}")
    left = float(MOST_CELLS)
    for rings in polygons:  # all are measured before the first is filled
        left -= _size(rings, resolution, left)
    found = {cell for rings in polygons for cell in _filled(rings, resolution)}
    return frozenset(map(Cell, h3.compact_cells(found)))


def covers(cells: Cells, cell: Cell) -> bool:
    """Whether a cell lies in a set, itself or by a parent."""
    return any(one in cells for one in with_parents(cell))


def touches(cells: Cells, cell: Cell) -> bool:
    """Whether a set lies over a cell or over a part of it."""
    own = _resolution(cell)
    if covers(cells, cell):
        return True
    return any(_resolution(one) > own and h3.cell_to_parent(one, own) == cell for one in cells)


def count(cells: Cells, resolution: int = RESOLUTION) -> int:
    """Return how many cells of a resolution a set stands for; coarser ones count with all their children."""
    return sum(int(h3.cell_to_children_size(cell, resolution)) for cell in cells)


def spread(cells: Cells, resolution: int = RESOLUTION, most: int = MOST_CELLS) -> tuple[Cell, ...]:
    """Return a set's cells of one resolution by code, as the map draws them.

    Raises
    ------
    ValueError
        If there are more than `most`.
    """
    if (wanted := count(cells, resolution)) > most:
        msg = f"{wanted} cells are more than {most}"
        raise ValueError(msg)
    return tuple(sorted(map(Cell, h3.uncompact_cells(cells, resolution))))


def with_parents(cell: Cell) -> Iterator[Cell]:
    """Yield a cell and all its parents."""
    yield cell
    for resolution in range(h3.get_resolution(cell) - 1, -1, -1):
        yield Cell(h3.cell_to_parent(cell, resolution))


Position = tuple[float, float]
"""Latitude and longitude, as h3 takes them."""
Rings = list[list[Position]]


def _polygons(geometry: object, depth: int) -> Iterator[Rings]:
    if not isinstance(geometry, Mapping):
        raise BadArea(f"an area is a GeoJSON object, was {_seen(geometry)}")
    kind = geometry.get("type")
    parts = geometry.get("coordinates")
    if kind == "Point":
        yield [[_position(parts)]]
    elif kind == "Polygon":
        yield _rings(parts)
    elif kind == "MultiPolygon":
        for part in _list(parts, "a MultiPolygon's coordinates"):
            yield _rings(part)
    elif kind == "GeometryCollection" and depth == 0:
        for part in _list(geometry.get("geometries"), "a collection's geometries"):
            yield from _polygons(part, depth + 1)
    else:
        raise BadArea(f"an area is a Polygon or MultiPolygon, was {_seen(kind)}")


def _rings(parts: object) -> Rings:
    rings = [[_position(p) for p in _list(ring, "a ring")] for ring in _list(parts, "a polygon")]
    for ring in rings:
        if len(ring) > 1 and ring[0] == ring[-1]:
            ring.pop()
        if len(set(ring)) < 3:
            raise BadArea(f"a ring has at least 3 different positions, was {len(set(ring))}")
    if not rings:
        raise BadArea("a polygon has at least one ring, was empty")
    return rings


def _list(value: object, name: str) -> Sequence[object]:
    if not isinstance(value, list | tuple) or len(value) > MOST_POINTS:
        raise BadArea(f"{name} is a list of at most {MOST_POINTS}, was {_seen(value)}")
    return value


def _position(value: object) -> Position:
    if not isinstance(value, list | tuple) or not 2 <= len(value) <= 4:
        raise BadArea(f"a position is longitude and latitude, was {_seen(value)}")
    longitude, latitude = value[0], value[1]
    if not (_is_degree(longitude, 180.0) and _is_degree(latitude, 90.0)):
        raise BadArea(f"a position lies on the globe, was {_seen(longitude)}, {_seen(latitude)}")
    return float(latitude), float(longitude)


def _is_degree(value: object, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -most <= value <= most


def _seen(value: object) -> str:
    """Return a foreign value in a few characters; whatever it is, showing it cannot fail."""
    if isinstance(value, str | float | bool) or value is None:
        text = repr(value[:60] if isinstance(value, str) else value)
        return text if len(text) <= 60 else f"{text[:57]}…"
    if isinstance(value, int):
        return str(value) if value.bit_length() < 64 else f"a number of {value.bit_length()} bits"
    size = f" of {len(value)}" if isinstance(value, Sized) else ""
    return f"{type(value).__name__}{size}"


def _crosses(ring: Sequence[Position]) -> bool:
    """Whether a ring goes across the date line: two neighbours are more than half a turn apart."""
    return any(abs(a[1] - b[1]) > HALF_TURN for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))


def _size(rings: Rings, resolution: int, left: float) -> float:
    """Return about how many cells a polygon's box has.

    Raises
    ------
    BadArea
        If these are more than are left, or would take too long.
    """
    outer = rings[0]
    turn = 360.0 if _crosses(outer) else 0.0
    around = [longitude + (turn if longitude < 0.0 else 0.0) for _, longitude in outer]
    south, north = min(latitude for latitude, _ in outer), max(latitude for latitude, _ in outer)
    wide = math.radians(max(around) - min(around))
    if wide > math.pi:
        raise BadArea(f"an area is at most half the globe wide, was {math.degrees(wide):.0f} degrees")
    km2 = EARTH_KM**2 * wide * (math.sin(math.radians(north)) - math.sin(math.radians(south)))
    cells = km2 / CELL_KM2[resolution] + 1.0
    if cells > left:
        raise BadArea(f"an area has at most {MOST_CELLS} cells of resolution {resolution}, was about {cells:.0f} more")
    work = cells * sum(map(len, rings))
    if work > MOST_WORK:
        raise BadArea(f"an area of about {cells:.0f} cells has fewer positions than {sum(map(len, rings))}")
    return cells


def _filled(rings: Rings, resolution: int) -> set[str]:
    outer, *holes = rings
    if len(outer) == 1:
        return {h3.latlng_to_cell(*outer[0], resolution)}
    try:
        shape = h3.LatLngPoly(outer, *holes)
        inside = set(h3.polygon_to_cells_experimental(shape, resolution, contain="overlap"))
    except (h3.H3BaseException, ValueError, MemoryError) as e:
        raise BadArea(f"an area cannot be filled with cells ({type(e).__name__})") from e
    return inside or {h3.latlng_to_cell(*outer[0], resolution)}
