"""Iowa Environmental Mesonet, asos.py: the CSV body to readings. Pure.

The service strips the K of four-letter codes, prints ``#DEBUG`` lines before the header unless asked not to,
writes M for missing and 0.0001 or T for a trace, ends every line, and may stop in the middle of one. Where a row
carries the METAR itself, that is what counts; the numeric columns are read only without it.

Source: akrherz/iem pylib/iemweb/request/asos.py; docs/datasets/metar.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, Nanos
from engine.core.when import instant
from engine.weather import metar
from engine.weather.climate_day import tenths_celsius

LARGEST: Final = 64_000_000
"""Characters in the largest body that is read; a year of 60 stations."""
SOURCE: Final = "IEM"
APART: Final = HOUR
"""Between a row's time and that of its report; what lies farther apart is a slip of whoever typed it."""

FIVE_MINUTE: Final = "MADISHF"
"""Word of the reports that come every five minutes."""

_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d{1,6})?")
_STATION = re.compile(r"[A-Z0-9]{3,4}")
_MISSING = frozenset({"M", "", "null", "None"})
_TRACE_BELOW = Decimal("0.005")
_MM_PER_INCH = Decimal("25.4")
_MPH_PER_KNOT = Decimal("1.15")


@dataclass(frozen=True, slots=True)
class Batch:
    """The readings of one body."""

    readings: tuple[Reading, ...]
    skipped: int
    """Rows that could not be read."""
    cut_short: bool
    """Whether the last line is shorter than the header or has no end: the answer broke off, ask again."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One line, its columns by name."""

    station: StationId
    valid_at: Nanos
    values: dict[str, str]
    line: str


def looks_like(text: str) -> bool:
    """Whether a text is an asos.py body by its header."""
    return _header(text[:4_096].splitlines()) is not None


def parse(body: str | bytes, routine_minutes: Mapping[StationId, int] | None = None) -> Batch:
    """Return the readings of an asos.py answer, in its order.

    Parameters
    ----------
    body : str or bytes
        Formats comma, onlycomma and tdf; times in UTC, as asked for without `tz`.
    routine_minutes : mapping of station to minute of the hour, optional
        Where no row of a station was made at its minute or near it, the commonest minute of its rows, those of the
        five-minute feed left out, counts as routine.

    Raises
    ------
    BadReport
        If it is longer than `LARGEST` or has no header: then it is the service's error text.
    """
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if len(text) > LARGEST:
        raise BadReport(f"longer than {LARGEST} characters", text[:200])
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    columns = _header(lines)
    if columns is None:
        raise BadReport("no header with station and valid", text[:200])
    rows = [_row(line, columns) for line in lines[1:]]
    ended = text.endswith("\n")
    if not ended and rows and rows[-1] is not None:
        rows[-1].values[columns[-1]] = "M"  # half a report says less than it did, and half a number something else
    good = [row for row in rows if row is not None]
    minutes = _routine_minutes(good, routine_minutes or {})
    return Batch(
        readings=tuple(_reading(row, minutes[row.station]) for row in good),
        skipped=len(rows) - len(good),
        cut_short=not ended or (len(lines) > 1 and len(_split(lines[-1], columns)) < len(columns)),
    )


def _header(lines: Sequence[str]) -> tuple[str, ...] | None:
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    columns = tuple(name.strip() for name in first.split("\t" if "\t" in first else ","))
    return columns if {"station", "valid"} <= set(columns) else None


def _split(line: str, columns: Sequence[str]) -> list[str]:
    return line.split("\t" if line.count("\t") >= len(columns) - 1 else ",")


def _row(line: str, columns: Sequence[str]) -> _Row | None:
    fields = _split(line, columns)
    if len(fields) != len(columns):
        return None
    values = {name: value.strip() for name, value in zip(columns, fields, strict=True)}
    try:
        valid_at = instant(values["valid"])
    except (ValueError, OverflowError):
        return None
    code = values["station"]
    if not _STATION.fullmatch(code):
        return None
    return _Row(StationId(code if len(code) == 4 else f"K{code}"), valid_at, values, line)


def _minute(row: _Row) -> int:
    return row.valid_at // 60_000_000_000 % 60


