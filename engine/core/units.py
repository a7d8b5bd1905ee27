"""What each number means, and where it may round.

`Ticks` count the finest price a venue can quote (0.0001 of the account's currency on the embedded
exchange) and never change in an instrument's life. Money and quantities are `Decimal`. Opinions
(probabilities, model prices) are `float` and never become money without passing `money_up` or
`money_down`.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from math import ceil, floor
from typing import Final, NewType

# To call one of these by its name takes 0.1 us: where a trade or a frame goes by, the number is left as it is.
Nanos = NewType("Nanos", int)
"""UTC nanoseconds since 1970."""
Ticks = NewType("Ticks", int)
Lots = NewType("Lots", int)
"""Size in a venue's book: whole multiples of the instrument's `lot`."""
Qty = NewType("Qty", Decimal)
Money = NewType("Money", Decimal)

TICK: Final = Decimal("0.0001")
"""One tick of the embedded exchange."""
TICKS_PER_CENT: Final = 100
TICKS_PER_UNIT: Final = 10_000
MICRO: Final = Decimal("0.000001")
"""The exchange's smallest sum of money, and its lot."""
MICROS: Final = 1_000_000.0
"""Micro-units in a unit. A float times this, then up or down, is seven times as fast as by way of `quantize`."""
DIGITS: Final = 12
"""On either side of the point, of a number that contracts may name."""
NO_MONEY: Final = Money(Decimal(0))
NOTHING: Final = Qty(Decimal(0))
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class Side(Enum):
    """What is done with shares of an outcome."""

    __hash__ = object.__hash__  # members are the only ones of their kind, and Enum's own hash is Python code

    BUY = "buy"
    SELL = "sell"


class Leg(Enum):
    """Which share of an outcome: it pays 1 if the outcome wins (YES) or if it does not (NO)."""

    __hash__ = object.__hash__

    YES = "YES"
    NO = "NO"


def money_up(amount: float) -> Money:
    """Return what the account pays for a cost computed in floats: up to the next micro-unit."""
    return Money(ceil(amount * MICROS) * MICRO)


def money_down(amount: float) -> Money:
    """Return what the account gets for proceeds computed in floats: down to the micro-unit."""
    return Money(floor(amount * MICROS) * MICRO)


def lots_down(shares: float) -> Qty:
    """Return the largest whole number of lots within `shares`."""
    return Qty(floor(shares * MICROS) * MICRO)


def ticks_of(probability: float) -> Ticks:
    """Return the nearest tick of a price in [0, 1]."""
    return Ticks(round(probability * TICKS_PER_UNIT))


def price_of(ticks: Ticks) -> Decimal:
    """Return a price in account currency per share."""
    return ticks * TICK


def is_money(value: Decimal) -> bool:
    """Whether `value` is a finite whole number of micro-units."""
    return value.is_finite() and value == value.quantize(MICRO)


def is_short(value: Decimal) -> bool:
    """Whether `value` is finite, of at most 12 digits before its point and 12 behind it.

    What is reckoned exactly, as a fraction, does not come to an end with a number of a billion digits: 1E-999999999.
    """
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -DIGITS and value.adjusted() < DIGITS


def plain(value: Decimal) -> str:
    """Return a decimal as text that holds all its digits; never in exponent form."""
    found = str(value)
    return f"{value:f}" if "E" in found else found  # str is three times as fast
