"""Live orders leave only while armed: by typed words, for eight hours, never after a halt, a restart or a sleep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.effects import Level
from engine.core.snapshot import LIVE
from engine.core.units import HOUR, Nanos
from engine.kernel import reshowing, withdrawing
from engine.kernel.live import slept
from engine.kernel.weighing import link_down

if TYPE_CHECKING:
    from engine.core.commands import Arm
    from engine.kernel.state import State

LASTS: Final = 8 * HOUR


def arm(state: State, asked: Arm) -> None:
    """Let orders leave, if the words are right and everything that guards them stands."""
    session = state.session
    words = f"LIVE {session.account_name}"
    why = ""
    if session.mode != LIVE:
        why = f"this is a {session.mode} session: nothing leaves it, and there is nothing to arm"
    elif asked.typed.strip() != words:
        why = f"not armed: type {words}"
    else:
        why = standing(state)
    if why:
        state.out.notice(Level.WARN, why, "ARMED")
        return
    session.armed_until = Nanos(state.now + LASTS)
    state.out.wake(session.armed_until, "disarm")
    state.out.notice(Level.DANGER, "LIVE: orders reach the venues for real for eight hours", "ARMED")
    reshowing.everything(state)


def standing(state: State) -> str:
    """Return what keeps live trading from being armed; empty when nothing does."""
    session = state.session
    if session.halted_by:
        return f"not armed: trading is halted by {session.halted_by}"
    if not session.storage_ok:
        return "not armed: the disk takes no writes"
    if not session.chain_ok:
        return "not armed: the settlement log does not verify"
    trading = [desk for desk in state.desks.values() if desk.facts.trades]
    if not trading:
        return "not armed: no venue of this session takes orders"
    for desk in trading:
        down = link_down(desk)
        if down:
            return f"not armed: the link to {desk.facts.title} is down: {down}"
        if not desk.reconciled:
            return f"not armed: the account on {desk.facts.title} is not reconciled: {desk.why}"
    return ""


def disarm(state: State, why: str) -> None:
    """Let nothing more leave, and take back every order."""
    if state.session.armed_until is None:
        return
    state.session.armed_until = None
    withdrawing.cancel_all(state)
    reason = f": {why.strip()[:200]}" if why.strip() else ""
    state.out.notice(Level.WARN, f"live trading is disarmed{reason}", "ARMED")
    reshowing.everything(state)


def expire(state: State) -> None:
    """Its time is up."""
    until = state.session.armed_until
    if until is not None and state.now >= until:
        disarm(state, "eight hours are over")


def beat(state: State) -> None:
    """Disarm after a sleep: nobody watched meanwhile."""
    if slept(state):
        disarm(state, "the machine slept")
    state.beat_at = state.now
