"""ECMWF's open data: its global model on a quarter of a degree, every third hour, and members of its ensemble.

What it publishes is under CC BY 4.0: who shows a number of it shows `CREDIT` too. Rain is a total since the run began,
so a window is the difference of two of one run; members of rain are some of the ensemble's fifty.

Source: ECMWF open data; library sheet "HRRR, NBM, GEFS, ECMWF".
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
from engine.sources.grib_files import DEGREES, RAIN, Files, Piece
from engine.sources.grib_index import hours
from engine.sources.http import Manner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.core.snapshot import StationRow

    Floats = NDArray[np.float64]

BASE: Final = "https://data.ecmwf.int/forecasts"
NAME: Final = "ECMWF"
CREDIT: Final = "© ECMWF, CC BY 4.0; modified here; source www.ecmwf.int; ECMWF takes no liability for it"
MANNER: Final = Manner(every_s=0.5, burst=4, at_once=1, tries=3, timeout_s=60.0, largest=16 << 20, accept="*/*")
EVERY: Final = 12
STEP: Final = 3
AFTER_MIN: Final = 450
BACK: Final = 3
HORIZON: Final = 144
AHEAD: Final = 48
KEPT: Final = 24
MEMBERS: Final = tuple(range(1, 11))
"""Of fifty: each costs as much again."""
USUAL: Final = "usual error"


def path(run: Nanos, hour: int, *, ensemble: bool = False) -> str:
    """Return the file of an hour of a run, of the one model or of its ensemble's members."""
    at = datetime.fromtimestamp(run // SECOND, UTC)
    stream, kind = ("enfo", "ef") if ensemble else ("oper", "fc")
    return f"{at:%Y%m%d}/{at:%H}z/ifs/0p25/{stream}/{at:%Y%m%d%H}0000-{hour}h-{stream}-{kind}.grib2"


def index(file: str) -> str:
    """Return the index of a file."""
    return f"{file.removesuffix('.grib2')}.index"


@dataclass(slots=True)
class Ecmwf:
    """The model behind the port of `engine.sources.forecasts`."""

    files: Files
    members: tuple[int, ...] = MEMBERS
    _told: OrderedDict[Wanted, tuple[Nanos, GridForecast]] = field(default_factory=OrderedDict)
    _stations: tuple[tuple[Nanos, tuple[str, ...]], tuple[StationForecast, ...]] | None = None

    @property
    def name(self) -> str:
        """As `Forecasts.name`."""
        return NAME

    @property
    def credit(self) -> str:
        """As `Forecasts.credit`."""
        return CREDIT

    async def stations(self, rows: Sequence[StationRow]) -> tuple[StationForecast, ...]:
        """As `Forecasts.stations`: every third hour."""
        now = self.files.now()
        opens = Nanos(now - now % (STEP * HOUR))
        at = await self.files.newest(self._options(opens, Nanos(opens + AHEAD * HOUR)), path)
        key = at.run, tuple(row.id for row in rows)
        if self._stations is None or self._stations[0] != key:
            self._stations = key, await self._hours(at, rows)
        return self._stations[1]

    async def grid(self, wanted: Wanted) -> GridForecast:
        """As `Forecasts.grid`."""
        rain = wanted.metric is Metric.PRECIPITATION
        if not rain and wanted.metric not in WHOLE_DAY:
            raise forecasts.refused(NAME, wanted.metric)
        if rain and (wanted.opens % (STEP * HOUR) or wanted.closes % (STEP * HOUR)):
            raise forecasts.refused(NAME, wanted.metric, f"the window is not made of steps of {STEP} hours")
        options = self._options(wanted.opens, wanted.closes)
        at = await self.files.newest(options, lambda run, hour: path(run, hour - hour % STEP, ensemble=rain))
        told = self._told.get(wanted)
        if told is None or told[0] != at.run:
            told = self._told[wanted] = at.run, await (self._rain if rain else self._day)(wanted, at)
            while len(self._told) > KEPT:
                self._told.popitem(last=False)
        return told[1]

    async def _rain(self, wanted: Wanted, at: Candidate) -> GridForecast:
        lat, lon = wanted.places()
        found = []
        for member in self.members:
            amount = await self._total(at.run, at.last, member, lat, lon)
            if at.first:
                amount = amount - await self._total(at.run, at.first, member, lat, lon)
            found.append(np.maximum(amount, 0.0))  # packing leaves some hundredths
        spread = f"{len(found)} members"
        return forecasts.grid_event(
            wanted, self.files.now(), run_name(NAME, at.run), of_members(np.stack(found)), None, spread=spread,
            credit=CREDIT,
        )  # fmt: skip

    async def _total(self, run: Nanos, hour: int, member: int, lat: Floats, lon: Floats) -> Floats:
        file = path(run, hour, ensemble=True)
        piece = Piece(file, RAIN, "tp", "sfc", hours(hour, 0, "acc"), f"member {member}")
        return (await self.files.sample(run, [piece], lat, lon)).centre

    async def _day(self, wanted: Wanted, at: Candidate) -> GridForecast:
        lat, lon = wanted.places()
        highest = wanted.metric is Metric.TEMP_MAX
        steps = range(at.first + -at.first % STEP, at.last + 1, STEP)
        parts = [_temperature(at.run, hour) for hour in steps]
        samples = await self.files.sample(at.run, parts, lat, lon, fold="max" if highest else "min")
        sigma = sigma_f((at.first + at.last) / 2, None, lat.size)
        return forecasts.grid_event(
            wanted, self.files.now(), run_name(NAME, at.run), about(samples.centre, sigma), None, spread=USUAL,
            credit=CREDIT,
        )  # fmt: skip

    async def _hours(self, at: Candidate, rows: Sequence[StationRow]) -> tuple[StationForecast, ...]:
        lat, lon = np.array([row.lat for row in rows]), np.array([row.lon for row in rows])
        steps = range(at.first, at.last + 1, STEP)
        found = []
        for hour in steps:
            middle = (await self.files.sample(at.run, [_temperature(at.run, hour)], lat, lon)).centre
            found.append(about(middle, sigma_f(float(hour), None, lat.size)))
        times = [Nanos(at.run + hour * HOUR) for hour in steps]
        run = run_name(NAME, at.run)
        return forecasts.station_events(rows, np.stack(found), times, self.files.now(), run, USUAL, CREDIT)

    def _options(self, opens: Nanos, closes: Nanos) -> tuple[Candidate, ...]:
        return forecasts.candidates(
            self.files.now(), opens, closes, every=EVERY, after=AFTER_MIN, horizon=lambda _: HORIZON, most=BACK
        )  # fmt: skip


def _temperature(run: Nanos, hour: int) -> Piece:
    return Piece(path(run, hour), DEGREES, "2t", "sfc", hours(hour))
