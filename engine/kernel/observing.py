"""The weather comes in: reports, forecasts, how their services do. Opinions that they overtake are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.effects import Level
from engine.core.events import StationForecast
from engine.core.ids import StationId
from engine.core.units import HOUR
from engine.exchange.market import ENDED
from engine.kernel import crossing, following, modelling, rows, settling, taping, weathering
from engine.views import topics
from engine.weather.climate_day import MIDNIGHT_AFTER

if TYPE_CHECKING:
    from engine.core.events import GridForecast, Observed, SourceReport
    from engine.core.instrument import Family
    from engine.kernel.state import State


def observed(state: State, event: Observed) -> None:
    """Take a report in, unless it is no better than what is known; what it decides is told anew."""
    reading = event.reading
    station = reading.station
    before = crossing.reached(state, station)
    if not state.observed.add(reading):
        return
    wanted = False
    for market in state.exchange.markets.values():
        if all(s.id != station for s in market.contract.stations):
            continue
        if market.status in ENDED:
            if market.contract.opens <= reading.measured_at <= market.contract.closes + MIDNIGHT_AFTER:
                wanted = True  # a ruling seals it
                settling.contest(state, market)
            continue
        wanted = True
        if market.status == "disputed":
            settling.contest(state, market)
        modelling.forget(state, market.id)
        state.out.dirty(topics.board(market.id), topics.cells(market.id))
        state.out.dirty(*(topics.ladder(f"{market.id}/{o}") for o in market.contract.tradable))
    for family in weathering.forget(state, station):
        wanted = wanted or following.is_open(state, family)
        _doubted(state, family)
    if wanted:
        state.out.keep((rows.reading(reading),))
        state.out.dirty(topics.MARKETS, topics.SETTLEMENTS, topics.POSITIONS)
    crossing.tell(state, station, before)
    crossing.mark(state, station)
    state.out.dirty(topics.STATIONS, topics.FEEDS)


def forecast(state: State, event: StationForecast | GridForecast) -> None:
    """Take a forecast in; every opinion that was formed of the last one is dropped."""
    if isinstance(event, StationForecast):
        state.station_forecasts[StationId(event.station)] = event
        crossing.mark(state, StationId(event.station))
    else:
        state.grids.setdefault(event.metric.value, {})[event.opens, event.closes] = event
        state.grid_cells.pop((event.metric.value, event.opens, event.closes), None)
        if _of_an_hour(state, event):
            return
    modelling.forget(state)
    for market in state.exchange.markets.values():
        if market.status == "open":
            taping.moved(state, market.id)
    for family in state.families.values():
        if family.station and (not isinstance(event, StationForecast) or family.station == event.station):
            _doubted(state, family)
        elif family.station:
            state.out.dirty(topics.cells(family.id))
    state.out.dirty(topics.FEEDS, topics.MARKETS)


def _doubted(state: State, family: Family) -> None:
    """Note all that shows what the weather makes of a family: its book need not change for that."""
    state.out.dirty(topics.board(family.id), topics.cells(family.id))
    state.out.dirty(*(topics.ladder(one.symbol) for one in family.members))


def source(state: State, event: SourceReport) -> None:
    """How a service that tells of the weather does; the log hears when it goes silent and when it is back."""
    before = state.sources.get(event.source)
    state.sources[event.source] = event
    was, why = ("" if before is None else _down(before)), _down(event)
    if why and not was:
        state.out.notice(Level.WARN, f"{event.title} tells nothing: {why}", "SOURCE", event.source)
    elif was and not why:
        state.out.notice(Level.INFO, f"{event.title} tells again", "SOURCE", event.source)
    state.out.dirty(topics.FEEDS, topics.CONNECTIONS)


def _of_an_hour(state: State, event: GridForecast) -> bool:
    """Whether a forecast is of one hour that no market asks for: only maps show it."""
    if event.closes - event.opens != HOUR:
        return False
    window = event.metric, event.opens, event.closes
    markets = [one for one in state.exchange.markets.values() if one.status == "open"]
    if any((one.contract.metric, one.contract.opens, one.contract.closes) == window for one in markets):
        return False
    state.out.dirty(*(topics.cells(one.id) for one in markets if one.contract.metric is event.metric))
    state.out.dirty(*(topics.cells(family.id) for family in state.families.values() if family.station))
    return True


def _down(report: SourceReport) -> str:
    """Return why a service answers nothing at all; empty while it answers something."""
    tried = [errand for errand in report.errands if errand.why or errand.ok_at is not None]
    return tried[0].why if tried and all(errand.why for errand in tried) else ""
