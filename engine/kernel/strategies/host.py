"""Who is asked when, and what becomes of what is said: proposals go through the ordinary gates or into the shadow.

The digest of a line is made of what it proposes, before sizes, limits and gates: the same journal gives the same
digest in SHADOW, on PAPER and in a replay, as far as a strategy does not look at its own fills to propose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.commands import Amend, Place, StrategyState
from engine.core.effects import Level, Refused
from engine.core.ids import OrderId
from engine.core.units import MINUTE, Nanos
from engine.kernel import automated, dealing, inflight, rostering, watching
from engine.kernel.outbox import named
from engine.kernel.strategies import again, keeping, shadow
from engine.kernel.strategies.context import STEADY, StateContext, sends
from engine.kernel.strategies.seats import Strategies
from engine.strategies.said import LONGEST_MEMORY, Drop, Move, Note, Record, Remember, Want, Why
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.events import Trade
    from engine.core.ids import InstrumentId, VenueId
    from engine.core.snapshot import Snapshot
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.strategies.base import Strategy
    from engine.strategies.said import Said

OFF, PAPER, LIVE = StrategyState.OFF, StrategyState.PAPER, StrategyState.LIVE
ASK: Final = "ask:"
LAPSE: Final = "lapse:"
"""Timers: a strategy's cadence, and the end of an order's time."""
ORIGIN: Final = "strategy"
KEEP_DAYS: Final = Nanos(10 * MINUTE)
HALTED: Final = "halted"
BUSY: Final = "key_busy"
BEAT_VIEWS: Final = named(topics.STRATEGIES, topics.QUOTER, topics.TOXICITY)
SOON: Final = frozenset({"RATE", "RATE_MINUTE", "DUPLICATE", "STRATEGY_RATE", "STRATEGY_REPEAT"})
"""Gates of pace: what they refuse now, they may let through in a moment."""


def open_up(state: State, strategies: Iterable[Strategy], snapshot: Snapshot) -> None:
    """Take in the registry as a session begins."""
    state.strategies = Strategies(strategies)
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
            _fetch(state, seat)
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


def lapse(state: State, what: str) -> None:
    """An order of a strategy has lived its time."""
    one = state.register.get(OrderId(what.removeprefix(LAPSE)))
    if one is not None and not one.ended and one.id not in state.taken_back:
        inflight.take_back(state, one)


def take_back(state: State, seat: Seat) -> None:
    """Take back every order of a line, and what would rest in the shadow."""
    _fetch(state, seat)
    seat.shadow.resting.clear()


def _fetch(state: State, seat: Seat) -> None:
    for number in list(seat.orders.values()):
        one = state.register.get(number)
        if one is not None and not one.ended and number not in state.taken_back:
            inflight.take_back(state, one)


def take(state: State, said: Sequence[Said]) -> None:
    """Do what a strategy said: propose, move, take back, or note why it is silent."""
    seats, news = state.strategies.seats, False
    for one in said:
        seat = seats[one.strategy]
        if seat.state is OFF:
            continue
        if type(one) is Why:
            news |= seat.silent(one)
        elif type(one) is Want:
            news = True
            propose(state, seat, one)
        elif type(one) is Move:
            news = True
            _digest(seat, f"move {one.key} {one.price} {one.qty}")
            _move(state, seat, one)
        elif type(one) is Record:
            if len(one.body) <= LONGEST_MEMORY:
                state.out.keep((keeping.features(seat, one, state.now),))
        elif type(one) is Remember:
            if len(one.body) <= LONGEST_MEMORY:
                state.out.keep((keeping.memory(seat, one, state.now),))
        elif type(one) is Note:
            if one.loud:
                state.out.notice(Level.WARN, f"{seat.spec.title}: {one.text}", "STRATEGY", one.strategy)
            else:
                state.out.notice(Level.INFO, one.text, "DIAGNOSTICS", one.strategy)
        elif type(one) is Drop:
            news = True
            _digest(seat, f"drop {one.key}")
            _drop(state, seat, one)
    if news:
        state.out.dirty_all(state.strategies.views)


def _digest(seat: Seat, text: str) -> None:
    seat.intents += 1
    seat.digest.update(f"{text}\n".encode())


def propose(state: State, seat: Seat, want: Want) -> None:
    """Size an intent, weigh it and send it; or say what stood in the way."""
    part = "" if want.part is None else f"{want.part:.9f}"
    _digest(
        seat,
        f"{want.instrument.symbol} {want.side._value_} {want.leg._value_} {want.price} {want.qty} {want.budget} {part} "
        f"{want.key}",
    )
    seat.last, seat.last_at, seat.last_said = want, state.now, ""
    why = _stopped(seat, want)
    sized = why if why is not None else seat.strategy.size(state.strategies.context, want)  # type: ignore[arg-type]
    if type(sized) is Why:
        seat.silent(sized)
        seat.last_said = sized.text
        return
    assert isinstance(sized, Want)
    seat.last = sized
    sending = sends(state, seat)
    place = _place(state, seat, sized)
    desk, listing = state.desks.get(place.instrument.venue), state.listings.get(place.instrument)
    if desk is None or listing is None:
        _refused(state, seat, "MARKET_STATE", "the market is on no venue of this session", sending=sending)
    elif sending:
        _send(state, seat, sized, place)
    else:
        _shadow(state, seat, sized, place, listing)


def _stopped(seat: Seat, want: Want) -> Why | None:
    if seat.halted:
        return Why(seat.name, HALTED, f"halted: {seat.halted}")
    if want.key and want.key in seat.orders:
        return Why(seat.name, BUSY, "its order of this key is still at work")
    return None


def _place(state: State, seat: Seat, want: Want) -> Place:
    return Place(
        instrument=want.instrument, side=want.side, leg=want.leg, price=want.price, qty=want.qty, budget=want.budget,
        intent=f"{seat.name}:{state.next_order}", tif=want.tif, post_only=want.post_only,
        reduce_only=want.reduce_only, strategy=seat.name, tag=want.key, origin=ORIGIN,
    )  # fmt: skip


def pressed_at(state: State) -> Nanos:
    """Return the host's steady clock as far as the session's tells it: what gates of human pace count by."""
    at, pressed = state.strategies.steady
    pace = max((desk.facts.pace for desk in state.desks.values()), default=1.0)
    return Nanos(pressed + int((state.now - at) / pace))


def set_steady(state: State, pressed: Nanos) -> None:
    """Learn what the host's steady clock says now; what was pressed before anybody knew is told by it from now on."""
    own = state.strategies
    if own.steady == (0, 0) and state.pressed:
        shift = pressed - pressed_at(state)
        moved = [(at + shift, like) for at, like in state.pressed]
        state.pressed.clear()
        state.pressed.extend(moved)
    own.steady = (state.now, pressed)


