"""The hedge of each trade: what is to be done, orders until it is, both legs or none, and the alarm where it fails.

What is left to hedge is reckoned from the fills of its own orders, never from what was meant; while one of them works
or has no known outcome nothing more is sent. So an answer that is lost, a partial fill or a restart hedges nothing
twice. The direction is explicit: a target bought is positive, sold negative, and an order does what is left of it.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.commands import Place, StrategyState, Tif
from engine.core.effects import Level, Refused
from engine.core.rfq import Hedge
from engine.core.units import Leg, Nanos, Qty, Side, Ticks
from engine.kernel import dealing
from engine.kernel.rfq import finding, routes, rows
from engine.kernel.rfq.memory import EXECUTED, FAILED, HEDGED, Trade
from engine.kernel.rfq.memory import Leg as HedgeLeg
from engine.kernel.strategies import host
from engine.kernel.strategies.host import SOON, pressed_at
from engine.strategies import hedger, rfq_desk
from engine.strategies.base import Why
from engine.strategies.hedger import Hedger
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import CloseTrade, HedgeNow
    from engine.core.events import OrderEvent
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.core.quotes import QuoteFill
    from engine.kernel.rfq.memory import Asked
    from engine.kernel.state import State
    from engine.orders.register import Order

ORIGIN: Final = "hedge"
TRIES: Final = 3
PATIENCE: Final = 10
"""Times that nothing could be sent, until that is told aloud."""
AGAIN_S: Final = 1.0
PAUSE_S: Final = 30.0
"""After a hedge failed, before it is tried again."""
CLOSED: Final = "CLOSED"
DONE: Final = frozenset({HEDGED, CLOSED})
ZERO: Final = Decimal(0)
BPS: Final = 10_000.0
SHARE: Final = Decimal("0.000001")


def plan(state: State, asked: Asked, trade: Trade) -> None:
    """Say which instruments hedge a trade, and by how much; told again while the market for it is not known."""
    row = trade.row
    targets: dict[InstrumentId, Decimal] = {}
    trade.planned = True
    if row.mode == rfq_desk.OFFSET:
        for leg in row.legs:
            listing, venue = state.listings.get(leg.instrument), _offset(state, asked, leg.instrument)
            if listing is None or venue is None:
                trade.planned, trade.why = False, f"no venue lists {leg.instrument.symbol} with a book"
                continue
            by = state.listings[venue].instrument
            units = leg.qty * listing.instrument.contract_size / by.contract_size
            targets[venue] = targets.get(venue, ZERO) + (-units if leg.side is Side.BUY else units)
    elif row.mode == rfq_desk.DELTA:
        found = _by_delta(state, row.legs)
        if found is None:
            trade.planned, trade.why = False, "its delta is not known, or nothing takes it"
        else:
            targets = found
    trade.legs = [HedgeLeg(one, target) for one, target in targets.items() if target]
    trade.row = replace(row, hedges=tuple(Hedge(instrument=leg.instrument, target=leg.target) for leg in trade.legs))


def _offset(state: State, asked: Asked, instrument: InstrumentId) -> InstrumentId | None:
    """Return where an option is hedged: whose book it was priced from, else the first that has one."""
    for package in asked.packages:
        for leg in package.legs:
            if leg.instrument == instrument and leg.pricing in state.listings:
                return leg.pricing
    return next(iter(finding.priced_by(state, instrument)), None)


def _by_delta(state: State, legs: tuple[QuoteFill, ...]) -> dict[InstrumentId, Decimal] | None:
    total, underlying = 0.0, ""
    for leg in legs:
        listing = state.listings.get(leg.instrument)
        found = None if listing is None else finding.exposure(
            state, listing, leg.qty if leg.side is Side.BUY else -leg.qty, 60.0
        )  # fmt: skip
        if listing is None or found is None:
            return None
        total, underlying = total + found.delta, listing.instrument.underlying
    return routes.targets(state, underlying, -total)


def go_on(state: State, trade: Trade) -> None:
    """Send what is left of a trade's hedge, unless something of it works, its fate is unknown, or it has to wait."""
    if trade.state in DONE or not trade.safe:
        return
    if not _listed(state, trade):
        _end(state, trade, CLOSED, "what would hedge it is no longer listed")
        return
    if any(_open(state, leg) for leg in trade.legs):
        return
    if trade.state == FAILED:  # it waits to be tried again, unless a late fill has done it
        trade.share = Decimal(1)
    asked = state.rfq.asked.get(trade.row.trace)
    if not trade.planned and asked is not None:
        plan(state, asked, trade)
        state.out.keep((rows.trade(trade.row),))
    left = [(leg, _left(state, trade, leg)) for leg in trade.legs]
    if trade.planned and not any(_worth(state, leg, rest) for leg, rest in left):
        _finish(state, trade, left)
        return
    if trade.state == FAILED or state.now < trade.due:
        return
    if not trade.planned or trade.tries >= TRIES:
        _failed(state, trade)
        return
    trade.due = _in(state, AGAIN_S)
    some = [_send(state, trade, leg, rest) for leg, rest in left if _worth(state, leg, rest)]
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
    _note(state, trade, {"FILLED": "FILL"}.get(told, told), text)
    _reopen(state, trade)
    go_on(state, trade)


