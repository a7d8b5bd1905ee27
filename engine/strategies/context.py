"""What a strategy may know when it is asked: the time, markets and their books, the weather, and what is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from engine.core.ids import InstrumentId
from engine.core.snapshot import LIVE
from engine.core.units import Leg, Nanos, Qty, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from engine.book.book import Book
    from engine.core.events import Marked, Trade
    from engine.core.ids import FamilyId, OrderId, StationId, StrategyId, VenueId
    from engine.core.instrument import Family, Instrument
    from engine.core.reading import Reading
    from engine.options.hedge_book import HedgeBook
    from engine.portfolio.position import Position
    from engine.strategies.event_eye import Sky


class Market(Protocol):
    """One instrument of a venue as a strategy sees it."""

    @property
    def instrument(self) -> Instrument:
        """What is traded."""

    @property
    def book(self) -> Book:
        """Of YES, in ticks and lots."""

    @property
    def stale(self) -> str:
        """Why the book is not to be trusted; empty while it is."""

    @property
    def status(self) -> str:
        """``open``, ``closed``, ``determined``…"""

    @property
    def last(self) -> Trade | None:
        """The last trade."""

    @property
    def mark(self) -> Marked | None:
        """What the venue reckons it at; None where it never said."""


class Working(NamedTuple):
    """An order of a strategy that may still trade."""

    order: OrderId
    """Empty of one that would only rest in the shadow."""
    instrument: InstrumentId
    side: Side
    leg: Leg
    price: Ticks
    qty: Qty
    filled: Qty
    settled: bool
    """The venue has it and nothing is asked of it: it may be moved."""


class Own(Protocol):
    """What one line of the registry has of its own: in SHADOW what it would have."""

    @property
    def held(self) -> Mapping[tuple[InstrumentId, Leg], Position]:
        """Positions that are not flat."""

    @property
    def exposure(self) -> Decimal:
        """What its positions cost and its working orders would cost."""

    @property
    def working(self) -> Mapping[str, Working]:
        """By key."""

    def since(self, at: Nanos) -> Decimal:
        """Return realised less fees of the UTC days from that of `at` on."""


class Context(Protocol):
    """What a strategy may know when it is asked."""

    @property
    def now(self) -> Nanos:
        """The only clock there is."""

    @property
    def mode(self) -> str:
        """Of the session."""

    def on(self, strategy: StrategyId) -> bool:
        """Whether a line is asked at all."""

    def sends(self, strategy: StrategyId) -> bool:
        """Whether what a line wants is sent in this session, now; else it is in the shadow."""

    def market(self, instrument: InstrumentId) -> Market | None:
        """Return an instrument's market; None where it is not known."""

    def families(self) -> Iterable[Family]:
        """Return all families that venues list."""

    def family(self, family: FamilyId) -> Family | None:
        """Return one of them."""

    def opinion(self, instrument: InstrumentId) -> float | None:
        """Return the weather model's chance of a bracket's YES; None where it has none."""

    def sky(self, family: FamilyId) -> Sky | None:
        """Return what the weather says of a family's brackets; None where the model has no opinion."""

    def own(self, strategy: StrategyId, like: StrategyId | None = None) -> Own:
        """Return what a line has of its own: really, or in the shadow, as it trades or as another one does."""

    def laid(self, strategy: StrategyId, instrument: InstrumentId) -> object:
        """Return what a line's `lay` said in an idle moment; None once anything of ours changed since.

        Time goes on meanwhile, and what is in the shadow may change: who lays out looks at both.
        """

    def bankroll(self, venue: VenueId) -> float | None:
        """Return cash and cost of positions on a venue; None until the venue has said."""

    def pace(self, venue: VenueId) -> float:
        """Return the seconds of the session's clock in a real one: feeds grow old in real time."""

    def latest(self, station: StationId) -> Reading | None:
        """Return the newest report of a station; None without."""

    def hedge_books(self, stale_s: float, hold_h: float) -> Sequence[HedgeBook]:
        """Return every underlying of which derivatives are held, with its sums and where a hedge could trade."""


def shown(context: Context, mine: Iterable[Working]) -> tuple[Working, ...]:
    """Return those of our orders that stand in the venue's book, to leave them out of it.

    None that was never sent there: neither those of a paper session nor, in a live one, what would rest in the shadow.
    """
    return tuple(one for one in mine if one.order) if context.mode == LIVE else ()
