"""One METAR or SPECI report to a `Reading`: integers in the units the station sent. Pure and total.

Groups are recognised by the grammar of python-metar; its `Metar` class is not used here because it reads the
clock, warns, and turns every group into floats. It is the oracle of the tests instead.

Source: FMH-1 chapter 12; the measured rules R2, R5 and R6 of the settlement sheet.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from metar import Metar as _metar

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.core.when import at_minute, utc_day

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 1_024
"""Characters in the longest report that is read; real ones end near 400."""
ROUTINE_SLACK: Final = 2
"""Minutes by which a routine report may miss its station's minute."""

COLDEST, HOTTEST = -900, 600
"""Tenths of a degree Celsius: a little beyond the records of the Earth."""
STRONGEST_KT: Final = 250
MOST_RAIN: Final = 2_000
"""Hundredths of an inch in an hour: a little beyond the record."""

_GRAMMAR: dict[str, re.Pattern[str]] = {  # patterns end in white space; its stub does not declare them
    name: vars(_metar)[f"{name}_RE"]
    for name in ("WIND", "TEMP", "TEMP_1HR", "TEMP_6HR", "TEMP_24HR", "PRECIP_1HR", "PEAK_WIND")
}
_HEAD = re.compile(r"(?:(METAR|SPECI) )?(COR )?([A-Z][A-Z0-9]{3}) (\d\d)(\d\d)(\d\d)Z?(?: |$)")
_UNREADABLE = re.compile(r"[^\x21-\x7e]+")
_TREND = frozenset({"TEMPO", "BECMG", "NOSIG", "FCST"})
_WET = re.compile(r"[-+]?(?:SH|TS|FZ)*(?:RA|DZ|SN|SG|PL|GR|GS|UP)+$")
_WET_SINCE = re.compile(r"(?:RA|DZ|SN|SG|PL|UP)[BE]\d\d")
_SNOWFALL = re.compile(r"931(\d{3})$")
_KNOTS_PER = {"MPS": (1_944, 1_000), "KMH": (540, 1_000)}


class Wind(NamedTuple):
    """Speeds of the wind group, knots."""

    steady: int | None
    gust: int | None


class Rain(NamedTuple):
    """What the report says about precipitation since the last routine one."""

    hundredths: int | None
    trace: bool
    missing: bool


def parse(
    raw: str | bytes,
    near: Nanos,
    *,
    source: str = "METAR",
    routine_minute: int | None = None,
    within: int | None = None,
) -> Reading:
    """Return what one report says.

    Parameters
    ----------
    raw : str or bytes
        The report, with or without its type word; anything else is refused, never trusted.
    near : Nanos
        A time within 13 days of the report, which states its day of the month only.
    source : str
        Who gave it.
    routine_minute : int, minutes, optional
        Minute of the station's routine report; tells routine from special where no type word does.
    within : int, nanoseconds, optional
        How far from `near` it can have been made.

    Raises
    ------
    BadReport
        If it is no report, has no valid time or another than it can have, is NIL, empty or longer than `LONGEST`.
    """
    text = clean(raw)
    head = _HEAD.match(text)
    if head is None:
        raise BadReport("no station and time at its head", text)
    groups = text[head.end() :].rstrip("=").split()
    body, remarks = _halves(groups)
    if not body or "NIL" in body:
        raise BadReport("the report was empty or NIL", text)
    measured_at = _moment(int(head[4]), int(head[5]), int(head[6]), near, text)
    if within is not None and abs(measured_at - near) > within:
        raise BadReport(f"it states {head[4]}{head[5]}{head[6]}Z, which is not when it was made", text)
    kind = _kind(head[1], int(head[6]), routine_minute, groups)
    return _reading(text, measured_at, kind, source, head, body, remarks)


def clean(raw: str | bytes) -> str:
    """Return a report as one line of printable ASCII.

    Raises
    ------
    BadReport
        If it is longer than `LONGEST`.
    """
    text = raw.decode("latin-1") if isinstance(raw, bytes) else raw
    if len(text) > LONGEST:
        raise BadReport(f"longer than {LONGEST} characters", text[:200])
    return _UNREADABLE.sub(" ", text).strip()


