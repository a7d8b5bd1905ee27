"""Decimals as the whole numbers that are signed: rounded to even, never cut off from a float."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final

PRICE: Final = 6
"""Decimals of a price."""
QUANTITY: Final = 18
STRIKE: Final = 8
DIGITS: Final = 78
"""As many as a word of 256 bits has."""


def fixed(value: Decimal, decimals: int) -> int:
    """Return ``value · 10^decimals`` as the nearest whole number, a half to the even one.

    Raises
    ------
    ValueError
        If the value is negative, not finite, or does not fit 256 bits.
    """
    if not value.is_finite() or value < 0:
        msg = f"a signed amount must be finite and not negative, was {value}"
        raise ValueError(msg)
    if value.adjusted() + decimals >= DIGITS - 1:
        msg = f"{value} with {decimals} decimals does not fit 256 bits"
        raise ValueError(msg)
    with localcontext(prec=DIGITS + 2):
        return int(value.scaleb(decimals).to_integral_value(ROUND_HALF_EVEN))
