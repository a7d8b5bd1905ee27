"""Recorded or made-up events through the live kernel and the paper gateways' own simulator, as fast as it goes.

No loop, no clock, no disk: what the kernel wants kept is safe at once, what it wants sent is matched by the simulator
of its venue, and timers fire in the order of time. The same events and the same seed give the same session.
"""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from engine.core.commands import SetStrategy
from engine.core.effects import Changed, Keep, Look, Notice, Replace, Submit, Wake, Withdraw
from engine.core.events import (
    Asked,
    BookDelta,
    BookSnapshot,
    BooksStale,
    Due,
    GridChanged,
    Kept,
    LinkChanged,
    LinkReport,
    Listed,
    Marked,
    Opened,
    StatusChanged,
    Trade,
)
from engine.core.ids import VenueId
from engine.core.units import SECOND, Nanos
from engine.kernel.step import Kernel
from engine.orders.simulate import NEVER, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from engine.core.commands import AnyCommand, StrategyState
    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.core.snapshot import Snapshot
    from engine.strategies.base import Strategy

MARKET: Final = (BookDelta, Trade, BookSnapshot, BooksStale, GridChanged, LinkChanged, Listed, Marked, StatusChanged)
"""What gateways on paper hear, the most frequent first."""
HEARD: Final = frozenset(MARKET)
"""The same, to ask of every event."""
REPORT_EVERY: Final = 10 * SECOND
NOTICES: Final = 10_000


class _Gateway:
    """A simulator, and when it is looked at again."""

    __slots__ = ("hear", "planned", "simulator")

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.hear = simulator.step
        """At hand: it is called for every event."""
        self.planned: int = NEVER


