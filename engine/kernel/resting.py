"""Orders where others rest: placed, met, amended, taken back; and what of all that the disk lets us say.

The exchange knows at once. Trades, cash, orders, places in the queue and what is set aside are written in one
transaction, and only `Kept` releases what became of an order of ours: Accepted, Filled, Amended, Canceled, Expired.
Its row holds what it will be by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.commands import Amend, Cancel
from engine.core.effects import Level, Refused
from engine.core.events import Accepted, Amended, Canceled, Expired
from engine.core.ids import YOU, OrderId, VenueOrderId, outcome_of
from engine.core.order import Status
from engine.core.snapshot import FillRow
from engine.core.units import NO_MONEY, NOTHING, TICK, TICKS_PER_UNIT, Money, plain
from engine.exchange.answers import Declined
from engine.exchange.hybrid import place_of
from engine.exchange.market import lots_of
from engine.kernel import automated, foreseeing, probing, results, rows, taping, venue_rows
from engine.kernel.probing import likeness
from engine.kernel.session import GateMemory
from engine.kernel.state import Heard, Release
from engine.orders.register import Order
from engine.portfolio.exposure import Resting
from engine.risk import gates
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.commands import Place
    from engine.core.effects import AnyRow
    from engine.core.events import OrderEvent
    from engine.core.ids import AccountId, MarketId
    from engine.core.units import Nanos, Ticks
    from engine.exchange.answers import Matched, Quote
    from engine.exchange.market import Market
    from engine.exchange.resting import Rest
    from engine.kernel.state import State

SELF: Final = "it would have traded with an order of your own"
EXPIRY: Final = "rest:"
"""What a `Due` says of an order whose time may have run out."""


def execute(state: State, order: OrderId, asked: Place, quote: Quote) -> None:
    """Carry out an order of ours that the gates let through."""
    market = state.exchange.markets[quote.market]
    mid = 100.0 * quote.leg_before
    size = asked.qty or quote.qty
    one = Order(order, asked, state.now, mid=mid, quantity=size, edge=taping.edge_at(state, quote))
    state.register.add(one)
    state.foreseen[order] = replace(one, trades={})
    done = state.exchange.hybrid.submit(quote, state.now, order)
    heard: list[Heard] = [Heard(Accepted(at=state.now, order=order, venue_order=VenueOrderId(order)))]
    end = "" if done.rested is not None else _rest(one, done)
    automated.let_through(state, asked, str(market.id))
    _write(state, market, done, heard, asked_for=(order, asked.intent), ends={order: end} if end else {})
    if done.rested is not None and asked.until is not None:
        state.out.wake(asked.until, EXPIRY + order)


def other(state: State, asked: Place, quote: Quote) -> None:
    """Carry out an order of another account."""
    exchange = state.exchange
    order = OrderId(f"x-{state.next_trade:06d}r{exchange.hybrid.next_place}")
    done = exchange.hybrid.submit(quote, state.now, order)
    _write(state, exchange.markets[quote.market], done, [], asked_for=(order, asked.intent))
    if done.rested is not None and asked.until is not None:
        state.out.wake(asked.until, EXPIRY + order)


def cancel(state: State, asked: Cancel) -> bool:
    """Take a resting order back; False when it does not rest, or is another account's."""
    one = state.exchange.hybrid.get(asked.order)
    if one is None or one.account != asked.by:
        return False
    order = state.register.get(asked.order)
    if order is not None:
        automated.taken_back(state, order.place)
    state.register.ask(asked.order, Cancel)
    _take_out(state, one, "")
    return True


def cancel_all(state: State, market: MarketId | None) -> int:
    """Take all our resting orders back, or those of one market; return how many there were."""
    some = state.exchange.hybrid.of(YOU, market)
    for one in some:
        cancel(state, Cancel(order=one.order))
    return len(some)


def expire(state: State, order: OrderId) -> None:
    """End an order whose time has run out; one that ended or was moved is left alone."""
    one = state.exchange.hybrid.get(order)
    if one is not None and one.until is not None and one.until <= state.now:
        _take_out(state, one, "", expired=True)


def schedule(state: State) -> None:
    """Ask to be woken when each resting order's time runs out."""
    for one in sorted(state.exchange.hybrid, key=lambda one: one.place):
        if one.until is not None:
            state.out.wake(one.until, EXPIRY + one.order)


