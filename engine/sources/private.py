"""A station file of one's own: rows of a comma table to readings, for contracts that name it as a source. Pure.

::

    station,time,value,unit,quality
    KMDW,2026-07-03T17:50:00Z,82.4,F,good

Times are ISO 8601, UTC where they state no offset. The unit says what is measured: ``F`` or ``C`` the temperature,
``kt`` or ``m/s`` the strongest wind since the row before, ``in`` or ``mm`` the rain since the row before; rows of one
station and time are one report. Fahrenheit is rounded, halves up, to the whole degrees that stations keep. Only rows
whose quality is ``good`` or empty count; what is doubtful is left out and counted, never mended.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from msgspec import structs

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.when import instant
from engine.weather.climate_day import tenths_celsius
from engine.weather.daily import COLDEST_F, HOTTEST_F

LARGEST: Final = 64_000_000
"""Characters of the largest file."""
MOST_ROWS: Final = 500_000
COLUMNS: Final = ("station", "time", "value", "unit", "quality")
SOURCE: Final = "PRIVATE"
GOOD: Final = frozenset({"", "good"})
STRONGEST_KT: Final = 250
MOST_RAIN_IN: Final = 20
"""In one row."""
FIELDS: Final = ("temp_tenths_c", "gust_kt", "precip_hundredths_in")
KNOT: Final = Decimal(3_600) / Decimal(1_852)
"""Knots of a metre per second."""
INCH_MM: Final = Decimal("25.4")

_STATION = re.compile(r"[A-Z][A-Z0-9]{3}")
_NUMBER = re.compile(r"[+-]?\d{1,5}(?:\.\d{1,4})?")


@dataclass(frozen=True, slots=True)
class Rows:
    """What a file held."""

    readings: tuple[Reading, ...]
    doubtful: int
    """Rows whose own quality says that they are not to be used."""
    skipped: tuple[str, ...]
    """Rows that cannot be read, by line and reason; at most `SHOWN` of them."""


SHOWN: Final = 20


def looks_like(text: str) -> bool:
    """Whether a text is such a file by its header."""
    first = text[:400].lstrip("\ufeff").splitlines()
    return bool(first) and tuple(name.strip().lower() for name in first[0].split(",")) == COLUMNS


def parse(text: str) -> Rows:
    """Return the rows of a file, in its order.

    Raises
    ------
    BadReport
        If it has another header, or is longer than `LARGEST` or `MOST_ROWS`.
    """
    if len(text) > LARGEST:
        raise BadReport(f"longer than {LARGEST} characters", text[:200])
    if not looks_like(text):
        raise BadReport(f"no header {','.join(COLUMNS)}", text[:200])
    found: dict[tuple[str, int], Reading] = {}
    skipped, doubtful = [], 0
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    next(rows)
    try:
        for number, fields in enumerate(rows, 2):
            if number > MOST_ROWS + 1:
                raise BadReport(f"more than {MOST_ROWS} rows", text[:200])
            if not any(field.strip() for field in fields):
                continue
            made = _row([field.strip() for field in fields])
            if isinstance(made, Reading):
                key = (made.station, made.measured_at)
                found[key] = made if key not in found else _joined(found[key], made)
            elif made:
                skipped.append(f"line {number}: {made}")
            else:
                doubtful += 1
    except csv.Error as e:
        raise BadReport(f"no comma table ({str(e)[:80]})", text[:200]) from e
    return Rows(tuple(found.values()), doubtful, tuple(skipped[:SHOWN]))


def _joined(before: Reading, after: Reading) -> Reading:
    """Return two rows of one time as one report; of what both state the later counts."""
    stated = {name: value for name in FIELDS if (value := getattr(after, name)) is not None}
    return structs.replace(before, raw=f"{before.raw};{after.raw}"[:200], **stated)


def _row(fields: list[str]) -> Reading | str:
    """Return a row as a reading; empty where it is doubtful, else why it cannot be read."""
    if len(fields) != len(COLUMNS):
        return f"{len(fields)} columns, {len(COLUMNS)} are needed"
    station, time, value, unit, quality = fields
    if quality.lower() not in GOOD:
        return ""
    if not _STATION.fullmatch(station):
        return f"no station code: {station[:20]!r}"
    try:
        at = instant(time)
    except (ValueError, OverflowError):
        return f"no time: {time[:40]!r}"
    if not _NUMBER.fullmatch(value):
        return f"no number: {value[:20]!r}"
    measured = _measured(Decimal(value), unit)
    if isinstance(measured, str):
        return measured
    return Reading(
        station=StationId(station),
        measured_at=at,
        kind=ReportKind.PRIVATE,
        source=SOURCE,
        raw=",".join(fields)[:200],
        **measured,  # type: ignore[arg-type]  # one whole number by the name of its field
    )


def _measured(value: Decimal, unit: str) -> Mapping[str, int] | str:
    """Return a value as the reading's field, in whole units of it; else why it is none."""
    if unit in {"F", "C"}:
        fahrenheit = value if unit == "F" else value * 9 / 5 + 32
        if not COLDEST_F <= fahrenheit <= HOTTEST_F:
            return f"no temperature: {value} {unit}"
        return {"temp_tenths_c": tenths_celsius(_whole(value)) if unit == "F" else _whole(value * 10)}
    if unit in {"kt", "m/s"}:
        knots = value if unit == "kt" else value * KNOT
        return {"gust_kt": _whole(knots)} if 0 <= knots <= STRONGEST_KT else f"no wind: {value} {unit}"
    if unit in {"in", "mm"}:
        inches = value if unit == "in" else value / INCH_MM
        fits = 0 <= inches <= MOST_RAIN_IN
        return {"precip_hundredths_in": _whole(inches * 100)} if fits else f"no rain: {value} {unit}"
    return f"no unit that is known: {unit[:20]!r}"


def _whole(value: Decimal) -> int:
    """Return the nearest whole number, halves up, below zero too."""
    return int((value + Decimal("0.5")).to_integral_value(rounding="ROUND_FLOOR"))
