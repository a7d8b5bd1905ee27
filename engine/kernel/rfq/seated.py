"""The RFQ desk's line in the registry: what it is told, whether its quotes may leave, and the beat of its time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.commands import StrategyState
from engine.core.units import SECOND, Nanos
from engine.strategies import rfq_desk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.strategies.spec import Value

TICK: Final = "rfq:tick"
OFF: Final = StrategyState.OFF
LASTS_S: Final = 60.0
"""Real seconds that a request without an end of its own stays open."""


def seat_of(state: State) -> Seat | None:
    """Return the desk's line in the registry; None in a session without it."""
    return state.strategies.seats.get(rfq_desk.NAME)


def values_of(seat: Seat) -> Mapping[str, Value]:
    """Return what the desk is told."""
    return seat.strategy.values[seat.name]


def real(state: State, seconds: float, venue: str = "") -> Nanos:
    """Return how much of the session's clock goes by in so many real seconds."""
    desks = [d for d in state.desks.values() if not venue or d.venue == venue]
    return Nanos(int(seconds * SECOND * max((desk.facts.pace for desk in desks), default=1.0)))


def stopped(state: State) -> str:
    """Return why no quote may leave at all; empty while they may."""
    session, seat = state.session, seat_of(state)
    if seat is None or seat.state is OFF:
        return "the RFQ desk is switched off"
    if seat.halted:
        return f"the RFQ desk is halted: {seat.halted}"
    if session.halted_by:
        return f"trading is halted by {session.halted_by}"
    if session.reduce_only:
        return "only what reduces may trade"
    if not session.storage_ok:
        return f"nothing can be written down: {session.storage_why}"
    return ""


def debounce(state: State) -> float:
    """Return for how many real seconds the same request gets the same price."""
    seat = seat_of(state)
    return 0.0 if seat is None else float(values_of(seat)["debounce"])


def tick(state: State) -> None:
    """Have time looked at while anything of requests depends on it."""
    if state.rfq.ticking:
        return
    state.rfq.ticking = True
    state.out.wake(Nanos(state.now + real(state, 1.0)), TICK)
