"""Recorded days to learn from: hours of a reanalysis and METARs of a station, each with the official high.

Read in place, from the folder of reference data that is named; nothing is copied. Of the cities of the reanalysis
only those count whose official highs are of the station that settles (Chicago's file is of O'Hare).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from engine.core.errors import InputError
from engine.core.when import instant
from engine.research.sets.recording import table
from engine.weather import climate_day, metar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.core.reading import Reading
    from engine.core.units import Nanos

HIGHS: Final = "data/weather-daily-highs/acis_daily_high_20cities.csv.zst"
HOURS: Final = "data/weather-daily-highs/openmeteo_archive_hourly_5cities.csv.zst"
ATLANTA: Final = "frames/weather/lcd/settlement_pairs_KATL_2020.json"
BEFORE: Final = 3
"""Hours of the day before that are kept, for the trend."""


class City(NamedTuple):
    """Where a series is measured."""

    name: str
    zone: str
    utc_offset_hours: int
    latitude: float
    longitude: float


CITIES: Final = {
    "KXHIGHNY": City("New York", "America/New_York", -5, 40.78, -73.97),
    "KXHIGHMIA": City("Miami", "America/New_York", -5, 25.79, -80.32),
    "KXHIGHAUS": City("Austin", "America/Chicago", -6, 30.18, -97.68),
}
KATL: Final = City("Atlanta", "America/New_York", -5, 33.63, -84.44)


@dataclass(frozen=True, slots=True)
class Hourly:
    """A local standard day of a reanalysis."""

    series: str
    day: date
    hours: tuple[float, ...]
    """F at each hour from three before midnight to the midnight that ends the day."""
    official: int


@dataclass(frozen=True, slots=True)
class Reported:
    """A local standard day of a station."""

    city: City
    day: date
    opens: Nanos
    closes: Nanos
    readings: tuple[Reading, ...]
    """From some hours before the day on."""
    high: int
    low: int


def rows(shared: Path, path: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a packed table.

    Raises
    ------
    InputError
        If the file is not there or too large, or ``zstd`` is not installed.
    """
    return table(shared / path)


def officials(shared: Path) -> dict[tuple[str, date], int]:
    """Return the official highs by series and day."""
    stated = ((row["ticker"], row["date"], row["nws_high"]) for row in rows(shared, HIGHS))
    return {(series, date.fromisoformat(day)): round(float(value)) for series, day, value in stated if value}


def reanalysis(shared: Path) -> list[Hourly]:
    """Return the days of which every hour and the official high are known, by series and day."""
    known = officials(shared)
    temps = {}
    for row in rows(shared, HOURS):
        city = CITIES.get(row["ticker"])
        if city is not None and row["temperature_2m"]:
            temps[row["ticker"], _standard(row["datetime"], city)] = float(row["temperature_2m"])
    days = sorted({(series, at.date()) for series, at in temps})
    found = []
    for series, day in days:
        midnight = datetime.combine(day, time(), UTC)
        hours = [temps.get((series, midnight + timedelta(hours=h))) for h in range(-BEFORE, 25)]
        whole = tuple(hour for hour in hours if hour is not None)
        if len(whole) == len(hours) and (series, day) in known:
            found.append(Hourly(series, day, whole, known[series, day]))
    return found


def _standard(text: str, city: City) -> datetime:
    """Return local standard time, marked UTC, of a city's clock time."""
    at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(city.zone)).astimezone(UTC)
    return at + timedelta(hours=city.utc_offset_hours)


def atlanta(shared: Path) -> list[Reported]:
    """Return the station-days of Atlanta, every report of each."""
    file = shared / ATLANTA
    if not file.exists():
        raise InputError(f"{file}: not there")
    return [_reported(stated) for stated in json.loads(file.read_text(encoding="utf-8"))]


def _reported(stated: dict[str, object]) -> Reported:
    day = date.fromisoformat(str(stated["date"]))
    opens, closes = climate_day.window(day, KATL.utc_offset_hours)
    reports: list[list[str]] = stated["reports"]  # type: ignore[assignment] # a list of pairs of texts in the file
    readings = tuple(metar.parse(text, instant(at)) for at, text in reports)
    high, low = int(str(stated["official_high_f"])), int(str(stated["official_low_f"]))
    return Reported(KATL, day, opens, closes, readings, high, low)
