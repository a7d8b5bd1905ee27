"""Whether live orders may leave now: asked by every gate, by what sends, and by what shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.units import SECOND

if TYPE_CHECKING:
    from engine.kernel.state import State

ASLEEP: Final = 60 * SECOND
"""A beat that is so much late means that the machine slept."""


def armed(state: State) -> bool:
    """Whether live trading is armed, and nobody slept since: what was delivered at waking comes before the beat."""
    until, now = state.session.armed_until, state.now
    if until is None or now >= until:
        return False
    return now - state.beat_at - state.beat <= ASLEEP or state.beat_at == 0  # as `slept`, without the call


def slept(state: State) -> bool:
    """Whether the next beat is so late that the machine must have slept; not before the session's first."""
    return state.beat_at != 0 and state.now - state.beat_at - state.beat > ASLEEP
