"""What the Iowa Environmental Mesonet keeps of climate reports, monthly tables and stations, as JSON. Pure.

Numbers that are missing are the text ``M``, a trace is ``T``. A row names the product it was read from, which begins
with the time of issue; the report of an afternoon is kept like any other until the final one replaces it, so the
time of issue is all that tells them apart.

Source: akrherz/iem pylib/iemweb/json/cli.py, json/cf6.py, geojson/network.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from engine.core.ids import StationId
from engine.core.units import Nanos
from engine.core.when import at_minute
from engine.sources.document import decoded
from engine.weather.daily import Daily, degrees

CLI: Final = "IEM CLI"
CF6: Final = "IEM CF6"
MOST_IN: Final = 100.0
_PRODUCT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)-")
_CODE = re.compile(r"[A-Z0-9]{3,4}")

Value = int | float | str | None


class _Row(msgspec.Struct):
    station: str
    valid: str
    high: Value = None
    low: Value = None
    high_time: str | None = None
    low_time: str | None = None
    precip: Value = None
    snow: Value = None
    product: str | None = None


class _Results(msgspec.Struct):
    results: list[msgspec.Raw]


class _Point(msgspec.Struct):
    coordinates: tuple[float, float]


class _Facts(msgspec.Struct):
    sname: str = ""
    elevation: float | None = None
    tzname: str | None = None
    online: bool = True
    network: str = ""
    ugc_county: str | None = None
    ugc_zone: str | None = None


class _Feature(msgspec.Struct):
    id: str
    geometry: _Point
    properties: _Facts


class _Network(msgspec.Struct):
    features: list[msgspec.Raw]


@dataclass(frozen=True, slots=True)
class Place:
    """A station of a network."""

    id: StationId
    name: str
    lat: float
    lon: float
    elevation_m: float | None
    zone: str
    """IANA name, or empty."""
    online: bool
    network: str
    county: str
    """UGC code of its county and of its forecast zone, or empty: what alerts are issued for."""
    forecast_zone: str


def climate(body: bytes, source: str = CLI) -> tuple[Daily, ...]:
    """Return the rows of /json/cli.py, or with `source` `CF6` those of /json/cf6.py, that can be read.

    Raises
    ------
    BadReport
        If it is too long or no such document.
    """
    rows = decoded(body, _Results, "rows of days").results
    return tuple(found for found in (_daily(row, source) for row in rows) if found is not None)


def network(body: bytes) -> tuple[Place, ...]:
    """Return the stations of /geojson/network.py that can be read.

    Raises
    ------
    BadReport
        If it is too long or no such document.
    """
    return tuple(_places(decoded(body, _Network, "a network of stations").features))


def _daily(raw: msgspec.Raw, source: str) -> Daily | None:
    try:
        row = msgspec.json.decode(raw, type=_Row)
        day = date.fromisoformat(row.valid)
    except (msgspec.DecodeError, ValueError):
        return None
    if not _CODE.fullmatch(row.station):
        return None
    rain, trace = _amount(row.precip, 100)
    return Daily(
        source=source,
        place=row.station,
        day=day,
        high_f=_degrees(row.high),
        low_f=_degrees(row.low),
        high_time=(row.high_time or "")[:12],
        low_time=(row.low_time or "")[:12],
        precip_hundredths_in=rain,
        trace=trace,
        snow_tenths_in=_amount(row.snow, 10)[0],
        issued_at=_issued(row.product or ""),
        raw=(row.product or "")[:80],
    )


def _degrees(value: Value) -> int | None:
    return None if value is None or isinstance(value, str) else degrees(value)


def _amount(value: Value, parts: int) -> tuple[int | None, bool]:
    if value == "T":
        return 0, True
    if value is None or isinstance(value, str) or not 0 <= value <= MOST_IN:
        return None, False
    return int(value * parts + 0.5), False


def _issued(product: str) -> Nanos | None:
    found = _PRODUCT.match(product)
    if found is None:
        return None
    year, month, day, hour, minute = map(int, found.groups())
    try:
        return at_minute(date(year, month, day), hour, minute) if hour < 24 and minute < 60 else None
    except ValueError:
        return None


def _places(rows: Iterable[msgspec.Raw]) -> Iterator[Place]:
    for raw in rows:
        try:
            row = msgspec.json.decode(raw, type=_Feature)
        except msgspec.DecodeError:
            continue
        lon, lat = row.geometry.coordinates
        if not (_CODE.fullmatch(row.id) and abs(lat) <= 90 and abs(lon) <= 180):
            continue
        facts = row.properties
        yield Place(
            id=StationId(row.id if len(row.id) == 4 else f"K{row.id}"),
            name=facts.sname[:80],
            lat=lat,
            lon=lon,
            elevation_m=facts.elevation,
            zone=(facts.tzname or "")[:40],
            online=facts.online,
            network=facts.network[:40],
            county=(facts.ugc_county or "")[:6],
            forecast_zone=(facts.ugc_zone or "")[:6],
        )
