"""What a set of positions comes to under each outcome of one exclusive event.

YES of an outcome pays 1 if it wins, NO pays 1 if any other does; exactly one outcome wins. So the worst loss is
the cost less the smallest payoff, not the sum of costs.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from engine.core.units import Leg, Money

if TYPE_CHECKING:
    from collections.abc import Iterable

ZERO = Decimal(0)


class Range(NamedTuple):
    """Worst and best result of an event's positions, and under which outcome."""

    worst: Money
    worst_outcome: int
    best: Money
    best_outcome: int

    @property
    def loss(self) -> Money:
        """The worst loss; never negative."""
        return Money(max(ZERO, -self.worst))


def results(held: Iterable[tuple[int, Leg, Decimal]], cost: Decimal, outcomes: int) -> list[Money]:
    """Return the result under each outcome of (outcome, leg, shares) bought for `cost`."""
    pays = [ZERO] * outcomes
    otherwise = ZERO
    for outcome, leg, qty in held:
        if leg is Leg.YES:
            pays[outcome] += qty
        else:
            otherwise += qty
            pays[outcome] -= qty
    return [Money(p + otherwise - cost) for p in pays]


def span(held: Iterable[tuple[int, Leg, Decimal]], cost: Decimal, outcomes: int) -> Range:
    """Return the worst and the best of `results`; ties name the first outcome."""
    found = results(held, cost, outcomes)
    low, high = min(found), max(found)
    return Range(low, found.index(low), high, found.index(high))
