"""The trader's own hand on hedges, and the book's hedger asked at once where what we hold has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.commands import StrategyState
from engine.core.effects import Level
from engine.kernel.rfq import hedge_orders, hedging
from engine.kernel.rfq.hedging import CLOSED, DONE
from engine.kernel.rfq.memory import FAILED
from engine.kernel.strategies import intents
from engine.strategies import hedger
from engine.strategies.hedger import Hedger
from engine.strategies.said import Why
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import CloseTrade, HedgeNow
    from engine.kernel.state import State


def look(state: State) -> None:
    """What we hold changed: have the book's hedger look at it in this very step."""
    seat, context = state.strategies.seats.get(hedger.NAME), state.strategies.context
    state.out.dirty(topics.HEDGING)
    if seat is None or context is None or seat.state is StrategyState.OFF:
        return
    intents.take(state, seat.strategy.on_due(context))


def now(state: State, command: HedgeNow) -> None:
    """The trader wants an underlying hedged at once: failed hedges of trades again, and the book to its middle."""
    some = [one for one in state.rfq.trades.values() if one.state == FAILED]
    for trade in some:
        some_of = [state.listings[leg.instrument] for leg in trade.legs if leg.instrument in state.listings]
        if any(one.instrument.underlying == command.underlying for one in some_of):
            hedging.again(state, trade)
    seat, context = state.strategies.seats.get(hedger.NAME), state.strategies.context
    if seat is None or context is None or seat.state is StrategyState.OFF or not isinstance(seat.strategy, Hedger):
        state.out.notice(Level.INFO, "the hedger is switched off: nothing of the book is hedged", "HEDGE")
        return
    said = seat.strategy.at_once(context, command.underlying)
    intents.take(state, said)
    why = next((one.text for one in said if isinstance(one, Why)), "")
    if why:
        state.out.notice(Level.INFO, f"{command.underlying[:16]} is not hedged now: {why}", "HEDGE")


def close(state: State, command: CloseTrade) -> None:
    """The trader's own word: what is left of a hedge stays open, or was done elsewhere."""
    why = command.why.strip()[:200]
    some = [one for one in state.rfq.trades.values() if one.row.trace == command.trace and one.state not in DONE]
    busy = [one for one in some if any(hedge_orders.working(state, leg) for leg in one.legs)]
    if not some or busy or not why:
        text = (
            "a reason is wanted" if some and not busy else "its hedge still works" if busy else "nothing of it is open"
        )
        state.out.notice(Level.INFO, f"{command.trace[:80]} stays as it is: {text}", "RFQ")
        return
    for trade in some:
        hedging.end(state, trade, CLOSED, f"closed by hand: {why}")
