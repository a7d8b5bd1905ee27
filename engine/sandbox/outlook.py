"""Forecasts of the simulated day: right on the whole, wrong in detail, better every hour.

A run is the truth seen through an error that shrinks as the moment comes near. Temperatures carry one
error for the day and a smaller one for the run; rain is an ensemble of the same storms moved, delayed
and made weaker or stronger, so that a cell's chance is the share of members that wet it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import h3
import numpy as np

from engine.core.contract import Metric
from engine.core.events import GridForecast, StationForecast
from engine.core.reading import CellQuantiles, HourQuantiles
from engine.core.units import HOUR, MINUTE, Nanos
from engine.sandbox.places import grid, station_id
from engine.sandbox.sky import HALF, PEAK, T0, X0, Y0, nanos_of, outflow, rain, shower

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.core.events import Event
    from engine.core.ids import Cell
    from engine.sandbox.sky import Floats, Sky

AHEAD: Final = 30
"""Hours a station forecast reaches."""
MEMBERS: Final = 11
WINDOW: Final = 3
"""Hours of a rain total; windows begin at 01, 04, 07… local standard time."""
BLOW: Final = 6
"""Hours of the afternoon's window for gusts, from 13 local standard time."""
GUST_HOURS: Final = (9, 18)
"""First and last local hour at which the afternoon's gusts are forecast."""
Z90: Final = 1.2816
WHOLE_EVERY: Final = 6
"""Hours between two runs that tell every hour of the day; those between tell the next ones."""
NEXT: Final = 3
EVENING: Final = 18
"""Local hour from which the next day's high is forecast too."""
GUSTS_PER_WIND: Final = 1.75
"""An afternoon's strongest gust without storms, of its draw's mean wind."""
PUSH: Final = 1.3
"""What a storm's outflow adds to wind and gust together."""
NOISE_F: Final = 0.6
"""What a day's highest minute lies above its smooth curve."""


