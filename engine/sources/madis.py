"""Rows of MADIS station data, as a comma table or JSON with the data set's own variable names, to readings. Pure.

``stationName`` (four letters), ``timeObs`` (seconds since 1970, or ISO 8601), ``temperature`` (kelvin), ``windSpeed``
and ``windGust`` (metres a second), and beside each variable its quality word (``temperatureDD`` …): what failed a check
(X, Q, B) is left out. Five-minute rows hold whole degrees Celsius, which may mean two of Fahrenheit; tenths are kept
where there are any. Rain in these rows is repeated within the hour and is not read.

Source: MADIS surface data, variable and quality-control conventions (NOAA NCEP).
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import SECOND, Nanos
from engine.core.when import instant

LARGEST: Final = 64_000_000
"""Characters of the largest text."""
MOST_ROWS: Final = 500_000
SOURCE: Final = "MADIS"
NEEDED: Final = ("stationName", "timeObs")
FAILED: Final = frozenset({"X", "Q", "B"})
"""Quality words: rejected, questioned, subjectively bad. C, S, V, Z and G pass."""
ZERO_C: Final = 273.15
COLDEST_C, HOTTEST_C = -74.0, 63.0
STRONGEST_KT: Final = 250
KNOT_MS: Final = 1_852 / 3_600
LATEST: Final = 4_102_444_800
"""Seconds: the year 2100."""

_STATION = re.compile(r"[A-Z][A-Z0-9]{3}")
_NUMBER = re.compile(r"[+-]?\d{1,10}(?:\.\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Rows:
    """What a text held."""

    readings: tuple[Reading, ...]
    failed: int
    """Values that the data set's own checks rejected."""
    skipped: int
    """Rows without station, time or any value."""


def looks_like(text: str) -> bool:
    """Whether a text holds such rows: by its header, or by the names in its first object."""
    head = text[:2_000]
    first = head.lstrip("\ufeff \r\n\t")
    if first.startswith(("[", "{")):
        return all(f'"{name}"' in head for name in NEEDED)
    columns = {name.strip() for name in first.split("\n", 1)[0].split(",")}
    return columns.issuperset(NEEDED)


def parse(text: str) -> Rows:
    """Return the rows of a table or of a JSON list (or of ``{"observations": [...]}``), in its order.

    Raises
    ------
    BadReport
        If it is neither, or is longer than `LARGEST` or `MOST_ROWS`.
    """
    if len(text) > LARGEST:
        raise BadReport(f"longer than {LARGEST} characters", text[:200])
    if not looks_like(text):
        raise BadReport(f"no rows with {' and '.join(NEEDED)}", text[:200])
    bare = text.lstrip("\ufeff \r\n\t")
    rows = _objects(bare) if bare.startswith(("[", "{")) else _table(bare)
    found, failed, skipped = [], 0, 0
    for number, row in enumerate(rows):
        if number >= MOST_ROWS:
            raise BadReport(f"more than {MOST_ROWS} rows", text[:200])
        failed += sum(row.get(f"{name}DD", "") in FAILED for name in ("temperature", "windSpeed", "windGust"))
        made = _reading(row)
        if made is None:
            skipped += 1
        else:
            found.append(made)
    return Rows(tuple(found), failed, skipped)


def _table(text: str) -> Iterable[Mapping[str, str]]:
    try:
        for row in csv.DictReader(io.StringIO(text)):
            yield {str(name).strip(): value.strip() for name, value in row.items() if isinstance(value, str)}
    except csv.Error as e:
        raise BadReport(f"no comma table ({str(e)[:80]})", text[:200]) from e


def _objects(text: str) -> Iterable[Mapping[str, str]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise BadReport(f"not JSON ({type(e).__name__})", text[:200]) from e
    rows = found.get("observations") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise BadReport("no list of rows", text[:200])
    for row in rows:
        stated = row if isinstance(row, dict) else {}
        yield {
            name: str(value)
            for name, value in stated.items()
            if isinstance(value, str | int | float) and value == value
        }


def _reading(row: Mapping[str, str]) -> Reading | None:
    station, at = row.get("stationName", ""), _time(row.get("timeObs", ""))
    whole, tenths = _temperature(_value(row, "temperature"))
    wind, gust = (_knots(_value(row, name)) for name in ("windSpeed", "windGust"))
    if not _STATION.fullmatch(station) or at is None or (whole, wind, gust) == (None, None, None):
        return None
    return Reading(
        station=StationId(station),
        measured_at=at,
        kind=ReportKind.FIVE_MINUTE,
        source=SOURCE,
        raw=",".join(f"{name}={value[:40]}" for name, value in sorted(row.items())[:12]),
        temp_tenths_c=tenths,
        temp_whole_c=whole,
        wind_kt=wind,
        gust_kt=gust,
    )


def _time(text: str) -> Nanos | None:
    if _NUMBER.fullmatch(text):
        seconds = float(text)
        return Nanos(int(seconds) * SECOND) if 0 < seconds < LATEST else None
    try:
        return instant(text)
    except (ValueError, OverflowError):
        return None


def _value(row: Mapping[str, str], name: str) -> float | None:
    """Return a variable that is a number and passed its checks."""
    text = row.get(name, "")
    return float(text) if _NUMBER.fullmatch(text) and row.get(f"{name}DD", "") not in FAILED else None


def _temperature(kelvin: float | None) -> tuple[int | None, int | None]:
    """Return whole degrees Celsius and, only where the value is not a whole one, tenths."""
    if kelvin is None or not COLDEST_C <= kelvin - ZERO_C <= HOTTEST_C:
        return None, None
    tenths = math.floor((kelvin - ZERO_C) * 10 + 0.5)
    whole = (tenths + 5) // 10
    return whole, tenths if tenths % 10 else None


def _knots(metres: float | None) -> int | None:
    if metres is None or not 0 <= metres <= STRONGEST_KT * KNOT_MS:
        return None
    return math.floor(metres / KNOT_MS + 0.5)
