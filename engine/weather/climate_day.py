"""High and low of a climate day from its reports: what is certain, what is still possible, what is official.

The climate day runs from midnight to midnight of local STANDARD time, all year. Stations keep whole degrees
Fahrenheit; the T group and the six-hour and 24-hour groups carry them exactly, the body's whole Celsius does
not. So the running high is a lower bound of the official high, and the running low an upper bound of the low.

Source: the settlement sheet's rules R1-R7, measured on 108 station-days: the lower bound never exceeded the
official high, and the 24-hour group of local midnight equalled it on every day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Final

from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.core.when import at_minute

MIDNIGHT_BEFORE: Final = 20 * MINUTE
MIDNIGHT_AFTER: Final = 5 * MINUTE
"""The report that closes a day is made at :51 to :56, at some stations on the hour."""
SIX_HOURS: Final = 6 * HOUR


@dataclass(frozen=True, slots=True)
class Extreme:
    """The high, or the low, of one station over one window; whole degrees Fahrenheit."""

    bound: int | None
    """The official high is at least, the official low at most this."""
    bound_at: Nanos | None
    """When the report that set it was made."""
    midnight: int | None
    """By the 24-hour group of local midnight."""
    late: bool
    """Whether the minutes after that group went beyond it: it names the day's extreme no more."""
    climate: int | None
    """By the final climate report."""

    @property
    def official(self) -> int | None:
        """The climate report's, else the 24-hour group's; the bound alone is never official (R7)."""
        if self.climate is not None:
            return self.climate
        return None if self.late else self.midnight

    @property
    def source(self) -> str | None:
        """``cli``, ``metar24h`` or None."""
        if self.climate is not None:
            return "cli"
        return None if self.official is None else "metar24h"

    @property
    def candidates(self) -> tuple[int, ...]:
        """Official values that the reports name; empty while still open."""
        return tuple(sorted({value for value in (self.midnight, self.climate) if value is not None}))

    def left(self, sign: int) -> tuple[int, ...]:
        """Return the values that these leave the official high (1) or low (-1), ascending; two where they disagree.

        The 24-hour group is made some minutes before its day ends, which may still bring a lower low: on 3 of 108
        days the official one was a degree below the group's. A high never was above it, unless a later report says so.
        """
        group = self.bound if self.late else self.midnight
        if self.midnight is None or group is None:
            return self.candidates
        beyond = group - (sign < 0)
        low, high = sorted((self.midnight, beyond))
        if self.climate is None:
            return tuple(sorted({group, beyond}))
        return (self.climate,) if low <= self.climate <= high else self.candidates


def window(day: date, utc_offset_hours: int) -> tuple[Nanos, Nanos]:
    """Return the first instant of a climate day and of the next, by hours of local standard time from UTC."""
    opens = Nanos(at_minute(day, 0, 0) - utc_offset_hours * HOUR)
    return opens, Nanos(opens + DAY)


def window_at(at: Nanos, utc_offset_hours: int) -> tuple[Nanos, Nanos]:
    """Return the climate day an instant lies in."""
    shift = utc_offset_hours * HOUR
    opens = Nanos((at + shift) // DAY * DAY - shift)
    return opens, Nanos(opens + DAY)


def is_midnight(at: Nanos, closes: Nanos) -> bool:
    """Whether a report was made when reports close a day."""
    return closes - MIDNIGHT_BEFORE <= at <= closes + MIDNIGHT_AFTER


def fahrenheit(tenths_c: int) -> int:
    """Return whole degrees of exact tenths of a degree Celsius, halves up, below zero too."""
    return (tenths_c * 9 + 1_625) // 50


def tenths_celsius(whole_f: int) -> int:
    """Return the tenths of a degree Celsius a station sends for a whole degree; `fahrenheit` undoes it."""
    return ((whole_f - 32) * 100 + 9) // 18


@lru_cache(maxsize=256)
def fahrenheit_set(whole_c: int) -> tuple[int, ...]:
    """Return the whole degrees Fahrenheit that a station sends as this many whole Celsius, ascending (R2)."""
    first = whole_c * 9 // 5 + 30
    return tuple(f for f in range(first, first + 5) if ((f - 32) * 10 + 9) // 18 == whole_c)


def high(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Extreme:
    """Return the high of a window by the reports of one station, later corrections already chosen."""
    return _extreme(_HIGH, readings, opens, closes)


def low(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Extreme:
    """Return the low of a window by the reports of one station, later corrections already chosen."""
    return _extreme(_LOW, readings, opens, closes)


@dataclass(frozen=True, slots=True)
class _Side:
    """Which groups speak of the high, or of the low, and which way is further."""

    six_hours: Callable[[Reading], int | None]
    day: Callable[[Reading], int | None]
    climate: Callable[[Reading], int | None]
    sign: int
    surest: int
    """Index of the member of a set of possible degrees that is certain to be reached."""


_HIGH = _Side(attrgetter("max6_tenths_c"), attrgetter("max24_tenths_c"), attrgetter("high_f"), 1, 0)
_LOW = _Side(attrgetter("min6_tenths_c"), attrgetter("min24_tenths_c"), attrgetter("low_f"), -1, -1)


def _extreme(side: _Side, readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Extreme:
    certain = _certain(side, readings, opens, closes)
    edge, at = max(certain, key=lambda pair: (side.sign * pair[0], -pair[1]), default=(None, None))
    if closes - opens != DAY:
        return Extreme(bound=edge, bound_at=at, midnight=None, late=False, climate=None)
    midnight, made = _midnight(side, readings, closes)
    late = False
    if edge is not None and at is not None and midnight is not None:
        late = at > made and side.sign * (edge - midnight) > 0
    return Extreme(
        bound=edge,
        bound_at=at,
        midnight=midnight,
        late=late,
        climate=_climate(side, readings, closes),
    )


def _certain(side: _Side, readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Iterator[tuple[int, Nanos]]:
    """Yield each whole degree that was reached inside the window for certain, and when it was reported."""
    for reading in readings:
        at = reading.measured_at
        if not opens <= at < closes or reading.kind is ReportKind.CLIMATE or reading.relayed:
            continue
        if reading.temp_tenths_c is not None:
            yield fahrenheit(reading.temp_tenths_c), at
        elif reading.temp_whole_c is not None:
            yield fahrenheit_set(reading.temp_whole_c)[side.surest], at
        six = side.six_hours(reading)
        if six is not None and at - SIX_HOURS >= opens:  # one that straddles midnight belongs to neither day (R3)
            yield fahrenheit(six), at


def _midnight(side: _Side, readings: Sequence[Reading], closes: Nanos) -> tuple[int | None, Nanos]:
    """Return what the last 24-hour group of the day's end says, and when it was made."""
    groups = [
        (group, reading.measured_at)
        for reading in readings
        if is_midnight(reading.measured_at, closes) and (group := side.day(reading)) is not None
    ]
    return (fahrenheit(groups[-1][0]), groups[-1][1]) if groups else (None, closes)


def _climate(side: _Side, readings: Sequence[Reading], closes: Nanos) -> int | None:
    values = [
        value
        for reading in readings
        if reading.kind is ReportKind.CLIMATE
        and reading.measured_at == closes
        and (value := side.climate(reading)) is not None
    ]
    return values[-1] if values else None
