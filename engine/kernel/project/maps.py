"""The hex map as seen from one market: what the forecast says of its event in every cell, and where we stand."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.core.contract import Contract, Metric, Unit
from engine.core.ids import Cell, MarketId, StationId
from engine.core.units import Money
from engine.kernel import modelling
from engine.kernel.project import names
from engine.kernel.project.status import ROUTINE_STALE, age
from engine.views.weather import CellLine, CellsView, StationPin
from engine.weather import cells as geometry
from engine.weather import climate_day, forecast

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.core.events import GridForecast
    from engine.core.reading import Reading
    from engine.exchange.market import Market
    from engine.kernel.state import State

RESOLUTION: Final = 6
"""Of the hexagons drawn; a market's cell is a child of one."""
QUANTILES: Final = ("p10", "p50", "p90")
START: Final = (41.8, -87.9)
PINS_KM: Final = 160.0
"""Stations farther from the market than this are not drawn."""


def view(state: State, market_id: MarketId) -> CellsView:
    """Return the hex layer; without a market, or without a forecast of its event, only stations and markets."""
    market = state.exchange.markets.get(market_id)
    if market is None:
        return _blank(state)
    contract = market.contract
    found = _grid(state, contract)
    center = geometry.center(contract.cell)
    return CellsView(
        market=market.id,
        title=_title(contract, market),
        resolution=RESOLUTION,
        unit=names.UNITS[contract.unit],
        run="" if found is None else found.run,
        run_at=None if found is None else found.at,
        cells=_cells(state, market, found),
        stations=_pins(state, contract, center),
        selected=contract.cell,
        evidence=_evidence(state, contract),
        facts=_facts(state, market, found),
        center=center,
    )


def _blank(state: State) -> CellsView:
    return CellsView(
        market=None,
        title="",
        resolution=RESOLUTION,
        unit="",
        run="",
        run_at=None,
        cells=(),
        stations=(),
        selected=None,
        evidence=(),
        facts=(),
        center=START,
    )


def _grid(state: State, contract: Contract) -> GridForecast | None:
    return modelling.grid(state, contract)


class _Event(NamedTuple):
    """What the map's colours are the chance of: a value above a level, in the contract's unit."""

    level: float
    first: int
    """Of the market's outcomes, the first one that means it; of brackets, all after it do too."""


def _event(market: Market) -> _Event | None:
    """Return the map's event; of brackets it is reaching the floor that the market holds most in doubt."""
    contract = market.contract
    if contract.threshold is not None:
        whole = contract.metric in forecast.WHOLE and contract.unit is Unit.FAHRENHEIT
        return _Event(math.floor(contract.threshold) + 0.5 if whole else float(contract.threshold), 0)
    floors = [(sum(market.prices[i:]), b.low, i) for i, b in enumerate(contract.brackets) if b.low is not None]
    if not floors:
        return None
    _, low, first = min(floors, key=lambda floor: abs(floor[0] - 0.5))
    return _Event(low - 0.5, first)


def _edge(state: State, market: Market, event: _Event | None) -> float | None:
    """Return cents between the model and the market on the map's event; None where one of them has no opinion."""
    formed = modelling.opinion(state, market)
    if formed is None or event is None:
        return None
    if not market.contract.brackets:
        return 100.0 * (formed.chances[0] - market.prices[0])
    return 100.0 * (sum(formed.chances[event.first :]) - sum(market.prices[event.first :]))


def _title(contract: Contract, market: Market) -> str:
    event = _event(market)
    if event is None:
        return contract.title
    unit, what = names.UNITS[contract.unit], names.SYMBOLS[contract.metric]
    if contract.brackets:
        return f"{what} ≥ {event.level + 0.5:.0f} {unit} · {contract.place}"
    return f"{what} > {names.number(contract.threshold)} {unit} · {contract.place}"


