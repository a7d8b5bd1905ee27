"""Orders on venues: shaped, weighed, let through, and written down; `sending` has them leave once they are on disk."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from engine.core.commands import Amend, Place, Tif
from engine.core.effects import Level, Refused
from engine.core.ids import EMBEDDED, YOU, OrderId
from engine.core.instrument import SPENDS
from engine.core.order import Status
from engine.core.units import Leg, Lots, Qty, Side, Ticks
from engine.kernel import (
    automated,
    envelope,
    exposing,
    inflight,
    moving,
    resting,
    rows,
    taping,
    trading,
    venue_rows,
    watching,
    weathering,
    weighing,
)
from engine.kernel.desks import Pending, Shifted
from engine.kernel.options import holding
from engine.kernel.probing import likeness
from engine.kernel.sending import MOVED, SENT
from engine.kernel.session import GateMemory
from engine.maths import contracts
from engine.orders.register import Order
from engine.risk import gates
from engine.risk.measures import MOST
from engine.risk.venue_measures import AT_ONCE, of_yes
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.effects import Approved
    from engine.core.instrument import Band, Instrument
    from engine.core.units import Money, Nanos
    from engine.kernel.desks import Listing
    from engine.kernel.envelope import Sums
    from engine.kernel.state import State

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
YES: Final = Leg.YES
"""Here because looking a member up costs as much as a function."""
AMENDABLE: Final = frozenset({Status.WORKING, Status.PARTIAL})


def place(state: State, asked: Place, pressed_at: Nanos, *, whole: bool = False) -> None:
    """Take an order for a venue; `whole` as in `Probe`."""
    if asked.by != YOU:
        state.out.notice(Level.WARN, f"{asked.by} has no account on {asked.instrument.venue}", "ACCOUNT")
        return
    known = state.register.of_intent(asked.intent)
    if known is not None:
        state.out.notice(Level.INFO, f"the same order was asked for twice and is order {known.id}", "SAME_ORDER")
        return
    order = OrderId(f"o-{state.next_order:06d}")
    state.next_order += 1
    answer = weighed(state, order, asked, pressed_at, whole=whole)
    if isinstance(answer, Refused):
        trading.refuse(state, order, answer)
        return
    _let_through(state, answer)


def propose(state: State, asked: Place, pressed_at: Nanos) -> Order | Refused:
    """Take a strategy's order, or return the gate that refuses it: then there is no order, and nothing to cancel."""
    order = OrderId(f"o-{state.next_order:06d}")
    answer = weighed(state, order, asked, pressed_at)
    if isinstance(answer, Refused):
        noted(state, answer)
        return answer
    state.next_order += 1
    return _let_through(state, answer)


def noted(state: State, answer: Refused) -> None:
    """Remember what a gate refused a strategy."""
    memory = state.gates.setdefault(answer.gate, GateMemory())
    memory.refused(f"{taping.told(state, answer.place)}: {answer.text}", state.now)


class Weighed(msgspec.Struct, frozen=True, gc=False):
    """An order that the gates let pass, and what was seen of it."""

    approved: Approved
    pressed_at: Nanos
    reducing: bool
    event_loss_after: Money | None
    hedging: bool = False
    key: str = ""
    """What that loss is counted under, where that is known already."""
    sums: Sums | None = None
    """Of the account, where they were measured beforehand."""


def weighed(
    state: State, order: OrderId, asked: Place, pressed_at: Nanos, *, whole: bool = False, shadow: bool = False
) -> Weighed | Refused:
    """Return an order approved, and what was seen of it; or the gate that refuses it.

    In the `shadow`, where nothing is sent, live trading need not be armed.
    """
    desk, listing = state.desks[asked.instrument.venue], state.listings.get(asked.instrument)
    if not whole and listing is not None:
        passed = envelope.passes(state, desk, listing, asked, pressed_at, shadow=shadow)
        if passed is not None:
            if asked.strategy is None:
                envelope.want(state, asked)
            client = f"{state.salt}-{order[2:]}"  # as `client_of` has it
            approved = gates.approve(order, asked, client, state.now, reducing=passed.reducing)
            after = passed.event_loss_after
            return Weighed(approved, pressed_at, passed.reducing, after, False, passed.key, passed.sums)
    if not (is_number(asked.qty) and is_number(asked.budget)):
        bare = structs.replace(asked, qty=None, budget=None)
        return Refused(place=bare, gate="ORDER_FORM", text="a quantity or a budget was no number")
    if listing is None:
        return Refused(place=asked, gate="MARKET_STATE", text="the market is not known")
    if listing.top == 0 and not contracts.is_derivative(listing.instrument):
        return Refused(place=asked, gate="MARKET_STATE", text="the venue only tells its prices")
    shaped = shape(state, listing, asked)
    found = weighing.probe(state, desk, listing, shaped, pressed_at, whole=whole)
    found.armed = found.armed or shadow
    answer = gates.check(order, found, state.limits)
    if isinstance(answer, Refused):
        return answer
    if listing.top:
        envelope.want(state, asked)
    approved = structs.replace(answer, client=client_of(state, order), at=state.now)
    return Weighed(approved, pressed_at, found.reducing, found.event_loss_after, found.hedging)


