"""Five-minute rows of Visual Crossing within a day's allowance: whose turn it is, and when it can be afforded.

A query is charged by the record and always for whole days, so that a small key can ask for few stations a day. The
stations take turns; what one query cost says how many more there will be, and they are spread over what is left of
the day, which ends at midnight UTC. Charges of earlier sessions are not known: the service refuses when it is over.

Source: Timeline API; the service's answers carry what they cost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.core.errors import BadReport
from engine.core.units import DAY, HOUR, MINUTE, SECOND, Nanos
from engine.core.when import utc_day
from engine.sources import visual_crossing

if TYPE_CHECKING:
    from engine.core.ids import StationId
    from engine.sources.http import Told
    from engine.sources.visual_crossing_client import VisualCrossing

EVERY: Final = 5 * MINUTE
"""Between two questions about one station."""
USUAL: Final = float(visual_crossing.SLOTS)
"""What a day of rows is taken to cost before the first has said."""
LATE: Final = HOUR
"""After midnight UTC the day before is asked for, too, for so long."""


@dataclass(slots=True)
class Traces:
    """Which station is next, and what is left of today's records."""

    service: VisualCrossing
    now: Callable[[], Nanos]
    allowance: float
    """Records a day."""
    failed: frozenset[StationId] = frozenset()
    """Stations whose rows failed the check against official highs."""
    spent: float = 0.0
    _day: int = -1
    _cost: float = USUAL
    """Of the last query."""
    _asked: dict[StationId, Nanos] = field(default_factory=dict)

    @property
    def room(self) -> float:
        """Return the share of today's allowance that is left, as far as this session has spent it."""
        self._turn_day()
        return max(0.0, 1.0 - self.spent / self.allowance)

    def wanted(self, stations: Sequence[StationId]) -> list[StationId]:
        """Return the stations that have five-minute rows here, the one whose turn it is first."""
        having = [one for one in stations if one not in self.failed and not visual_crossing.refused(one)]
        return sorted(having, key=lambda station: (self._asked.get(station, 0), station))

    async def ask(self, station: StationId) -> Told[visual_crossing.Trace]:
        """Ask about a station's running day and count what it cost.

        Raises
        ------
        NoAnswer, BadReport
            As the service's; the station's turn is over either way.
        """
        self._turn_day()
        at = self.now()
        self._asked[station] = at
        today = utc_day(at)
        first = today - timedelta(days=1) if at % DAY < LATE else today
        days = (today - first).days + 1
        try:
            told = await self.service.trace(station, first, today)
        except BadReport:  # what cannot be used was charged as well
            self.spent += USUAL * days
            raise
        cost = told.value.cost if told.value.cost > 0 else USUAL * days
        self.spent += cost
        self._cost = cost / days
        return told

    def wait_s(self, stations: Sequence[StationId]) -> float:
        """Return the seconds until the next question: what is left is spread over the rest of the day."""
        self._turn_day()
        left_s = (DAY - self.now() % DAY) / SECOND
        affordable = (self.allowance - self.spent) // self._cost
        if affordable < 1:
            return left_s
        turn = EVERY / SECOND / max(len(self.wanted(stations)), 1)
        return max(turn, left_s / affordable)

    def _turn_day(self) -> None:
        today = self.now() // DAY
        if today != self._day:
            self._day, self.spent = today, 0.0
