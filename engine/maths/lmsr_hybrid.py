"""A curve that always quotes, with resting limit orders around it: the cheapest source first, at the maker's price.

A taker is filled by a resting order while that is at or better than the curve, else by the curve up to the next
resting order or the taker's limit. Resting orders that a trade left on the wrong side of the curve's price trade with
the curve until they no longer are. With a quoted half-spread the curve sells above its price and buys below it, and
orders inside have priority.

One outcome at a time, prices and shares of its YES: buying NO at x is selling YES at 1 - x. Floats; the exchange
rounds to money.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths.lmsr import shares_to_price, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DUST: Final = 1e-9
"""Shares that are a rounding of floats; the exchange's lot is a thousand times as much."""


class Resting(NamedTuple):
    """A resting order."""

    price: float
    shares: float


class Fill(NamedTuple):
    """One part of a match."""

    resting: int | None
    """Which resting order gave it, by its place; None for the curve."""
    shares: float
    """> 0."""
    cost: float
    """Account currency: paid by a buyer, negative for a seller."""


class Match(NamedTuple):
    """What became of a taker's order."""

    fills: tuple[Fill, ...]
    unfilled: float
    price: float
    """Of the curve, after."""

    @property
    def filled(self) -> float:
        """Shares."""
        return math.fsum(fill.shares for fill in self.fills)

    @property
    def cost(self) -> float:
        """Account currency."""
        return math.fsum(fill.cost for fill in self.fills)


class Crossed(NamedTuple):
    """What resting orders traded with the curve."""

    fills: tuple[Fill, ...]
    price: float


def match(
    price: float, b: float, limit: float, shares: float, resting: Sequence[Resting], *,
    buy: bool = True, half: float = 0.0,
) -> Match:  # fmt: skip
    """Return how a taker's order trades.

    Parameters
    ----------
    price : float in (0, 1)
        Of the curve.
    b : float, shares, > 0
    limit : float in [0, 1]
        The worst price; 1 for a buyer and 0 for a seller is none.
    shares : float, >= 0
    resting : sequence of Resting
        The other side's orders, best price first and the older first at one price.
    buy : bool
        Whether the taker buys.
    half : float, >= 0
        The curve sells at its price plus this and buys at its price less this.

    Raises
    ------
    ValueError
        If an argument is out of its range or the resting orders are out of order.
    """
    sign = 1.0 if buy else -1.0
    _check(price, limit, shares, resting, sign, half)
    fills: list[Fill] = []
    left, n = shares, 0
    taken = 0.0  # of resting order n
    while left > DUST:
        offer = resting[n].price if n < len(resting) and sign * (limit - resting[n].price) >= 0.0 else None
        goal = (limit if offer is None else offer) - sign * half
        room = _room(price, goal, b, sign)
        if offer is not None and room <= DUST:
            part = min(left, resting[n].shares - taken)
            fills.append(Fill(n, part, sign * part * offer))
            left, taken = left - part, taken + part
            if resting[n].shares - taken <= DUST:
                n, taken = n + 1, 0.0
            continue
        if room <= 0.0:
            break
        part = min(left, room)
        cost, after = step(price, sign * part, b)
        fills.append(Fill(None, part, cost + half * part))
        price = goal if part == room else after  # exactly there, so that the order that waits there is next
        left -= part
    return Match(tuple(fills), max(left, 0.0), price)


def cross(price: float, b: float, buys: Sequence[Resting], sells: Sequence[Resting]) -> tuple[Crossed, Crossed]:
    """Return what resting purchases above the curve's price buy of it, then what sales below it sell to it.

    Parameters
    ----------
    price : float in (0, 1)
        Of the curve, after whatever moved it.
    b : float, shares, > 0
    buys, sells : sequences of Resting
        Best price first, the older first at one price. Books that do not cross each other cross the curve on one
        side only.

    Raises
    ------
    ValueError
        If an argument is out of its range or the orders are out of order.
    """
    bought = _sweep(price, b, buys, 1.0)
    return bought, _sweep(bought.price, b, sells, -1.0)


def _sweep(price: float, b: float, resting: Sequence[Resting], sign: float) -> Crossed:
    """Let orders of one side trade with the curve; after the best of them is filled the next may still be crossed."""
    _ordered(resting, -sign)
    fills = []
    for n, (limit, shares) in enumerate(resting):
        room = _room(price, limit, b, sign)
        if room <= DUST:
            break
        part = min(room, shares)
        cost, after = step(price, sign * part, b)
        fills.append(Fill(n, part, cost))
        price = limit if part == room else after
    return Crossed(tuple(fills), price)


def _room(price: float, goal: float, b: float, sign: float) -> float:
    """Return the shares that bring the curve to a price; 0 when it is there or beyond, no end for 0 and 1."""
    if sign * (goal - price) <= 0.0:
        return 0.0
    return math.inf if goal <= 0.0 or goal >= 1.0 else abs(shares_to_price(price, goal, b))


def _check(
    price: float, limit: float, shares: float, resting: Sequence[Resting], sign: float, half: float
) -> None:  # fmt: skip
    if not (0.0 < price < 1.0 and 0.0 <= limit <= 1.0 and 0.0 <= half < 1.0):
        msg = f"no match at price {price} with limit {limit} and half-spread {half}"
        raise ValueError(msg)
    if not 0.0 <= shares < math.inf:
        msg = f"shares must be finite and not negative, were {shares}"
        raise ValueError(msg)
    _ordered(resting, sign)


def _ordered(resting: Iterable[Resting], sign: float) -> None:
    """Refuse orders of no price or size, and those not best first: rising for sales, falling for purchases."""
    before = -math.inf
    for at, shares in resting:
        if not (0.0 < at < 1.0 and 0.0 < shares < math.inf) or sign * at < before:
            msg = f"resting orders must have a price, a size and be best first; was {shares} at {at}"
            raise ValueError(msg)
        before = sign * at
