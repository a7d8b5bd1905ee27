"""Order scripts: what was asked of a venue and when, to be asked again of the kernels; and who writes them down.

A script is made by hand, or recorded of a backtest through the whole kernel: then the same orders, at the same places
among the same events, must come to the same fills.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.core.effects import Look, Replace, Submit, Withdraw
from engine.core.events import Filled
from engine.core.units import Nanos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.core.ids import VenueId

    Request = Submit | Withdraw | Replace | Look

REQUESTS: Final = (Submit, Withdraw, Replace, Look)


class Asked(NamedTuple):
    """One request: when, and after how many events of the source."""

    at: int
    after: int
    what: Request


class Fill(msgspec.Struct, frozen=True, order=True):
    """One fill as either path tells it."""

    order: str
    home: int
    """When it was known; nanoseconds."""
    happened: int
    price: Decimal
    """Per share of the leg."""
    qty: Decimal
    cost: Decimal
    fee: Decimal
    maker: bool


class Recorder:
    """Writes down what a backtest through the kernel asks of a venue, and what fills.

    `feed` is what the backtest must be given in place of its events, and `hear` what it must tell.
    """

    def __init__(self, venue: VenueId) -> None:
        self.venue = venue
        self.asked: list[Asked] = []
        self.fills: list[Fill] = []
        self.heard: list[Event] = []
        """Events of the source, in the order in which they were stepped."""
        self.drawn: list[float] = []
        """What the venue's delays were drawn from; the venues of a session share one source of chance."""
        self._given: Event | None = None
        self._latest = 0

    def drawing(self, draw: Callable[[], float]) -> Callable[[], float]:
        """Return a source of chance whose numbers are written down."""

        def drawn() -> float:
            self.drawn.append(draw())
            return self.drawn[-1]

        return drawn

    def feed(self, events: Iterable[Event]) -> Iterator[Event]:
        """Yield the events of the source."""
        for event in events:
            self._given = event
            yield event

    def hear(self, event: Event, effects: Sequence[AnyEffect]) -> None:
        """Take one step in."""
        self._latest = max(self._latest, event.at)
        if event is self._given:
            self.heard.append(event)
            self._given = None
        if type(event) is Filled:
            self.fills.append(told(event, event.at))
        for effect in effects:
            if isinstance(effect, REQUESTS) and _venue(effect) == self.venue:
                self.asked.append(Asked(self._latest, len(self.heard), effect))


def told(event: Filled, home: int) -> Fill:
    """Return a fill that an answer tells of, known at a time."""
    happened = int(event.trade_id.rsplit(".", 2)[1])
    return Fill(
        event.order, home, happened, event.price, Decimal(event.qty), Decimal(event.cost), Decimal(event.fee),
        event.maker,
    )  # fmt: skip


def by_hand(events: Sequence[Event], wanted: Iterable[tuple[int, Request]]) -> list[Asked]:
    """Return requests, each with its time, placed after all events of that time or before.

    Parameters
    ----------
    events : sequence of Event
        In order of time.
    wanted : iterable of (Nanos, request)
        In order of time.
    """
    found, after, latest = [], 0, 0
    for when, what in wanted:
        while after < len(events) and max(latest, events[after].at) <= when:
            latest = max(latest, events[after].at)
            after += 1
        found.append(Asked(Nanos(max(when, latest)), after, what))
    return found


def _venue(effect: Request) -> str:
    if isinstance(effect, Submit):
        return effect.order.place.instrument.venue
    if isinstance(effect, Look):
        return effect.venue
    return "" if effect.known is None else effect.known.instrument.venue
