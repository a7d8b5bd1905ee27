"""SHADOW: what would have come of an order, from the book of the moment; nothing is sent, nothing of the desk moves.

An order that meets the book takes what stands there at its limit and pays the taker's fee; what may rest is filled
whole once the other side has come to its price, as it is looked at when the session's clock beats. Both are kinder
than a queue and harder than a guess: the fill never moves the book.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import Tif
from engine.core.units import NO_MONEY, Leg, Lots, Money, Qty, Side, Ticks
from engine.kernel.options import holding
from engine.kernel.strategies import accounts
from engine.maths import contracts
from engine.maths.fees import trade_fee
from engine.portfolio.netting import Traded, lifts
from engine.risk.venue_measures import AT_ONCE, of_yes

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.strategies.said import Want

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
RESTING_ROOM: Final = 64


def take(state: State, seat: Seat, want: Want, place: Place, listing: Listing) -> str:
    """Fill an order as far as the book lets it and keep what may rest; return what would have come of it."""
    price, qty = place.price, place.qty
    if price is None or qty is None or qty <= 0:
        return "would be nothing: no price or no quantity"
    seat.shadow.day(state.now).orders += 1
    found = _taken(listing, place.side, place.leg, price, qty)
    if found is None:
        return "would be nothing: the index that its cost is reckoned by is not known"
    got, traded = found
    if place.post_only and got:
        return "would be refused by the venue: it would not rest"
    if place.tif is Tif.FOK and got < qty:
        return f"would be killed: {got.normalize():f} of {qty.normalize():f} stand there"
    if got:
        _fill(state, seat, listing, traded, maker=False)
    rest = Qty(qty - got)
    if rest and place.tif not in AT_ONCE:
        if len(seat.shadow.resting) >= RESTING_ROOM:
            seat.shadow.resting.pop(next(iter(seat.shadow.resting)))
        key = want.key or f"{place.instrument.symbol}:{seat.intents}"
        seat.shadow.resting[key] = (want._replace(qty=rest, price=price), state.now)
        return f"would rest {rest.normalize():f}" + (f", {got.normalize():f} filled" if got else "")
    return f"would fill {got.normalize():f} of {qty.normalize():f}"


def look(state: State, seat: Seat) -> None:
    """Fill what rests and has been reached, and let go what has lived its time."""
    for key, (want, since) in list(seat.shadow.resting.items()):
        listing = state.listings.get(want.instrument)
        if listing is None or listing.status != "open" or (want.ttl is not None and state.now - since >= want.ttl):
            del seat.shadow.resting[key]
            continue
        if listing.stale or want.price is None or want.qty is None or not _reached(listing, want):
            continue
        traded = _traded(listing, want.side, want.leg, want.qty, listing.instrument.unit * want.price)
        if traded is not None:
            del seat.shadow.resting[key]
            _fill(state, seat, listing, traded, maker=True)


def _reached(listing: Listing, want: Want) -> bool:
    yes = of_yes(want.price or Ticks(0), want.leg, listing.top)
    if lifts(want.side, want.leg):
        ask = listing.book.best_ask
        return ask is not None and ask <= yes
    bid = listing.book.best_bid
    return bid is not None and bid >= yes


def _taken(listing: Listing, side: Side, leg: Leg, price: Ticks, qty: Qty) -> tuple[Qty, Traded] | None:
    """Return what stands within a limit, at most `qty`, as a trade; None where what it comes to is not known."""
    instrument, up = listing.instrument, lifts(side, leg)
    lots = Lots(int((qty / instrument.lot).to_integral_value(ROUND_CEILING)))
    swept = listing.book.sweep(Side.BUY if up else Side.SELL, lots, of_yes(price, leg, listing.top))
    got = min(Qty(swept.lots * instrument.lot), qty)
    if not got:
        return Qty(ZERO), Traded(side, leg, Qty(ZERO), NO_MONEY)
    yes = instrument.unit * Decimal(swept.value) / swept.lots
    traded = _traded(listing, side, leg, got, yes if leg is Leg.YES else ONE - yes)
    return None if traded is None else (got, traded)


def _traded(listing: Listing, side: Side, leg: Leg, qty: Qty, price: Decimal) -> Traded | None:
    """Return a trade at a price; of a derivative in dollars by its index, None while that is not known."""
    one = listing.instrument
    if not contracts.is_derivative(one):
        return Traded(side, leg, qty, Money(qty * price))
    cost = contracts.cost(one, price, qty, holding.index(listing))
    return None if cost is None else Traded(side, leg, qty, cost, price)


def _fill(state: State, seat: Seat, listing: Listing, traded: Traded, *, maker: bool) -> None:
    fee = _fee(state, listing, traded, maker=maker)
    accounts.into(state, seat.shadow, listing.instrument.id, traded, fee)
    accounts.told(state, seat, listing.instrument.id, traded, fee)


def _fee(state: State, listing: Listing, traded: Traded, *, maker: bool) -> Money:
    """Return what the venue would have taken; nothing where no schedule is known, which the gates refuse."""
    one = listing.instrument
    if traded.price is not None:
        found = contracts.fee(one, traded.side, traded.price, traded.qty, holding.index(listing), maker=maker)
        return NO_MONEY if found is None else found
    try:
        return trade_fee(one.fee, traded.side, traded.cost / traded.qty, traded.qty, maker, state.now)
    except ValueError:
        return NO_MONEY
