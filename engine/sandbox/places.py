"""Where the simulated day happens: greater Chicago with its lake, and six cities beside it.

Everything is measured in kilometres east and north of the region's centre; a region is small enough
for a plane. The shore of Lake Michigan is a short line of points, which is all a lake breeze needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import h3
import numpy as np

from engine.core.ids import Cell, StationId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.core.snapshot import StationRow

    Floats = NDArray[np.float64]

HOME: Final = "KMDW"
"""The station the day is about: centre of the map, official for the Chicago high."""
REACH_KM: Final = 95.0
"""How far from home a station may be to belong to greater Chicago."""
GRID_RESOLUTION: Final = 6
GRID_RINGS: Final = 13
"""547 cells, out to 80 km."""

_SHORE: Final = np.array(
    [
        (42.90, -87.84), (42.58, -87.81), (42.36, -87.82), (42.19, -87.79), (42.05, -87.67), (41.96, -87.64),
        (41.88, -87.61), (41.78, -87.57), (41.71, -87.52), (41.63, -87.40), (41.62, -87.25), (41.66, -87.05),
        (41.72, -86.90), (41.95, -86.60), (42.40, -86.28),
    ]
)  # fmt: skip
"""Latitude and longitude along Lake Michigan, walked with the lake on the left."""


@dataclass(frozen=True, slots=True)
class Climate:
    """What a day in early July is like somewhere, in degrees Fahrenheit and showers a day."""

    name: str
    """Of the city, for titles."""
    short: str
    high: float
    low: float
    spread: float
    """Standard deviation of the daily high."""
    showers: float
    dew: float


CLIMATES: Final = {
    HOME: Climate("Chicago", "CHI", 87.0, 68.0, 3.5, 5.0, 65.0),
    "KNYC": Climate("New York", "NYC", 85.0, 71.0, 3.5, 1.0, 66.0),
    "KAUS": Climate("Austin", "AUS", 97.0, 75.0, 2.0, 0.4, 69.0),
    "KMIA": Climate("Miami", "MIA", 91.0, 79.0, 1.4, 2.2, 75.0),
    "KDEN": Climate("Denver", "DEN", 91.0, 61.0, 4.0, 1.2, 49.0),
    "KPHL": Climate("Philadelphia", "PHL", 88.0, 71.0, 3.2, 1.0, 66.0),
    "KLAX": Climate("Los Angeles", "LAX", 76.0, 64.0, 2.2, 0.0, 60.0),
}
"""By official station."""


@dataclass(frozen=True, slots=True)
class Region:
    """A city, its official station first, and the stations around it that are simulated with it."""

    index: int
    climate: Climate
    stations: tuple[StationRow, ...]

    @property
    def home(self) -> StationRow:
        """Its official station."""
        return self.stations[0]

    def plane(self, points: Sequence[tuple[float, float]]) -> Floats:
        """Return kilometres east and north of home of (latitude, longitude) points, shape (n, 2)."""
        return _plane(np.array(points, dtype=np.float64).reshape(-1, 2), self.home.lat, self.home.lon)

    def place(self, east: float, north: float) -> tuple[float, float]:
        """Return latitude and longitude of a point so many kilometres east and north of home."""
        home = self.home
        return home.lat + north / 110.57, home.lon + east / (111.32 * float(np.cos(np.radians(home.lat))))

    def inland(self, points: Sequence[tuple[float, float]]) -> Floats:
        """Return kilometres from the lake's shore, negative over water, shape (n,); far away: everything is inland."""
        if self.home.id != HOME:
            return np.full(len(points), 1_000.0)
        return _inland(self.plane(points), _plane(_SHORE, self.home.lat, self.home.lon))


def regions(stations: Sequence[StationRow]) -> tuple[Region, ...]:
    """Return the regions that can be simulated with these stations.

    Raises
    ------
    ValueError
        If Chicago Midway is not among them.
    """
    by_id = {s.id: s for s in stations}
    if HOME not in by_id:
        msg = f"the simulated day needs station {HOME}, was given {len(by_id)} stations without it"
        raise ValueError(msg)
    home = by_id[HOME]
    around = sorted((_km(home, s), s.id) for s in stations if s.id not in CLIMATES)
    greater = (home, *(by_id[name] for km, name in around if km <= REACH_KM))
    others = ((name, (by_id[name],)) for name in CLIMATES if name != HOME and name in by_id)
    return tuple(
        Region(index, CLIMATES[name], members) for index, (name, members) in enumerate(((HOME, greater), *others))
    )


def grid(home: StationRow) -> tuple[Cell, ...]:
    """Return the forecast cells around a station, in ascending order."""
    centre = h3.latlng_to_cell(home.lat, home.lon, GRID_RESOLUTION)
    return tuple(Cell(c) for c in sorted(h3.grid_disk(centre, GRID_RINGS)))


def twins(region: Region) -> tuple[StationRow, StationRow] | None:
    """Return the two neighbouring stations nearest to each other, the one closer to home first."""
    pairs = sorted(
        (_km(a, b), i, j)
        for i, a in enumerate(region.stations)
        for j, b in enumerate(region.stations)
        if 0 < i < j  # home itself stays out: its day must not be disputed
    )
    return (region.stations[pairs[0][1]], region.stations[pairs[0][2]]) if pairs else None


def between(a: StationRow, b: StationRow) -> Cell:
    """Return the cell at resolution 7 half-way between two stations."""
    return Cell(h3.latlng_to_cell((a.lat + b.lat) / 2, (a.lon + b.lon) / 2, 7))


def station_id(row: StationRow) -> StationId:
    """Return a station's identifier."""
    return StationId(row.id)


def _km(a: StationRow, b: StationRow) -> float:
    return float(h3.great_circle_distance((a.lat, a.lon), (b.lat, b.lon)))


def _plane(points: Floats, lat: float, lon: float) -> Floats:
    east = (points[:, 1] - lon) * 111.32 * np.cos(np.radians(lat))
    return np.stack([east, (points[:, 0] - lat) * 110.57], axis=1)


def _inland(points: Floats, shore: Floats) -> Floats:
    start, leg = shore[:-1], np.diff(shore, axis=0)
    to = points[:, None, :] - start
    along = np.clip((to * leg).sum(2) / (leg * leg).sum(1), 0.0, 1.0)
    off = to - along[..., None] * leg
    away = np.hypot(off[..., 0], off[..., 1])
    nearest = away.argmin(1)
    rows = np.arange(len(points))
    water = (leg[nearest, 0] * to[rows, nearest, 1] - leg[nearest, 1] * to[rows, nearest, 0]) > 0
    signed: Floats = np.where(water, -away[rows, nearest], away[rows, nearest])
    return signed
