"""How far the temperature still goes before local standard midnight, from what the day showed so far. Pure.

By the sun's hour: the furthest still to come, less the temperature now, is a mean that leans on the last hours'
trend, on how far the temperature is from the day's extreme and on the season, and a spread of two normal laws, since
fronts make the tails long. Coefficients are fitted by `engine.research.nowcast_fit`, which says from what and from
how many days.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.reading import ReportKind
from engine.core.units import DAY, HOUR, MINUTE, SECOND, Nanos
from engine.weather import residual_table
from engine.weather.climate_day import fahrenheit
from engine.weather.degrees import Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.reading import Reading

HOURS: Final = 24
SUNNY: Final = 18.0
"""Until this hour of the clock the sun's hour counts; from `CLOCK` on only what is left until midnight does."""
CLOCK: Final = 21.0
COLDEST_DAY: Final = 15.0
YEAR: Final = 365.25
CLOSE_1H: Final = 20 * MINUTE
CLOSE_3H: Final = 40 * MINUTE
ROOT_HOUR: Final = math.sqrt(60.0)


MOSTLY: Final = 0.75
"""Share of days on which something is so, that it mostly is."""


class Phase(Enum):
    """Where a moment lies in the day's course: the high, or low, is mostly to come, may be now, is mostly over."""

    BEFORE = "pre_peak"
    AT = "peak"
    AFTER = "post_peak"


class Row(NamedTuple):
    """Coefficients of one hour."""

    base: float
    """Furthest still to come less the temperature now, F, where all else is at its mean."""
    slopes: tuple[float, ...]
    """Per unit of each feature of `Sky.features`."""
    means: tuple[float, ...]
    """Of the features: one that is not known counts as this."""
    sd: float
    tail: float
    """Share of the wide law."""
    tail_sd: float
    open_share: float
    """Share of days whose extreme was still to come."""
    step: float
    """Mean change over the next hour, F."""
    step_lean: float
    """Of it by F of the last hour's change."""
    step_sd: float


Table = tuple[Row, ...]
"""By the hour, 0 to 23."""


class Sky(NamedTuple):
    """What a nowcast needs of a station's day so far; degrees Fahrenheit."""

    at: Nanos
    hour: float
    """Row of the table, 0 to under 24."""
    left: float
    """Hours until the day ends."""
    now_f: float
    edge_f: float
    """Highest of the day so far, or lowest."""
    last_hour: float | None
    """Change since an hour ago."""
    last_three: float | None
    season: float
    """Angle of the year, 0 on its coldest day."""

    @property
    def features(self) -> tuple[float | None, ...]:
        """What the mean leans on."""
        return self.last_hour, self.last_three, self.edge_f - self.now_f, math.cos(self.season), math.sin(self.season)


class Pace(NamedTuple):
    """How a temperature moves: F a minute, and F a root minute."""

    drift: float
    vol: float


TABLES: Final[Mapping[int, Table]] = {
    sign: tuple(Row(*numbers) for numbers in rows) for sign, rows in residual_table.ROWS.items()
}
"""By sign: 1 of the highest still to come, -1 of the lowest."""


def sky(
    sign: int, readings: Sequence[Reading], opens: Nanos, closes: Nanos, latitude: float, longitude: float
) -> Sky | None:
    """Return the day so far by a station's reports, those of some hours before it included; None without one.

    Parameters
    ----------
    sign : int
        1 for the high, -1 for the low.
    readings : sequence of Reading
        By time. Later than `closes` none counts.
    latitude, longitude : float, degrees
    """
    known = [
        (reading.measured_at, value)
        for reading in readings
        if reading.measured_at < closes
        and reading.kind is not ReportKind.CLIMATE
        and (value := _f(reading)) is not None
    ]
    today = [pair for pair in known if pair[0] >= opens]
    if not today:
        return None
    at, now_f = today[-1]
    edge = max(today, key=lambda pair: sign * pair[1])[1]
    clock = (at - opens) / HOUR
    return Sky(
        at=at,
        hour=hour_of(clock, _sun(at, longitude, clock)),
        left=(closes - at) / HOUR,
        now_f=now_f,
        edge_f=edge,
        last_hour=_since(known, at, now_f, HOUR, CLOSE_1H),
        last_three=_since(known, at, now_f, 3 * HOUR, CLOSE_3H),
        season=season(at, latitude),
    )


