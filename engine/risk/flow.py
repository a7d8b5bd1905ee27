"""What one strategy did lately: the counts, stakes and markouts that the gates of automated flow look at.

Times are of the session's clock, which a strategy decides by: a replay counts the same.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import MINUTE, SECOND, Leg, Nanos, Side
from engine.portfolio.position import Position

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId

LONG: Final = 10 * MINUTE
"""Over which messages are held against executions."""
LATER: Final = 30 * SECOND
"""After a fill its price is held against the market's."""
JUDGED: Final = 20
"""Fills whose markouts are averaged."""
MEMORY: Final = 60 * MINUTE
"""How long a markout counts: who is stopped by them gets no new ones."""
FEWEST: Final = 10
"""Of fewer nothing is said."""
ROOM: Final = 4_096
"""Times kept of each kind; more than any limit lets through."""


class Filled(NamedTuple):
    """A fill whose markout is still to come."""

    due: Nanos
    instrument: InstrumentId
    leg: Leg
    side: Side
    price: float
    """Account currency a share of its leg."""


class Repeat(NamedTuple):
    """How often a like order was let through since the book was otherwise."""

    mark: object
    at: Nanos
    times: int


def _times() -> deque[Nanos]:
    return deque(maxlen=ROOM)


@dataclass(slots=True)
class Flow:
    """One strategy's."""

    sent: deque[Nanos] = field(default_factory=_times)
    """Orders and amendments of the last minute."""
    fills: deque[Nanos] = field(default_factory=_times)
    """Executions of the last minute."""
    messages: deque[Nanos] = field(default_factory=_times)
    """Orders, amendments and cancels of the last ten minutes."""
    executions: deque[Nanos] = field(default_factory=_times)
    """Fills of the same time."""
    events: dict[str, int] = field(default_factory=dict)
    """Orders let through by event."""
    repeats: dict[object, Repeat] = field(default_factory=dict)
    later: deque[Filled] = field(default_factory=lambda: deque(maxlen=ROOM))
    marked: deque[tuple[Filled, float]] = field(default_factory=lambda: deque(maxlen=JUDGED))
    """The last fills that were judged, and by how many cents a share the market agreed with each."""
    positions: dict[tuple[InstrumentId, Leg], Position] = field(default_factory=dict)
    """What its own fills came to; what the account holds may be less by now."""
    input_at: Nanos | None = None
    """When what it decides by was last new; None where it decides by the book alone."""

    def prune(self, now: Nanos) -> None:
        """Drop what is older than its span."""
        for times in (self.sent, self.fills):
            while times and now - times[0] >= MINUTE:
                times.popleft()
        for times in (self.messages, self.executions):
            while times and now - times[0] >= LONG:
                times.popleft()
        while self.marked and now - self.marked[0][0].due >= MEMORY:
            self.marked.popleft()

    def repeated(self, like: object, mark: object, now: Nanos) -> int:
        """Return how many like orders were let through in the last minute on the same book."""
        last = self.repeats.get(like)
        return last.times if last is not None and last.mark == mark and now - last.at < MINUTE else 0

    def order(self, event: str, like: object, mark: object, now: Nanos, *, rests: bool = False) -> None:
        """Count an order, or an amendment, that was let through; one that only `rests` is none of its event's."""
        count = self.repeated(like, mark, now) + 1
        if len(self.repeats) >= ROOM:
            self.repeats = {key: one for key, one in self.repeats.items() if now - one.at < MINUTE}
        self.repeats[like] = Repeat(mark, now, count)
        if not rests:
            self.events[event] = self.events.get(event, 0) + 1
        self.sent.append(now)
        self.messages.append(now)

    def filled(self, one: Filled) -> None:
        """Count an execution and remember to look at its price later; `one.due` is when."""
        now = Nanos(one.due - LATER)
        self.fills.append(now)
        self.executions.append(now)
        self.later.append(one)

    def unfilled(self, instrument: InstrumentId, leg: Leg, side: Side, price: float) -> None:
        """Count an execution no more that the venue took back; that it came so fast stays counted."""
        like = (instrument, leg, side, price)
        one = next((f for f in reversed(self.later) if f[1:] == like), None)
        if one is not None:
            self.later.remove(one)
        else:
            judged = next((m for m in reversed(self.marked) if m[0][1:] == like), None)
            if judged is None:
                return
            self.marked.remove(judged)
            one = judged[0]
        at = Nanos(one.due - LATER)
        if at in self.executions:
            self.executions.remove(at)

    def due(self, now: Nanos) -> list[Filled]:
        """Take out the fills whose markout can be told."""
        found = []
        while self.later and self.later[0].due <= now:
            found.append(self.later.popleft())
        return found

    def mark(self, one: Filled, price: float) -> None:
        """Note what a share of its leg is worth now."""
        gain = price - one.price if one.side is Side.BUY else one.price - price
        if math.isfinite(gain):
            self.marked.append((one, 100.0 * gain))

    def markout(self) -> float | None:
        """Return the mean markout of the last fills in cents a share; None while they are too few."""
        if len(self.marked) < FEWEST:
            return None
        return math.fsum(cents for _, cents in self.marked) / len(self.marked)
