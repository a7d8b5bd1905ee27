"""Numbers and times as Polymarket writes them: decimal strings, and seconds or milliseconds in digits. Pure.

Every function raises ValueError for what it does not take.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

from engine.core.instrument import Band
from engine.core.units import SECOND, TICK, TICKS_PER_UNIT, Lots, Nanos, Ticks
from engine.core.when import instant
from engine.venues.remembered import Remembered

LOT: Final = Decimal("0.000001")
"""Shares of one lot."""
MICRO_DIGITS: Final = 6
ZEROS: Final = "0" * MICRO_DIGITS
LONGEST: Final = 32
"""Digits of a number of shares; the largest is far below."""
_NUMBER: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,18})?|\.[0-9]{1,18}")
_MILLIS_FROM: Final = 100_000_000_000
"""A count of time as large as this is milliseconds; as seconds it would lie beyond the year 5000."""
_LATEST_S: Final = 9_223_372_036
"""The last second that our journal can hold, of the year 2262: an event of a later one would not be taken in."""
_LATEST_MS: Final = _LATEST_S * 1_000
_MILLI: Final = SECOND // 1_000


def number(text: str) -> Decimal:
    """Return the value of a decimal string that is not negative."""
    if not _NUMBER.fullmatch(text):
        msg = f"no plain decimal number: {text[:40]!r}"
        raise ValueError(msg)
    return Decimal(text)


def ticks(text: str) -> Ticks:
    """Return a price from 0 to 1 as ticks; finer ones than a tick do not exist."""
    return TICKS[text]


def _ticks(text: str) -> Ticks:
    count, rest = divmod(number(text), TICK)
    if rest or count > TICKS_PER_UNIT:
        msg = f"no price of a share: {text!r}"
        raise ValueError(msg)
    return Ticks(int(count))


def best(text: str | None) -> Ticks | None:
    """Return the best price of a side as the venue states it; None where it says that there is none."""
    return BESTS[text]


def _best(text: str | None) -> Ticks | None:
    if not text:
        return None
    price = ticks(text)
    return price if 0 < price < TICKS_PER_UNIT else None


def lots(text: str) -> Lots:
    """Return a number of shares as lots of 0.000001; digits beyond that are of no worth and cut off."""
    return LOTS[text]


def _lots(text: str) -> Lots:
    whole, dot, part = text.partition(".")
    sound = text.isascii() and len(text) <= LONGEST and (whole.isdecimal() or (not whole and dot))
    if not sound or (dot and not part.isdecimal()):
        msg = f"no number of shares: {text[:40]!r}"
        raise ValueError(msg)
    return int(whole + (part + ZEROS)[:MICRO_DIGITS])  # type: ignore[return-value] # as in `units`


def shares(count: int) -> str:
    """Return lots as the venue writes them: no zeros that mean nothing."""
    whole, part = divmod(count, 10**MICRO_DIGITS)
    return f"{whole}.{part:06d}".rstrip("0") if part else str(whole)


@lru_cache(maxsize=16_384)
def price(count: int) -> str:
    """Return ticks as the venue writes them."""
    whole, part = divmod(count, TICKS_PER_UNIT)
    return f"{whole}.{part:04d}".rstrip("0") if part else str(whole)


def nanos(moment: str | int | None) -> Nanos | None:
    """Return a time given in seconds, in milliseconds, or in words (ISO 8601); None for none."""
    return TIMES[moment]


def _nanos(moment: str | int | None) -> Nanos | None:
    if moment is None or moment == "":
        return None
    text = moment if isinstance(moment, str) else str(moment)
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        return instant(text) if "T" in text or " " in text else _no_time(text)
    count = int(text)
    if count >= _MILLIS_FROM:
        return Nanos(count * _MILLI) if count <= _LATEST_MS else _no_time(text)
    return Nanos(count * SECOND) if count <= _LATEST_S else _no_time(text)


def grid(tick: Ticks) -> tuple[Band, ...]:
    """Return where orders may lie on a tick size."""
    if not 0 < tick < TICKS_PER_UNIT:
        msg = f"no tick size: {tick}"
        raise ValueError(msg)
    return (Band(tick, Ticks(TICKS_PER_UNIT - tick), tick),)


TICKS: Final[Remembered[str, Ticks]] = Remembered(_ticks, 16_384)
BESTS: Final[Remembered[str | None, Ticks | None]] = Remembered(_best, 16_384)
LOTS: Final[Remembered[str, Lots]] = Remembered(_lots, 8_192)
TIMES: Final[Remembered[str | int | None, Nanos | None]] = Remembered(_nanos, 512)
"""By the venue's texts: the functions above without the call, for what reads frames."""


def _no_time(text: str) -> Nanos:
    msg = f"no time: {text[:40]!r}"
    raise ValueError(msg)
