"""Orders: through the gates, onto the exchange, and back once they are on disk.

An order on the embedded exchange trades inside the step. What it did is written in one transaction (trade, cash,
order, fill), and only `Kept` releases `Accepted`, `Filled` and, for what did not trade, `Canceled`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import astuple, replace

from engine.core.commands import Cancel, Flatten, Place
from engine.core.effects import Keep, Level, Refused
from engine.core.errors import InvariantBroken
from engine.core.events import Filled
from engine.core.ids import EMBEDDED, YOU, OrderId, embedded, outcome_of
from engine.core.order import Status
from engine.core.snapshot import FillRow, PnlPoint
from engine.core.trade import AVERAGE_STEP, Booked, Ours
from engine.core.units import HOUR, MICRO, TICK, Leg, Nanos, Side
from engine.exchange.answers import Declined, Quote
from engine.kernel import automated, green, resting, results, rows, taping
from engine.kernel.probing import likeness, probe
from engine.kernel.session import GateMemory
from engine.kernel.state import PRESSED_NS, Release, State
from engine.orders.register import Order
from engine.portfolio.exposure import Resting
from engine.portfolio.netting import Traded as Bought
from engine.risk import gates
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.ids import MarketId
    from engine.core.units import Money

BUY: Final = Side.BUY
YES: Final = Leg.YES
"""Here because looking a member up costs as much as a function."""
NOBODY: Final = ()
"""In place of an opinion that was not formed yet."""


def place(state: State, asked: Place, pressed_at: Nanos, *, whole: bool = False) -> None:
    """Take an order: ours through the gates, another account's straight to the exchange; `whole` as in `Probe`."""
    if asked.by != YOU:
        _other(state, asked)
        return
    intent = asked.intent
    if intent and intent in state.register.intents:
        known = state.register.intents[intent]
        state.out.notice(Level.INFO, f"the same order was asked for twice and is order {known}", "SAME_ORDER")
        return
    number = state.next_order
    order: OrderId = f"o-{number:06d}"  # type: ignore[assignment] # a call of it takes longer than the text
    state.next_order = number + 1
    quote = green.quote(state, asked, pressed_at)
    if quote is None:
        if not _is_number(asked.qty) or not _is_number(asked.budget):
            bare = replace(asked, qty=None, budget=None)
            refuse(state, order, Refused(place=bare, gate="ORDER_FORM", text="a quantity or a budget was no number"))
            return
        found, quote = probe(state, asked, pressed_at, whole=whole)
        if asked.strategy is not None:
            automated.weigh(state, found, str(outcome_of(asked.instrument)[0]), _as_resting(quote))
        answer = gates.check(order, found, state.limits)
        if isinstance(answer, Refused):
            refuse(state, order, answer)
            return
        if quote is None:
            msg = f"order {order} passed the gates without a quote"
            raise InvariantBroken(msg)
    pressed = state.pressed
    if pressed and (pressed_at < pressed[-1][0] or pressed_at - pressed[0][0] > PRESSED_NS):
        state.press(pressed_at, likeness(asked))
    else:
        pressed.append((pressed_at, likeness(asked)))
    if quote.parts or quote.rest:  # orders rest there
        resting.execute(state, order, asked, quote)
    else:
        _execute(state, order, asked, quote)


def _as_resting(quote: Quote | None) -> Resting | None:
    """Return what an order on our exchange would trade, as an order at that price."""
    if quote is None:
        return None
    qty = quote.qty + quote.rest
    worth = quote.cost + quote.rest * quote.price * TICK
    return Resting(0, quote.side, quote.leg, qty, worth / qty, quote.fee)


def _is_number(amount: Decimal | None) -> bool:
    """Whether an amount can be compared, written out and kept; NaN, infinities and a million digits cannot."""
    return amount is None or (amount.is_finite() and abs(amount.adjusted()) < taping.LONGEST)


def refuse(state: State, order: OrderId, answer: Refused) -> None:
    """Book an order that a gate stopped, with the gate's code and sentence."""
    why = f"{answer.gate} — {answer.text}"
    state.register.add(Order(order, answer.place, state.now, Status.REFUSED, quantity=answer.place.qty, why=why))
    memory = state.gates.setdefault(answer.gate, GateMemory())
    memory.refused(f"{taping.told(state, answer.place)}: {answer.text}", state.now)
    one = state.register.get(order)
    if one is not None:
        state.out.keep((rows.order(one, state.session.mode),))
    state.out.notice(Level.WARN, answer.text, answer.gate, answer.place.instrument.symbol)
    state.out.dirty(topics.ORDERS, topics.GATES, topics.SPINE, topics.ladder(answer.place.instrument.symbol))


def cancel(state: State, asked: Cancel) -> None:
    """Ask for an order of the embedded exchange back; one that does not rest has traded, and nothing is left of it."""
    if resting.cancel(state, asked):
        return
    order = state.register.get(asked.order)
    what = "is not known" if order is None else f"is {order.status.value} and has nothing left to cancel"
    state.out.notice(Level.INFO, f"order {asked.order} {what}", "NOTHING_TO_CANCEL")


