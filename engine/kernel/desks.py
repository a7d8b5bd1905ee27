"""What the kernel knows of the venues: their links, our account there, every instrument and its book."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.book.ladder import Ladder
    from engine.core.events import LinkReport, Trade
    from engine.core.ids import InstrumentId, VenueId
    from engine.core.instrument import Instrument
    from engine.core.snapshot import VenueRow
    from engine.core.units import Money, Nanos

TAPE_ROOM = 2_000
TRAIL_ROOM = 720


@dataclass(slots=True)
class Link:
    """One channel of a venue: ``market`` or ``account``."""

    up: bool = False
    since: Nanos | None = None
    """When it went up or down; None before either."""
    why: str = "not connected yet"


@dataclass(slots=True)
class Desk:
    """One venue as we stand with it."""

    venue: VenueId
    facts: VenueRow
    links: dict[str, Link] = field(default_factory=dict)
    report: LinkReport | None = None
    heard_at: Nanos | None = None
    """The last frame of its market link."""
    cash: Money | None = None
    """Free cash; None until the venue, or on paper our ledger, has said."""
    reconciled: bool = False
    """Our orders, fills and positions were held against the venue's since the last gap."""
    looking_since: Nanos | None = None
    """A picture was asked for and has not come."""
    why: str = ""
    """Why it is not reconciled."""
    wanted: set[InstrumentId] = field(default_factory=set)


@dataclass(slots=True)
class Listing:
    """One instrument of a venue and what its market looks like."""

    instrument: Instrument
    book: Ladder
    stale: str = "no book yet"
    """Why the book is not to be trusted; empty while it is."""
    book_at: Nanos | None = None
    """Last snapshot or delta."""
    status: str = "open"
    result: str = ""
    last: Trade | None = None
    tape: deque[Trade] = field(default_factory=lambda: deque(maxlen=TAPE_ROOM))
    trail: deque[tuple[Nanos, float]] = field(default_factory=lambda: deque(maxlen=TRAIL_ROOM))
    """Mid of YES in cents."""
