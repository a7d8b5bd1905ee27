"""The map's hexagons as seen from one market, kept between two looks.

A forecast grid has hundreds of cells and what is asked of each rarely changes; trades and reports change a few. So
the lines of a market are computed once for a grid and an event, and then only those whose marks changed are made
again: where nothing did, the very same lines are returned.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from msgspec import structs

from engine.core.contract import Contract, Metric, Unit
from engine.core.ids import FamilyId
from engine.core.units import HOUR, Money, Nanos
from engine.kernel import modelling, weathering
from engine.kernel.project import cell_marks, hours
from engine.kernel.project.alerts import line as alert_line
from engine.kernel.project.cell_marks import BARE, Mark, stations_in
from engine.views.weather import CellLine
from engine.weather import alerts, forecast, stations
from engine.weather import cells as geometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.core.events import GridForecast
    from engine.core.ids import Cell, MarketId
    from engine.kernel.modelling import Opinion
    from engine.kernel.state import State
    from engine.views.alerts import AlertLine
    from engine.weather.alerts import Alert

RESOLUTION: Final = 6
"""Of the hexagons drawn where no grid says another; a market's cell is a child of one."""
QUANTILES: Final = ("p10", "p50", "p90")
ROOM: Final = 8
"""Markets, and hours of them, whose lines are kept."""
TIERS_ROOM: Final = 200_000


class Event(NamedTuple):
    """What the map's colours are the chance of: a value above a level, in the contract's unit."""

    level: float
    first: int
    """Of the market's outcomes, the first one that means it; of brackets, all after it do too."""


class Seen(NamedTuple):
    """What a map is seen from: a market of ours, or a venue's event about one station's day."""

    id: MarketId
    contract: Contract
    weights: tuple[float, ...]
    """Of each outcome, to choose the map's event by: the market's prices; a venue's event has the model's chances."""
    prices: tuple[float, ...] | None
    """None for a venue's event: its books change too often for a map."""
    formed: Opinion | None
    loss: Money | None
    subsidy: Money | None


class Drawn:
    """The lines of one market."""

    __slots__ = ("alerts", "at", "edge", "event", "grid", "here", "hour", "hourly", "lines", "marks", "turn", "watched")

    def __init__(self, state: State, market: Seen, grid: GridForecast, event: Event | None, hour: Nanos | None) -> None:
        self.grid = grid
        self.event = event
        self.hour = hour
        self.hourly = None if hour is None else hours.grid(state, market.contract, hour)
        self.lines = _lines(state, market.contract, grid, event)
        if hour is not None:
            self.lines = _of_hour(self.lines, market.contract, self.hourly)
        self.turn = -1
        self.alerts: tuple[AlertLine, ...] = ()
        """On its cells, by the state's turn of alerts."""
        self.at = {line.cell: i for i, line in enumerate(self.lines)}
        self.watched = tuple([line.cell for line in self.lines if line.stations])
        """Cells with stations in them."""
        own = modelling.cell_quantiles(state, grid, market.contract.cell)
        self.here = None if own is None else own.cell
        """The market's own cell."""
        self.marks: dict[Cell, Mark] = {}
        self.edge: float | None = None

    def warn(self, state: State) -> tuple[AlertLine, ...]:
        """Mark the cells that alerts lie on at its hour, and return those; anew only when an alert changes."""
        if self.turn != state.alert_turn:
            self.turn = state.alert_turn
            on = state.alerts.over(list(self.at), _moment(state, self.hour))
            self.lines = _warned(self.lines, on)
            self.alerts = _by_rank(on)
        return self.alerts

    def fits(self, state: State, market: Seen, grid: GridForecast, event: Event | None) -> bool:
        """Whether its forecasts and its event still are those that count."""
        hourly = None if self.hour is None else hours.grid(state, market.contract, self.hour)
        return self.grid is grid and self.event == event and self.hourly is hourly

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