def cancel_all(state: State, market: MarketId | None) -> int:
    """Ask for every working order back; return how many rested."""
    count = resting.cancel_all(state, market)
    if count:
        text = "1 resting order is" if count == 1 else f"{count} resting orders are"
        state.out.notice(Level.INFO, f"{text} taken back", "CANCEL_ALL")
        return count
    embedded_ones = (o for o in state.register.open() if o.place.instrument.venue == EMBEDDED)
    working = [o for o in embedded_ones if market is None or o.place.instrument.symbol.startswith(f"{market}/")]
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
    resting.cancel_all(state, asked.market)  # a share that is set aside cannot be sold
    for instrument, leg, qty in held:
        intent = f"flatten:{state.next_order}:{instrument.symbol}:{leg.value}"
        sale = Place(instrument=instrument, side=Side.SELL, leg=leg, qty=qty, intent=intent, origin="flatten")
        place(state, sale, pressed_at, whole=True)
    if not held:
        state.out.notice(Level.INFO, "no position is open", "NOTHING_TO_FLATTEN")


def _execute(state: State, order: OrderId, asked: Place, quote: Quote) -> None:
    """Trade, have trade, cash, order and fill written together, and note what their commit lets us say."""
    traded = state.exchange.trade(quote, state.now, order)
    market, qty = traded.market, traded.qty
    average, mid = (traded.cost / qty).quantize(AVERAGE_STEP), 100.0 * quote.leg_before
    edge = None if state.opinions.get(market, NOBODY) is None else taping.edge_of(state, asked, traded)
    state.register.add(Order(order, asked, state.now, edge=edge, mid=mid, quantity=asked.qty or qty))
    results.refresh_loss(state, market)
    paid = 100.0 * float(average)
    slip = paid - mid if traded.side is BUY else mid - paid  # as `taping.slippage` has it
    why = "" if asked.qty is None or qty >= asked.qty else f"{asked.qty - qty:f} found no price within the limit"
    ours = Ours(asked, average, why, edge, slip, state.session.mode)
    booked = taping.booked(state, traded, asked.intent, ours)
    then = "trade:" + order
    state.out.effects.append(Keep(rows=(booked,), then=then))
    state.released[then] = Release(booked)
    state.unsaid += 1
    if asked.strategy is not None:
        automated.booked(state, asked, Bought(traded.side, traded.leg, traded.qty, traded.cost))
    if state.flows:
        automated.clip(state, asked.instrument)
    if asked.strategy is not None:
        automated.let_through(state, asked, str(traded.market))
        automated.filled(state, asked, traded.qty, traded.cost)


def release(state: State, booked: Booked) -> None:
    """Say what a commit made true: the order's answers, the fill, the position; `result_of` follows."""
    traded, ours = booked.trade, booked.ours
    if ours is None:
        return
    state.unsaid -= 1
    _, order, at, market, outcome, leg, side, qty, cost, fee, *_, realised = astuple(traded)
    trade_id, asked, average = f"t-{booked.seq:06d}", ours.place, ours.average
    instrument = asked.instrument
    filled = Filled(at=at, order=order, trade_id=trade_id, price=average, qty=qty, cost=cost, fee=fee)
    odd = state.register.traded(filled, ours.why)
    if odd:
        state.out.notice(Level.WARN, odd, "ORDER_NEWS")
    state.book.fill(instrument, leg, side, qty, cost, fee)
    state.fills_known += 1
    state.fills.append(
        FillRow(
            trade_id=trade_id,
            order=order,
            at=at,
            instrument=instrument,
            side=side,
            leg=leg,
            price=average,
            qty=qty,
            cost=cost,
            fee=fee,
            realised=realised,
            slippage=ours.slippage,
            tag=asked.tag,
        )
    )
    taping.tell(state, side, leg, qty, average, instrument.symbol)
    shown = state.shown.get(market) or taping.shown_of(state, market)
    state.out.views.update(shown.filled[outcome])


def result_of(state: State, *markets: MarketId) -> None:
    """Value what was just released anew: one point of the curve for all that one commit made safe."""
    for market in markets:
        results.remark(state, market)
    book, now = state.book, state.now
    unrealised: Money = state.unrealised.quantize(MICRO)  # type: ignore[assignment] # as in `results.unrealised`
    newest = PnlPoint(at=now, realised=book.realised, unrealised=unrealised, fees=book.fees)
    state.total = book.realised + unrealised - book.fees  # type: ignore[assignment]
    hours = state.hours
    state.curve.append(newest)
    if hours and hours[-1].at // HOUR == now // HOUR:  # as `State.remember` does
        hours[-1] = newest
    else:
        hours.append(newest)


def _other(state: State, asked: Place) -> None:
    """Another account's order: the exchange's own rules alone decide, while the disk takes what it does."""
    if not state.session.storage_ok:  # every trade would wait in memory, or rest on one that no disk has
        state.declined += 1
        return
    order: OrderId = f"x-{state.next_trade:06d}"  # type: ignore[assignment]
    quote = state.exchange.quote(asked, state.now)
    if isinstance(quote, Declined):
        state.declined += 1
        return
    if quote.parts or quote.rest:
        resting.other(state, asked, quote)
        return
    traded = state.exchange.trade(quote, state.now, order)
    state.out.effects.append(Keep(rows=(taping.booked(state, traded, asked.intent),)))
