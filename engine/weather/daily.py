"""What somebody states about one day of one place: its high, low, rain and snow, and how final that is. Pure.

Climate reports, monthly tables, station summaries and other people's copies of them all say this much. None of
them is the truth by itself; which one settles is written in a market's rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.core.units import Nanos

COLDEST_F: Final = -100
HOTTEST_F: Final = 145
"""A little beyond what the Earth has seen; a value outside is no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """One statement. None is not stated."""

    source: str
    """``CF6``, ``DSM``, ``IEM CLI``…"""
    place: str
    """A station's four letters, or the three of the product; the source says which."""
    day: date
    """Of the climate: local standard time."""
    high_f: int | None = None
    low_f: int | None = None
    high_time: str = ""
    """Local standard time in the source's words."""
    low_time: str = ""
    precip_hundredths_in: int | None = None
    trace: bool = False
    """Too little to measure fell: the amount is 0 then, and it was not dry."""
    snow_tenths_in: int | None = None
    issued_at: Nanos | None = None
    """When the source said it: nobody could know earlier."""
    interim: bool = False
    """It says itself that the day was not over."""
    corrected: bool = False
    raw: str = ""

    @property
    def empty(self) -> bool:
        """Whether it states no value at all."""
        stated = (self.high_f, self.low_f, self.precip_hundredths_in, self.snow_tenths_in)
        return all(value is None for value in stated)

    def final(self, closes: Nanos) -> bool:
        """Whether it was surely made after the day had ended; without a time of issue nothing is sure."""
        return not self.interim and self.issued_at is not None and self.issued_at >= closes


def degrees(value: float | None) -> int | None:
    """Return whole degrees Fahrenheit of a number that is one, within what is possible; else None."""
    if value is None or value != value or not COLDEST_F <= value <= HOTTEST_F or value != int(value):
        return None
    return int(value)


def amount(text: str, parts: int) -> tuple[int | None, bool]:
    """Return an amount in parts of an inch and whether it is a trace; ``M`` and anything unreadable is None.

    Parameters
    ----------
    text : str
        Such as ``0.07``, ``T`` or ``M``.
    parts : int
        100 for rain, 10 for snow.
    """
    if text == "T":
        return 0, True
    digits = text.replace(".", "", 1)
    if not digits.isascii() or not digits.isdecimal() or len(text) > 7:
        return None, False
    return round(float(text) * parts), False
