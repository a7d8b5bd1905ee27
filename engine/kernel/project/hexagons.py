"""The map's hexagons as seen from one market, kept between two looks.

A forecast grid has hundreds of cells and what is asked of each rarely changes; trades and reports change a few. So
the lines of a market are computed once for a grid and an event, and then only those whose marks changed are made
again: where nothing did, the very same lines are returned.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from msgspec import structs

from engine.core.contract import Contract, Metric, Unit
from engine.core.units import Money
from engine.kernel import modelling
from engine.views.weather import CellLine
from engine.weather import cells as geometry
from engine.weather import forecast

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.core.events import GridForecast
    from engine.core.ids import Cell, MarketId, StationId
    from engine.core.reading import Reading
    from engine.exchange.market import Market
    from engine.kernel.state import State

RESOLUTION: Final = 6
"""Of the hexagons drawn; a market's cell is a child of one."""
QUANTILES: Final = ("p10", "p50", "p90")
ROOM: Final = 8
"""Markets whose lines are kept."""


class Event(NamedTuple):
    """What the map's colours are the chance of: a value above a level, in the contract's unit."""

    level: float
    first: int
    """Of the market's outcomes, the first one that means it; of brackets, all after it do too."""


class Mark(NamedTuple):
    """What is known of a cell whatever is forecast."""

    observed: float | None = None
    exposure: Money | None = None
    market: MarketId | None = None


BARE: Final = Mark()


class Drawn:
    """The lines of one market."""

    __slots__ = ("at", "edge", "event", "grid", "here", "lines", "marks", "watched")

    def __init__(self, state: State, market: Market, grid: GridForecast, event: Event | None) -> None:
        self.grid = grid
        self.event = event
        self.lines = _lines(state, market.contract, grid, event)
        self.at = {line.cell: i for i, line in enumerate(self.lines)}
        self.watched = tuple([line.cell for line in self.lines if line.stations])
        """Cells with stations in them."""
        own = modelling.cell_quantiles(state, grid, market.contract.cell)
        self.here = None if own is None else own.cell
        """The market's own cell."""
        self.marks: dict[Cell, Mark] = {}
        self.edge: float | None = None

    def mark(self, marks: dict[Cell, Mark], edge: float | None) -> None:
        """Make those lines again whose marks are not what they were."""
        before = self.marks
        changed = {cell for cell in before.keys() | marks.keys() if before.get(cell, BARE) != marks.get(cell, BARE)}
        if self.here is not None and edge != self.edge:
            changed.add(self.here)
        self.marks, self.edge = marks, edge
        if changed:
            lines = list(self.lines)
            for cell in changed:
                at = self.at[cell]
                lines[at] = _marked(lines[at], marks.get(cell, BARE), edge if cell == self.here else None)
            self.lines = tuple(lines)


def cells(state: State, market: Market, found: GridForecast | None) -> tuple[CellLine, ...]:
    """Return a line for each cell of the forecast; without one, for each cell with a market."""
    markets, own = _markets_by_cell(state), _own(state)
    if found is None:
        bare = [_bare(state, cell, None, None, None) for cell in markets]
        return tuple([_marked(b, _mark(state, market.contract, b.cell, markets, own), None) for b in bare])
    event = event_of(market)
    kept = state.hexagons.get(market.id)
    if kept is None or kept.grid is not found or kept.event != event:
        if len(state.hexagons) >= ROOM:
            state.hexagons.clear()
        kept = state.hexagons[market.id] = Drawn(state, market, found, event)
    told = {*kept.watched, *(cell for cell in (*markets, *own) if cell in kept.at)}
    marks = {cell: _mark(state, market.contract, cell, markets, own) for cell in told}
    kept.mark(marks, None if kept.here is None else _edge(state, market, event))
    return kept.lines