def ousted(state: State, some: Iterable[Rest], why: str) -> tuple[tuple[AnyRow, ...], tuple[Heard, ...]]:
    """Return rows and news of orders that the exchange took out, to go into the transaction of what did."""
    kept: list[AnyRow] = []
    heard: list[Heard] = []
    for one in some:
        kept.append(rows.resting(one))
        if one.account == YOU:
            heard.append(Heard(Canceled(at=state.now, order=one.order, why=why)))
            kept += foreseeing.ended(state, one.order, Status.CANCELED, why)
    return tuple(kept), tuple(heard)


def amend(state: State, asked: Amend, pressed_at: Nanos) -> bool:
    """Move or resize a resting order of ours; False when it is none. Only a smaller size keeps its place."""
    rest, one = state.exchange.hybrid.get(asked.order), state.register.get(asked.order)
    if rest is None or one is None or rest.account != YOU:
        return False
    symbol = one.place.instrument.symbol
    shadow = foreseeing.shadow(state, one.id)
    why = _cannot_amend(one, shadow, asked)
    if why:
        state.out.notice(Level.WARN, why, "AMEND", symbol)
        return True
    lots = lots_of(asked.qty - shadow.filled)
    if asked.price != rest.price or lots > rest.lots:
        refused = _weighed(state, one, rest, asked.price, lots, pressed_at)
        if refused is not None:
            _stays(state, one, refused)
            return True
    before = rest.price, rest.lots
    done = state.exchange.hybrid.amend(one.id, asked.price, lots, state.now)
    if isinstance(done, Declined):
        state.out.notice(Level.WARN, f"order {one.id} stays as it is: {done.text}", done.code, symbol)
        return True
    state.register.ask(one.id, Amend)
    one.amending, one.moved_at = (asked.price, asked.qty), state.now
    shadow.place, shadow.quantity = replace(shadow.place, price=asked.price, qty=asked.qty), asked.qty
    if (asked.price, lots) != before:
        moved = replace(one.place, price=asked.price, qty=asked.qty)
        state.press(pressed_at, likeness(moved))
        automated.let_through(state, moved, str(rest.market))
    news = [Heard(Amended(at=state.now, order=one.id, price=asked.price, qty=asked.qty))]
    market = state.exchange.markets[rest.market]
    _write(state, market, done, news, asked_for=(one.id, one.place.intent), also=(one.id,))
    return True


def release(state: State, told: Release) -> None:
    """Say what a commit made true of orders of ours."""
    for one in told.heard:
        odd = state.register.apply(one.event)
        if odd:
            state.out.notice(Level.WARN, odd, "ORDER_NEWS")
        order = state.register.get(one.event.order)
        if order is None:
            continue
        order.moved_at = state.now
        if one.fill is not None:
            _filled(state, one.fill)
        symbol = order.place.instrument.symbol
        state.out.dirty(topics.ORDERS, topics.SPINE, topics.GATES, topics.ladder(symbol))


def _filled(state: State, row: FillRow) -> None:
    state.book.fill(row.instrument, row.leg, row.side, row.qty, row.cost, row.fee)
    market, outcome = outcome_of(row.instrument)
    results.remark(state, market)
    newest = results.point(state)
    state.total = results.total_of(newest)
    state.remember(newest)
    state.fills.append(row)
    state.fills_known += 1
    taping.tell(state, row.side, row.leg, row.qty, row.price, row.instrument.symbol)
    state.out.dirty_all(taping.shown_of(state, market).filled[outcome])


def _take_out(state: State, one: Rest, why: str, *, expired: bool = False) -> None:
    done = state.exchange.hybrid.cancel(one.order, state.now)
    if done is None:
        return
    if not expired:
        state.conduct.withdrawn(one, state.now)
    kept: list[AnyRow] = [rows.resting(gone) for gone in done.touched]
    heard: tuple[Heard, ...] = ()
    if one.account == YOU:
        event: OrderEvent
        if expired:
            event = Expired(at=state.now, order=one.order)
            kept += foreseeing.ended(state, one.order, Status.EXPIRED, "its time ran out")
        else:
            event = Canceled(at=state.now, order=one.order, why=why)
            kept += foreseeing.ended(state, one.order, Status.CANCELED, why)
        heard = (Heard(event),)
    _keep(state, kept, heard, NO_MONEY)
    _touched(state, state.exchange.markets[one.market], [one.account])


