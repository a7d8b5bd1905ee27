"""The orders of a hedge: what they came to, what is left of each leg, and the next one sent.

What is left is reckoned from the fills of its own orders, never from what was meant. The direction is explicit: a
target bought is positive, sold negative, and an order does what is left of it.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import Place, Tif
from engine.core.effects import Refused
from engine.core.units import Leg, Qty, Side, Ticks
from engine.kernel import dealing
from engine.kernel.rfq import finding, rows
from engine.kernel.rfq.memory import EXECUTED
from engine.kernel.strategies.intents import SOON, pressed_at
from engine.strategies import rfq_desk
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.instrument import Instrument
    from engine.kernel.rfq.memory import Leg as HedgeLeg
    from engine.kernel.rfq.memory import Trade
    from engine.kernel.state import State
    from engine.orders.register import Order

ORIGIN: Final = "hedge"
ZERO: Final = Decimal(0)
BPS: Final = 10_000.0


def filled(state: State, leg: HedgeLeg) -> Decimal:
    """Return what the orders of a hedge came to, sold negative."""
    total = ZERO
    for number in leg.orders:
        one = state.register.get(number)
        if one is not None:
            total += one.filled if one.place.side is Side.BUY else -one.filled
    return total


def done(state: State, trade: Trade) -> float | None:
    """Return the share of a hedge that is filled, of its worst leg; None where nothing is to be hedged."""
    return min((float(filled(state, leg) / leg.target) for leg in trade.legs), default=None)


def pending(state: State, underlying: str) -> float:
    """Return the delta that hedges under way will still bring, coins: whoever hedges the book counts it as there."""
    total = 0.0
    for trade in state.rfq.trades.values():
        if trade.state != EXECUTED:
            continue
        for leg in trade.legs:
            listing = state.listings.get(leg.instrument)
            if listing is None or listing.instrument.underlying != underlying:
                continue
            found = finding.exposure(state, listing, left(state, trade, leg), 60.0)
            total += 0.0 if found is None else found.delta
    return total


def working(state: State, leg: HedgeLeg) -> list[Order]:
    """Return the orders of a leg that have not ended."""
    found = (state.register.get(number) for number in leg.orders)
    return [one for one in found if one is not None and not one.ended]


def left(state: State, trade: Trade, leg: HedgeLeg) -> Decimal:
    """Return what is left of a leg in whole steps, sold negative."""
    one = state.listings[leg.instrument].instrument
    return _steps(one, leg.target * trade.share - filled(state, leg))


def owed(state: State, place: Place) -> bool:
    """Whether an order does no more than what is left of a leg of the trade that its intent names."""
    key, _, rest = place.intent.rpartition("#")[0].rpartition("#")
    trade = state.rfq.trades.get(key)
    if place.origin != ORIGIN or trade is None or place.qty is None or not rest.isdecimal():
        return False
    leg = trade.legs[int(rest)] if int(rest) < len(trade.legs) else None
    if leg is None or leg.instrument != place.instrument or leg.instrument not in state.listings:
        return False
    open_qty = left(state, trade, leg)
    return (open_qty > 0) is (place.side is Side.BUY) and 0 < place.qty <= abs(open_qty)


def worth(state: State, leg: HedgeLeg, rest: Decimal) -> bool:
    """Whether a venue takes so little."""
    return rest != 0 and abs(rest) >= state.listings[leg.instrument].instrument.least


def send(state: State, trade: Trade, leg: HedgeLeg, rest: Decimal) -> bool:
    """Send one order for what is left of a leg; False where its market cannot be traded now."""
    listing = state.listings[leg.instrument]
    seat = state.strategies.seats.get(rfq_desk.NAME)
    values = {} if seat is None else seat.strategy.values[seat.name]
    why = finding.untrusted(state, listing, float(values.get("stale", 3.0)))
    buying = rest > 0
    best = listing.book.best_ask if buying else listing.book.best_bid
    if not why and best is None:
        why = f"the book of {leg.instrument.symbol} has nothing to {'buy' if buying else 'sell'} against"
    if why or best is None:
        if trade.why != why:
            trade.why = why
            note(state, trade, "HEDGE WAITS", why)
        return False
    reach = float(values.get("slippage", 50.0)) / BPS
    edge = best * (1.0 + reach if buying else 1.0 - reach)
    grid = listing.instrument.grid
    limit = dealing.floor_on(edge, grid) if buying else dealing.ceil_on(edge, grid)
    leg.asked += 1
    # no strategy's order: what a trade owes is hedged whatever a strategy's flow was like
    place = Place(
        instrument=leg.instrument, side=Side.BUY if buying else Side.SELL, leg=Leg.YES,
        price=Ticks(best if limit is None else limit), qty=Qty(abs(rest)),
        intent=f"{trade.row.key}#{trade.legs.index(leg)}#{leg.asked}", tif=Tif.IOC, tag=trade.row.trace,
        origin=ORIGIN,
    )  # fmt: skip
    answer = dealing.propose(state, place, pressed_at(state))
    if isinstance(answer, Refused):
        why = f"{answer.gate}: {answer.text}"
        if trade.why != why:
            trade.why = why
            note(state, trade, "HEDGE REFUSED", why)
        return answer.gate not in SOON
    leg.orders.append(answer.id)
    state.rfq.by_order[answer.id] = trade.row.key
    trade.why = ""
    text = f"{answer.id}: {place.side.value} {place.qty} {leg.instrument.symbol} on {leg.instrument.venue}"
    note(state, trade, "HEDGE", text)
    return True


def note(state: State, trade: Trade, what: str, text: str) -> None:
    """Put a step of a hedge into its request's history, in the state and on disk."""
    asked = state.rfq.asked.get(trade.row.trace)
    if asked is not None:
        rows.note(state, asked, what, text)
    else:
        state.out.keep((rows.step(state, trade.row.trace, what, text),))
    state.out.dirty(topics.RFQ, topics.HEDGING)


def _steps(one: Instrument, qty: Decimal) -> Decimal:
    """Return a quantity in whole steps, towards 0."""
    if not one.step > 0:
        return qty
    return (qty / one.step).to_integral_value(ROUND_DOWN) * one.step
