"""What we may lose on venues: exposure of positions and open orders, the cash they tie up, and marks."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import Cell, FamilyId, StationId
from engine.core.units import NO_MONEY, Leg, Money, Nanos, Qty, Side
from engine.kernel.options import holding, stressing
from engine.maths import contracts
from engine.maths.contracts import Booking
from engine.maths.fees import trade_fee
from engine.portfolio.exposure import Claim, Resting, Stake, claim, loss
from engine.portfolio.groups import Swing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.commands import Place
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Family, Instrument
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.state import State
    from engine.orders.register import Order

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
NO_FAMILY: Final = FamilyId("")
LEGS: Final = tuple(Leg)
FLAT: Final = Swing()
YES, BUY = Leg.YES, Side.BUY
"""Python 3.11 takes 100 ns to look a member of an enumeration up by its name, and as long again to begin to walk it."""


def payoff(result: str) -> Decimal | None:
    """Return what YES pays by a result as venues state it; None while it is not known."""
    if result in {"yes", "no"}:
        return ONE if result == "yes" else ZERO
    try:
        value = Decimal(result)
    except ArithmeticError:
        return None
    return value if value.is_finite() and ZERO <= value <= ONE else None


def mark(listing: Listing) -> Decimal | None:
    """Return the price of YES: its result once determined, the middle of its book, its last trade; else None.

    Of an option, a linear future or a perpetual: dollars of one unit.
    """
    if listing.top == 0 and contracts.is_derivative(listing.instrument):
        return holding.each(listing)
    told = payoff(listing.result) if listing.result else None
    if told is not None:
        return told
    bid, ask = listing.book.best_bid, listing.book.best_ask
    unit = listing.instrument.unit
    if bid is not None and ask is not None:
        return unit * (bid + ask) / 2
    return unit * listing.last.price if listing.last is not None else None


def remark(state: State, instrument: InstrumentId) -> None:
    """Value our position in an instrument again; one without any price is worth what it cost."""
    state.unrealised -= state.venue_worth.pop(instrument, ZERO)
    listing = state.listings.get(instrument)
    if instrument in state.options.held and listing is not None:
        gained = holding.unrealised(state, listing)
        if gained:
            state.venue_worth[instrument] = gained
            state.unrealised += gained
        return
    if listing is None:
        return
    listing.valued = _values(state, listing)
    yes = mark(listing)
    if yes is None:
        return
    worth = ZERO
    for leg in LEGS:
        held = state.book.get(instrument, leg)
        if held.qty:
            worth += held.qty * (yes if leg is YES else ONE - yes) - held.cost
    if worth:
        state.venue_worth[instrument] = worth
        state.unrealised += worth


def remark_all(state: State) -> None:
    """Value our positions on venues again, those of which anything moved."""
    listings, worth, held = state.listings, state.venue_worth, state.book.instruments()
    gone = [one for one in worth if one not in held or one not in listings]
    for instrument in gone:
        remark(state, instrument)
    for instrument in held:
        listing = listings.get(instrument)
        if listing is not None and (listing.top == 0 or listing.valued != _values(state, listing)):
            remark(state, instrument)


def _values(state: State, listing: Listing) -> tuple[object, ...]:
    """Return all that decides what our position in a market of chances is worth."""
    bid, ask = listing.book.best_bid, listing.book.best_ask
    last = listing.last if bid is None or ask is None else None
    return bid, ask, last, listing.result, listing.instrument, state.book.turn


def refresh(state: State, instrument: InstrumentId, known: Decimal | None = None, key: str = "") -> None:
    """Take the worst loss of an instrument's family anew, since an order or a position in it changed.

    It may be `known`: an order that was just weighed and let through leaves what the gates saw after it. So may `key`.
    """
    key = key or key_of(state, instrument)
    found = _loss_now(state, instrument, key) if known is None else known
    losses = state.venue_losses
    state.venue_loss = state.venue_loss - losses.pop(key, NO_MONEY) + found  # type: ignore[assignment]
    if found:
        losses[key] = found  # type: ignore[assignment]  # calling `Money` costs as much as a sum
    state.swings = None


def _loss_now(state: State, instrument: InstrumentId, key: str) -> Money:
    underlying = stressing.underlying_of(state, instrument)
    if not underlying:
        return family_loss(state, instrument)
    return stressing.counted(state, underlying, state.venue_losses.get(key))


def key_of(state: State, instrument: InstrumentId) -> str:
    """Return what an instrument's worst loss is counted under: its family where at most one of that pays.

    Options, futures and perpetuals of one underlying are counted together, whatever venue they are on.
    """
    underlying = stressing.underlying_of(state, instrument)
    if underlying:
        return stressing.key(underlying)
    family = exclusive_family(state, instrument)
    return f"{instrument.venue}/{instrument.symbol}" if family is None else family.id


def exclusive_family(state: State, instrument: InstrumentId) -> Family | None:
    """Return the family of an instrument if at most one of its members pays."""
    listing = state.listings.get(instrument)
    found = None if listing is None else state.families.get(listing.instrument.family or NO_FAMILY)
    return found if found is not None and found.exclusive and instrument in found.members else None


class Parts(NamedTuple):
    """What the worst loss of an instrument's event is made of."""

    stakes: list[Stake]
    resting: list[Resting]
    own: int
    """The member that the instrument is."""
    members: int
    exclusive: bool
    sure: bool


