"""What the simulated stations have reported by now, as an archive would hold it: by station and time. Pure of I/O.

Nothing is handed out before it has arrived; five-minute and one-minute data are made from the same truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from engine.core.reading import ReportKind
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.sandbox import reports
from engine.sandbox.sky import nanos_of
from engine.weather.climate_day import tenths_celsius

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.events import Observed
    from engine.core.reading import Reading
    from engine.core.snapshot import StationRow
    from engine.sandbox.servers.world import World
    from engine.sandbox.sky import Sky

LONGEST: Final = 40 * DAY
"""The widest window that is handed out."""
MINUTES_LATE: Final = DAY
"""One-minute data come a day later."""
DAYS_KEPT: Final = 7
POURING: Final = 20.0
"""Rain rate in mm/h that is worth a warning."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A simulated station: its region's sky and its place in it."""

    row: StationRow
    sky: Sky
    index: int


@dataclass(frozen=True, slots=True)
class Degree:
    """A station's temperature at a minute, whole degrees."""

    at: Nanos
    fahrenheit: int
    dew_f: int

    @property
    def celsius(self) -> int:
        """Return whole degrees Celsius, as the five-minute feed has them."""
        return (tenths_celsius(self.fahrenheit) + 5) // 10

    @property
    def dew_c(self) -> int:
        """Return the dew point in whole degrees Celsius."""
        return (tenths_celsius(self.dew_f) + 5) // 10


class Archive:
    """All that was reported in a world."""

    def __init__(self, world: World) -> None:
        """Hold what a world's stations report."""
        self.world = world
        self.spots = {
            row.id: Spot(row, sky, index) for sky in world.skies for index, row in enumerate(sky.region.stations)
        }
        self._hour = lru_cache(maxsize=4_096)(reports.hour)

    def now(self) -> Nanos:
        """Return the day's time; the crowd need not have acted for the weather to go on."""
        return self.world.clock.now()

    def find(self, name: str) -> Spot | None:
        """Return a station by four letters, or by three without their K."""
        return self.spots.get(name) or self.spots.get(f"K{name}")

    def observed(self, spot: Spot, since: Nanos, until: Nanos) -> Iterator[Observed]:
        """Yield what a station measured in [since, until) and what has arrived by now, in order of time."""
        now = self.now()
        first, last = since // HOUR * 60 - 60, min(until, now) // HOUR * 60
        for minute in range(int(max(first, last - LONGEST // MINUTE)), int(last) + 1, 60):
            for event in sorted(self._hour(spot.sky, minute), key=lambda e: e.reading.measured_at):
                own = event.reading.station == spot.row.id
                if own and event.at <= now and since <= event.reading.measured_at < until:
                    yield event

    def readings(self, spot: Spot, since: Nanos, until: Nanos, kinds: frozenset[ReportKind]) -> list[Reading]:
        """Return reports of some kinds, in order of time."""
        return [e.reading for e in self.observed(spot, since, until) if e.reading.kind in kinds]

    def degrees(self, spot: Spot, since: Nanos, until: Nanos, step: int, late: int = 2 * MINUTE) -> Iterator[Degree]:
        """Yield a station's temperature every `step` minutes of [since, until), as far as it has arrived."""
        until = Nanos(min(until, self.now() - late))
        since = Nanos(max(since, until - LONGEST))
        first = -(-since // (step * MINUTE)) * step
        for minute in range(int(first), int(-(-until // MINUTE)), step):
            truth, column = spot.sky.at(minute)
            row = spot.index
            yield Degree(nanos_of(minute), int(truth.fahrenheit[row, column]), round(float(truth.dew_f[row, column])))

    def climates(self, spot: Spot, days: int = DAYS_KEPT) -> list[Observed]:
        """Return the official reports of a region's home that are out, the newest first; none of other stations."""
        if spot.index:
            return []
        now = self.now()
        today, _ = spot.sky.local(now // MINUTE)
        found = [reports.climate(spot.sky, today - ago) for ago in range(1, days + 1)]
        return [event for event in found if event.at <= now]

    def raining(self) -> Iterator[tuple[Spot, float]]:
        """Yield the stations at which it pours now, with mm/h."""
        minute = int(self.now() // MINUTE)
        for spot in self.spots.values():
            truth, column = spot.sky.at(minute)
            if (rate := float(truth.rate[spot.index, column])) >= POURING:
                yield spot, rate
