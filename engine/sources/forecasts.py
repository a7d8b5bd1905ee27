"""Forecasts of models, whoever serves them: one port, and what every model's fields become. Pure.

A model answers for stations hour by hour and for cells over one window. It answers with the same objects as before
until a newer run is out, so that who asks again can tell news by identity. What a model does not carry, and a window
it cannot fill from one run, is refused with the reason; nothing is filled in.

A single run tells no spread. Of temperatures it is taken from an ensemble where there is one, and is never less than
what such forecasts were off by, since ensembles of raw models lie too close together at 2 m. Of rain and gusts it is
that of members: an ensemble's, or the newest runs of one model that cover the same window. A window's total is of one
run, always; runs are compared, never mixed.

Source: library sheet "HRRR, NBM, GEFS, ECMWF", uncertainty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from engine.core.contract import Metric
from engine.core.errors import NoAnswer
from engine.core.events import GridForecast, StationForecast
from engine.core.ids import Cell, StationId
from engine.core.reading import Around, CellQuantiles, HourQuantiles
from engine.core.units import HOUR, MINUTE, Nanos
from engine.sources.nws_grid import spread_f
from engine.weather import cells
from engine.weather.daily import COLDEST_F, HOTTEST_F
from engine.weather.forecast import Z90

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.core.snapshot import StationRow
    from engine.weather.gridded import Samples

    Floats = NDArray[np.float64]

RADIUS_KM: Final = 5.0
"""Around a cell's centre: about the area of a cell of resolution 7 and its neighbours, and of the points of HRRR 9."""
LEAST_MEMBERS: Final = 3
PLACES: Final = 3
"""Decimals kept of a quantile."""
UNITS: Final = {Metric.TEMP_MAX: "F", Metric.TEMP_MIN: "F", Metric.PRECIPITATION: "mm", Metric.WIND_GUST: "kt"}
WHOLE_DAY: Final = frozenset({Metric.TEMP_MAX, Metric.TEMP_MIN})


@dataclass(frozen=True, slots=True)
class Wanted:
    """One quantity over one window, at these cells."""

    metric: Metric
    opens: Nanos
    closes: Nanos
    cells: tuple[Cell, ...]
    radius_km: float = RADIUS_KM

    def places(self) -> tuple[Floats, Floats]:
        """Return latitude and longitude of the cells' centres, degrees, shape (n,) each."""
        points = np.array([cells.center(cell) for cell in self.cells]).reshape(-1, 2)
        return points[:, 0].copy(), points[:, 1].copy()


class NotCarried(NoAnswer):
    """What a model does not carry, or a place it does not reach: no failure of it, and never different."""

    def __init__(self, model: str, text: str) -> None:
        super().__init__(model, text, lasting=True)


class Forecasts(Protocol):
    """A model. Both methods raise `NotCarried`, `NoAnswer` and `BadReport`."""

    @property
    def name(self) -> str:
        """What it is called, such as ``HRRR``."""
        ...

    @property
    def credit(self) -> str:
        """What its licence wants shown; empty where it wants nothing."""
        ...

    async def stations(self, rows: Sequence[StationRow]) -> tuple[StationForecast, ...]:
        """Return the temperatures of stations, hour by hour from now on; of those the model reaches."""
        ...

    async def grid(self, wanted: Wanted) -> GridForecast:
        """Return one quantity over one window, cell by cell; of those the model reaches."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that may be out, and the hours after it at which a window begins and ends."""

    run: Nanos
    first: int
    last: int