def event_of(market: Market) -> Event | None:
    """Return the map's event; of brackets it is reaching the floor that the market holds most in doubt."""
    contract = market.contract
    if contract.threshold is not None:
        whole = contract.metric in forecast.WHOLE and contract.unit is Unit.FAHRENHEIT
        return Event(math.floor(contract.threshold) + 0.5 if whole else float(contract.threshold), 0)
    floors = [(sum(market.prices[i:]), b.low, i) for i, b in enumerate(contract.brackets) if b.low is not None]
    if not floors:
        return None
    _, low, first = min(floors, key=lambda floor: abs(floor[0] - 0.5))
    return Event(low - 0.5, first)


def _edge(state: State, market: Market, event: Event | None) -> float | None:
    """Return cents between the model and the market on the map's event; None where one of them has no opinion."""
    formed = modelling.opinion(state, market)
    if formed is None or event is None:
        return None
    if not market.contract.brackets:
        return 100.0 * (formed.chances[0] - market.prices[0])
    return 100.0 * (sum(formed.chances[event.first :]) - sum(market.prices[event.first :]))


def _lines(state: State, contract: Contract, grid: GridForecast, event: Event | None) -> tuple[CellLine, ...]:
    """Return what the forecast says of every cell, unmarked."""
    p10, p50, p90 = (_stated(grid, contract, [getattr(q, name) for q in grid.cells]) for name in QUANTILES)
    chance = None if event is None else forecast.above_each(p10, p50, p90, event.level)
    return tuple(
        [
            _bare(state, q.cell, None if chance is None else float(chance[i]), float(p50[i]), float(p90[i] - p10[i]))
            for i, q in enumerate(grid.cells)
        ]
    )


def _stated(grid: GridForecast, contract: Contract, values: list[float]) -> NDArray[np.float64]:
    """Return a grid's values in the contract's unit."""
    given = np.array(values)
    if contract.metric is Metric.PRECIPITATION:
        return given * (modelling.TO_MM[Unit(grid.unit)] / modelling.TO_MM[contract.unit])
    return (given - 32.0) * (5.0 / 9.0) if contract.unit is Unit.CELSIUS else given


def _bare(state: State, cell: Cell, probability: float | None, p50: float | None, spread: float | None) -> CellLine:
    return CellLine(
        cell=cell,
        probability=probability,
        edge=None,
        p50=p50,
        spread=spread,
        observed=None,
        exposure=None,
        stations=len(_stations_in(state).get(cell, ())),
        market=None,
        mine=False,
    )


def _marked(line: CellLine, mark: Mark, edge: float | None) -> CellLine:
    return structs.replace(
        line,
        edge=edge,
        observed=mark.observed,
        exposure=mark.exposure,
        market=mark.market,
        mine=mark.exposure is not None,
    )


def _mark(state: State, contract: Contract, cell: Cell, markets: dict[Cell, MarketId], own: dict[Cell, Money]) -> Mark:
    return Mark(_observed(state, contract, cell), own.get(cell), markets.get(cell))


def _stations_in(state: State) -> dict[Cell, tuple[StationId, ...]]:
    """Return the stations of each cell; worked out when a map is first drawn."""
    if not state.stations_in and state.stations:
        found: dict[Cell, list[StationId]] = {}
        for code, row in state.stations.items():
            found.setdefault(geometry.cell_at(row.lat, row.lon, RESOLUTION), []).append(code)
        state.stations_in = {cell: tuple(codes) for cell, codes in found.items()}
    return state.stations_in


def _observed(state: State, contract: Contract, cell: Cell) -> float | None:
    """Return what the station heard of last in a cell measured, in the contract's unit."""
    found: tuple[int, float] | None = None
    for code in _stations_in(state).get(cell, ()):
        latest = state.observed.latest(code)
        value = None if latest is None else _measured(state, contract, latest)
        if latest is not None and value is not None and (found is None or latest.measured_at > found[0]):
            found = (latest.measured_at, value)
    return None if found is None else found[1]


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
