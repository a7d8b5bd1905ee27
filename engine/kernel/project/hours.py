"""A market's window hour by hour: which hours there are, what is forecast for one, and what was measured in it.

A forecast of an hour is a grid whose window is that hour alone; where none was told, of temperatures a station's own
forecast stands in its cell. Nothing is put between the hours that are told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.contract import Contract, Metric, Unit
from engine.core.units import HOUR, Nanos
from engine.weather import forecast

if TYPE_CHECKING:
    from engine.core.events import GridForecast
    from engine.core.ids import StationId
    from engine.core.reading import Reading
    from engine.kernel.state import State

TO_MM: Final = {Unit.MM: 1.0, Unit.INCH: 25.4}
MOST: Final = 96
WHAT: Final = {
    Metric.TEMP_MAX: "maximum",
    Metric.TEMP_MIN: "minimum",
    Metric.PRECIPITATION: "rain",
    Metric.WIND_GUST: "strongest gust",
    Metric.SNOW: "snow",
}


def of(state: State, contract: Contract) -> tuple[Nanos, ...]:
    """Return the full hours of a market's window, up to the last one that something is known of."""
    first = -(-contract.opens // HOUR) * HOUR
    told = [opens for opens, closes in state.grids.get(contract.metric.value, {}) if closes - opens == HOUR]
    if contract.metric in forecast.WHOLE:
        near = state.station_forecasts.get(contract.stations[0].id)
        told += [] if near is None else [one.valid_at for one in near.hours]
    last = max((at for at in told if at < contract.closes), default=0)
    if state.now >= contract.opens:
        last = max(last, min(state.now, contract.closes - 1))
    return tuple(Nanos(at) for at in range(first, last + 1, HOUR))[:MOST]


def window(contract: Contract) -> str:
    """Return what a market's values are of, such as ``day maximum`` or ``3 h rain``."""
    long = (contract.closes - contract.opens) // HOUR
    span = "day" if long == 24 else f"{long} h"
    return f"{span} {WHAT.get(contract.metric, contract.metric.value)}"


def grid(state: State, contract: Contract, hour: Nanos) -> GridForecast | None:
    """Return the newest forecast of one hour."""
    return state.grids.get(contract.metric.value, {}).get((hour, Nanos(hour + HOUR)))


def at_station(state: State, contract: Contract, station: StationId, hour: Nanos) -> tuple[float, float] | None:
    """Return the median and p90 - p10 that a station's own forecast has for an hour, in the contract's unit."""
    if contract.metric not in forecast.WHOLE:
        return None
    found = state.station_forecasts.get(station)
    one = None if found is None else next((h for h in found.hours if h.valid_at == hour), None)
    if one is None:
        return None
    if contract.unit is Unit.CELSIUS:
        return (one.p50 - 32.0) * 5.0 / 9.0, (one.p90 - one.p10) * 5.0 / 9.0
    return one.p50, one.p90 - one.p10


def measured(state: State, contract: Contract, station: StationId, hour: Nanos) -> float | None:
    """Return what a station measured in an hour that has begun, in the contract's unit: rain or the strongest gust of
    it, or its last temperature; None without a report."""
    ends = Nanos(hour + HOUR)
    if contract.metric is Metric.PRECIPITATION:
        fallen = state.observed.rain(station, hour, ends)
        return None if fallen.total is None else (fallen.total + fallen.open_hour) * 0.254 / TO_MM[contract.unit]
    if contract.metric is Metric.WIND_GUST:
        gust = state.observed.gust(station, hour, ends)
        return None if gust is None else float(gust)
    if contract.metric not in forecast.WHOLE:
        return None
    inside = [one for one in state.observed.readings(station, hour, ends) if hour <= one.measured_at < ends]
    known = [value for one in inside if (value := degrees(one, contract.unit)) is not None]
    return known[-1] if known else None


def degrees(reading: Reading, unit: Unit) -> float | None:
    """Return a report's temperature in a unit."""
    if reading.temp_tenths_c is not None:
        celsius = reading.temp_tenths_c / 10.0
    elif reading.temp_whole_c is not None:
        celsius = float(reading.temp_whole_c)
    else:
        return None
    return celsius if unit is Unit.CELSIUS else celsius * 9.0 / 5.0 + 32.0
