"""The instruments of venues in the tree of markets: one row an outcome, families together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import MarketId
from engine.core.units import NOTHING, Qty
from engine.kernel import weathering
from engine.kernel.project import names
from engine.kernel.project.listed import instruments
from engine.maths import contracts
from engine.views.market import MarketRow

if TYPE_CHECKING:
    from engine.core.instrument import Family
    from engine.kernel.desks import Listing
    from engine.kernel.state import State

OVER: Final = frozenset({"settled"})
FAMILIES: Final = 60
"""Shown at once, those that close first: a tree longer than that is searched, not read."""


def rows(state: State) -> tuple[MarketRow, ...]:
    """Return a row for each instrument of the families that are not over."""
    shown = [family for family in state.families.values() if _alive(state, family)]
    shown.sort(key=lambda family: (family.group, family.closes or 0, family.title))
    return tuple(row for family in shown[:FAMILIES] for row in _family(state, family))


def _alive(state: State, family: Family) -> bool:
    """Whether a family is here: options and futures are in `derivative_markets`."""
    some = instruments.members(state, family.id)
    return any(listing.status not in OVER and not contracts.is_derivative(listing.instrument) for listing in some)


def _family(state: State, family: Family) -> list[MarketRow]:
    listings = instruments.members(state, family.id)
    several = len(listings) > 1
    return [
        _row(state, family, listing, several=several, first=index == 0, all_of_it=listings)
        for index, listing in enumerate(listings)
    ]


def _row(
    state: State, family: Family, listing: Listing, *, several: bool, first: bool, all_of_it: list[Listing]
) -> MarketRow:
    one = listing.instrument
    yes, no = instruments.held(state, one.id)
    model = weathering.chance(state, listing)
    edges = instruments.edges(one, model, *instruments.best_cents(listing), state.now)
    return MarketRow(
        instrument=one.id,
        market=MarketId(family.id),
        group=f"{instruments.venue_title(state, one.id.venue)} · {family.group}" if family.group else one.id.venue,
        event=names.short_title(family.title),
        station=family.station,
        label=names.bracket(one) if several else "",
        cell="",
        status="stale" if listing.stale and listing.status == "open" and listing.top else listing.status,
        closes=one.closes or family.closes or state.now,
        bid=listing.book.best_bid,
        ask=listing.book.best_ask,
        mid=instruments.mid(listing),
        model=model,
        edge=max((edge for edge in edges if edge is not None), default=None),
        overround=_overround(all_of_it) if first and several else None,
        position=Qty(yes.qty - no.qty),
        volume=_volume(all_of_it) if first else NOTHING,
    )


def _overround(listings: list[Listing]) -> float | None:
    """Return the sum of the asks less 1 in cents; None where one is missing."""
    asks = [
        None if listing.book.best_ask is None else instruments.cents(listing.instrument, listing.book.best_ask)
        for listing in listings
    ]
    known = [ask for ask in asks if ask is not None]
    return sum(known) - 100.0 if len(known) == len(asks) else None


def _volume(listings: list[Listing]) -> Qty:
    """Return what traded on the tapes that we hold of them."""
    total = NOTHING
    for listing in listings:
        for trade in listing.tape:
            total = Qty(total + instruments.qty(listing.instrument, trade.lots))
    return total
