"""What an Up/Down window brought: from fills in shares, never from the dollars that were meant to be spent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MERCY: Final = 1e-9
"""Shares by which a quotient may miss a whole number: 0.3 / 0.1 is 2.9999999999999996."""


class Filled(NamedTuple):
    """One fill of a window."""

    strategy: str
    up: bool
    price: float
    shares: float
    fee: float = 0.0
    """Account currency, of the whole fill."""


class WindowResult(NamedTuple):
    """What each fill and each strategy brought, in account currency."""

    fills: tuple[float, ...]
    strategies: dict[str, float]
    total: float


def whole_shares(money: float, price: float) -> float:
    """Return how many whole shares `money` buys.

    Raises
    ------
    ValueError
        If the price is not positive, or the money negative or not finite.
    """
    if not (0.0 < price < math.inf and 0.0 <= money < math.inf):
        msg = f"no shares for {money} at {price}"
        raise ValueError(msg)
    return float(math.floor(money / price + MERCY))


def settle(fills: Sequence[Filled], up_won: bool) -> WindowResult:
    """Return the result of a window: a winner's share brings 1 less its price, a loser's costs its price, fees off."""
    rows = tuple([shares * ((up is up_won) - price) - fee for _, up, price, shares, fee in fills])
    strategies: dict[str, float] = {}
    for one, pnl in zip(fills, rows, strict=True):
        strategies[one.strategy] = strategies.get(one.strategy, 0.0) + pnl
    return WindowResult(rows, strategies, math.fsum(rows))
