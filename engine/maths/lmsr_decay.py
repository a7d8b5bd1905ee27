"""Letting a live market's b fall as people bring liquidity of their own, without moving its price.

``(q + o') / b' = (q + o) / b`` keeps every price; q, the shares that will be paid for, is never scaled. While b only
falls, the maker's loss stays within what it was at the start, b₀ · log(1 / opening probability): it is the sum of
bₖ · Δ log pₖ over the trades, and no logarithm of a price is above 0, so by Abel's summation every fall of b takes
from it. Were b to rise, the bound would rise with it, so it must not on a live market.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths.lmsr import prices

if TYPE_CHECKING:
    from collections.abc import Sequence

OFF_BELOW: Final = 1.0
"""Shares of b below which the curve no longer quotes."""


class Rebased(NamedTuple):
    """A market after its b fell."""

    offset: tuple[float, ...]
    """Added to the shares sold, in shares."""
    prices: tuple[float, ...]
    """As they were."""


def decayed(b0: float, b_min: float, volume: float, half_volume: float) -> float:
    """Return ``b_min + (b0 - b_min) · 2^(-volume / half_volume)``.

    Parameters
    ----------
    b0, b_min : float, shares
        What b began at, and what it never falls below; 0 <= b_min <= b0.
    volume : float, >= 0
        Traded between people in 24 hours, the curve's own trades left out.
    half_volume : float, > 0
        At which half of what can fall has fallen.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    if not (0.0 <= b_min <= b0 < math.inf and b0 > 0.0):
        msg = f"b can only fall, from {b0} to {b_min} it would not"
        raise ValueError(msg)
    if not (0.0 <= volume < math.inf and 0.0 < half_volume < math.inf):
        msg = f"volumes must be positive and finite, were {volume} and {half_volume}"
        raise ValueError(msg)
    return min(b_min + (b0 - b_min) * float(2.0 ** (-volume / half_volume)), b0)  # the sum may round up


def lowered(b: float, wanted: float) -> float:
    """Return the b a live market goes on with: less people's volume of late does not raise it again."""
    return min(b, wanted)


def rebase(q: Sequence[float], offset: Sequence[float], b: float, lower: float) -> Rebased:
    """Return the offset that keeps every price when b falls to `lower`.

    Parameters
    ----------
    q, offset : n >= 2 floats, shares
        Sold of each outcome, and added so far.
    b, lower : float, shares, > 0

    Raises
    ------
    ValueError
        If `lower` is above `b` or not positive, or the sequences do not fit.
    """
    if not 0.0 < lower <= b:
        msg = f"b may only fall, not from {b} to {lower}"
        raise ValueError(msg)
    if len(q) != len(offset):
        msg = f"{len(q)} outcomes have no {len(offset)} offsets"
        raise ValueError(msg)
    moved = [(x + o) / b * lower for x, o in zip(q, offset, strict=True)]
    found = prices(moved, lower)
    if lower == b:
        return Rebased(tuple(offset), found)
    return Rebased(tuple([x - sold for x, sold in zip(moved, q, strict=True)]), found)