def late(state: State) -> None:
    """A picture of an account may have brought fills of orders that had ended: what is hedged twice is taken back."""
    for trade in list(state.rfq.trades.values()):
        _reopen(state, trade)
        if trade.state == EXECUTED:
            go_on(state, trade)


def _listed(state: State, trade: Trade) -> bool:
    return all(leg.instrument in state.listings for leg in trade.legs)


def _reopen(state: State, trade: Trade) -> None:
    """Take a trade up again that was hedged, and of whose orders one has traded since."""
    if trade.state != HEDGED or not _listed(state, trade):
        return
    if not any(_worth(state, leg, _left(state, trade, leg)) for leg in trade.legs):
        return
    trade.state, trade.tries, trade.waits, trade.due = EXECUTED, 0, 0, state.now
    trade.row = replace(trade.row, state=EXECUTED)
    state.out.keep((rows.trade(trade.row),))
    state.rfq.done.pop(trade.row.key, None)
    _note(state, trade, "REOPENED", "an order that had ended traded all the same")


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


def look(state: State) -> None:
    """What we hold changed: have the book's hedger look at it in this very step."""
    seat, context = state.strategies.seats.get(hedger.NAME), state.strategies.context
    state.out.dirty(topics.HEDGING)
    if seat is None or context is None or seat.state is StrategyState.OFF:
        return
    host.take(state, seat.strategy.on_due(context))


def now(state: State, command: HedgeNow) -> None:
    """The trader wants an underlying hedged at once: failed hedges of trades again, and the book to its middle."""
    some = [one for one in state.rfq.trades.values() if one.state == FAILED]
    for trade in some:
        some_of = [state.listings[leg.instrument] for leg in trade.legs if leg.instrument in state.listings]
        if any(one.instrument.underlying == command.underlying for one in some_of):
            again(state, trade)
    seat, context = state.strategies.seats.get(hedger.NAME), state.strategies.context
    if seat is None or context is None or seat.state is StrategyState.OFF or not isinstance(seat.strategy, Hedger):
        state.out.notice(Level.INFO, "the hedger is switched off: nothing of the book is hedged", "HEDGE")
        return
    said = seat.strategy.at_once(context, command.underlying)
    host.take(state, said)
    why = next((one.text for one in said if isinstance(one, Why)), "")
    if why:
        state.out.notice(Level.INFO, f"{command.underlying[:16]} is not hedged now: {why}", "HEDGE")


def close(state: State, command: CloseTrade) -> None:
    """The trader's own word: what is left of a hedge stays open, or was done elsewhere."""
    why = command.why.strip()[:200]
    some = [one for one in state.rfq.trades.values() if one.row.trace == command.trace and one.state not in DONE]
    busy = [one for one in some if any(_open(state, leg) for leg in one.legs)]
    if not some or busy or not why:
        text = (
            "a reason is wanted" if some and not busy else "its hedge still works" if busy else "nothing of it is open"
        )
        state.out.notice(Level.INFO, f"{command.trace[:80]} stays as it is: {text}", "RFQ")
        return
    for trade in some:
        _end(state, trade, CLOSED, f"closed by hand: {why}")


