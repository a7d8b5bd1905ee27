"""Orders taken back: one, all, those of one market. Nothing closes this way: not a halt, not a full disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.effects import Level
from engine.core.ids import EMBEDDED
from engine.kernel import inflight, trading

if TYPE_CHECKING:
    from engine.core.commands import Cancel
    from engine.core.ids import MarketId
    from engine.kernel.state import State
    from engine.orders.register import Order


def cancel(state: State, asked: Cancel) -> None:
    """Ask for one order back."""
    one = state.register.get(asked.order)
    if one is None or one.ended or not inflight.on_venue(one):
        trading.cancel(state, asked)
        return
    inflight.take_back(state, one)


def cancel_all(state: State, market: MarketId | None = None) -> int:
    """Ask for every working order back, or those of one market, family or symbol; return how many were asked for."""
    some = [one for one in state.register.open() if inflight.on_venue(one) and belongs(state, one, market)]
    for one in some:
        inflight.take_back(state, one)
    if some:
        count = "1 order is" if len(some) == 1 else f"{len(some)} orders are"
        state.out.notice(Level.INFO, f"{count} asked back from the venues", "CANCEL_ALL")
    rest = any(one.place.instrument.venue == EMBEDDED for one in state.register.open())
    if rest or not some:
        trading.cancel_all(state, market)
    return len(some)


def belongs(state: State, one: Order, market: MarketId | None) -> bool:
    """Whether an order is in a market: a family, or an instrument by its symbol."""
    if market is None or one.place.instrument.symbol == market:
        return True
    listing = state.listings.get(one.place.instrument)
    return listing is not None and str(listing.instrument.family) == market
