"""Observation files, told apart by what is in them: tables of several services, climate reports, METAR text.

Pure: text in, readings out; opening files is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from engine.core.errors import BadReport, InputError
from engine.core.ids import StationId
from engine.core.reading import Reading
from engine.core.units import Nanos
from engine.sources import cli, iem, madis, one_minute, private
from engine.weather import bulletin


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of stations from elsewhere; either may be empty."""

    minutes: Mapping[StationId, int] = field(default_factory=dict)
    """Minute of the hour of the routine report."""
    names: Mapping[StationId, str] = field(default_factory=dict)
    """Tells stations of one climate product apart."""


def observations(text: str, file: str, near: Nanos, known: Known) -> tuple[Reading, ...]:
    """Return the readings of a table, of METAR text or of a station file of one's own, of every station in it.

    Parameters
    ----------
    file : str
        Its name, for messages.
    near : Nanos
        A time within 13 days of reports that state no month.

    Raises
    ------
    InputError
        If nothing in it could be read. A table with a header and no rows is empty, not wrong.
    """
    if private.looks_like(text):
        return _own(text, file)
    if madis.looks_like(text):
        return _madis(text, file)
    if one_minute.looks_like(text):
        return _minutes(text, file)
    if iem.looks_like(text):
        return _table(text, file, known)
    found = bulletin.read(text, near, routine_minutes=known.minutes)
    if not found.readings:
        why = found.unreadable[0] if found.unreadable else _first_line(text)
        raise InputError(f"{file}: report: none could be read, was {why}")
    return found.readings


def climate(text: str, file: str, station: StationId, day: date, known: Known) -> tuple[cli.ClimateReport, ...]:
    """Return the climate reports of a station and day; none when the file holds only others.

    Raises
    ------
    InputError
        If it holds no climate report at all.
    """
    try:
        reports = cli.parse(text)
    except BadReport as e:
        raise InputError(f"{file}: climate report: {e}, was {_first_line(text)}") from e
    own = cli.for_station(reports, station, known.names.get(station, ""))
    return tuple(report for report in own if report.day == day)


def _table(text: str, file: str, known: Known) -> tuple[Reading, ...]:
    try:
        return iem.parse(f"{text}\n", known.minutes).readings  # a file is whole, whether or not its last line ends
    except BadReport as e:
        raise InputError(f"{file}: table: {e}") from e


def _own(text: str, file: str) -> tuple[Reading, ...]:
    """Return the rows of a station file of one's own; a row that cannot be read makes all of it bad input."""
    try:
        found = private.parse(text)
    except BadReport as e:
        raise InputError(f"{file}: station file: {e}") from e
    if found.skipped:
        raise InputError(f"{file}: station file: {found.skipped[0]}")
    return found.readings


def _madis(text: str, file: str) -> tuple[Reading, ...]:
    try:
        return madis.parse(text).readings
    except BadReport as e:
        raise InputError(f"{file}: MADIS rows: {e}") from e


def _minutes(text: str, file: str) -> tuple[Reading, ...]:
    try:
        found = one_minute.parse(text)
    except BadReport as e:
        raise InputError(f"{file}: one-minute table: {e}") from e
    return tuple(made for minute in found.rows if (made := one_minute.reading(minute)) is not None)


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return repr(line[:60]) if line else "empty"