def _send(state: State, seat: Seat, want: Want, place: Place) -> None:
    answer = again.refused(state, seat, place) or dealing.propose(state, place, pressed_at(state))
    if isinstance(answer, Refused):
        _refused(state, seat, answer.gate, answer.text, sending=True)
        return
    seat.refused = ""
    if answer.edge is None and want.edge is not None:
        answer.edge = 100 * want.edge
    answer.fair, answer.why_sent = want.fair, want.why
    key = want.key or answer.id
    seat.orders[key] = answer.id
    state.strategies.by_order[answer.id] = (seat.name, key)
    seat.real.day(state.now).orders += 1
    seat.last_said = f"sent as {answer.id}"
    if want.ttl is not None:
        state.out.wake(Nanos(state.now + want.ttl), LAPSE + answer.id)
    seat.strategy.sent(state.strategies.context, want)  # type: ignore[arg-type]
    for thing in seat.strategy.remembers(seat.name):
        state.out.keep((keeping.memory(seat, thing, state.now),))


def _shadow(state: State, seat: Seat, want: Want, place: Place, listing: Listing) -> None:
    if want.key and want.key in seat.shadow.resting:
        seat.silent(Why(seat.name, BUSY, "its order of this key would still be at work"))
        return
    order = OrderId(f"o-{state.next_order:06d}")
    answer = dealing.weighed(state, order, place, pressed_at(state), shadow=True)
    if isinstance(answer, Refused):
        _refused(state, seat, answer.gate, answer.text, sending=False)
        return
    seat.refused = ""
    seat.last_said = shadow.take(state, seat, want, answer.approved.place, listing)
    seat.strategy.sent(state.strategies.context, want)  # type: ignore[arg-type]


def _refused(state: State, seat: Seat, gate: str, text: str, *, sending: bool) -> None:
    """Count a refusal; it is told once, until another gate refuses or an order passes."""
    seat.refusals[gate] = seat.refusals.get(gate, 0) + 1
    would = "" if sending else "would be refused: "
    seat.silent(Why(seat.name, gate, f"{would}{gate} — {text}"))
    seat.last_said = f"{would or 'refused: '}{gate}"
    if seat.refused != gate:
        seat.refused = gate
        if sending:
            state.out.notice(Level.WARN, f"{seat.spec.title}: {text}", gate, seat.name)
            state.out.dirty(topics.GATES, topics.SPINE)


def _working(state: State, seat: Seat, key: str) -> OrderId | None:
    number = seat.orders.get(key)
    one = None if number is None else state.register.get(number)
    return None if one is None or one.ended else one.id


def _move(state: State, seat: Seat, asked: Move) -> None:
    resting = seat.shadow.resting.get(asked.key)
    if resting is not None and not sends(state, seat):
        seat.shadow.resting[asked.key] = (resting[0]._replace(price=asked.price, qty=asked.qty), resting[1])
        return
    order = _working(state, seat, asked.key)
    if order is None:
        return
    one = state.register.get(order)
    desk = None if one is None else state.desks.get(one.place.instrument.venue)
    if one is None or desk is None:
        return
    if "AMEND" in desk.facts.can and one.status in dealing.AMENDABLE:
        gate = dealing.amend(state, Amend(order=order, price=asked.price, qty=asked.qty), pressed_at(state))
        if not gate or gate in SOON:
            return
    if order not in state.taken_back:  # what may not move does not stay where it is wanted no longer
        automated.taken_back(state, one.place)
        inflight.take_back(state, one)


def _drop(state: State, seat: Seat, asked: Drop) -> None:
    seat.shadow.resting.pop(asked.key, None)
    order = _working(state, seat, asked.key)
    one = None if order is None else state.register.get(order)
    if one is not None and (one.id not in state.taken_back or (asked.again and one.status in STEADY)):
        automated.taken_back(state, one.place)
        inflight.take_back(state, one)
