"""Commands about strategies: switch one, tell one something. Refusals are sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.commands import StrategyState
from engine.core.effects import Level
from engine.core.snapshot import LIVE
from engine.core.units import DAY
from engine.kernel.live import armed
from engine.kernel.strategies import host, intents, keeping
from engine.strategies.base import LONGEST_LESSON
from engine.strategies.readiness import Day
from engine.strategies.said import Remember
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import SetParameter, SetStrategy, Teach
    from engine.core.units import Nanos
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat


def switch(state: State, asked: SetStrategy) -> None:
    """Switch a strategy off, into the shadow, to paper, or live."""
    seat = state.strategies.seats.get(asked.strategy)
    if seat is None:
        state.out.notice(Level.WARN, f"there is no strategy {asked.strategy[:60]!r}", "STRATEGY")
        return
    why = _not_live(state, asked, seat) if asked.to is StrategyState.LIVE else ""
    if why:
        state.out.notice(Level.WARN, f"{seat.spec.title} is not live: {why}", "STRATEGY", seat.name)
        return
    ended = seat.halted if asked.to is not StrategyState.OFF else ""
    if asked.to is seat.state and not ended:
        return
    slept = not state.strategies.active(seat.strategy)
    before, seat.state = seat.state, asked.to
    if ended:
        seat.halted, seat.halted_at = "", None
        seat.real.fills.clear()
    if asked.to is not before:
        intents.take_back(state, seat)
    if asked.to is StrategyState.OFF:
        seat.why = None
    state.out.keep((keeping.row(seat),))
    if slept and state.strategies.context is not None:
        seat.strategy.woken(state.strategies.context)
    host.watch(state)
    host.tick(state, seat.strategy)
    _tell(state, seat, before, ended)


def _tell(state: State, seat: Seat, before: StrategyState, ended: str) -> None:
    level = Level.DANGER if seat.state is StrategyState.LIVE else Level.INFO
    text = f"{seat.spec.title} was {before.value} and is {seat.state.value}"
    if seat.state is StrategyState.PAPER and state.session.mode == LIVE:
        text += "; in a live session it sends nothing"
    if ended:
        text += f"; its halt is over ({ended})"
    state.out.notice(level, text, "STRATEGY", seat.name)
    state.out.dirty(topics.STRATEGIES, topics.QUOTER, topics.TOXICITY)


def _not_live(state: State, asked: SetStrategy, seat: Seat) -> str:
    session = state.session
    words = f"LIVE {session.account_name}"
    if session.mode != LIVE:
        return f"this is a {session.mode} session"
    if not armed(state):
        return "live trading is not armed"
    unready = seat.strategy.unready(seat.name, days(seat, state.now), bankroll(state, seat))
    if unready:
        return unready
    return "" if asked.typed.strip() == words else f"type {words}"


def days(seat: Seat, now: Nanos) -> list[Day]:
    """Return the days of a line that are over, as its readiness counts them; a day not counted was not up.

    Days on the paper desk and live ones are of one row; of a day that was both, the live part counts.
    """
    return [
        Day(
            float(one.realised - one.fees),
            traded=one.fills > 0,
            clean=one.halts == 0,
            up=1.0 - one.blind / one.asked if one.asked else 0.0,
            number=number,
        )
        for number, one in sorted({**seat.earned, **seat.real.days}.items())
        if number < now // DAY
    ]


def bankroll(state: State, seat: Seat) -> float | None:
    """Return what the first of a line's days began with: what our accounts hold, less what it has brought live."""
    known = [desk.cash for desk in state.desks.values() if desk.cash is not None]
    return float(sum(known) - seat.real.realised() + seat.real.fees()) if known else None


def tell(state: State, asked: SetParameter) -> None:
    """Tell a strategy something."""
    seat = state.strategies.seats.get(asked.strategy)
    found = None if seat is None else next((one for one in seat.parameters if one.name == asked.name), None)
    if seat is None or found is None:
        what = f"{asked.strategy[:60]} has no parameter {asked.name[:60]!r}"
        state.out.notice(Level.WARN, what, "PARAMETER")
        return
    try:
        value = found.read(asked.value)
    except ValueError as e:
        state.out.notice(Level.WARN, f"{seat.spec.title}: {e}", "PARAMETER", seat.name)
        return
    before = found.write(seat.value(found.name))
    keeping.tell(seat, found.name, value)
    state.out.keep((keeping.parameter(seat, found, value),))
    unit = f" {found.unit}" if found.unit else ""
    text = f"{seat.spec.title}: {found.name} was {before} and is {found.write(value)}{unit}"
    state.out.notice(Level.INFO, text, "PARAMETER", seat.name)
    host.watch(state)
    state.out.dirty(topics.STRATEGIES, topics.QUOTER, topics.TOXICITY, topics.strategy(seat.name))


def teach(state: State, asked: Teach) -> None:
    """Give a strategy the text of a file; what it cannot use changes nothing."""
    seat = state.strategies.seats.get(asked.strategy)
    if seat is None:
        state.out.notice(Level.WARN, f"there is no strategy {asked.strategy[:60]!r}", "STRATEGY")
        return
    try:
        found = _taught(seat, asked)
    except ValueError as e:
        state.out.notice(Level.WARN, f"{seat.spec.title}: {e}", "TEACH", seat.name)
        return
    state.out.keep((keeping.memory(seat, Remember(seat.name, asked.name, asked.body), state.now),))
    state.out.notice(Level.INFO, f"{seat.spec.title} was given {found}", "TEACH", seat.name)
    state.out.dirty(topics.STRATEGIES, topics.strategy(seat.name))


def _taught(seat: Seat, asked: Teach) -> str:
    if len(asked.body) > LONGEST_LESSON:
        msg = f"what it is taught is longer than {LONGEST_LESSON // 1024} KB"
        raise ValueError(msg)
    return seat.strategy.teach(seat.name, asked.name, asked.body)
