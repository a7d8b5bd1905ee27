"""Three ways to make a market in a share that pays 1 or nothing, on the same trades: what each charges, and may lose.

``constant product``: a pool of YES and NO shares whose product stays. Who buys YES pays c, which the pool turns into c
of both; it gives s of YES so that ``(y + c - s)(n + c) = y n``. ``LMSR``: `engine.maths.lmsr`. ``order book``: a ladder
of both sides that nobody renews: what was taken is gone, and beyond the last level there is no price.

Prices and shares are those of YES; no fees. Floats, in shares and account currency.

Source: G. Angeris and T. Chitra, "Improved Price Oracles: Constant Function Market Makers", 2020, for the product.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths import lmsr

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP: Final = 0.02
"""Between the levels of a ladder, and between its best prices."""


class Done(NamedTuple):
    """One trade."""

    shares: float
    """Filled: bought > 0, sold < 0."""
    cost: float
    """Paid > 0, received < 0."""
    price: float
    """Of YES after it; of a ladder the middle, or its one side."""


class Made(NamedTuple):
    """What one maker did."""

    name: str
    trades: tuple[Done, ...]
    worst: float
    """The most it could lose whatever is traded."""
    if_yes: float
    """What it makes of these trades if YES pays; negative is lost."""
    if_no: float


def pool_trade(yes: float, no: float, shares: float) -> tuple[float, float, float]:
    """Return what a trade with a pool costs, and the pool's YES and NO after it.

    Parameters
    ----------
    yes, no : float, shares, > 0
    shares : float
        Of YES, bought > 0.

    Raises
    ------
    ValueError
        If a number is not finite, or the pool is empty.
    """
    if not (0.0 < yes < math.inf and 0.0 < no < math.inf and math.isfinite(shares)):
        msg = f"no trade of {shares} shares with a pool of {yes} and {no}"
        raise ValueError(msg)
    half = 0.5 * (yes + no - shares)
    root = math.sqrt(half * half + no * shares) if half * half + no * shares > 0.0 else 0.0
    cost = no * shares / (half + root) if half > 0.0 else root - half
    return cost, yes + cost - shares, no + cost


def ladder(levels: int, size: float, middle: float = 0.5) -> tuple[list[list[float]], list[list[float]]]:
    """Return bids and asks, best first, as rows of price and shares; each side `levels` deep in steps of two cents."""
    bids = [[middle - STEP * (n + 0.5), size] for n in range(levels)]
    asks = [[middle + STEP * (n + 0.5), size] for n in range(levels)]
    return bids, asks


def compare(trades: Sequence[float], b: float, levels: int = 8) -> tuple[Made, ...]:
    """Return what three makers charge for the same trades, from 50 cents and with like money at risk.

    Parameters
    ----------
    trades : sequence of float, shares
        Of YES, bought > 0, in their order.
    b : float, shares, > 0
        Liquidity of the LMSR. The pool is funded with the LMSR's worst loss, ``b ln 2``; the ladder has `levels` a
        side, each of a fifth of b.
    levels : int, 1 to 24

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    if not 1 <= levels <= 24:
        msg = f"a ladder has 1 to 24 levels, was {levels}"
        raise ValueError(msg)
    worst = lmsr.max_loss((0.5, 0.5), b)
    return (_pooled(trades, worst), _laddered(trades, levels, b / 5.0), _scored(trades, b, worst))


def _pooled(trades: Sequence[float], funds: float) -> Made:
    yes = no = funds
    done = []
    for shares in trades:
        cost, yes, no = pool_trade(yes, no, shares)
        done.append(Done(shares, cost, no / (yes + no)))
    return Made("constant product", tuple(done), funds, yes - funds, no - funds)


def _scored(trades: Sequence[float], b: float, worst: float) -> Made:
    price, done = 0.5, []
    for shares in trades:
        cost, price = lmsr.step(price, shares, b)
        done.append(Done(shares, cost, price))
    return _made("LMSR", done, worst)


def _laddered(trades: Sequence[float], levels: int, size: float) -> Made:
    bids, asks = ladder(levels, size)
    worst = math.fsum((1.0 - price) * shares for price, shares in asks)
    done = [_taken(bids, asks, shares) for shares in trades]
    return _made("order book", done, worst)


def _taken(bids: list[list[float]], asks: list[list[float]], shares: float) -> Done:
    side, sign = (asks, 1.0) if shares > 0.0 else (bids, -1.0)
    left, cost = abs(shares), 0.0
    while left > 0.0 and side:
        some = min(left, side[0][1])
        cost, left = cost + some * side[0][0], left - some
        side[0][1] -= some
        if side[0][1] <= 0.0:
            side.pop(0)
    best = [row[0][0] for row in (bids, asks) if row]
    return Done(sign * (abs(shares) - left), sign * cost, math.fsum(best) / len(best) if best else math.nan)


def _made(name: str, done: Sequence[Done], worst: float) -> Made:
    paid, sold = math.fsum(one.cost for one in done), math.fsum(one.shares for one in done)
    return Made(name, tuple(done), worst, paid - sold, paid)