def _write(
    state: State,
    market: Market,
    done: Matched,
    heard: list[Heard],
    *,
    asked_for: tuple[OrderId, str],
    ends: dict[OrderId, str] | None = None,
    also: tuple[OrderId, ...] = (),
) -> None:
    """Have all that one operation did written together, and note what the commit lets us say."""
    kept: list[AnyRow] = []
    ours = dict.fromkeys((*also, *(ends or {})))
    moved = NO_MONEY
    for one in done.met:
        mine = one.traded.account == YOU
        intent = asked_for[1] if one.traded.order == asked_for[0] else ""
        row = taping.booked(state, one.traded, intent, via=one.via, mine=mine)
        kept.append(row)
        if mine:
            ours[one.traded.order] = None
            moved = Money(moved + one.traded.gain)
            fill = foreseeing.fill_row(state, one, row.trade_id)
            asked = state.register.get(one.traded.order)
            if asked is not None:
                automated.filled(state, asked.place, one.traded.qty, one.traded.cost)
            kept.append(venue_rows.fill(fill, nets=False, maker=foreseeing.maker(state, one)))
            heard.append(Heard(foreseeing.foresee(state, one, row.trade_id), fill))
    latest = {one.order: one for one in (*done.touched, *(() if done.rested is None else (done.rested,)))}
    kept += [rows.resting(one) for one in latest.values()]
    for gone in done.ousted:
        if gone.account == YOU:
            heard.append(Heard(Canceled(at=state.now, order=gone.order, why=SELF)))
            kept += foreseeing.ended(state, gone.order, Status.CANCELED, SELF)
    for order, why in (ends or {}).items():
        heard.append(Heard(Canceled(at=state.now, order=order, why=why)))
        kept += foreseeing.ended(state, order, Status.CANCELED, why)
    if done.rested is not None and done.rested.account == YOU:
        ours[done.rested.order] = None
    for order in ours:
        kept += foreseeing.standing(state, order)
    _keep(state, kept, tuple(heard), moved)
    _touched(state, market, [one.traded.account for one in done.met] + [one.account for one in latest.values()])


def _keep(state: State, kept: list[AnyRow], heard: tuple[Heard, ...], moved: Money) -> None:
    if not heard:
        state.out.keep(tuple(kept))
        return
    state.hearings += 1
    then = f"heard:{state.hearings}"
    state.out.keep(tuple(kept), then)
    state.released[then] = Release(heard=heard, cash=moved)


def _touched(state: State, market: Market, accounts: Iterable[AccountId]) -> None:
    if YOU in accounts:
        results.refresh_loss(state, market.id)
        state.out.dirty(topics.ORDERS, topics.SPINE, topics.GATES)
    taping.moved(state, market.id)


def _rest(one: Order, done: Matched) -> str:
    """Return why some of an order did not trade; empty when all of it did."""
    traded = sum((met.traded.qty for met in done.met if met.traded.order == one.id), NOTHING)
    if one.quantity is None or traded >= one.quantity:
        return ""
    return f"{plain(one.quantity - traded)} found no price within the limit"


def _cannot_amend(one: Order, shadow: Order, asked: Amend) -> str:
    if one.status not in {Status.WORKING, Status.PARTIAL}:
        return f"order {one.id} is {one.status.value}: only a working order can be amended"
    if not 0 < asked.price < TICKS_PER_UNIT:
        return f"a price lies between 0.01 and 99.99 cents, was {asked.price / 100:g}"
    if not asked.qty.is_finite() or asked.qty <= shadow.filled or abs(asked.qty.adjusted()) > taping.LONGEST:
        return f"order {one.id} has traded {plain(shadow.filled)} already: the new quantity must be more"
    return ""


def _weighed(state: State, one: Order, rest: Rest, price: Ticks, lots: int, pressed_at: Nanos) -> Refused | None:
    """Return the gate that refuses an order as it would be; None when all let it pass."""
    place = replace(
        place_of(rest, price, lots), origin=one.place.origin, tag=one.place.tag, strategy=one.place.strategy
    )
    found, _ = probing.probe(state, place, pressed_at, but=rest)
    if place.strategy is not None:
        as_resting = Resting(0, place.side, place.leg, place.qty or NOTHING, price * TICK, NO_MONEY)
        automated.weigh(state, found, str(rest.market), as_resting, but=one.id)
    answer = gates.check(one.id, found, state.limits)
    return answer if isinstance(answer, Refused) else None


def _stays(state: State, one: Order, answer: Refused) -> None:
    memory = state.gates.setdefault(answer.gate, GateMemory())
    memory.refused(f"amend {one.id} to {taping.words(answer.place)}: {answer.text}", state.now)
    symbol = one.place.instrument.symbol
    state.out.notice(Level.WARN, f"order {one.id} stays as it is: {answer.text}", answer.gate, symbol)
    state.out.dirty(topics.GATES)
