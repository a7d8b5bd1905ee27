"""What a venue takes of a trade: the one reader of `FeeRule`."""

from __future__ import annotations

from decimal import ROUND_CEILING
from typing import TYPE_CHECKING

from engine.core.units import MICRO, NO_MONEY, Money

if TYPE_CHECKING:
    from engine.core.fee_rule import FeeRule


def fee(rule: FeeRule, cost: Money) -> Money:
    """Return the fee of a trade that moved `cost` (>= 0), up to the next micro-unit.

    Of a sale it is never more than the proceeds as long as the rate is at most 1, since those are whole
    micro-units too.

    Raises
    ------
    ValueError
        If the rule's kind is not known.
    """
    if rule.kind == "none":
        return NO_MONEY
    if rule.kind == "of_cost":
        return Money((cost * rule.rate).quantize(MICRO, ROUND_CEILING))
    msg = f"no such kind of fee: {rule.kind!r}"
    raise ValueError(msg)