def _cells(state: State, market: Market, found: GridForecast | None) -> tuple[CellLine, ...]:
    marks = _Marks(state, market.contract)
    if found is None:
        return tuple(marks.line(cell, None, None, None, None) for cell in marks.markets)
    p10, p50, p90 = (_stated(found, market.contract, [getattr(q, name) for q in found.cells]) for name in QUANTILES)
    event = _event(market)
    chance = None if event is None else forecast.above_each(p10, p50, p90, event.level)
    at = _index(state, found, market.contract.cell)
    lines = []
    for i, q in enumerate(found.cells):
        probability = None if chance is None else float(chance[i])
        edge = _edge(state, market, event) if i == at else None
        lines.append(marks.line(q.cell, probability, edge, float(p50[i]), float(p90[i] - p10[i])))
    return tuple(lines)


class _Marks:
    """What is known of cells whatever is forecast: markets, our exposure, stations and what they measured."""

    def __init__(self, state: State, contract: Contract) -> None:
        self.markets = _markets_by_cell(state)
        self.own = _own(state)
        self.stations = Counter(_station_cells(state).values())
        self.observed = _observed(state, contract)

    def line(
        self, cell: Cell, probability: float | None, edge: float | None, p50: float | None, spread: float | None
    ) -> CellLine:
        exposure = self.own.get(cell)
        return CellLine(
            cell=cell,
            probability=probability,
            edge=edge,
            p50=p50,
            spread=spread,
            observed=self.observed.get(cell),
            exposure=exposure,
            stations=self.stations[cell],
            market=self.markets.get(cell),
            mine=exposure is not None,
        )


def _station_cells(state: State) -> dict[StationId, Cell]:
    if len(state.station_cells) != len(state.stations):
        cells = {code: geometry.cell_at(row.lat, row.lon, RESOLUTION) for code, row in state.stations.items()}
        state.station_cells = cells
    return state.station_cells


def _observed(state: State, contract: Contract) -> dict[Cell, float]:
    """Return what the station heard of last in each cell measured, in the contract's unit."""
    cells = _station_cells(state)
    found: dict[Cell, tuple[int, float]] = {}
    for code in state.observed.stations():
        latest, cell = state.observed.latest(code), cells.get(code)
        value = None if latest is None or cell is None else _measured(state, contract, latest)
        if latest is None or cell is None or value is None:
            continue
        if cell not in found or latest.measured_at > found[cell][0]:
            found[cell] = (latest.measured_at, value)
    return {cell: value for cell, (_, value) in found.items()}


def _measured(state: State, contract: Contract, latest: Reading) -> float | None:
    """Return rain or the strongest gust of the contract's window so far, or the last temperature."""
    opens, closes = contract.opens, contract.closes
    if contract.metric is Metric.PRECIPITATION:
        fallen = state.observed.rain(latest.station, opens, closes)
        if fallen.total is None:
            return None
        return (fallen.total + fallen.open_hour) * 0.254 / modelling.TO_MM[contract.unit]
    if contract.metric is Metric.WIND_GUST:
        gust = state.observed.gust(latest.station, opens, closes)
        return None if gust is None else float(gust)
    if contract.metric not in forecast.WHOLE:
        return None
    if latest.temp_tenths_c is not None:
        celsius = latest.temp_tenths_c / 10.0
    elif latest.temp_whole_c is not None:
        celsius = float(latest.temp_whole_c)
    else:
        return None
    return celsius if contract.unit is Unit.CELSIUS else celsius * 9.0 / 5.0 + 32.0


def _index(state: State, found: GridForecast, cell: Cell) -> int | None:
    at = modelling.cell_quantiles(state, found, cell)
    return None if at is None else found.cells.index(at)


def _stated(found: GridForecast, contract: Contract, values: list[float]) -> NDArray[np.float64]:
    """Return a grid's values in the contract's unit."""
    given = np.array(values)
    if contract.metric is Metric.PRECIPITATION:
        return given * (modelling.TO_MM[Unit(found.unit)] / modelling.TO_MM[contract.unit])
    return (given - 32.0) * (5.0 / 9.0) if contract.unit is Unit.CELSIUS else given


def _markets_by_cell(state: State) -> dict[Cell, MarketId]:
    """Return the first open market of each cell, under its parent as the map draws it."""
    found: dict[Cell, MarketId] = {}
    for market in state.exchange.markets.values():
        if market.status == "open":
            found.setdefault(geometry.parent(market.contract.cell, RESOLUTION), market.id)
    return found


