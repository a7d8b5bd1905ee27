"""Our result: realised, unrealised, fees; of the day, of the week; and what is at risk.

Marks are the exchange's marginal prices. A market that closed keeps its last price until it settles.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.ids import YOU, outcome_of
from engine.core.snapshot import PnlPoint
from engine.core.units import DAY, HOUR, MICRO, NO_MONEY, Leg, Money, Nanos
from engine.core.when import day_start, week_start
from engine.kernel import probing
from engine.kernel.options import holding

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId, MarketId
    from engine.kernel.state import State

ZERO = Decimal(0)
# To call `Money` costs as much as a function: sums that every trade asks for are money without it.


def mark(state: State, instrument: InstrumentId, leg: Leg) -> float | None:
    """Return the marginal price of a leg in [0, 1]; None when its market is not known."""
    market, outcome = outcome_of(instrument)
    found = state.exchange.markets.get(market)
    if found is None:
        return None
    yes = found.prices[outcome]
    return yes if leg is Leg.YES else 1.0 - yes


def unrealised(state: State) -> Money:
    """Return the value of all open positions at their marks, less what they cost."""
    return state.unrealised.quantize(MICRO)  # type: ignore[return-value]


def total(state: State) -> Money:
    """Return realised + unrealised - fees since the ledger began."""
    return state.book.realised + state.unrealised.quantize(MICRO) - state.book.fees  # type: ignore[return-value]


def remark(state: State, market: MarketId) -> None:
    """Value our positions on a market again: it traded, or we hold more, less or nothing of it."""
    before = state.worth.pop(market, None)
    if before is not None:
        state.unrealised -= before
    found = state.exchange.markets.get(market)
    if found is None:
        return
    worth = state.book.worth(market, found.prices)
    if worth is not None:
        state.worth[market] = worth
        state.unrealised += worth


def total_of(point: PnlPoint) -> Money:
    """Return the total of a point of the curve."""
    return point.realised + point.unrealised - point.fees  # type: ignore[return-value]


def day(state: State) -> Money:
    """Return the result since the day began."""
    return Money(state.total - state.day_base)


def week(state: State) -> Money:
    """Return the result since the week began."""
    return Money(state.total - state.week_base)


def at_risk(state: State) -> Money:
    """Return the worst loss over all joint outcomes; markets are independent, outcomes of one exclusive."""
    return state.loss + state.venue_loss  # type: ignore[return-value]


def refresh(state: State, *touched: MarketId) -> None:
    """Compute the sums that gates read again; `touched` markets, or all when none is named."""
    for market in touched or tuple(state.exchange.markets):
        refresh_loss(state, market)
        remark(state, market)
    state.total = total(state)


def refresh_loss(state: State, market: MarketId) -> None:
    """Compute our worst loss on a market again, trades that are not on disk yet included."""
    found = state.exchange.markets.get(market)
    if found is None:
        return
    losses, loss = state.losses, NO_MONEY
    stake = found.stakes.get(YOU)
    if found.status == "open" and found.book is None and (stake is None or len(stake) == 2):  # as `probing.loss_of`
        if stake is not None:
            yes, no = stake
            held, other = yes.qty, no.qty
            least = yes.cost + no.cost - (held if held < other else other)
            loss = least if least > ZERO else NO_MONEY  # type: ignore[assignment]
    elif found.status != "settled" and found.status != "void":
        loss = probing.loss_of(state, found)
    before = losses.get(market, NO_MONEY)
    if loss:
        losses[market] = loss
    elif before:
        del losses[market]
    state.loss = state.loss + (loss - before)  # type: ignore[assignment]


def point(state: State) -> PnlPoint:
    """Return our result now."""
    book = state.book
    return PnlPoint(at=state.now, realised=book.realised, unrealised=unrealised(state), fees=book.fees)


def start_of_day(at: Nanos, utc_offset_hours: int) -> Nanos:
    """Return local standard midnight before `at`."""
    shift = utc_offset_hours * HOUR
    return (at + shift) // DAY * DAY - shift  # type: ignore[return-value] # as in `units`


def bases(state: State) -> None:
    """Set what the day's and the week's results are counted from, by the kept curve."""
    state.day_from = day_start(state.now)
    state.day_base = _total_before(state, state.day_from)
    state.week_base = _total_before(state, week_start(state.now))


def day_fees(state: State) -> Money:
    """Return the fees paid since the day began."""
    chosen = _before(state, state.day_from)
    return Money(state.book.fees - (NO_MONEY if chosen is None else chosen.fees))


def _total_before(state: State, moment: Nanos) -> Money:
    """Return the last total before a moment, a whole hour; nothing when the ledger began later."""
    chosen = _before(state, moment)
    return Money(chosen.realised + chosen.unrealised - chosen.fees) if chosen is not None else NO_MONEY


def _before(state: State, moment: Nanos) -> PnlPoint | None:
    return next((p for p in reversed(state.hours) if p.at < moment), None)


def cash(state: State) -> Money:
    """Return our free cash as it is on disk; the exchange's may be a commit ahead."""
    free = state.exchange.cash.get(YOU, NO_MONEY)
    for waiting in state.released.values():
        free = Money(free - (waiting.cash if waiting.booked is None else waiting.booked.trade.gain))
    return free


def equity(state: State) -> Money:
    """Return free cash and positions at their marks, on the exchange and on venues."""
    signed = state.options.held
    held = sum((p.cost for one, _, p in state.book.held() if one not in signed), ZERO)
    held += sum((holding.basis(state, one) for one in signed), ZERO)
    on_venues = sum((desk.cash for desk in state.desks.values() if desk.cash is not None), ZERO)
    return Money(cash(state) + on_venues + held + unrealised(state))
