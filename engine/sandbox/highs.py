"""A day's highest temperature at a simulated station: its brackets, what they are worth, and how it ends.

The truth and the forecasts are those of the simulated day itself, so that a venue's market, the embedded
exchange's market and the weather on the screen tell one story.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from engine.core.ids import Cell
from engine.core.reading import CellQuantiles
from engine.core.units import MINUTE, Nanos
from engine.sandbox.contracts import EVENING, ladder
from engine.sandbox.crowd import LATE
from engine.sandbox.outlook import Z90, high_sigma
from engine.sandbox.sky import DAY_MINUTES, minute_of, nanos_of
from engine.weather import forecast

if TYPE_CHECKING:
    from engine.core.contract import Bracket
    from engine.core.snapshot import StationRow
    from engine.sandbox.outlook import Outlook
    from engine.sandbox.sky import Sky

MORNING: Final = 10
"""Local hour at which the venues list the next day's high, so that there is always one that is not decided."""
STALE: Final = MINUTE
"""How long a chance once computed is used."""


@dataclass(slots=True)
class High:
    """The high of one local standard day at one station."""

    sky: Sky
    station: int
    """Index in its region."""
    day: int
    """Local standard days since 1970."""
    outlook: Outlook
    brackets: tuple[Bracket, ...] = ()
    _until: int = -1
    _chances: tuple[float, ...] = field(default=())

    def __post_init__(self) -> None:
        """Cut the degrees into brackets around what was forecast the evening before."""
        eve = self._truth() + self.outlook.drift(self.sky, self.day) * high_sigma(EVENING - 24)
        self.brackets = ladder(round(eve))

    @property
    def row(self) -> StationRow:
        """The station that decides."""
        return self.sky.region.stations[self.station]

    @property
    def opens(self) -> Nanos:
        """When the day begins, local standard midnight."""
        return nanos_of(self.sky.midnight(self.day))

    @property
    def closes(self) -> Nanos:
        """When it ends."""
        return nanos_of(self.sky.midnight(self.day + 1))

    @property
    def listed(self) -> Nanos:
        """When it is first traded: the morning before."""
        return nanos_of(self.sky.midnight(self.day) - DAY_MINUTES + MORNING * 60)

    @property
    def date(self) -> date:
        """The local day."""
        return datetime.fromtimestamp(self.day * DAY_MINUTES * 60, UTC).date()

    def final(self) -> int:
        """Return the official value, whole degrees Fahrenheit."""
        return int(self._truth())

    def winner(self) -> int:
        """Return the index of the bracket that holds the official value."""
        value = self.final()
        return next(i for i, b in enumerate(self.brackets) if _holds(b, value))

    def chances(self, at: Nanos) -> tuple[float, ...]:
        """Return the chance of every bracket as seen at an instant, summing to one."""
        if at // STALE != self._until:
            self._until, self._chances = at // STALE, self._judge(at)
        return self._chances

    def _judge(self, at: Nanos) -> tuple[float, ...]:
        if at >= self.closes + LATE:
            return tuple(float(i == self.winner()) for i in range(len(self.brackets)))
        hour = (minute_of(at) - minute_of(self.opens)) / 60
        sigma = high_sigma(hour)
        middle = self._truth() + self.outlook.drift(self.sky, self.day) * sigma
        quantiles = CellQuantiles(
            cell=Cell(self.row.cell), p10=middle - Z90 * sigma, p50=middle, p90=middle + Z90 * sigma
        )
        seen = self._seen(Nanos(at - LATE))
        known = forecast.OPEN if seen is None else forecast.Range(at_least=seen)
        return tuple(forecast.whole_in(quantiles, b.low, b.high, known) for b in self.brackets)

    def _seen(self, at: Nanos) -> float | None:
        """Return the highest temperature the hourly reports have shown so far."""
        opens = minute_of(self.opens)
        values = self.sky.fahrenheit(self.station, opens - 1, minute_of(at) - 1) if minute_of(at) > opens else ()
        shown = values[self.row.routine_minute :: 60]
        return float(max(shown)) if len(shown) else None

    def _truth(self) -> float:
        return float(self.sky.truth(self.day).fahrenheit[self.station].max())


def _holds(bracket: Bracket, value: int) -> bool:
    return (bracket.low is None or bracket.low <= value) and (bracket.high is None or value <= bracket.high)
