"""Orders: through the gates, onto the exchange, and back once they are on disk.

An order on the embedded exchange trades inside the step. What it did is written in one transaction (trade, cash,
order, fill), and only `Kept` releases `Accepted`, `Filled` and, for what did not trade, `Canceled`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.commands import Cancel, Flatten, Place
from engine.core.effects import Approved, Level, Refused
from engine.core.errors import InvariantBroken
from engine.core.events import Accepted, Canceled, Filled
from engine.core.ids import YOU, OrderId, VenueOrderId, embedded
from engine.core.order import Status
from engine.core.snapshot import FillRow
from engine.core.units import Leg, Nanos, Side
from engine.exchange.answers import Declined, Quote, Traded
from engine.kernel import results, rows
from engine.kernel.modelling import probability
from engine.kernel.probing import likeness, market_of, probe
from engine.kernel.state import GateMemory, Printed, Release, State
from engine.orders.register import Order
from engine.risk import gates
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.events import OrderEvent
    from engine.core.ids import InstrumentId, MarketId

ACCOUNT_VIEWS = (topics.ORDERS, topics.FILLS, topics.POSITIONS, topics.PNL, topics.GATES, topics.SPINE)


def place(state: State, asked: Place, pressed_at: Nanos) -> None:
    """Take an order: ours through the gates, another account's straight to the exchange."""
    if asked.by != YOU:
        _other(state, asked)
        return
    known = state.register.of_intent(asked.intent)
    if known is not None:
        state.out.notice(Level.INFO, f"the same order was asked for twice and is order {known.id}", "SAME_ORDER")
        return
    found, quote = probe(state, asked, pressed_at)
    order = OrderId(f"o-{state.next_order:06d}")
    state.next_order += 1
    answer = gates.check(order, found, state.limits)
    if isinstance(answer, Refused):
        refuse(state, order, answer)
        return
    state.pressed.append((pressed_at, likeness(asked)))
    if quote is None:
        msg = f"order {order} passed the gates without a quote"
        raise InvariantBroken(msg)
    _execute(state, answer, quote)


def refuse(state: State, order: OrderId, answer: Refused) -> None:
    """Book an order that a gate stopped, with the gate's code and sentence."""
    why = f"{answer.gate} — {answer.text}"
    state.register.add(Order(order, answer.place, state.now, Status.REFUSED, quantity=answer.place.qty, why=why))
    memory = state.gates.setdefault(answer.gate, GateMemory())
    memory.refusal, memory.refused_at = f"{words(answer.place)}: {answer.text}", state.now
    one = state.register.get(order)
    if one is not None:
        state.out.keep((rows.order(one, state.session.mode),))
    state.out.notice(Level.WARN, answer.text, answer.gate, answer.place.instrument.symbol)
    state.out.dirty(topics.ORDERS, topics.GATES, topics.SPINE, topics.ladder(answer.place.instrument.symbol))


def cancel(state: State, asked: Cancel) -> None:
    """Ask for an order back; those of the embedded exchange never wait, so there is nothing to take."""
    order = state.register.get(asked.order)
    what = "is not known" if order is None else f"is {order.status.value} and has nothing left to cancel"
    state.out.notice(Level.INFO, f"order {asked.order} {what}", "NOTHING_TO_CANCEL")


def cancel_all(state: State, market: MarketId | None) -> int:
    """Ask for every working order back; return how many there were."""
    working = [o for o in state.register.open() if market is None or o.place.instrument.symbol.startswith(f"{market}/")]
    if not working:
        state.out.notice(Level.INFO, "no order is working", "NOTHING_TO_CANCEL")
    else:
        text = f"{len(working)} orders have traded already and wait for the disk; they cannot be taken back"
        state.out.notice(Level.WARN, text, "NOTHING_TO_CANCEL")
    return 0