def client_of(state: State, order: OrderId) -> str:
    """Return the client id that an order bears on a venue."""
    return f"{state.salt}-{order.removeprefix('o-')}"


def is_number(amount: Decimal | None) -> bool:
    """Whether an amount can be compared, written out and kept."""
    return amount is None or (amount.is_finite() and abs(amount.adjusted()) < taping.LONGEST)


def shape(state: State, listing: Listing, asked: Place) -> Place:
    """Return an order with the price and the quantity that a venue needs; what cannot be known stays None.

    Without a price it takes what there is within the collar, at once. A budget buys whole steps at the limit, fee
    included. Without either it takes all that stands up to its price.
    """
    price, tif = asked.price, asked.tif
    if price is None:
        price = _no_further(listing, asked, worst_price(listing, asked.side, asked.leg, collar_of(state, listing)))
        tif = tif if tif in AT_ONCE else Tif.IOC
    qty = asked.qty
    if qty is None and price is not None and 0 < price < listing.top:
        qty = (
            _affordable(state, listing.instrument, asked, price)
            if asked.budget is not None
            else _standing(listing, asked, price)
        )
    return structs.replace(asked, price=price, qty=qty, tif=tif, budget=None if qty is not None else asked.budget)


def _no_further(listing: Listing, asked: Place, worst: Ticks | None) -> Ticks | None:
    """Return the price down to which the shares wanted stand, where a venue spends all the money of a purchase.

    At the end of the collar that money would buy more than the shares asked for: a fifth more at 50 cents.
    """
    if worst is None or asked.side is not Side.BUY or not listing.instrument.fact(SPENDS):
        return worst
    if asked.qty is None or not is_number(asked.qty) or asked.qty <= 0:
        return worst
    lots = Lots(int((asked.qty / listing.instrument.lot).to_integral_value(ROUND_CEILING)))
    way = Side.BUY if asked.leg is YES else Side.SELL
    found = listing.book.sweep(way, lots, of_yes(worst, asked.leg, listing.top)).worst
    return worst if found is None else of_yes(found, asked.leg, listing.top)


def collar_of(state: State, listing: Listing) -> int:
    """Return the ticks that an order without a price may reach from the middle."""
    if listing.top:
        return int(100 * state.limits["PRICE_COLLAR"])
    one, index = listing.instrument, holding.index(listing)
    each = contracts.dollars(one, index)
    quoted, _ = holding.price(listing)
    base = index or quoted
    if each is None or base is None:
        return 0
    return int(state.limits["MARK_COLLAR"] / 100 * base / each / one.unit)


def worst_price(listing: Listing, side: Side, leg: Leg, reach: int) -> Ticks | None:
    """Return the worst price on the grid within `reach` ticks of the middle; None without a middle."""
    mid = weighing.middle(listing)
    if mid is None:
        return None
    lifts = (side is Side.BUY) is (leg is Leg.YES)
    edge = mid + reach if lifts else mid - reach
    yes = floor_on(edge, listing.instrument.grid) if lifts else ceil_on(edge, listing.instrument.grid)
    return None if yes is None else of_yes(yes, leg, listing.top)