def _f(reading: Reading) -> float | None:
    if reading.kind is ReportKind.CLIMATE:
        return None
    if reading.temp_tenths_c is not None:
        return float(fahrenheit(reading.temp_tenths_c))
    return None if reading.temp_whole_c is None else reading.temp_whole_c * 1.8 + 32.0


def _since(known: list[tuple[Nanos, float]], at: Nanos, now_f: float, ago: int, close: int) -> float | None:
    """Return the change since some time ago, if a report is near enough to it."""
    then, value = min(known, key=lambda pair: abs(at - ago - pair[0]))
    return (now_f - value) * ago / (at - then) if abs(at - ago - then) <= close else None


def _sun(at: Nanos, longitude: float, clock: float) -> float:
    """Return the sun's hour nearest to the clock's."""
    sun = at % DAY / HOUR + longitude / 15.0
    return sun + HOURS * round((clock - sun) / HOURS)


def hour_of(clock: float, sun: float) -> float:
    """Return the table's hour of local standard time and the sun's."""
    share = min(1.0, max(0.0, (CLOCK - clock) / (CLOCK - SUNNY)))
    return min(HOURS - 1e-9, max(0.0, clock + share * (sun - clock)))


def season(at: Nanos, latitude: float) -> float:
    """Return the angle of the year, half a year on in the south."""
    moment = datetime.fromtimestamp(at // SECOND, UTC)
    day = moment.timetuple().tm_yday - COLDEST_DAY
    return 2.0 * math.pi * day / YEAR + (0.0 if latitude >= 0.0 else math.pi)


def ahead(sign: int, seen: Sky, table: Table | None = None) -> tuple[Part, ...]:
    """Return the law of the furthest temperature still to come today, F: two normal laws of one mean.

    What the hourly rows say is read between them; the last hour runs out with the day.
    """
    rows = TABLES[sign] if table is None else table
    row, after, share = _rows(rows, seen.hour)
    mean = (1.0 - share) * _mean(row, seen) + share * (_mean(after, seen) if after is not None else 0.0)
    sds = [
        math.sqrt((1.0 - share) * a * a + share * b * b)
        for a, b in ((row.sd, after.sd if after else 0.0), (row.tail_sd, after.tail_sd if after else 0.0))
    ]
    tail = row.tail if after is None else (1.0 - share) * row.tail + share * after.tail
    return Part(1.0 - tail, seen.now_f + mean, sds[0]), Part(tail, seen.now_f + mean, sds[1])


def open_share(sign: int, hour: float, table: Table | None = None) -> float:
    """Return on which share of days the extreme is still to come at an hour."""
    row, after, share = _rows(TABLES[sign] if table is None else table, hour)
    return (1.0 - share) * row.open_share + share * (after.open_share if after is not None else 0.0)


def phase(sign: int, hour: float, table: Table | None = None) -> Phase:
    """Return where an hour lies in the day's course, by how often the extreme is still to come then."""
    share = open_share(sign, hour, table)
    return Phase.BEFORE if share > MOSTLY else Phase.AFTER if share < 1.0 - MOSTLY else Phase.AT


def pace(seen: Sky, table: Table | None = None) -> Pace:
    """Return how the temperature moves in the next hour."""
    row, _, _ = _rows(TABLES[1] if table is None else table, seen.hour)
    lean = 0.0 if seen.last_hour is None else seen.last_hour - row.means[0]
    return Pace((row.step + row.step_lean * lean) / 60.0, row.step_sd / ROOT_HOUR)


def _rows(table: Table, hour: float) -> tuple[Row, Row | None, float]:
    """Return the rows before and after an hour, None at midnight, and how far between them it is."""
    at = int(hour)
    return table[at], table[at + 1] if at + 1 < HOURS else None, hour - at


def _mean(row: Row, seen: Sky) -> float:
    leaning = zip(row.slopes, seen.features, row.means, strict=True)
    return row.base + math.fsum(slope * (x - mean) for slope, x, mean in leaning if x is not None)
