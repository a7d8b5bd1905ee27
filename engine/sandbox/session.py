"""A whole demo session as fast as it goes: the simulated venues, the kernel, and the paper gateways' own simulator.

No host, no clock, no disk: what the kernel wants kept is safe at once, what it wants sent is matched by the simulator,
and its timers fire in the order of time. The same seed gives the same session.
"""

from __future__ import annotations

import heapq
import random
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from engine.core.commands import SetStrategy
from engine.core.effects import Keep, Look, Notice, Replace, Submit, Wake, Withdraw
from engine.core.events import (
    Asked,
    BookDelta,
    BookSnapshot,
    BooksStale,
    Due,
    GridChanged,
    GridForecast,
    Kept,
    LinkChanged,
    LinkReport,
    Listed,
    Observed,
    Opened,
    StationForecast,
    StatusChanged,
    Trade,
)
from engine.core.ids import KALSHI, POLYMARKET, VenueId
from engine.core.snapshot import Snapshot
from engine.core.units import SECOND, Nanos
from engine.kernel.step import Kernel
from engine.orders.simulate import Simulator
from engine.sandbox import day, venues
from engine.venues import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.core.commands import AnyCommand, StrategyState
    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.core.snapshot import StationRow

MARKET: Final = (BookDelta, BookSnapshot, BooksStale, GridChanged, LinkChanged, Listed, StatusChanged, Trade)
"""What gateways on paper hear."""
WEATHER: Final = (GridForecast, Observed, StationForecast)
"""What the sky tells; nobody else trades on our own exchange here."""
REPORT_EVERY: Final = 10 * SECOND
NOTICES: Final = 10_000


class PureSession:
    """One session on the simulated venues.

    Parameters
    ----------
    start : Nanos
    stations : sequence of StationRow
        Chicago Midway among them.
    rate, coin_rate : float, > 0, per second of the session
        What the crowd does, and bitcoin trades.
    heard : callable, optional
        Told each event with what the kernel answered, as a journal would be.
    """

    def __init__(
        self,
        seed: int,
        start: Nanos,
        stations: Sequence[StationRow],
        *,
        rate: float = 0.5,
        coin_rate: float = 1.0,
        heard: Callable[[Event, Sequence[AnyEffect]], None] | None = None,
    ) -> None:
        chance = random.Random(seed)
        self.simulators = {venue: Simulator(venue, chance.random) for venue in (KALSHI, POLYMARKET)}
        self.kernel = Kernel()
        self._heard = heard
        self.state = self.kernel.state
        self.at = start
        self.steps = 0
        self.orders = 0
        """Submitted."""
        self.notices: list[Notice] = []
        """The last of them."""
        self._ties = count()
        self._todo: list[tuple[int, int, Any]] = []
        self._reported = 0
        world = day.build(seed, stations, start=start)
        weather = (event for event in world.events() if isinstance(event, WEATHER))
        told = venues.events(seed, start, stations, rate=rate, coin_rate=coin_rate)
        self._feed: Iterator[Event] = heapq.merge(weather, told, key=lambda event: event.at)
        opened = Snapshot(
            profile="sandbox", mode="demo", account_name="sandbox", salt="a1b2c3d4e5f6", venues=registry.ROWS,
            stations=tuple(stations), place=world.place, utc_offset_hours=world.utc_offset_hours, beat=Nanos(SECOND),
        )  # fmt: skip
        self.step(Opened(at=start, snapshot=opened))
        for venue in self.simulators:
            self.step(LinkChanged(at=start, venue=venue, up=True, channel="account"))

    def step(self, event: Event) -> None:
        """Step an event and carry out what the kernel asks."""
        self.steps += 1
        if isinstance(event, MARKET):
            for one in self.simulators.values():
                self._answers(one, one.step(event, self.at))
        effects = self.kernel.step(event)
        if self._heard is not None:
            self._heard(event, effects)
        for effect in effects:
            self._carry_out(effect)

    def ask(self, command: AnyCommand) -> None:
        """Put a command."""
        self.step(Asked(at=self.at, command=command, pressed_at=self.at))

    def switch(self, to: StrategyState, *names: str) -> None:
        """Switch strategies; all when none is named."""
        chosen = [name for name in self.state.strategies.seats if not names or name in names]
        for name in chosen:
            self.ask(SetStrategy(strategy=name, to=to))

    def run(self, seconds: float) -> None:
        """Let the session go on."""
        until = Nanos(self.at + int(seconds * SECOND))
        for event in self._feed:
            self._until(min(event.at, until))
            if event.at > until:
                self._feed = _again(event, self._feed)
                break
            self.at = max(self.at, event.at)
            self._report()
            self.step(event)
        self._until(until)

    def _report(self) -> None:
        if self.at - self._reported < REPORT_EVERY:
            return
        self._reported = self.at
        for venue in self.simulators:
            self.step(LinkReport(at=self.at, venue=venue, frames=self.steps, skew_ms=1.0))

    def _carry_out(self, effect: AnyEffect) -> None:
        match effect:
            case Keep(then=then):
                if then:
                    self._later(self.at, Kept(at=self.at, what=then))
            case Wake(due=due, what=what):
                self._later(due, Due(at=due, what=what))
            case Notice():
                self.notices.append(effect)
                del self.notices[:-NOTICES]
            case Submit() | Withdraw() | Replace() | Look():
                self.orders += isinstance(effect, Submit)
                one = self.simulators.get(_venue(effect))
                if one is not None:
                    self._answers(one, one.step(effect, self.at))
            case _:
                pass

    def _answers(self, one: Simulator, some: Sequence[Event]) -> None:
        for answer in some:
            self._later(self.at, answer)
        due = one.next_due
        if due is not None:
            self._later(due, one)

    def _later(self, at: Nanos, what: Event | Simulator) -> None:
        heapq.heappush(self._todo, (max(at, self.at), next(self._ties), what))

    def _until(self, moment: Nanos) -> None:
        while self._todo and self._todo[0][0] <= moment:
            at, _, what = heapq.heappop(self._todo)
            self.at = Nanos(max(self.at, at))
            if not isinstance(what, Simulator):
                self.step(replace(what, at=self.at))
            elif what.next_due is not None and what.next_due <= self.at:
                self._answers(what, what.due(self.at))
        self.at = Nanos(max(self.at, moment))


def _again(event: Event, rest: Iterator[Event]) -> Iterator[Event]:
    yield event
    yield from rest


def _venue(effect: Submit | Withdraw | Replace | Look) -> VenueId:
    if isinstance(effect, Submit):
        return effect.order.place.instrument.venue
    if isinstance(effect, Look):
        return effect.venue
    return VenueId("") if effect.known is None else effect.known.instrument.venue
