"""What venues say of our orders, into register, positions and cash.

Late news is news: a fill counts once by its trade id, whatever the order had come to. What we are told goes on disk
after we acted on it, never the other way round: the venue owns it, and tells it again.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core import unpriced
from engine.core.effects import Level
from engine.core.events import (
    Accepted,
    Amended,
    AmendRefused,
    Canceled,
    CancelRefused,
    Expired,
    Filled,
    FillReversed,
    Lost,
    Rejected,
)
from engine.core.ids import OrderId
from engine.core.order import Status
from engine.core.snapshot import FillRow
from engine.core.units import Money, Nanos, Qty, Side
from engine.kernel import asking, automated, exposing, inflight, results, taping, venue_rows
from engine.kernel.options import holding, sensing
from engine.kernel.strategies import accounts
from engine.maths.contracts import Booking
from engine.orders import bearable
from engine.orders.reconcile import SETTLES
from engine.portfolio.netting import Traded
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.core.effects import Row
    from engine.core.events import OrderEvent
    from engine.core.ids import InstrumentId
    from engine.kernel.state import State
    from engine.orders.register import Order

ZERO: Final = Decimal(0)
LONGEST: Final = 240
"""Characters of why an order ended; venues are not trusted to be brief."""
ANSWERS_AMEND: Final = (Amended, AmendRefused)
BACK: Final = ":reversed"
"""At the end of the ledger's name of a fill that takes back the one before it."""


def take(state: State, event: OrderEvent) -> None:
    """Take in what happened to an order, once."""
    one = state.register.get(event.order)
    if one is None or not inflight.on_venue(one):
        _of_ours(state, event)
        return
    match event:
        case Filled():
            _filled(state, one, event)
        case FillReversed():
            _reversed(state, one, event)
        case _:
            _moved(state, one, event)


def _of_ours(state: State, event: OrderEvent) -> None:
    odd = state.register.apply(event)
    if odd:
        state.out.notice(Level.WARN, odd, "ORDER_NEWS")
    state.out.dirty(topics.ORDERS, topics.SPINE)


def key_of(one: Order, trade_id: str) -> str:
    """Return how the ledger names a fill: one trade of a venue may fill two orders of ours."""
    return f"{one.place.instrument.venue}:{one.id}:{trade_id}"


def _moved(state: State, one: Order, event: OrderEvent) -> None:
    before = one.status
    if isinstance(event, Accepted) and event.venue_order:
        one.venue_order = event.venue_order
    odd = state.register.apply(event)
    if odd and not (before is one.status and isinstance(event, Canceled | Expired | Lost)):
        state.out.notice(Level.INFO, odd, "ORDER_NEWS", one.place.instrument.symbol)
    if isinstance(event, Rejected) and one.status is Status.REJECTED:
        one.why = f"{event.code} — {event.text}" if event.text else event.code
    one.why = one.why[:LONGEST]
    if isinstance(event, ANSWERS_AMEND) or one.ended:
        one.amending = None
    _say(state, one, event, before)
    _after(state, one)
    if isinstance(event, Accepted) and before is Status.CANCELING:
        inflight.withdraw(state, one)  # only now does the venue's own id go with it


def _say(state: State, one: Order, event: OrderEvent, before: Status) -> None:
    symbol = one.place.instrument.symbol
    match event:
        case Lost(why=why) if one.status is Status.LOST and before is not Status.LOST:
            text = f"order {one.id} ({taping.told(state, one.place)}) has no known outcome: {why}"
            state.out.notice(Level.DANGER, text, "UNKNOWN_ORDER", symbol)
            desk = state.desks.get(one.place.instrument.venue)
            if desk is not None:
                asking.soon(state, desk, anew=True)
        case Rejected() if one.status is Status.REJECTED and before is not Status.REJECTED:
            state.out.notice(Level.WARN, f"order {one.id} was rejected: {one.why}", "REJECTED", symbol)
        case CancelRefused(code=code) | AmendRefused(code=code):
            what = "cancelled" if isinstance(event, CancelRefused) else "amended"
            state.out.notice(Level.WARN, f"order {one.id} was not {what}: {code}", "REFUSED_BY_VENUE", symbol)
        case _:
            pass


def _after(state: State, one: Order) -> None:
    """Write an order down as it now stands, and count anew what it may lose."""
    inflight.keep(state, one)
    _counted(state, one)


