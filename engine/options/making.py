"""Two sides of an option's market: from the others' best prices, the spread that volatility asks for, and what is held.

A side that is missing is made up from the mark; without either there is no quote. What is held shifts both sides
against it, and near the limit only the side that reduces is left.

Source: the origin's market maker for where its sides lie; skew, volatility and limits are the seed's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from engine.options import quoter

if TYPE_CHECKING:
    from collections.abc import Sequence

FULL = 0.8
"""Of the largest position: beyond it only the side that reduces is quoted."""
BPS = 10_000.0
YEAR_S = 365.0 * 86_400.0


class Market(NamedTuple):
    """The others' quotes, without ours; prices as the instrument is quoted, sizes in units."""

    bids: Sequence[tuple[float, float]]
    asks: Sequence[tuple[float, float]]
    mark: float | None
    vega: float = 0.0
    """Of one unit for 1.00 of volatility, in what the instrument is quoted in."""
    vol: float = 0.0


class Terms(NamedTuple):
    """What the maker is told."""

    aggression: float = 0.3
    improvement: float = 0.1
    spread_bps: float = 50.0
    min_spread_bps: float = 10.0
    reference: float = 0.0
    """A best price counts from this size on; 0 takes any."""
    vol_share: float = 0.0
    """Half the spread is at least so much of what a standard move of volatility in `refresh_s` is worth."""
    refresh_s: float = 5.0
    skew: float = 0.5
    most: float = 10.0
    size: float = 0.1


class Two(NamedTuple):
    """Both sides; None where one is not quoted."""

    bid: float | None
    ask: float | None
    mid: float
    half: float
    skew: float


def best(levels: Sequence[tuple[float, float]], reference: float) -> float:
    """Return the first price at which enough stands; 0 where none does."""
    return next((price for price, size in levels if size >= reference), 0.0)


def quotes(market: Market, held: float, terms: Terms) -> Two | str:
    """Return where to quote, or in one sentence why nothing is quoted.

    Raises
    ------
    ValueError
        If a price or a size is no number.
    """
    if not math.isfinite(held + terms.most + terms.size) or not terms.most > 0.0:
        msg = f"no quotes with {held} held of {terms.most}"
        raise ValueError(msg)
    top, bottom = best(market.bids, 0.0), best(market.asks, 0.0)
    middle = 0.5 * (top + bottom) if top > 0.0 and bottom > 0.0 else None  # of the best, however little stands there
    sides = quoter.around(
        best(market.bids, terms.reference), best(market.asks, terms.reference), terms.aggression,
        improvement=terms.improvement, min_spread_bps=terms.min_spread_bps, spread_bps=terms.spread_bps,
        mark=market.mark if middle is None else middle, middle=middle,
    )  # fmt: skip
    if sides is None:
        return "a side of the book is missing, and there is no mark to make it up from"
    half = 0.5 * (sides.ask - sides.bid)
    wide = terms.vol_share * market.vega * market.vol * math.sqrt(terms.refresh_s / YEAR_S)
    centre = 0.5 * (sides.bid + sides.ask)
    half = max(half, wide)
    share = max(-1.0, min(1.0, held / terms.most))
    skew = -terms.skew * share * half
    ours_bid: float | None = centre - half + skew
    ours_ask: float | None = centre + half + skew
    if held + terms.size > terms.most or (share > FULL and held > 0.0):
        ours_bid = None if held >= 0.0 or held + terms.size > terms.most else ours_bid
    if held - terms.size < -terms.most or (share < -FULL and held < 0.0):
        ours_ask = None if held <= 0.0 or held - terms.size < -terms.most else ours_ask
    if ours_bid is not None and ours_bid <= 0.0:
        ours_bid = None
    return Two(ours_bid, ours_ask, sides.mid, half, skew)
