"""Which bytes of a forecast file hold which field: the lines of NOAA's .idx files, and the choice of one. Pure.

A line is ``number:offset:d=run:variable:level:step:more``; a field ends where the next different
offset begins, and the last one is open. Fields that share an offset, such as ``600.1`` and ``600.2``, lie in one
message. Where lines are missing in between, nobody can tell where the field before them ends.

A file of one hour holds rain twice, since the run began and of the last hour alone; in the first hour both are the
same span, in hour 0 it is ``0-0 day``, and after whole days the total is counted in days. So a field is always
chosen by its span of time, and a choice that is not of one field is refused.

Source: NCEP wgrib2's inventory; library sheet "HRRR, NBM, GEFS, ECMWF".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Final

from engine.core.errors import BadReport
from engine.core.units import HOUR, MINUTE, SECOND, Nanos

LARGEST: Final = 8_000_000
"""Bytes of the largest index that is read; the fullest known ones have about 1 MB."""
MOST: Final = 60_000
FARTHEST: Final = 1 << 40
"""No offset lies beyond."""
LONGEST: Final = 60 * 24 * 400
"""Minutes: no forecast reaches further."""

_LINE = re.compile(
    r"(\d{1,6})(?:\.(\d{1,4}))?:(\d{1,14}):d=(\d{8,12}):([^:]{1,80}):([^:]{1,120}):([^:]{1,120})(?::(.*))?"
)
_INSTANT = re.compile(r"(\d{1,6}) (min|hour|day) fcst")
_SPAN = re.compile(r"(\d{1,6})-(\d{1,6}) (min|hour|day) ([A-Za-z][A-Za-z ]{0,30}) fcst")
_MINUTES = {"min": 1, "hour": 60, "day": 1_440}


@dataclass(frozen=True, slots=True)
class Step:
    """The time a field is of, in minutes after its run: a moment, or a span and what is taken over it."""

    start: int
    end: int
    kind: str = ""
    """``acc``, ``max``, ``min``, ``ave``, ``StdDev``…; empty at a moment."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a file."""

    number: int
    sub: int
    """Which field of its message, from 1; 1 where it is alone."""
    first: int
    """Offset of its message's first byte."""
    last: int | None
    """Of its last byte; None where the file's end is the only bound."""
    known_end: bool
    """Whether `last` can be relied on; not where lines are missing behind it."""
    run: Nanos
    variable: str
    level: str
    step: Step | None
    """None where the words are none of ours; such a field is never chosen."""
    words: str
    """The step as it was written."""
    more: str
    """What follows the step: a member, a percentile, a probability."""

    @property
    def length(self) -> int | None:
        """Bytes of its message, where known."""
        return None if self.last is None else self.last - self.first + 1


def hours(end: int, start: int | None = None, kind: str = "") -> Step:
    """Return a step of whole hours after the run: a moment, or a span from `start`.

    Raises
    ------
    ValueError
        If it ends before it starts, or a span lasts no time.
    """
    if not 0 <= (end if start is None else start) <= end or start == end:
        msg = f"no span of a forecast: hours {start} to {end}"
        raise ValueError(msg)
    return Step(60 * (end if start is None else start), 60 * end, kind)


@lru_cache(maxsize=4_096)
def step_of(words: str) -> Step | None:
    """Return a step as wgrib2 words it, such as ``12 hour fcst`` or ``11-12 hour acc fcst``; None for others."""
    if words == "anl":
        return Step(0, 0)
    if found := _INSTANT.fullmatch(words):
        at = int(found[1]) * _MINUTES[found[2]]
        return Step(at, at) if at <= LONGEST else None
    if found := _SPAN.fullmatch(words):
        start, end = (int(found[n]) * _MINUTES[found[3]] for n in (1, 2))
        return Step(start, end, found[4]) if start <= end <= LONGEST else None
    return None


def parse(body: bytes) -> tuple[Entry, ...]:
    """Return the fields of a NOAA index in the order of the file; empty lines are passed over.

    Raises
    ------
    BadReport
        If it is too long, holds no field or a line that is none, or offsets that go back.
    """
    lines = [line for line in text_of(body).splitlines() if line.strip()]
    if not lines or len(lines) > MOST:
        raise BadReport(f"an index of {len(lines)} fields", body[:200].decode("latin-1"))
    rows = [_row(line) for line in lines]
    for before, after in pairwise(rows):
        if int(after[3]) < int(before[3]) or _place(after) <= _place(before):
            raise BadReport(f"an index that goes back at field {after[1]}", lines[0][:200])
    return tuple(_entries(rows))


