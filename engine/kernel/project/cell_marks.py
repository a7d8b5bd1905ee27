"""What is known of a cell of the map whatever is forecast: its stations' reports, a market there, our exposure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.contract import Metric
from engine.core.units import Money
from engine.kernel import modelling
from engine.kernel.project import hours
from engine.weather import cells as geometry
from engine.weather import forecast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.contract import Contract
    from engine.core.ids import Cell, MarketId, StationId
    from engine.core.reading import Reading
    from engine.core.units import Nanos
    from engine.kernel.state import State


class Mark(NamedTuple):
    """What is known of a cell whatever is forecast."""

    observed: float | None = None
    exposure: Money | None = None
    market: MarketId | None = None
    told: tuple[float | None, float | None] | None = None
    """Median and spread of the hour that its own station's forecast has, where there is no grid of it."""


BARE: Final = Mark()


def marks(
    state: State,
    contract: Contract,
    cells: Iterable[Cell],
    markets: dict[Cell, MarketId],
    own: dict[Cell, Money],
    hour: Nanos | None,
    *,
    by_station: bool,
) -> dict[Cell, Mark]:
    """Return what is known of cells, at an hour if one is given; its forecast only where stations have to tell it."""
    return {
        cell: Mark(
            _observed(state, contract, cell, hour),
            own.get(cell),
            markets.get(cell),
            _told(state, contract, cell, hour) if by_station and hour is not None else None,
        )
        for cell in cells
    }


def _told(state: State, contract: Contract, cell: Cell, hour: Nanos) -> tuple[float | None, float | None]:
    """Return what the first of a cell's stations that has a forecast of an hour says of it."""
    said = (hours.at_station(state, contract, code, hour) for code in stations_in(state, cell))
    return next((pair for pair in said if pair is not None), (None, None))


def stations_in(state: State, cell: Cell) -> tuple[StationId, ...]:
    """Return the stations of a cell; worked out for its resolution when a map of that is first drawn."""
    resolution = geometry.resolution(cell)
    if resolution not in state.stations_in and state.stations:
        found: dict[Cell, list[StationId]] = {}
        for code, row in state.stations.items():
            found.setdefault(geometry.cell_at(row.lat, row.lon, resolution), []).append(code)
        state.stations_in[resolution] = {one: tuple(codes) for one, codes in found.items()}
    return state.stations_in.get(resolution, {}).get(cell, ())


def _observed(state: State, contract: Contract, cell: Cell, hour: Nanos | None = None) -> float | None:
    """Return what the station heard of last in a cell measured, or in an hour, in the contract's unit."""
    if hour is not None:
        found_in = (hours.measured(state, contract, code, hour) for code in stations_in(state, cell))
        return next((value for value in found_in if value is not None), None)
    found: tuple[int, float] | None = None
    for code in stations_in(state, cell):
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
    return hours.degrees(latest, contract.unit)


def markets_by_cell(state: State, resolution: int) -> dict[Cell, MarketId]:
    """Return the first open market of each cell, under its parent as the map draws it."""
    found: dict[Cell, MarketId] = {}
    for market in state.exchange.markets.values():
        if market.status == "open":
            found.setdefault(geometry.parent(market.contract.cell, resolution), market.id)
    return found


def exposures(state: State, resolution: int) -> dict[Cell, Money]:
    """Return what our markets in each cell may lose at the most, under its parent as the map draws it."""
    found: dict[Cell, Money] = {}
    for market_id, loss in state.losses.items():
        cell = geometry.parent(state.exchange.markets[market_id].contract.cell, resolution)
        found[cell] = Money(found.get(cell, Decimal(0)) + loss)
    return found
