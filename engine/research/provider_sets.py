"""Recorded days of providers beside official highs: what `atmx providers --data` is scored on.

Sets of the reference data: METARs of Atlanta with the daily summary's values, five-minute rows of four cities with the
highs that settled, days of Visual Crossing with the archive's, daily greatest hours of Central Park, a reanalysis.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from engine.core.errors import BadReport, InputError
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, Nanos
from engine.core.when import instant
from engine.research import days as reanalysis_days
from engine.research import settlement_days
from engine.sources import visual_crossing
from engine.weather import climate_day, providers
from engine.weather.providers import Check, Pair

LARGEST: Final = 64_000_000
OFFSETS: Final = {"KNYC": -5, "KMDW": -6, "KAUS": -6, "KMIA": -5}
"""Hours of local standard time of the cities with five-minute rows."""
CITIES: Final = {"ny": "KNYC", "il": "KMDW", "fl": "KMIA", "tx": "KAUS"}
BY_HOUR: Final = 24


def checks(folder: Path) -> tuple[Check, ...]:
    """Return the figures of every provider and station that a folder of reference data has days of.

    Raises
    ------
    InputError
        If none of the sets is there, or one cannot be read.
    """
    found: list[Check] = []
    for read in (_metars, _five_minutes, _crossing, _greatest_hour, _reanalysis):
        shelves: dict[tuple[str, str], list[Pair]] = {}
        for provider, station, pair in read(folder):
            shelves.setdefault((provider, station), []).append(pair)
        found += [providers.check(provider, station, pairs) for (provider, station), pairs in shelves.items()]
    if not found:
        raise InputError(f"--data: {folder} holds no set of providers' days")
    return tuple(found)


Rows = Iterator[tuple[str, str, Pair]]


def _metars(folder: Path) -> Rows:
    """Yield the days of METARs, by whole Celsius too: what a feed without T groups would have shown."""
    for file in sorted((folder / "frames/weather/lcd").glob("settlement_pairs_*.json")):
        for day in settlement_days.read(_text(file), str(file)):
            if day.high is None:
                continue
            on, official = _date(day.opens), round(day.high)
            for name, high in providers.highs(day.readings, day.opens, day.closes).items():
                yield name, day.station, Pair(on, high, official)
            inside = [r.temp_whole_c for r in day.readings if day.opens <= r.measured_at < day.closes]
            whole = [climate_day.fahrenheit(celsius * 10) for celsius in inside if celsius is not None]
            if len(whole) >= providers.LEAST_HOURS:
                yield "asos whole Celsius", day.station, Pair(on, max(whole), official)


def _five_minutes(folder: Path) -> Rows:
    """Yield the days of five-minute rows, whole Celsius, with the highs that settled."""
    place = folder / "frames/weather/synoptic"
    official: dict[tuple[str, date], int] = {}
    for file in sorted(place.glob("cli_settlements_*.csv")):
        for row in _table(file):
            official[row["station"], date.fromisoformat(row["trade_date"])] = _degrees(row["settlement_tmax_f"], file)
    shelves: dict[tuple[str, date], list[Reading]] = {}
    for file in sorted(place.glob("obs_5min_*.csv")):
        for row in _table(file):
            at, station = instant(row["valid_utc"]), row["station"]
            opens, _ = climate_day.window_at(at, OFFSETS[station])
            celsius = (_degrees(str((Decimal(row["temp_f"]) - 32) * 50 / 9), file) + 5) // 10
            made = Reading(
                station=StationId(station), measured_at=at, kind=ReportKind.FIVE_MINUTE, source="IEM", raw="",
                temp_whole_c=celsius,
            )  # fmt: skip
            shelves.setdefault((station, _date(opens)), []).append(made)
    for (station, day), readings in sorted(shelves.items()):
        known = official.get((station, day))
        if known is not None:
            opens, closes = climate_day.window(day, OFFSETS[station])
            for name, high in providers.highs(readings, opens, closes).items():
                yield name, station, Pair(day, high, known)


def _crossing(folder: Path) -> Rows:
    """Yield the civil days of Visual Crossing, mixed from stations around the place, as nobody should use them."""
    for city, station in CITIES.items():
        official: dict[date, int] = {}
        for file in sorted((folder / "frames/weather/lcd").glob(f"ncei_{city}_*.csv")):
            for row in _table(file):
                if row.get("TMAX"):
                    official[date.fromisoformat(row["DATE"])] = _degrees(row["TMAX"], file)
        for file in sorted((folder / "frames/weather/visualcrossing").glob(f"visualCrossing_{city}_*.json")):
            try:
                stated = visual_crossing.days(_text(file).encode())
            except BadReport as e:
                raise InputError(f"{file}: {e}") from e
            for day in stated:
                known = official.get(day.day)
                if known is not None and day.high_f is not None:
                    high = _degrees(str(day.high_f), file)
                    yield "visual_crossing days, not locked", station, Pair(day.day, high, known)


def _greatest_hour(folder: Path) -> Rows:
    file = folder / "frames/weather/lcd/meteostat_vs_ncei_daily_pairs.csv"
    if not file.is_file():
        return
    for row in _table(file):
        if row["city"] == settlement_days.APART:
            high = climate_day.fahrenheit(_degrees(str(Decimal(row["meteostat_tmax_c"]) * 10), file))
            pair = Pair(date.fromisoformat(row["DATE"]), high, _degrees(row["ncei_tmax_f"], file))
            yield "greatest hour, whole Celsius", "KNYC", pair


def _reanalysis(folder: Path) -> Rows:
    """Yield a model's greatest hours; its tables are packed, and are passed over where nothing unpacks them."""
    if not (folder / "data/weather-daily-highs").is_dir() or shutil.which("zstd") is None:
        return
    for one in reanalysis_days.reanalysis(folder):
        within = one.hours[reanalysis_days.BEFORE : reanalysis_days.BEFORE + BY_HOUR]
        high = int(Decimal(str(max(within))).quantize(Decimal(1), ROUND_HALF_UP))
        yield "reanalysis, greatest hour", one.series, Pair(one.day, high, one.official)


def _date(opens: Nanos) -> date:
    """Return the local standard day that begins at an instant."""
    return date(1970, 1, 1) + timedelta(days=(opens + DAY // 2) // DAY)


def _degrees(text: str, file: Path) -> int:
    """Return the nearest whole number, halves up."""
    try:
        return int((Decimal(text) + Decimal("0.5")).to_integral_value(rounding="ROUND_FLOOR"))
    except (InvalidOperation, ValueError) as e:
        raise InputError(f"{file}: no number: {text[:20]!r}") from e


def _table(file: Path) -> Iterable[dict[str, str]]:
    return csv.DictReader(_text(file).splitlines())


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST:
            raise InputError(f"{file}: larger than {LARGEST} bytes")
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(f"{file}: cannot be read ({type(e).__name__})") from e
