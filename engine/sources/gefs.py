"""GEFS, NOAA's global ensemble of 31 members on half a degree: how far apart forecasts lie, and members of rain.

Mean and spread of all members are files of their own. Rain is counted anew every six hours of a run, so that a window
is made of such counts and of what they had reached at its ends, all of one member of one run.

Source: library sheet "HRRR, NBM, GEFS, ECMWF", uncertainty; NOAA Open Data on AWS, noaa-gefs-pds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.contract import Metric
from engine.core.events import GridForecast, StationForecast
from engine.core.units import HOUR, SECOND, Nanos
from engine.sources import forecasts
from engine.sources.forecasts import WHOLE_DAY, Candidate, Wanted, about, of_members, run_name, sigma_f
from engine.sources.grib_files import DEGREES, RAIN, SPREAD, Files, Piece
from engine.sources.grib_index import hours
from engine.sources.http import Manner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.core.snapshot import StationRow

    Floats = NDArray[np.float64]

BASE: Final = "https://noaa-gefs-pds.s3.amazonaws.com"
NAME: Final = "GEFS"
MANNER: Final = Manner(every_s=0.1, burst=20, at_once=4, tries=3, timeout_s=60.0, largest=8 << 20, accept="*/*")
MEMBERS: Final = ("c00", *(f"p{n:02d}" for n in range(1, 31)))
MEAN, APART = "avg", "spr"
EVERY, STEP, COUNT = 6, 3, 6
"""Hours between runs, between files, and over which rain is counted before it begins anew."""
AFTER_MIN: Final = 300
BACK: Final = 4
HORIZON: Final = 240
AHEAD: Final = 48
KEPT: Final = 96
TWO_METRES: Final = "2 m above ground"


def path(run: Nanos, hour: int, member: str = MEMBERS[-1]) -> str:
    """Return the file of an hour of a run: a member, ``avg`` or ``spr``."""
    at = datetime.fromtimestamp(run // SECOND, UTC)
    return f"gefs.{at:%Y%m%d}/{at:%H}/atmos/pgrb2ap5/ge{member}.t{at:%H}z.pgrb2a.0p50.f{hour:03d}"


def counts(first: int, last: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the counts of rain to add and those to take off for a window of hours after the run.

    Raises
    ------
    ValueError
        If the window is empty or an end is no hour of a file.
    """
    if not 0 <= first < last or first % STEP or last % STEP:
        msg = f"hours {first} to {last} are not made of steps of {STEP}"
        raise ValueError(msg)
    begun = first - first % COUNT
    ends = [*range(begun + COUNT, last + 1, COUNT), *([last] if last % COUNT else [])]
    add = [(end - (end % COUNT or COUNT), end) for end in ends]
    return add, [(begun, first)] if first > begun else []