def _reading(
    text: str,
    measured_at: Nanos,
    kind: ReportKind,
    source: str,
    head: re.Match[str],
    body: Sequence[str],
    remarks: Sequence[str],
) -> Reading:
    exact, whole = _temperatures(body, remarks, kind)
    six = _six_hours(remarks, measured_at) if kind is ReportKind.ROUTINE else {}
    day = _first(_GRAMMAR["TEMP_24HR"], remarks)
    wind, rain = _wind(body), _rain(body, remarks, kind)
    peak = _peak_wind(remarks, measured_at)
    return Reading(
        station=StationId(head[3]),
        measured_at=measured_at,
        kind=kind,
        source=source,
        raw=text,
        temp_tenths_c=exact,
        temp_whole_c=whole,
        max6_tenths_c=six.get("1"),
        min6_tenths_c=six.get("2"),
        max24_tenths_c=_signed(day["smaxt"], day["maxt"]) if day else None,
        min24_tenths_c=_signed(day["smint"], day["mint"]) if day else None,
        precip_hundredths_in=rain.hundredths,
        trace=rain.trace,
        precip_missing=rain.missing,
        wind_kt=wind.steady,
        gust_kt=wind.gust,
        peak_wind_kt=peak[0],
        peak_wind_at=peak[1],
        snow_tenths_in=_snowfall(remarks),
        corrected=bool(head[2]) or body[0] in ("COR", "CORR") or body[0][:2] == "CC",
    )


def _halves(groups: list[str]) -> tuple[list[str], list[str]]:
    """Return the body without its trend forecast, and the remarks."""
    marks = [n for n, group in enumerate(groups) if group in ("RMK", "RMKS")]
    body = groups[: marks[0]] if marks else groups
    trends = [n for n, group in enumerate(body) if group in _TREND]
    return body[: trends[0]] if trends else body, groups[marks[0] + 1 :] if marks else []


def _moment(day: int, hour: int, minute: int, near: Nanos, text: str) -> Nanos:
    """Return the instant of that day of the month that lies nearest."""
    if hour > 23 or minute > 59:
        raise BadReport(f"no such time: {hour:02d}:{minute:02d}", text)
    try:
        today = utc_day(near)
    except (ValueError, OverflowError) as e:
        raise BadReport(f"no calendar day for the reference time {near}", text) from e
    found = [at_minute(that, hour, minute) for that in _days(today.year, today.month, day)]
    if not found:
        raise BadReport(f"no such day of the month: {day:02d}", text)
    return min(found, key=lambda at: abs(at - near))


@lru_cache(maxsize=256)
def _days(year: int, month: int, day: int) -> tuple[date, ...]:
    """Return that day in the month, the one before and the one after, where it exists."""
    months = [divmod(year * 12 + month - 1 + step, 12) for step in (-1, 0, 1)]
    return tuple(found for y, m in months if (found := _date(y, m + 1, day)))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _kind(word: str | None, minute: int, routine_minute: int | None, groups: Sequence[str]) -> ReportKind:
    if "MADISHF" in groups:
        return ReportKind.FIVE_MINUTE
    if word:
        return ReportKind.ROUTINE if word == "METAR" else ReportKind.SPECIAL
    return ReportKind.ROUTINE if _is_routine(minute, routine_minute) else ReportKind.SPECIAL


def _is_routine(minute: int, routine_minute: int | None) -> bool:
    """Whether a report of that minute is the hourly one; the network's own habit is :50 to :00."""
    if routine_minute is None:
        return minute >= 50 or minute == 0
    return (minute - routine_minute + ROUTINE_SLACK) % 60 <= 2 * ROUTINE_SLACK


def _first(pattern: re.Pattern[str], groups: Sequence[str]) -> re.Match[str] | None:
    for group in groups:
        if found := pattern.fullmatch(f"{group} "):
            return found
    return None


def _signed(sign: str, digits: str) -> int | None:
    """Return tenths of a degree; 1 is minus. None beyond what the Earth has seen."""
    tenths = -int(digits) if sign == "1" else int(digits)
    return tenths if COLDEST <= tenths <= HOTTEST else None


