"""How good the probabilities were that orders were sent on: Brier scores, a calibration curve, the closing line. Pure.

Brier (1950) of the fair value beside that of the market's middle at the same moment; skill is the share of the
market's score that was saved. A bin of the calibration curve has Wilson's interval (1927). The closing line: what the
market gave at its close less what was paid, in our direction.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

BINS: Final = 10
Z95: Final = 1.959963984540054


class Told(NamedTuple):
    """What was thought of one order's leg, and what came: 0 to 1 each."""

    fair: float
    market: float | None
    paid: float


class Bin(NamedTuple):
    """Forecasts that were alike, and how often it came."""

    n: int
    said: float
    came: float
    low: float
    high: float


class Skill(NamedTuple):
    """Scores; None where there is nothing to score by."""

    n: int
    brier: float | None
    market: float | None
    """Of the market's middle, over the same orders where it is known."""
    skill: float | None
    """1 - ours / market's, over the orders where both are known."""
    bins: tuple[Bin, ...]


def skill(told: Sequence[Told]) -> Skill:
    """Return how the fair values fared."""
    both = [one for one in told if one.market is not None]
    ours = _mean([(one.fair - one.paid) ** 2 for one in both])
    theirs = _mean([(one.market - one.paid) ** 2 for one in both if one.market is not None])
    return Skill(
        n=len(told), brier=_mean([(one.fair - one.paid) ** 2 for one in told]), market=theirs,
        skill=None if ours is None or not theirs else 1.0 - ours / theirs, bins=bins(told),
    )  # fmt: skip


def bins(told: Sequence[Told], count: int = BINS) -> tuple[Bin, ...]:
    """Return the calibration curve by equal widths of what was said; empty bins are left out, 1 is in the last."""
    shelves: list[list[Told]] = [[] for _ in range(count)]
    for one in told:
        shelves[min(int(one.fair * count), count - 1)].append(one)
    found = []
    for shelf in shelves:
        if shelf:
            n, came = len(shelf), math.fsum(one.paid for one in shelf) / len(shelf)
            low, high = interval(came, n)
            found.append(Bin(n, math.fsum(one.fair for one in shelf) / n, came, low, high))
    return tuple(found)


def interval(share: float, n: int) -> tuple[float, float]:
    """Return Wilson's interval of 95 % of a share of `n` > 0."""
    z2 = Z95 * Z95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
