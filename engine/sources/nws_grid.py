"""National Weather Service, forecasts of a grid cell: its layers, its periods, its place. Pure.

A layer is a row of spans; equal neighbours are merged, so a span may last days and began long before the hour that
is asked about. Amounts belong to their whole span and are split in proportion where a window cuts it. The service
gives one number and no spread: that of the temperature is what such forecasts were off by, by how far ahead they
looked.

Source: weather-gov/api gridpoints; the library sheet's starting values of the spread.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import msgspec

from engine.core.errors import BadReport
from engine.core.events import StationForecast
from engine.core.ids import StationId
from engine.core.reading import HourQuantiles
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.core.when import instant, iso, utc_day
from engine.sources.document import decoded
from engine.weather.daily import COLDEST_F, HOTTEST_F
from engine.weather.forecast import Z90

MOST_SPANS: Final = 5_000
LONGEST_DAYS: Final = 30
SPREAD_F: Final = ((0.0, 2.1), (8.0, 2.1), (20.0, 2.45), (32.0, 2.7), (56.0, 3.0), (80.0, 3.5))
"""Standard deviation of a day's high, F, by hours ahead."""
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

_LASTS = re.compile(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,4})M)?)?")
_KINDS = {"degC": (1.8, 32.0), "degF": (1.0, 0.0)}


class _Value(msgspec.Struct):
    validTime: str
    value: float | str | None = None


class _Layer(msgspec.Struct):
    values: list[_Value]
    uom: str | None = ""


class _Grid(msgspec.Struct):
    properties: dict[str, msgspec.Raw]


class _Chance(msgspec.Struct):
    value: float | str | None = None


class _Period(msgspec.Struct):
    startTime: str
    endTime: str
    name: str | None = ""
    temperature: float | str | None = None
    temperatureUnit: str | None = ""
    probabilityOfPrecipitation: _Chance | None = None
    shortForecast: str | None = ""


class _Periods(msgspec.Struct):
    periods: list[msgspec.Raw]


class _Forecast(msgspec.Struct):
    properties: _Periods


@dataclass(frozen=True, slots=True)
class Span:
    """A value and the time it holds for; None where the service has none."""

    opens: Nanos
    closes: Nanos
    value: float | None


@dataclass(frozen=True, slots=True)
class Layer:
    """One quantity, spans in order of time."""

    unit: str
    """Such as ``degC``, ``mm`` or ``percent``."""
    spans: tuple[Span, ...]

    def at(self, moment: Nanos) -> float | None:
        """Return the value at a moment, whenever its span began."""
        n = bisect_right(self.spans, moment, key=lambda span: span.opens) - 1
        return self.spans[n].value if n >= 0 and moment < self.spans[n].closes else None

    def total(self, opens: Nanos, closes: Nanos) -> float | None:
        """Return the amount of a window, spans it cuts counted in proportion; None unless all of it is covered."""
        covered, amount = 0, 0.0
        for span in self.spans:
            inside = min(span.closes, closes) - max(span.opens, opens)
            if inside > 0 and span.value is not None:
                covered += inside
                amount += span.value * inside / (span.closes - span.opens)
        return amount if covered == closes - opens else None


@dataclass(frozen=True, slots=True)
class Grid:
    """The forecast of one cell."""

    office: str
    x: int
    y: int
    updated_at: Nanos
    layers: Mapping[str, Layer]
    """By the service's names: ``temperature``, ``quantitativePrecipitation``, ``windGust``…"""

    @property
    def run(self) -> str:
        """The forecast in words: whose, and when it was made."""
        return f"NWS {iso(self.updated_at)[11:16]}Z"

    def run_at(self, at: Nanos) -> str:
        """Return the same as somebody has to hear it who knows it at a time: of another day's, which."""
        if at - self.updated_at < DAY:
            return self.run
        made = utc_day(self.updated_at)
        return f"{self.run} of {made.day} {MONTHS[made.month - 1]}"


@dataclass(frozen=True, slots=True)
class Period:
    """A forecast in words: half a day, or an hour."""

    opens: Nanos
    closes: Nanos
    name: str
    temp_f: float | None
    rain_percent: float | None
    text: str


def parse(body: bytes) -> Grid:
    """Return the layers of numbers of a gridpoint; what is no such layer, as ``weather``, is left out.

    Raises
    ------
    BadReport
        If it is too long, no gridpoint, or states no time of update.
    """
    rows = decoded(body, _Grid, "a gridpoint").properties
    found = {name[:60]: layer for name, raw in rows.items() if (layer := _layer(raw)) is not None}
    try:
        updated_at = instant(_text(rows, "updateTime"))
    except (ValueError, OverflowError) as e:
        raise BadReport("a gridpoint without a time of update", body[:200].decode("latin-1")) from e
    return Grid(_text(rows, "gridId")[:10], _number(rows, "gridX"), _number(rows, "gridY"), updated_at, found)