def _own(state: State) -> dict[Cell, Money]:
    found: dict[Cell, Money] = {}
    for market_id, loss in state.losses.items():
        cell = geometry.parent(state.exchange.markets[market_id].contract.cell, RESOLUTION)
        found[cell] = Money(found.get(cell, Decimal(0)) + loss)
    return found


def _pins(state: State, contract: Contract, center: tuple[float, float]) -> tuple[StationPin, ...]:
    settles = {s.id for s in contract.stations}
    pins = []
    for code, row in state.stations.items():
        if code not in settles and (
            abs(row.lat - center[0]) > PINS_KM / 110.0 or geometry.km(center, (row.lat, row.lon)) > PINS_KM
        ):
            continue
        latest = state.observed.latest(code)
        if latest is None and code not in settles:
            continue  # a station nobody listens to says nothing on the map
        text = "—"
        if latest is not None and latest.temp_tenths_c is not None:
            text = f"{climate_day.fahrenheit(latest.temp_tenths_c)}°"
        pins.append(StationPin(id=code, lat=row.lat, lon=row.lon, text=text, settles=code in settles))
    return tuple(pins)


def _evidence(state: State, contract: Contract) -> tuple[tuple[str, str, bool], ...]:
    lines = []
    for named in contract.stations:
        latest = state.observed.latest(named.id)
        if latest is None:
            lines.append((f"{named.id} · {names.number(named.km)} km", "no report yet", False))
            continue
        value = _value(state, contract, named.id)
        fresh = state.now - latest.measured_at <= ROUTINE_STALE
        lines.append((f"{named.id} · {names.number(named.km)} km · {age(latest.measured_at, state.now)}", value, fresh))
    return tuple(lines)


def _value(state: State, contract: Contract, station: str) -> str:
    """Return what a station has measured so far of what the contract is about."""
    opens, closes = contract.opens, contract.closes
    observed = state.observed
    if contract.metric is Metric.PRECIPITATION:
        fallen = observed.rain(station, opens, closes)  # type: ignore[arg-type]
        if fallen.total is None:
            return "no P group yet"
        amount = (fallen.total + fallen.open_hour) / 100.0 * 25.4 / modelling.TO_MM[contract.unit]
        return f"{amount:.1f} {names.UNITS[contract.unit]}" + (" (trace)" if fallen.trace and not amount else "")
    if contract.metric is Metric.WIND_GUST:
        gust = observed.gust(station, opens, closes)  # type: ignore[arg-type]
        return "—" if gust is None else f"{gust} kt"
    find = observed.low if contract.metric is Metric.TEMP_MIN else observed.high
    bound = find(station, opens, closes).bound  # type: ignore[arg-type]
    return "—" if bound is None else f"{bound} °F"


def _facts(state: State, market: Market, found: GridForecast | None) -> tuple[tuple[str, str], ...]:
    contract = market.contract
    unit = names.UNITS[contract.unit]
    facts = [
        ("Market", f"{100 * market.prices[0]:.1f} %")
        if not contract.brackets
        else ("Outcomes", str(len(contract.brackets)))
    ]
    formed = modelling.opinion(state, market)
    if formed is not None:
        if not contract.brackets:
            facts.append(("Model", f"{100 * formed.chances[0]:.1f} %"))
        facts.append(("Forecast p50", f"{formed.law.p50:.1f} {unit}"))
        facts.append(("p10 – p90", f"{formed.law.p10:.1f} – {formed.law.p90:.1f}"))
    at = modelling.cell_quantiles(state, found, contract.cell) if found is not None else None
    if at is None:
        facts.append(("Cell forecast", "—"))
    facts.append(("Settlement", f"{contract.stations[0].id}, tier {contract.tier.value}"))
    loss = state.losses.get(market.id)
    facts.append(("My worst loss", "—" if loss is None else f"−${loss:.2f}"))
    facts.append(("Worst-case subsidy", f"${market.subsidy:.2f}"))
    return tuple(facts)
