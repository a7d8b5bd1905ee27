"""What our options, futures and perpetuals may lose: the stress of `engine.options.stress` over what the kernel knows.

Everything of one underlying is counted together, whatever venue it is on: there its legs offset each other. Orders
that work count with what they would lose in each cell if they filled, and live quotes on venues of requests as orders.
Where a volatility is not known the grid cannot be reckoned: then nothing new is let through, and what was last known
stands.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.instrument import Payoff
from engine.core.units import MICRO, NO_MONEY, Money, Qty, Side
from engine.kernel.options import holding
from engine.maths import contracts
from engine.maths.contracts import Booking
from engine.options import greeks, stress
from engine.options.stress import Contract, Holding, Working
from engine.portfolio.exposure import Resting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.commands import Place
    from engine.core.ids import InstrumentId
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.orders.register import Order

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
PREFIX: Final = "derivatives:"
"""Of the key under which an underlying's loss is counted."""
FAR_BEYOND: Final = 1e15
"""More than any limit can be: what is larger is refused alike, and a number of ours can hold it."""
BUY: Final = Side.BUY


class May(NamedTuple):
    """Something that may fill: an order of ours, or a quote."""

    listing: Listing
    qty: Decimal
    """Negative where it sells."""
    price: Decimal
    """As the instrument is quoted."""


def key(underlying: str) -> str:
    """Return what the loss of an underlying is counted under."""
    return PREFIX + underlying


def underlying_of(state: State, instrument: InstrumentId) -> str:
    """Return what an option, a future or a perpetual is about; empty of anything else."""
    listing = state.listings.get(instrument)
    if listing is None or listing.top or not contracts.is_derivative(listing.instrument):
        return ""
    return listing.instrument.underlying


def rest(order: Order) -> tuple[Qty, int]:
    """Return what may still trade of an order and its limit; while it is amended, the worse of before and after."""
    place = order.place
    qty, ticks = order.quantity or ZERO, place.price or 0
    if order.amending is not None:
        new_ticks, new_qty = order.amending
        qty = max(qty, new_qty)
        ticks = max(ticks, new_ticks) if place.side is BUY else min(ticks, new_ticks)
    return Qty(max(ZERO, qty - order.filled)), ticks


def resting(listing: Listing, place: Place, qty: Qty, ticks: int) -> Resting:
    """Return an order in a derivative at its limit, its price in dollars of one unit; unknown dollars count as none."""
    one, index = listing.instrument, holding.index(listing)
    price = ticks * one.unit
    each = contracts.cost(one, price, ONE, index) or NO_MONEY
    return Resting(0, place.side, place.leg, qty, each, fee_of(listing, place.side, price, qty) or ZERO)


def fee_of(listing: Listing, side: Side, price: Decimal, qty: Qty) -> Money | None:
    """Return the fee of taking all of an order; None where it cannot be told."""
    try:
        return contracts.fee(listing.instrument, side, price, qty, holding.index(listing), maker=False)
    except ArithmeticError:
        return None


def may_fill(state: State, underlying: str, but: str = "", venue: str = "") -> Iterator[May]:
    """Yield what may still fill of an underlying, the oldest order first, then quotes; of one venue if it is named."""
    for order in state.register.open():
        listing = state.listings.get(order.place.instrument)
        if listing is None or order.id == but or not _about(listing, underlying, venue):
            continue
        qty, ticks = rest(order)
        if qty:
            yield May(listing, qty if order.place.side is BUY else -qty, ticks * listing.instrument.unit)
    if state.options.quotes is None:
        return
    for quote in state.options.quotes():
        listing = state.listings.get(quote.instrument)
        if listing is not None and quote.qty and _about(listing, underlying, venue):
            yield May(listing, quote.qty, quote.price)


def _about(listing: Listing, underlying: str, venue: str) -> bool:
    one = listing.instrument
    return one.underlying == underlying and contracts.is_derivative(one) and (not venue or one.id.venue == venue)


def held_of(state: State, underlying: str, venue: str = "") -> list[Listing]:
    """Return the derivatives of an underlying that we hold."""
    found = (state.listings.get(one) for one in state.options.held)
    return [one for one in found if one is not None and _about(one, underlying, venue)]


def underlyings(state: State) -> list[str]:
    """Return what we hold derivatives of, or have orders in, by name."""
    found = {state.listings[one].instrument.underlying for one in state.options.held if one in state.listings}
    found.update(underlying_of(state, one.place.instrument) for one in state.register.open())
    return sorted(found - {""})


def grid(
    state: State, underlying: str, more: tuple[May, ...] = (), *, but: str = "", venue: str = "", orders: bool = True
) -> tuple[float, ...] | None:
    """Return the result of each cell of the grid; None where something that counts cannot be reckoned."""
    held = _held(state, underlying, venue)
    if held is None:
        return None
    working: list[Working] = []
    for one in (*(may_fill(state, underlying, but, venue) if orders else ()), *more):
        counted_one = _working(state, one)
        if counted_one is None:
            return None
        working.append(counted_one)
    return stress.grid(held, working)


