"""What the forecast and the reports so far say each outcome of a market is worth.

A high or low of a station's whole day is nowcast degree by degree (`engine.weather.outlook`), with a forecast or
without. For other quantities and windows it is a normal law through the newest forecast's quantiles, cut off at what
was measured already. Where neither says anything there is no opinion. Opinions are kept until a report or a forecast
changes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import h3

from engine.core.contract import Contract, Metric, Unit
from engine.core.ids import outcome_of
from engine.core.reading import ReportKind
from engine.core.units import DAY, HOUR, Nanos
from engine.weather import cells, climate_day, climatology, forecast, outlook, possible, residual

if TYPE_CHECKING:
    from engine.core.events import GridForecast
    from engine.core.ids import Cell, InstrumentId, MarketId
    from engine.core.reading import CellQuantiles
    from engine.core.snapshot import StationRow
    from engine.exchange.market import Market
    from engine.kernel.state import State
    from engine.weather.outlook import Day, Guess

TO_MM: Final = {Unit.MM: 1.0, Unit.INCH: 25.4}
LEAST_LEFT: Final = 0.02
"""Of a window of rain: a law needs some width until its last report."""
TREND: Final = 4 * HOUR
"""How far before its day a station's reports still tell the trend."""


class Law(NamedTuple):
    """Quantiles in a contract's unit."""

    p10: float
    p50: float
    p90: float


class Opinion(NamedTuple):
    """Chance of each outcome of a contract, the law behind them, and which run it is from."""

    chances: tuple[float, ...]
    law: Law
    known: forecast.Range
    run: str
    """Empty where no forecast is behind it."""
    day: Day | None = None
    """What a whole day's high or low is nowcast from."""


def opinion(state: State, market: Market) -> Opinion | None:
    """Return the model's opinion of a market; None when nothing is forecast for it, or it is over."""
    if market.status != "open":
        return None
    if market.id not in state.opinions:
        state.opinions[market.id] = form(state, market.contract)
    return state.opinions[market.id]


def probability(state: State, instrument: InstrumentId) -> float | None:
    """Return the model's chance that an instrument's YES pays."""
    market, outcome = outcome_of(instrument)
    found = state.exchange.markets.get(market)
    formed = opinion(state, found) if found is not None else None
    return None if formed is None else formed.chances[outcome]


def forget(state: State, market: MarketId | None = None) -> None:
    """Drop what a new report or forecast has overtaken; everything when no market is named."""
    if market is None:
        state.opinions.clear()
    else:
        state.opinions.pop(market, None)


def law(state: State, contract: Contract) -> tuple[Law, str] | None:
    """Return the forecast of what a contract measures, in its unit, and the run it is from."""
    if contract.metric in forecast.WHOLE:
        found = _station_law(state, contract) or _grid_law(state, contract)
        if found is None or contract.unit is Unit.FAHRENHEIT:
            return found
        celsius = Law(*((value - 32.0) * 5.0 / 9.0 for value in found[0]))
        return celsius, found[1]
    return _grid_law(state, contract)


def grid(state: State, contract: Contract) -> GridForecast | None:
    """Return the newest grid of a contract's quantity and window."""
    return state.grids.get(contract.metric.value, {}).get((contract.opens, contract.closes))


def cell_quantiles(state: State, found: GridForecast, cell: Cell) -> CellQuantiles | None:
    """Return a grid's forecast in a cell, or in the coarser cell that holds it."""
    key = (found.metric.value, found.opens, found.closes)
    index = state.grid_cells.get(key)
    if index is None:
        index = state.grid_cells[key] = {q.cell: i for i, q in enumerate(found.cells)}
    at = index.get(cell)
    if at is None and found.cells:
        at = index.get(_parent_like(cell, found.cells[0].cell))
    return None if at is None else found.cells[at]


def _parent_like(cell: Cell, other: Cell) -> Cell:
    wanted = h3.get_resolution(other)
    return cells.parent(cell, wanted) if h3.get_resolution(cell) > wanted else cell


def form(state: State, contract: Contract) -> Opinion | None:
    """Return the opinion of a contract as forecasts and reports stand now; None where nothing is forecast for it."""
    found = law(state, contract)
    known = known_range(state, contract)
    nowcast = _nowcast(state, contract, found, known)
    if nowcast is not None or found is None:
        return nowcast
    if contract.metric is Metric.PRECIPITATION:
        found = _left(state, contract, found[0], known), found[1]
    return Opinion(forecast.chances(contract, found[0], known), found[0], known, found[1])


def _left(state: State, contract: Contract, whole: Law, known: forecast.Range) -> Law:
    """Return the law of a window's rain once part of it is reported: what fell, and the forecast's share of the rest.

    Rain is spread evenly over the window for want of a forecast of its hours, up to the station's last report.
    """
    readings = state.observed.readings(contract.stations[0].id, contract.opens, contract.closes)
    heard = [one.measured_at for one in readings if one.kind is not ReportKind.CLIMATE]
    if not heard or known.at_least is None:
        return whole
    share = max((contract.closes - max(heard)) / (contract.closes - contract.opens), LEAST_LEFT)
    return Law(*(known.at_least + share * amount for amount in whole))


