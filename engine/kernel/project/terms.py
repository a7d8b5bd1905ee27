"""What a market of the weather asks of a station, whether our exchange lists it or a venue does."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.contract import Contract, EvidenceStation, Metric, Tier, Unit
from engine.core.ids import EMBEDDED, Cell, FamilyId, InstrumentId, MarketId, StationId, VenueId, embedded
from engine.kernel import modelling, weathering
from engine.kernel.project import names

if TYPE_CHECKING:
    from engine.core.instrument import Family
    from engine.core.snapshot import StationRow
    from engine.core.units import Nanos
    from engine.exchange.market import Market
    from engine.kernel.modelling import Opinion
    from engine.kernel.state import State

SHOWN: Final = frozenset({"open", "closed", "disputed"})
"""States of our markets that a station's day is seen from unless another is asked for."""
TITLE_ROOM: Final = 72
TEMPERATURES: Final = frozenset({Metric.TEMP_MAX, Metric.TEMP_MIN})


class Terms(NamedTuple):
    """One market or family as terms of a station's window."""

    key: MarketId
    venue: VenueId
    title: str
    status: str
    contract: Contract
    instruments: tuple[InstrumentId, ...]
    """One an outcome that can be traded."""


def of(state: State, key: MarketId) -> Terms | None:
    """Return the terms of a market or family; None where it asks nothing of a station's day that could be read."""
    market = state.exchange.markets.get(key)
    if market is not None:
        return _own(market)
    family = state.families.get(FamilyId(key))
    return None if family is None else _listed(state, family)


def at_station(state: State, code: StationId) -> list[Terms]:
    """Return what a station decides that is not over, the likeliest to be meant first.

    The running day goes before another, a daily high before other quantities, the next to close before a later one,
    and ours before a venue's.
    """
    own = [m for m in state.exchange.markets.values() if m.status in SHOWN and m.contract.stations[0].id == code]
    found = [_own(market) for market in own]
    for family in weathering.at_station(state, code):
        listed = _listed(state, family)
        if listed is not None and listed.status != "settled":
            found.append(listed)
    return sorted(found, key=lambda one: _order(state, one))


def linked(state: State, code: StationId, key: str) -> Terms | None:
    """Return what a station's day is seen from: the market named if the station decides it, else the likeliest."""
    named = of(state, MarketId(key)) if key else None
    if named is not None and named.contract.stations[0].id == code:
        return named
    return next(iter(at_station(state, code)), None)


def opinion(state: State, terms: Terms) -> Opinion | None:
    """Return the model's opinion of a market or family; None when it has none, or it is over."""
    if terms.venue == EMBEDDED:
        return modelling.opinion(state, state.exchange.markets[terms.key])
    return weathering.opinion(state, FamilyId(terms.key))


def plain(station: StationRow, opens: Nanos, closes: Nanos) -> Contract:
    """Return a station's day as a contract that asks for its high and nobody trades."""
    return Contract(
        id="",
        title=station.name,
        place=station.name,
        metric=Metric.TEMP_MAX,
        unit=Unit.FAHRENHEIT,
        cell=Cell(station.cell),
        stations=(_only(station),),
        tier=Tier.A,
        opens=opens,
        closes=closes,
    )


def _only(station: StationRow) -> EvidenceStation:
    return EvidenceStation(id=StationId(station.id), km=Decimal(0), weight=Decimal(1))


def _own(market: Market) -> Terms:
    contract = market.contract
    instruments = tuple(embedded(market.id, outcome) for outcome in contract.tradable)
    return Terms(market.id, EMBEDDED, contract.title, market.status, contract, instruments)


def _listed(state: State, family: Family) -> Terms | None:
    contract = weathering.terms_of(state, family)
    if contract is None:
        return None
    statuses = {state.listings[one].status for one in family.members}
    status = next((word for word in ("open", "paused", "unopened", "closed", "determined") if word in statuses), "")
    title = f"{names.short_title(family.title)[:TITLE_ROOM]} {names.SYMBOLS[contract.metric]}"
    return Terms(MarketId(family.id), family.members[0].venue, title, status or "settled", contract, family.members)


def _order(state: State, one: Terms) -> tuple[bool, bool, int, bool, str]:
    contract = one.contract
    elsewhere = not contract.opens <= state.now < contract.closes and contract.metric in TEMPERATURES
    return elsewhere, contract.metric is not Metric.TEMP_MAX, contract.closes, one.venue != EMBEDDED, one.key