def words(trade: Trade) -> str:
    """Return a plan in words; empty where nothing is to be hedged."""
    return ", ".join(
        f"{'buy' if leg.target > 0 else 'sell'} {abs(leg.target).normalize():f} {leg.instrument.symbol}"
        f" on {leg.instrument.venue}"
        for leg in trade.legs
    )


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
            found = finding.exposure(state, listing, _left(state, trade, leg), 60.0)
            total += 0.0 if found is None else found.delta
    return total


def _open(state: State, leg: HedgeLeg) -> list[Order]:
    found = (state.register.get(number) for number in leg.orders)
    return [one for one in found if one is not None and not one.ended]


def _left(state: State, trade: Trade, leg: HedgeLeg) -> Decimal:
    one = state.listings[leg.instrument].instrument
    return _steps(one, leg.target * trade.share - filled(state, leg))


def _steps(one: Instrument, qty: Decimal) -> Decimal:
    """Return a quantity in whole steps, towards 0."""
    if not one.step > 0:
        return qty
    return (qty / one.step).to_integral_value(ROUND_DOWN) * one.step


def _worth(state: State, leg: HedgeLeg, rest: Decimal) -> bool:
    return rest != 0 and abs(rest) >= state.listings[leg.instrument].instrument.least


def _send(state: State, trade: Trade, leg: HedgeLeg, rest: Decimal) -> bool:
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
            _note(state, trade, "HEDGE WAITS", why)
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
            _note(state, trade, "HEDGE REFUSED", why)
        return answer.gate not in SOON
    leg.orders.append(answer.id)
    state.rfq.by_order[answer.id] = trade.row.key
    trade.why = ""
    text = f"{answer.id}: {place.side.value} {place.qty} {leg.instrument.symbol} on {leg.instrument.venue}"
    _note(state, trade, "HEDGE", text)
    return True


def _finish(state: State, trade: Trade, left: list[tuple[HedgeLeg, Decimal]]) -> None:
    if trade.share < 1:
        trade.tries = TRIES  # both legs stand alike again; the whole is tried anew after the pause
        _failed(state, trade)
        return
    held = [f"{rest} of {leg.instrument.symbol}" for leg, rest in left if rest]
    why = f"below the venue's least and held: {', '.join(held)}" if held else ""
    _end(state, trade, HEDGED, why or ("left to the book's hedger" if not trade.legs else ""))


def _end(state: State, trade: Trade, to: str, why: str) -> None:
    trade.state, trade.why = to, why
    trade.row = replace(trade.row, state=to, why=why)
    state.out.keep((rows.trade(trade.row),))
    _note(state, trade, to, why or words(trade))
    asked = state.rfq.asked.get(trade.row.trace)
    if asked is not None:
        asked.state, asked.why = HEDGED, why
    state.rfq.done[trade.row.key] = None
    _forget(state)


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
        shares = [filled(state, leg) / leg.target for leg in trade.legs]
        least = max(min(shares), ZERO).quantize(SHARE, ROUND_DOWN)
        if trade.share > least and max(shares) > least:
            trade.share, trade.tries, trade.due = least, 0, state.now
            _note(state, trade, "ROLLED BACK", f"to {100 * abs(least).normalize():f} % of every leg: {trade.why}")
            if any(_worth(state, leg, _left(state, trade, leg)) for leg in trade.legs):
                go_on(state, trade)
                return
    trade.state, trade.due = FAILED, _in(state, PAUSE_S)
    if trade.row.state != FAILED:
        trade.row = replace(trade.row, state=FAILED, why=trade.why)
        state.out.keep((rows.trade(trade.row),))
    _note(state, trade, "FAILED", trade.why or "the hedge did not fill")
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


def _note(state: State, trade: Trade, what: str, text: str) -> None:
    asked = state.rfq.asked.get(trade.row.trace)
    if asked is not None:
        rows.note(state, asked, what, text)
    else:
        state.out.keep((rows.step(state, trade.row.trace, what, text),))
    state.out.dirty(topics.RFQ, topics.HEDGING)


def _in(state: State, seconds: float) -> Nanos:
    pace = max((desk.facts.pace for desk in state.desks.values()), default=1.0)
    return Nanos(int(state.now + seconds * pace * 1_000_000_000))
