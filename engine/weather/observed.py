"""The reports of each station in order, corrections applied, and what they add up to over a window.

Rain is the sum of the P groups of routine reports: P counts since the last routine report, so every special
repeats it (summing all rows was right on 5 of 33 wet days, routine rows alone on 29). Snow gauges under-read;
snowfall comes from six-hour groups and the climate report only.

Source: settlement sheet §6; FMH-1.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, HOUR, Nanos
from engine.weather.climate_day import MIDNIGHT_AFTER, Extreme, high, low

Key = tuple[Nanos, str]
_Said = dict[Key, dict[str, Reading]]
"""The last word of each source on a report, of reports that several told."""

SIX_HOURS: Final = 6 * HOUR
TOLD_ROOM: Final = 64
"""Windows of one station that are kept."""


@dataclass(frozen=True, slots=True)
class Rain:
    """Precipitation of one station over a window, hundredths of an inch."""

    total: int | None
    """Sum over clock hours of the routine P groups; None when no report said anything."""
    open_hour: int
    """The most that was reported since the last routine report: not yet part of `total`."""
    trace: bool
    gaps: int
    """Routine reports whose gauge was out."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Routine reports that hold a quantity, of those expected."""

    reports: int
    expected: int

    @property
    def share(self) -> float:
        """From 0 to 1; windows shorter than an hour expect one report."""
        return min(1.0, self.reports / self.expected)


@dataclass(slots=True)
class _Shelf:
    """One station's reports by time and kind."""

    keys: list[Key] = field(default_factory=list)
    by_key: dict[Key, Reading] = field(default_factory=dict)
    """The one that holds."""
    said: _Said = field(default_factory=dict)
    told: dict[tuple[str, Nanos, Nanos], Any] = field(default_factory=dict)
    """What windows were asked for since the last report, and what they came to."""


class Observed:
    """What every station reported, fed one report at a time."""

    def __init__(self) -> None:
        self._shelves: dict[StationId, _Shelf] = {}

    def add(self, reading: Reading) -> bool:
        """Take a report in; return whether it says anything new.

        What of two reports of a time and kind holds, says `Reading.replaces`.
        """
        shelf = self._shelves.setdefault(reading.station, _Shelf())
        key = _key(reading)
        new = key not in shelf.by_key
        if not _take(shelf.by_key, shelf.said, key, reading):
            return False
        if new:
            insort(shelf.keys, key)
        shelf.told.clear()
        return True

    def readings(self, station: StationId, opens: Nanos, closes: Nanos) -> tuple[Reading, ...]:
        """Return the reports that speak of a window, by time: those inside, and those that close its last day."""
        shelf = self._shelves.get(station)
        if shelf is None:
            return ()
        first = bisect_left(shelf.keys, (opens, ""))
        last = bisect_left(shelf.keys, (Nanos(closes + MIDNIGHT_AFTER), "~"))
        return tuple(shelf.by_key[key] for key in shelf.keys[first:last])

    def heard(self, station: StationId, opens: Nanos, closes: Nanos) -> tuple[Reading, ...]:
        """Return those with all that any source said of them, the one that holds or not."""
        held = self.readings(station, opens, closes)
        shelf = self._shelves.get(station)
        if shelf is None or not shelf.said:
            return held
        told = (shelf.said.get(_key(one), {"": one}) for one in held)
        return tuple(words[source] for words in told for source in sorted(words))

    def latest(self, station: StationId) -> Reading | None:
        """Return the station's own last report: neither a climate report nor one that was only relayed."""
        shelf = self._shelves.get(station)
        if shelf is None:
            return None
        last = (shelf.by_key[key] for key in reversed(shelf.keys) if key[1] != "climate")
        return next((reading for reading in last if not reading.relayed), None)

    def relayed(self, station: StationId) -> Reading | None:
        """Return the last report that was only relayed."""
        shelf = self._shelves.get(station)
        if shelf is None:
            return None
        return next((shelf.by_key[key] for key in reversed(shelf.keys) if shelf.by_key[key].relayed), None)

    def stations(self) -> tuple[StationId, ...]:
        """Return the stations heard of, by code."""
        return tuple(sorted(self._shelves))

    def high(self, station: StationId, opens: Nanos, closes: Nanos) -> Extreme:
        """Return the high of a window as far as reported."""
        found: Extreme = self._told("high", high, station, opens, closes)
        return found

    def low(self, station: StationId, opens: Nanos, closes: Nanos) -> Extreme:
        """Return the low of a window as far as reported."""
        found: Extreme = self._told("low", low, station, opens, closes)
        return found

    def rain(self, station: StationId, opens: Nanos, closes: Nanos) -> Rain:
        """Return the precipitation of a window as far as reported."""
        found: Rain = self._told("rain", rain, station, opens, closes)
        return found

    def gust(self, station: StationId, opens: Nanos, closes: Nanos) -> int | None:
        """Return the strongest wind of a window as far as reported, knots."""
        found: int | None = self._told("gust", gust, station, opens, closes)
        return found

    def _told(self, name: str, of: Callable[..., object], station: StationId, opens: Nanos, closes: Nanos) -> Any:  # noqa: ANN401 - what the function returns
        """Return what a function makes of a window, made once between two reports of the station."""
        shelf = self._shelves.get(station)
        if shelf is None:
            return of((), opens, closes)
        key = (name, opens, closes)
        if key not in shelf.told:
            if len(shelf.told) >= TOLD_ROOM:
                shelf.told.clear()
            shelf.told[key] = of(self.readings(station, opens, closes), opens, closes)
        return shelf.told[key]

    def forget(self, before: Nanos) -> None:
        """Drop the reports of before an instant."""
        for shelf in self._shelves.values():
            cut = bisect_left(shelf.keys, (before, ""))
            for key in shelf.keys[:cut]:
                del shelf.by_key[key]
                shelf.said.pop(key, None)
            del shelf.keys[:cut]
            shelf.told.clear()


