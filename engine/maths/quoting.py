"""Where a market maker quotes: a reservation price skewed by what he holds, a half-spread, a ladder behind it.

All of it is reckoned in logits and ends on whole ticks, bid down and ask up, never crossing what stands in the book.
The risk part of the half-spread follows fear, structure and toxicity; the liquidity part is that of Avellaneda and
Stoikov (2008), ``log(1 + gamma / kappa) / gamma``.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from engine.maths.logit import logit, sigmoid, ticks_above, ticks_below, ticks_in_unit

C_RISK: Final = 0.2
KAPPA: Final = 20.0
"""At 1 a quiet market would stand 29 to 71 cents, at 20 it is 43 to 57."""
MAX_HALF: Final = 1.5
MIN_HALF: Final = 0.01
LEVELS: Final = 5
DECAY: Final = 0.8
STEP: Final = 0.5
"""Of the half-spread, from level to level."""
MIN_STEP: Final = 0.05
RISKED: Final = 0.10
"""Part of the side's money that the first level risks."""
ROUNDING: Final = 1e-9


class Quote(NamedTuple):
    """Best bid and ask of one market with all that made them; logits unless said otherwise."""

    skew: float
    reservation: float
    fair: float
    """The reservation as a price."""
    of_risk: float
    of_liquidity: float
    half: float
    raw_bid: float
    """Price, before ticks."""
    raw_ask: float
    bid: int | None
    """Ticks; None where none is left to quote at."""
    ask: int | None


class Level(NamedTuple):
    """One order of a ladder."""

    level: int
    ticks: int
    size: float
    """Shares."""


class Depth(NamedTuple):
    """How a ladder is built."""

    levels: int = LEVELS
    decay: float = DECAY
    step: float = STEP
    min_step: float = MIN_STEP
    """Logits."""
    risked: float = RISKED
    min_size: float = 1.0
    """Shares."""
    max_notional: float = 100.0
    """Account currency at risk on one side."""


def quote(
    p: float, filled: float, gamma: float, factor: float, sigma: float, tick: float,
    best_bid: int | None = None, best_ask: int | None = None, *,
    c_risk: float = C_RISK, kappa: float = KAPPA, max_half: float = MAX_HALF, min_half: float = MIN_HALF,
    widen: float = 1.0,
) -> Quote:  # fmt: skip
    """Return the quotes of one market.

    Parameters
    ----------
    p : float in [0, 1]
        Mid price of YES.
    filled : float in [-1, 1]
        `inventory.Capacity.filled`.
    gamma, factor, sigma : float, > 0
        Fear, structure, toxicity.
    tick : float, > 0
        Must divide 1.
    best_bid, best_ask : int, ticks, optional
        Of the others; quotes stay a tick inside them, so that they rest.
    c_risk, kappa : float, >= 0 and > 0
        Weight of the risk part; how fast quotes further out are hit less.
    max_half, min_half : float
        Widest half-spread in logits, narrowest as a price.
    widen : float, > 0
        Times the half-spread, beyond the widest too.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    if not (gamma > 0.0 and kappa > 0.0 and factor > 0.0 and sigma > 0.0 and widen > 0.0 and math.isfinite(filled)):
        msg = f"no quote with gamma {gamma}, kappa {kappa}, structure {factor}, sigma {sigma}, filled {filled}"
        raise ValueError(msg)
    count = ticks_in_unit(tick)
    scale = gamma * factor * sigma
    skew = filled * scale
    middle = logit(p) - skew
    fair = sigmoid(middle)
    of_risk = c_risk * scale
    of_liquidity = math.log1p(gamma / kappa) / gamma
    half = min(max(of_risk + of_liquidity, 0.0), max_half) * widen
    raw_bid = min(sigmoid(middle - half), fair - min_half)
    raw_ask = max(sigmoid(middle + half), fair + min_half)
    bid, ask = ticks_below(raw_bid, count), ticks_above(raw_ask, count)
    if bid >= ask:  # a spread of nothing, just on a tick
        bid, ask = bid - 1, ask + 1
    if best_ask is not None:
        bid = min(bid, best_ask - 1)
    if best_bid is not None:
        ask = max(ask, best_bid + 1)
    return Quote(
        skew, middle, fair, of_risk, of_liquidity, half, raw_bid, raw_ask,
        bid if 1 <= bid < count else None, ask if 1 <= ask < count else None,
    )  # fmt: skip


def ladder(
    reservation: float, half_bid: float, half_ask: float, tick: float, money: float, depth: Depth | None = None
) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """Return bids and asks, best first: levels further out risk less, and no two share a tick.

    Parameters
    ----------
    reservation, half_bid, half_ask : float, logits
    tick : float
        Must divide 1.
    money : float, account currency, >= 0
        What one side may use now: `inventory.Capacity.side` times the time factor.
    depth : Depth, optional

    Raises
    ------
    ValueError
        If an argument is not finite or the tick does not divide 1.
    """
    if not (math.isfinite(reservation + half_bid + half_ask) and 0.0 <= money < math.inf):
        msg = f"no ladder around {reservation} with halves {half_bid}, {half_ask} and money {money}"
        raise ValueError(msg)
    depth = depth or Depth()
    count = ticks_in_unit(tick)
    step = max(depth.step * (half_bid + half_ask) / 2.0, depth.min_step)
    bids, asks = [], []
    for n in range(depth.levels):
        below = ticks_below(sigmoid(reservation - half_bid - n * step), count)
        bids.append(min(below, count - 1))  # a price is below 1 even where its float is not
        above = ticks_above(sigmoid(reservation + half_ask + n * step), count)
        asks.append(count - max(above, 1))
    return (
        tuple(_sized(bids, count, money, depth)),
        tuple(Level(n, count - ticks, size) for n, ticks, size in _sized(asks, count, money, depth)),
    )


def _sized(ticks: list[int], count: int, money: float, depth: Depth) -> list[Level]:
    """Return the levels of one side; `ticks` count what a share of that side risks, falling outwards."""
    levels: list[Level] = []
    spent = 0.0
    for n, at in enumerate(ticks):
        if at < 1:
            break
        if levels and levels[-1].ticks == at:
            continue
        unit = at / count
        size = max(depth.min_size, money * depth.risked * depth.decay**n / unit)
        spent += unit * size
        if spent > depth.max_notional + ROUNDING:
            break
        levels.append(Level(n, at, size))
    return levels
