"""An operator's draft to a contract and its opening: evidence frozen, prior and liquidity from the forecast."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import h3
from msgspec.structs import replace

from engine.core.commands import CreateMarket
from engine.core.contract import Contract, Metric, SourceName, Sources
from engine.core.ids import YOU, Cell, MarketId
from engine.core.units import DAY, DIGITS, HOUR, MINUTE, SECOND, is_short
from engine.core.when import iso
from engine.kernel import modelling
from engine.kernel.project import names
from engine.oracle.rules import missing_source
from engine.weather import cells, climate_day, forecast
from engine.weather.stations import NoStation, evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.contract import Bracket
    from engine.kernel.state import State
    from engine.views.market import MarketDraft

BASE_B: Final = 100.0
"""Shares of liquidity for an event as uncertain as the climate."""
WORDS: Final = {
    Metric.PRECIPITATION: "PRECIP",
    Metric.TEMP_MAX: "TEMP",
    Metric.TEMP_MIN: "TEMP",
    Metric.WIND_GUST: "WIND",
    Metric.SNOW: "SNOW",
}
SUFFIXES: Final = {Metric.TEMP_MAX: "MAX", Metric.TEMP_MIN: "MIN"}
OFFICIAL: Final = frozenset({SourceName.CLI, SourceName.ASOS})
"""Sources that tell a whole day's high or low of the station's own climate day alone."""


def command(state: State, draft: MarketDraft) -> CreateMarket | str:
    """Return the command that lists a draft, or in one sentence why it cannot be listed."""
    refused = missing_source(draft.metric)
    if refused is not None:
        return refused
    if draft.threshold is not None and not is_short(draft.threshold):
        return f"The threshold must be a number of at most {DIGITS} decimals."
    cell = market_cell(draft.cell)
    if cell is None:
        return "Pick a cell on the map first."
    found = evidence(cell, draft.metric, tuple(state.stations.values()))
    if isinstance(found, NoStation):
        return found.sentence
    contract = Contract(
        id="",
        title=_title(state, draft, found.stations[0].id),
        place=state.stations[found.stations[0].id].name,
        metric=draft.metric,
        unit=draft.unit,
        cell=cell,
        stations=found.stations,
        tier=found.tier,
        opens=draft.opens,
        closes=draft.closes,
        threshold=draft.threshold,
        brackets=draft.brackets,
        sources=draft.sources,
    )
    return _no_day(state, contract) or _opened(state, draft, contract)


def offset_of(state: State, cell: Cell) -> int:
    """Return the hours from UTC to the local standard time in which a cell's days begin: its nearest station's.

    The desk's own where no cell is picked, or no station is in reach.
    """
    market = market_cell(cell)
    found = None if market is None else evidence(market, Metric.TEMP_MAX, tuple(state.stations.values()))
    if found is None or isinstance(found, NoStation):
        return state.utc_offset_hours
    return state.stations[found.stations[0].id].utc_offset_hours


def _no_day(state: State, contract: Contract) -> str:
    """Return why a day's high or low could never settle, empty where it can: no official value is of another day."""
    opens, closes = contract.opens, contract.closes
    if contract.metric not in SUFFIXES or closes - opens != DAY:
        return ""
    if isinstance(contract.sources, Sources) and any(one.name not in OFFICIAL for one in contract.sources.order):
        return ""
    nearest = contract.stations[0].id
    offset = state.stations[nearest].utc_offset_hours
    day, following = climate_day.window_at(opens, offset)
    if opens == day:
        return ""
    return (
        f"No official value is of these 24 hours: the day of {nearest} runs from {iso(day)} to {iso(following)}, "
        f"in its local standard time."
    )


def market_cell(cell: Cell) -> Cell | None:
    """Return the market's cell for one picked on the map: itself, its centre's child, or the one it lies in."""
    if not h3.is_valid_cell(cell):
        return None
    resolution = h3.get_resolution(cell)
    if resolution < cells.RESOLUTION:
        return Cell(h3.cell_to_center_child(cell, cells.RESOLUTION))
    return cells.parent(cell, cells.RESOLUTION)


def _opened(state: State, draft: MarketDraft, contract: Contract) -> CreateMarket | str:
    contract = replace(contract, id=_name(state, contract))
    formed = modelling.form(state, contract)
    if formed is None and (draft.b is None or draft.prior is None):
        return "There is no forecast of this quantity here: give the liquidity by hand, with an even prior."
    b, prior = draft.b, draft.prior
    if formed is not None and (b is None or prior is None):
        opening = forecast.opening(contract, formed.law, BASE_B, formed.known, fair=formed.chances)
        b = opening.b if b is None else b
        prior = opening.prior if prior is None else prior
    return CreateMarket(by=YOU, contract=contract, b=b or BASE_B, prior=prior or (), phase=draft.phase, kind=draft.kind)


def _name(state: State, contract: Contract) -> str:
    """Return ``ATMX-CELL-METRIC-THRESHOLD-DAY-HOUR-LENGTH``, the window's start in its station's local standard time.

    Of brackets the threshold is the lowest edge, and a digest of all of them ends the name. Earlier versions left that
    out, the length, and minutes: a market with such a name keeps it, and is the same market still.
    """
    level = contract.threshold if contract.threshold is not None else Decimal(contract.brackets[0].high or 0)
    number = f"{level:f}".replace(".", "P").replace("-", "M")
    start = _local(state, contract.stations[0].id, contract.opens)
    word, suffix = WORDS[contract.metric], SUFFIXES.get(contract.metric, "")
    what = f"ATMX-{contract.cell[:9]}-{word}-{number}{contract.unit.value.upper()}{suffix}-{start:%Y%m%d}"
    at = (
        f"{start:%H}"
        if not contract.opens % HOUR
        else f"{start:%H%M}"
        if not contract.opens % MINUTE
        else f"{start:%H%M%S}"
    )
    name = f"{what}-{at}-{_length(contract.closes - contract.opens)}"
    for older in (f"{what}-{start:%H}", name):
        earlier = state.exchange.markets.get(MarketId(older))
        if earlier is not None and _asks(earlier.contract) == _asks(contract):
            return older
    return f"{name}-{_digest(contract.brackets)}" if contract.brackets else name


def _asks(contract: Contract) -> tuple[object, ...]:
    """Return what tells two markets of one cell, metric and lowest edge apart."""
    edges = tuple((one.low, one.high) for one in contract.brackets)
    return contract.opens, contract.closes, contract.threshold, edges


def _digest(brackets: Sequence[Bracket]) -> str:
    text = ",".join(f"{one.low}:{one.high}" for one in brackets)
    return hashlib.sha256(text.encode()).hexdigest()[:8].upper()


def _length(window: int) -> str:
    """Return how long a window is, in the largest unit that it is a whole number of."""
    each, letter = next((pair for pair in ((HOUR, "H"), (MINUTE, "M")) if not window % pair[0]), (SECOND, "S"))
    return f"{window // each}{letter}"


def _title(state: State, draft: MarketDraft, station: str) -> str:
    start = _local(state, station, draft.opens)
    what = names.SYMBOLS[draft.metric]
    hours = (draft.closes - draft.opens) / HOUR
    level = "" if draft.threshold is None else f" > {names.number(draft.threshold)} {names.UNITS[draft.unit]}"
    return f"{station.removeprefix('K')} {what}{level} · {start:%a} {start.day} {start:%b} {start:%H}h +{hours:g} h"


def _local(state: State, station: str, at: int) -> datetime:
    offset = state.stations[station].utc_offset_hours  # type: ignore[index]
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at // SECOND, hours=offset)
