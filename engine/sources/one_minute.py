"""One-minute data of automated stations: the service's table, or the archive's own pages, to minutes. Pure.

Temperatures are whole degrees Fahrenheit, the mean of five minutes that the station computes every minute and takes
its daily extremes from. Rain is what fell in that minute, never a running total. The data come a day late and are
unchecked; what the archive puts in brackets it holds suspect.

Source: akrherz/iem pylib/iemweb/request/asos1min.py; NCEI DSI-6405 and DSI-6406.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, Nanos
from engine.core.when import instant
from engine.weather.climate_day import tenths_celsius
from engine.weather.daily import degrees

LARGEST: Final = 256_000_000
"""Characters in the largest table; a month of ten stations is 30 million."""
SOURCE: Final = "IEM1MIN"
ARCHIVE: Final = "NCEI1MIN"
STRONGEST_KT: Final = 250
DAY_MINUTES: Final = 1_440
NOON: Final = 720

_MISSING = frozenset({"M", "", "null", "None"})
_STATION = re.compile(r"[A-Z0-9]{3,4}")
_NUMBER = re.compile(r"-?\d{1,4}(?:\.\d{1,4})?")
_LINE = re.compile(r"\d{5}(?P<station>[A-Z0-9]{4}) [A-Z0-9]{3}(?P<date>\d{8})\d{4}(?P<clock>\d{4})(?P<rest>.*)")
_PRESSURE = re.compile(r"\b(?:1[5-9]|2\d|3[01])\.\d{3}[\] ]+(?:M|-?\d|\[|1[5-9]\.|2\d\.|3[01]\.)")
_RAIN = re.compile(r"(?P<open>\[)?\s*(?<![\d.])(?P<rain>\d?\.\d\d)(?!\d)")
_PAIR = re.compile(
    r"(?P<first>\[)?\s*(?P<temp>-?\d{1,3}|M)(?:\s*\]|\s)\s*(?P<second>\[)?\s*(?P<dew>-?\d{1,3}|M)\s*\]?\s*$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """One minute of one station. None is missing."""

    station: StationId
    at: Nanos
    temp_f: int | None = None
    dew_f: int | None = None
    wind_kt: int | None = None
    gust_kt: int | None = None
    precip_hundredths_in: int | None = None
    """Of this minute alone."""
    suspect: bool = False
    """The archive doubts one of its values."""
    source: str = SOURCE
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Minutes:
    """What a text held."""

    rows: tuple[Minute, ...]
    skipped: int
    cut_short: bool
    """Whether the last line is shorter than the header or has no end: the answer broke off, ask again."""


def looks_like(text: str) -> bool:
    """Whether a text is an asos1min.py body by its header."""
    first = next((line for line in text[:4_096].splitlines() if line.strip() and not line.startswith("#")), "")
    return re.match(r"station[,\t].*\bvalid\([A-Za-z_/+-]{1,40}\)", first) is not None


def parse(body: str | bytes) -> Minutes:
    """Return the minutes of an asos1min.py answer in UTC, in its order.

    Raises
    ------
    BadReport
        If it is longer than `LARGEST`, has no header, or its times are not in UTC.
    """
    text = _text(body)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    mark = "\t" if lines and "\t" in lines[0] else ","
    columns = [name.strip() for name in lines[0].split(mark)] if lines else []
    if "station" not in columns or not any(name.startswith("valid(") for name in columns):
        raise BadReport("no header with station and valid", text[:200])
    if "valid(UTC)" not in columns:
        raise BadReport("its times are not in UTC", lines[0][:200])
    found = [_row(line, mark, columns) for line in lines[1:]]
    rows = tuple(row for row in found if row is not None)
    short = not text.endswith("\n") or (len(lines) > 1 and len(lines[-1].split(mark)) < len(columns))
    return Minutes(rows, len(found) - len(rows), short)


def parse_archive(body: str | bytes) -> Minutes:
    """Return the minutes of a page of the archive: page 2 alone holds temperatures.

    Raises
    ------
    BadReport
        If it is longer than `LARGEST`, is page 1 (visibility and wind), or is no such page.
    """
    text = _text(body)
    lines = [line for line in text.splitlines() if line.strip()]
    heads = [_LINE.match(line) for line in lines]
    if not any(heads):
        raise BadReport("no line with station and time at its head", text[:200])
    if not any(head and _PRESSURE.search(head["rest"]) for head in heads):
        raise BadReport("page 1 of the one-minute archive: visibility and wind, no temperature", text[:200])
    found = [_archived(head) for head in heads if head]
    rows = tuple(row for row in found if row is not None)
    return Minutes(rows, len(lines) - len(rows), cut_short=False)


def reading(minute: Minute) -> Reading | None:
    """Return a minute's temperature and wind as a reading; None where it has neither, or is suspect.

    Its rain is left out: a reading's is a total since the last routine report.
    """
    if minute.suspect or (minute.temp_f is None and minute.wind_kt is None and minute.gust_kt is None):
        return None
    return Reading(
        station=minute.station,
        measured_at=minute.at,
        kind=ReportKind.ONE_MINUTE,
        source=minute.source,
        raw=minute.raw,
        temp_tenths_c=None if minute.temp_f is None else tenths_celsius(minute.temp_f),
        wind_kt=minute.wind_kt,
        gust_kt=minute.gust_kt,
    )


def _text(body: str | bytes) -> str:
    text = body.decode("latin-1") if isinstance(body, bytes) else body
    if len(text) > LARGEST:
        raise BadReport(f"longer than {LARGEST} characters", text[:200])
    return text


def _row(line: str, mark: str, columns: Sequence[str]) -> Minute | None:
    fields = line.split(mark)
    if len(fields) > len(columns) and "station_name" in columns:  # names are not quoted, and may hold commas
        n, more = columns.index("station_name"), len(fields) - len(columns)
        fields[n : n + more + 1] = [mark.join(fields[n : n + more + 1])]
    if len(fields) != len(columns):
        return None
    values = dict(zip(columns, (field.strip() for field in fields), strict=True))
    code = values["station"]
    try:
        at = instant(values["valid(UTC)"])
    except (ValueError, OverflowError):
        return None
    if not _STATION.fullmatch(code):
        return None
    rain = _number(values, "precip")
    return Minute(
        station=StationId(code if len(code) == 4 else f"K{code}"),
        at=at,
        temp_f=degrees(_number(values, "tmpf")),
        dew_f=degrees(_number(values, "dwpf")),
        wind_kt=_knots(_number(values, "sknt")),
        gust_kt=_knots(_number(values, "gust_sknt")),
        precip_hundredths_in=None if rain is None or not 0 <= rain < 10 else round(rain * 100),
        raw=line[:200],
    )


def _number(values: dict[str, str], name: str) -> float | None:
    text = values.get(name, "")
    return None if text in _MISSING or not _NUMBER.fullmatch(text) else float(text)


def _knots(value: float | None) -> int | None:
    return None if value is None or not 0 <= value <= STRONGEST_KT else int(value + 0.5)


def _archived(head: re.Match[str]) -> Minute | None:
    """Return a line of page 2; the last two of its fields are temperature and dew point."""
    pair = _PAIR.search(head["rest"])
    day, clock = head["date"], head["clock"]
    try:
        at = instant(f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:]}:00Z")
    except (ValueError, OverflowError):
        return None
    if pair is None:
        return None
    rain = _RAIN.search(head["rest"], 0, pair.start())
    return Minute(
        station=StationId(head["station"]),
        at=_in_utc(at, head[0]),
        temp_f=_degrees(pair["temp"]),
        dew_f=_degrees(pair["dew"]),
        precip_hundredths_in=None if rain is None else round(float(rain["rain"]) * 100),
        suspect="[" in (pair["first"] or "", pair["second"] or "") or bool(rain and rain["open"]),
        source=ARCHIVE,
        raw=head[0][:200],
    )


def _in_utc(at: Nanos, line: str) -> Nanos:
    """Return the instant in UTC: the line's date is the local one, its second clock is UTC.

    No station is half a day or more west of UTC, so that the clocks tell on which side of it one lies.
    """
    local, utc = int(line[21:23]) * 60 + int(line[23:25]), int(line[25:27]) * 60 + int(line[27:29])
    behind = (utc - local + NOON) % DAY_MINUTES - NOON
    return Nanos(at + (local + behind) // DAY_MINUTES * DAY)


def _degrees(text: str) -> int | None:
    return None if text == "M" else degrees(int(text))
