"""Recorded station-days as arrays for the settlement backtest: METARs with official values, or hours of a model.

A station-day file is JSON: a list of ``{"station", "date", "lst_utc_offset_hours", "official_high_f",
"official_low_f", "official_precip", "reports": [[time, text], …]}``, with every report from some hours before the
local-standard day to some after it. Reports are read by the product's own parser.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

import numpy as np

from engine.core.errors import BadReport, InputError
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, Nanos
from engine.core.when import instant
from engine.research.settlement import HOURS, Measure, Unit, Values, Years
from engine.weather import climate_day, metar
from engine.weather.climate_day import SIX_HOURS, tenths_celsius
from engine.weather.observed import settled

MOST_DAYS: Final = 200_000
MOST_REPORTS: Final = 1_000
"""Of one day: five-minute reports are 288."""
GROUPS: Final = 4
APART: Final = "ny"
"""City of a daily table whose columns are of different sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDay:
    """What a station reported around a local-standard day, and what became official; None is not known."""

    station: str
    opens: Nanos
    closes: Nanos
    readings: tuple[Reading, ...]
    high: float | None
    """F."""
    low: float | None
    rain: float | None
    """Inches; a trace is 0."""


def read(text: str, file: str) -> tuple[StationDay, ...]:
    """Return the station-days of a file; reports that cannot be read are left out, as they would have been live.

    Raises
    ------
    InputError
        If it is no such file.
    """
    try:
        stated = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise InputError(f"{file}: not JSON ({type(e).__name__})") from e
    if not isinstance(stated, list) or not 0 < len(stated) <= MOST_DAYS:
        raise InputError(f"{file}: a list of 1 to {MOST_DAYS} station-days is needed, was {type(stated).__name__}")
    return tuple(_day(one, f"{file}: day {n}") for n, one in enumerate(stated))


def arrays(days: Iterable[StationDay], measure: Measure) -> Years:
    """Return station-days as arrays, by station and day; stations with fewer days end in days without anything.

    Of temperatures the rules are, after the hours': special reports too, the 6-hour groups wholly inside the day,
    and alone the 24-hour group of midnight. Of rain they are, beside the hours' sum: the most of each clock hour in any
    report, and all reports added up, as it must not be done.
    """
    shelves: dict[str, list[StationDay]] = {}
    for day in sorted(days, key=lambda day: (day.station, day.opens)):
        shelves.setdefault(day.station, []).append(day)
    count, most = len(shelves), max(map(len, shelves.values()), default=0)
    hours, official = _empty(count, HOURS, most), _empty(count, most)
    most_of_hours, every_row = _empty(count, most), _empty(count, most)
    specials, groups, midnight = _empty(count, HOURS, most), _empty(count, GROUPS, most), _empty(count, most)
    for s, shelf in enumerate(shelves.values()):
        for d, day in enumerate(shelf):
            readings = settled(day.readings)
            official[s, d] = _official(day, measure)
            if measure is Measure.RAIN:
                _rain(day, readings, hours[s, :, d])
                most_of_hours[s, d], every_row[s, d] = _gross(day, readings)
            else:
                _temperatures(day, readings, measure, hours[s, :, d], specials[s, :, d], groups[s, :, d])
                midnight[s, d] = _midnight(day, readings, measure)
    if measure is Measure.RAIN:
        return Years(
            measure=measure,
            unit=Unit.INCH,
            stations=tuple(shelves),
            hours=hours,
            official=official,
            alone=(("most of each hour", most_of_hours), ("every row", every_row)),
        )
    return Years(
        measure=measure,
        unit=Unit.CELSIUS,
        stations=tuple(shelves),
        hours=hours,
        official=official,
        further=(("specials", specials), ("groups", groups)),
        alone=(("midnight", midnight),),
    )


def hourly(days: Iterable[tuple[str, date, Sequence[float], int]]) -> Years:
    """Return days of a model's hours, F, with official highs as (station, day, 24 hours, high)."""
    shelves: dict[str, list[tuple[date, Sequence[float], int]]] = {}
    for station, day, hours_f, high in days:
        shelves.setdefault(station, []).append((day, hours_f, high))
    count, most = len(shelves), max(map(len, shelves.values()), default=0)
    hours, official = _empty(count, HOURS, most), _empty(count, most)
    for s, shelf in enumerate(shelves.values()):
        for d, (_, hours_f, high) in enumerate(sorted(shelf)):
            hours[s, :, d], official[s, d] = hours_f, high
    return Years(measure=Measure.HIGH, unit=Unit.FAHRENHEIT, stations=tuple(shelves), hours=hours, official=official)


