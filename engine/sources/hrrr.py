"""HRRR, NOAA's 3 km model of the country, hour by hour, from its public bucket.

A run begins every hour and its files appear some 50 to 90 minutes later, hour after hour; those of 00, 06, 12 and 18
UTC reach 48 hours, the others 18. The newest run that is out as far as is needed is taken, else the one before.

Its hourly temperatures miss the peaks between: the highest of them is up to 2 F below the official high.

Source: library sheet "HRRR on AWS"; NOAA Open Data on AWS, noaa-hrrr-bdp-pds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.contract import Metric
from engine.core.errors import BadReport, NoAnswer
from engine.core.events import GridForecast, StationForecast
from engine.core.units import HOUR, MINUTE, SECOND, Nanos
from engine.sources import forecasts
from engine.sources.forecasts import LEAST_MEMBERS, WHOLE_DAY, Candidate, Wanted, about, of_members, run_name, sigma_f
from engine.sources.grib_files import DEGREES, GUST, RAIN, Files, Piece
from engine.sources.grib_index import hours
from engine.sources.http import Manner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.core.snapshot import StationRow
    from engine.sources.gefs import Gefs
    from engine.weather.gridded import Samples

    Floats = NDArray[np.float64]

BASE: Final = "https://noaa-hrrr-bdp-pds.s3.amazonaws.com"
NAME: Final = "HRRR"
MANNER: Final = Manner(every_s=0.2, burst=10, at_once=2, tries=3, timeout_s=60.0, largest=16 << 20, accept="*/*")
AFTER_MIN: Final = 50
BACK: Final = 6
"""Runs that are looked for before giving up, and runs that are compared."""
AHEAD: Final = 18
"""Hours of a station's forecast."""
KEPT: Final = 24
"""Windows of runs that are kept: each is fetched once."""
FOLDS: Final = {Metric.TEMP_MAX: "max", Metric.TEMP_MIN: "min", Metric.PRECIPITATION: "sum", Metric.WIND_GUST: "max"}


def horizon(hour: int) -> int:
    """Return how many hours a run of this hour of the day reaches."""
    return 48 if hour % 6 == 0 else 18


