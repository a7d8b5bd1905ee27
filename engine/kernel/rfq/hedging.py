"""The hedge of each trade: orders until it is done, both legs or none, and the alarm where it fails.

While an order of it works or has no known outcome nothing more is sent. So an answer that is lost, a partial fill or a
restart hedges nothing twice.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.effects import Level
from engine.core.units import Nanos
from engine.kernel.rfq import hedge_orders, planning, rows
from engine.kernel.rfq.hedge_orders import ZERO, left, note, worth
from engine.kernel.rfq.memory import EXECUTED, FAILED, HEDGED, Trade

if TYPE_CHECKING:
    from engine.core.events import OrderEvent
    from engine.kernel.rfq.memory import Leg as HedgeLeg
    from engine.kernel.state import State

TRIES: Final = 3
PATIENCE: Final = 10
"""Times that nothing could be sent, until that is told aloud."""
AGAIN_S: Final = 1.0
PAUSE_S: Final = 30.0
"""After a hedge failed, before it is tried again."""
CLOSED: Final = "CLOSED"
DONE: Final = frozenset({HEDGED, CLOSED})
SHARE: Final = Decimal("0.000001")


def go_on(state: State, trade: Trade) -> None:
    """Send what is left of a trade's hedge, unless something of it works, its fate is unknown, or it has to wait."""
    if trade.state in DONE or not trade.safe:
        return
    if not _listed(state, trade):
        end(state, trade, CLOSED, "what would hedge it is no longer listed")
        return
    if any(hedge_orders.working(state, leg) for leg in trade.legs):
        return
    if trade.state == FAILED:  # it waits to be tried again, unless a late fill has done it
        trade.share = Decimal(1)
    asked = state.rfq.asked.get(trade.row.trace)
    if not trade.planned and asked is not None:
        planning.plan(state, asked, trade)
        state.out.keep((rows.trade(trade.row),))
    rests = [(leg, left(state, trade, leg)) for leg in trade.legs]
    if trade.planned and not any(worth(state, leg, rest) for leg, rest in rests):
        _finish(state, trade, rests)
        return
    if trade.state == FAILED or state.now < trade.due:
        return
    if not trade.planned or trade.tries >= TRIES:
        _failed(state, trade)
        return
    trade.due = _in(state, AGAIN_S)
    some = [hedge_orders.send(state, trade, leg, rest) for leg, rest in rests if worth(state, leg, rest)]
    if any(some):
        trade.tries, trade.waits = trade.tries + 1, 0
        return
    trade.waits += 1  # a market that cannot be traded is waited for; that is no try
    if trade.waits >= PATIENCE:
        _alarm(state, trade)


def moved(state: State, event: OrderEvent) -> None:
    """Something happened to a hedge order."""
    key = state.rfq.by_order.get(event.order)
    trade = None if key is None else state.rfq.trades.get(key)
    one = state.register.get(event.order)
    if trade is None or one is None:
        return
    told = type(event).__name__.upper()
    text = f"{one.id} is {one.status.value}, {one.filled} of {one.quantity}"
    if told == "FILLED":
        average = "—" if one.average is None else f"{one.average.normalize():f}"
        text = (
            f"{one.id}: {one.place.side.value} {one.filled} of {one.quantity} {one.place.instrument.symbol}, {average}"
        )
    note(state, trade, {"FILLED": "FILL"}.get(told, told), text)
    _reopen(state, trade)
    go_on(state, trade)


def late(state: State) -> None:
    """A picture of an account may have brought fills of orders that had ended: what is hedged twice is taken back."""
    for trade in list(state.rfq.trades.values()):
        _reopen(state, trade)
        if trade.state == EXECUTED:
            go_on(state, trade)


def due(state: State) -> bool:
    """Go on with every hedge that has to be; return whether any is left."""
    some = [one for one in state.rfq.trades.values() if one.state not in DONE]
    for trade in some:
        if trade.state == FAILED and state.now >= trade.due:
            again(state, trade)
        else:
            go_on(state, trade)
    return any(one.state not in DONE for one in some)