def daily(text: str, file: str) -> Years:
    """Return a table of daily greatest hourly temperatures, C, beside official highs, F.

    Columns are ``city, DATE, ncei_tmax_f, meteostat_tmax_c``. Only New York's rows count: the others' two columns are
    one source. The temperature stands alone, since the hours behind it are not in the file.

    Raises
    ------
    InputError
        If a column is missing or a row holds no numbers.
    """
    found = []
    for n, row in enumerate(csv.DictReader(io.StringIO(text))):
        try:
            if row["city"] == APART:
                found.append((float(row["meteostat_tmax_c"]), float(row["ncei_tmax_f"])))
        except (KeyError, TypeError, ValueError) as e:
            raise InputError(f"{file}: row {n}: {type(e).__name__}: {str(e)[:80]}") from e
    greatest = np.array([[celsius for celsius, _ in found]], dtype=np.float32)
    official = np.array([[high for _, high in found]], dtype=np.float32)
    return Years(
        measure=Measure.HIGH,
        unit=Unit.CELSIUS,
        stations=("KNYC",),
        hours=_empty(1, 0, len(found)),
        official=official,
        alone=(("greatest hour", greatest),),
    )


def _empty(*shape: int) -> Values:
    return np.full(shape, np.nan, dtype=np.float32)


def _day(stated: object, where: str) -> StationDay:
    if not isinstance(stated, Mapping):
        raise InputError(f"{where}: a station-day is an object, was {type(stated).__name__}")
    try:
        day, offset = date.fromisoformat(stated["date"]), int(stated["lst_utc_offset_hours"])
        opens, closes = climate_day.window(day, offset)
        reports = [(instant(at), str(text)) for at, text in stated["reports"][:MOST_REPORTS]]
        return StationDay(
            station=str(stated["station"])[:40],
            opens=opens,
            closes=closes,
            readings=tuple(_readings(reports)),
            high=_number(stated.get("official_high_f")),
            low=_number(stated.get("official_low_f")),
            rain=_number(stated.get("official_precip")),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as e:
        raise InputError(f"{where}: {type(e).__name__}: {str(e)[:80]}") from e


def _readings(reports: Iterable[tuple[Nanos, str]]) -> Iterable[Reading]:
    for at, text in reports:
        try:
            yield metar.parse(text, at)
        except BadReport:
            continue


def _number(stated: object) -> float | None:
    if stated == "T":
        return 0.0
    try:
        value = Decimal(str(stated))
    except InvalidOperation:
        return None
    return float(value) if value.is_finite() and abs(value) < 1_000 else None


def _official(day: StationDay, measure: Measure) -> float:
    value = {Measure.HIGH: day.high, Measure.LOW: day.low, Measure.RAIN: day.rain}[measure]
    return np.nan if value is None else value


def _temperatures(
    day: StationDay, readings: Sequence[Reading], measure: Measure, hours: Values, specials: Values, groups: Values
) -> None:
    further: Callable[[float, float], float] = np.fmax if measure is Measure.HIGH else np.fmin
    for reading in readings:
        since = reading.measured_at - day.opens
        if not 0 <= since < day.closes - day.opens:
            continue
        if reading.temp_tenths_c is not None:
            place = hours if reading.kind is ReportKind.ROUTINE else specials
            place[since // HOUR] = further(place[since // HOUR], reading.temp_tenths_c / 10)
        six = reading.max6_tenths_c if measure is Measure.HIGH else reading.min6_tenths_c
        if six is not None and since >= SIX_HOURS:  # one that straddles midnight belongs to neither day (R3)
            groups[since // SIX_HOURS] = further(groups[since // SIX_HOURS], six / 10)


def _midnight(day: StationDay, readings: Sequence[Reading], measure: Measure) -> float:
    extreme = climate_day.high if measure is Measure.HIGH else climate_day.low
    whole = extreme(readings, day.opens, day.closes).midnight
    return np.nan if whole is None else tenths_celsius(whole) / 10


def _rain(day: StationDay, readings: Sequence[Reading], hours: Values) -> None:
    """Set inches by hour of the routine reports; one without a group was dry, one that lost its group is a gap."""
    for reading in readings:
        since = reading.measured_at - day.opens
        inside = 0 <= since < day.closes - day.opens
        if inside and reading.kind is ReportKind.ROUTINE and not reading.precip_missing:
            fell = (reading.precip_hundredths_in or 0) / 100
            hours[since // HOUR] = np.fmax(hours[since // HOUR], fell)


def _gross(day: StationDay, readings: Sequence[Reading]) -> tuple[float, float]:
    """Return inches by the most of each clock hour over all reports, and by the sum of all reports."""
    hours: dict[int, int] = {}
    every = 0
    for reading in readings:
        if day.opens <= reading.measured_at < day.closes and reading.precip_hundredths_in is not None:
            hour = reading.measured_at // HOUR
            hours[hour] = max(hours.get(hour, 0), reading.precip_hundredths_in)
            every += reading.precip_hundredths_in
    return sum(hours.values()) / 100, every / 100
