"""Which events go together, by where and when they are decided and what they hang on; and what each may lose.

A market of our own exchange is one event, decided in its cell; a family of a venue is one, decided where its station
stands. The groups of an event never change, so they are worked out once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from engine.core.ids import Cell, FamilyId, InstrumentId, MarketId, StationId, VenueId
from engine.core.units import SECOND
from engine.kernel import exposing, weathering
from engine.portfolio import correlated
from engine.portfolio.correlated import Group, Kind
from engine.portfolio.groups import group_of
from engine.weather import climate_day

if TYPE_CHECKING:
    from engine.core.instrument import Family
    from engine.core.units import Money, Nanos
    from engine.exchange.market import Market
    from engine.kernel.state import State

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SHORT: Final = 9
"""Digits of a cell's name that tell it from its neighbours at the resolution of a neighbourhood."""


def losses(state: State) -> dict[str, Money]:
    """Return the worst loss of every event, our own markets' and the venues', open orders filled."""
    return {**{str(market): loss for market, loss in state.losses.items()}, **state.venue_losses}


def groups(state: State, event: str) -> tuple[Group, ...]:
    """Return the groups of an event; it is always alone in one at least."""
    found = state.event_groups.get(event)
    if found is None:
        market = state.exchange.markets.get(MarketId(event))
        made = _of_market(state, market) if market is not None else _of_family(state, event)
        found = state.event_groups[event] = tuple(made)
    return found


def worst(state: State, event: str, after: Money) -> correlated.Joint | None:
    """Return the group of an event that could lose most if the event came to lose `after`."""
    known = losses(state)
    return correlated.worst(known, {one: groups(state, one) for one in (*known, event)}, event, after)


def joint(state: State) -> list[correlated.Joint]:
    """Return the worst loss of every group of more than one event, the largest first."""
    known = losses(state)
    found = correlated.joint(known, {one: groups(state, one) for one in known})
    return [one for one in found if one.group.kind is not Kind.EVENT or one.events > 1]


def forget(state: State, family: Family) -> None:
    """Drop the groups of a family that was listed anew."""
    state.swings = None
    state.event_groups.pop(family.id, None)
    for one in family.members:
        state.event_groups.pop(f"{one.venue}/{one.symbol}", None)


def forget_over(state: State) -> None:
    """Drop the groups of events that are over: nothing of ours is in them, and they can be worked out again."""
    known = {*state.losses, *state.venue_losses, *state.exchange.markets, *state.families}
    known.update(f"{one.venue}/{one.symbol}" for one in state.listings)
    state.event_groups = {event: some for event, some in state.event_groups.items() if event in known}


def _of_market(state: State, market: Market) -> list[Group]:
    contract = market.contract
    station = contract.stations[0].id if contract.stations else StationId("")
    return [
        _alone(market.id, contract.title),
        *_place(contract.cell),
        *_day(state, station, contract.opens),
    ]


def _of_family(state: State, event: str) -> list[Group]:
    family = state.families.get(FamilyId(event)) or _family_of_member(state, event)
    name = event if family is None else family.title or event
    made = [_alone(event if family is None else family.id, name)]
    coin = correlated.underlying(event if family is None else family.id) or correlated.underlying(event)
    if coin:
        made.append(Group(Kind.UNDERLYING, coin, coin))
    row = None if family is None else state.stations.get(StationId(family.station))
    if family is None or row is None:
        return made
    made += _place(Cell(row.cell))
    if family.closes is not None:
        made += _day(state, StationId(row.id), weathering.day_of(family, row.utc_offset_hours))
    return made


def _family_of_member(state: State, event: str) -> Family | None:
    """Return the family of an instrument that counts alone, since several of its members may pay."""
    venue, _, symbol = event.partition("/")
    listing = state.listings.get(InstrumentId(VenueId(venue), symbol))
    return None if listing is None else state.families.get(listing.instrument.family or exposing.NO_FAMILY)


def _alone(event: str, name: str) -> Group:
    return Group(Kind.EVENT, event, name)


def _place(cell: Cell) -> list[Group]:
    try:
        parent = group_of(cell)
    except ValueError:
        return []
    return [Group(Kind.PLACE, parent, f"cell {parent[:SHORT]}")]


def _day(state: State, station: StationId, opens: Nanos) -> list[Group]:
    row = state.stations.get(station)
    if row is None:
        return []
    start, _ = climate_day.window_at(opens, row.utc_offset_hours)
    day = EPOCH + timedelta(seconds=start // SECOND, hours=row.utc_offset_hours)
    return [Group(Kind.DAY, f"{station} {day:%Y-%m-%d}", f"{station} {day:%d %b}")]
