"""Trades that bind: a quote of ours was taken, or the trader agreed one elsewhere. On disk first, then booked, hedged.

A trade counts once by the quote it took and the venue's name for it, over a restart too. What was taken is booked
whether or not we know the quote: the venue's word binds us, and what differs from ours is told aloud.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.effects import Level
from engine.core.ids import FamilyId, InstrumentId
from engine.core.instrument import Family
from engine.core.quotes import QuoteFill, QuoteLeg, QuoteRequest
from engine.core.rfq import TradeRow, trace_of
from engine.core.units import MICRO, NO_MONEY, Qty, Side
from engine.kernel import answering, rostering
from engine.kernel.rfq import checking, finding, hedging, limits, planning, pricing, rows, seated, standing, twins
from engine.kernel.rfq.memory import EXECUTED, Asked, Step, Trade
from engine.maths import contracts
from engine.orders import bearable
from engine.portfolio.netting import Traded
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import ManualTrade
    from engine.core.events import QuoteTaken
    from engine.kernel.state import State

SAFE: Final = "rfqtrade:"
"""What a `Keep` says back: a trade is on disk."""
LEGS: Final = 16
ZERO: Final = Decimal(0)


def taken(state: State, event: QuoteTaken) -> None:
    """A quote of ours traded."""
    key = f"{event.venue}:{event.client}:{event.trade}"
    if key in state.rfq.trades or key in state.rfq.done:
        return
    wrong = _impossible(event)
    if wrong:
        text = f"{event.venue} told of a trade of quote {event.client[:64]} that cannot be: {wrong}"
        state.out.notice(Level.DANGER, text, "BAD_TRADE", event.request[:64])
        return
    found = standing.find(state, event.client)
    if found is None:
        asked = _unasked(state, event)
        text = f"{asked.trace}: a quote that is not known was taken on {event.venue}; it binds, and is booked"
        state.out.notice(Level.DANGER, text, "UNKNOWN_QUOTE", asked.trace)
    else:
        asked, made = found
        made.status = "filled"
        differs = _differs(event, made.quote.legs, made.quote.qty)
        if differs:
            text = f"{asked.trace}: what was taken is not what was quoted: {differs}"
            state.out.notice(Level.DANGER, text, "TRADE_DIFFERS", asked.trace)
    seat = seated.seat_of(state)
    mode = "none" if seat is None else str(seated.values_of(seat)["hedge"])
    row = TradeRow(
        key=key, trace=asked.trace, client=event.client, at=state.now, venue=event.venue, legs=event.legs,
        state=EXECUTED, mode=mode, taker=asked.request.taker,
    )  # fmt: skip
    execute(state, asked, row)
    if found is not None:
        state.out.keep((rows.quote(asked.trace, found[1]),))


def execute(state: State, asked: Asked, row: TradeRow) -> None:
    """Write a trade down before anything else is done about it, then book it; `kept` has it hedged."""
    trade = Trade(row)
    planning.plan(state, asked, trade)
    state.rfq.trades[row.key] = trade
    asked.trades.append(row.key)
    asked.state, asked.why = EXECUTED, ""
    legs = ", ".join(
        f"{leg.side.value} {leg.qty.normalize():f} {leg.instrument.symbol} at {leg.price.normalize():f}"
        for leg in row.legs
    )
    text = f"we {legs}; to hedge: {planning.words(trade) or 'nothing'}"
    asked.steps.append(Step(state.now, "CONFIRMED", text))
    state.out.keep((rows.trade(trade.row), rows.step(state, asked.trace, "CONFIRMED", text)), then=SAFE + row.key)
    for leg in row.legs:
        _book(state, row, leg)
    state.out.notice(Level.INFO, f"{asked.trace} traded: we {legs}", "RFQ_TRADE", asked.trace)
    state.out.dirty(topics.RFQ, topics.HEDGING, topics.rfq_chain(asked.trace))
    seated.tick(state)


def kept(state: State, key: str) -> None:
    """A trade is on disk: from here on it is hedged."""
    trade = state.rfq.trades.get(key)
    if trade is not None and not trade.safe:
        trade.safe = True
        hedging.go_on(state, trade)


def manual(state: State, command: ManualTrade) -> None:
    """The trader agreed a trade elsewhere: it is weighed as a quote would be, booked and hedged."""
    if not command.intent or command.intent in state.rfq.intents:
        state.out.notice(Level.INFO, "the same trade was entered twice, and counts once", "RFQ")
        return
    seat = seated.seat_of(state)
    why = seated.stopped(state)
    asked = _manual_request(state, command)
    if isinstance(asked, str):
        why = why or asked
    if why or seat is None or isinstance(asked, str):
        state.out.notice(Level.WARN, f"the trade was not entered: {why or 'there is no RFQ desk'}", "RFQ")
        return
    values = seated.values_of(seat)
    package = pricing.package(state, asked, Side.BUY, values)
    for leg in asked.request.legs:
        twins.known(state, leg.instrument)
    why = package if isinstance(package, str) else limits.breach(state, asked, package, values)
    if why or isinstance(package, str):
        state.out.notice(Level.WARN, f"the trade was not entered: {why}", "RFQ")
        return
    state.rfq.intents[command.intent] = None
    asked.packages = (package,)
    state.rfq.remember(asked, state.now)
    rows.note(state, asked, "RECEIVED", f"by hand: {checking.words(state, asked.request)}")
    fills = tuple(_fill(state, asked, leg, command.qty) for leg in asked.request.legs)
    row = TradeRow(
        key=f"{finding.OTC}:{asked.request.id}", trace=asked.trace, client=asked.request.id, at=state.now,
        venue=finding.OTC, legs=fills, state=EXECUTED, mode=str(values["hedge"]), taker=asked.request.taker,
    )  # fmt: skip
    execute(state, asked, row)


def _manual_request(state: State, command: ManualTrade) -> Asked | str:
    """Return a trade by hand as a request of its own, its options as instruments that no venue has."""
    legs = []
    for leg in command.legs[:LEGS]:
        listing = state.listings.get(leg.instrument)
        if listing is None or finding.terms(listing.instrument) is None:
            return f"{leg.instrument.symbol[:60]} is no option that is listed"
        if leg.price is None or not leg.price.is_finite() or leg.price <= 0:
            return f"{leg.instrument.symbol[:60]} has no price"
        legs.append(replace(leg, instrument=over_the_counter(state, leg.instrument)))
    request = QuoteRequest(
        venue=finding.OTC, id=command.intent[:64], legs=tuple(legs), qty=command.qty, sides=(Side.BUY,),
        taker=command.with_whom[:64],
    )  # fmt: skip
    why = checking.invalid(state, request)
    return why or Asked(request, trace_of(finding.OTC, request.id), state.now)


def over_the_counter(state: State, instrument: InstrumentId) -> InstrumentId:
    """Know an option as one that is held apart from every venue's account, and return it."""
    one = state.listings[instrument].instrument
    name = InstrumentId(finding.OTC, instrument.symbol)
    if name not in state.listings:
        family = Family(id=FamilyId(f"{finding.OTC}:{instrument.symbol}"), title=one.title, members=(name,))
        state.families[family.id] = family
        rostering.take_in(state, replace(one, id=name, family=family.id))
    return name