def candidates(
    now: Nanos, opens: Nanos, closes: Nanos, *, every: int, after: int, horizon: Callable[[int], int], most: int
) -> tuple[Candidate, ...]:
    """Return the runs that hold a whole window, the newest first.

    Parameters
    ----------
    opens, closes : Nanos
        The window; a run begins no later than it opens. Both in whole hours of the run, or rounded outward to them.
    every : int, hours
        Between two runs, from midnight UTC.
    after : int, minutes
        A run is not looked for earlier after its hour.
    horizon : callable
        Hour of the day of a run to the hours it reaches.
    most : int
        So many are returned.
    """
    newest = min(now - after * MINUTE, opens)
    run = Nanos(newest - newest % (every * HOUR))
    found: list[Candidate] = []
    for _ in range(most + 24 // every):
        reach = horizon(int(run // HOUR % 24))
        first, last = (opens - run) // HOUR, -((run - closes) // HOUR)
        if last <= reach and len(found) < most:
            found.append(Candidate(run, int(first), int(last)))
        run = Nanos(run - every * HOUR)
    return tuple(found)


def run_name(model: str, run: Nanos) -> str:
    """Return a model and its cycle, such as ``HRRR 18Z``."""
    return f"{model} {run // HOUR % 24:02d}Z"


def about(middle: Floats, sigma: Floats) -> Floats:
    """Return p10, p50 and p90 of normal laws, shape (3, n)."""
    return np.stack([middle - Z90 * sigma, middle, middle + Z90 * sigma])


def of_members(values: Floats) -> Floats:
    """Return p10, p50 and p90 of members, shape (members, n) to (3, n); NaN where a member has none."""
    found: Floats = np.quantile(values, (0.1, 0.5, 0.9), axis=0)
    return found


def sigma_f(lead_hours: float, of_ensemble: Floats | None, count: int) -> Floats:
    """Return the standard deviation of a temperature so far ahead, F, shape (n,).

    Where the ensemble's is smaller than what such forecasts were off by, or there is none, it is the latter.
    """
    usual = np.full(count, spread_f(lead_hours))
    return usual if of_ensemble is None else np.fmax(usual, of_ensemble)


def grid_event(
    wanted: Wanted, at: Nanos, run: str, quantiles: Floats, samples: Samples | None, *, spread: str, credit: str = ""
) -> GridForecast:
    """Return quantiles of shape (3, n) and what lies around as an event; cells without a value are left out.

    Raises
    ------
    NotCarried
        If no cell has one.
    """
    found = [
        CellQuantiles(cell=cell, p10=low, p50=mid, p90=high, around=None if samples is None else _around(samples, n))
        for n, (cell, low, mid, high) in enumerate(
            zip(wanted.cells, *quantiles.round(PLACES).tolist(), strict=True)
        )
        if low == low and mid == mid and high == high
    ]  # fmt: skip
    if not found:
        raise NotCarried(run.split()[0], f"{run} does not reach any of the cells")
    return GridForecast(
        at=at, run=run, metric=wanted.metric, unit=UNITS[wanted.metric], opens=wanted.opens, closes=wanted.closes,
        cells=tuple(found), radius_km=0.0 if samples is None else wanted.radius_km, spread=spread, credit=credit,
    )  # fmt: skip


def _around(samples: Samples, n: int) -> Around | None:
    count = int(samples.count[n])
    if not count:
        return None
    mean, most, least = (round(float(row[n]), PLACES) for row in (samples.mean, samples.most, samples.least))
    return Around(mean=mean, most=most, least=least, count=count)


def station_events(
    rows: Sequence[StationRow],
    quantiles: Floats,
    times: Sequence[Nanos],
    at: Nanos,
    run: str,
    spread: str,
    credit: str = "",
) -> tuple[StationForecast, ...]:
    """Return quantiles of shape (hours, 3, stations), F, as events.

    Hours and stations without a value are left out, and hours of degrees that nobody has ever measured.
    """
    found = []
    for n, row in enumerate(rows):
        made = [
            HourQuantiles(valid_at=time, p10=low, p50=mid, p90=high)
            for time, (low, mid, high) in zip(times, quantiles[:, :, n].round(2).tolist(), strict=True)
            if COLDEST_F <= mid <= HOTTEST_F
        ]
        if made:
            found.append(
                StationForecast(
                    at=at, station=StationId(row.id), run=run, hours=tuple(made), spread=spread, credit=credit
                )
            )
    return tuple(found)


def refused(model: str, metric: Metric, why: str = "") -> NotCarried:
    """Return the refusal of what a model does not carry."""
    text = f"{model} is not read for {metric.value.replace('_', ' ')}{': ' + why if why else ''}"
    return NotCarried(model, text)
