"""Orders taken back: one, all, those of one market. Nothing closes this way: not a halt, not a full disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.commands import Cancel
from engine.core.effects import Level
from engine.core.ids import EMBEDDED, StrategyId
from engine.core.units import SECOND, Side
from engine.kernel import automated, inflight, moving, trading
from engine.kernel.desks import ACCOUNT, MARKET

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId, MarketId
    from engine.kernel.state import State
    from engine.orders.register import Order

BLIND_AFTER: Final = 5 * SECOND
DOWN_AFTER: Final = 10 * SECOND
"""How long a strategy's orders outlive a stale book, and a link that is down."""


def cancel(state: State, asked: Cancel) -> None:
    """Ask for one order back."""
    one = state.register.get(asked.order)
    state.shifting.pop(asked.order, None)
    if one is None or one.ended or not inflight.on_venue(one):
        trading.cancel(state, asked)
        return
    automated.taken_back(state, one.place)
    inflight.take_back(state, one)


def cancel_all(state: State, market: MarketId | None = None) -> int:
    """Ask for every working order back, or those of one market, family or symbol; return how many were asked for."""
    some = [one for one in state.register.open() if inflight.on_venue(one) and belongs(state, one, market)]
    for one in some:
        inflight.take_back(state, one)
    moving.let_go(state, lambda one: in_market(state, one, market))
    if some:
        count = "1 order is" if len(some) == 1 else f"{len(some)} orders are"
        state.out.notice(Level.INFO, f"{count} asked back from the venues", "CANCEL_ALL")
    rest = any(one.place.instrument.venue == EMBEDDED for one in state.register.open())
    taken = trading.cancel_all(state, market) if rest or not some else 0
    return len(some) + taken


def beat(state: State) -> None:
    """Cancel on disconnect: take a strategy's orders back where it is blind; a trader's own stay, and are shown so."""
    for one in state.register.open():
        if one.place.strategy is None or one.id in state.taken_back:
            continue
        if not inflight.on_venue(one):
            _take_out(state, one)
            continue
        why = blind(state, one)
        if why:
            text = f"order {one.id} of {one.place.strategy} is taken back: {why}"
            state.out.notice(Level.WARN, text, "BLIND", one.place.instrument.symbol)
            inflight.take_back(state, one)


def _take_out(state: State, one: Order) -> None:
    """Take a strategy's order out of our own book once the strategy was halted, or only what reduces passes."""
    seat = state.strategies.seats.get(one.place.strategy or StrategyId(""))
    halted = seat is not None and bool(seat.halted)
    opens = state.session.reduce_only and one.place.side is Side.BUY
    if (halted or opens) and state.exchange.hybrid.get(one.id) is not None:
        trading.cancel(state, Cancel(order=one.id))


def blind(state: State, one: Order) -> str:
    """Return why nobody can watch over an order any more; empty while somebody can."""
    desk, listing = state.desks.get(one.place.instrument.venue), state.listings.get(one.place.instrument)
    if desk is None or listing is None:
        return ""
    if listing.stale and listing.stale_at is not None and state.now - listing.stale_at > desk.real(BLIND_AFTER):
        return f"its book has been stale for more than {BLIND_AFTER // SECOND} s ({listing.stale})"
    for channel in (MARKET, ACCOUNT):
        link = desk.link(channel)
        if not link.up and link.since is not None and state.now - link.since > desk.real(DOWN_AFTER):
            return f"the {channel} link has been down for more than {DOWN_AFTER // SECOND} s"
    return ""


def belongs(state: State, one: Order, market: MarketId | None) -> bool:
    """Whether an order is in a market: a family, or an instrument by its symbol."""
    return in_market(state, one.place.instrument, market)


def in_market(state: State, instrument: InstrumentId, market: MarketId | None) -> bool:
    """Whether an instrument is in a market: a family, or its own symbol; None is every market."""
    if market is None or instrument.symbol == market:
        return True
    listing = state.listings.get(instrument)
    return listing is not None and str(listing.instrument.family) == market
