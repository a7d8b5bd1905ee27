"""Reports out of text files: one a line, dated or not, or gathered in a WMO bulletin. Pure.

In a bulletin a report ends with ``=``, goes on over indented lines, and may take its type from a line that says
only METAR or SPECI.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.reading import Reading
from engine.core.units import Nanos
from engine.core.when import instant
from engine.weather import metar

_DATED = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)[\s,;]+")
_START = re.compile(r"(?:(?:METAR|SPECI) )?(?:COR )?([A-Z][A-Z0-9]{3}) \d{6}Z?(?: |=|$)")
_TYPED = re.compile(r"(?:METAR|SPECI)\b")
_CONTROL = re.compile(r"[^\x20-\x7e\t]+")


@dataclass(frozen=True, slots=True)
class Reports:
    """What a text held."""

    readings: tuple[Reading, ...]
    """In the text's order."""
    unreadable: tuple[str, ...]
    """Why a report was dropped, one line each."""


@dataclass(slots=True)
class _Found:
    """A report being gathered."""

    near: Nanos
    station: str
    text: str


def read(
    text: str, near: Nanos, *, source: str = "METAR", routine_minutes: Mapping[StationId, int] | None = None
) -> Reports:
    """Return every report of a text.

    Parameters
    ----------
    text : str
        Any text; lines that belong to no report are passed over.
    near : Nanos
        A time within 13 days of the undated reports.
    routine_minutes : mapping of station to minute of the hour, optional
        For reports without a type word.
    """
    minutes = routine_minutes or {}
    readings: list[Reading] = []
    unreadable: list[str] = []
    for found in _reports(text, near):
        minute = minutes.get(StationId(found.station))
        try:
            readings.append(metar.parse(found.text, found.near, source=source, routine_minute=minute))
        except BadReport as e:
            unreadable.append(f"{e}: {e.raw[:60]}")
    return Reports(tuple(readings), tuple(unreadable))


def _reports(text: str, near: Nanos) -> Iterator[_Found]:
    word = ""
    current: _Found | None = None
    for line in text.splitlines():
        plain = _CONTROL.sub(" ", line)
        bare = plain.strip()
        if bare in ("METAR", "SPECI"):
            word = f"{bare} "
            continue
        start = _start(bare, near, word)
        if start is not None:
            if current is not None:
                yield current
            current = start
        elif current is not None and bare and plain[0].isspace() and len(current.text) <= metar.LONGEST:
            current.text = f"{current.text} {bare}"
        if current is not None and bare.endswith("="):
            yield current
            current = None
    if current is not None:
        yield current


def _start(line: str, near: Nanos, word: str) -> _Found | None:
    """Return the report that begins with this line, if one does."""
    dated = _DATED.match(line)
    report = " ".join(line[dated.end() if dated else 0 :].split())
    head = _START.match(report)
    if head is None:
        return None
    typed = report if _TYPED.match(report) else word + report
    return _Found(_stated(dated[1], near) if dated else near, head[1], typed)


def _stated(text: str, near: Nanos) -> Nanos:
    try:
        return instant(text)
    except (ValueError, OverflowError):
        return near
