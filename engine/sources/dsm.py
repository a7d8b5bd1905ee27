"""The stations' own daily summary message (DSM): text to one statement a station. Pure.

A message names day and month but no year, may be an interim one (an hour stands before the date), and ends with
``=``. Temperatures are whole degrees Fahrenheit of the local standard day, rain is in hundredths of an inch.

Source: ASOS User's Guide, Daily Summary Message; pyIEM's grammar of it; the reference set's collective of 23
stations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.core.errors import BadReport
from engine.core.units import DAY, HOUR, Nanos
from engine.core.when import at_minute, utc_day
from engine.weather.daily import Daily, degrees

LARGEST: Final = 2_000_000
NEAREST: Final = 184 * DAY
"""A day that is farther away in every year is none of this year's: 29 February has one in four."""
LONGEST: Final = 1_000
"""Characters of the longest message; real ones end near 250."""
SOURCE: Final = "DSM"
MOST_RAIN: Final = 5_000
"""Hundredths of an inch in a day: a little beyond the record."""

_HEAD = r"\b[A-Z][A-Z0-9]{3}\s+DS\s"
_MESSAGE = re.compile(
    rf"\b(?P<station>[A-Z][A-Z0-9]{{3}})\s+DS\s+(?P<rest>(?:(?!{_HEAD}|\n[ ]*\n)[^=]){{1,1000}}?)"
    rf"(?:=|$|(?={_HEAD})|(?=\n[ ]*\n))"
)
"""A message ends with ``=``; one that lacks it at an empty line, or where the next begins."""
_BODY = re.compile(
    r"(?P<corrected>COR\s+)?(?:(?P<hour>\d{4})\s+)?(?P<day>\d\d)/(?P<month>\d\d)\s*"
    r"(?P<high>M|-?\d{1,3}(?=\d{4}))(?P<high_at>\d{4})?/\s*(?P<low>M|-?\d{1,3}(?=\d{4}))(?P<low_at>\d{4})?//\s*"
    r"(?:-?\d{1,3}|M)?/\s*(?:-?\d{1,3}|M)?//\s*(?:M|-?\d{3,4}(?:\d{4})?)?/\s*(?P<rain>T|M|\d{1,4})?/"
)


@dataclass(frozen=True, slots=True)
class Messages:
    """What a text held."""

    days: tuple[Daily, ...]
    unreadable: tuple[str, ...]
    """Why a message was dropped, one line each."""


def parse(text: str | bytes, near: Nanos) -> Messages:
    """Return the summaries in a product or a collective of them; `Daily.place` is the station's four letters.

    Parameters
    ----------
    near : Nanos
        A time within five months of the messages, for the year they do not name. What an archive keeps is stamped
        with it, live ones with the time they came.

    Raises
    ------
    BadReport
        If it is longer than `LARGEST` or holds no such message.
    """
    raw = text.decode("latin-1") if isinstance(text, bytes) else text
    if len(raw) > LARGEST:
        raise BadReport(f"longer than {LARGEST} characters", raw[:200])
    plain = re.sub(r"[^\n\x20-\x7e]", " ", raw.replace("\r", ""))
    days: list[Daily] = []
    unreadable: list[str] = []
    for found in _MESSAGE.finditer(plain):
        try:
            days.append(_summary(found, near))
        except BadReport as e:
            unreadable.append(f"{e}: {e.raw[:60]}")
    if not days and not unreadable:
        raise BadReport("no daily summary message in it", raw[:200])
    return Messages(tuple(days), tuple(unreadable))


def _summary(found: re.Match[str], near: Nanos) -> Daily:
    whole = " ".join(found[0].split())
    body = _BODY.match(re.sub(r"\n\s*", "", found["rest"]))
    if body is None:
        raise BadReport("no date, high, low and rain at its head", whole)
    day = _day(int(body["day"]), int(body["month"]), near)
    if day is None:
        raise BadReport(f"no such day: {body['day']}/{body['month']}", whole)
    rain = _rain(body["rain"])
    return Daily(
        source=SOURCE,
        place=found["station"],
        day=day,
        high_f=_degrees(body["high"]),
        low_f=_degrees(body["low"]),
        high_time=body["high_at"] or "",
        low_time=body["low_at"] or "",
        precip_hundredths_in=rain,
        trace=body["rain"] == "T",
        interim=body["hour"] is not None,
        corrected=body["corrected"] is not None,
        raw=whole[:LONGEST],
    )


def _day(day: int, month: int, near: Nanos) -> date | None:
    """Return that day of the year in which it lies nearest: in January a message of December is last year's."""
    try:
        today = utc_day(near)
    except (ValueError, OverflowError):
        return None
    found = [made for year in (today.year - 1, today.year, today.year + 1) if (made := _date(year, month, day))]
    close = [that for that in found if abs(at_minute(that, 12, 0) - (near - 6 * HOUR)) <= NEAREST]
    return min(close, key=lambda that: abs(at_minute(that, 12, 0) - (near - 6 * HOUR)), default=None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _degrees(text: str) -> int | None:
    return None if text == "M" else degrees(int(text))


def _rain(text: str | None) -> int | None:
    if text in (None, "M"):
        return None
    if text == "T":
        return 0
    return hundredths if (hundredths := int(text or "")) <= MOST_RAIN else None
