"""Words of the contract ABI, as far as Derive's actions need them: every field is one word of 32 bytes. Pure.

Decimals are signed as whole numbers of 1e-18 and may have twelve digits after the point: what has more is refused
here, as the venue would refuse it, and never rounded in silence.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final

PLACES: Final = 12
"""Digits after the point that the venue takes."""
SCALE: Final = 10**18
_GRAIN: Final = 10 ** (18 - PLACES)
_WORDS: Final = 1 << 256
_HALF: Final = 1 << 255


def scaled(value: Decimal) -> int:
    """Return a decimal as a whole number of 1e-18, computed in whole numbers so that no digit is lost.

    Raises
    ------
    ValueError
        If it is not finite, or has more than twelve digits after the point.
    """
    if not value.is_finite():
        msg = f"no finite number: {value}"
        raise ValueError(msg)
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    power = exponent + 18
    whole = int("".join(map(str, digits)))
    if abs(exponent) > 100:
        msg = f"out of all proportion: {value}"
        raise ValueError(msg)
    raised, rest = (whole * int(10**power), 0) if power >= 0 else divmod(whole, int(10**-power))
    if rest or raised % _GRAIN:
        msg = f"more than {PLACES} digits after the point: {value}"
        raise ValueError(msg)
    return -raised if sign else raised


def text(value: Decimal) -> str:
    """Return the decimal that is sent beside its signed word: plain digits, the same value to the last one.

    Raises
    ------
    ValueError
        As `scaled`.
    """
    whole = scaled(value)
    units, rest = divmod(abs(whole), SCALE)
    behind = f"{rest:018d}".rstrip("0")
    return f"{'-' if whole < 0 else ''}{units}{'.' + behind if behind else ''}"


def uint(value: int) -> bytes:
    """Return an unsigned number's word; ValueError if it does not fit."""
    if not 0 <= value < _WORDS:
        msg = f"no unsigned 256-bit number: {value}"
        raise ValueError(msg)
    return value.to_bytes(32, "big")


def signed(value: int) -> bytes:
    """Return a signed number's word; ValueError if it does not fit."""
    if not -_HALF <= value < _HALF:
        msg = f"no signed 256-bit number: {value}"
        raise ValueError(msg)
    return value.to_bytes(32, "big", signed=True)


@lru_cache(maxsize=256)
def address(text: str) -> bytes:
    """Return an address's word; ValueError if it is none."""
    try:
        value = bytes.fromhex(text.removeprefix("0x").removeprefix("0X"))
    except ValueError:
        value = b""
    if len(value) != 20:
        msg = f"no address: {text[:60]!r}"
        raise ValueError(msg)
    return bytes(12) + value