def flatten(state: State, asked: Flatten, pressed_at: Nanos) -> None:
    """Sell every position, one order each, through the same gates; those not on disk yet are sold too."""
    held = [
        (embedded(one.market, one.outcome), one.leg, one.position.qty)
        for one in state.exchange.holdings(YOU)
        if one.position.qty and asked.market in {None, one.market}
    ]
    for instrument, leg, qty in held:
        intent = f"flatten:{state.next_order}:{instrument.symbol}:{leg.value}"
        sale = Place(instrument=instrument, side=Side.SELL, leg=leg, qty=qty, intent=intent, origin="flatten")
        place(state, sale, pressed_at)
    if not held:
        state.out.notice(Level.INFO, "no position is open", "NOTHING_TO_FLATTEN")


def _execute(state: State, approved: Approved, quote: Quote) -> None:
    asked = approved.place
    mid = results.mark(state, asked.instrument, asked.leg)
    traded = state.exchange.execute(asked, state.now, approved.order)
    if isinstance(traded, Declined):
        msg = f"the exchange quoted order {approved.order} and then declined it: {traded.text}"
        raise InvariantBroken(msg)
    one = Order(approved.order, asked, state.now, quantity=asked.qty or traded.qty)
    one.mid = None if mid is None else 100.0 * mid
    one.edge = edge_of(state, asked, traded)
    state.register.add(one)
    results.refresh_loss(state, traded.market)
    seq = _printed(state, asked.instrument, traded)
    _keep_ours(state, one, traded, seq)


def _keep_ours(state: State, one: Order, traded: Traded, seq: int) -> None:
    """Write trade, cash, order and fill together, and note what their commit lets us say."""
    trade_id = f"t-{seq:06d}"
    slip = slippage(one, traded)
    whole = one.quantity is not None and traded.qty >= one.quantity
    why = "" if whole else f"{one.quantity - traded.qty:f} found no price within the limit" if one.quantity else ""
    last = Status.FILLED if whole else Status.CANCELED
    state.out.keep(
        (
            rows.trade(traded, seq, one.id, one.place.intent, state.now),
            *rows.cash(traded.moves, state.now),
            rows.order(
                one,
                state.session.mode,
                status=last.value,
                filled=rows.text(traded.qty),
                average=rows.text(traded.average),
                fee=rows.text(traded.fee),
                why=why,
            ),
            rows.fill(one, traded, trade_id, state.now, slip),
        ),
        then=f"trade:{one.id}",
    )
    state.released[f"trade:{one.id}"] = Release(
        events=_answers(state, one, traded, trade_id, why), fill=_fill_row(one, traded, trade_id, state.now, slip)
    )
    state.out.dirty(topics.ORDERS, topics.SPINE, topics.ladder(one.place.instrument.symbol))


def _answers(state: State, one: Order, traded: Traded, trade_id: str, rest: str) -> tuple[OrderEvent, ...]:
    at = state.now
    accepted = Accepted(at=at, order=one.id, venue_order=VenueOrderId(trade_id))
    filled = Filled(
        at=at,
        order=one.id,
        trade_id=trade_id,
        price=traded.average,
        qty=traded.qty,
        cost=traded.cost,
        fee=traded.fee,
    )
    return (accepted, filled, Canceled(at=at, order=one.id, why=rest)) if rest else (accepted, filled)


def _fill_row(one: Order, traded: Traded, trade_id: str, at: Nanos, slip: float | None) -> FillRow:
    asked = one.place
    return FillRow(
        trade_id=trade_id,
        order=one.id,
        at=at,
        instrument=asked.instrument,
        side=asked.side,
        leg=asked.leg,
        price=traded.average,
        qty=traded.qty,
        cost=traded.cost,
        fee=traded.fee,
        realised=traded.realised,
        slippage=slip,
        tag=asked.tag,
    )


