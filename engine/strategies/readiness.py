"""Whether a strategy has earned the right to trade for real: computed from its days, never declared.

The bars are the momentum design's (its section 7.5): thirty clean days, a Sharpe ratio above 1, more than 55 % of days
won, a drawdown below 15 % and 99 % of the time up. What cannot be computed does not pass.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

YEAR: Final = 365
"""Days a year that these markets trade."""


class Day(NamedTuple):
    """One day of a strategy."""

    result: float
    """After fees, account currency."""
    traded: bool
    clean: bool
    """No halt, no unknown order left, no unhandled error."""
    up: float
    """Part of the day's time in which its inputs were live."""


class Check(NamedTuple):
    """One bar, what there is, and whether it is passed."""

    name: str
    found: float | None
    wanted: float
    passed: bool


class Needs(NamedTuple):
    """The bars."""

    days: int = 30
    sharpe: float = 1.0
    wins: float = 0.55
    drawdown: float = 0.15
    up: float = 0.99


NEEDS: Final = Needs()


def checks(days: Sequence[Day], bankroll: float, needs: Needs = NEEDS) -> tuple[Check, ...]:
    """Return every bar against days in their order; `bankroll` > 0 is what the first of them began with.

    Raises
    ------
    ValueError
        If the bankroll is not positive and finite.
    """
    if not 0.0 < bankroll < math.inf:
        msg = f"a bankroll must be positive and finite, was {bankroll}"
        raise ValueError(msg)
    traded = [day for day in days if day.traded]
    clean = float(sum(day.clean for day in traded))
    ratio, won = sharpe([day.result for day in traded]), _wins(traded)
    fall = drawdown([day.result for day in days], bankroll) if days else None
    up = math.fsum(day.up for day in days) / len(days) if days else None
    return (
        Check("clean days", clean, needs.days, clean >= needs.days),
        Check("Sharpe", ratio, needs.sharpe, ratio is not None and ratio > needs.sharpe),
        Check("days won", won, needs.wins, won is not None and won > needs.wins),
        Check("drawdown", fall, needs.drawdown, fall is not None and fall < needs.drawdown),
        Check("uptime", up, needs.up, up is not None and up >= needs.up),
    )


def ready(days: Sequence[Day], bankroll: float, needs: Needs = NEEDS) -> bool:
    """Whether every bar is passed."""
    return all(check.passed for check in checks(days, bankroll, needs))


def sharpe(results: Sequence[float]) -> float | None:
    """Return the yearly Sharpe ratio of daily results; None below two days, or where they do not vary."""
    n = len(results)
    if n < 2:
        return None
    mean = math.fsum(results) / n
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in results) / (n - 1))
    return mean / spread * math.sqrt(YEAR) if spread > 0.0 else None


def drawdown(results: Sequence[float], bankroll: float) -> float:
    """Return the deepest fall of the account from a high before it, as a part of that high."""
    worth = high = bankroll
    deepest = 0.0
    for one in results:
        worth += one
        high = max(high, worth)
        deepest = max(deepest, (high - worth) / high)
    return deepest


def _wins(days: Sequence[Day]) -> float | None:
    return sum(day.result > 0.0 for day in days) / len(days) if days else None