def select(
    entries: Iterable[Entry], variable: str, level: str, step: Step, more: str | None = "", run: Nanos | None = None
) -> Entry:
    """Return the one field of a quantity, a level and a time.

    Parameters
    ----------
    variable, level : str
        As the index writes them: ``TMP``, ``2 m above ground``.
    step : Step
        Never a text: ``0-1 day`` and ``0-24 hour`` are one span.
    more : str or None
        What must follow the step, such as ``10% level``; nothing by default, None for whatever there is.
    run : Nanos, optional
        The run it must be of.

    Raises
    ------
    BadReport
        If there is none, or more than one and they are not the same span from the run's start; if lines behind it are
        missing, so that its end is unknown.
    """
    alike = [e for e in entries if (e.variable, e.level) == (variable, level) and (run is None or e.run == run)]
    fits = [e for e in alike if e.step == step and (more is None or e.more == more)]
    wanted = f"{variable} at {level}, {_spoken(step)}{', ' + more if more else ''}"
    if not fits:
        have = ", ".join(dict.fromkeys(f"{e.words}{' ' + e.more if e.more else ''}" for e in alike))[:120]
        raise BadReport(f"no {wanted}{'; there is ' + have if have else ''}", wanted)
    if len(fits) > 1 and not _same_total(fits):
        raise BadReport(f"{len(fits)} fields are {wanted}", wanted)
    if not fits[0].known_end:
        raise BadReport(f"where {wanted} ends is not known: lines behind it are missing", wanted)
    return fits[0]


def _same_total(fits: Sequence[Entry]) -> bool:
    """Whether all are one total since the run began, which hour 1 holds twice."""
    one = fits[0]
    same = all((e.run, e.step, e.more) == (one.run, one.step, one.more) for e in fits)
    return same and one.step is not None and one.step.start == 0 and one.step.kind == "acc"


def _row(line: str) -> re.Match[str]:
    found = _LINE.fullmatch(line.strip())
    if found is None or int(found[3]) > FARTHEST:
        raise BadReport(f"no line of an index: {line[:60]!r}", line[:200])
    return found


def _place(row: re.Match[str]) -> tuple[int, int]:
    return int(row[1]), int(row[2] or 1)


def _entries(rows: Sequence[re.Match[str]]) -> list[Entry]:
    """Return the fields with where each ends: before the next different offset."""
    found: list[Entry] = []
    last, gapless, later = None, True, None
    for row in reversed(rows):
        (number, sub), first = _place(row), int(row[3])
        if later is not None and later[1] != first:
            last, gapless = later[1] - 1, later[0] == number + 1
        later = number, first
        words = row[7].strip()
        found.append(
            Entry(
                number=number, sub=sub, first=first, last=last, known_end=gapless, run=run_of(row[4]),
                variable=row[5], level=row[6], step=step_of(words), words=words,
                more=(row[8] or "").strip(":").strip()[:120],
            )
        )  # fmt: skip
    return found[::-1]


@lru_cache(maxsize=256)
def run_of(text: str) -> Nanos:
    """Return the time of a run written as 2021082000, or with minutes; BadReport where it is none."""
    try:
        at = datetime.strptime(text.ljust(12, "0"), "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError as e:
        raise BadReport(f"no time of a run: {text!r}", text) from e
    return Nanos(int(at.timestamp()) * SECOND)


def _spoken(step: Step) -> str:
    if step.start == step.end:
        return f"{step.end / 60:g} h"
    return f"{step.start / 60:g}-{step.end / 60:g} h {step.kind}"


def text_of(body: bytes) -> str:
    """Return an index as text; BadReport where it is too long."""
    if len(body) > LARGEST:
        raise BadReport(f"an index of more than {LARGEST} bytes", body[:200].decode("latin-1"))
    return body.decode("latin-1")


def run_hours(opens: Nanos, closes: Nanos, run: Nanos) -> tuple[int, int]:
    """Return a window as whole hours after a run.

    Raises
    ------
    ValueError
        If it is empty, begins before the run, or an end is not a full hour after it.
    """
    first, off = divmod(opens - run, HOUR)
    last, also = divmod(closes - run, HOUR)
    if off or also or not 0 <= first < last:
        msg = f"a window of {(closes - opens) / MINUTE:g} minutes that is no whole hours of the run"
        raise ValueError(msg)
    return int(first), int(last)
