"""Logit space: where a price between 0 and 1 has room on both sides, and the way back to a venue's ticks.

A step of the same length means the same there at 50 cents and at 2: spreads and skews are added to logits, never to
prices. Ticks are whole numbers, rounded with a hair's breadth of mercy: 0.29 / 0.01 is 28.999999999999996.
"""

from __future__ import annotations

import math
from typing import Final

LEAST: Final = 1e-6
"""Prices nearer to 0 or 1 count as this far away."""
MERCY: Final = 1e-9
"""Ticks by which a float may miss the whole number it stands for."""


def bounded(p: float) -> float:
    """Return a probability held `LEAST` away from 0 and 1.

    Raises
    ------
    ValueError
        If it is not in [0, 1].
    """
    if not 0.0 <= p <= 1.0:
        msg = f"a probability must be in [0, 1], was {p}"
        raise ValueError(msg)
    return min(max(p, LEAST), 1.0 - LEAST)


def logit(p: float) -> float:
    """Return log(p / (1 - p)) of a `bounded` probability; errors as there."""
    p = bounded(p)
    return math.log(p / (1.0 - p))


def sigmoid(x: float) -> float:
    """Return 1 / (1 + e^-x), the price of a logit; by branches, so that no exponential overflows."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    grown = math.exp(x)
    return grown / (1.0 + grown)


def ticks_in_unit(tick: float) -> int:
    """Return how many ticks make 1; prices may be quoted from 1 tick to one less than these.

    Raises
    ------
    ValueError
        If the tick is not inside (0, 1) or does not divide 1.
    """
    if not 0.0 < tick < 1.0:
        msg = f"a tick must be inside (0, 1), was {tick}"
        raise ValueError(msg)
    count = round(1.0 / tick)
    if not math.isclose(count * tick, 1.0, rel_tol=MERCY):
        msg = f"a tick must divide 1, was {tick}"
        raise ValueError(msg)
    return count


def ticks_below(price: float, count: int) -> int:
    """Return the highest tick at or below a price, of `count` in 1: where a bid goes."""
    return math.floor(price * count + MERCY)


def ticks_above(price: float, count: int) -> int:
    """Return the lowest tick at or above a price, of `count` in 1: where an ask goes."""
    return math.ceil(price * count - MERCY)