def settled(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Return the reports of one station by time, duplicates and superseded ones dropped."""
    held, _ = _heard(readings)
    return tuple(held[key] for key in sorted(held))


def witnessed(readings: Iterable[Reading]) -> tuple[tuple[Reading, tuple[Reading, ...]], ...]:
    """Return the reports of one station by time, each with what other sources say against it."""
    held, said = _heard(readings)
    return tuple((held[key], _against(held[key], said)) for key in sorted(held))


def _heard(readings: Iterable[Reading]) -> tuple[dict[Key, Reading], _Said]:
    held: dict[Key, Reading] = {}
    said: _Said = {}
    for reading in readings:
        _take(held, said, _key(reading), reading)
    return held, said


def _take(held: dict[Key, Reading], said: _Said, key: Key, reading: Reading) -> bool:
    """Take in what a source says of a report; False where it says nothing new."""
    known = held.get(key)
    if known is None:
        held[key] = reading
        return True
    told = said.get(key)
    if told is None:
        if reading.source == known.source:
            if reading.replaces(known):
                held[key] = reading
                return True
            return False
        if reading.relayed and not known.relayed:
            return False
        told = said[key] = {known.source: known}
    mine = told.get(reading.source)
    if mine is not None and not reading.replaces(mine):
        return False
    told[reading.source] = reading
    held[key] = max(told.values(), key=_rank)
    return True


def _against(known: Reading, said: _Said) -> tuple[Reading, ...]:
    told = said.get(_key(known), {})
    return tuple(told[source] for source in sorted(told) if told[source].contradicts(known))


def rain(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Rain:
    """Return what fell at one station: per clock hour the most that a routine report gave."""
    own = [r for r in readings if r.kind is not ReportKind.CLIMATE and not r.relayed]
    inside = [r for r in own if opens <= r.measured_at < closes]
    routine = [r for r in inside if r.kind is ReportKind.ROUTINE]
    hours: dict[int, int] = {}
    for reading in routine:
        if reading.precip_hundredths_in is not None:
            hour = reading.measured_at // HOUR
            hours[hour] = max(hours.get(hour, 0), reading.precip_hundredths_in)
    since = max((r.measured_at for r in routine), default=opens)
    later = [r.precip_hundredths_in or 0 for r in inside if r.measured_at > since]
    return Rain(
        total=sum(hours.values()) if hours else None,
        open_hour=max(later, default=0),
        trace=any(r.trace for r in routine),
        gaps=sum(r.precip_missing for r in routine),
    )


def gust(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> int | None:
    """Return the strongest wind at one station, knots: gusts and peaks, else the steady wind."""
    speeds = [speed for reading in readings for speed in _speeds(reading, opens, closes)]
    return max(speeds, default=None)


def snowfall(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> int | None:
    """Return the snowfall at one station, tenths of an inch: the climate report's, else the six-hour groups'."""
    official = official_snowfall(readings, opens, closes)
    if official is not None:
        return official
    groups = [
        r.snow_tenths_in
        for r in readings
        if r.kind is ReportKind.ROUTINE and opens + SIX_HOURS <= r.measured_at < closes and r.snow_tenths_in is not None
    ]
    return sum(groups) if groups else None


def official_snowfall(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> int | None:
    """Return the snowfall the climate report gives for the window, if the window is its day."""
    stated = [
        r.snow_tenths_in
        for r in readings
        if r.kind is ReportKind.CLIMATE and r.measured_at == closes and closes - opens == DAY
    ]
    return stated[-1] if stated else None


def coverage(readings: Sequence[Reading], opens: Nanos, closes: Nanos, holds: Callable[[Reading], bool]) -> Coverage:
    """Return how many hours of a window have a routine report that `holds` what is asked for.

    Hours are counted from the window's start, one report expected in each.
    """
    hours = {
        (r.measured_at - opens) // HOUR
        for r in readings
        if r.kind is ReportKind.ROUTINE and opens <= r.measured_at < closes and holds(r)
    }
    return Coverage(len(hours), max(1, (closes - opens) // HOUR))


def _rank(reading: Reading) -> tuple[bool, bool, int, int, str]:
    return reading.rank


def _key(reading: Reading) -> Key:
    return reading.measured_at, reading.kind.value


def _speeds(reading: Reading, opens: Nanos, closes: Nanos) -> Iterable[int]:
    if not opens <= reading.measured_at < closes or reading.relayed:
        return ()
    blew_at = reading.measured_at if reading.peak_wind_at is None else reading.peak_wind_at
    peak = reading.peak_wind_kt if opens <= blew_at < closes else None
    return [speed for speed in (reading.wind_kt, reading.gust_kt, peak) if speed is not None]