def release(state: State, told: Release) -> None:
    """Say what a commit made true: the order's answers, the fill, the position."""
    for event in told.events:
        odd = state.register.apply(event)
        if odd:
            state.out.notice(Level.WARN, odd, "ORDER_NEWS")
        if isinstance(event, Filled):
            _book(state, event)
    if told.fill is not None:
        state.fills.append(told.fill)
        state.remember(results.point(state))
        state.out.dirty(*ACCOUNT_VIEWS, topics.MARKETS, topics.ladder(told.fill.instrument.symbol))
        state.out.dirty(topics.board(told.fill.instrument.symbol.rpartition("/")[0]))


def _book(state: State, event: Filled) -> None:
    one = state.register.get(event.order)
    if one is None:
        return
    asked = one.place
    state.book.fill(asked.instrument, asked.leg, asked.side, event.qty, event.cost, event.fee)
    market = market_of(state, asked)
    results.refresh(state, *(() if market is None else (market.id,)))
    did = "Bought" if asked.side is Side.BUY else "Sold"
    cents = 100 * event.price
    text = f"{did} {event.qty.normalize():f} {asked.leg.value} at {cents:.2f}c"
    state.out.notice(Level.INFO, text, "FILL", asked.instrument.symbol)


def _other(state: State, asked: Place) -> None:
    """Another account's order: the exchange's own rules alone decide."""
    order = OrderId(f"x-{state.next_trade:06d}")
    traded = state.exchange.execute(asked, state.now, order)
    if isinstance(traded, Declined):
        state.declined += 1
        return
    seq = _printed(state, asked.instrument, traded)
    state.out.keep((rows.trade(traded, seq, order, asked.intent, state.now), *rows.cash(traded.moves, state.now)))
    results.refresh(state, traded.market)


def _printed(state: State, instrument: InstrumentId, traded: Traded) -> int:
    """Put a trade on the tape and the trail of its market; return its number."""
    seq = state.next_trade
    state.next_trade += 1
    bought = (traded.side is Side.BUY) == (traded.leg is Leg.YES)
    state.tape(instrument).append(Printed(state.now, traded.after, traded.qty, bought, traded.account == YOU))
    state.out.dirty(topics.tape(instrument.symbol))
    market = state.exchange.markets[traded.market]
    for outcome in market.contract.tradable:
        trail = state.trail(embedded(traded.market, outcome))
        trail.append((state.now, 100.0 * market.prices[outcome]))
    moved(state, traded.market)
    return seq


def moved(state: State, market: MarketId) -> None:
    """Note the views that show a market's prices."""
    contract = state.exchange.markets[market].contract
    state.out.dirty(topics.MARKETS, topics.board(market), topics.cells(market), topics.SPINE)
    state.out.dirty(*(topics.ladder(f"{market}/{outcome}") for outcome in contract.tradable))
    if market in state.losses:
        state.out.dirty(topics.POSITIONS, topics.PNL)


def slippage(one: Order, traded: Traded) -> float | None:
    """Return cents a share lost against the price before the trade; negative was better."""
    if one.mid is None:
        return None
    paid = 100.0 * float(traded.average)
    return paid - one.mid if one.place.side is Side.BUY else one.mid - paid


def edge_of(state: State, asked: Place, traded: Traded) -> float | None:
    """Return cents a share between the model and what was paid, fees counted; None without a model."""
    model = probability(state, asked.instrument)
    if model is None:
        return None
    fair = model if asked.leg is Leg.YES else 1.0 - model
    total = traded.cost + traded.fee if asked.side is Side.BUY else traded.cost - traded.fee
    paid = float(total / traded.qty)
    return 100.0 * (fair - paid if asked.side is Side.BUY else paid - fair)


def words(asked: Place) -> str:
    """Return an order in words, such as ``BUY 10 YES @ 43``."""
    size = f"{asked.qty.normalize():f}" if asked.qty is not None else f"${asked.budget}" if asked.budget else "to price"
    at = "" if asked.price is None else f" @ {asked.price / 100:g}"
    return f"{asked.side.value.upper()} {size} {asked.leg.value}{at}"
