"""When a venue is asked for our account: at once after a gap, and again, more rarely each time, until all is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.effects import Look
from engine.core.units import SECOND, Nanos
from engine.kernel import inflight
from engine.kernel.desks import Asking
from engine.views import topics

if TYPE_CHECKING:
    from engine.kernel.desks import Desk
    from engine.kernel.state import State
    from engine.orders.register import Order

BACK_OFF: Final = tuple(Nanos(n * SECOND) for n in (1, 1, 2, 3, 5, 8, 10, 15, 30))
"""Waits between pictures while something is unknown; the last one from then on."""
PATIENCE: Final = 15 * SECOND
"""A picture that has not come by then is given up and asked for anew."""


def look(state: State, desk: Desk, only: Order | None = None) -> None:
    """Ask for our account now, and for every order of which something may still come; or for one order alone."""
    some = [only] if only is not None else [o for o in inflight.open_on(state, desk.venue) if o.id not in state.pending]
    desk.looking = Asking(state.now, frozenset(one.id for one in some))
    desk.looks += 1
    desk.look_due = None
    state.out.want(Look(venue=desk.venue, orders=tuple(inflight.known_of(one) for one in some)))


def soon(state: State, desk: Desk, *, anew: bool = False) -> None:
    """Ask again after a while that grows, unless that is already set; `anew` for what has just become unknown.

    What is set is never put off, not even when its time has come and its timer has not been heard yet: a beat of the
    same second would put it off for ever.
    """
    if anew:
        desk.looks = 0
    elif desk.looking is not None:
        return
    wait = BACK_OFF[min(desk.looks, len(BACK_OFF) - 1)]
    due = Nanos(state.now + desk.real(wait))
    if desk.look_due is not None and desk.look_due <= due:
        return
    desk.look_due = due
    state.out.wake(due, f"look:{desk.venue}")


def doubt(state: State, desk: Desk, why: str) -> None:
    """Let nothing more through to a venue until our account was held against its own."""
    desk.reconciled, desk.why = False, why
    state.out.dirty(topics.CONNECTIONS, topics.GATES, topics.SPINE)
    soon(state, desk)
