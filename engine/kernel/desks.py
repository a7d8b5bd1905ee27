"""What the kernel knows of the venues: their links, our account there, every instrument and its book."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from engine.book.sparse import SparseLadder
from engine.core.effects import Approved
from engine.core.units import Nanos

if TYPE_CHECKING:
    from engine.book.book import Book
    from engine.core.commands import Place
    from engine.core.effects import Changed
    from engine.core.events import LinkReport, Marked, Seen, Trade
    from engine.core.ids import InstrumentId, OrderId, Topic, VenueId, VenueOrderId
    from engine.core.instrument import Instrument
    from engine.core.snapshot import VenueRow
    from engine.core.units import Money, Qty, Ticks
    from engine.kernel.envelope import Sums
    from engine.orders.register import Order
    from engine.strategies.base import Strategy

TAPE_ROOM: Final = 2_000
TRAIL_ROOM: Final = 720
SENT_ROOM: Final = 1_024
MARKET: Final = "market"
ACCOUNT: Final = "account"
DIRECTORY: Final = "directory"
"""The channels of a venue."""
BLANK: Final = SparseLadder()
"""The book of whatever has none, never written to: a real one takes as much room as a thousand of anything else."""


@dataclass(slots=True)
class Link:
    """One channel of a venue: ``market`` or ``account``."""

    up: bool = False
    since: Nanos | None = None
    """When it went up or down; None before either."""
    why: str = "not connected yet"


@dataclass(slots=True)
class Asking:
    """A picture of our account that was asked for and has not come."""

    since: Nanos
    orders: frozenset[OrderId] = frozenset()
    """Those that were named."""


@dataclass(slots=True)
class Desk:
    """One venue as we stand with it."""

    venue: VenueId
    facts: VenueRow
    links: dict[str, Link] = field(default_factory=dict)
    report: LinkReport | None = None
    heard_at: Nanos | None = None
    """The last frame of its market link."""
    ahead: int = 0
    """Trades and marks that were left out: the venue's time of them lay too far after they came."""
    beyond: int = 0
    """Marks that were left out: a number of them cannot be."""
    cash: Money | None = None
    """What our account there holds; None until the venue, or on paper our ledger, has said."""
    cash_at: Nanos | None = None
    """When the venue said so; None on paper, where it is our own ledger's."""
    reconciled: bool = False
    """Our orders, fills and positions were held against the venue's since the last gap."""
    looking: Asking | None = None
    looks: int = 0
    """Pictures asked for in a row without being done; the next one waits longer."""
    look_due: Nanos | None = None
    """When the next picture will be asked for."""
    why: str = ""
    """Why it is not reconciled."""
    wanted: set[InstrumentId] = field(default_factory=set)
    """Watched by name, or with their family."""
    watched: dict[str, dict[str, None]] = field(default_factory=dict)
    """What is watched, as it was asked for, and by whom."""
    followed: frozenset[InstrumentId] = frozenset()
    """What the feed was last told to follow."""
    sent: deque[Nanos] = field(default_factory=lambda: deque(maxlen=SENT_ROOM))
    """When orders of the last seconds were let through."""
    external: dict[VenueOrderId, Seen] = field(default_factory=dict)
    """Orders that work there and are not ours."""
    differs: dict[InstrumentId, str] = field(default_factory=dict)
    """Positions that were not the venue's in the last picture, in words."""

    def real(self, span: int) -> Nanos:
        """Return how much of the session's clock goes by in a span of real time."""
        return Nanos(int(span * self.facts.pace))

    def link(self, channel: str) -> Link:
        """Return a channel; one never heard of is down."""
        return self.links.setdefault(channel, Link())

    @property
    def open(self) -> bool:
        """Whether it takes orders, and both its links are up."""
        market, account = self.links.get(MARKET), self.links.get(ACCOUNT)
        return self.facts.trades and market is not None and market.up and account is not None and account.up

    @property
    def market_up(self) -> bool:
        """Whether its market link is up."""
        found = self.links.get(MARKET)
        return found is not None and found.up

    @property
    def account_up(self) -> bool:
        """Whether its account link is up."""
        found = self.links.get(ACCOUNT)
        return found is not None and found.up


@dataclass(slots=True)
class Listing:
    """One instrument of a venue and what its market looks like."""

    instrument: Instrument
    book: Book
    top: int
    """Ticks of the highest price a book may hold; 0 where there is none."""
    views: dict[Topic, Changed]
    """What shows its book."""
    tape_view: Changed
    desk: Desk | None = None
    """Of its venue: every change of a level and every trade tells it that its link lives."""
    shown: tuple[Changed, ...] = ()
    """What a change of one level names: the same views, in a shape that a step can return as it is."""
    traded: tuple[Changed, ...] = ()
    """What a trade names."""
    ordered: dict[Topic, Changed] | None = None
    """What an order of ours in it touches; made with the first one."""
    on_quote: tuple[Strategy, ...] = ()
    """Strategies that are asked when its book changes."""
    on_trade: tuple[Strategy, ...] = ()
    """Those that are asked when somebody trades it."""
    stale: str = "no book yet"
    """Why the book is not to be trusted; empty while it is."""
    stale_at: Nanos | None = None
    """Since when it is stale; None before the first book."""
    book_at: Nanos | None = None
    """Last snapshot or delta."""
    resnap_at: Nanos | None = None
    """When its whole book was last asked for."""
    status: str = "open"
    result: str = ""
    last: Trade | None = None
    mark: Marked | None = None
    """What the venue reckons it at, the newest; None where it never said."""
    tape: deque[Trade] = field(default_factory=lambda: deque(maxlen=TAPE_ROOM))
    trail: deque[tuple[Nanos, float]] = field(default_factory=lambda: deque(maxlen=TRAIL_ROOM))
    """Mid of YES in cents."""
    trail_due: int = 0
    """When the next point of the trail may be put."""
    valued: tuple[object, ...] = ()
    """What our position in it was last valued by: while all that stands, so does its worth."""
    rows_around: Ticks | None = None
    """Where the rows of a derivative's ladder were laid when it was last looked at; it decides nothing."""


class Shifted(msgspec.Struct, frozen=True, gc=False):
    """An amendment that waits for its row to be on disk; nothing of it has left."""

    place: Place
    """What would be left of the order."""
    price: Ticks
    qty: Qty
    """The whole of it, what has filled included."""
    at: Nanos
    reducing: bool


class Pending(msgspec.Struct, gc=False):
    """An order that waits for its row to be on disk; nothing of it has left."""

    approved: Approved
    reducing: bool
    hedging: bool = False
    entry: Order | None = None
    """Of the usual order, and of a strategy's that was measured beforehand: itself, and below what it is held against
    before it leaves."""
    listing: Listing | None = None
    sums: Sums | None = None
    turn: int = 0
    """As `State.turn` was then."""
