"""Kelly's stake on a share that pays 1 or nothing.

Source: J. L. Kelly, "A New Interpretation of Information Rate", 1956; for a price c a share the growth-optimal
part of the bankroll is (p - c) / (1 - c).
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Stake(NamedTuple):
    """What to stake, as parts of the bankroll."""

    full: float
    """Kelly's own; negative when the price is too high, 0 where no stake means anything."""
    size: float
    """The part to use: a fraction of `full` in [0, cap]."""
    edge: float
    """Expected gain a share, account currency."""


def stake(p: float, price: float, fee_per_share: float = 0.0, fraction: float = 0.5, cap: float = 0.15) -> Stake:
    """Return how much of the bankroll to stake.

    Parameters
    ----------
    p : float in [0, 1]
        Own probability that the share pays.
    price : float in [0, 1]
        Asked for one share; at 0 or, with the fee, from 1 on nothing is for sale and the stake is 0.
    fee_per_share : float, account currency, >= 0
    fraction, cap : float in [0, 1]
        Part of full Kelly, and the most of the bankroll whatever the edge.

    Raises
    ------
    ValueError
        If an argument is not finite or out of its range.
    """
    for name, value in (("probability", p), ("price", price), ("fraction", fraction), ("cap", cap)):
        if not 0.0 <= value <= 1.0:
            msg = f"the {name} must be in [0, 1], was {value}"
            raise ValueError(msg)
    if not 0.0 <= fee_per_share < math.inf:
        msg = f"the fee must be finite and not negative, was {fee_per_share}"
        raise ValueError(msg)
    paid = price + fee_per_share
    full = (p - paid) / (1.0 - paid) if price > 0.0 and paid < 1.0 else 0.0
    return Stake(full, min(max(fraction * full, 0.0), cap), p - paid)