def _counted(state: State, one: Order) -> None:
    one.moved_at = state.now
    if one.status is not Status.LOST:
        state.absences.pop(one.id, None)
    if one.ended and one.id in state.strategies.by_order:
        accounts.ended(state, one)
    exposing.refresh(state, one.place.instrument)
    inflight.touched(state, one)


def impossible(event: Filled, *, share: bool = True) -> str:
    """Return why a fill cannot be; empty when it can. A `share` costs no more than the 1 that it may pay."""
    wrong = bearable.fill(event)
    if wrong:
        return wrong
    if event.qty <= 0:
        return f"its quantity was {event.qty}"
    if event.cost < ZERO or (share and event.cost > event.qty) or (not share and not event.price > ZERO):
        return f"{event.qty} shares for {event.cost}"
    return ""


def _filled(state: State, one: Order, event: Filled) -> None:
    key = key_of(one, event.trade_id)
    if key in state.traded:
        return  # the stream and a picture both tell it
    wrong = impossible(event, share=exposing.nets_of(state, one.place.instrument) < Booking.PREMIUM)
    if wrong:
        text = f"{one.place.instrument.venue} told of a fill of order {one.id} that cannot be: {wrong}"
        state.out.notice(Level.DANGER, text, "BAD_FILL", one.place.instrument.symbol)
        desk = state.desks.get(one.place.instrument.venue)
        if desk is not None:
            asking.doubt(state, desk, "a fill could not be booked")
        return
    odd = state.register.apply(event)
    if odd:
        state.out.notice(Level.WARN, odd, "ORDER_NEWS", one.place.instrument.symbol)
    if one.most is not None and one.filled > one.most:
        text = f"order {one.id} traded {one.filled.normalize():f}, more than the {one.most.normalize():f} asked for"
        state.out.notice(Level.DANGER, text, "OVERFILLED", one.place.instrument.symbol)
    automated.booked(state, one.place, Traded(one.place.side, one.place.leg, event.qty, event.cost, event.price))
    _book(state, one, event, key)
    _counted(state, one)
    automated.filled(state, one.place, event.qty, event.cost)
    did = "Bought" if one.place.side is Side.BUY else "Sold"
    text = f"{did} {event.qty.normalize():f} {_at(state, one.place, event.price)}"
    state.out.notice(Level.INFO, text, "FILL", one.place.instrument.symbol)


def _at(state: State, place: Place, price: Decimal) -> str:
    """Return what traded at what price, in words."""
    if exposing.nets_of(state, place.instrument) < Booking.PREMIUM:
        return f"{place.leg.value} at {100 * price:.2f}c"
    return f"{place.instrument.symbol} at {price.normalize():f}"


def _reversed(state: State, one: Order, event: FillReversed) -> None:
    known = one.trades.get(event.trade_id)
    odd = state.register.apply(event)
    if known is None:
        state.out.notice(Level.WARN, odd, "ORDER_NEWS", one.place.instrument.symbol)
        return
    text = f"{one.place.instrument.venue} took back trade {event.trade_id} of order {one.id}"
    state.out.notice(Level.DANGER, text, "FILL_REVERSED", one.place.instrument.symbol)
    back = Side.SELL if one.place.side is Side.BUY else Side.BUY
    undone = Traded(back, one.place.leg, known.qty, known.cost, known.price)
    automated.booked(state, one.place, undone)
    automated.unfilled(state, one.place, known.qty, known.cost)
    fill = key_of(one, event.trade_id)
    key = fill + BACK
    booked = next((row for row in reversed(state.fills) if row.trade_id == fill), None)
    book(
        state,
        one.place.instrument,
        undone,
        Money(-known.fee),
        key=key,
        order=one.id,
        tag="reversed",
        undoes=None if booked is None else booked.realised,
        also=(
            *accounts.booked(state, one, undone, Money(-known.fee), key=fill, back=True),
            venue_rows.order(state, one),
        ),
    )
    _counted(state, one)
    if one.ended and not one.filled:
        accounts.came_to_nothing(state, one)


def _book(state: State, one: Order, event: Filled, key: str) -> None:
    place = one.place
    traded = Traded(place.side, place.leg, event.qty, event.cost, event.price)
    slip = taping.slippage(one, event.price)
    book(
        state,
        place.instrument,
        traded,
        event.fee,
        key=key,
        order=one.id,
        tag=unpriced.marked(place.tag, event.fee_in),
        slip=slip,
        maker=event.maker,
        also=(*accounts.booked(state, one, traded, event.fee, key=key), venue_rows.order(state, one)),
    )