class Outlook:
    """The forecasts of one seed over all regions; the first is Chicago and has the grid."""

    def __init__(self, seed: int, skies: Sequence[Sky]) -> None:
        self._seed = seed
        self._skies = skies
        self._cells = grid(skies[0].region.home)
        points = [h3.cell_to_latlng(cell) for cell in self._cells]
        self._plane, self._inland = skies[0].region.plane(points), skies[0].region.inland(points)
        self._highs: dict[int, Floats] = {}
        self.drift = lru_cache(maxsize=64)(self._drift)

    def runs(self, start: Nanos) -> Iterator[Event]:
        """Yield every forecast from `start` on: at once, then each full hour, for ever."""
        at = start
        while True:
            yield from self.run(at)
            at = Nanos(at - at % HOUR + HOUR)

    def run(self, at: Nanos) -> Iterator[Event]:
        """Yield the forecasts of one hour."""
        home = self._skies[0]
        day, column = home.local(at // MINUTE)
        yield self._high(at, day, column / 60)
        if column >= EVENING * 60:
            yield self._high(at, day + 1, column / 60 - 24)
        yield from self._hourly(at, whole=at % HOUR != 0 or at // HOUR % WHOLE_EVERY == 0)
        opens = window(home, at // MINUTE)
        yield self._wet(at, opens)
        yield self._wet(at, opens + 60 * WINDOW)
        if GUST_HOURS[0] <= column // 60 <= GUST_HOURS[1]:
            yield self._windy(at, home.midnight(day) + 13 * 60)
        for sky in self._skies:
            for index in range(len(sky.region.stations)):
                yield self.station(sky, index, at)

    def station(self, sky: Sky, index: int, at: Nanos) -> StationForecast:
        """Return hourly temperatures of a station from the hour of `at` on."""
        row = sky.region.stations[index]
        first = at // HOUR * 60
        chance = np.random.default_rng((self._seed, first, int.from_bytes(row.id.encode()), 3))
        jitter = float(chance.normal(0, 0.3))
        hours = [self._hour(sky, index, first + 60 * step, step, jitter) for step in range(AHEAD + 1)]
        return StationForecast(at=at, station=station_id(row), run=run_name(at), hours=tuple(hours))

    def _drift(self, sky: Sky, day: int) -> float:
        """Return by how many of its own deviations the forecast of a local day is off, one number a day."""
        chance = np.random.default_rng((self._seed, day, sky.region.index, 4))
        return float(np.clip(chance.normal(0, 0.8), -1.6, 1.6))

    def members(self, at: Nanos, span: tuple[int, int], count: int) -> Floats:
        """Return an ensemble of the storms that may touch a window of Chicago, shape (members, s, 8).

        Parameters
        ----------
        at : Nanos
            When the forecast is made: the nearer to the window, the closer the members lie together.
        span : (int, int), UTC minutes
            Start and end of the window.
        count : int
            Members.
        """
        opens, closes = span
        home = self._skies[0]
        storms = home.storms(home.local(opens)[0])
        middle, half = (opens + closes) / 2, (closes - opens) / 2
        near = np.abs(storms[:, T0] - middle) < storms[:, HALF] + half + 60
        lead = min(max(0.0, (middle - at / MINUTE) / 60), 12.0)
        chance = np.random.default_rng((self._seed, int(at), opens, 5))
        off = chance.standard_normal((count, int(near.sum()), 4))
        cast = np.repeat(storms[None, near], count, axis=0)
        cast[..., T0] += off[..., 0] * (5 + 14 * lead)
        cast[..., X0] += off[..., 1] * (3 + 7 * lead**0.8)
        cast[..., Y0] += off[..., 2] * (3 + 7 * lead**0.8)
        cast[..., PEAK] *= np.exp(off[..., 3] * min(0.6, 0.12 + 0.15 * lead))
        surprise = shower(chance, opens - 30, closes - opens, count)[:, None, :]  # one nobody saw coming
        surprise[..., PEAK] *= chance.random((count, 1)) < 0.1 + 0.03 * lead
        return np.concatenate([cast, surprise], axis=1)

    def totals(self, at: Nanos, opens: int, plane: Floats, count: int = MEMBERS) -> Floats:
        """Return millimetres over a rain window at points of Chicago's plane, shape (members, points)."""
        minutes = opens + np.arange(7.5, 60 * WINDOW, 15.0)
        storms = self.members(at, (opens, opens + 60 * WINDOW), count)
        fallen: Floats = rain(storms, plane, minutes).sum(-1) / 4
        return fallen

    def gusts(self, at: Nanos, opens: int, plane: Floats, count: int = MEMBERS) -> Floats:
        """Return the strongest gusts over the afternoon's window, knots, shape (members, points)."""
        minutes = opens + np.arange(0.0, 60 * BLOW, 15.0)
        storms = self.members(at, (opens, opens + 60 * BLOW), count)
        steady = self._skies[0].draw(self._skies[0].local(opens)[0]).wind_kt * GUSTS_PER_WIND
        chance = np.random.default_rng((self._seed, int(at), opens, 8))
        calm = steady + chance.normal(0, 1.2, (count, 1))
        strongest: Floats = calm + PUSH * outflow(storms, plane, minutes).max(-1)
        return strongest

    def _hour(self, sky: Sky, index: int, minute: int, lead: int, jitter: float) -> HourQuantiles:
        day, column = sky.local(minute)
        truth = float(sky.truth(day).fahrenheit[index, column]) - sky.bias(index)  # no model knows of the fan
        sigma = 0.5 + 1.9 * min(1.0, lead / 12) ** 0.7
        middle = truth + (self.drift(sky, day) * sigma + jitter if lead else 0.0)
        return _hour(nanos_of(minute), middle, sigma)

    def _high(self, at: Nanos, day: int, hour: float) -> GridForecast:
        home = self._skies[0]
        truth = self._highs.get(day)
        if truth is None:
            truth = home.grid_high(self._plane, self._inland, day) + NOISE_F
            self._highs = {day: truth, **{d: h for d, h in self._highs.items() if d >= day - 1}}
        sigma = high_sigma(hour)
        phase = np.random.default_rng((self._seed, at // HOUR, day, 6)).uniform(0, 6.28, 2)
        wrong = 0.4 * sigma * np.sin(self._plane[:, 0] / 40 + phase[0]) * np.cos(self._plane[:, 1] / 35 + phase[1])
        middle = truth + self.drift(home, day) * sigma + wrong
        wide = sigma * (1 + 0.5 * np.exp(-np.abs(self._inland) / 8.0))  # the lake breeze's front is hard to place
        opens, closes = home.midnight(day), home.midnight(day + 1)
        values = np.stack([middle - Z90 * wide, middle, middle + Z90 * wide])
        return self._grid(at, Metric.TEMP_MAX, "F", (opens, closes), values)

    def _hourly(self, at: Nanos, *, whole: bool) -> Iterator[GridForecast]:
        """Yield the temperature of each hour to come: of a day with a whole run, of the next few without.

        After `EVENING` that day is the next one, else it is today.
        """
        home = self._skies[0]
        first = at // HOUR * 60
        day, column = home.local(first)
        ends = home.midnight(day + (2 if column >= EVENING * 60 else 1))
        for opens in range(first, ends if whole else min(ends, first + 60 * NEXT), 60):
            yield self._warm(at, opens, (opens - first) / 60)

    def _warm(self, at: Nanos, opens: int, lead: float) -> GridForecast:
        """Return the highest temperature of one hour."""
        home = self._skies[0]
        day, _ = home.local(opens)
        minutes = opens + np.arange(0.0, 60.0, 20.0)
        sigma = 0.5 + 1.9 * min(1.0, lead / 12) ** 0.7
        truth = home.temperature(self._plane, self._inland, minutes, day).max(1)
        middle = truth + (self.drift(home, day) * sigma if lead else 0.0)
        wide = sigma * (1 + 0.5 * np.exp(-np.abs(self._inland) / 8.0))
        values = np.stack([middle - Z90 * wide, middle, middle + Z90 * wide])
        return self._grid(at, Metric.TEMP_MAX, "F", (opens, opens + 60), values)

    def _wet(self, at: Nanos, opens: int) -> GridForecast:
        amounts = self.totals(at, opens, self._plane)
        values = np.quantile(amounts, (0.1, 0.5, 0.9), axis=0)
        return self._grid(at, Metric.PRECIPITATION, "mm", (opens, opens + 60 * WINDOW), values)

    def _windy(self, at: Nanos, opens: int) -> GridForecast:
        values = np.quantile(self.gusts(at, opens, self._plane), (0.1, 0.5, 0.9), axis=0)
        return self._grid(at, Metric.WIND_GUST, "kt", (opens, opens + 60 * BLOW), values)

    def _grid(self, at: Nanos, metric: Metric, unit: str, span: tuple[int, int], values: Floats) -> GridForecast:
        return GridForecast(
            at=at,
            run=run_name(at),
            metric=metric,
            unit=unit,
            opens=nanos_of(span[0]),
            closes=nanos_of(span[1]),
            cells=_quantiles(self._cells, values.round(2)),
        )


def high_sigma(hour: float) -> float:
    """Return the forecast's deviation for a day's high at an hour of that day, which may be negative: F."""
    return 0.4 + 1.8 * min(max((18.5 - hour) / 12, 0.05), 1.0)


def window(sky: Sky, minute: int) -> int:
    """Return the UTC minute at which the rain window of a UTC minute began."""
    return minute - (sky.local(minute)[1] - 60) % (60 * WINDOW)


def run_name(at: Nanos) -> str:
    """Return what a run is called: model and cycle."""
    return f"DEMO {at // HOUR % 24:02d}Z"


def _hour(valid_at: Nanos, middle: float, sigma: float) -> HourQuantiles:
    return HourQuantiles(
        valid_at=valid_at,
        p10=round(middle - Z90 * sigma, 2),
        p50=round(middle, 2),
        p90=round(middle + Z90 * sigma, 2),
    )


def _quantiles(cells: Sequence[Cell], values: Floats) -> tuple[CellQuantiles, ...]:
    rows = zip(cells, *values.tolist(), strict=True)
    return tuple([CellQuantiles(cell=cell, p10=low, p50=mid, p90=high) for cell, low, mid, high in rows])
