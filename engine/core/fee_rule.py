"""A venue's fee schedule as data."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class FeeRule(msgspec.Struct, frozen=True, kw_only=True):
    """A venue's fee schedule as data; `engine.maths.fees.fee` is the one function that reads it."""

    kind: str
    """``none``, or ``of_cost``: `rate` times the cost of the trade, added to buys, taken from sales."""
    rate: Decimal = Decimal(0)


NO_FEE = FeeRule(kind="none")
