"""Which bytes of a file of ECMWF's open data hold which field: its .index, one JSON object a line. Pure.

An object holds the field's offset and length and its MARS keys as texts. Totals are counted since the run began and
extremes over the hours before, but both are named by their end alone.

Source: ECMWF open data, index files.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from engine.core.errors import BadReport
from engine.sources.grib_index import FARTHEST, LONGEST, MOST, Entry, Step, run_of, text_of

_STEP = re.compile(r"(?:([0-9]{1,5})-)?([0-9]{1,5})")


class _Ecmwf(msgspec.Struct, rename={"offset": "_offset", "length": "_length"}):
    offset: int
    length: int
    date: str
    time: str
    step: str
    param: str
    type: str = ""
    levtype: str = ""
    levelist: str = ""
    number: str = ""


SUMS: Final = frozenset({"tp", "sf", "ro", "ssrd"})
"""Totals since the run began."""
EXTREMES: Final = frozenset({"10fg", "10fg3", "mx2t3", "mn2t3", "mx2t6", "mn2t6"})
"""Of hours before the step that the index does not count: their step is unknown, and they are never chosen."""


def parse(body: bytes) -> tuple[Entry, ...]:
    """Return the fields of an ECMWF index: variable is its ``param``, level ``sfc`` or ``pl 500``, more its member.

    Raises
    ------
    BadReport
        If it is too long, holds no field, or a line that is no JSON object of a field.
    """
    lines = [line for line in text_of(body).splitlines() if line.strip()]
    if not lines or len(lines) > MOST:
        raise BadReport(f"an index of {len(lines)} fields", body[:200].decode("latin-1"))
    return tuple(_of_ecmwf(n, line) for n, line in enumerate(lines, 1))


def _of_ecmwf(number: int, line: str) -> Entry:
    try:
        row = msgspec.json.decode(line, type=_Ecmwf)
        start, end = _STEP.fullmatch(row.step).groups()  # type: ignore[union-attr]  # what is None raises below
        until = 60 * int(end)
        since = 0 if row.param in SUMS else until
        run = run_of((row.date + row.time.zfill(4))[:40])
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, AttributeError) as e:
        raise BadReport(f"no line of an index: {line[:60]!r}", line[:200]) from e
    if not (0 <= row.offset <= FARTHEST and 0 < row.length <= FARTHEST and until <= LONGEST):
        raise BadReport(f"no line of an index: {line[:60]!r}", line[:200])
    step = None if row.param in EXTREMES or start else Step(since, until, "acc" if row.param in SUMS else "")
    level = f"{row.levtype} {row.levelist}".strip()
    member = f"member {row.number}" if row.number else ""
    return Entry(
        number=number, sub=1, first=row.offset, last=row.offset + row.length - 1, known_end=True, run=run,
        variable=row.param, level=level, step=step, words=row.step, more=member,
    )  # fmt: skip