def _nowcast(state: State, contract: Contract, found: tuple[Law, str] | None, known: forecast.Range) -> Opinion | None:
    """Return the opinion of one station's whole day in degrees; None where it is not of one, or nothing is reported."""
    station = state.stations.get(contract.stations[0].id) if len(contract.stations) == 1 else None
    if contract.metric not in forecast.WHOLE or station is None or not _is_day(contract, station.utc_offset_hours):
        return None
    day = day_of(state, contract, station)
    official = None if day.seen is None and not day.known.official else outlook.official(*day)
    shares = None if official is None else outlook.chances(contract, official)
    if official is None or shares is None:
        return None
    if found is None:
        p10, p50, p90 = (_in_unit(official.quantile(share), contract.unit) for share in (0.1, 0.5, 0.9))
        found = Law(p10, p50, p90), ""
    return Opinion(shares, found[0], known, found[1], day)


def day_of(state: State, contract: Contract, station: StationRow) -> Day:
    """Return what is known of a contract's day by its nearest station and the newest forecast."""
    opens, closes = contract.opens, contract.closes
    sign = 1 if contract.metric is Metric.TEMP_MAX else -1
    readings = state.observed.readings(contract.stations[0].id, Nanos(opens - TREND), Nanos(closes + HOUR))
    known = (possible.high if sign > 0 else possible.low)(readings, opens, closes)
    seen = residual.sky(sign, readings, opens, closes, station.lat, station.lon)
    return outlook.Day(known, seen, _guess(state, contract, station, opens if seen is None else seen.at))


def _is_day(contract: Contract, utc_offset_hours: int) -> bool:
    opens, closes = contract.opens, contract.closes
    return closes - opens == DAY and climate_day.window_at(opens, utc_offset_hours)[0] == opens


def _guess(state: State, contract: Contract, station: StationRow, since: Nanos) -> Guess | None:
    """Return the forecast of the hours after the last report, else of the whole day, else the usual high; F."""
    if state.station_forecasts.get(contract.stations[0].id) is not None:
        found = _station_law(state, contract, since)
        if found is not None:
            return outlook.Guess(found[0], whole_day=False)
    found = _grid_law(state, contract)
    if found is not None:
        return outlook.Guess(found[0], whole_day=True)
    usual = None
    if contract.metric is Metric.TEMP_MAX:
        usual = climatology.high(station.id, residual.season(contract.opens, station.lat))
    return None if usual is None else outlook.Guess(usual, whole_day=True)


def known_range(state: State, contract: Contract) -> forecast.Range:
    """Return where the value can still lie by the reports of all its stations, in the contract's unit."""
    if contract.metric is Metric.TEMP_MAX:
        return forecast.Range(at_least=_degrees(bound(state, contract), contract.unit))
    if contract.metric is Metric.TEMP_MIN:
        return forecast.Range(at_most=_degrees(bound(state, contract), contract.unit))
    if contract.metric is Metric.PRECIPITATION:
        fallen = [state.observed.rain(one.id, contract.opens, contract.closes) for one in contract.stations]
        inches = min((rain.total or 0) + rain.open_hour for rain in fallen) / 100.0
        return forecast.Range(at_least=inches * 25.4 / TO_MM[contract.unit])
    if contract.metric is Metric.WIND_GUST:
        blown = [state.observed.gust(one.id, contract.opens, contract.closes) for one in contract.stations]
        known = [knots for knots in blown if knots is not None]
        return forecast.Range(at_least=float(min(known))) if known and len(known) == len(blown) else forecast.OPEN
    return forecast.OPEN


def bound(state: State, contract: Contract) -> int | None:
    """Return what a contract's high is at least, its low at most, by the reports; whole Fahrenheit, None when open.

    Of several stations a mean counts, of those that report enough: what holds for each of them holds for that.
    """
    high = contract.metric is Metric.TEMP_MAX
    of = state.observed.high if high else state.observed.low
    bounds = [of(one.id, contract.opens, contract.closes).bound for one in contract.stations]
    known = [one for one in bounds if one is not None]
    return (min if high else max)(known) if known and len(known) == len(bounds) else None


def _degrees(whole_f: int | None, unit: Unit) -> float | None:
    return None if whole_f is None else _in_unit(whole_f, unit)


def _in_unit(fahrenheit: float, unit: Unit) -> float:
    return (fahrenheit - 32.0) * 5.0 / 9.0 if unit is Unit.CELSIUS else fahrenheit


def _station_law(state: State, contract: Contract, since: Nanos | None = None) -> tuple[Law, str] | None:
    """Return the extreme over the window, or over what follows an instant, of a station's hours, Fahrenheit."""
    found = state.station_forecasts.get(contract.stations[0].id)
    opens = contract.opens if since is None else since
    hours = [h for h in found.hours if opens <= h.valid_at < contract.closes] if found is not None else []
    if found is None or not hours:
        return None
    pick = max if contract.metric is Metric.TEMP_MAX else min
    return Law(pick(h.p10 for h in hours), pick(h.p50 for h in hours), pick(h.p90 for h in hours)), found.run


def _grid_law(state: State, contract: Contract) -> tuple[Law, str] | None:
    found = grid(state, contract)
    at = cell_quantiles(state, found, contract.cell) if found is not None else None
    if found is None or at is None:
        return None
    scale = 1.0
    if contract.metric is Metric.PRECIPITATION:
        scale = TO_MM[Unit(found.unit)] / TO_MM[contract.unit]
    return Law(at.p10 * scale, at.p50 * scale, at.p90 * scale), found.run
