"""NBM, NOAA's blend of many models, calibrated against stations: percentiles of the day's extremes and of rain.

The percentiles of a day's high are of 12 UTC to 06 UTC, those of its low of 00 to 18 UTC: the blend's own idea of day
and night, which holds nearly all of a station's climate day. Rain is of the windows that the blend has, no others.
Lines of probabilities stand between those of percentiles and are none.

Source: library sheet "HRRR, NBM, GEFS, ECMWF", uncertainty; NOAA Open Data on AWS, noaa-nbm-grib2-pds.
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
from engine.core.units import DAY, HOUR, SECOND, Nanos
from engine.sources import forecasts
from engine.sources.forecasts import WHOLE_DAY, Candidate, NotCarried, Wanted, run_name
from engine.sources.grib_files import DEGREES, RAIN, Files, Piece
from engine.sources.grib_index import hours
from engine.sources.http import Manner

if TYPE_CHECKING:
    from engine.core.snapshot import StationRow

BASE: Final = "https://noaa-nbm-grib2-pds.s3.amazonaws.com"
NAME: Final = "NBM"
MANNER: Final = Manner(every_s=0.5, burst=4, at_once=1, tries=3, timeout_s=120.0, largest=24 << 20, accept="*/*")
EVERY: Final = 6
AFTER_MIN: Final = 75
BACK: Final = 3
HORIZON: Final = 240
LEVELS: Final = ("10% level", "50% level", "90% level")
KEPT: Final = 24
RAIN_HOURS: Final = (6, 12, 24)
"""Lengths of the windows of rain that have percentiles; they end at 00, 06, 12 or 18 UTC."""
WARM_HOURS, COLD_HOURS = (12, 30), (0, 18)
"""Of the blend's day and night, UTC, from the midnight of the day."""


def path(run: Nanos, hour: int) -> str:
    """Return the file of percentiles that end at an hour of a run."""
    at = datetime.fromtimestamp(run // SECOND, UTC)
    return f"blend.{at:%Y%m%d}/{at:%H}/qmd/blend.t{at:%H}z.qmd.f{hour:03d}.co.grib2"


def span(wanted: Wanted) -> tuple[Nanos, Nanos]:
    """Return the window of the blend that stands for the one wanted.

    Raises
    ------
    NotCarried
        If there is none.
    """
    if wanted.metric is Metric.PRECIPITATION:
        if (wanted.closes - wanted.opens) // HOUR not in RAIN_HOURS or wanted.closes % (EVERY * HOUR):
            raise forecasts.refused(NAME, wanted.metric, "the window is none of the blend's")
        return wanted.opens, wanted.closes
    if wanted.metric not in WHOLE_DAY:
        raise forecasts.refused(NAME, wanted.metric)
    if wanted.closes - wanted.opens != DAY:
        raise forecasts.refused(NAME, wanted.metric, "the window is no whole day")
    midnight = wanted.opens - wanted.opens % DAY
    first, last = WARM_HOURS if wanted.metric is Metric.TEMP_MAX else COLD_HOURS
    return Nanos(midnight + first * HOUR), Nanos(midnight + last * HOUR)


@dataclass(slots=True)
class Nbm:
    """The blend behind the port of `engine.sources.forecasts`; cells only."""

    files: Files
    _told: OrderedDict[Wanted, tuple[Nanos, GridForecast]] = field(default_factory=OrderedDict)

    @property
    def name(self) -> str:
        """As `Forecasts.name`."""
        return NAME

    @property
    def credit(self) -> str:
        """As `Forecasts.credit`: NOAA's data are in the public domain."""
        return ""

    async def stations(self, rows: Sequence[StationRow]) -> tuple[StationForecast, ...]:
        """Refuse: an hour's field of the blend costs some megabytes."""
        raise NotCarried(NAME, f"{NAME} is read for windows over cells, not hour by hour")

    async def grid(self, wanted: Wanted) -> GridForecast:
        """As `Forecasts.grid`."""
        opens, closes = span(wanted)
        options = forecasts.candidates(
            self.files.now(), opens, closes, every=EVERY, after=AFTER_MIN, horizon=lambda _: HORIZON, most=BACK
        )  # fmt: skip
        at = await self.files.newest(options, path)
        told = self._told.get(wanted)
        if told is None or told[0] != at.run:
            told = self._told[wanted] = at.run, await self._percentiles(wanted, at)
            while len(self._told) > KEPT:
                self._told.popitem(last=False)
        return told[1]

    async def _percentiles(self, wanted: Wanted, at: Candidate) -> GridForecast:
        lat, lon = wanted.places()
        found = [
            await self.files.sample(at.run, [_piece(wanted.metric, at, level)], lat, lon, wanted.radius_km)
            for level in LEVELS
        ]
        quantiles = np.sort(np.stack([one.centre for one in found]), axis=0)  # read between points, they may cross
        run = run_name(NAME, at.run)
        return forecasts.grid_event(wanted, self.files.now(), run, quantiles, found[1], spread="percentiles of NBM")


def _piece(metric: Metric, at: Candidate, level: str) -> Piece:
    file = path(at.run, at.last)
    if metric is Metric.PRECIPITATION:
        return Piece(file, RAIN, "APCP", "surface", hours(at.last, at.first, "acc"), level)
    kind = "max" if metric is Metric.TEMP_MAX else "min"
    return Piece(file, DEGREES, "TMP", "2 m above ground", hours(at.last, at.first, kind), level)
