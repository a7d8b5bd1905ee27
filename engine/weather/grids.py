"""Grids of forecast models: where a place lies between their points, and back. Pure.

HRRR and NBM lie on a Lambert conformal plane touching a sphere along one parallel or cutting it along two, GEFS and
ECMWF on degrees of latitude and longitude. Indices count from the first point the file states, i along x or
longitude, j along y or latitude.

Source: Snyder, "Map Projections: A Working Manual" (USGS 1395), equations 15-1 to 15-11 for the sphere; WMO GRIB2
templates 3.0 and 3.30; library sheet "HRRR", analytic index.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EARTH_M: Final = 6_371_229.0
"""Radius of the sphere of WMO code 6, metres."""


class Grid(Protocol):
    """Rows of points."""

    @property
    def nx(self) -> int:
        """Points along i."""
        ...

    @property
    def ny(self) -> int:
        """Points along j."""
        ...

    def ij(self, lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
        """Return where places lie, in steps from the first point; degrees in, any longitude."""
        ...

    def places(self, i: Floats, j: Floats) -> tuple[Floats, Floats]:
        """Return latitude and longitude of indices, degrees, longitude in [-180, 180)."""
        ...

    def reach(self, lat: Floats, km: float) -> tuple[int, int]:
        """Return how many steps along i and j certainly hold a circle around any of these latitudes."""
        ...


@dataclass(frozen=True, slots=True)
class Lambert:
    """A Lambert conformal grid on a sphere, i eastward and j northward at its central meridian."""

    nx: int
    ny: int
    dx_m: float
    dy_m: float
    """Negative where rows run southward."""
    lat_first: float
    lon_first: float
    lon_upright: float
    """LoV: the meridian that runs along j."""
    lat_one: float
    lat_two: float
    radius_m: float = EARTH_M

    @property
    def cone(self) -> float:
        """Return n, by how much meridians converge: a longitude difference of d turns the grid's north by n · d."""
        one, two = math.radians(self.lat_one), math.radians(self.lat_two)
        if abs(one - two) < 1e-9:
            return math.sin(one)
        return math.log(math.cos(one) / math.cos(two)) / math.log(float(_half(two)) / float(_half(one)))

    def ij(self, lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
        """As `Grid.ij`."""
        x, y = self._plane(np.asarray(lat, np.float64), np.asarray(lon, np.float64))
        x0, y0 = self._plane(np.float64(self.lat_first), np.float64(self.lon_first))
        return (x - x0) / self.dx_m, (y - y0) / self.dy_m

    def places(self, i: Floats, j: Floats) -> tuple[Floats, Floats]:
        """As `Grid.places`."""
        n, whole = self.cone, self._scale()
        x0, y0 = self._plane(np.float64(self.lat_first), np.float64(self.lon_first))
        x, y = x0 + np.asarray(i) * self.dx_m, y0 + np.asarray(j) * self.dy_m
        rho = np.copysign(np.hypot(x, y), n)
        turned = np.arctan2(math.copysign(1.0, n) * x, -math.copysign(1.0, n) * y)
        lat = 2 * np.arctan((whole / rho) ** (1 / n)) - math.pi / 2
        return np.degrees(lat), _wrapped(np.degrees(turned / n) + self.lon_upright)

    def reach(self, lat: Floats, km: float) -> tuple[int, int]:
        """As `Grid.reach`: the plane stretches distances by the map's scale there."""
        stretch = max(1.0, float(np.max(self.scale(lat), initial=1.0)))
        return tuple(math.ceil(1_000 * km * stretch / abs(step)) + 1 for step in (self.dx_m, self.dy_m))  # type: ignore[return-value]  # two of them

    def scale(self, lat: Floats) -> Floats:
        """Return how much longer a distance is on the plane than on the sphere."""
        phi = np.radians(np.asarray(lat, np.float64))
        made: Floats = abs(self.cone) * self._scale() / _half(phi) ** self.cone / (self.radius_m * np.cos(phi))
        return made

    def true_winds(self, u: Floats, v: Floats, lon: Floats) -> tuple[Floats, Floats]:
        """Return eastward and northward wind from winds along the grid's own x and y."""
        angle = self.cone * np.radians(_wrapped(np.asarray(lon, np.float64) - self.lon_upright))
        sin, cos = np.sin(angle), np.cos(angle)
        return cos * u + sin * v, cos * v - sin * u

    def _scale(self) -> float:
        one, n = math.radians(self.lat_one), self.cone
        whole: float = self.radius_m * math.cos(one) * float(_half(one)) ** n / n
        return whole

    def _plane(self, lat: Floats | np.float64, lon: Floats | np.float64) -> tuple[Floats, Floats]:
        """Return metres east of the upright meridian and north of the pole of the cone."""
        n = self.cone
        rho = self._scale() / _half(np.radians(lat)) ** n
        angle = n * np.radians(_wrapped(lon - self.lon_upright))
        return rho * np.sin(angle), -rho * np.cos(angle)


@dataclass(frozen=True, slots=True)
class Degrees:
    """A grid of latitudes and longitudes."""

    nx: int
    ny: int
    dlon: float
    dlat: float
    """Negative where rows run southward."""
    lat_first: float
    lon_first: float

    def ij(self, lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
        """As `Grid.ij`; on a grid around the globe i lies in [0, nx)."""
        east = np.mod(np.asarray(lon, np.float64) - self.lon_first, 360.0)
        return east / self.dlon, (np.asarray(lat, np.float64) - self.lat_first) / self.dlat

    def places(self, i: Floats, j: Floats) -> tuple[Floats, Floats]:
        """As `Grid.places`."""
        return self.lat_first + np.asarray(j) * self.dlat, _wrapped(self.lon_first + np.asarray(i) * self.dlon)

    def reach(self, lat: Floats, km: float) -> tuple[int, int]:
        """As `Grid.reach`: degrees of longitude shrink towards the poles."""
        degrees = math.degrees(1_000 * km / EARTH_M)
        far = min(float(np.max(np.abs(lat), initial=0.0)) + degrees, 89.0)
        wide = min(degrees / math.cos(math.radians(far)), 180.0)
        return math.ceil(wide / self.dlon) + 1, math.ceil(degrees / abs(self.dlat)) + 1


HRRR: Final = Lambert(1799, 1059, 3_000.0, 3_000.0, 21.138123, 237.280472, 262.5, 38.5, 38.5)


def _half(phi: Floats | np.float64 | float) -> Floats:
    made: Floats = np.tan(math.pi / 4 + phi / 2)
    return made


def _wrapped(degrees: Floats | np.float64) -> Floats:
    made: Floats = np.mod(degrees + 180.0, 360.0) - 180.0
    return made
