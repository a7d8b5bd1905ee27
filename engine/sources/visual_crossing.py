"""Visual Crossing, timeline: one station's five-minute observations, and days, with what may not be trusted. Pure.

A place that is not locked to one station is a mixture of those around it, and its daily high lies below the official
one; a station without a five-minute feed is filled forward with its hourly value. So every row says whether it came
from the station alone and whether it is a filled one, and a filled one never raises a high.

Source: Timeline API; real daily responses; the measured shares of filled rows in the provider sheet. A recorded
body with minutes was not to be had: their shape is the documented one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, SECOND, Nanos
from engine.sources.document import decoded
from engine.weather.daily import COLDEST_F, HOTTEST_F

SOURCE: Final = "VC"
STEP_MINUTES: Final = 5
SLOTS: Final = 24 * 60 // STEP_MINUTES
MOST_FILLED: Final = 0.5
"""Share of filled rows above which a day is of no use."""
NO_FEED: Final = {
    "KNYC": "KNYC reports once an hour: 82 % of its five-minute rows are that value repeated",
}
"""Stations that are refused, and why."""
MOST_ROWS: Final = 200_000
LATEST: Final = 4_102_444_800
"""Seconds: the year 2100."""


class _Minute(msgspec.Struct):
    datetimeEpoch: int
    temp: float | None = None
    dew: float | None = None
    windspeed: float | None = None
    stations: list[str] | None = None


class _Hour(_Minute):
    minutes: list[_Minute] | None = None


class _Day(msgspec.Struct):
    datetime: str
    tempmax: float | None = None
    tempmin: float | None = None
    precip: float | None = None
    source: str | None = ""
    stations: list[str] | None = None
    hours: list[_Hour] | None = None


class _Timeline(msgspec.Struct):
    days: list[_Day]
    queryCost: float = 0.0
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """One five-minute row of a locked station."""

    at: Nanos
    temp_f: float | None
    wind_mph: float | None
    locked: bool
    """It came from this station and no other."""
    filled: bool
    """It repeats the row before: no new observation."""
    age_s: float
    """Since the last row that was one."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The rows of a query."""

    station: StationId
    slots: tuple[Slot, ...]
    cost: float
    """Records that the query was charged."""

    def usable(self, opens: Nanos, closes: Nanos) -> bool:
        """Whether a day is whole, from the station alone, and not mostly filled."""
        inside = [slot for slot in self.slots if opens <= slot.at < closes]
        filled = sum(slot.filled for slot in inside)
        whole = len(inside) == round((closes - opens) / (STEP_MINUTES * MINUTE))
        return whole and all(slot.locked for slot in inside) and filled <= MOST_FILLED * len(inside)

    def high_f(self, opens: Nanos, closes: Nanos) -> float | None:
        """Return the highest value of a window, filled and unlocked rows left out."""
        return max((s.temp_f for s in self._real() if opens <= s.at < closes and s.temp_f is not None), default=None)

    def readings(self) -> Iterator[Reading]:
        """Yield the rows that are observations of the station, whole degrees Celsius where they lie on one."""
        for slot in self._real():
            whole = None if slot.temp_f is None else _whole_celsius(slot.temp_f)
            if whole is not None:
                yield Reading(
                    station=self.station,
                    measured_at=slot.at,
                    kind=ReportKind.FIVE_MINUTE,
                    source=SOURCE,
                    raw=f"{slot.temp_f} F",
                    temp_whole_c=whole,
                )

    def _real(self) -> Iterator[Slot]:
        return (slot for slot in self.slots if slot.locked and not slot.filled)


@dataclass(frozen=True, slots=True)
class CivilDay:
    """A day as the provider states it: of the civil clock, which is not the climate's."""

    day: date
    high_f: float | None
    low_f: float | None
    precip_in: float | None
    kind: str
    """``obs``, ``comb``, ``fcst`` or ``stats``."""
    stations: tuple[str, ...]


def refused(station: StationId) -> str:
    """Return why a station's five-minute rows are not taken; empty when they are."""
    return NO_FEED.get(station, "")


def trace(body: bytes, station: StationId) -> Trace:
    """Return the five-minute rows of a station-locked answer, in order of time.

    Raises
    ------
    BadReport
        If the station is refused (`NO_FEED`), or the body is no timeline, holds no minutes or too many.
    """
    if why := refused(station):
        raise BadReport(why, "")
    found = _timeline(body)
    rows = [row for day in found.days for hour in day.hours or () for row in hour.minutes or ()]
    if not rows:
        raise BadReport("a timeline without minutes", body[:200].decode("latin-1"))
    if len(rows) > MOST_ROWS:
        raise BadReport(f"more than {MOST_ROWS} rows", "")
    # the hour a clock goes back comes twice, with times of its own
    by_time = {row.datetimeEpoch: row for row in rows if 0 < row.datetimeEpoch < LATEST}
    return Trace(station, tuple(_slots([by_time[at] for at in sorted(by_time)], station)), found.queryCost)


def days(body: bytes) -> tuple[CivilDay, ...]:
    """Return the days of an answer, with the stations each was mixed from.

    Raises
    ------
    BadReport
        If it is no timeline.
    """
    return tuple(found for day in _timeline(body).days if (found := _day(day)) is not None)


def locked(stations: tuple[str, ...] | list[str] | None, station: StationId) -> bool:
    """Whether a row came from a station and no other; one that names none did not."""
    return stations is not None and list(stations) == [station]


def _timeline(body: bytes) -> _Timeline:
    return decoded(body, _Timeline, "a timeline")


def _slots(rows: list[_Minute], station: StationId) -> Iterator[Slot]:
    """Yield rows with what is known of their age.

    The provider does not say which rows it filled. One is taken for filled when all its values repeat those of the
    row before and that had lasted for less than an hour: calm nights do that too, and then nothing is lost.
    """
    before: tuple[float | None, ...] | None = None
    fresh = 0
    for row in rows:
        values = (row.temp, row.dew, row.windspeed)
        filled = row.temp is None or (values == before and row.datetimeEpoch - fresh < HOUR // SECOND)
        if not filled:
            before, fresh = values, row.datetimeEpoch
        temp = row.temp if row.temp is not None and COLDEST_F <= row.temp <= HOTTEST_F else None
        yield Slot(
            at=Nanos(row.datetimeEpoch * SECOND),
            temp_f=temp,
            wind_mph=row.windspeed,
            locked=locked(row.stations, station),
            filled=filled,
            age_s=float(row.datetimeEpoch - fresh) if fresh else math.inf,
        )


def _whole_celsius(fahrenheit: float) -> int | None:
    celsius = (fahrenheit - 32) * 5 / 9
    return round(celsius) if abs(celsius - round(celsius)) < 0.06 else None  # their tenths of a degree F


def _day(row: _Day) -> CivilDay | None:
    try:
        day = date.fromisoformat(row.datetime)
    except ValueError:
        return None
    stations = tuple(name[:16] for name in (row.stations or ())[:100])
    return CivilDay(day, row.tempmax, row.tempmin, row.precip, (row.source or "")[:8], stations)
