"""What can be traded and by which steps."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import msgspec

from engine.core.ids import InstrumentId
from engine.core.units import Nanos, Ticks


class Payoff(Enum):
    """What one unit is worth at the end."""

    BINARY = "binary"
    CALL = "call"
    PUT = "put"
    LINEAR = "linear"


class FeeRule(msgspec.Struct, frozen=True, kw_only=True):
    """A venue's fee schedule as data; `engine.maths.fees.fee` is the one function that reads it."""

    kind: str
    """``none``, or ``of_cost``: `rate` times the cost of the trade, added to buys, taken from sales."""
    rate: Decimal = Decimal(0)


NO_FEE = FeeRule(kind="none")


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One tradable outcome."""

    id: InstrumentId
    name: str
    payoff: Payoff
    unit: Decimal
    """The finest price the venue can quote; `Ticks` count it."""
    grid: tuple[tuple[Ticks, Ticks, Ticks], ...]
    """Where an order may lie: (from, to, step)."""
    lot: Decimal
    fee: FeeRule
    expiry: Nanos | None = None
    event: str | None = None
