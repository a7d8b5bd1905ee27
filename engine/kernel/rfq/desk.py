"""Where events, commands, commits and timers reach the RFQ desk, and how it goes on after a restart."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from engine.core.commands import CloseTrade, EditSpread, ManualTrade, Pass
from engine.core.commands import Quote as Press
from engine.core.effects import DropQuote
from engine.core.events import QuoteRequested, QuoteRequestOver, QuoteStood, QuoteTaken
from engine.core.order import Status
from engine.core.rfq import QuoteRow
from engine.core.units import DAY, Nanos, Side
from engine.kernel.options.holding import Quoted
from engine.kernel.rfq import (
    by_hand,
    confirming,
    hedge_by_hand,
    hedge_orders,
    hedging,
    lapsing,
    quoting,
    rows,
    seated,
    signing,
    standing,
    twins,
)
from engine.kernel.rfq.memory import CANCELLED, EXECUTED, FAILED, HEDGED, QUOTED, Asked, Leg, Made, Trade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.ids import InstrumentId, VenueId
    from engine.core.rfq import TradeRow
    from engine.core.snapshot import Snapshot
    from engine.kernel.state import State

Event = QuoteRequested | QuoteRequestOver | QuoteStood | QuoteTaken
Command = Press | Pass | EditSpread | ManualTrade | CloseTrade
OPEN: Final = frozenset({"open", "lost"})
ASKED_FOR: Final = DAY
"""How long after its time a quote of an earlier session, of whose end nothing was told, is still asked for."""


def take(state: State, event: Event) -> None:
    """Take in what a source of requests says."""
    match event:
        case QuoteRequested():
            quoting.requested(state, event)
        case QuoteRequestOver():
            standing.over(state, event)
        case QuoteStood():
            standing.stood(state, event)
        case QuoteTaken():
            confirming.taken(state, event)


def ask(state: State, command: Command) -> None:
    """Do what the trader asks for."""
    match command:
        case Press():
            by_hand.press(state, command)
        case Pass():
            by_hand.let_go(state, command)
        case EditSpread():
            by_hand.edit(state, command)
        case ManualTrade():
            confirming.manual(state, command)
        case CloseTrade():
            hedge_by_hand.close(state, command)


def kept(state: State, what: str) -> bool:
    """A quote or a trade is on disk; False when `what` is something else."""
    if what.startswith(signing.SAFE):
        signing.kept(state, what.removeprefix(signing.SAFE))
    elif what.startswith(confirming.SAFE):
        confirming.kept(state, what.removeprefix(confirming.SAFE))
    else:
        return False
    return True


def never_kept(state: State, what: str) -> None:
    """A row can never be written: a quote is not signed; a trade binds, and is hedged all the same."""
    if what.startswith(signing.SAFE):
        signing.never_kept(state, what.removeprefix(signing.SAFE))
    elif what.startswith(confirming.SAFE):
        confirming.kept(state, what.removeprefix(confirming.SAFE))


def booked(state: State, instrument: InstrumentId) -> None:
    """A whole book or a mark came."""
    if instrument in state.rfq.waiting:
        quoting.booked(state, instrument)


def linked(state: State, venue: VenueId) -> None:
    """Take quotes of an earlier session back now that their venue hears us: nobody prices them any more.

    What became of them meanwhile is told with that, a trade included.
    """
    desk = state.desks[venue]
    if "WITHDRAW_QUOTES" not in desk.facts.can:
        return
    for asked in state.rfq.asked.values():
        if asked.request.venue != venue:
            continue
        for made in asked.made:
            if made.package is None and made.status in OPEN and state.now - made.quote.until < ASKED_FOR:
                state.out.want(DropQuote(quote=made.quote))
                rows.note(state, asked, "TAKING BACK", f"quote {made.quote.client} of an earlier session")


def due(state: State) -> None:
    """Do what time asks for."""
    state.rfq.ticking = False
    busy = lapsing.due(state)
    if hedging.due(state) or busy:
        seated.tick(state)


def restore(state: State, snapshot: Snapshot) -> None:
    """Take up quotes and trades of earlier sessions: what may still be taken counts, what is not hedged is hedged."""
    memory = state.rfq
    memory.nonce = snapshot.quote_nonce
    state.options.quotes = partial(live, state)
    state.options.owed = partial(hedge_orders.owed, state)
    for quote in snapshot.quotes:
        _quote(state, quote)
    for row in snapshot.rfq_trades:
        _trade(state, row)
    for instrument in dict.fromkeys(one for one, _, _ in state.book.held()):
        twins.known(state, instrument)
    if memory.asked or memory.trades:
        seated.tick(state)


def live(state: State) -> Iterator[Quoted]:
    """Yield what live quotes would make us hold, leg by leg: the gates and the stress count it as orders."""
    for made in state.rfq.live(state.now):
        quote = made.quote
        for leg in quote.legs:
            buy = (quote.side is Side.BUY) is (leg.side is Side.BUY)
            qty = quote.qty * leg.ratio
            if leg.price is not None:
                yield Quoted(leg.instrument, qty if buy else -qty, leg.price)


def _quote(state: State, row: QuoteRow) -> None:
    memory, request = state.rfq, row.quote.request
    asked = memory.asked.get(row.trace)
    if asked is None:
        asked = Asked(request, row.trace, row.at, state=CANCELLED, why="asked for in an earlier session")
        memory.remember(asked, state.now)
    unsure = row.status in {"keeping", "signing"}  # it may have been signed after its row was written
    status = "lost" if unsure else row.status
    made = Made(row.quote, None, row.at, Nanos(row.quote.until + signing.LATE_NS), row.sums, status)
    if unsure:
        made.text = "the last session ended before the venue had told of it"
    asked.made.append(made)
    memory.clients[row.client] = row.trace
    if asked.live(state.now):
        asked.state = QUOTED


def _trade(state: State, row: TradeRow) -> None:
    memory = state.rfq
    trade = Trade(row, safe=True, planned=bool(row.hedges) or row.mode == "none", why=row.why)
    trade.state = row.state if row.state in hedging.DONE else EXECUTED
    trade.legs = [Leg(one.instrument, one.target) for one in row.hedges]
    for index, leg in enumerate(trade.legs):
        prefix = f"{row.key}#{index}#"
        for order in state.register:
            if order.place.intent.startswith(prefix) and order.status is not Status.REFUSED:
                leg.orders.append(order.id)
                memory.by_order[order.id] = row.key
            if order.place.intent.startswith(prefix):
                leg.asked = max(leg.asked, int(order.place.intent.removeprefix(prefix)))
    memory.trades[row.key] = trade
    if trade.state in hedging.DONE:
        memory.done[row.key] = None
    asked = memory.asked.get(row.trace)
    if asked is not None:
        asked.trades.append(row.key)
        asked.state = HEDGED if trade.state in hedging.DONE else FAILED if row.state == FAILED else EXECUTED
        asked.why = row.why
    if row.client.startswith("m-") or row.venue == "otc":
        memory.intents[row.client] = None
    confirming.restored(state, row)
