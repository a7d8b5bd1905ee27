"""What becomes of what a strategy says: its intents go through the ordinary gates or into the shadow.

The digest of a line is made of what it proposes, before sizes, limits and gates: the same journal gives the same
digest in SHADOW, on PAPER and in a replay, as far as a strategy does not look at its own fills to propose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.commands import Amend, StrategyState
from engine.core.effects import Level, Refused
from engine.core.ids import OrderId
from engine.core.units import Nanos
from engine.kernel import automated, dealing, inflight
from engine.kernel.strategies import again, ahead, keeping, next_order, shadow
from engine.kernel.strategies.context import STEADY, sends
from engine.strategies.said import LONGEST_MEMORY, Drop, Move, Note, Record, Remember, Want, Why
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.commands import Place
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.strategies.said import Said

OFF: Final = StrategyState.OFF
HALTED: Final = "halted"
BUSY: Final = "key_busy"
STALE: Final = "stale"
"""Why a strategy acts on nothing that it sees: of what holds one back itself this alone is told as a warning."""
SOON: Final = frozenset({"RATE", "RATE_MINUTE", "DUPLICATE", "STRATEGY_RATE", "STRATEGY_REPEAT"})
"""Gates of pace: what they refuse now, they may let through in a moment."""


def take(state: State, said: Sequence[Said]) -> None:
    """Do what a strategy said: propose, move, take back, or note why it is silent."""
    seats, news = state.strategies.seats, False
    state.turn += 1
    for one in said:
        seat = seats[one.strategy]
        if seat.state is OFF and type(one) is not Remember:  # it may have listened
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


def propose(state: State, seat: Seat, want: Want) -> None:
    """Size an intent, weigh it and send it; or say what stood in the way."""
    part = "" if want.part is None else f"{want.part:.9f}"
    _digest(
        seat,
        f"{want.instrument.symbol} {want.side._value_} {want.leg._value_} {want.price} {want.qty} {want.budget} {part} "
        f"{want.key}",
    )
    seat.last, seat.last_at, seat.last_said = want, state.now, ""
    why, room = _stopped(seat, want), state.envelopes.ready.get((want.instrument, seat.spec.name))
    if why is None and room is not None and room.ahead is not None and ahead.sent(state, seat, want, room, room.ahead):
        return
    sized = why if why is not None else seat.strategy.size(state.strategies.context, want)  # type: ignore[arg-type]
    if type(sized) is Why:
        seat.silent(sized)
        seat.last_said = sized.text
        if sized.code == STALE:
            _warned(state, seat, sized)
        return
    if seat.refused == STALE:
        seat.refused = ""
    assert isinstance(sized, Want)
    seat.last = sized
    sending = sends(state, seat)
    place = next_order.place_of(state, seat, sized)
    desk, listing = state.desks.get(place.instrument.venue), state.listings.get(place.instrument)
    if desk is None or listing is None:
        _refused(state, seat, "MARKET_STATE", "the market is on no venue of this session", sending=sending)
    elif sending:
        _send(state, seat, sized, place)
    else:
        _shadow(state, seat, sized, place, listing)


def lapse(state: State, what: str) -> None:
    """An order of a strategy has lived its time."""
    one = state.register.get(OrderId(what.removeprefix(ahead.LAPSE)))
    if one is not None and not one.ended and one.id not in state.taken_back:
        automated.taken_back(state, one.place)
        inflight.take_back(state, one)


def take_back(state: State, seat: Seat) -> None:
    """Take back every order of a line, and what would rest in the shadow."""
    recall(state, seat)
    seat.shadow.resting.clear()


def recall(state: State, seat: Seat) -> None:
    """Ask back every order of a line."""
    for number in list(seat.orders.values()):
        one = state.register.get(number)
        if one is not None and not one.ended and number not in state.taken_back:
            inflight.take_back(state, one)


def pressed_at(state: State) -> Nanos:
    """Return the host's steady clock as far as the session's tells it: what gates of human pace count by."""
    at, pressed = state.strategies.steady
    return Nanos(pressed + int((state.now - at) / state.strategies.pace))


def set_steady(state: State, pressed: Nanos) -> None:
    """Learn what the host's steady clock says now; what was pressed before anybody knew is told by it from now on."""
    own = state.strategies
    if own.steady == (0, 0) and state.pressed:
        shift = pressed - pressed_at(state)
        moved = [(at + shift, like) for at, like in state.pressed]
        state.pressed.clear()
        state.pressed.extend(moved)
    own.steady = (state.now, pressed)


def _digest(seat: Seat, text: str) -> None:
    seat.intents += 1
    seat.digest.update(f"{text}\n".encode())


def _stopped(seat: Seat, want: Want) -> Why | None:
    if seat.halted:
        return Why(seat.name, HALTED, f"halted: {seat.halted}")
    if want.key and want.key in seat.orders:
        return Why(seat.name, BUSY, "its order of this key is still at work")
    return None


def _send(state: State, seat: Seat, want: Want, place: Place) -> None:
    answer = again.refused(state, seat, place) or dealing.propose(state, place, pressed_at(state))
    if isinstance(answer, Refused):
        _refused(state, seat, answer.gate, answer.text, sending=True)
        return
    seat.refused = ""
    if answer.edge is None and want.edge is not None:
        answer.edge = 100 * want.edge
    answer.fair, answer.why_sent = want.fair, want.why
    ahead.went(state, seat, want, answer.id, f"sent as {answer.id}")


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


def _warned(state: State, seat: Seat, why: Why) -> None:
    """Tell once that a line that sends would act on what is old, until something of it is not."""
    if seat.refused != STALE and sends(state, seat):
        seat.refused = STALE
        state.out.notice(Level.WARN, f"{seat.spec.title}: {why.text}", "STALE", seat.name)


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
