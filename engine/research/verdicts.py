"""Whether there is an edge: Sharpe ratios with their uncertainty, drawdown, shares with their interval. Pure.

Sharpe: mean over standard deviation (n - 1) of results of equal periods, times the root of the periods in a year. The
periods of every report are UTC days, from the first with a fill to the last: one between without any brought nothing.
Its standard error, the probabilistic and the deflated Sharpe ratio follow Bailey and Lopez de Prado (2012, 2014), who
correct for skew, fat tails, the length of the record, and the best of several trials being the luckiest of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Final, NamedTuple

from engine.maths import normal

YEAR: Final = 365
"""These markets trade every day."""
EULER: Final = 0.5772156649015329
LEAST: Final = 3
"""Periods under which a Sharpe ratio is not told."""
Z95: Final = 1.959963984540054


class Sharpe(NamedTuple):
    """A Sharpe ratio and how sure it is."""

    value: float
    """Of a year."""
    low: float
    high: float
    """Within which 95 % of such records would lie."""
    periods: int
    above_zero: float
    """Probabilistic Sharpe ratio: how likely the true one is above 0."""


class Share(NamedTuple):
    """So many of so many, with Wilson's interval of 95 %."""

    value: float
    low: float
    high: float
    n: int


def daily(days: Mapping[int, float]) -> list[float]:
    """Return the results of the days from the first to the last of a mapping; one that is not in it brought nothing."""
    return [days.get(day, 0.0) for day in range(min(days), max(days) + 1)] if days else []


def sharpe(results: Sequence[float], periods: float = YEAR) -> Sharpe | None:
    """Return the Sharpe ratio of results of equal periods; None where they are too few, or all the same."""
    found = _moments(results)
    if found is None:
        return None
    ratio, error = found
    year = math.sqrt(periods)
    return Sharpe(
        ratio * year, (ratio - Z95 * error) * year, (ratio + Z95 * error) * year, len(results),
        normal.cdf(ratio / error),
    )  # fmt: skip


def deflated(results: Sequence[float], trials: Sequence[float]) -> float | None:
    """Return how likely the true Sharpe ratio is above what the luckiest of so many worthless trials would show.

    Parameters
    ----------
    results : sequence of float
        Of equal periods, of the trial that was chosen.
    trials : sequence of float
        Sharpe ratios of all trials, of one period each and not of a year; the chosen one among them.

    Returns
    -------
    float or None
        None where `results` say nothing; with a single trial the probabilistic Sharpe ratio.
    """
    found = _moments(results)
    if found is None:
        return None
    ratio, error = found
    n = len(trials)
    if n < 2 or not (spread := stdev(trials)):
        return normal.cdf(ratio / error)
    luck = spread * ((1 - EULER) * normal.quantile(1 - 1 / n) + EULER * normal.quantile(1 - 1 / (n * math.e)))
    return normal.cdf((ratio - luck) / error)


def per_period(results: Sequence[float]) -> float | None:
    """Return the Sharpe ratio of one period, as `deflated` takes it."""
    found = _moments(results)
    return None if found is None else found[0]


def drawdown(steps: Sequence[float]) -> float:
    """Return the deepest fall of the running sum from its highest before, as a positive number; 0 never fell."""
    level = peak = deepest = 0.0
    for step in steps:
        level += step
        peak = max(peak, level)
        deepest = max(deepest, peak - level)
    return deepest


def share(k: int, n: int) -> Share | None:
    """Return a share with its interval; None of nothing."""
    if not n:
        return None
    p, z2 = k / n, Z95 * Z95
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Share(p, max(0.0, middle - half), min(1.0, middle + half), n)


def mean(results: Sequence[float]) -> Share | None:
    """Return a mean with its normal interval of 95 %; None under three."""
    n = len(results)
    if n < LEAST:
        return None
    value, half = fmean(results), Z95 * stdev(results) / math.sqrt(n)
    return Share(value, value - half, value + half, n)


def total(units: Sequence[float]) -> Share | None:
    """Return the sum of independent units' results with its interval of 95 % by Student's law; None under four.

    Fills of one market end alike and are no independent trials: units are whole markets, events or days. The quantile
    is Cornish and Fisher's expansion (Abramowitz and Stegun, 26.7.5): within a hundredth from four units on.
    """
    n = len(units)
    if n <= LEAST:
        return None
    z, nu = Z95, n - 1
    t = z + (z**3 + z) / (4 * nu) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * nu**2)
    t += (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * nu**3)
    value, half = math.fsum(units), t * stdev(units) * math.sqrt(n)
    return Share(value, value - half, value + half, n)


def _moments(results: Sequence[float]) -> tuple[float, float] | None:
    """Return the Sharpe ratio of one period and its standard error."""
    n = len(results)
    if n < LEAST:
        return None
    average, spread = fmean(results), stdev(results)
    if spread <= 1e-12 * max(1.0, abs(average)):
        return None
    z = [(x - average) / spread for x in results]
    skew, kurtosis = fmean(x**3 for x in z), fmean(x**4 for x in z)
    ratio = average / spread
    variance = 1 - skew * ratio + (kurtosis - 1) / 4 * ratio * ratio
    return ratio, math.sqrt(max(variance, 1e-12) / (n - 1))
