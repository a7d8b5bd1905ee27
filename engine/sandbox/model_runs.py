"""What the models of the simulated day say: fields of each run around the first region, on HRRR's and GEFS's grids.

A run is one throw of the same dice as the day's own forecasts (`engine.sandbox.outlook`): its storms come earlier or
later and stronger or weaker than the truth, the less so the nearer they are, and its temperatures are off by the
day's drift. All hours of a run are of one throw, so that totals are the sums of their hours.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.units import MINUTE, Nanos
from engine.sandbox.outlook import GUSTS_PER_WIND, PUSH
from engine.sandbox.sky import outflow, rain
from engine.weather.gridded import Field
from engine.weather.grids import HRRR, Degrees

if TYPE_CHECKING:
    from engine.sandbox.outlook import Outlook
    from engine.sandbox.sky import Floats, Sky

HALF: Final = 34
"""Points of HRRR's grid around home in each direction: some 100 km."""
GLOBE: Final = Degrees(720, 361, 0.5, -0.5, 90.0, 0.0)
COARSE: Final = 3
"""Points of the coarse grid around home in each direction."""
MINUTES: Final = 5
"""Between two looks at a storm."""
REACH_HOURS: Final = 48
MEMBERS: Final = 31
MS: Final = 1.852 / 3.6
"""Metres per second in a knot."""


class Patch:
    """Points of a grid around home: where they lie in the day's plane."""

    def __init__(self, sky: Sky, grid: Degrees | None = None) -> None:
        home = np.array([sky.region.home.lat]), np.array([sky.region.home.lon])
        self.grid = grid or HRRR
        half = HALF if grid is None else COARSE
        i, j = (round(float(n[0])) for n in self.grid.ij(*home))
        self.i0, self.j0, self.side = i - half, j - half, 2 * half + 1
        rows, columns = np.mgrid[self.j0 : j + half + 1, self.i0 : i + half + 1].astype(float)
        points = np.column_stack([n.ravel() for n in self.grid.places(columns, rows)])
        pairs = [(lat, lon) for lat, lon in points.tolist()]
        self.plane, self.inland = sky.region.plane(pairs), sky.region.inland(pairs)

    def field(self, values: Floats) -> Field:
        """Return values at the points as a field."""
        return Field(self.grid, values.reshape(self.side, self.side), self.i0, self.j0)


class ModelRuns:
    """The runs of one seed."""

    def __init__(self, outlook: Outlook, sky: Sky) -> None:
        self._outlook = outlook
        self._sky = sky
        self._patches: dict[bool, Patch] = {}
        self._storms = lru_cache(maxsize=64)(self._thrown)
        self._wet = lru_cache(maxsize=1_024)(self._fallen)

    def patch(self, *, coarse: bool = False) -> Patch:
        """Return the points of a grid."""
        if coarse not in self._patches:
            self._patches[coarse] = Patch(self._sky, GLOBE if coarse else None)
        return self._patches[coarse]

    def kelvin(self, run: Nanos, hour: int, *, coarse: bool = False) -> Field:
        """Return the temperature at 2 m at an hour after a run, K."""
        patch, minute = self.patch(coarse=coarse), int(run // MINUTE) + 60 * hour
        day, _ = self._sky.local(minute)
        fahrenheit = self._sky.temperature(patch.plane, patch.inland, np.array([float(minute)]), day)[:, 0]
        off = self._outlook.drift(self._sky, day) * self.apart(hour) * 1.8
        return patch.field((fahrenheit + off + 459.67) / 1.8)

    def apart(self, hour: int) -> float:
        """Return how far apart temperatures lie so far ahead, K."""
        apart_f: float = 0.5 + 1.9 * min(1.0, hour / 12) ** 0.7
        return apart_f / 1.8

    def spread(self, hour: int) -> Field:
        """Return that as a field of the coarse grid."""
        patch = self.patch(coarse=True)
        return patch.field(np.full(len(patch.plane), self.apart(hour)))

    def rain(self, run: Nanos, start: int, end: int, member: int = 0, *, coarse: bool = False) -> Field:
        """Return what falls between two hours after a run, mm."""
        total = sum((self._wet(run, hour, member, coarse) for hour in range(start, end)), np.zeros(1))
        patch = self.patch(coarse=coarse)
        return patch.field(np.broadcast_to(total, (len(patch.plane),)))

    def gust(self, run: Nanos, hour: int) -> Field:
        """Return the gusts at an hour after a run, m/s."""
        patch, minute = self.patch(), int(run // MINUTE) + 60 * hour
        steady = self._sky.draw(self._sky.local(minute)[0]).wind_kt * GUSTS_PER_WIND
        blown = outflow(self._storms(run)[0], patch.plane, np.array([float(minute)]))[:, 0]
        return patch.field((steady + PUSH * blown) * MS)

    def _thrown(self, run: Nanos) -> Floats:
        """Return a run's storms, member by member; the first is the run itself."""
        opens = int(run // MINUTE)
        return self._outlook.members(run, (opens, opens + 60 * REACH_HOURS), MEMBERS)

    def _fallen(self, run: Nanos, hour: int, member: int, coarse: bool) -> Floats:
        opens = int(run // MINUTE) + 60 * hour
        minutes = opens + np.arange(MINUTES / 2, 60, MINUTES)
        fallen: Floats = rain(self._storms(run)[member], self.patch(coarse=coarse).plane, minutes).sum(1) * MINUTES / 60
        return fallen
