"""What time asks for: each timer that fell due, and the beat, which keeps all that no event would move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import MarketId, OrderId, VenueId
from engine.core.units import MINUTE, NO_MONEY
from engine.core.when import day_start
from engine.kernel import (
    arming,
    automated,
    control,
    exposing,
    forgetting,
    journal,
    linking,
    listing,
    reconciling,
    resting,
    results,
    rostering,
    rows,
    settling,
    warning,
    withdrawing,
)
from engine.kernel.options import sensing
from engine.kernel.outbox import named
from engine.kernel.rfq import desk as rfq
from engine.kernel.strategies import accounts, host, intents
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.units import Money
    from engine.kernel.state import State

KEEP_CURVE: Final = MINUTE
"""Between two points of the result that are kept."""
BEAT_VIEWS: Final = named(topics.SPINE, topics.FEEDS, topics.GATES, topics.ALERTS, topics.SCENARIOS, topics.OVERSIGHT)
"""What shows times and ages."""


def due(state: State, what: str) -> None:
    """Do what a timer was set for, by the word it begins with; one that nobody knows any more does nothing."""
    kind, _, rest = what.partition(":")
    if kind == "beat":
        _beat(state)
    elif kind == "close":
        listing.close(state, MarketId(rest))
    elif kind == "decay":
        listing.decay(state, MarketId(rest))
    elif kind == "rest":
        resting.expire(state, OrderId(rest))
    elif kind == "settle":
        settling.attempt(state, MarketId(rest))
    elif kind == "look":
        reconciling.due(state, VenueId(rest))
    elif kind == "disarm":
        arming.expire(state)
    elif kind == "ask":
        host.due(state, what)
    elif kind == "lapse":
        intents.lapse(state, what)
    elif kind == "markouts":
        accounts.due(state, what)
    elif kind == "rfq":
        rfq.due(state)


def _beat(state: State) -> None:
    """Do what time alone asks for."""
    state.out.wake(state.now + state.beat, "beat")  # type: ignore[arg-type] # as in `units`
    before: Money = state.total
    rostering.beat(state)
    linking.beat(state)
    if state.register.waiting:
        withdrawing.beat(state)
    reconciling.beat(state)
    arming.beat(state)
    warning.beat(state)
    host.beat(state)
    automated.beat(state)
    journal.beat(state)
    if state.options.held:
        sensing.beat(state)
    exposing.remark_all(state)
    results.refresh(state)
    if day_start(state.now) != state.day_from:
        results.bases(state)
        forgetting.forget(state)
    _curve(state, before)
    state.out.dirty_all(BEAT_VIEWS)
    control.guard(state)


def _curve(state: State, before: Money) -> None:
    """Put a point on the curve when the result moved or a minute went by; once a minute one is kept."""
    last = state.curve[-1] if state.curve else None
    if last is None or state.total != before or state.now - last.at >= KEEP_CURVE:
        newest = results.point(state)
        state.remember(newest)
        if state.now - state.kept_curve_at >= KEEP_CURVE and (state.total != NO_MONEY or state.fills):
            state.kept_curve_at = state.now
            state.out.keep((rows.pnl(newest),))
        state.out.dirty(topics.PNL, topics.POSITIONS)