def periods(body: bytes) -> tuple[Period, ...]:
    """Return the periods of /forecast or /forecast/hourly that can be read, in order.

    Raises
    ------
    BadReport
        If it is too long or no such forecast.
    """
    rows = decoded(body, _Forecast, "a forecast of periods").properties.periods
    return tuple(found for found in map(_period, rows) if found is not None)


def spread_f(hours_ahead: float) -> float:
    """Return the standard deviation of a temperature forecast so far ahead, F."""
    for (near, low), (far, high) in pairwise(SPREAD_F):
        if hours_ahead <= far:
            return low + (high - low) * max(hours_ahead - near, 0.0) / (far - near)
    return SPREAD_F[-1][1]


def station_forecast(
    grid: Grid, station: StationId, at: Nanos, hours: int = 48, spread: Callable[[float], float] = spread_f
) -> StationForecast | None:
    """Return hourly temperatures of a cell as a station's forecast; None where it has none ahead.

    Parameters
    ----------
    at : Nanos
        When we knew it; hours begin with the one it lies in.
    spread : callable
        Hours ahead to a standard deviation in F.
    """
    layer = grid.layers.get("temperature")
    scale = None if layer is None else _KINDS.get(layer.unit)
    if layer is None or scale is None:
        return None
    first = at - at % HOUR
    found = []
    for ahead in range(hours + 1):
        moment = Nanos(first + ahead * HOUR)
        value = layer.at(moment)
        middle = None if value is None else value * scale[0] + scale[1]
        if middle is not None and COLDEST_F <= middle <= HOTTEST_F:
            off = Z90 * spread(float(ahead))
            found.append(HourQuantiles(valid_at=moment, p10=middle - off, p50=middle, p90=middle + off))
    return StationForecast(at=at, station=station, run=grid.run_at(at), hours=tuple(found)) if found else None


def span(text: str) -> tuple[Nanos, Nanos]:
    """Return the ends of an ISO interval of a start and a duration, such as ``2026-07-04T18:00:00+00:00/P1DT3H``.

    Raises
    ------
    ValueError
        If it is none, or lasts no time or longer than a month.
    """
    start, _, lasts = text.partition("/")
    found = _LASTS.fullmatch(lasts.strip())
    days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    length = days * DAY + hours * HOUR + minutes * MINUTE
    if not 0 < length <= LONGEST_DAYS * DAY:
        msg = f"no duration: {lasts[:20]!r}"
        raise ValueError(msg)
    opens = instant(start.strip())
    return opens, Nanos(opens + length)


def _layer(raw: msgspec.Raw) -> Layer | None:
    try:
        read = msgspec.json.decode(raw, type=_Layer)
        if not 0 < len(read.values) <= MOST_SPANS:
            return None
        spans = [_span(row) for row in read.values]
    except (msgspec.DecodeError, ValueError, OverflowError):
        return None
    return Layer((read.uom or "").rpartition(":")[2][:30], tuple(sorted(spans, key=lambda found: found.opens)))


def _span(row: _Value) -> Span:
    opens, closes = span(row.validTime)
    return Span(opens, closes, _float(row.value))


def _float(value: float | str | None) -> float | None:
    number = float(value) if value is not None else None
    return number if number is not None and abs(number) < 1e7 else None


def _period(raw: msgspec.Raw) -> Period | None:
    try:
        row = msgspec.json.decode(raw, type=_Period)
        opens, closes = instant(row.startTime), instant(row.endTime)
        degrees = _float(row.temperature)
        chance = _float(row.probabilityOfPrecipitation.value) if row.probabilityOfPrecipitation else None
    except (msgspec.DecodeError, ValueError, OverflowError):
        return None
    scale = _KINDS["degC"] if row.temperatureUnit == "C" else _KINDS["degF"]
    temp = None if degrees is None else degrees * scale[0] + scale[1]
    return Period(opens, closes, (row.name or "")[:40], temp, chance, (row.shortForecast or "")[:200])


def _text(rows: Mapping[str, msgspec.Raw], name: str) -> str:
    try:
        return msgspec.json.decode(rows.get(name, b'""'), type=str)
    except msgspec.DecodeError:
        return ""


def _number(rows: Mapping[str, msgspec.Raw], name: str) -> int:
    try:
        return msgspec.json.decode(rows.get(name, b"0"), type=int)
    except msgspec.DecodeError:
        return 0
