"""A field of a forecast model read at places: at each place itself, and over the grid's points around it. Pure.

Cells are read at their centres: of the cells of resolution 7 two in five hold no point of a 3 km grid, so to look
for the points inside would leave them empty. What lies around is told beside it: mean, most, least and how many
points are within the radius, all of them or none.

Source: library sheets "HRRR" (map to H3) and "H3 facts".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.weather.grids import EARTH_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.weather.grids import Grid

    Floats = NDArray[np.float64]

MOST_STEPS: Final = 40
"""A circle of more steps than this is a mistake in a unit."""


@dataclass(frozen=True, slots=True)
class Samples:
    """A field at n places, shape (n,) each; NaN where it has no value."""

    centre: Floats
    """Between the four points around, by distance along each axis."""
    mean: Floats
    most: Floats
    least: Floats
    count: NDArray[np.int64]
    """Points with a value within the radius."""


@dataclass(frozen=True, slots=True)
class Field:
    """Values on a grid, or on a window of it."""

    grid: Grid
    values: Floats
    """Shape (rows, columns), j and i; NaN where the model has none."""
    i0: int = 0
    """Of the window's first column."""
    j0: int = 0

    def at(self, lat: Floats, lon: Floats) -> Floats:
        """Return the field at places by linear interpolation; NaN off the grid or beside a missing value.

        Parameters
        ----------
        lat, lon : (n,) float64, degrees

        Returns
        -------
        (n,) float64
            A place on a point has that point's value, whatever its neighbours are.
        """
        i, j = self.grid.ij(lat, lon)
        i, j = _snapped(i - self.i0), _snapped(j - self.j0)
        left, low = np.floor(i), np.floor(j)
        across, up = i - left, j - low
        found = np.zeros(np.shape(i))
        for step_j, of_j in ((0, 1 - up), (1, up)):
            for step_i, of_i in ((0, 1 - across), (1, across)):
                weight = of_i * of_j
                value = self._take(left + step_i, low + step_j)
                found += np.where(weight > 0, weight * np.where(weight > 0, value, 0.0), 0.0)
        return found

    def sample(self, lat: Floats, lon: Floats, radius_km: float) -> Samples:
        """Return the field at places and over the points within a radius of each, great-circle distance.

        Raises
        ------
        ValueError
            If the radius is not positive, or so wide that it holds more than some thousand points.
        """
        lat, lon = np.asarray(lat, np.float64), np.asarray(lon, np.float64)
        di, dj = self.grid.reach(lat, radius_km)
        if not radius_km > 0 or max(di, dj) > MOST_STEPS:
            msg = f"a radius of {radius_km:g} km does not fit this grid"
            raise ValueError(msg)
        i, j = self.grid.ij(lat, lon)
        near_i, near_j = np.rint(i), np.rint(j)
        total, most = np.zeros(lat.shape), np.full(lat.shape, -np.inf)
        least, count = np.full(lat.shape, np.inf), np.zeros(lat.shape, np.int64)
        for step_j in range(-dj, dj + 1):
            for step_i in range(-di, di + 1):
                value = self._take(near_i + step_i - self.i0, near_j + step_j - self.j0)
                where = self.grid.places(near_i + step_i, near_j + step_j)
                inside = (_km(lat, lon, *where) <= radius_km) & ~np.isnan(value)
                total += np.where(inside, value, 0.0)
                most = np.where(inside & (value > most), value, most)
                least = np.where(inside & (value < least), value, least)
                count += inside
        none = count == 0
        mean = np.divide(total, count, out=np.full(lat.shape, np.nan), where=~none)
        return Samples(
            self.at(lat, lon), mean, np.where(none, np.nan, most), np.where(none, np.nan, least), count
        )  # fmt: skip

    def window(self, lat: Floats, lon: Floats, radius_km: float) -> Field:
        """Return the smallest part of this field that serves `sample` at these places; a copy."""
        i, j = self.grid.ij(np.asarray(lat, np.float64), np.asarray(lon, np.float64))
        di, dj = self.grid.reach(np.asarray(lat, np.float64), radius_km)
        rows, columns = self.values.shape
        i_from, i_to = _bounds(i - self.i0, di, columns)
        j_from, j_to = _bounds(j - self.j0, dj, rows)
        part = self.values[j_from:j_to, i_from:i_to].copy()
        return Field(self.grid, part, self.i0 + i_from, self.j0 + j_from)

    def _take(self, i: Floats, j: Floats) -> Floats:
        """Return the values at whole indices of the window; NaN outside."""
        rows, columns = self.values.shape
        if not self.values.size:
            return np.full(np.shape(i), np.nan)
        inside = (i >= 0) & (i < columns) & (j >= 0) & (j < rows)
        safe_i, safe_j = np.where(inside, i, 0).astype(np.int64), np.where(inside, j, 0).astype(np.int64)
        found: Floats = np.where(inside, self.values[safe_j, safe_i], np.nan)
        return found


def _snapped(steps: Floats) -> Floats:
    """Return steps with those that are whole but for rounding made whole."""
    near = np.rint(steps)
    found: Floats = np.where(np.abs(steps - near) < 1e-7, near, steps)
    return found


def _bounds(steps: Floats, more: int, size: int) -> tuple[int, int]:
    finite = steps[np.isfinite(steps)]
    if finite.size == 0:
        return 0, 0
    first, last = int(np.floor(finite.min())) - more, int(np.ceil(finite.max())) + more + 1
    return min(max(first, 0), size), min(max(last, 0), size)


def _km(lat: Floats, lon: Floats, lat_to: Floats, lon_to: Floats) -> Floats:
    """Return great-circle distances by the haversine, kilometres."""
    one, two = np.radians(lat), np.radians(lat_to)
    inner = np.sin((two - one) / 2) ** 2 + np.cos(one) * np.cos(two) * np.sin(np.radians(lon_to - lon) / 2) ** 2
    found: Floats = 2 * EARTH_M / 1_000 * np.arcsin(np.sqrt(np.minimum(inner, 1.0)))
    return found
