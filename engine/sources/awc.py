"""Aviation Weather Center, /api/data/metar: the JSON list to readings. Pure.

Only the report itself counts. `obsTime` is when it was made; `reportTime` is rounded to the hour, and is used for
nothing but the month of a report that has no other.

Source: aviationweather.gov data API; three reports of the reference set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.reading import Reading
from engine.core.units import SECOND, Nanos
from engine.core.when import instant, iso
from engine.sources.document import decoded
from engine.weather import metar

SOURCE: Final = "AWC"


class _Report(msgspec.Struct):
    rawOb: str
    obsTime: int | None = None
    reportTime: str | None = None


def parse(body: bytes, routine_minutes: Mapping[StationId, int] | None = None) -> tuple[Reading, ...]:
    """Return the readings of an answer, in its order; what cannot be read is left out.

    Raises
    ------
    BadReport
        If it is too long or no list.
    """
    rows = decoded(body, list[msgspec.Raw], "a list of reports")
    found = (_reading(row, routine_minutes or {}) for row in rows)
    return tuple(reading for reading in found if reading is not None)


def _reading(raw: msgspec.Raw, minutes: Mapping[StationId, int]) -> Reading | None:
    try:
        row = msgspec.json.decode(raw, type=_Report)
        near = _near(row)
        words = row.rawOb.split()[:2]
        station = StationId(words[-1] if words else "")
        return metar.parse(row.rawOb, near, source=SOURCE, routine_minute=minutes.get(station))
    except (msgspec.DecodeError, BadReport, ValueError, OverflowError):
        return None


def _near(row: _Report) -> Nanos:
    if row.obsTime is not None:
        return instant(iso(Nanos(row.obsTime * SECOND)))  # which refuses what no calendar holds
    return instant(row.reportTime or "")
