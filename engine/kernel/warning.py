"""Warnings of the weather service as the session knows them: which stand, which were over when, and where.

An alert that is over stays at hand for a day, since orders are counted against what lay over their cell when they
were sent. What is told is bounded: neither the number of alerts nor that of their cells grows without end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from engine.core.effects import Level
from engine.core.units import DAY, Nanos
from engine.views import topics
from engine.weather import alerts

if TYPE_CHECKING:
    from engine.core.events import Alerted, AlertsOver
    from engine.kernel.state import State

MOST: Final = 2_000
"""Alerts at hand; the whole country has about 400 in force."""
MOST_CELLS: Final = 1_000_000
"""Entries of their areas together."""
PAST: Final = DAY
NEVER: Final = Nanos(2**63 - 1)


def alerted(state: State, event: Alerted) -> None:
    """Take in what an alert says now; what it replaces is over."""
    for one in event.replaces:
        if one != event.id:
            state.alerts.end(one, event.at)
    before = len(state.alerts.where(event.id))
    more = len(event.cells) - before
    if state.alert_cells + more > MOST_CELLS or (state.alerts.get(event.id) is None and len(state.alerts) >= MOST):
        text = f"{MOST} alerts or {MOST_CELLS} cells of them are at hand; {event.event[:80]} is not shown"
        state.out.notice(Level.WARN, text, "ALERTS")
    else:
        state.alert_cells += more
        state.alerts.put(alerts.heard(structs.replace(event, event=event.event[:80], headline=event.headline[:300])))
    _changed(state)


def over(state: State, event: AlertsOver) -> None:
    """Take in that alerts are over."""
    if sum(state.alerts.end(one, event.at) for one in event.ids):
        _changed(state)


def beat(state: State) -> None:
    """Note that an alert has begun to stand or is over, and forget those that were over a day ago."""
    if state.now < state.alerts_change:
        return
    if state.alerts.forget(Nanos(state.now - PAST)):
        state.alert_cells = sum(len(state.alerts.where(alert.id)) for alert in state.alerts.all())
    _changed(state)


def _changed(state: State) -> None:
    """Note the views that show alerts, and when the next one will change by itself."""
    turns = (at for one in state.alerts.all() for at in (one.effective, one.over_at, Nanos(one.over_at + PAST)))
    state.alerts_change = min((at for at in turns if at > state.now), default=NEVER)
    state.alert_turn += 1
    state.out.dirty(topics.ALERTS)
    state.out.dirty(*(topics.cells(one.id) for one in state.exchange.markets.values() if one.status == "open"))
    state.out.dirty(*(topics.cells(one.id) for one in state.families.values() if one.station))
