"""The simulated venues in front of a kernel, with the paper gateway's own simulator: a demo day but its pixels."""

from __future__ import annotations

import heapq
import random
from itertools import count
from typing import TYPE_CHECKING, Any

from engine.core.commands import SetStrategy, StrategyState
from engine.core.effects import Keep, Look, Notice, Replace, Submit, Wake, Withdraw
from engine.core.events import Asked, Due, Kept, LinkChanged, LinkReport, Opened
from engine.core.ids import KALSHI, POLYMARKET
from engine.core.snapshot import Snapshot, VenueRow
from engine.core.units import SECOND, Nanos
from engine.core.when import instant
from engine.kernel.step import Kernel
from engine.orders.simulate import Simulator
from engine.sandbox import venues
from engine.venues import registry
from tests.engine.kernel.desk import STATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.events import Event

START = instant("2026-07-03T15:00:00Z")
MARKET = {"BookDelta", "BookSnapshot", "Trade", "Listed", "LinkChanged", "StatusChanged", "GridChanged", "BooksStale"}


class Day:
    """One session on the simulated venues, as fast as it can."""

    def __init__(self, seed: int = 7, *, rate: float = 0.5, coin_rate: float = 1.0, start: Nanos = START) -> None:
        chance = random.Random(seed)
        self.simulators = {venue: Simulator(venue, chance.random) for venue in (KALSHI, POLYMARKET)}
        self.kernel = Kernel()
        self.state = self.kernel.state
        self.at = start
        self.seen: list[Event] = []
        self.notices: list[Notice] = []
        self.steps = 0
        self._ties = count()
        self._todo: list[tuple[int, int, Any]] = []
        self._feed: Iterator[Event] = venues.events(seed, start, STATIONS, rate=rate, coin_rate=coin_rate)
        rows: tuple[VenueRow, ...] = registry.ROWS
        self.step(
            Opened(
                at=start,
                snapshot=Snapshot(
                    profile="day", mode="demo", account_name="day", salt="a1b2c3d4e5f6", venues=rows, stations=STATIONS,
                    beat=Nanos(SECOND),
                ),
            )
        )  # fmt: skip
        for venue in (KALSHI, POLYMARKET):
            self.step(LinkChanged(at=start, venue=venue, up=True, channel="account"))

    def step(self, event: Event) -> None:
        """Step an event and carry out what the kernel asks."""
        self.steps += 1
        if type(event).__name__ in MARKET:
            for one in self.simulators.values():
                self._answers(one, one.step(event, self.at))
        for effect in self.kernel.step(event):
            match effect:
                case Keep(then=then) if then:
                    self._later(self.at, Kept(at=self.at, what=then))
                case Wake(due=due, what=what):
                    self._later(due, Due(at=due, what=what))
                case Notice():
                    self.notices.append(effect)
                case Submit() | Withdraw() | Replace() | Look():
                    for one in self.simulators.values():
                        if _venue(effect) == one.venue:
                            self._answers(one, one.step(effect, self.at))

    def _answers(self, one: Simulator, some: list[Any]) -> None:
        for answer in some:
            self._later(self.at, answer)
        due = one.next_due
        if due is not None:
            self._later(due, one)

    def _later(self, at: int, what: Any) -> None:
        heapq.heappush(self._todo, (max(at, self.at), next(self._ties), what))

    def ask(self, command: Any) -> None:
        """Put a command."""
        self.step(Asked(at=self.at, command=command, pressed_at=Nanos(self.at)))

    def switch(self, to: StrategyState, *names: str) -> None:
        """Switch strategies; all when none is named."""
        for name in names or tuple(self.state.strategies.seats):
            self.ask(SetStrategy(strategy=name, to=to))  # type: ignore[arg-type]

    def run(self, seconds: float) -> None:
        """Let the day go on."""
        until, beat = self.at + int(seconds * SECOND), 0
        for event in self._feed:
            self._until(min(event.at, until))
            if event.at > until:
                self._feed = _again(event, self._feed)
                break
            self.at = max(self.at, event.at)
            if self.at - beat > 10 * SECOND:
                beat = self.at
                for venue in (KALSHI, POLYMARKET):
                    self.step(LinkReport(at=self.at, venue=venue, frames=self.steps, skew_ms=1.0))
            self.step(event)
        self._until(until)

    def _until(self, moment: int) -> None:
        while self._todo and self._todo[0][0] <= moment:
            at, _, what = heapq.heappop(self._todo)
            self.at = Nanos(max(self.at, at))
            if isinstance(what, Simulator):
                if what.next_due is not None and what.next_due <= self.at:
                    self._answers(what, what.due(self.at))
            else:
                self.step(_now(what, self.at))
        self.at = Nanos(max(self.at, moment))


def _now(event: Any, at: Nanos) -> Any:
    from msgspec.structs import replace

    return replace(event, at=at)


def _again(event: Event, rest: Iterator[Event]) -> Iterator[Event]:
    yield event
    yield from rest


def _venue(effect: Any) -> str:
    match effect:
        case Submit(order=order):
            return order.place.instrument.venue
        case Withdraw(known=known) | Replace(known=known):
            return "" if known is None else known.instrument.venue
        case _:
            return str(effect.venue)