def _routine_minutes(rows: Sequence[_Row], known: Mapping[StationId, int]) -> dict[StationId, int]:
    seen: dict[StationId, Counter[int]] = {}
    for row in rows:
        seen.setdefault(row.station, Counter())[_minute(row)] += FIVE_MINUTE not in row.values.get("metar", "")
    return {station: _routine_minute(minutes, known.get(station)) for station, minutes in seen.items()}


def _routine_minute(seen: Counter[int], known: int | None) -> int:
    near = range(-metar.ROUTINE_SLACK, metar.ROUTINE_SLACK + 1)
    if known is not None and any(seen[(known + off) % 60] for off in near):
        return known
    # five-minute rows come as often as hourly ones, but on minutes that five divides
    return max(seen, key=lambda minute: (seen[minute], minute % 5 != 0, minute))


def _reading(row: _Row, routine_minute: int) -> Reading:
    text = row.values.get("metar", "")
    if text not in _MISSING:
        try:
            return metar.parse(text, row.valid_at, source=SOURCE, routine_minute=routine_minute, within=APART)
        except BadReport:
            pass  # the numbers of the row are still good
    return _numeric(row, routine_minute)


def _numeric(row: _Row, routine_minute: int) -> Reading:
    exact, whole = _temperature(row.values)
    hundredths, trace = _precipitation(row.values)
    routine = abs((_minute(row) - routine_minute + 30) % 60 - 30) <= metar.ROUTINE_SLACK
    peak = row.values.get("peak_wind_time", "")
    return Reading(
        station=row.station,
        measured_at=row.valid_at,
        kind=ReportKind.ROUTINE if routine else ReportKind.SPECIAL,
        source=SOURCE,
        raw=row.line[: metar.LONGEST],
        temp_tenths_c=exact,
        temp_whole_c=whole,
        precip_hundredths_in=hundredths,
        trace=trace,
        wind_kt=_knots(row.values, "sknt", "sped"),
        gust_kt=_knots(row.values, "gust", "gust_mph"),
        peak_wind_kt=_knots(row.values, "peak_wind_gust", "peak_wind_gust_mph"),
        peak_wind_at=_time(peak),
    )


def _number(values: Mapping[str, str], name: str) -> Decimal | None:
    text = values.get(name, "")
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def _time(text: str) -> Nanos | None:
    try:
        return None if text in _MISSING else instant(text)
    except (ValueError, OverflowError):
        return None


def _temperature(values: Mapping[str, str]) -> tuple[int | None, int | None]:
    """Return exact tenths of a degree Celsius, or else whole degrees: what lies on no whole Fahrenheit is lossy."""
    fahrenheit, celsius = _number(values, "tmpf"), _number(values, "tmpc")
    if fahrenheit is None and celsius is None:
        return None, None
    tenths = _rounded((fahrenheit - 32) * 50 / 9 if fahrenheit is not None else (celsius or Decimal(0)) * 10)
    if not metar.COLDEST <= tenths <= metar.HOTTEST:
        return None, None
    if fahrenheit is not None and fahrenheit == fahrenheit.to_integral_value():
        return tenths_celsius(int(fahrenheit)), None
    off = (tenths * 9 + 1_600) % 50  # fiftieths of a degree Fahrenheit above a whole one
    lossy = 5 < off < 45
    if lossy and tenths % 10 == 0:
        return None, tenths // 10
    return tenths, None


def _precipitation(values: Mapping[str, str]) -> tuple[int | None, bool]:
    if "T" in (values.get("p01i"), values.get("p01m")):
        return 0, True
    inches, mm = _number(values, "p01i"), _number(values, "p01m")
    amount = inches if inches is not None else None if mm is None else mm / _MM_PER_INCH
    if amount is None or not 0 <= amount * 100 <= metar.MOST_RAIN:
        return None, False
    return _rounded(amount * 100), 0 < amount < _TRACE_BELOW


def _knots(values: Mapping[str, str], knots: str, mph: str) -> int | None:
    speed = _number(values, knots)
    fast = _number(values, mph)
    if speed is None and fast is not None:
        speed = fast / _MPH_PER_KNOT
    return None if speed is None or not 0 <= speed <= metar.STRONGEST_KT else _rounded(speed)
