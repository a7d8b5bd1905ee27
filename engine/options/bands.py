"""How far a delta may wander before it is hedged, and how much of it is hedged then.

Source: Whalley and Wilmott, "An Asymptotic Analysis of an Optimal Hedging Model for Option Pricing with Transaction
Costs", 1997; the fixed band and the share of gross delta are the usual ones of a desk.
"""

from __future__ import annotations

import math
from typing import Final

FIXED, PERCENT, WHALLEY = "fixed", "percent", "whalley"
KINDS: Final = (FIXED, PERCENT, WHALLEY)
EDGE, CENTRE = "edge", "centre"


def half_width(
    kind: str, *, fixed: float = 0.1, share: float = 0.1, gross: float = 0.0, gamma: float = 0.0, spot: float = 0.0,
    cost: float = 0.0005, aversion: float = 1.0,
) -> float:  # fmt: skip
    """Return half the width of a band around 0, coins.

    Parameters
    ----------
    kind : str
        ``fixed``; ``percent``: a share of the gross delta; ``whalley``: after Whalley and Wilmott.
    fixed, share, gross : float, >= 0
        Coins, a fraction, and the sum of the positions' deltas without their signs.
    gamma : float
        Of the whole book, coins a dollar.
    spot : float, dollars
    cost : float
        Of trading a dollar of the underlying, a fraction.
    aversion : float, > 0
        To risk, per dollar: the larger, the narrower.

    Raises
    ------
    ValueError
        If the kind is none, or a number is out of its range.
    """
    fit = min(fixed, share, gross, spot, cost) >= 0.0 and aversion > 0.0
    if not fit or not math.isfinite(fixed + share + gross + gamma + spot + cost + aversion):
        msg = f"no band of {fixed}, {share} of {gross}, or gamma {gamma} at {spot} for {cost} and {aversion}"
        raise ValueError(msg)
    if kind == FIXED:
        return fixed
    if kind == PERCENT:
        return share * gross
    if kind == WHALLEY:
        return math.cbrt(1.5 * cost * spot * gamma * gamma / aversion)
    msg = f"no band of kind {kind!r}"
    raise ValueError(msg)


def trade(net: float, half: float, *, to: str = EDGE) -> float:
    """Return what to trade of a delta, bought positive: nothing inside the band, else to its edge or its centre."""
    if abs(net) <= half:
        return 0.0
    return -(net - math.copysign(half, net)) if to == EDGE else -net