def _temperatures(body: Sequence[str], remarks: Sequence[str], kind: ReportKind) -> tuple[int | None, int | None]:
    whole = _whole(body)
    group = _first(_GRAMMAR["TEMP_1HR"], remarks)
    if group is None or kind is ReportKind.FIVE_MINUTE:  # the five-minute feed computes its T group from whole degrees
        return None, whole
    exact = _signed(group["tsign"], group["temp"])
    if exact is not None and whole is not None and abs(exact - 10 * whole) > 10:
        return None, None  # garbled: nothing tells which of the two
    return exact, whole


def _whole(body: Sequence[str]) -> int | None:
    found = _first(_GRAMMAR["TEMP"], body)
    digits = found["temp"].replace("M", "-") if found else ""
    if not digits.lstrip("-").isdecimal():
        return None
    return int(digits) if COLDEST <= 10 * int(digits) <= HOTTEST else None


def _six_hours(remarks: Sequence[str], measured_at: Nanos) -> dict[str, int | None]:
    """Return the extremes of six hours by group number; they are sent at 00, 06, 12 and 18 UTC only."""
    if (measured_at + 15 * MINUTE) // HOUR % 6:
        return {}
    found = [match for group in remarks if (match := _GRAMMAR["TEMP_6HR"].fullmatch(f"{group} "))]
    return {match["type"]: _signed(match["sign"], match["temp"]) for match in reversed(found)}


def _wind(body: Sequence[str]) -> Wind:
    found = next(
        (match for group in body[:3] if (match := _GRAMMAR["WIND"].fullmatch(f"{group} ")) and match["units"]), None
    )
    if found is None:
        return Wind(None, None)
    return Wind(_knots(found["speed"], found["units"]), _knots(found["gust"], found["units"]))


def _knots(digits: str | None, unit: str) -> int | None:
    number = (digits or "").replace("O", "0").lstrip("P")
    if not number.isdecimal():
        return None
    up, down = _KNOTS_PER.get(unit, (1, 1))
    knots = (2 * int(number) * up + down) // (2 * down)
    return knots if knots <= STRONGEST_KT else None


def _peak_wind(remarks: Sequence[str], measured_at: Nanos) -> tuple[int | None, Nanos | None]:
    """Return the strongest wind since the last routine report, and when it blew."""
    where = next((n for n, group in enumerate(remarks) if group == "WND"), 0)
    found = _GRAMMAR["PEAK_WIND"].match(" ".join(remarks[where - 1 : where + 2]) + " ") if where else None
    if found is None:
        return None, None
    blew_at = _before(measured_at, found["hour"], int(found["min"]))
    return _knots(found["speed"], "KT"), blew_at


def _before(measured_at: Nanos, hour: str | None, minute: int) -> Nanos:
    """Return the last instant with that hour and minute; the hour is left out when it is the report's own."""
    period = HOUR if hour is None else 24 * HOUR
    wanted = (int(hour or 0) * HOUR + minute * MINUTE) % period
    return Nanos(measured_at - (measured_at - wanted) % period)


def _rain(body: Sequence[str], remarks: Sequence[str], kind: ReportKind) -> Rain:
    """Return the P group. Without one nothing fell, unless weather groups say otherwise or the gauge is out."""
    if "PNO" in remarks or "P////" in remarks:
        return Rain(None, trace=False, missing=True)
    if group := _first(_GRAMMAR["PRECIP_1HR"], remarks):
        amount = int(group["precip"])
        return Rain(amount, amount == 0, missing=False) if amount <= MOST_RAIN else Rain(None, False, missing=True)
    if kind is not ReportKind.ROUTINE:
        return Rain(None, trace=False, missing=False)
    if any(map(_WET.match, body)) or any(map(_WET_SINCE.search, remarks)):
        return Rain(None, trace=False, missing=True)
    return Rain(0 if "AO2" in remarks else None, trace=False, missing=False)  # AO1 stations cannot tell rain


def _snowfall(remarks: Sequence[str]) -> int | None:
    found = next((match for group in remarks if (match := _SNOWFALL.match(group))), None)
    return int(found[1]) if found else None
