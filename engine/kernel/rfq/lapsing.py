"""What time asks for of requests: waits that are over, quotes that nobody took, books that nobody needs any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel import watching
from engine.kernel.rfq import quoting, requoting, rows, seated, standing, waiting
from engine.kernel.rfq.memory import CANCELLED, PENDING, QUOTED

if TYPE_CHECKING:
    from engine.kernel.state import State


def due(state: State) -> bool:
    """Do what time asks for of requests; return whether it will be looked at again."""
    memory, now = state.rfq, state.now
    for like in [k for k, v in memory.likes.items() if now - v.at > seated.real(state, seated.debounce(state))]:
        del memory.likes[like]
    busy = False
    for asked in list(memory.asked.values()):
        if asked.state == PENDING and asked.waits_until is not None and now >= asked.waits_until:
            why = asked.why.removeprefix("waiting: ")
            waiting.forget(state, asked)
            seat = seated.seat_of(state)
            if seat is not None:
                quoting.dummy(state, asked, seated.values_of(seat))
            quoting.refuse(state, asked, f"not in time: {why}")
        if asked.state == QUOTED:
            requoting.look(state, asked)
        if asked.state == QUOTED and not asked.live(now):
            standing.settle(state, asked, "nobody took it in time")
        if asked.state == PENDING and now >= (asked.request.expires or asked.at + seated.real(state, seated.LASTS_S)):
            asked.state = CANCELLED
            rows.note(state, asked, "CANCELLED", asked.why or "its time is over")
        busy = busy or asked.waits_until is not None or bool(asked.live(now)) or asked.state == PENDING
    wanted = {one: until for one, until in memory.follows.items() if now < until}
    if wanted != memory.follows:
        memory.follows = wanted
        for desk in state.desks.values():
            watching.follow(state, desk)
    return busy or bool(wanted)
