"""Derive's numbers: decimal strings to Decimals, ticks and lots. Pure; every function raises ValueError."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

from engine.core.units import Lots, Nanos, Ticks

MS: Final = 1_000_000
_NUMBER: Final = re.compile(r"-?[0-9]{1,24}(?:\.[0-9]{1,64})?(?:[eE][+-]?[0-9]{1,2})?")
"""Marks come with more digits than anybody signs, and tiny ones in exponent form."""
_LATEST_MS: Final = 9_223_372_036_000
"""The last second that our journal can hold, of the year 2262: an event of a later one would not be taken in."""


@lru_cache(maxsize=16_384)
def number(text: str) -> Decimal:
    """Return the value of a decimal string."""
    if not _NUMBER.fullmatch(text):
        msg = f"no decimal number: {text[:40]!r}"
        raise ValueError(msg)
    return Decimal(text)


def real(text: str | None) -> float | None:
    """Return the value of a figure nobody trades on; None where there is none."""
    return None if text is None else float(number(text))


def ticks(value: Decimal, unit: Decimal) -> Ticks:
    """Return a price as whole ticks."""
    count, rest = divmod(value, unit)
    if rest or count < 0:
        msg = f"{value} is no price in steps of {unit}"
        raise ValueError(msg)
    return Ticks(int(count))


def lots(value: Decimal, lot: Decimal) -> Lots:
    """Return a size as whole lots: what is left of one does not count, since no order could be for it."""
    if value < 0:
        msg = f"a negative size: {value}"
        raise ValueError(msg)
    return Lots(int(value / lot))


def instant(milliseconds: int) -> Nanos:
    """Return a stamp of the venue as ours."""
    if not 0 <= milliseconds <= _LATEST_MS:
        msg = f"no time: {milliseconds}"
        raise ValueError(msg)
    return Nanos(milliseconds * MS)
