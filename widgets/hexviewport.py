"""What part of the world the hex map shows: its projection, panning, zooming, and the bar that says how far. No Qt.

Projection: Web Mercator on the unit square, as map tiles use it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TILE: Final = 256
"""Pixels of the world at zoom 0."""
MIN_ZOOM: Final = 3.5
MAX_ZOOM: Final = 13.5
MAX_LAT: Final = 85.0
EARTH_M: Final = 40_075_016.686
"""Length of the equator."""


@dataclass(frozen=True, slots=True)
class Viewport:
    """What part of the world is seen: a place in the middle, a zoom, a size in pixels.

    Parameters
    ----------
    lat, lon : float, degrees
        Place in the middle.
    zoom : float
        The world is `TILE * 2**zoom` pixels wide.
    width, height : int, pixels, > 0
    """

    lat: float
    lon: float
    zoom: float
    width: int
    height: int

    @property
    def world(self) -> float:
        """Width of the world in pixels."""
        return TILE * math.pow(2.0, self.zoom)

    def project(self, lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
        """Return where places lie: x to the right, y down, in pixels from the top left corner."""
        x, y = mercator(lat, lon)
        mid_x, mid_y = self._middle()
        return (x - mid_x) * self.world + self.width / 2, (y - mid_y) * self.world + self.height / 2

    def point(self, lat: float, lon: float) -> tuple[float, float]:
        """Return where one place lies."""
        x, y = self.project(np.array([lat]), np.array([lon]))
        return float(x[0]), float(y[0])

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the latitude and longitude of a pixel."""
        mid_x, mid_y = self._middle()
        return _unproject(mid_x + (x - self.width / 2) / self.world, mid_y + (y - self.height / 2) / self.world)

    def unit(self, x: float, y: float) -> tuple[float, float]:
        """Return where a pixel lies on the unit square."""
        mid_x, mid_y = self._middle()
        return mid_x + (x - self.width / 2) / self.world, mid_y + (y - self.height / 2) / self.world

    def panned(self, dx: float, dy: float) -> Viewport:
        """Return the viewport after the map was dragged by `dx`, `dy` pixels."""
        lat, lon = self.place(self.width / 2 - dx, self.height / 2 - dy)
        return replace(self, lat=lat, lon=lon)

    def zoomed(self, steps: float, x: float, y: float) -> Viewport:
        """Return the viewport after zooming in by `steps`; the place at pixel (x, y) stays there."""
        zoom = min(max(self.zoom + steps, MIN_ZOOM), MAX_ZOOM)
        lat, lon = self.place(x, y)
        closer = replace(self, zoom=zoom)
        now_x, now_y = closer.point(lat, lon)
        return closer.panned(x - now_x, y - now_y)

    def sized(self, width: int, height: int) -> Viewport:
        """Return the viewport with another size around the same middle."""
        return replace(self, width=max(1, width), height=max(1, height))

    def box(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """Return west, south, east, north in degrees, `margin` degrees wider on every side."""
        north, west = self.place(0, 0)
        south, east = self.place(self.width, self.height)
        wide = margin / max(0.1, math.cos(math.radians(self.lat)))
        return west - wide, max(south - margin, -MAX_LAT), east + wide, min(north + margin, MAX_LAT)

    def metres_per_pixel(self) -> float:
        """Return how much ground one pixel covers in the middle."""
        return EARTH_M * math.cos(math.radians(self.lat)) / self.world

    def _middle(self) -> tuple[float, float]:
        x, y = mercator(np.array([self.lat]), np.array([self.lon]))
        return float(x[0]), float(y[0])


def mercator(lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """Return places on the unit square: x from the date line to the east, y from the north down."""
    phi = np.radians(np.clip(lat, -MAX_LAT, MAX_LAT))
    y: Floats = 0.5 - np.arctanh(np.sin(phi)) / (2 * np.pi)
    x: Floats = lon / 360 + 0.5
    return x, y


def _unproject(x: float, y: float) -> tuple[float, float]:
    return math.degrees(math.asin(math.tanh((0.5 - y) * 2 * math.pi))), (x - 0.5) * 360


def bar_length(metres_per_pixel: float, most: float) -> tuple[int, float]:
    """Return a round length in metres and its pixels, the longest of 1, 2, 5 times a power of ten within `most` px."""
    room = metres_per_pixel * most
    power = 10 ** math.floor(math.log10(room))
    metres = max(n * power for n in (1, 2, 5) if n * power <= room)
    return int(metres), metres / metres_per_pixel
