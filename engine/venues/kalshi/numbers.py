"""Kalshi's numbers: decimal strings of dollars and contracts to ticks, lots and Decimals, exactly. Pure.

The venue writes ``0.96``, ``0.960`` and ``0.9600`` for the same price, and says in words nowhere how many digits to
expect; so nothing here compares texts, and whatever is not a whole number of the unit is refused, never rounded.
Every function raises ValueError for what it does not take.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from engine.core.units import SECOND, TICK, TICKS_PER_UNIT, Lots, Nanos, Qty, Ticks
from engine.core.when import instant
from engine.venues.remembered import Remembered

LOT: Final = Decimal("0.01")
"""Contracts of one lot."""
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?")
_PLACES: Final = 2
"""Decimals of a number of contracts, as lots count."""
_LONGEST: Final = 15
"""Digits before the point."""
_LATEST_S: Final = 9_223_372_036
"""The last second that our journal can hold, of the year 2262: an event of a later one would not be taken in."""
LATEST_MS: Final = _LATEST_S * 1_000
_MAGNITUDE: Final = 12
"""Powers of ten of the largest and the finest number that a strike may have."""


def number(text: str) -> Decimal:
    """Return the value of a decimal string."""
    if not _NUMBER.fullmatch(text):
        msg = f"no plain decimal number: {text[:40]!r}"
        raise ValueError(msg)
    return Decimal(text)


def ticks(text: str) -> Ticks:
    """Return a price in dollars, 0 to 1, as ticks."""
    return TICKS[text]


def _ticks(text: str) -> Ticks:
    count, rest = divmod(number(text), TICK)
    if rest or not 0 <= count <= TICKS_PER_UNIT:
        msg = f"no price of a contract: {text!r}"
        raise ValueError(msg)
    return Ticks(int(count))


def lots(text: str) -> Lots:
    """Return a number of contracts, of either sign, as lots."""
    return LOTS[text]


def _lots(text: str) -> Lots:
    whole, _, part = text.partition(".")
    digits = whole.removeprefix("-")
    if len(part) == _PLACES and 0 < len(digits) <= _LONGEST and (digits + part).isdecimal() and text.isascii():
        return Lots(int(whole + part))  # as the venue writes them; the same as below, without a Decimal
    count, rest = divmod(number(text), LOT)
    if rest:
        msg = f"no whole hundredths of a contract: {text!r}"
        raise ValueError(msg)
    return Lots(int(count))


TICKS: Final[Remembered[str, Ticks]] = Remembered(_ticks, 16_384)
LOTS: Final[Remembered[str, Lots]] = Remembered(_lots, 8_192)
"""By the venue's texts: `ticks` and `lots` without the call, for what reads frames."""


def qty(text: str) -> Qty:
    """Return a number of contracts, which may not be negative."""
    count = number(text)
    if count < 0:
        msg = f"a negative number of contracts: {text!r}"
        raise ValueError(msg)
    return Qty(count)


def price_text(price: Ticks) -> str:
    """Return a price as order bodies have it: ``0.5600``."""
    return PRICE_TEXTS[price]


def _price_text(price: Ticks) -> str:
    return f"{price * TICK:.4f}"


def count_text(count: Decimal) -> str:
    """Return a number of contracts as order bodies have it: ``10.00``.

    Raises
    ------
    ValueError
        If it is not positive or not a whole number of lots.
    """
    return COUNT_TEXTS[count]


def _count_text(count: Decimal) -> str:
    if not count.is_finite() or count <= 0 or count % LOT:
        msg = f"orders are for whole hundredths of a contract, not {count}"
        raise ValueError(msg)
    return f"{count:.2f}"


PRICE_TEXTS: Final[Remembered[Ticks, str]] = Remembered(_price_text, TICKS_PER_UNIT)
COUNT_TEXTS: Final[Remembered[Decimal, str]] = Remembered(_count_text, 4_096)
"""The same the other way, for order bodies."""


def seconds(stamp: int) -> Nanos:
    """Return the instant of a Unix time in seconds."""
    if not 0 <= stamp <= _LATEST_S:
        msg = f"no Unix time in seconds: {stamp}"
        raise ValueError(msg)
    return Nanos(stamp * SECOND)


def millis(stamp: int | None) -> Nanos | None:
    """Return the instant of a Unix time in milliseconds."""
    if stamp is None:
        return None
    if not 0 <= stamp <= LATEST_MS:
        msg = f"no Unix time in milliseconds: {stamp}"
        raise ValueError(msg)
    return stamp * 1_000_000  # type: ignore[return-value] # Nanos is an int, and this is in every frame


def moment(text: str | None) -> Nanos | None:
    """Return the instant of an ISO 8601 text; None where it is absent or empty."""
    return instant(text) if text else None


def bounded(value: Decimal) -> Decimal:
    """Return a number of a strike if it is one that can be counted with: a few digits, not ``1e999999``."""
    if not value.is_finite() or abs(value.adjusted()) > _MAGNITUDE or abs(int(value.as_tuple().exponent)) > _MAGNITUDE:
        msg = "a strike was no number of ordinary size"
        raise ValueError(msg)
    return value
