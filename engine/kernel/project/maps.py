"""The hex map as seen from one market: what the forecast says of its event in every cell, and where we stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.contract import Contract, Metric
from engine.core.ids import MarketId, StationId
from engine.kernel import modelling
from engine.kernel.project import gridded, hexagons, hours, names
from engine.kernel.project.hexagons import RESOLUTION
from engine.kernel.project.status import ROUTINE_STALE, age
from engine.views.weather import CellsView, StationPin
from engine.weather import cells as geometry
from engine.weather import climate_day

if TYPE_CHECKING:
    from engine.core.events import GridForecast
    from engine.core.units import Nanos
    from engine.kernel.state import State

START: Final = (41.8, -87.9)
PINS_KM: Final = 160.0
"""Stations farther from the market than this are not drawn."""


def view(state: State, market_id: MarketId, hour: Nanos | None = None) -> CellsView:
    """Return the hex layer; without a market, or without a forecast of its event, only stations and markets.

    With an hour the forecast, the observations and the alerts are those of it; what the market asks for is of its
    whole window at any time.
    """
    market = hexagons.seen(state, market_id)
    if market is None:
        return _blank(state)
    contract = market.contract
    found = _grid(state, contract)
    drawn, warned = hexagons.cells(state, market, found, hour)
    shown = found if hour is None else hours.grid(state, contract, hour)
    center = geometry.center(contract.cell)
    return CellsView(
        market=market.id,
        title=_title(market),
        resolution=geometry.resolution(drawn[0].cell) if drawn else RESOLUTION,
        unit=names.UNITS[contract.unit],
        run="" if shown is None else shown.run,
        run_at=None if shown is None else shown.at,
        cells=drawn,
        stations=_pins(state, contract, center),
        selected=contract.cell,
        evidence=_evidence(state, contract),
        facts=_facts(state, market, found),
        origin=gridded.origin(shown),
        center=center,
        now=state.now,
        utc_offset_hours=_offset(state, contract),
        hours=hours.of(state, contract),
        hour=hour,
        window=hours.window(contract),
        closes=contract.closes,
        alerts=warned,
    )


def _offset(state: State, contract: Contract) -> int:
    """Return the hours from UTC of the standard time at the station that settles a market."""
    row = state.stations.get(contract.stations[0].id)
    return state.utc_offset_hours if row is None else row.utc_offset_hours


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


def has_cells(state: State, market_id: MarketId) -> bool:
    """Whether a grid says something of the cell of what a map could be seen from."""
    market = hexagons.seen(state, market_id)
    found = None if market is None else _grid(state, market.contract)
    if market is None or found is None:
        return False
    return modelling.cell_quantiles(state, found, market.contract.cell) is not None


def _title(market: hexagons.Seen) -> str:
    contract = market.contract
    event = hexagons.event_of(contract, market.weights)
    if event is None:
        return contract.title
    unit, what = names.UNITS[contract.unit], names.SYMBOLS[contract.metric]
    if contract.brackets:
        return f"{what} ≥ {event.level + 0.5:.0f} {unit} · {contract.place}"
    return f"{what} > {names.number(contract.threshold)} {unit} · {contract.place}"


def _pins(state: State, contract: Contract, center: tuple[float, float]) -> tuple[StationPin, ...]:
    settles = {s.id for s in contract.stations}
    pins = []
    for code in _around(state, contract, center):
        row, latest = state.stations[code], state.observed.latest(code)
        if latest is None and code not in settles:
            continue  # a station nobody listens to says nothing on the map
        text = "—"
        if latest is not None and latest.temp_tenths_c is not None:
            text = f"{climate_day.fahrenheit(latest.temp_tenths_c)}°"
        pins.append(StationPin(id=code, lat=row.lat, lon=row.lon, text=text, settles=code in settles))
    return tuple(pins)


def _around(state: State, contract: Contract, center: tuple[float, float]) -> tuple[StationId, ...]:
    """Return the stations within reach of a market, and its own; measured once."""
    found = state.stations_around.get(contract.cell)
    if found is None:
        found = state.stations_around[contract.cell] = tuple(
            [
                code
                for code, row in state.stations.items()
                if abs(row.lat - center[0]) <= PINS_KM / 110.0 and geometry.km(center, (row.lat, row.lon)) <= PINS_KM
            ]
        )
    return (*found, *[s.id for s in contract.stations if s.id not in found and s.id in state.stations])


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


def _facts(state: State, market: hexagons.Seen, found: GridForecast | None) -> tuple[tuple[str, str], ...]:
    contract = market.contract
    unit = names.UNITS[contract.unit]
    facts = [
        ("Market", f"{100 * market.prices[0]:.1f} %")
        if not contract.brackets and market.prices is not None
        else ("Outcomes", str(len(contract.brackets)))
    ]
    formed = market.formed
    if formed is not None:
        if not contract.brackets:
            facts.append(("Model", f"{100 * formed.chances[0]:.1f} %"))
        facts.append(("Forecast p50", f"{formed.law.p50:.1f} {unit}"))
        facts.append(("p10 – p90", f"{formed.law.p10:.1f} – {formed.law.p90:.1f}"))
    at = modelling.cell_quantiles(state, found, contract.cell) if found is not None else None
    if at is None:
        facts.append(("Cell forecast", "—"))
    if found is not None:
        facts += gridded.facts(found, at, contract)
    facts.append(("Settlement", f"{contract.stations[0].id}, tier {contract.tier.value}"))
    facts.append(("My worst loss", "—" if market.loss is None else f"−${market.loss:.2f}"))
    if market.subsidy is not None:
        facts.append(("Worst-case subsidy", f"${market.subsidy:.2f}"))
    return tuple(facts)
