"""What becomes of a strategy's orders: fills into its own account, markouts after them, settlements, ends."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.effects import Level
from engine.core.units import MICRO, MINUTE, NO_MONEY, Leg, Money, Nanos, Qty, Side
from engine.kernel import exposing
from engine.kernel.strategies import keeping
from engine.kernel.strategies.seats import HORIZONS, MARKS_ROOM, Marked
from engine.maths import contracts
from engine.portfolio.netting import Traded, book, undo
from engine.strategies.base import Deal
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.effects import Row
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Account, Seat
    from engine.orders.register import Order
    from engine.portfolio.position import Position

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
MARKOUTS: Final = "markouts:"
"""Timers of the moments after fills."""
LEGS: Final = tuple(Leg)


def booked(state: State, one: Order, traded: Traded, fee: Money, *, key: str, back: bool = False) -> tuple[Row, ...]:
    """Book a fill into its strategy's account and return the rows that keep it; none for an order of nobody's.

    `key` names the fill in the ledger. Of one that the venue took `back`, `traded` is what undoes it: there was no
    fill, and no price is looked at for it.
    """
    seat = None if one.place.strategy is None else state.strategies.seats.get(one.place.strategy)
    if seat is None:
        return ()
    instrument = one.place.instrument
    if back:
        _undone(state, seat.real, instrument, traded, fee, key)
        _told_back(state, seat, instrument, traded, fee)
    else:
        seat.real.know_made(key, into(state, seat.real, instrument, traded, fee))
        limit(state, seat)
        told(state, seat, instrument, traded, fee)
    state.out.dirty(topics.STRATEGIES)
    return (keeping.day(seat, state.now), *(keeping.held(seat, instrument, leg) for leg in LEGS))


def told(state: State, seat: Seat, instrument: InstrumentId, traded: Traded, fee: Money) -> None:
    """Tell a strategy of a fill, real or of the shadow."""
    context = state.strategies.context
    if context is not None:
        each = float(traded.cost / traded.qty)
        seat.strategy.traded(context, seat.name, instrument, traded.side, traded.leg, each)
        deal = Deal(traded.side, traded.leg, traded.qty, traded.cost, fee)
        seat.strategy.dealt(context, seat.name, instrument, deal)
        seat.strategy.filled(context, seat.name, instrument)


def _told_back(state: State, seat: Seat, instrument: InstrumentId, undone: Traded, fee: Money) -> None:
    """Tell a strategy that a fill was none, which `undone` and `fee` undo."""
    context = state.strategies.context
    if context is not None:
        side = Side.SELL if undone.side is Side.BUY else Side.BUY
        deal = Deal(side, undone.leg, undone.qty, undone.cost, Money(-fee))
        seat.strategy.taken_back(context, seat.name, instrument, deal)


def into(state: State, account: Account, instrument: InstrumentId, traded: Traded, fee: Money) -> Decimal:
    """Book what was bought or sold into an account, look at the price again later, and return what it realised."""
    made = _book(state, account, instrument, traded, fee)
    day = account.day(state.now)
    day.fills += 1
    account.fills.append(state.now)
    mark = Marked(
        state.now, instrument, traded.leg, 1 if traded.side is Side.BUY else -1, traded.cost / traded.qty, traded.qty
    )
    for index, (horizon, one) in enumerate(zip(HORIZONS, account.markouts, strict=True)):
        if len(one.waiting) < MARKS_ROOM:
            one.waiting.append(mark)
        state.out.wake(Nanos(state.now + horizon), f"{MARKOUTS}{index}")
    return made


def _undone(state: State, account: Account, instrument: InstrumentId, traded: Traded, fee: Money, key: str) -> None:
    """Leave an account as if a fill had never been.

    What a sale of an earlier session realised here is not known: it is bought back at its price, which is the same in
    the end.
    """
    made = account.made.pop(key, ZERO if traded.side is Side.SELL else None)
    _book(state, account, instrument, traded, fee, undoes=made)
    account.day(state.now).fills -= 1
    sign, price = (-1 if traded.side is Side.BUY else 1), traded.cost / traded.qty
    for one in account.markouts:
        known = (m for m in one.waiting if m[1:] == (instrument, traded.leg, sign, price, traded.qty))
        mark = next(known, None)
        if mark is not None:
            one.waiting.remove(mark)


def _book(
    state: State, account: Account, instrument: InstrumentId, traded: Traded, fee: Money, undoes: Decimal | None = None
) -> Decimal:
    """Book a trade, or what undoes one that had realised `undoes`, and return what it realised."""
    nets = exposing.nets_of(state, instrument)
    held: dict[tuple[InstrumentId, Leg], Position] = {(instrument, leg): account.get(instrument, leg) for leg in LEGS}
    before = sum((p.realised for p in held.values()), ZERO)
    if undoes is None:
        book(held, instrument, traded, fee, nets=nets)
    else:
        undo(held, instrument, traded, fee, Money(-undoes), nets=nets)
    made = sum((p.realised for p in held.values()), ZERO) - before
    day = account.day(state.now)
    day.realised += made
    day.fees += fee
    for key, position in held.items():
        account.put(key, position)
    return made


def limit(state: State, seat: Seat) -> None:
    """Stop a strategy that trades again and again: more fills within a minute than it may have."""
    fills = seat.real.fills
    while fills and state.now - fills[0] > MINUTE:
        fills.popleft()
    if len(fills) > seat.throttle and not seat.halted:
        halt(state, seat, f"{len(fills)} fills within 60 s; {seat.throttle} are let through without a look at it")


def halt(state: State, seat: Seat, why: str) -> None:
    """Stop a strategy until it is switched on again, over a restart too; its orders are taken back at the next beat."""
    seat.halted, seat.halted_at = why, state.now
    seat.real.day(state.now).halts += 1
    state.out.keep((keeping.row(seat), keeping.day(seat, state.now)))
    state.out.notice(Level.DANGER, f"{seat.spec.title} is halted: {why}", "STRATEGY_HALT", seat.name)
    state.out.dirty(topics.STRATEGIES)


def ended(state: State, one: Order) -> None:
    """An order of a strategy has ended: its key is free again."""
    name, key = state.strategies.by_order.pop(one.id)
    seat = state.strategies.seats.get(name)
    if seat is None:
        return
    if seat.orders.get(key) == one.id:
        del seat.orders[key]
    if state.strategies.context is not None:
        place = one.place
        seat.strategy.ended(state.strategies.context, name, place.instrument, place.leg, one.filled)
    state.out.dirty(topics.STRATEGIES)


def came_to_nothing(state: State, one: Order) -> None:
    """The venue took back all that an order which has ended had filled: its strategy hears that it came to nothing."""
    seat = None if one.place.strategy is None else state.strategies.seats.get(one.place.strategy)
    if seat is not None and state.strategies.context is not None:
        seat.strategy.came_to_nothing(state.strategies.context, seat.name, one.place.instrument, one.place.leg)


def delivered(state: State, one: Instrument, paid: Decimal, price: Decimal) -> None:
    """Close what every strategy holds of a derivative at what it is worth at the delivery price."""
    for seat in state.strategies.seats.values():
        rows: list[Row] = []
        for account in (seat.real, seat.shadow):
            for leg in LEGS:
                position = account.get(one.id, leg)
                worth = contracts.cost(one, paid, position.qty, price) if position.qty else None
                if worth is None:
                    continue
                traded = Traded(Side.SELL, leg, Qty(position.qty), worth, paid)
                _book(state, account, one.id, traded, contracts.delivery_fee(one, position.qty, price))
                if account is seat.real:
                    rows.append(keeping.held(seat, one.id, leg))
        if rows:
            state.out.keep((keeping.day(seat, state.now), *rows))
            state.out.dirty(topics.STRATEGIES)


def settled(state: State, instrument: InstrumentId, pays: Decimal) -> None:
    """Close what every strategy holds of an instrument at what it pays, and tell each."""
    for seat in state.strategies.seats.values():
        rows: list[Row] = []
        for account in (seat.real, seat.shadow):
            for leg in LEGS:
                position = account.get(instrument, leg)
                if not position.qty:
                    continue
                worth = Money((position.qty * (pays if leg is Leg.YES else ONE - pays)).quantize(MICRO))
                _book(state, account, instrument, Traded(Side.SELL, leg, Qty(position.qty), worth), NO_MONEY)
                if account is seat.real:
                    rows.append(keeping.held(seat, instrument, leg))
            for key in [k for k, (want, _) in account.resting.items() if want.instrument == instrument]:
                del account.resting[key]
        if rows:
            state.out.keep((keeping.day(seat, state.now), *rows))
            state.out.dirty(topics.STRATEGIES)
    if state.strategies.context is not None:
        for strategy in state.strategies.all:
            strategy.settled(state.strategies.context, instrument, pays)


def due(state: State, what: str) -> None:
    """Look at prices so long after fills; a market without a price tells nothing."""
    index = int(what.removeprefix(MARKOUTS))
    horizon = HORIZONS[index]
    for seat in state.strategies.seats.values():
        for account in (seat.real, seat.shadow):
            one = account.markouts[index]
            while one.waiting and state.now - one.waiting[0].at >= horizon:
                mark = one.waiting.popleft()
                listing = state.listings.get(mark.instrument)
                yes = None if listing is None or (listing.stale and not listing.result) else exposing.mark(listing)
                if yes is None:
                    continue
                price = yes if mark.leg is Leg.YES else ONE - yes
                one.value += mark.sign * (price - mark.price) * mark.qty
                one.qty += mark.qty
                one.count += 1
    state.out.dirty(topics.STRATEGIES)
