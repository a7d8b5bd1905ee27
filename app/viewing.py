"""Where the view of each topic comes from: the kernel's projections, and what is measured beside the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.local import health
from engine.host.charts import VIEWS
from engine.host.clock import steady
from engine.views import topics

if TYPE_CHECKING:
    from app.boot import Session
    from app.bridge import Bridge
    from engine.core.ids import Topic
    from widgets.frame import FrameClock

REPLAY: Final = "replay"
"""Mode of a recorded session."""


def view(session: Session, bridge: Bridge | None, topic: Topic) -> object:
    """Return the view of a topic as it is now; None where there is none."""
    if topic == topics.ALARMS:
        return None if bridge is None else bridge.alarms.alarms.view()
    if topic == topics.BACKTESTS:
        return None if bridge is None else bridge.backtests.view()
    if topic == topics.LATENCY:
        return session.host.latency.view(steady())
    if topic == topics.HEALTH:
        return None if session.mode == REPLAY else health.of(session)
    if topic.view in VIEWS:
        return session.charts.view(topic)
    if topic in {topics.RECORDER, topics.REPLAY, topics.DECISIONS}:
        return session.extra(topic)
    return session.kernel.view(topic)


def each_second(clock: FrameClock) -> None:
    """Have what is measured beside the kernel looked at again."""
    clock.mark(topics.LATENCY)
    clock.mark(topics.HEALTH)
    clock.mark(topics.RECORDER)