def again(state: State, trade: Trade) -> None:
    """Try a hedge that failed once more."""
    trade.tries, trade.waits, trade.share, trade.due, trade.state = 0, 0, Decimal(1), state.now, EXECUTED
    go_on(state, trade)


def end(state: State, trade: Trade, to: str, why: str) -> None:
    """A hedge is over, on disk and on the screen."""
    trade.state, trade.why = to, why
    trade.row = replace(trade.row, state=to, why=why)
    state.out.keep((rows.trade(trade.row),))
    note(state, trade, to, why or planning.words(trade))
    asked = state.rfq.asked.get(trade.row.trace)
    if asked is not None:
        asked.state, asked.why = HEDGED, why
    state.rfq.done[trade.row.key] = None
    _forget(state)


def _listed(state: State, trade: Trade) -> bool:
    return all(leg.instrument in state.listings for leg in trade.legs)


def _reopen(state: State, trade: Trade) -> None:
    """Take a trade up again that was hedged, and of whose orders one has traded since."""
    if trade.state != HEDGED or not _listed(state, trade):
        return
    if not any(worth(state, leg, left(state, trade, leg)) for leg in trade.legs):
        return
    trade.state, trade.tries, trade.waits, trade.due = EXECUTED, 0, 0, state.now
    trade.row = replace(trade.row, state=EXECUTED)
    state.out.keep((rows.trade(trade.row),))
    state.rfq.done.pop(trade.row.key, None)
    note(state, trade, "REOPENED", "an order that had ended traded all the same")


def _finish(state: State, trade: Trade, rests: list[tuple[HedgeLeg, Decimal]]) -> None:
    if trade.share < 1:
        trade.tries = TRIES  # both legs stand alike again; the whole is tried anew after the pause
        _failed(state, trade)
        return
    held = [f"{rest} of {leg.instrument.symbol}" for leg, rest in rests if rest]
    why = f"below the venue's least and held: {', '.join(held)}" if held else ""
    end(state, trade, HEDGED, why or ("left to the book's hedger" if not trade.legs else ""))


def _forget(state: State) -> None:
    """Let the oldest trades that are done go."""
    over = [key for key, one in state.rfq.trades.items() if one.state in DONE]
    for key in over[:-200]:
        for leg in state.rfq.trades.pop(key).legs:
            for number in leg.orders:
                state.rfq.by_order.pop(number, None)


def _failed(state: State, trade: Trade) -> None:
    """Bring legs of a package back to the same share, then wait, and say so aloud once."""
    if trade.planned and len(trade.legs) > 1:
        shares = [hedge_orders.filled(state, leg) / leg.target for leg in trade.legs]
        least = max(min(shares), ZERO).quantize(SHARE, ROUND_DOWN)
        if trade.share > least and max(shares) > least:
            trade.share, trade.tries, trade.due = least, 0, state.now
            note(state, trade, "ROLLED BACK", f"to {100 * abs(least).normalize():f} % of every leg: {trade.why}")
            if any(worth(state, leg, left(state, trade, leg)) for leg in trade.legs):
                go_on(state, trade)
                return
    trade.state, trade.due = FAILED, _in(state, PAUSE_S)
    if trade.row.state != FAILED:
        trade.row = replace(trade.row, state=FAILED, why=trade.why)
        state.out.keep((rows.trade(trade.row),))
    note(state, trade, "FAILED", trade.why or "the hedge did not fill")
    asked = state.rfq.asked.get(trade.row.trace)
    if asked is not None:
        asked.state, asked.why = FAILED, trade.why or "the hedge did not fill; it is tried again"
    _alarm(state, trade)


def _alarm(state: State, trade: Trade) -> None:
    """Say aloud, once a trade, that it is not hedged."""
    if not trade.alarmed:
        trade.alarmed = True
        text = f"{trade.row.trace} is not hedged: {trade.why or 'the hedge did not fill'}; it is tried again"
        state.out.notice(Level.DANGER, text, "HEDGE_FAILED", trade.row.trace)


def _in(state: State, seconds: float) -> Nanos:
    pace = max((desk.facts.pace for desk in state.desks.values()), default=1.0)
    return Nanos(int(state.now + seconds * pace * 1_000_000_000))
