"""The shipped borders: lines by kind, rings to fill, and which county a place lies in. Numpy only."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

import resources

Points = NDArray[np.float64]
"""Longitude and latitude in degrees, shape (n, 2)."""
COAST: Final = 0
STATE: Final = 1
COUNTY: Final = 2
ABROAD: Final = 3
_SCALE: Final = 10_000
_LAND: Final = -1


Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""


class Outlines:
    """Arcs of borders, and rings made of them on demand.

    Parameters
    ----------
    data : mapping of arrays
        The file's contents, as `packaging/data/build_outlines.py` describes them.
    """

    def __init__(self, data: dict[str, NDArray[np.int32]]) -> None:
        starts = data["starts"]
        points = _points(data["steps"], starts)
        self._points, self._starts = points, starts.tolist()
        self._kinds = data["kinds"]
        self._boxes = _boxes(points, points, starts[:-1])
        self._rings, self._ring_starts = data["rings"], data["ring_starts"]
        self._names = data["counties"].tobytes().decode().split("\n")
        self._of: dict[int, list[int]] = {}
        for ring, county in enumerate(data["ring_county"].tolist()):
            self._of.setdefault(county, []).append(ring)
        self._county_boxes = self._boxes_of_counties()

    def lines(self, kind: int, box: Box) -> list[Points]:
        """Return the arcs of a kind that touch a box."""
        return [self._arc(n) for n in np.flatnonzero(_touch(self._boxes, box) & (self._kinds == kind)).tolist()]

    def ground(self, box: Box) -> list[Points]:
        """Return the rings of the counties that touch a box: together they cover its land."""
        return [ring for n in np.flatnonzero(_touch(self._county_boxes, box)) for ring in self._county(int(n))]

    def land(self) -> list[Points]:
        """Return the rings around the contiguous states: fewer points than their counties."""
        return self._county(_LAND)

    def place(self, lat: float, lon: float) -> str:
        """Return the county at a place, such as ``Cook County, IL``; empty at sea and abroad."""
        for n in np.flatnonzero(_touch(self._county_boxes, (lon, lat, lon, lat))).tolist():
            if sum(_crossings(ring, lat, lon) for ring in self._county(n)) % 2:
                return self._names[n]
        return ""

    def _county(self, county: int) -> list[Points]:
        return [self._ring(self._numbers(ring)) for ring in self._of[county]]

    def _arc(self, number: int) -> Points:
        """Return one arc: of five thousand a map draws some tens, so none is cut out before it is wanted."""
        return self._points[self._starts[number] : self._starts[number + 1]]

    def _numbers(self, ring: int) -> NDArray[np.int32]:
        return self._rings[self._ring_starts[ring] : self._ring_starts[ring + 1]]

    def _ring(self, numbers: NDArray[np.int32]) -> Points:
        parts = [self._arc(n) if n >= 0 else self._arc(~n)[::-1] for n in numbers.tolist()]
        return np.concatenate([part[:-1] for part in parts])  # an arc's last point is the next one's first

    def _boxes_of_counties(self) -> NDArray[np.float64]:
        arcs = np.where(self._rings < 0, ~self._rings, self._rings)
        west_south, east_north = self._boxes[arcs, :2], self._boxes[arcs, 2:]
        of_rings = _boxes(west_south, east_north, self._ring_starts[:-1])
        firsts = [rings[0] for county, rings in sorted(self._of.items()) if county != _LAND]
        county_rings = sum(len(rings) for county, rings in self._of.items() if county != _LAND)
        return _boxes(of_rings[:county_rings, :2], of_rings[:county_rings, 2:], np.array(firsts))


@cache
def load() -> Outlines:
    """Return the shipped outlines, read once."""
    with np.load(resources.path("map", "outlines.npz")) as file:
        return Outlines({name: file[name] for name in file.files})


def _points(steps: NDArray[np.int32], starts: NDArray[np.int32]) -> Points:
    running = np.cumsum(steps, axis=0, dtype=np.int64)
    before = np.zeros((len(starts) - 1, 2), dtype=np.int64)
    before[1:] = running[starts[1:-1] - 1]  # what the arcs before added up to
    degrees: Points = (running - np.repeat(before, np.diff(starts), axis=0)) / _SCALE
    return degrees


def _boxes(low: Points, high: Points, starts: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the boxes, (k, 4), of runs of points that begin at `starts`."""
    return np.hstack([np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)])


def _touch(boxes: NDArray[np.float64], box: Box) -> NDArray[np.bool_]:
    west, south, east, north = box
    hit: NDArray[np.bool_] = (
        (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    )
    return hit


def _crossings(ring: Points, lat: float, lon: float) -> int:
    """Return how many edges of a ring a ray to the east crosses."""
    x0, y0 = ring[:, 0], ring[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    spans = (y0 > lat) != (y1 > lat)
    x0, y0, x1, y1 = x0[spans], y0[spans], x1[spans], y1[spans]
    return int(np.count_nonzero(lon < x0 + (lat - y0) * (x1 - x0) / (y1 - y0)))