def path(run: Nanos, hour: int) -> str:
    """Return the file of an hour of a run: surface fields, the whole country."""
    at = datetime.fromtimestamp(run // SECOND, UTC)
    return f"hrrr.{at:%Y%m%d}/conus/hrrr.t{at:%H}z.wrfsfcf{hour:02d}.grib2"


def pieces(metric: Metric, at: Candidate) -> list[Piece]:
    """Return the fields of a window: rain hour by hour, moments with both ends of the window.

    Raises
    ------
    NotCarried
        If the model is not read for the quantity.
    """
    moments = range(at.first, at.last + 1)
    if metric in WHOLE_DAY:
        return [temperature(at.run, hour) for hour in moments]
    if metric is Metric.WIND_GUST:
        return [Piece(path(at.run, hour), GUST, "GUST", "surface", hours(hour)) for hour in moments]
    if metric is Metric.PRECIPITATION:
        ends = range(at.first + 1, at.last + 1)
        return [Piece(path(at.run, n), RAIN, "APCP", "surface", hours(n, n - 1, "acc")) for n in ends]
    raise forecasts.refused(NAME, metric)


def temperature(run: Nanos, hour: int) -> Piece:
    """Return the temperature at 2 m at an hour after a run."""
    step = hours(hour)
    return Piece(path(run, hour), DEGREES, "TMP", "2 m above ground", step)


@dataclass(slots=True)
class Hrrr:
    """The model behind the port of `engine.sources.forecasts`.

    `ensemble`, where given, tells how far apart temperatures may lie.
    """

    files: Files
    ensemble: Gefs | None = None
    ahead: int = AHEAD
    _windows: OrderedDict[tuple[Nanos, Wanted], Samples] = field(default_factory=OrderedDict)
    _told: OrderedDict[Wanted, tuple[tuple[Nanos, ...], GridForecast]] = field(default_factory=OrderedDict)
    _stations: tuple[tuple[Nanos, tuple[str, ...]], tuple[StationForecast, ...]] | None = None

    @property
    def name(self) -> str:
        """As `Forecasts.name`."""
        return NAME

    @property
    def credit(self) -> str:
        """As `Forecasts.credit`: NOAA's data are in the public domain."""
        return ""

    async def stations(self, rows: Sequence[StationRow]) -> tuple[StationForecast, ...]:
        """As `Forecasts.stations`."""
        now = self.files.now()
        opens = Nanos(now - now % HOUR)
        latest = now - AFTER_MIN * MINUTE
        runs = [Nanos(latest - latest % HOUR - ago * HOUR) for ago in range(BACK)]
        options = [Candidate(run, int((opens - run) // HOUR), self.ahead) for run in runs]
        found = await self.files.newest(options, path)
        key = found.run, tuple(row.id for row in rows)
        if self._stations is None or self._stations[0] != key:
            self._stations = key, await self._hours(found, rows)
        return self._stations[1]

    async def grid(self, wanted: Wanted) -> GridForecast:
        """As `Forecasts.grid`."""
        if wanted.metric not in FOLDS:
            raise forecasts.refused(NAME, wanted.metric)
        if (wanted.opens % HOUR, wanted.closes % HOUR) != (0, 0):
            raise forecasts.refused(NAME, wanted.metric, "the window does not begin and end at full hours")
        options = self._candidates(wanted.opens, wanted.closes)
        newest = await self.files.newest(options, path)
        runs = [newest]
        if wanted.metric not in WHOLE_DAY:
            runs += [one for one in options if one.run < newest.run]
        key = tuple(one.run for one in runs)
        told = self._told.get(wanted)
        if told is None or told[0] != key:
            told = key, await (self._day if wanted.metric in WHOLE_DAY else self._compared)(wanted, runs)
            self._told[wanted] = told
            while len(self._told) > KEPT:
                self._told.popitem(last=False)
        return told[1]

    async def _day(self, wanted: Wanted, runs: Sequence[Candidate]) -> GridForecast:
        """Return the day's high or low: the run's own, and its usual error around it."""
        samples = await self._window(wanted, runs[0])
        lat, lon = wanted.places()
        noon = Nanos((wanted.opens + wanted.closes) // 2)
        extreme = Nanos(noon + (3 if wanted.metric is Metric.TEMP_MAX else -6) * HOUR)
        apart, whose = await self._apart(lat, lon, extreme)
        sigma = sigma_f((extreme - runs[0].run) / HOUR, apart, lat.size)
        return forecasts.grid_event(
            wanted, self.files.now(), run_name(NAME, runs[0].run), about(samples.centre, sigma), samples, spread=whose
        )  # fmt: skip

    async def _compared(self, wanted: Wanted, runs: Sequence[Candidate]) -> GridForecast:
        """Return the quantiles of the newest runs that hold the window, each a member."""
        members: list[Samples] = []
        for one in runs:
            try:
                members.append(await self._window(wanted, one))
            except NoAnswer as e:
                if e.status != 404:  # a run may lack a file for ever
                    raise
        if len(members) < LEAST_MEMBERS:
            raise NoAnswer(NAME, f"{NAME}: only {len(members)} runs hold the window: they tell no spread")
        quantiles = of_members(np.stack([one.centre for one in members]))
        spread = f"{len(members)} runs of {NAME}"
        return forecasts.grid_event(
            wanted, self.files.now(), run_name(NAME, runs[0].run), quantiles, members[0], spread=spread
        )  # fmt: skip

    async def _window(self, wanted: Wanted, at: Candidate) -> Samples:
        known = self._windows.get((at.run, wanted))
        if known is None:
            lat, lon = wanted.places()
            parts = pieces(wanted.metric, at)
            known = await self.files.sample(at.run, parts, lat, lon, wanted.radius_km, FOLDS[wanted.metric])
            self._windows[at.run, wanted] = known
            while len(self._windows) > KEPT:
                self._windows.popitem(last=False)
        return known

    async def _hours(self, at: Candidate, rows: Sequence[StationRow]) -> tuple[StationForecast, ...]:
        lat, lon = np.array([row.lat for row in rows]), np.array([row.lon for row in rows])
        middles, sigmas, whose = [], [], ""
        for hour in range(at.first, at.last + 1):
            middles.append((await self.files.sample(at.run, [temperature(at.run, hour)], lat, lon)).centre)
            apart, whose = await self._apart(lat, lon, Nanos(at.run + hour * HOUR))
            sigmas.append(sigma_f(float(hour), apart, lat.size))
        quantiles = np.stack([about(*pair) for pair in zip(middles, sigmas, strict=True)])  # hours, 3, stations
        times = [Nanos(at.run + hour * HOUR) for hour in range(at.first, at.last + 1)]
        return forecasts.station_events(rows, quantiles, times, self.files.now(), run_name(NAME, at.run), whose)

    async def _apart(self, lat: Floats, lon: Floats, moment: Nanos) -> tuple[Floats | None, str]:
        """Return the ensemble's standard deviation at a moment, F, and whose it is; None where it has none."""
        if self.ensemble is not None:
            try:
                return await self.ensemble.apart(lat, lon, moment)
            except (NoAnswer, BadReport):
                pass  # it says so where it is asked for itself
        return None, "usual error"

    def _candidates(self, opens: Nanos, closes: Nanos) -> tuple[Candidate, ...]:
        return forecasts.candidates(
            self.files.now(), opens, closes, every=1, after=AFTER_MIN, horizon=horizon, most=BACK
        )  # fmt: skip
