"""National Weather Service, station observations: GeoJSON to readings. Pure.

A row that carries the METAR is that METAR. Rows without one are the five-minute feed, whose whole degrees Celsius
are ambiguous in Fahrenheit. Any key may be absent, any value null; units are named in each value and changed over
the years.

Source: weather-gov/api openapi; recorded bodies of 2019 to 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import Nanos
from engine.core.when import instant
from engine.sources.document import decoded
from engine.weather import metar

SOURCE: Final = "NWS"
COLDEST_C, HOTTEST_C = -90.0, 60.0
_STATION = re.compile(r"([A-Z0-9]{3,5})$")
_REFUSED = frozenset({"X", "Q"})
"""Quality flags of values that failed their checks."""
_CELSIUS = {"degC": (1.0, 0.0), "degF": (5 / 9, -160 / 9), "K": (1.0, -273.15)}
_KNOTS = {"km_h-1": 1 / 1.852, "m_s-1": 3_600 / 1_852, "kn": 1.0, "mi_h-1": 0.868976}


_NULL: Final = msgspec.Raw(b"null")


class _Quantity(msgspec.Struct):
    value: float | str | None = None
    unitCode: str | None = ""
    qualityControl: str | None = ""


class _Properties(msgspec.Struct):
    timestamp: str | None = None
    station: str | None = None
    stationId: str | None = None
    rawMessage: str | None = None
    temperature: _Quantity | None = None
    windSpeed: _Quantity | None = None
    windGust: _Quantity | None = None


class _Feature(msgspec.Struct):
    properties: msgspec.Raw


class _Answer(msgspec.Struct):
    features: list[_Feature] | None = None
    properties: msgspec.Raw = _NULL


@dataclass(frozen=True, slots=True)
class Observations:
    """What an answer held."""

    readings: tuple[Reading, ...]
    """Oldest first."""
    skipped: int
    """Rows that say nothing: no station, no time, or no value that stands."""


def parse(body: bytes, routine_minutes: Mapping[StationId, int] | None = None) -> Observations:
    """Return the readings of a collection of observations, or of a single one (``latest``).

    Raises
    ------
    BadReport
        If it is too long or neither of the two.
    """
    answer = decoded(body, _Answer, "a collection of observations")
    if answer.features is None and answer.properties == _NULL:
        raise BadReport("neither observations nor one of them", body[:200].decode("latin-1"))
    rows = [answer.properties] if answer.features is None else [row.properties for row in answer.features]
    found = [_reading(row, routine_minutes or {}) for row in rows]
    readings = sorted((r for r in found if r is not None), key=lambda reading: reading.measured_at)
    return Observations(tuple(readings), len(rows) - len(readings))


def _reading(raw: msgspec.Raw, minutes: Mapping[StationId, int]) -> Reading | None:
    try:
        row = msgspec.json.decode(raw, type=_Properties)
        at = instant(row.timestamp or "")
    except (msgspec.DecodeError, ValueError, OverflowError):
        return None
    text = row.rawMessage or ""
    named = _STATION.search(row.stationId or row.station or "")
    if text.strip():
        try:
            words = [word for word in text.split()[:3] if len(word) == 4]
            minute = next((minutes[StationId(w)] for w in words if StationId(w) in minutes), None)
            return metar.parse(text, at, source=SOURCE, routine_minute=minute)
        except BadReport:
            pass  # the values of the row may still be good
    return None if named is None else _numeric(row, StationId(named[1]), at, text)


def _numeric(row: _Properties, station: StationId, at: Nanos, text: str) -> Reading | None:
    celsius = _in_units(row.temperature, _CELSIUS)
    whole = None if celsius is None or not COLDEST_C <= celsius <= HOTTEST_C else int(celsius // 1)
    if celsius is not None and whole is not None and abs(celsius - round(celsius)) > 0.01:
        whole = None  # a mean or a conversion: no whole degree that a station sent
    elif celsius is not None and whole is not None:
        whole = round(celsius)
    wind, gust = _in_knots(row.windSpeed), _in_knots(row.windGust)
    if whole is None and wind is None and gust is None:
        return None
    return Reading(
        station=station,
        measured_at=at,
        kind=ReportKind.FIVE_MINUTE,
        source=SOURCE,
        raw=metar.clean(text[: metar.LONGEST]),
        temp_whole_c=whole,
        wind_kt=wind,
        gust_kt=gust,
    )


def _in_units(quantity: _Quantity | None, units: Mapping[str, tuple[float, float]]) -> float | None:
    value = _value(quantity)
    scale = units.get(_unit(quantity))
    return None if value is None or scale is None else value * scale[0] + scale[1]


def _in_knots(quantity: _Quantity | None) -> int | None:
    value, scale = _value(quantity), _KNOTS.get(_unit(quantity))
    knots = None if value is None or scale is None else value * scale
    return None if knots is None or not 0 <= knots <= 250 else int(knots + 0.5)


def _unit(quantity: _Quantity | None) -> str:
    return (quantity.unitCode or "").rpartition(":")[2] if quantity is not None else ""


def _value(quantity: _Quantity | None) -> float | None:
    """Return a value that passed its checks; numbers as text are numbers."""
    if quantity is None or (quantity.qualityControl or "").rpartition(":")[2] in _REFUSED:
        return None
    try:
        value = float(quantity.value) if quantity.value is not None else None
    except ValueError:
        return None
    return value if value is not None and abs(value) < 1e6 else None