@dataclass(slots=True)
class Gefs:
    """The ensemble behind the port of `engine.sources.forecasts`; rain by members, temperatures by mean and spread."""

    files: Files
    members: tuple[str, ...] = MEMBERS
    _apart: OrderedDict[tuple[Nanos, int, bytes], Floats] = field(default_factory=OrderedDict)
    _told: OrderedDict[Wanted, tuple[Nanos, GridForecast]] = field(default_factory=OrderedDict)
    _stations: tuple[tuple[Nanos, tuple[str, ...]], tuple[StationForecast, ...]] | None = None

    @property
    def name(self) -> str:
        """As `Forecasts.name`."""
        return NAME

    @property
    def credit(self) -> str:
        """As `Forecasts.credit`: NOAA's data are in the public domain."""
        return ""

    async def apart(self, lat: Floats, lon: Floats, moment: Nanos) -> tuple[Floats, str]:
        """Return the standard deviation of temperatures at 2 m at the file nearest to a moment, F, and whose it is.

        Raises
        ------
        NoAnswer, BadReport
            If no run holds the moment, or its file cannot be read.
        """
        near = Nanos(round(moment / (STEP * HOUR)) * STEP * HOUR)
        at = await self.files.newest(self._options(near, near), lambda run, hour: path(run, hour, APART))
        key = at.run, at.last, lat.tobytes() + lon.tobytes()
        known = self._apart.get(key)
        if known is None:
            known = self._apart[key] = (await self._field(at, at.last, APART, lat, lon)).copy()
            while len(self._apart) > KEPT:
                self._apart.popitem(last=False)
        return known, f"{run_name(NAME, at.run)}, {len(MEMBERS)} members"

    async def stations(self, rows: Sequence[StationRow]) -> tuple[StationForecast, ...]:
        """As `Forecasts.stations`: every third hour."""
        now = self.files.now()
        opens = Nanos(now - now % (STEP * HOUR))
        options = self._options(opens, Nanos(opens + AHEAD * HOUR))
        at = await self.files.newest(options, lambda run, hour: path(run, hour, APART))
        key = at.run, tuple(row.id for row in rows)
        if self._stations is None or self._stations[0] != key:
            self._stations = key, await self._hours(at, rows)
        return self._stations[1]

    async def grid(self, wanted: Wanted) -> GridForecast:
        """As `Forecasts.grid`."""
        if wanted.metric not in {*WHOLE_DAY, Metric.PRECIPITATION}:
            raise forecasts.refused(NAME, wanted.metric)
        rain = wanted.metric is Metric.PRECIPITATION
        if rain and (wanted.opens % (STEP * HOUR) or wanted.closes % (STEP * HOUR)):
            raise forecasts.refused(NAME, wanted.metric, f"the window is not made of steps of {STEP} hours")
        member = self.members[-1] if rain else APART
        at = await self.files.newest(
            self._options(wanted.opens, wanted.closes), lambda run, hour: path(run, hour - hour % STEP, member)
        )
        told = self._told.get(wanted)
        if told is None or told[0] != at.run:
            told = self._told[wanted] = at.run, await (self._rain if rain else self._day)(wanted, at)
            while len(self._told) > KEPT:
                self._told.popitem(last=False)
        return told[1]

    async def _rain(self, wanted: Wanted, at: Candidate) -> GridForecast:
        lat, lon = wanted.places()
        add, off = counts(at.first, at.last)
        found = []
        for member in self.members:
            amount = await self._counted(at.run, member, add, lat, lon)
            if off:
                amount = amount - await self._counted(at.run, member, off, lat, lon)
            found.append(np.maximum(amount, 0.0))  # packing leaves some hundredths
        quantiles = of_members(np.stack(found))
        run = run_name(NAME, at.run)
        spread = f"{len(found)} members"
        return forecasts.grid_event(wanted, self.files.now(), run, quantiles, None, spread=spread)

    async def _day(self, wanted: Wanted, at: Candidate) -> GridForecast:
        lat, lon = wanted.places()
        highest = wanted.metric is Metric.TEMP_MAX
        steps = range(at.first + -at.first % STEP, at.last + 1, STEP)
        parts = [_temperature(at.run, hour, MEAN) for hour in steps]
        samples = await self.files.sample(at.run, parts, lat, lon, fold="max" if highest else "min")
        noon = (at.first + at.last) // 2
        hour = min(max(noon + (3 if highest else -6), steps[0]), steps[-1])
        apart = await self._field(at, hour - hour % STEP, APART, lat, lon)
        quantiles = about(samples.centre, sigma_f(float(hour), apart, lat.size))
        spread = f"{len(MEMBERS)} members"
        return forecasts.grid_event(wanted, self.files.now(), run_name(NAME, at.run), quantiles, None, spread=spread)

    async def _hours(self, at: Candidate, rows: Sequence[StationRow]) -> tuple[StationForecast, ...]:
        lat, lon = np.array([row.lat for row in rows]), np.array([row.lon for row in rows])
        steps = range(at.first, at.last + 1, STEP)
        found = []
        for hour in steps:
            middle = await self._field(at, hour, MEAN, lat, lon)
            apart = await self._field(at, hour, APART, lat, lon)
            found.append(about(middle, sigma_f(float(hour), apart, lat.size)))
        times = [Nanos(at.run + hour * HOUR) for hour in steps]
        run, spread = run_name(NAME, at.run), f"{len(MEMBERS)} members"
        return forecasts.station_events(rows, np.stack(found), times, self.files.now(), run, spread)

    async def _field(self, at: Candidate, hour: int, member: str, lat: Floats, lon: Floats) -> Floats:
        return (await self.files.sample(at.run, [_temperature(at.run, hour, member)], lat, lon)).centre

    async def _counted(
        self, run: Nanos, member: str, spans: Sequence[tuple[int, int]], lat: Floats, lon: Floats
    ) -> Floats:
        parts = [
            Piece(path(run, end, member), RAIN, "APCP", "surface", hours(end, start, "acc"), None)
            for start, end in spans
        ]
        return (await self.files.sample(run, parts, lat, lon)).centre

    def _options(self, opens: Nanos, closes: Nanos) -> tuple[Candidate, ...]:
        return forecasts.candidates(
            self.files.now(), opens, closes, every=EVERY, after=AFTER_MIN, horizon=lambda _: HORIZON, most=BACK
        )  # fmt: skip


def _temperature(run: Nanos, hour: int, member: str) -> Piece:
    quantity = SPREAD if member == APART else DEGREES
    return Piece(path(run, hour, member), quantity, "TMP", TWO_METRES, hours(hour), None)