def book(
    state: State,
    instrument: InstrumentId,
    traded: Traded,
    fee: Money,
    *,
    key: str,
    order: str,
    tag: str = "",
    slip: float | None = None,
    maker: bool = False,
    paid: bool = True,
    kind: str = "trade",
    undoes: Money | None = None,
    also: tuple[Row, ...] = (),
) -> Money:
    """Book what was bought or sold into position, cash and the ledger; return what it realised.

    `paid` is False where no money moved: a correction of what we hold. `undoes` is what a fill had realised that this
    takes back. `also` is written in the same transaction.
    """
    listing, desk = state.listings.get(instrument), state.desks.get(instrument.venue)
    nets = exposing.nets_of(state, instrument)
    if undoes is None:
        done = state.book.trade(instrument, traded, fee, nets=nets)
    else:
        done = state.book.undo(instrument, traded, fee, Money(-undoes), nets=nets)
    if nets >= Booking.PREMIUM:
        holding.touched(state, instrument)
        if listing is not None and instrument in state.options.held:
            sensing.marked(state, listing)
        state.out.dirty(topics.GREEKS, topics.EXPIRIES)
    if state.flows:
        automated.clip(state, instrument)
    moved = done.moved
    state.traded.add(key)
    row = FillRow(
        trade_id=key,
        order=OrderId(order),
        at=state.now,
        instrument=instrument,
        side=traded.side,
        leg=traded.leg,
        price=traded.cost / traded.qty if traded.price is None else traded.price,
        qty=traded.qty,
        cost=traded.cost,
        fee=fee,
        realised=done.realised,
        slippage=slip,
        tag=tag,
    )
    money = venue_rows.cash(state, instrument.venue, moved, fee, key, kind) if paid else ()
    state.out.keep((*venue_rows.roster(state, instrument), venue_rows.fill(row, nets=nets, maker=maker), *money, *also))
    if desk is not None and desk.cash is not None and paid:
        desk.cash = Money(desk.cash + moved - fee)
        if desk.cash_at is not None and state.now - desk.cash_at < desk.real(SETTLES):
            asking.soon(state, desk)  # what the venue said of its cash may have had this in it
    state.fills.append(row)
    state.fills_known += 1
    if unpriced.fee_of(tag):
        state.unpriced.add(instrument)
    exposing.remark(state, instrument)
    exposing.refresh(state, instrument)
    state.total = results.total(state)
    state.remember(results.point(state))
    state.out.dirty(*taping.ACCOUNT_VIEWS, topics.MARKETS, topics.CONNECTIONS, topics.ladder(instrument.symbol))
    if listing is not None and listing.instrument.family is not None:
        state.out.dirty(topics.board(listing.instrument.family))
    return done.realised


def of_instrument(state: State, instrument: InstrumentId) -> list[FillRow]:
    """Return our last trades in an instrument: no settlement, and none that the venue took back."""
    some = [row for row in state.fills if row.instrument == instrument and row.tag != "settled"]
    gone = {row.trade_id.removesuffix(BACK) for row in some if row.trade_id.endswith(BACK)}
    return [row for row in some if row.trade_id.removesuffix(BACK) not in gone] if gone else some


def restored(state: State, one: Order, row: FillRow) -> None:
    """Know a fill of an earlier session: it is booked, and counts in its order until the venue took it back."""
    trade_id = row.trade_id.removeprefix(key_of(one, ""))
    if trade_id.endswith(BACK):
        one.trades.pop(trade_id.removesuffix(BACK), None)
        return
    one.trades[trade_id] = Filled(
        at=Nanos(row.at),
        order=one.id,
        trade_id=trade_id,
        price=row.price,
        qty=Qty(row.qty),
        cost=row.cost,
        fee=row.fee,
        fee_in=unpriced.fee_of(row.tag),
    )


def settle_order(one: Order) -> None:
    """Make an order's sums those of its fills, as far as these are known."""
    if one.trades:
        one.filled = Qty(sum((t.qty for t in one.trades.values()), ZERO))
        one.cost = Money(sum((t.cost for t in one.trades.values()), ZERO))
        one.fee = Money(sum((t.fee for t in one.trades.values()), ZERO))
