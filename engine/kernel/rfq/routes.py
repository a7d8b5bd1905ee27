"""Which futures and perpetuals could take a delta, and what each would cost: the router's candidates."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Final

from engine.core.instrument import Payoff
from engine.core.order import Status
from engine.core.units import HOUR, Qty, Side
from engine.kernel.rfq import finding
from engine.maths import contracts
from engine.options import routing
from engine.options.routing import Candidate

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.kernel.desks import Listing
    from engine.kernel.state import State

STALE_S: Final = 3.0
HOLD_H: Final = 8.0
"""Hours that a hedge is reckoned to be held."""
FUNDING_H: Final = 8.0
"""Of a perpetual's funding rate."""
WINDOW: Final = HOUR // 2
"""Before an expiry: what it settles at is an average by then, and its delta goes by itself."""
DEPTH: Final = 50
MANY: Final = Decimal(10**6)
"""Units by which a fee's share is reckoned: that of one whose unit is worth a thousandth of a cent would round up."""


def linear(state: State, underlying: str) -> list[InstrumentId]:
    """Return the futures and perpetuals of an underlying on venues that take orders, in the order they were listed."""
    found = []
    for name, listing in state.listings.items():
        one = listing.instrument
        desk = state.desks.get(name.venue)
        if one.payoff is Payoff.LINEAR and one.underlying == underlying and desk is not None and desk.facts.trades:
            found.append(name)
    return found


def candidates(
    state: State, underlying: str, stale_s: float = STALE_S, hold_h: float = HOLD_H, delay_bps: float = 0.0
) -> list[Candidate]:
    """Return what could take a delta, the reason beside each that may not."""
    some = [(name, state.listings[name]) for name in linear(state, underlying)]
    return [_candidate(state, listing, stale_s, hold_h, delay_bps) for _, listing in some]


def _candidate(state: State, listing: Listing, stale_s: float, hold_h: float, delay_bps: float) -> Candidate:
    one, index = listing.instrument, finding.index_of(state, listing)
    why = finding.untrusted(state, listing, stale_s) or _not_now(state, one)
    each = coins_each(one, index)
    if each is None:
        return Candidate(one.id, (), (), 0.0, why_not="the index is not known")
    unit = float(one.unit)
    size = float(one.lot) * each
    bids, asks = (
        tuple((t * unit, n * size) for t, n in listing.book.levels(side, DEPTH)) for side in (Side.BUY, Side.SELL)
    )
    price = one.unit * (listing.book.best_ask or listing.book.best_bid or 0)
    fee = None if not price else contracts.fee(one, Side.BUY, price, Qty(MANY), index, maker=False)
    worth = None if not price else contracts.cost(one, price, MANY, index)
    if not why and (fee is None or not worth):
        why = "its fee is not known" if price else "its book is empty"
    bps = 0.0 if fee is None or not worth else float(fee / worth) * routing.BPS
    funding = 0.0
    if one.expires is None and listing.mark is not None and listing.mark.funding is not None:
        funding = listing.mark.funding * hold_h / FUNDING_H * routing.BPS
    least, step = float(one.least) * each, float(one.step) * each
    return Candidate(one.id, bids, asks, bps, funding, delay_bps, least, step, why, each)


def _not_now(state: State, one: Instrument) -> str:
    """Return why an instrument takes no hedge now: an order of unknown fate on it, or its settlement under way."""
    if one.expires is not None and one.expires - state.now <= WINDOW:
        return "it settles within half an hour"
    if any(o.status is Status.LOST for o in state.register.working(one.id)):
        return "an order on it has no known outcome"
    desk = state.desks[one.id.venue]
    return "" if desk.reconciled else f"our account on {desk.facts.title} is not reconciled"


def coins_each(one: Instrument, index: Decimal | None) -> float | None:
    """Return the coins that one unit of a future stands for; None where that takes an index that is not known."""
    found = contracts.coins(one, Decimal(1), index)
    return None if found is None or found <= 0 else float(found)


def units(one: Instrument, coins: float, index: Decimal | None) -> Decimal | None:
    """Return so many coins as units of a future, in whole steps towards 0; None where the index is not known."""
    each = coins_each(one, index)
    if each is None:
        return None
    exact = Decimal(repr(coins / each))
    if not one.step > 0:
        return exact
    mercy = Decimal("1e-9") * (1 if exact > 0 else -1)  # a float may miss a whole step by that
    return ((exact / one.step) + mercy).to_integral_value(ROUND_DOWN) * one.step


def targets(state: State, underlying: str, coins: float) -> dict[InstrumentId, Decimal] | None:
    """Return what to trade where for so much delta; None where nothing takes any of it.

    A delta that is below the least of every venue is nothing to trade: an empty answer.
    """
    some = candidates(state, underlying)
    usable = [one for one in some if not one.why_not]
    if not usable:
        return None
    if abs(coins) < min(one.least for one in usable):
        return {}
    found = routing.route(some, coins)
    if not found.slices:
        return None
    made: dict[InstrumentId, Decimal] = {}
    for one in found.slices:
        listing = state.listings[one.instrument]
        signed = one.coins if coins > 0 else -one.coins
        qty = units(listing.instrument, signed, finding.index_of(state, listing))
        if qty:
            made[one.instrument] = qty
    return made