def _held(state: State, underlying: str, venue: str) -> list[Holding] | None:
    found: list[Holding] = []
    for listing in held_of(state, underlying, venue):
        contract = _contract(state, listing, ours=True)
        if contract is None:
            return None
        found.append(Holding(float(holding.signed(state, listing.instrument.id)), contract))
    return found


def loss(state: State, underlying: str, more: tuple[May, ...] = (), *, but: str = "", venue: str = "") -> Money | None:
    """Return the worst loss of the grid, up to the micro-dollar; None where it cannot be reckoned."""
    found = grid(state, underlying, more, but=but, venue=venue)
    return None if found is None else _money(stress.worst(found))


def grows(state: State, underlying: str, order: May, but: str = "") -> bool:
    """Whether the worst loss is larger once an order has filled, whatever its price; not where it is not known.

    Its price does not count: an order that must get out names a bad one.
    """
    contract = _contract(state, order.listing, ours=False)
    before, held = loss(state, underlying, but=but), _held(state, underlying, "")
    if contract is None or before is None or held is None:
        return False
    working = [_working(state, one) for one in may_fill(state, underlying, but)]
    known = [one for one in working if one is not None]
    after = stress.worst(stress.grid([*held, Holding(float(order.qty), contract)], known))
    return _money(after) > before


def alone(state: State, order: May) -> Money | None:
    """Return the worst loss of the grid of one order alone; None where it cannot be reckoned."""
    one = _working(state, order)
    return None if one is None else _money(stress.worst(stress.grid((), (one,))))


def alone_held(state: State, listing: Listing) -> Money | None:
    """Return the worst loss of the grid of one position alone; None where it cannot be reckoned."""
    contract = _contract(state, listing, ours=True)
    if contract is None:
        return None
    return _money(stress.worst(stress.grid((Holding(float(holding.signed(state, listing.instrument.id)), contract),))))


def counted(state: State, underlying: str, before: Money | None) -> Money:
    """Return the loss that counts: as reckoned, else the last one known, else what was paid for what is held."""
    found = loss(state, underlying)
    if found is not None:
        return found
    if before is not None:
        return before
    return Money(sum((abs(holding.basis(state, one.instrument.id)) for one in held_of(state, underlying)), ZERO))


def margin(state: State, venue: str, but: str = "") -> Money:
    """Return what derivatives on a venue tie up of our cash there: their worst loss, less what options are worth.

    What cannot be reckoned ties up what options have cost; the gate that asks for greeks refuses to open more then.
    """
    total = ZERO
    for underlying in underlyings(state):
        here = held_of(state, underlying, venue)
        found = loss(state, underlying, but=but, venue=venue)
        total += found or ZERO
        for listing in here:
            if contracts.booking(listing.instrument) is not Booking.PREMIUM:
                continue
            each = holding.each(listing)
            if each is not None and found is not None:
                total -= holding.signed(state, listing.instrument.id) * each
    return Money(total)


def _working(state: State, one: May) -> Working | None:
    contract = _contract(state, one.listing, ours=False)
    quoted, _ = holding.price(one.listing)
    terms, index = one.listing.instrument, holding.index(one.listing)
    if contract is None or quoted is None or not quoted > 0:
        return None
    if contracts.booking(terms) is Booking.INVERSE:
        off = float(terms.contract_size * (one.price / quoted - ONE))
    else:
        limit, now = (contracts.cost(terms, price, ONE, index) for price in (one.price, quoted))
        if limit is None or now is None:
            return None
        off = float(limit - now)
    fee = fee_of(one.listing, BUY if one.qty > 0 else Side.SELL, one.price, Qty(abs(one.qty)))
    return None if fee is None else Working(float(one.qty), contract, off if one.qty > 0 else -off, float(fee))


def _contract(state: State, listing: Listing, *, ours: bool) -> Contract | None:
    """Return one unit as the grid sees it; of `ours`, an inverse future has the coins it was opened at."""
    one, mark = listing.instrument, listing.mark
    if one.payoff is not Payoff.LINEAR:
        if mark is None or one.exercise is None or (found := greeks.model(one, mark, state.now)) is None:
            return None
        return Contract(found, float(one.exercise), one.payoff is Payoff.PUT, 0.0)
    quoted, _ = holding.price(listing)
    if quoted is None:
        return None
    if contracts.booking(one) is not Booking.INVERSE:
        return Contract(None, 0.0, False, float(one.contract_size * quoted))
    opened = holding.average(state, listing) if ours else None
    return Contract(None, 0.0, False, float(one.contract_size * (ONE if opened is None else quoted / opened)))


def _money(amount: float) -> Money:
    return Money(Decimal(min(amount, FAR_BEYOND)).quantize(MICRO, ROUND_CEILING))