def _fill(state: State, asked: Asked, leg: QuoteLeg, qty: Qty) -> QuoteFill:
    listing = state.listings[leg.instrument]
    price, units = leg.price or ZERO, Qty(qty * leg.ratio)
    cost = contracts.cost(listing.instrument, price, units, finding.index_of(state, listing)) or NO_MONEY
    return QuoteFill(
        trade_id=f"{asked.request.id}:{leg.instrument.symbol}", instrument=leg.instrument, side=leg.side, price=price,
        qty=units, cost=cost, fee=NO_MONEY, at=state.now,
    )  # fmt: skip


def _book(state: State, row: TradeRow, leg: QuoteFill) -> None:
    key = fill_key(row, leg)
    twins.known(state, leg.instrument)
    if key in state.traded:
        return
    answering.book(
        state, leg.instrument, Traded(leg.side, leg.leg, leg.qty, leg.cost, leg.price), leg.fee, key=key,
        order=f"r-{row.client}", tag=row.trace,
    )  # fmt: skip


def fill_key(row: TradeRow, leg: QuoteFill) -> str:
    """Return how the ledger names a leg that traded."""
    return f"{row.key}:{leg.trade_id}"


def restored(state: State, row: TradeRow) -> None:
    """Take up a trade of an earlier session: what the crash kept from being booked is booked now, and hedged once."""
    for leg in row.legs:
        _book(state, row, leg)


def _impossible(event: QuoteTaken) -> str:
    if not event.legs or len(event.legs) > LEGS or not event.trade:
        return f"it has {len(event.legs)} legs"
    for leg in event.legs:
        wrong = bearable.fill(leg)
        if wrong:
            return wrong
        if leg.qty <= 0 or leg.cost < 0 or leg.price <= 0:
            return f"{leg.qty} for {leg.cost} at {leg.price}"
    return ""


def _differs(event: QuoteTaken, legs: tuple[QuoteLeg, ...], qty: Qty) -> str:
    quoted = {leg.instrument: leg for leg in legs}
    for fill in event.legs:
        leg = quoted.get(fill.instrument)
        if leg is None:
            return f"{fill.instrument.symbol} was not in it"
        if leg.price is not None and abs(fill.price - leg.price) > MICRO:
            return f"{fill.instrument.symbol} at {fill.price}, quoted {leg.price}"
        if fill.qty > qty * leg.ratio:
            return f"{fill.qty} of {fill.instrument.symbol}, quoted {qty * leg.ratio}"
    return ""


def _unasked(state: State, event: QuoteTaken) -> Asked:
    """Return the request of a trade whose quote we do not know: made of what the venue says."""
    trace = trace_of(event.venue, event.request or event.client)
    known = state.rfq.asked.get(trace)
    if known is not None:
        return known
    qty = event.legs[0].qty
    legs = tuple(QuoteLeg(instrument=one.instrument, side=one.side, ratio=one.qty / qty) for one in event.legs)
    request = QuoteRequest(
        venue=event.venue, id=event.request or event.client, legs=legs, qty=qty, sides=(Side.BUY,)
    )  # fmt: skip
    asked = Asked(request, trace, state.now)
    state.rfq.remember(asked, state.now)
    return asked
