"""What a market maker learns of a market before he quotes: how often to look, how long to remember, when to look back.

Medians, not means: one quiet night must not set the pace of a busy day.
"""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

NOISE_S: Final = 0.1
"""Shorter gaps between prices are one change in several messages."""
MAD_TO_SIGMA: Final = 1.4826
"""Of a normal distribution."""


class Pace(NamedTuple):
    """Times of a market, seconds."""

    sample_s: float
    fast_s: float
    slow_s: float
    first_markout_s: float
    second_markout_s: float


def pace(price_gaps_s: Sequence[float], trade_gaps_s: Sequence[float], half_life_s: float, cluster_s: float) -> Pace:
    """Return how to sample and remember a market.

    Parameters
    ----------
    price_gaps_s, trade_gaps_s : sequences of float, seconds
        Between changes of the price, and between trades.
    half_life_s : float, seconds
        After which returns no longer resemble each other: the first lag with autocorrelation below a half, times
        the sampling step.
    cluster_s : float, seconds
        How long lively times last.

    Raises
    ------
    ValueError
        If there is no gap of either kind, or a number is not finite.
    """
    prices = [gap for gap in price_gaps_s if gap > NOISE_S]
    if not prices or not trade_gaps_s:
        msg = f"nothing was seen: {len(prices)} gaps between prices, {len(trade_gaps_s)} between trades"
        raise ValueError(msg)
    if not all(map(math.isfinite, (*prices, *trade_gaps_s, half_life_s, cluster_s))):
        msg = f"gaps and times must be finite, were {half_life_s} and {cluster_s} s"
        raise ValueError(msg)
    sample = _clip(0.8 * median(prices), 1.0, 10.0)
    fast = _clip(max(2.0 * half_life_s, 3.0 * sample), 10.0, 60.0)
    return Pace(
        sample,
        fast,
        _clip(max(cluster_s, 20.0 * fast), 600.0, 3600.0),
        _clip(3.0 * median(trade_gaps_s), 5.0, 30.0),
        _clip(8.0 * quantile(trade_gaps_s, 0.95), 30.0, 300.0),
    )


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value below which `part` in [0, 1] of the values lie, between neighbours along a line."""
    if not values or not 0.0 <= part <= 1.0:
        msg = f"no quantile {part} of {len(values)} values"
        raise ValueError(msg)
    row = sorted(values)
    place = part * (len(row) - 1)
    below = math.floor(place)
    above = min(below + 1, len(row) - 1)
    return row[below] + (place - below) * (row[above] - row[below])


def base_sigma(returns: Sequence[float]) -> float:
    """Return the ordinary size of a return, 1.4826 times the median distance from the median; 0 for none."""
    if not returns:
        return 0.0
    middle = median(returns)
    return MAD_TO_SIGMA * median(abs(r - middle) for r in returns)


def _clip(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)