class Backtest:
    """One session without a host.

    Parameters
    ----------
    snapshot : Snapshot
        What it begins with.
    at : Nanos
        When it begins.
    feed : iterator of Event
        In the order in which they became known; `at` of each is that moment.
    simulators : mapping of VenueId to Simulator
        Whoever takes orders.
    heard : callable, optional
        Told each event with what the kernel answered, as a journal would be.
    pulse : Nanos, optional
        How often every venue's link says that it lives, whether its market moves or not, as real links do; without
        it, with the events alone.
    strategies : tuple of Strategy, optional
        The registry's own where none are given.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        at: Nanos,
        feed: Iterator[Event],
        simulators: Mapping[VenueId, Simulator],
        *,
        heard: Callable[[Event, Sequence[AnyEffect]], None] | None = None,
        pulse: Nanos | None = None,
        strategies: tuple[Strategy, ...] | None = None,
    ) -> None:
        self.simulators = dict(simulators)
        self.kernel = Kernel(strategies=strategies)
        self.state = self.kernel.state
        self.at = at
        self.steps = 0
        self.orders = 0
        """Submitted."""
        self.notices: list[Notice] = []
        """The last of them."""
        self._feed = feed
        self._heard = heard
        self._ties = count()
        self._todo: list[tuple[int, int, Any]] = []
        self._gateways = {venue: _Gateway(one) for venue, one in self.simulators.items()}
        self._hearing = tuple(self._gateways.values())
        self._reported = 0
        self._next = 0
        """Before this nothing is due: all that an event of the feed asks of timers, answers and reports."""
        self._pulse = pulse
        self.step(Opened(at=at, snapshot=snapshot))
        for venue in self.simulators:
            self.step(LinkChanged(at=at, venue=venue, up=True, channel="account"))
        if pulse is not None:
            for row in snapshot.venues:
                self._later(Nanos(at + pulse), LinkReport(at=at, venue=row.id))

    def step(self, event: Event) -> None:
        """Step an event and carry out what the kernel asks."""
        self.steps += 1
        if type(event) in HEARD:
            at = self.at
            for one in self._hearing:
                said = one.hear(event, at)
                if said or one.simulator.soonest < one.planned:
                    self._answers(one, said)
        self._stepped(event, self.kernel.step(event))

    def _stepped(self, event: Event, effects: Sequence[AnyEffect]) -> None:
        """Carry out what the kernel asks; views come last in every step, and nobody looks."""
        if self._heard is not None:
            self._heard(event, effects)
        for effect in effects:
            kind = type(effect)
            if kind is Changed:
                break
            if kind is Wake:  # a timer's next, every second of the session
                self._later(effect.due, Due(at=effect.due, what=effect.what))  # type: ignore[union-attr]
            else:
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
        """Let the session go on for so long."""
        self.run_until(Nanos(self.at + int(seconds * SECOND)))

    def run_until(self, until: Nanos) -> None:
        """Let the session go on to a moment."""
        self._play(until)
        self._until(until)

    def run_out(self, after: int = 0) -> None:
        """Let the session go on to the end of its feed, and so many nanoseconds more."""
        self._play(NEVER)
        self._until(Nanos(self.at + after))

    def _play(self, until: int) -> None:
        """Take in the events of the feed up to a moment, each after all that was due by then."""
        step, hearing, heard = self.kernel.step, self._hearing, self._heard
        for event in self._feed:
            at = event.at
            if at > until:
                self._feed = _again(event, self._feed)
                break
            if at < self.at:
                at = self.at
            if at >= self._next:
                self._catch_up(event.at)
            self.at = at
            self.steps += 1  # as `step`, without the calls: nearly all events change a view, and no more
            if type(event) in HEARD:
                for one in hearing:
                    said = one.hear(event, at)
                    if said or one.simulator.soonest < one.planned:
                        self._answers(one, said)
            effects = step(event)
            if heard is not None or (effects and type(effects[0]) is not Changed):
                self._stepped(event, effects)

    def _catch_up(self, at: Nanos) -> None:
        """Let happen what is due before an event of that time."""
        if self._todo and self._todo[0][0] <= at:
            self._until(at)
        if at > self.at:
            self.at = at
        if self._pulse is None and self.at - self._reported >= REPORT_EVERY:
            self._report()
        report = NEVER if self._pulse is not None else self._reported + REPORT_EVERY
        self._next = min(report, self._todo[0][0]) if self._todo else report

    def _report(self) -> None:
        self._reported = self.at
        for venue in self.simulators:
            self.step(LinkReport(at=self.at, venue=venue, frames=self.steps, skew_ms=1.0))

    def _carry_out(self, effect: AnyEffect) -> None:
        match effect:
            case Keep():
                if effect.then:
                    self._later(self.at, Kept(at=self.at, what=effect.then))
            case Notice():
                self.notices.append(effect)
                del self.notices[:-NOTICES]
            case Submit() | Withdraw() | Replace() | Look():
                self.orders += isinstance(effect, Submit)
                one = self._gateways.get(_venue(effect))
                if one is not None:
                    self._answers(one, one.simulator.step(effect, self.at))
            case _:
                pass

    def _answers(self, one: _Gateway, some: Sequence[Event]) -> None:
        for answer in some:
            self._later(self.at, answer)
        due = one.simulator.next_due
        if due is not None and due < one.planned:  # a later one is seen when the earlier has come
            one.planned = due
            self._later(due, one)

    def _later(self, at: Nanos, what: Event | _Gateway) -> None:
        if at < self.at:
            at = self.at
        if at < self._next:
            self._next = at
        heapq.heappush(self._todo, (at, next(self._ties), what))

    def _until(self, moment: Nanos) -> None:
        while self._todo and self._todo[0][0] <= moment:
            at, _, what = heapq.heappop(self._todo)
            if at > self.at:
                self.at = at  # type: ignore[assignment] # as in `units`
            if type(what) is LinkReport and self._pulse is not None:
                self.step(LinkReport(at=self.at, venue=what.venue, frames=self.steps, skew_ms=0.0))
                self._later(Nanos(self.at + self._pulse), what)
            elif type(what) is not _Gateway:
                self.step(what if what.at == self.at else replace(what, at=self.at))
            else:
                what.planned = NEVER
                self._answers(what, what.simulator.due(self.at) if what.simulator.soonest <= self.at else ())
        if moment > self.at:
            self.at = moment


def _again(event: Event, rest: Iterator[Event]) -> Iterator[Event]:
    yield event
    yield from rest


def _venue(effect: Submit | Withdraw | Replace | Look) -> VenueId:
    if isinstance(effect, Submit):
        return effect.order.place.instrument.venue
    if isinstance(effect, Look):
        return effect.venue
    return VenueId("") if effect.known is None else effect.known.instrument.venue
