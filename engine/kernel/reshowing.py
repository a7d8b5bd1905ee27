"""Views that go out of date without a price: what orders hang on is otherwise, for all of them or those of a venue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel import taping
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.ids import VenueId
    from engine.kernel.state import State


def everything(state: State) -> None:
    """Note every view that says whether an order would pass: the next price may be long in coming."""
    state.out.dirty(
        topics.SPINE, topics.GATES, topics.CONNECTIONS, topics.ORDERS, topics.SETTLEMENTS, topics.MARKETS
    )  # fmt: skip
    for market in state.exchange.markets:
        taping.moved(state, market)
    for listing in state.listings.values():
        state.out.dirty_all(listing.views)


def venue(state: State, name: VenueId) -> None:
    """Note the same of one venue."""
    state.out.dirty(topics.CONNECTIONS, topics.GATES, topics.SPINE, topics.FEEDS)
    for key, listing in state.listings.items():
        if key.venue == name:
            state.out.dirty_all(listing.views)
