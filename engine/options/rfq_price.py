"""What to answer a request for quotes: the hedge's price, made worse by every edge that the desk keeps, never better.

All prices are dollars for one unit of the underlying. A quote that buys is at most what the hedge brings less its fee,
one that sells at least what the hedge costs with its fee; the model at the venue's volatility bounds it once more.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths import black
from engine.options import quoter

if TYPE_CHECKING:
    from collections.abc import Sequence

BPS: Final = 10_000.0


class Edge(NamedTuple):
    """What the desk keeps of each quote."""

    bps: float = 100.0
    """Of the hedge's price, >= 0."""
    vol: float = 0.01
    """By which the model's volatility is moved against the taker, a fraction a year, >= 0."""
    inventory_bps: float = 100.0
    """Of the hedge's price, more for what fills the inventory up and less for what empties it, at a full one."""
    least: float = 0.0
    """Dollars a unit, >= 0: whatever the shares come to."""


class Fair(NamedTuple):
    """What the model is fed with."""

    forward: float
    strike: float
    vol: float
    """A fraction a year."""
    years: float
    put: bool


class Answer(NamedTuple):
    """What one option is quoted at."""

    price: float
    hedge: float
    """Average of the hedge, walked through its book."""
    fee: float
    """Of the hedge, a unit."""
    slippage_bps: float
    edge: float
    """What is left a unit once it is hedged at that price, fee paid; >= 0."""
    model: float
    """At the venue's volatility."""


def answer(
    levels: Sequence[tuple[float, float]], qty: float, fee: float, fair: Fair, edge: Edge, *, buy: bool,
    filling: float = 0.0,
) -> Answer | str:  # fmt: skip
    """Return what to quote, or in one sentence why nothing can be.

    Parameters
    ----------
    levels : sequence of (price, size)
        Where the hedge trades, best first: bids where we buy, asks where we sell.
    qty : float, units, > 0
    fee : float, dollars a unit, >= 0
        Of the hedge.
    fair : Fair
    edge : Edge
    buy : bool
        We buy from the taker.
    filling : float in [-1, 1]
        By how much of its limit the trade would make the inventory larger; negative makes it smaller.

    Raises
    ------
    ValueError
        If a number is out of its range, or the book is not in order.
    """
    if not (0.0 <= fee < math.inf and -1.0 <= filling <= 1.0 and min(edge.bps, edge.vol, edge.least) >= 0.0):
        msg = f"no quote with a fee of {fee}, {filling} of the inventory and {edge}"
        raise ValueError(msg)
    found = quoter.walk(levels, qty)
    if found.average is None or found.missing > 0.0 or found.slippage_bps is None:
        return f"the hedge's book holds {found.filled:g} of {qty:g}"
    hedge, sign = found.average, -1.0 if buy else 1.0
    share = max(edge.bps + edge.inventory_bps * filling, 0.0) / BPS
    price = hedge + sign * (max(share * hedge, edge.least) + fee)
    model = black.option(fair.forward, fair.strike, fair.vol, fair.years, put=fair.put).price
    bound = black.option(
        fair.forward, fair.strike, max(fair.vol + sign * edge.vol, 0.0), fair.years, put=fair.put
    ).price  # fmt: skip
    price = min(price, bound) if buy else max(price, bound)
    if not 0.0 < price < math.inf:
        return "what is left after edge and fee is nothing"
    return Answer(price, hedge, fee, found.slippage_bps, sign * (price - hedge) - fee, model)


def on_grid(price: float, dollars: Decimal, unit: Decimal, *, buy: bool) -> Decimal:
    """Return a price in the instrument's own currency on its unit: down where we buy, up where we sell.

    `dollars` is what one unit of that currency is worth.

    Raises
    ------
    ValueError
        If nothing is left of it, or a number is not positive and finite.
    """
    exact = Decimal(repr(price))
    if not (exact.is_finite() and exact > 0 and dollars > 0 and unit > 0):
        msg = f"no price of {price} dollars in steps of {unit} at {dollars}"
        raise ValueError(msg)
    ticks = (exact / dollars / unit).to_integral_value(ROUND_FLOOR if buy else ROUND_CEILING)
    if ticks <= 0:
        msg = f"{price} dollars are less than one step of {unit}"
        raise ValueError(msg)
    return ticks * unit
