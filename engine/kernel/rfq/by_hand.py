"""The trader's own hand on a request: quoted now, at another edge, or let go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.effects import Level
from engine.kernel.rfq import quoting, rows, seated, standing, waiting
from engine.kernel.rfq.memory import CANCELLED, PENDING, Asked

if TYPE_CHECKING:
    from engine.core.commands import EditSpread, Pass
    from engine.core.commands import Quote as Press
    from engine.kernel.state import State

STANDS: Final = frozenset({"keeping", "signing", "open", "lost"})
"""A quote that may be taken, for all that is known of it."""


def press(state: State, command: Press) -> None:
    """The trader wants a request quoted now; beside a quote that may be taken no second one goes for a press."""
    asked = _open(state, command.trace)
    if asked is None:
        return
    if any(state.now < made.quote.until and made.status in STANDS for made in asked.live(state.now)):
        text = f"{asked.trace} is quoted already; another edge takes its quote back and quotes it anew"
        state.out.notice(Level.INFO, text, "RFQ", asked.trace)
        return
    asked.state = PENDING if asked.state == CANCELLED else asked.state
    quoting.consider(state, asked, pressed=True)
    seated.tick(state)


def edit(state: State, command: EditSpread) -> None:
    """The trader wants another edge on a request; quotes that stand stay until theirs is out or taken back."""
    asked = _open(state, command.trace)
    if asked is None:
        return
    if not (command.edge_bps.is_finite() and 0 <= command.edge_bps <= 5_000):
        state.out.notice(Level.WARN, "an edge lies between 0 and 5000 bp", "RFQ", asked.trace)
        return
    asked.edge_bps = float(command.edge_bps)
    rows.note(state, asked, "EDGE", f"{asked.edge_bps:g} bp by hand")
    stands = bool(asked.live(state.now))
    standing.take_back(state, asked)
    quoting.consider(state, asked, pressed=stands)
    seated.tick(state)


def let_go(state: State, command: Pass) -> None:
    """The trader lets a request go by."""
    asked = _open(state, command.trace)
    if asked is None:
        return
    asked.anew = ""
    standing.take_back(state, asked)
    waiting.forget(state, asked)
    rows.note(state, asked, "PASSED", "by hand")
    asked.state, asked.why = CANCELLED, "passed by hand"


def _open(state: State, trace: str) -> Asked | None:
    asked = state.rfq.asked.get(trace)
    why = (
        "is not known" if asked is None else "has traded" if asked.trades else f"is {asked.over}" if asked.over else ""
    )
    if why:
        state.out.notice(Level.INFO, f"request {trace[:80]} {why}", "RFQ")
        return None
    return asked
