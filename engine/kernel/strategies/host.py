"""Which strategy is asked when: on trades and books that it watches, at its cadence, and with time alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.commands import StrategyState
from engine.core.effects import Level
from engine.core.units import MINUTE, Nanos
from engine.kernel import rostering, watching
from engine.kernel.outbox import named
from engine.kernel.strategies import keeping, shadow
from engine.kernel.strategies.context import StateContext, sends
from engine.kernel.strategies.intents import recall, take
from engine.kernel.strategies.seats import Strategies
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.events import Trade
    from engine.core.ids import InstrumentId, VenueId
    from engine.core.snapshot import Snapshot
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.strategies.base import Strategy

OFF, PAPER, LIVE = StrategyState.OFF, StrategyState.PAPER, StrategyState.LIVE
ASK: Final = "ask:"
"""Timer: a strategy's cadence."""
KEEP_DAYS: Final = Nanos(10 * MINUTE)
BEAT_VIEWS: Final = named(topics.STRATEGIES, topics.QUOTER, topics.TOXICITY)


def open_up(state: State, strategies: Iterable[Strategy], snapshot: Snapshot) -> None:
    """Take in the registry as a session begins."""
    state.strategies = Strategies(strategies)
    state.strategies.pace = max((desk.facts.pace for desk in state.desks.values()), default=1.0)
    state.strategies.views = named(topics.STRATEGIES, topics.QUOTER, topics.TOXICITY, topics.OPTION_QUOTER)
    keeping.restore(state, snapshot)
    state.strategies.context = StateContext(state)
    for strategy in state.strategies.all:
        tick(state, strategy)
    watch(state)


def tick(state: State, strategy: Strategy) -> None:
    """Have a strategy asked at its cadence while it is on or listens; one that is off costs no timer."""
    own = state.strategies
    if strategy.every is None or not strategy.specs or not state.desks:  # without a venue there is nothing to ask about
        return
    name = strategy.specs[0].name
    if name not in own.ticking and (own.active(strategy) or strategy.listens):
        own.ticking.add(name)
        state.out.wake(Nanos(state.now + strategy.every), ASK + name)


def watch(state: State) -> None:
    """Ask every strategy what it watches, and have feeds bring it."""
    own, context = state.strategies, state.strategies.context
    if context is None:
        return
    trades: dict[InstrumentId, tuple[Strategy, ...]] = {}
    quotes: dict[InstrumentId, tuple[Strategy, ...]] = {}
    follows: dict[VenueId, set[InstrumentId]] = {}
    windows: set[InstrumentId] = set()
    for strategy in own.all:
        active = own.active(strategy)
        if not (active or strategy.listens):
            continue
        found = strategy.watch(context)
        for one in dict.fromkeys(found.trades):
            trades[one] = (*trades.get(one, ()), strategy)
        if strategy.listens:
            windows.update(found.quotes)
        if active:
            for one in dict.fromkeys(found.quotes):
                quotes[one] = (*quotes.get(one, ()), strategy)
            for one in (*found.trades, *found.quotes):
                follows.setdefault(one.venue, set()).add(one)
    touched = dict.fromkeys((*own.trades, *own.quotes, *own.windows, *trades, *quotes, *windows))
    own.trades, own.quotes, own.windows = trades, quotes, frozenset(windows)
    for one in touched:
        listing = state.listings.get(one)
        if listing is not None:
            rostering.wire_up(state, listing)
    new = {venue: frozenset(some) for venue, some in follows.items()}
    changed = [v for v in state.desks if new.get(v, frozenset()) != own.follows.get(v, frozenset())]
    own.follows = new
    for venue in changed:
        watching.follow(state, state.desks[venue])


def on_trade(state: State, listing: Listing, event: Trade) -> None:
    """Somebody traded in what strategies watch."""
    context = state.strategies.context
    if context is None:
        return
    for one in listing.on_trade:
        said = one.on_trade(context, listing, event)
        if said:
            take(state, said)


def on_quote(state: State, listing: Listing) -> None:
    """A book changed that strategies watch; one that is stale is none."""
    context = state.strategies.context
    if listing.stale or context is None:
        return
    for one in listing.on_quote:
        said = one.on_quote(context, listing)
        if said:
            take(state, said)


def due(state: State, what: str) -> None:
    """A strategy's cadence."""
    own, context = state.strategies, state.strategies.context
    seat = next((one for one in own.seats.values() if one.name == what.removeprefix(ASK)), None)
    if seat is None or context is None:
        return
    strategy = seat.strategy
    own.ticking.discard(seat.name)
    tick(state, strategy)
    if own.active(strategy) or strategy.listens:
        _refresh(state, strategy)
        said = strategy.on_due(context)
        if said:
            take(state, said)
        for spec in strategy.specs:
            if own.seats[spec.name].state is not OFF:
                day = own.seats[spec.name].real.day(state.now)
                day.asked += 1
                day.blind += strategy.blind
        for spec in strategy.specs:
            shadow.look(state, own.seats[spec.name])


def _refresh(state: State, strategy: Strategy) -> None:
    """Ask what it watches again, as time alone may have changed that."""
    own, context = state.strategies, state.strategies.context
    if context is None:
        return
    found = strategy.watch(context)
    known = ({k for k, v in own.trades.items() if strategy in v}, {k for k, v in own.quotes.items() if strategy in v})
    wanted = (set(found.trades), set(found.quotes) if own.active(strategy) else set())
    if known != wanted or (strategy.listens and own.windows != set(found.quotes)):
        watch(state)


def beat(state: State) -> None:
    """Do what time alone asks for: resting orders of the shadow, orders that no line minds, lines no longer armed.

    A line minds its orders while it sends: not once it is halted, off, or back on paper after a live session's end.
    """
    any_on = False
    for seat in state.strategies.seats.values():
        if seat.orders and (seat.halted or not sends(state, seat)):
            recall(state, seat)
        if seat.state is OFF:
            continue
        any_on = True
        if seat.shadow.resting:
            shadow.look(state, seat)
        if seat.state is LIVE and not sends(state, seat):
            seat.state = PAPER
            state.out.keep((keeping.row(seat),))
            text = f"{seat.spec.title} is no longer live: live trading is not armed"
            state.out.notice(Level.WARN, text, "STRATEGY", seat.name)
            watch(state)
    if any_on:
        state.out.dirty_all(BEAT_VIEWS)
        _keep_days(state)
    if state.strategies.trades:
        state.out.dirty(topics.UPDOWN)


def _keep_days(state: State) -> None:
    """Put on disk now and then how long each line was up: fills keep their day themselves."""
    own = state.strategies
    if state.now - own.days_kept_at < KEEP_DAYS:
        return
    own.days_kept_at = state.now
    counted = [seat for seat in own.seats.values() if seat.state is not OFF and seat.real.day(state.now).asked]
    if counted:
        state.out.keep(tuple(keeping.day(seat, state.now) for seat in counted))