def floor_on(price: float, grid: tuple[Band, ...]) -> int | None:
    """Return the highest price of a grid that is not above `price`."""
    found = [b.start + int((min(price, b.stop) - b.start) // b.step) * b.step for b in grid if b.start <= price]
    return max(found, default=None)


def ceil_on(price: float, grid: tuple[Band, ...]) -> int | None:
    """Return the lowest price of a grid that is not below `price`."""
    found = []
    for b in grid:
        steps = -int(-(max(price, b.start) - b.start) // b.step)
        if b.start + steps * b.step <= b.stop:
            found.append(b.start + steps * b.step)
    return min(found, default=None)


def _affordable(state: State, instrument: Instrument, asked: Place, price: int) -> Qty | None:
    budget = asked.budget or ZERO
    each = instrument.unit * price
    hundred = Qty(Decimal(100))
    fee = exposing.fee_of(instrument, asked.side, each, hundred, state.now)
    if fee is None or not 0 < budget <= MOST:
        return None
    qty = whole_steps(instrument, budget / (each + fee / 100))
    while qty > 0:
        whole = exposing.fee_of(instrument, asked.side, each, qty, state.now)
        if whole is None:
            return None
        if qty * each + whole <= budget:
            break
        qty = Qty(qty - instrument.step)  # the fee's rounding can cost a step
    return qty


def _standing(listing: Listing, asked: Place, price: int) -> Qty:
    lifts = (asked.side is Side.BUY) is (asked.leg is Leg.YES)
    limit = of_yes(price, asked.leg, listing.top)
    lots = listing.book.sweep(Side.BUY if lifts else Side.SELL, None, limit).lots
    return whole_steps(listing.instrument, lots * listing.instrument.lot)


def whole_steps(instrument: Instrument, amount: Decimal) -> Qty:
    """Return the most of an amount that its venue takes."""
    if not instrument.step > 0:
        return Qty(amount)
    return Qty((amount / instrument.step).to_integral_value(ROUND_FLOOR) * instrument.step)


def _let_through(state: State, found: Weighed) -> Order:
    approved = found.approved
    asked, order, client = approved.place, approved.order, approved.client
    instrument, now = asked.instrument, state.now
    desk, listing = state.desks[instrument.venue], state.listings[instrument]
    edge = weathering.edge_of(state, listing, asked)
    one = Order(
        order, asked, now, quantity=asked.qty, client=client, moved_at=now, edge=edge, book_at=listing.book_at
    )  # fmt: skip
    mid = weighing.middle(listing) if listing.top else None
    if mid is not None:
        one.mid = mid / 100 if asked.leg is YES else 100 - mid / 100
    state.press(found.pressed_at, likeness(asked))
    desk.sent.append(now)
    state.register.add(one)
    state.turn += 1
    waiting = state.pending[order] = Pending(approved, found.reducing, found.hedging, turn=state.turn)
    if found.sums is not None and asked.until is None and asked.strategy is not None:
        waiting.entry, waiting.listing, waiting.sums = one, listing, found.sums
        state.awaited = SENT + order
    roster = () if listing.instrument.family in state.rostered else venue_rows.roster(state, instrument)
    state.out.keep((*roster, rows.order(one, state.session.mode)), SENT + order)
    if asked.strategy is not None:
        automated.let_through(state, asked, found.key or exposing.key_of(state, instrument))
    exposing.refresh(state, instrument, found.event_loss_after, found.key)
    if instrument not in desk.followed:
        watching.follow(state, desk)
    inflight.touched(state, one)
    state.envelopes.lapse()
    return one


def amend(state: State, asked: Amend, pressed_at: Nanos) -> str:
    """Move or resize a working order, as one request of the venue, or where it has none by way of a cancel.

    Returns the gate that lets it stay as it is, empty where none does.
    """
    one = state.register.get(asked.order)
    if one is None or one.place.instrument.venue == EMBEDDED:
        if resting.amend(state, asked, pressed_at):
            return ""
        text = f"order {asked.order} traded at once and has nothing left to amend"
        state.out.notice(Level.INFO, text, "NOTHING_TO_AMEND")
        return ""
    why = _cannot_amend(state, one, asked)
    if why:
        state.out.notice(Level.WARN, why, "AMEND", one.place.instrument.symbol)
        return ""
    rest = structs.replace(
        one.place, price=asked.price, qty=Qty(asked.qty - one.filled), intent="", tif=one.place.tif, budget=None
    )
    desk, listing = state.desks[rest.instrument.venue], state.listings[rest.instrument]
    found = weighing.probe(state, desk, listing, rest, pressed_at, but=one.id)
    if "AMEND" not in desk.facts.can:  # it will be sent as an order of its own
        found.duplicates = weighing.paced(state, rest, pressed_at).duplicates
    answer = gates.check(one.id, found, state.limits)
    if isinstance(answer, Refused):
        memory = state.gates.setdefault(answer.gate, GateMemory())
        memory.refused(f"amend {one.id} to {taping.told(state, rest)}: {answer.text}", state.now)
        state.out.notice(
            Level.WARN, f"order {one.id} stays as it is: {answer.text}", answer.gate, rest.instrument.symbol
        )
        state.out.dirty(topics.GATES)
        return answer.gate
    if "AMEND" not in desk.facts.can:
        moving.begin(state, one, asked, pressed_at)
        return ""
    state.press(pressed_at, likeness(rest))
    desk.sent.append(state.now)
    state.register.ask(one.id, Amend)
    one.amending, one.moved_at = (asked.price, asked.qty), state.now
    state.moving[one.id] = Shifted(rest, asked.price, asked.qty, state.now, found.reducing)
    automated.let_through(state, rest, exposing.key_of(state, rest.instrument))
    state.out.keep((venue_rows.order(state, one),), then=MOVED + one.id)
    exposing.refresh(state, rest.instrument)
    inflight.touched(state, one)
    state.envelopes.lapse()
    return ""


def _cannot_amend(state: State, one: Order, asked: Amend) -> str:
    venue = one.place.instrument.venue
    if one.status not in AMENDABLE:
        return f"order {one.id} is {one.status.value}: only a working order can be amended"
    if venue not in state.desks or one.place.instrument not in state.listings:
        return f"order {one.id} is on no venue of this session"
    if "AMEND" not in state.desks[venue].facts.can and one.place.strategy is not None:
        return f"{venue} cannot amend an order: cancel it and place another"
    if not is_number(asked.qty) or asked.qty <= one.filled:
        return f"order {one.id} has traded {one.filled.normalize():f} already: the new quantity must be more"
    return ""
