"""What changed among the alerts of the weather service since it was last told, as events.

A service is asked for everything in force; the kernel hears of what is new, of what says more than before (a zone
whose outline came later), and of what is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.core.events import Alerted, AlertsOver
from engine.core.units import Nanos
from engine.weather.alerts import Alert, Alerts, told
from engine.weather.areas import Cells

Emit = Callable[[Alerted | AlertsOver], object]


@dataclass(slots=True)
class AlertNews:
    """Emits an event for each alert that is new or says more, and one for all that are gone.

    An object of this class can be the `warned` of `Follow`.
    """

    now: Callable[[], Nanos]
    emit: Emit
    _told: dict[str, tuple[Alert, Cells]] = field(default_factory=dict)

    def __call__(self, known: Alerts) -> None:
        """Tell what changed."""
        at = self.now()
        found = {alert.id: (alert, known.where(alert.id)) for alert in known.all() if alert.over_at > at}
        gone = tuple(one for one, (alert, _) in self._told.items() if one not in found and alert.over_at > at)
        if gone:
            self.emit(AlertsOver(at=at, ids=gone))
        for one, (alert, cells) in found.items():
            if self._told.get(one) != (alert, cells):
                self.emit(told(alert, cells, at))
        self._told = found
