"""One deterministic market day after another, as pure events: the outside world of demo mode.

Stations report, forecasts are revised, markets are listed and other traders trade. Everything follows from a seed
and the list of stations; there is no clock, no socket and no file. Events come in the order of their time and are
made only when asked for, so that a session may start at once and go on for ever.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.ids import HOUSE, YOU, AccountId
from engine.core.snapshot import CashRow
from engine.core.units import Money, Nanos
from engine.core.when import instant
from engine.sandbox import reports, warnings
from engine.sandbox.contracts import DAY, Board
from engine.sandbox.crowd import BANKROLL, TRADERS, Crowd
from engine.sandbox.makers import MAKERS
from engine.sandbox.outlook import Outlook
from engine.sandbox.places import regions, twins
from engine.sandbox.sky import Sky

if TYPE_CHECKING:
    from engine.core.events import Event
    from engine.core.snapshot import StationRow

START: Final = instant("2026-07-03T19:30:00Z")
"""Half past one in the afternoon at Chicago, local standard time: two and a half hours before the first close."""
SPEED: Final = 120.0
"""Two simulated minutes a real second."""
SEED: Final = 1
"""A day whose first prices are open questions."""
YOURS: Final = 1_000
HOUSE_FUNDS: Final = 250_000


@dataclass(frozen=True, slots=True)
class Day:
    """A simulated world: what a session needs to know of it, and its events."""

    seed: int
    start: Nanos
    speed: float
    place: str
    utc_offset_hours: int
    stations: tuple[StationRow, ...]
    """Those that report in it."""
    accounts: tuple[CashRow, ...]
    """Deposits to open with."""
    operators: tuple[AccountId, ...]

    def events(self) -> Iterator[Event]:
        """Yield every event from `start` on, for ever, in the order of time; each call begins anew."""
        weather = skies(self.seed, self.stations)
        outlook = Outlook(self.seed, weather)
        board = Board(weather, outlook, self.start)
        streams: list[Iterator[Event]] = [
            outlook.runs(self.start),
            reports.observations(weather, self.start),
            *(reports.climates(sky, self.start) for sky in weather),
            *(warnings.warnings(sky, self.start) for sky in weather),
            board.asked(),
            Crowd(self.seed, board).trades(self.start),
        ]
        return heapq.merge(*streams, key=_at)

    __iter__ = events


def build(seed: int, stations: Sequence[StationRow], start: Nanos = START, speed: float = SPEED) -> Day:
    """Return the world of a seed.

    Parameters
    ----------
    seed : int, >= 0
        Same seed, stations and start: same events.
    stations : sequence of StationRow
        Those known; the ones around Chicago Midway and the official ones of six cities report.
    start : Nanos
        When the session begins; what was reported earlier that day comes at once.
    speed : float, > 0
        How fast the host should play it.

    Raises
    ------
    ValueError
        If Chicago Midway is not among the stations.
    """
    found = regions(stations)
    home = found[0]
    funds = [(YOU, YOURS), (HOUSE, HOUSE_FUNDS), *((trader, BANKROLL) for trader in (*TRADERS, *MAKERS))]
    return Day(
        seed=seed,
        start=start,
        speed=speed,
        place=home.climate.name,
        utc_offset_hours=home.home.utc_offset_hours,
        stations=tuple(row for region in found for row in region.stations),
        accounts=tuple(CashRow(account=who, amount=Money(Decimal(sum_))) for who, sum_ in funds),
        operators=(DAY,),
    )


def skies(seed: int, stations: Sequence[StationRow]) -> tuple[Sky, ...]:
    """Return the weather of every region for a seed, Chicago first, with one faulty thermometer near it."""
    found = regions(stations)
    pair = twins(found[0])
    return tuple(Sky(seed, region, faulty="" if pair is None else pair[1].id) for region in found)


def _at(event: Event) -> Nanos:
    return event.at
