"""Automated flow: what each strategy does, counted where it happens, and told to the gates that only it meets.

A strategy that trades too often is halted: what of its orders works is taken back and nothing more of it leaves until
a person switches it on again. The trader's own orders are never counted here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.ids import EMBEDDED, StrategyId
from engine.core.units import NO_MONEY, SECOND, Leg, Money, Nanos, Qty, Side
from engine.kernel import exposing, grouping, inflight, results, sloping, staking
from engine.kernel.strategies import accounts
from engine.maths import contracts
from engine.portfolio import netting
from engine.portfolio.exposure import Resting
from engine.portfolio.netting import Traded
from engine.portfolio.position import FLAT
from engine.risk.flow import LATER, Filled, Flow
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.core.ids import InstrumentId, VenueId
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.risk.probe import Probe

ZERO: Final = Decimal(0)


def strategies(state: State) -> list[StrategyId]:
    """Return the names of all strategies: those of the registry, and whoever else sent orders."""
    return list(dict.fromkeys((*state.strategies.seats, *state.flows)))


def flow_of(state: State, strategy: StrategyId) -> Flow:
    """Return what a strategy did lately."""
    found = state.flows.get(strategy)
    if found is None:
        found = state.flows[strategy] = Flow()
        seat = state.strategies.seats.get(strategy)
        if seat is not None:
            found.positions.update(seat.real.held)
    return found


def fed(state: State, strategy: StrategyId, at: Nanos | None = None) -> None:
    """Note that what a strategy decides by was new, now or at a moment: a spot price, a forecast."""
    flow_of(state, strategy).input_at = state.now if at is None else at


def input_age_s(state: State, strategy: StrategyId) -> float | None:
    """Return real seconds since what a strategy decides by was new; 0 where that is the book alone, which has its gate.

    That is what it said itself (`fed`), or else the newest trade on the venues without books that it watches: spot
    prices. None before the first.
    """
    flow, seat = state.flows.get(strategy), state.strategies.seats.get(strategy)
    if flow is not None and flow.input_at is not None:
        return max(0.0, (state.now - flow.input_at) / SECOND)
    found = () if seat is None else feeds(state, seat)
    told = [max(0.0, (state.now - one.last.at) / second) for one, second in found if one.last is not None]
    return min(told) if told else None if found else 0.0


def feeds(state: State, seat: Seat) -> tuple[tuple[Listing, int], ...]:
    """Return what a strategy watches on venues without books, and what a second is by their clocks."""
    found = []
    for instrument, some in state.strategies.trades.items():
        listing = state.listings.get(instrument)
        if listing is None or listing.top or seat.strategy not in some:
            continue
        desk = state.desks.get(instrument.venue)
        found.append((listing, SECOND if desk is None else desk.real(SECOND)))
    return tuple(found)


def weigh(state: State, found: Probe, event: str, rest: Resting | None, but: str = "") -> None:
    """Fill in what the gates of automated flow look at; `rest` is the order as it may still trade."""
    place = found.place
    strategy = place.strategy
    if strategy is None:
        return
    flow = flow_of(state, strategy)
    flow.prune(state.now)
    seat = state.strategies.seats.get(strategy)
    found.strategy, found.strategy_halted = strategy, "" if seat is None else seat.halted
    found.strategy_minute, found.strategy_fills = len(flow.sent), len(flow.fills)
    found.strategy_repeats = flow.repeated(like(place), touch(state, place.instrument), state.now)
    found.window_orders = flow.events.get(event, 0)
    found.market_orders = sum(o.place.instrument == place.instrument and o.id != but for o in state.register.open())
    found.messages, found.executions = len(flow.messages), len(flow.executions)
    listing = state.listings.get(place.instrument)
    if listing is None or not contracts.is_derivative(listing.instrument):  # cents a share say nothing of those
        found.markout = flow.markout()
    found.model_age_s = input_age_s(state, strategy)
    if rest is not None:
        _stakes(state, found, strategy, event, rest, but)


def _stakes(state: State, found: Probe, strategy: StrategyId, event: str, rest: Resting, but: str) -> None:
    instrument = found.place.instrument
    waiting = staking.waiting(state, but)
    mine = staking.stake(state, strategy, waiting, (instrument, rest))
    found.strategy_before, found.strategy_after = mine
    others = sum((staking.stake(state, one, waiting)[0] for one in strategies(state) if one != strategy), ZERO)
    found.strategies_before, found.strategies_after = Money(mine[0] + others), Money(mine[1] + others)
    sloping.weigh(state, found, rest, waiting)
    after = found.event_loss_after
    if after is None:
        return
    together = grouping.worst(state, event, after)
    if together is not None:
        found.correlated, found.correlated_after = together.group.name, together.loss
    if found.venue:
        on_venue = [loss for key, loss in state.venue_losses.items() if key != event and is_on(key, instrument.venue)]
        found.venue_after = Money(sum(on_venue, ZERO) + after)
    found.gross_after = staking.gross(state, waiting, (instrument, rest))[1]


def is_on(key: str, venue: VenueId) -> bool:
    """Whether a loss is counted under something of a venue."""
    return key.startswith((f"{venue}:", f"{venue}/"))


def like(place: Place) -> tuple[object, ...]:
    """Return what makes two orders of a strategy the same intent."""
    return (place.instrument, place.side, place.leg, place.price)


def touch(state: State, instrument: InstrumentId) -> object:
    """Return the best prices of a book; of the embedded exchange, the last trade that was not ours."""
    listing = state.listings.get(instrument)
    if listing is not None:
        return listing.book.best_bid, listing.book.best_ask
    return next((print_.at for print_ in reversed(state.tapes.get(instrument, ())) if not print_.mine), None)


def let_through(state: State, place: Place, event: str) -> None:
    """Count an order, or an amendment, that the gates let through."""
    if place.strategy is not None:
        flow = flow_of(state, place.strategy)
        flow.order(event, like(place), touch(state, place.instrument), state.now, rests=place.post_only)


def taken_back(state: State, place: Place) -> None:
    """Count a cancel that was asked for."""
    if place.strategy is not None:
        flow_of(state, place.strategy).messages.append(state.now)


def booked(state: State, place: Place, traded: Traded) -> None:
    """Take into a strategy's own positions what it traded, before the account's are told; `clip` follows these."""
    if place.strategy is not None:
        _book(state, flow_of(state, place.strategy), place.instrument, traded)


def clip(state: State, instrument: InstrumentId) -> None:
    """Take from strategies what the account does not hold any more: the trader, or another strategy, closed it."""
    for leg in Leg:
        left = staking.account(state, instrument, leg)
        for flow in state.flows.values():
            own = flow.positions.get((instrument, leg))
            if own is None or not own.qty:
                continue
            kept = min(own.qty, left)
            left -= kept
            if kept < own.qty:
                flow.positions[instrument, leg] = own.sold(Qty(own.qty - kept), NO_MONEY)


def filled(state: State, place: Place, qty: Qty, cost: Money) -> None:
    """Count an execution of a strategy; at the limit it is halted."""
    strategy = place.strategy
    if strategy is None or qty <= 0:
        return
    flow = flow_of(state, strategy)
    price = float(cost / qty)
    flow.filled(Filled(Nanos(state.now + LATER), place.instrument, place.leg, place.side, price))
    flow.prune(state.now)
    limit = state.limits["STRATEGY_FILLS"]
    seat = state.strategies.seats.get(strategy)
    if len(flow.fills) >= limit and seat is not None and not seat.halted:
        hold(state, seat, f"{len(flow.fills)} executions in a minute; the limit is {limit:f}")


def unfilled(state: State, place: Place, qty: Qty, cost: Money) -> None:
    """Count no execution that the venue took back, and hold it against no price."""
    flow = None if place.strategy is None else state.flows.get(place.strategy)
    if flow is not None:
        flow.unfilled(place.instrument, place.leg, place.side, float(cost / qty))


def _book(state: State, flow: Flow, instrument: InstrumentId, traded: Traded) -> None:
    nets = instrument.venue != EMBEDDED and exposing.nets_of(state, instrument)
    if traded.side is Side.SELL and not nets:  # what it sells beyond its own was the trader's
        own = flow.positions.get((instrument, traded.leg), FLAT).qty
        qty = min(traded.qty, own)
        if not qty:
            return
        traded = Traded(traded.side, traded.leg, qty, Money(traded.cost * qty / traded.qty))
    netting.book(flow.positions, instrument, traded, NO_MONEY, nets=nets)


def hold(state: State, seat: Seat, why: str) -> None:
    """Stop a strategy until it is switched on again, and take back what works of it."""
    accounts.halt(state, seat, why)
    for one in state.register.open():
        if one.place.strategy == seat.name and inflight.on_venue(one) and one.id not in state.taken_back:
            inflight.take_back(state, one)
    state.out.dirty(topics.GATES, topics.SPINE)


def reduce_only(state: State) -> None:
    """Take back the orders of strategies that could open anything."""
    for one in state.register.open():
        if one.place.strategy is None or not inflight.on_venue(one) or one.id in state.taken_back:
            continue
        if exposing.claim_of(state, exposing.rest_of(state, one), one.place.instrument, one.id).opening:
            inflight.take_back(state, one)


def beat(state: State) -> None:
    """Hold fills of half a minute ago against the market."""
    for flow in state.flows.values():
        flow.prune(state.now)
        if not flow.later:
            continue
        for one in flow.due(state.now):
            price = _price(state, one.instrument, one.leg)
            if price is not None:
                flow.mark(one, price)


def _price(state: State, instrument: InstrumentId, leg: Leg) -> float | None:
    if instrument.venue == EMBEDDED:
        return results.mark(state, instrument, leg)
    listing = state.listings.get(instrument)
    yes = None if listing is None or (listing.stale and not listing.result) else exposing.mark(listing)
    if yes is None:
        return None
    return float(yes if leg is Leg.YES else 1 - yes)


def forget(state: State) -> None:
    """Drop what strategies did in events that are over."""
    open_ = set(state.families) | {f"{i.venue}/{i.symbol}" for i in state.listings} | set(state.exchange.markets)
    for flow in state.flows.values():
        flow.events = {event: count for event, count in flow.events.items() if event in open_}
        flow.positions = {key: own for key, own in flow.positions.items() if own.qty and staking.account(state, *key)}
