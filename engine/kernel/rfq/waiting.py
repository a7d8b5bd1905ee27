"""Requests that wait for a book or a mark of their hedge: both are followed for a while, and no longer than needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.units import Nanos
from engine.kernel import watching
from engine.kernel.rfq import finding, pricing, rows, seated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.kernel.rfq.memory import Asked
    from engine.kernel.state import State
    from engine.strategies.spec import Value


def begin(state: State, asked: Asked, values: Mapping[str, Value]) -> bool:
    """Follow the books that a request lacks, or their marks, as long as it may wait; False where none can come."""
    oldest = float(values["stale_mark"])
    some = [(one, state.listings[one]) for one in pricing.wanted(state, asked)]
    missing = [one for one, listing in some if listing.stale or not finding.fresh(state, listing, oldest)]
    if not missing:
        return False
    if asked.waits_until is None:
        asked.waits_until = Nanos(state.now + seated.real(state, float(values["wait"])))
        rows.note(state, asked, "WAITING", f"for {', '.join(one.symbol for one in missing)}")
    if state.now >= asked.waits_until:
        return False
    until = Nanos(state.now + seated.real(state, float(values["valid"]) + 60.0))
    for one in missing:
        state.rfq.follows[one] = until
        state.rfq.waiting.setdefault(one, {})[asked.trace] = None
    for venue in sorted({one.venue for one in missing}):
        watching.follow(state, state.desks[venue])
    return True


def forget(state: State, asked: Asked) -> None:
    """Let a request wait no longer."""
    asked.waits_until = None
    for one in list(state.rfq.waiting):
        some = state.rfq.waiting[one]
        some.pop(asked.trace, None)
        if not some:
            del state.rfq.waiting[one]
