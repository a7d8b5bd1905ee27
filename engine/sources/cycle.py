"""When to ask for reports again, and which of them are news. Pure.

A station makes its routine report at its own minute of the hour and it can be had a few minutes later. From then on
it is asked for once a minute until it is there; in between, specials and five-minute rows are looked for every five.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos

if TYPE_CHECKING:
    from engine.core.ids import StationId

DELAY: Final = 3 * MINUTE
"""From a report's minute until it can be had, at the earliest."""
OVERDUE: Final = MINUTE
"""Between two questions while a routine report is awaited."""
GIVEN_UP: Final = 25 * MINUTE
"""After its minute, a routine report is looked for no more often than any other."""
BETWEEN: Final = 5 * MINUTE
KEPT: Final = 36 * HOUR
"""For how long what was seen is remembered."""


def due(now: Nanos, minutes: Mapping[StationId, int], latest: Mapping[StationId, Nanos]) -> Nanos:
    """Return when to ask next, having just asked at `now`.

    Parameters
    ----------
    minutes : mapping
        Minute of the hour of each wanted station's routine report.
    latest : mapping
        When the latest routine report that we have of a station was made.
    """
    wait = BETWEEN
    for station, minute in minutes.items():
        made = _last(now, minute)
        missing = latest.get(station, 0) < made - 10 * MINUTE  # reports are made a few minutes early or late
        if missing and now - made < GIVEN_UP:
            ready = made + DELAY - now
            wait = min(wait, max(ready, OVERDUE))
        else:
            wait = min(wait, max(made + HOUR + DELAY - now, OVERDUE))
    return Nanos(now + wait)


def _last(now: Nanos, minute: int) -> Nanos:
    """Return the last instant with that minute of the hour."""
    return Nanos(now - (now - minute * MINUTE) % HOUR)


class News:
    """Which readings have not been told; remembers a day and a half."""

    def __init__(self) -> None:
        self.latest: dict[StationId, Nanos] = {}
        """When the latest routine report of a station was made."""
        self._holds: dict[tuple[StationId, Nanos, ReportKind], Reading] = {}
        self._copies: dict[tuple[StationId, Nanos, ReportKind], dict[str, Reading]] = {}
        """What other sources said of a report that was told, no different from it."""
        self._rivals: dict[tuple[StationId, Nanos, ReportKind], frozenset[str]] = {}
        """Sources whose word against what held was told."""
        self._seen: dict[tuple[Nanos, StationId, ReportKind, str, str], None] = {}
        """An answer may hold two reports of one time; each is told once."""

    def know(self, readings: Iterable[Reading]) -> None:
        """Take for told what an earlier session was."""
        self.take(readings)

    def take(self, readings: Iterable[Reading]) -> Sequence[Reading]:
        """Return what was not told before, in order of time.

        A corrected report is news; its copy is not, nor is the same report from another source, unless that states
        other numbers.
        """
        found = []
        for reading in sorted(readings, key=lambda r: (r.measured_at, r.station)):
            key = (reading.station, reading.measured_at, reading.kind)
            seen = (reading.measured_at, reading.station, reading.kind, reading.source, reading.raw)
            known = self._holds.get(key)
            if seen in self._seen:
                continue
            rivals = self._rivals.get(key, frozenset())
            if known is not None and reading.source not in rivals and not _tells(reading, known):
                self._copies.setdefault(key, {})[reading.source] = reading
                continue
            if known is None or reading.replaces(known):
                self._holds[key] = reading
            else:
                self._rivals[key] = rivals | {reading.source}
            self._seen[seen] = None
            found.append(reading)
            found += self._doubted(key)
            if reading.kind is ReportKind.ROUTINE:
                self.latest[reading.station] = max(self.latest.get(reading.station, Nanos(0)), reading.measured_at)
        return found

    def _doubted(self, key: tuple[StationId, Nanos, ReportKind]) -> Sequence[Reading]:
        """Return the copies that are none any more, since what holds now states other numbers."""
        copies = self._copies.get(key, {})
        found = [copy for copy in copies.values() if copy.contradicts(self._holds[key])]
        for copy in found:
            del copies[copy.source]
            self._rivals[key] = self._rivals.get(key, frozenset()) | {copy.source}
            self._seen[copy.measured_at, copy.station, copy.kind, copy.source, copy.raw] = None
        return found

    def forget(self, now: Nanos, since: Nanos | None = None) -> None:
        """Forget what was measured long ago, and before `since`: what is still asked for."""
        first = now - KEPT if since is None else min(now - KEPT, since)
        self._holds = {key: reading for key, reading in self._holds.items() if key[1] > first}
        self._copies = {key: copies for key, copies in self._copies.items() if key[1] > first}
        self._rivals = {key: sources for key, sources in self._rivals.items() if key[1] > first}
        self._seen = {key: None for key in self._seen if key[0] > first}


def _tells(reading: Reading, known: Reading) -> bool:
    """Whether a report is news beside another of its time: whose service is believed first is none by itself."""
    if reading.source == known.source:
        return reading.replaces(known)
    return reading.contradicts(known) or reading.rank[:3] > known.rank[:3]
