"""The preliminary monthly climate table (CF6): the text product to one statement a day. Pure.

Fields stand in columns of fixed width, but offices differ in them; a row is read by the shape of its fields, and one
that lacks some of them keeps its temperatures only. Days to come are printed with M throughout.

Source: NWS Instruction 10-1004; ten products of the reference set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from engine.core.errors import BadReport
from engine.core.units import Nanos
from engine.core.when import at_minute
from engine.weather.daily import Daily, amount, degrees

LARGEST: Final = 200_000
SOURCE: Final = "CF6"

_PIL = re.compile(r"^CF6([A-Z0-9]{3})[ ]*$", re.MULTILINE)
_WMO = re.compile(r"^CX[A-Z]{2}\d\d [A-Z]{4} (\d\d)(\d\d)(\d\d)(?: [A-Z]{3})?[ ]*$", re.MULTILINE)
_MONTH = re.compile(r"^[ ]*MONTH:[ ]*([A-Z]{3,9}|\d{1,2})[ ]*$", re.MULTILINE)
_YEAR = re.compile(r"^[ ]*YEAR:[ ]*(\d{4})[ ]*$", re.MULTILINE)
_RULE = re.compile(r"^[ ]*={20,}[ ]*$", re.MULTILINE)
_WHOLE = r"-?\d{1,3}|M"
_TEMPERATURES = re.compile(rf"[ ]*(?P<day>\d{{1,2}})[ ]*(?P<high>{_WHOLE})[ ]+(?P<low>{_WHOLE})(?=[ ]|$)")
_ROW = re.compile(
    _TEMPERATURES.pattern
    + rf"[ ]+(?:{_WHOLE})[ ]+(?:{_WHOLE})[ ]+(?:{_WHOLE})[ ]+(?:{_WHOLE})"
    + r"[ ]+(?P<rain>\d{0,2}\.\d\d|T|M)[ ]+(?P<snow>\d{0,3}\.\d|T|M)(?=[ ]|$)"
)
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def parse(product: str | bytes) -> tuple[Daily, ...]:
    """Return what the days of a month's table state, in their order; days that state nothing are left out.

    `Daily.place` is the three letters of the product.

    Raises
    ------
    BadReport
        If it is longer than `LARGEST`, names no product, month or year, or has no table: offices send their
        program's error messages under the same heading.
    """
    raw = product.decode("latin-1") if isinstance(product, bytes) else product
    if len(raw) > LARGEST:
        raise BadReport(f"longer than {LARGEST} characters", raw[:200])
    text = re.sub(r"[^\n\x20-\x7e]", " ", raw.replace("\r", "").upper())
    pil, first = _PIL.search(text), _first_day(text)
    if pil is None:
        raise BadReport("no CF6 product is named in it", raw[:200])
    if first is None:
        raise BadReport("no month and year in it", raw[:200])
    parts = _RULE.split(text)
    if len(parts) < 4:
        raise BadReport("no table in it", raw[:200])
    rows = [row for row in _rows(pil[1], first, parts[2]) if not row.empty]
    return _issued(rows, first, _WMO.search(text))


def _first_day(text: str) -> date | None:
    month, year = _MONTH.search(text), _YEAR.search(text)
    if month is None or year is None:
        return None
    try:
        number = int(month[1]) if month[1].isdecimal() else _MONTHS.index(month[1][:3]) + 1
        return date(int(year[1]), number, 1)
    except ValueError:
        return None


def _rows(place: str, first: date, table: str) -> Iterator[Daily]:
    for line in table.splitlines():
        found = _ROW.match(line) or _TEMPERATURES.match(line)
        day = None if found is None else _day(first, int(found["day"]))
        if found is None or day is None:
            continue
        stated = found.groupdict()
        rain, trace = amount(stated.get("rain", "M"), 100)
        yield Daily(
            source=SOURCE,
            place=place,
            day=day,
            high_f=_degrees(found["high"]),
            low_f=_degrees(found["low"]),
            precip_hundredths_in=rain,
            trace=trace,
            snow_tenths_in=amount(stated.get("snow", "M"), 10)[0],
            raw=line.rstrip()[:100],
        )


def _day(first: date, number: int) -> date | None:
    try:
        return first.replace(day=number)
    except ValueError:
        return None


def _degrees(text: str) -> int | None:
    return None if text == "M" else degrees(int(text))


def _issued(rows: list[Daily], first: date, head: re.Match[str] | None) -> tuple[Daily, ...]:
    """Stamp the rows with the time of issue: a day of the month not before the table's last row, or of the month after.

    A table of the evening holds the running day.
    """
    at = None if head is None or not rows else _moment(rows[-1].day, first, *map(int, head.groups()))
    return tuple(replace(row, issued_at=at) for row in rows)


def _moment(last: date, first: date, day: int, hour: int, minute: int) -> Nanos | None:
    months = first.year * 12 + first.month - 1 + (day < last.day)
    try:
        that = date(months // 12, months % 12 + 1, day)
    except ValueError:
        return None
    return at_minute(that, hour, minute) if hour < 24 and minute < 60 else None
