"""Whether a strategy has earned the right to trade for real: computed from its days, never declared.

The bars are the momentum design's (its section 7.5): thirty clean days, a Sharpe ratio above 1, more than 55 % of days
won, a drawdown below 15 % and 99 % of the time up. What cannot be computed does not pass. The Sharpe ratio is of daily
results, and a day without a trade is a day: a yearly figure of the traded ones alone would say too much.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

YEAR: Final = 365
"""Days a year that these markets trade."""
GAP: Final = 10 * YEAR
"""Days between two of a line's at most; more is a clock that was wrong."""


class Day(NamedTuple):
    """One day of a strategy."""

    result: float
    """After fees, account currency."""
    traded: bool
    clean: bool
    """No halt, no unknown order left, no unhandled error."""
    up: float
    """Part of the day's time in which its inputs were live."""
    number: int | None = None
    """Of the day, counted from any one; without it a day follows the one before it."""


class Check(NamedTuple):
    """One bar, what there is, and whether it is passed."""

    name: str
    found: float | None
    wanted: float
    passed: bool
    n: int | None = None
    """Days that a ratio is of."""


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
    results = daily(days)
    ratio, won = sharpe(results), _wins(traded)
    fall = drawdown([day.result for day in days], bankroll) if days else None
    up = math.fsum(day.up for day in days) / len(days) if days else None
    return (
        Check("clean days", clean, needs.days, clean >= needs.days),
        Check("Sharpe", ratio, needs.sharpe, ratio is not None and ratio > needs.sharpe, len(results)),
        Check("days won", won, needs.wins, won is not None and won > needs.wins),
        Check("drawdown", fall, needs.drawdown, fall is not None and fall < needs.drawdown),
        Check("uptime", up, needs.up, up is not None and up >= needs.up),
    )


def words(check: Check) -> str:
    """Return a bar as a sentence has room for it, such as ``Sharpe 0.52 of 31 days (wanted 1)``."""
    found = "—" if check.found is None else f"{check.found:.2f}"
    of = "" if check.n is None or check.found is None else f" of {check.n} days"
    return f"{check.name} {found}{of} (wanted {check.wanted:g})"


def ready(days: Sequence[Day], bankroll: float, needs: Needs = NEEDS) -> bool:
    """Whether every bar is passed."""
    return all(check.passed for check in checks(days, bankroll, needs))


def daily(days: Sequence[Day]) -> list[float]:
    """Return the results of every day from the first to the last: one that is not among them brought nothing."""
    results: list[float] = []
    last: int | None = None
    for day in days:
        if day.number is not None and last is not None:
            results += [0.0] * min(max(day.number - last - 1, 0), GAP)
        results.append(day.result)
        last = day.number
    return results


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