def parts(state: State, instrument: InstrumentId, but: str = "") -> Parts:
    """Return what the worst loss of an instrument's family is made of, without the order `but`."""
    family = exclusive_family(state, instrument)
    members = (instrument,) if family is None else family.members
    place = {one: index for index, one in enumerate(members)}
    get = state.book.get
    stakes = [
        Stake(place[one], leg, held.qty, held.cost) for one in members for leg in LEGS if (held := get(one, leg)).qty
    ]
    resting = [
        rest_of(state, order, place[order.place.instrument])
        for order in state.register.open()
        if order.place.instrument in place and order.id != but
    ]
    sure = family is not None and family.exhaustive
    return Parts(stakes, resting, place[instrument], len(members), family is not None, sure)


def family_loss(state: State, instrument: InstrumentId, extra: tuple[Resting, ...] = (), but: str = "") -> Money:
    """Return the worst loss of an instrument's family with `extra` orders in it and without the order `but`."""
    stakes, resting, own, members, exclusive, sure = parts(state, instrument, but)
    more = [one._replace(member=own) for one in extra]
    return loss(stakes, [*resting, *more], members, exclusive=exclusive, sure=sure)


def rest_of(state: State, order: Order, member: int = 0) -> Resting:
    """Return what may still trade of an order; while it is amended, the worse of before and after."""
    qty, ticks = stressing.rest(order)
    return resting(state, order.place, qty, ticks, member)


def resting(state: State, place: Place, qty: Qty, ticks: int, member: int = 0) -> Resting:
    """Return an order at its limit with the fee of all of it."""
    listing = state.listings.get(place.instrument)
    if listing is not None and listing.top == 0 and contracts.is_derivative(listing.instrument):
        return stressing.resting(listing, place, qty, ticks)
    price = ticks * (ONE / 10_000 if listing is None else listing.instrument.unit)
    fee = None if listing is None else fee_of(listing.instrument, place.side, price, qty, state.now)
    return Resting(member, place.side, place.leg, qty, price, fee or ZERO)


def fee_of(instrument: Instrument, side: Side, price: Decimal, qty: Qty, at: Nanos) -> Money | None:
    """Return the fee of taking all of it at its limit; None where no schedule is known, or no fee can be that large."""
    try:
        return trade_fee(instrument.fee, side, price, qty, maker=False, at=at)
    except (ValueError, ArithmeticError):
        return None


def reserved(state: State, desk: Desk, but: str = "") -> Money:
    """Return the cash that the open orders on a venue tie up at worst."""
    total = ZERO
    for instrument, orders in _by_instrument(state, desk, but).items():
        if nets_of(state, instrument) >= Booking.PREMIUM:
            continue  # in the margin
        held = _legs(state, instrument)
        for order in orders:
            total += claim(rest_of(state, order), held, nets=nets_of(state, instrument)).tied
    return Money(total)


def free_cash(state: State, desk: Desk, but: str = "") -> Money | None:
    """Return what our account there holds and no open order ties up; None until that is known.

    Where derivatives are traded, what options are worth counts as held, and what all could lose at worst as tied up.
    """
    if desk.cash is None:
        return None
    free = Money(desk.cash - reserved(state, desk, but))
    return free if desk.venue not in state.options.venues else Money(free - stressing.margin(state, desk.venue, but))


def _by_instrument(state: State, desk: Desk, but: str) -> dict[InstrumentId, list[Order]]:
    found: dict[InstrumentId, list[Order]] = {}
    for order in state.register.open():
        if order.place.instrument.venue == desk.venue and order.id != but:
            found.setdefault(order.place.instrument, []).append(order)
    return found


def _legs(state: State, instrument: InstrumentId) -> dict[Leg, Decimal]:
    return {leg: Decimal(state.book.get(instrument, leg).qty) for leg in LEGS}


def nets_of(state: State, instrument: InstrumentId) -> int:
    """Return how fills of an instrument on a venue become positions, as a `Booking`: true where they are signed."""
    listing = state.listings.get(instrument)
    if listing is None:
        return True
    one = listing.instrument
    return contracts.booking(one) if one.underlying else one.nets


def claim_of(state: State, one: Resting, instrument: InstrumentId, but: str = "") -> Claim:
    """Return what a new order would close, open and tie up, after all that is open in its instrument."""
    return claim(one, left_of(state, instrument, but), nets=nets_of(state, instrument))


def left_of(state: State, instrument: InstrumentId, but: str = "") -> dict[Leg, Decimal]:
    """Return what we hold of an instrument and no open order closes."""
    held, nets = _legs(state, instrument), nets_of(state, instrument)
    for order in state.register.open():
        if order.place.instrument == instrument and order.id != but:
            claim(rest_of(state, order), held, nets=nets)
    return held


def cell_of(state: State, instrument: InstrumentId) -> Cell | None:
    """Return the H3 cell of the station that decides an instrument; None where none is known."""
    listing = state.listings.get(instrument)
    family = None if listing is None else state.families.get(listing.instrument.family or NO_FAMILY)
    station = None if family is None else state.stations.get(StationId(family.station))
    return None if station is None else Cell(station.cell)


def signed(one: Resting) -> Decimal:
    """Return by how much an order would move the net of YES less NO."""
    return one.qty if (one.side is BUY) is (one.leg is YES) else -one.qty


def swings(state: State) -> Mapping[Cell, Swing]:
    """Return what we hold on venues in each cell, and how far open orders could move it."""
    if state.swings is None:
        state.swings = swings_without(state, "")
    return state.swings


def swings_without(state: State, but: str) -> dict[Cell, Swing]:
    """Return the same without one order."""
    found: dict[Cell, Swing] = {}
    for instrument, leg, held in state.book.held():
        cell = cell_of(state, instrument)
        if cell is not None:
            found[cell] = found.get(cell, FLAT).moved(held.qty if leg is YES else -held.qty)
    for order in state.register.open():
        cell = cell_of(state, order.place.instrument)
        if cell is not None and order.id != but:
            found[cell] = found.get(cell, FLAT).swayed(signed(rest_of(state, order)))
    return found
