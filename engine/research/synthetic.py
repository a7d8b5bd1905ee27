"""Made-up years of hourly temperatures with official highs, for measuring how fast and testing how right we are.

A station keeps whole degrees Fahrenheit and reports them as tenths of a degree Celsius, once an hour. Its official
high is of the whole minute-by-minute record, so it is the greatest hour or a little above, in the shares measured
on 108 station-days; 6-hour groups know it on 93 % of the days and the 24-hour group always does. Hours are missing
one by one, and now and then for days.

Every station has a generator of its own, so that any part of the stations can be made anywhere and is the same.

Source: settlement sheet §5, table of estimators.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.research.settlement import HOURS, Measure, Unit, Values, Years

STATIONS: Final = 900
DAYS: Final = 1_826
"""Five years, a leap day in them."""
ABOVE: Final = (0.50, 0.455, 0.045)
"""Shares of days on which the official high is 0, 1, 2 F above the greatest hourly report."""
GROUPS_KNOW: Final = 0.93
MISSING: Final = 0.01
"""Of hours, alone."""
OUTAGES_A_YEAR: Final = 2.0
OUTAGE_HOURS: Final = 30.0
"""On average."""


def years(seed: int, first: int = 0, count: int = STATIONS, days: int = DAYS) -> Years:
    """Return some of the made-up stations.

    Parameters
    ----------
    seed : int, >= 0
        Which world.
    first, count : int
        Which stations of it.
    days : int, > 0
    """
    hours = np.empty((count, HOURS, days), dtype=np.float32)
    groups = np.empty((count, 1, days), dtype=np.float32)
    official = np.empty((count, days), dtype=np.float32)
    midnight = np.empty((count, days), dtype=np.float32)
    for place in range(count):
        rng = np.random.default_rng((seed, first + place))
        degrees = _degrees(rng, days)
        greatest = degrees.max(axis=0)
        high = greatest + rng.choice(len(ABOVE), size=days, p=ABOVE).astype(np.int32)
        hours[place] = _celsius(degrees)
        groups[place, 0] = _celsius(np.where(rng.random(days) < GROUPS_KNOW, high, greatest))
        official[place] = high
        midnight[place] = _celsius(high)
        _lose(rng, hours[place])
    return Years(
        measure=Measure.HIGH,
        unit=Unit.CELSIUS,
        stations=tuple(f"S{first + place:04d}" for place in range(count)),
        hours=hours,
        official=official,
        further=(("groups", groups),),
        alone=(("midnight", midnight),),
    )


def _degrees(rng: np.random.Generator, days: int) -> NDArray[np.int32]:
    """Return whole F by hour and day: the year's and the day's wave, weather that lasts, and noise."""
    mean, yearly, daily = rng.uniform(45.0, 70.0), rng.uniform(10.0, 28.0), rng.uniform(5.0, 12.0)
    season = mean - yearly * np.cos(np.arange(days) * (2.0 * np.pi / 365.25))
    weather = _lasting(rng, days) * 7.0
    course = -np.cos((np.arange(HOURS) - 3.0) * (2.0 * np.pi / HOURS)) * daily
    exact = (season + weather).astype(np.float32) + course.astype(np.float32)[:, None]
    exact += rng.standard_normal((HOURS, days), dtype=np.float32)
    degrees: NDArray[np.int32] = np.rint(exact).astype(np.int32)
    return degrees


def _lasting(rng: np.random.Generator, days: int, keep: float = 0.7) -> NDArray[np.float64]:
    """Return unit noise in which seven tenths of a day's are left on the next."""
    fresh = rng.standard_normal(days) * np.sqrt(1.0 - keep * keep)
    span = 30  # what is older than a month has no weight left
    return np.convolve(fresh, keep ** np.arange(span))[:days]


def _celsius(whole_f: NDArray[np.int32]) -> Values:
    """Return degrees Celsius as `climate_day.tenths_celsius` does."""
    return (((whole_f - 32) * 100 + 9) // 18).astype(np.float32) / np.float32(10.0)


def _lose(rng: np.random.Generator, hours: Values) -> None:
    days = hours.shape[1]
    hours[rng.random(hours.shape, dtype=np.float32) < MISSING] = np.nan
    for _ in range(rng.poisson(OUTAGES_A_YEAR * days / 365.25)):
        begins, lasts = int(rng.integers(days * HOURS)), int(rng.exponential(OUTAGE_HOURS)) + 1
        lost = np.arange(begins, min(begins + lasts, days * HOURS))
        hours[lost % HOURS, lost // HOURS] = np.nan
