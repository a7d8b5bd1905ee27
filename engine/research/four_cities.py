"""Four cities at the end of January 2026: reports of every five minutes, forecasts of eight providers, settlements."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import Cell, StationId
from engine.core.reading import CellQuantiles, Reading, ReportKind
from engine.core.units import HOUR, Nanos
from engine.core.when import instant
from engine.research import days
from engine.research.days import City
from engine.weather import climate_day, forecast, outlook

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

PRACTICE: Final = "frames/weather/synoptic/"
FOUR: Final = "data/asos-10min-4city-2026-01/"
STATIONS: Final = {
    "ny": ("KNYC", days.CITIES["KXHIGHNY"]),
    "fl": ("KMIA", days.CITIES["KXHIGHMIA"]),
    "tx": ("KAUS", days.CITIES["KXHIGHAUS"]),
    "il": ("KMDW", City("Chicago", "America/Chicago", -6, 41.79, -87.75)),
}
SERIES: Final = {"ny": "KXHIGHNY", "fl": "KXHIGHMIA", "tx": "KXHIGHAUS", "il": "KXHIGHCHI"}
"""Whose official highs tell what is usual; Chicago's are O'Hare's, and no truth of Midway."""
MORNING: Final = 9 * HOUR
"""When a forecast is called the day's."""


@dataclass(slots=True)
class Errors:
    """How far forecasts of the days before were off, F."""

    known: dict[date, list[float]] = field(default_factory=lambda: defaultdict(list))

    def before(self, day: date) -> list[float]:
        """Return the errors of earlier days."""
        return [error for other, errors in self.known.items() if other < day for error in errors]


def reports(shared: Path) -> dict[str, list[Reading]]:
    """Return every report of each city, by time."""
    codes = {station: code for code, (station, _) in STATIONS.items()}
    found: dict[str, list[Reading]] = defaultdict(list)
    file = shared / PRACTICE / "obs_5min_KNYC_KMDW_KAUS_KMIA_20260129_0203.csv"
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        at, celsius = instant(row["valid_utc"]), (float(row["temp_f"]) - 32.0) / 1.8
        exact = row["station"] == "KNYC" or abs(celsius - round(celsius)) > 0.03
        found[codes[row["station"]]].append(
            Reading(
                station=StationId(row["station"]),
                measured_at=at,
                kind=ReportKind.ROUTINE if exact else ReportKind.FIVE_MINUTE,
                source="RECORDED",
                raw="",
                temp_tenths_c=round(celsius * 10) if exact else None,
                temp_whole_c=None if exact else round(celsius),
            )
        )
    return {code: sorted(readings, key=lambda r: r.measured_at) for code, readings in found.items()}


def highs(shared: Path) -> dict[tuple[str, date], int]:
    """Return the official highs by city and day: the settlements', elsewhere those of the same station's file."""
    known = days.officials(shared)
    codes = {series: code for code, series in SERIES.items() if series in days.CITIES}
    found = {(codes[series], day): high for (series, day), high in known.items() if series in codes}
    file = shared / PRACTICE / "cli_settlements_20260124_0203.csv"
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        found[row["city"], date.fromisoformat(row["trade_date"])] = round(float(row["settlement_tmax_f"]))
    return found


class Told(NamedTuple):
    """A forecast of a day's high as it was recorded."""

    at: Nanos
    mean: float
    spread: float


def guesses(shared: Path) -> dict[tuple[str, date], list[Told]]:
    """Return every forecast of each city and day, by time."""
    found: dict[tuple[str, date], list[Told]] = defaultdict(list)
    for row in days.rows(shared, FOUR + "intraday_forecasts.csv.zst"):
        at = instant(datetime.fromisoformat(row["timestamp"]).isoformat())
        told = Told(at, float(row["mean_forecast"]), float(row["current_sigma"]))
        found[row["city"], date.fromisoformat(row["trade_date"])].append(told)
    return {key: sorted(told) for key, told in found.items()}


def errors_of(came: dict[tuple[str, date], int], given: dict[tuple[str, date], list[Told]]) -> Errors:
    """Return how far the last forecast before 9 o'clock of each day was off."""
    errors = Errors()
    for (code, day), told in given.items():
        opens, _ = climate_day.window(day, STATIONS[code][1].utc_offset_hours)
        morning = [one for one in told if one.at <= opens + MORNING]
        if morning and (code, day) in came:
            errors.known[day].append(came[code, day] - morning[-1].mean)
    return errors


def guess(told: Iterable[Told], at: Nanos, errors: Sequence[float]) -> outlook.Guess:
    """Return the last forecast by an instant: as unsure as the providers disagree, or at least as the errors are."""
    last = [one for one in told if one.at <= at][-1]
    off = math.sqrt(math.fsum(error * error for error in errors) / len(errors))
    sd = max(last.spread, off)
    return outlook.Guess(quantiles(last.mean, sd), whole_day=True)


def quantiles(mean: float, sd: float) -> CellQuantiles:
    """Return those of a normal law, of no cell."""
    return CellQuantiles(cell=Cell(""), p10=mean - forecast.Z90 * sd, p50=mean, p90=mean + forecast.Z90 * sd)
