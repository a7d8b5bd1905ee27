"""How likely a resting order fills, and whether resting or taking is worth more, after exact fees."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

MAKER_LEAST: Final = 0.015
"""Account currency a contract below which resting is not worth it."""
TAKER_LEAST: Final = 0.03
COUNTED: Final = 700
"""Trades, needed or expected, above which logarithms are summed."""
FLOOD: Final = 1e6
"""Trades expected above which the normal law stands in."""


class FillOdds(NamedTuple):
    """Trades needed, and the chance that so many come in time."""

    trades: int
    chance: float


def fill_odds(queue: float, qty: float, per_s: float, mean_size: float, horizon_s: float) -> FillOdds:
    """Return the odds that an order behind `queue` fills: arrivals are Poisson, each of `mean_size`.

    Parameters
    ----------
    queue, qty, mean_size : float, contracts; `mean_size` > 0
    per_s : float, aggressive trades a second
    horizon_s : float, seconds
    """
    needed = math.ceil((queue + qty) / mean_size)
    expected = per_s * horizon_s
    if expected <= 0.0:
        return FillOdds(needed, 0.0 if needed > 0 else 1.0)
    if needed > COUNTED or expected > COUNTED:
        return FillOdds(needed, _far(needed, expected))
    term, fewer = math.exp(-expected), 0.0
    for k in range(needed):
        fewer += term
        term *= expected / (k + 1)
    if fewer < 0.5:
        return FillOdds(needed, max(0.0, 1.0 - fewer))
    tail, k = 0.0, needed  # small tails are summed themselves: 1 minus almost 1 has no digits left
    while term > tail * 1e-17:
        tail += term
        k += 1
        term *= expected / k
    return FillOdds(needed, tail)


def _far(needed: int, expected: float) -> float:
    """Return the odds of so many or more where one would count for long, or ``e^-expected`` is no float any more."""
    if expected > FLOOD:
        return 0.5 * math.erfc((needed - 0.5 - expected) / math.sqrt(2.0 * expected))
    up = needed > expected
    k = needed if up else needed - 1
    term, total = math.exp(k * math.log(expected) - expected - math.lgamma(k + 1.0)), 0.0
    while term > total * 1e-17:
        total += term
        term *= expected / (k + 1) if up else k / expected
        k += 1 if up else -1
    return total if up else max(0.0, 1.0 - total)


class Choice(NamedTuple):
    """What each way is worth over the whole size, and which one to take; empty where neither pays."""

    maker: float
    taker: float
    way: str
    """``maker``, ``taker`` or empty."""


def choose(
    fair: float, rest_at: float, take_at: float, chance: float, maker_fee: float, taker_fee: float, qty: float
) -> Choice:
    """Return the better way of buying `qty` at a fair value, prices a share and fees for it all in account currency."""
    maker = chance * ((fair - rest_at) * qty - maker_fee)
    taker = (fair - take_at) * qty - taker_fee
    if max(maker, taker) <= 0.0:
        return Choice(maker, taker, "")
    return Choice(maker, taker, "maker" if maker >= taker else "taker")


def worth(choice: Choice, qty: float, maker_least: float = MAKER_LEAST, taker_least: float = TAKER_LEAST) -> str:
    """Return the way of a choice that clears its threshold a contract, the better one first; empty where none does."""
    ways = sorted((("maker", choice.maker, maker_least), ("taker", choice.taker, taker_least)), key=lambda w: -w[1])
    return next((name for name, value, least in ways if qty > 0 and value / qty >= least), "")
