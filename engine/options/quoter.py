"""What to quote for an option: the price the hedge would get, the yield it means, the two sides of our own market."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS: Final = 365.0
BPS: Final = 10_000.0
MERCY: Final = 1e-9
"""Ticks by which a float may miss a whole one."""
MOST_PASSIVE: Final = 0.9
"""Aggression below 1 is clipped here: half a tick from mid is no market."""


class Yield(NamedTuple):
    """What selling an option brings."""

    time_value: float
    """Quote currency."""
    apr_pct: float
    """Simple, of a year of 365 days; of the spot for a call, of the strike for a put."""


class Walk(NamedTuple):
    """What a size would trade at."""

    filled: float
    average: float | None
    """None where nothing is filled."""
    missing: float
    """Size the book does not hold; then there is no price for the whole."""
    slippage_bps: float | None
    """Of the best price; None where some is missing."""


class Sides(NamedTuple):
    """Our bid and ask and the middle they are around."""

    bid: float
    ask: float
    mid: float


def apr(price: float, strike: float, spot: float, days: float, *, put: bool) -> Yield:
    """Return time value and annual percentage rate; nothing of either once expired.

    Parameters
    ----------
    price, strike, spot : float, quote currency, >= 0
        An inverse option's price is multiplied by the index before.
    days : float
        To expiry.
    put : bool

    Raises
    ------
    ValueError
        If an argument is negative where it may not be, or not finite.
    """
    if not (min(price, strike, spot) >= 0.0 and math.isfinite(price + strike + spot + days)):
        msg = f"no yield of {price} at strike {strike}, spot {spot}, {days} days"
        raise ValueError(msg)
    if days <= 0.0:
        return Yield(0.0, 0.0)
    intrinsic = max(strike - spot if put else spot - strike, 0.0)
    value = max(price - intrinsic, 0.0)
    base = strike if put else spot
    return Yield(value, value / base / days * DAYS * 100.0 if base > 0.0 else 0.0)


def walk(levels: Sequence[tuple[float, float]], size: float) -> Walk:
    """Return what `size` trades at, walking (price, size) levels, best first.

    Raises
    ------
    ValueError
        If the size or a level is not positive and finite, or prices go up and down.
    """
    if not 0.0 < size < math.inf:
        msg = f"a size must be positive and finite, was {size}"
        raise ValueError(msg)
    if not all(0.0 < value < math.inf for level in levels for value in level):
        msg = "a level of the book has no price or no size"
        raise ValueError(msg)
    steps = {math.copysign(1.0, b[0] - a[0]) for a, b in pairwise(levels) if b[0] != a[0]}
    if len(steps) > 1:
        msg = "the levels of the book are not in order"
        raise ValueError(msg)
    left, paid, slipped = size, 0.0, 0.0
    for price, there in levels:
        part = min(left, there)
        paid += part * price
        slipped += part * abs(price - levels[0][0])
        left -= part
        if left <= 0.0:
            break
    left = left if left > size * 1e-12 else 0.0
    filled = size - left
    if filled == 0.0:
        return Walk(0.0, None, size, None)
    return Walk(filled, paid / filled, left, None if left else slipped / filled / levels[0][0] * BPS)


def around(
    bid: float, ask: float, aggression: float, *, improvement: float = 0.1, min_spread_bps: float = 5.0,
    spread_bps: float = 50.0, mark: float | None = None, tick: float | None = None, middle: float | None = None,
) -> Sides | None:  # fmt: skip
    """Return our quotes, from the market's.

    Parameters
    ----------
    bid, ask : float
        Best prices of the others; 0 for none, then half of `spread_bps` from the mark stands in.
    aggression : float
        Below 1: how far from the best price towards the middle, 0 to 0.9. From 1 on: better than the best by
        `improvement`, no further however large.
    improvement : float, quote currency
    min_spread_bps, spread_bps : float, basis points of the middle
    mark : float, optional
        Without it a side that is missing cannot be made up.
    tick : float, optional
        Bids go down to it, asks up.
    middle : float, optional
        Where both sides are there; half way between them unless it is told.

    Returns
    -------
    Sides or None
        None where there is no price to go by; a guess would be traded on.

    Raises
    ------
    ValueError
        If a price is negative or no number, or a tick is not positive.
    """
    if not (bid >= 0.0 and ask >= 0.0 and math.isfinite(bid + ask + aggression)) or (tick is not None and not tick > 0):
        msg = f"no quotes around {bid} and {ask} with aggression {aggression} and tick {tick}"
        raise ValueError(msg)
    if bid > 0.0 and ask > 0.0:
        mid = 0.5 * (bid + ask) if middle is None else middle
    elif mark is not None and mark > 0.0:
        mid = mark
        off = mid * spread_bps / (2.0 * BPS)
        bid, ask = bid or mid - off, ask or mid + off
    else:
        return None
    if aggression < 1.0:
        a = min(max(aggression, 0.0), MOST_PASSIVE)
        ours_bid, ours_ask = bid + a * (mid - bid), ask - a * (ask - mid)
    else:
        ours_bid, ours_ask = bid + improvement, ask - improvement
    if ours_ask - ours_bid < mid * min_spread_bps / BPS:
        off = mid * min_spread_bps / (2.0 * BPS)
        ours_bid, ours_ask = mid - off, mid + off
    if tick is not None:
        ours_bid = math.floor(ours_bid / tick + MERCY) * tick
        ours_ask = math.ceil(ours_ask / tick - MERCY) * tick
    return Sides(ours_bid, ours_ask, mid)