def cells(
    state: State, market: Seen, found: GridForecast | None, hour: Nanos | None = None
) -> tuple[tuple[CellLine, ...], tuple[AlertLine, ...]]:
    """Return a line for each cell of the forecast, without one for each cell with a market; and the alerts on them."""
    grid = found if found is not None or hour is None else hours.grid(state, market.contract, hour)
    resolution = resolution_of(grid)
    markets, own = cell_marks.markets_by_cell(state, resolution), cell_marks.exposures(state, resolution)
    if grid is None:
        on = state.alerts.over(list(markets), _moment(state, hour))
        marks = cell_marks.marks(state, market.contract, markets, markets, own, hour, by_station=True)
        bare = tuple([_marked(line, marks[line.cell], None) for line in _bare_lines(state, list(markets))])
        return _warned(bare, on), _by_rank(on)
    event = None if found is None else event_of(market.contract, market.weights)
    key = (market.id, hour)
    kept = state.hexagons.get(key)
    if kept is None or not kept.fits(state, market, grid, event):
        if len(state.hexagons) >= ROOM:
            state.hexagons.clear()
        kept = state.hexagons[key] = Drawn(state, market, grid, event, hour)
    told = {*kept.watched, *(cell for cell in (*markets, *own) if cell in kept.at)}
    marks = cell_marks.marks(state, market.contract, told, markets, own, hour, by_station=kept.hourly is None)
    kept.mark(marks, None if kept.here is None else _edge(market, event))
    warned = kept.warn(state)
    return kept.lines, warned


def resolution_of(grid: GridForecast | None) -> int:
    """Return the resolution a map is drawn at: its grid's, at most that of markets' cells."""
    return min(geometry.resolution(grid.cells[0].cell), geometry.RESOLUTION) if grid and grid.cells else RESOLUTION


def _warned(lines: tuple[CellLine, ...], on: dict[Cell, tuple[Alert, ...]]) -> tuple[CellLine, ...]:
    """Return lines with the rank of the gravest alert on each."""
    if not on and not any(line.alert for line in lines):
        return lines
    ranks = {cell: max([alerts.rank(one.severity) for one in some]) for cell, some in on.items()}
    return tuple(
        [
            line if line.alert == ranks.get(line.cell, 0) else structs.replace(line, alert=ranks.get(line.cell, 0))
            for line in lines
        ]
    )


def _by_rank(on: dict[Cell, tuple[Alert, ...]]) -> tuple[AlertLine, ...]:
    """Return the alerts that lie on any cell, gravest first."""
    found = {alert.id: alert for some in on.values() for alert in some}
    return tuple(sorted(map(alert_line, found.values()), key=lambda one: (-one.rank, one.sent, one.id)))


def _moment(state: State, hour: Nanos | None) -> Nanos:
    """Return the instant whose alerts are shown: now, unless another hour is looked at."""
    return state.now if hour is None or hour <= state.now < hour + HOUR else hour


def seen(state: State, market_id: MarketId) -> Seen | None:
    """Return what a map is seen from; None for what is no market, nor a venue's event about one station's day."""
    market = state.exchange.markets.get(market_id)
    if market is not None:
        prices, formed = tuple(market.prices), modelling.opinion(state, market)
        loss = state.losses.get(market_id)
        return Seen(market_id, market.contract, prices, prices, formed, loss, market.subsidy)
    family = FamilyId(market_id)
    contract = weathering.contract_of(state, family)
    if contract is None:
        return None
    formed = weathering.opinion(state, family)
    even = (1.0 / len(contract.brackets),) * len(contract.brackets)
    weights = even if formed is None else tuple(formed.chances)
    return Seen(market_id, contract, weights, None, formed, state.venue_losses.get(market_id), None)


def event_of(contract: Contract, prices: Sequence[float]) -> Event | None:
    """Return the map's event; of brackets it is reaching the floor that the prices hold most in doubt."""
    if contract.threshold is not None:
        if (contract.metric, contract.unit) in forecast.STEPS:
            return Event(forecast.least_above(contract.metric, contract.unit, float(contract.threshold)), 0)
        whole = contract.metric in forecast.WHOLE and contract.unit is Unit.FAHRENHEIT
        return Event(math.floor(contract.threshold) + 0.5 if whole else float(contract.threshold), 0)
    floors = [(sum(prices[i:]), b.low, i) for i, b in enumerate(contract.brackets) if b.low is not None]
    if not floors:
        return None
    _, low, first = min(floors, key=lambda floor: abs(floor[0] - 0.5))
    return Event(low - 0.5, first)


def _edge(market: Seen, event: Event | None) -> float | None:
    """Return cents between the model and the market on the map's event; None where one of them has no opinion."""
    if market.formed is None or event is None or market.prices is None:
        return None
    chances, prices = market.formed.chances, market.prices
    if not market.contract.brackets:
        return 100.0 * (chances[0] - prices[0])
    return 100.0 * (sum(chances[event.first :]) - sum(prices[event.first :]))


def _lines(state: State, contract: Contract, grid: GridForecast, event: Event | None) -> tuple[CellLine, ...]:
    """Return what the forecast says of every cell, unmarked."""
    p10, p50, p90 = (_stated(grid, contract, [getattr(q, name) for q in grid.cells]) for name in QUANTILES)
    chance = None if event is None else forecast.above_each(p10, p50, p90, event.level)
    return _bare_lines(
        state,
        [q.cell for q in grid.cells],
        None if chance is None else chance.tolist(),
        p50.tolist(),
        (p90 - p10).tolist(),
    )


def _stated(grid: GridForecast, contract: Contract, values: list[float]) -> NDArray[np.float64]:
    """Return a grid's values in the contract's unit."""
    given = np.array(values)
    if contract.metric is Metric.PRECIPITATION:
        return given * (modelling.TO_MM[Unit(grid.unit)] / modelling.TO_MM[contract.unit])
    return (given - 32.0) * (5.0 / 9.0) if contract.unit is Unit.CELSIUS else given


def _of_hour(lines: tuple[CellLine, ...], contract: Contract, hourly: GridForecast | None) -> tuple[CellLine, ...]:
    """Return lines with an hour's forecast in place of the window's; unknown where there is none."""
    told: dict[Cell, tuple[float, float]] = {}
    if hourly is not None:
        p10, p50, p90 = (_stated(hourly, contract, [getattr(q, name) for q in hourly.cells]) for name in QUANTILES)
        pairs = zip(p50.tolist(), (p90 - p10).tolist(), strict=True)
        told = dict(zip([q.cell for q in hourly.cells], pairs, strict=True))
    nothing = (None, None)
    return tuple(
        [
            structs.replace(line, p50=pair[0], spread=pair[1])
            for line in lines
            for pair in (told.get(line.cell, nothing),)
        ]
    )


def _bare_lines(
    state: State,
    cells: Sequence[Cell],
    chances: Sequence[float | None] | None = None,
    p50: Sequence[float | None] | None = None,
    spread: Sequence[float | None] | None = None,
) -> tuple[CellLine, ...]:
    """Return lines of cells with what is forecast there, unmarked."""
    none = [None] * len(cells)
    rows = zip(cells, chances or none, p50 or none, spread or none, _tiers(state, cells), strict=True)
    return tuple(
        [
            CellLine(
                cell=cell,
                probability=chance,
                edge=None,
                p50=middle,
                spread=wide,
                observed=None,
                exposure=None,
                stations=len(stations_in(state, cell)),
                market=None,
                mine=False,
                tier=tier,
            )
            for cell, chance, middle, wide, tier in rows
        ]
    )


def _tiers(state: State, cells: Sequence[Cell]) -> list[str]:
    """Return the tier of each cell, worked out once."""
    known = state.tiers
    missing = [cell for cell in cells if cell not in known]
    if missing:
        if len(known) > TIERS_ROOM:
            known.clear()
            missing = list(cells)
        places = np.array([geometry.center(cell) for cell in missing])
        known.update(zip(missing, stations.tiers(places, tuple(state.stations.values())), strict=True))
    return [known[cell] for cell in cells]


def _marked(line: CellLine, mark: Mark, edge: float | None) -> CellLine:
    p50, spread = (line.p50, line.spread) if mark.told is None else mark.told
    return structs.replace(
        line,
        edge=edge,
        p50=p50,
        spread=spread,
        observed=mark.observed,
        exposure=mark.exposure,
        market=mark.market,
        mine=mark.exposure is not None,
    )
