"""The port every venue satisfies.

A venue is three parts, because paper trading keeps two of them and swaps the third:

* a `Feed` says what the market does;
* a `Gateway` does what we ask;
* a `Directory` says what exists.

Answers never come back as return values: what became of an order arrives through `emit`, like everything else
that happens. So live, paper and replay differ in who calls `emit`, and in nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, Flag, auto
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from engine.core.effects import Approved, Likely
    from engine.core.events import Event, Listed
    from engine.core.ids import InstrumentId, OrderId, VenueId
    from engine.core.instrument import Known
    from engine.core.units import Nanos, Qty, Ticks
    from engine.venues.skipped import Skipped

    Emit = Callable[[Event], bool]
    """Takes an event in; False when a market event found no room (account events always do)."""
    Now = Callable[[], Nanos]
    """The session's clock, UTC nanoseconds."""


class Depth(Enum):
    """What kind of book the feed gives."""

    NONE = auto()
    TOP = auto()
    LADDER = auto()
    CURVE = auto()
    """An automated maker: the ladder is computed from its cost function."""


class Can(Flag):
    """What the gateway can do beyond submit and cancel."""

    NOTHING = 0
    POST_ONLY = auto()
    AMEND = auto()
    CANCEL_MANY = auto()
    CANCEL_ON_DISCONNECT = auto()
    QUOTE_REQUESTS = auto()
    WITHDRAW_QUOTES = auto()
    """A quote can be taken back before its time is out."""
    SHORT = auto()
    """Selling what we do not hold; without it, the gateway buys the other outcome."""
    GTD = auto()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Read by the ticket, the gates and the strategies; never guessed from the venue's name."""

    depth: Depth
    can: Can
    orders_per_second: float
    collateral: str


class Feed(Protocol):
    """Market data: `Listed` updates, snapshots, deltas, trades, `BooksStale`, `LinkChanged`, `LinkReport`."""

    async def run(self, emit: Emit) -> None:
        """Connect, reconnect, emit; return when cancelled. Raises only what is a bug."""

    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Replace the set of instruments followed; survives reconnection."""

    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """Ask for whole books of these, which are not to be trusted."""


class Gateway(Protocol):
    """Orders: `Accepted`, `Rejected`, `Filled`, `Canceled`, `Lost`, `LinkChanged` and so on, all by `emit`."""

    @property
    def capabilities(self) -> Capabilities:
        """What this gateway can do."""

    async def run(self, emit: Emit) -> None:
        """Keep the private stream; return when cancelled."""

    async def submit(self, order: Approved) -> None:
        """Put an order on the wire, and emit what is then known.

        Never raises for what a venue or a network does: a definite no, or nothing sent, is emitted as `Rejected`
        (code ``unsent`` for the latter), an unknown outcome as `Lost`.
        """

    async def cancel(self, order: Known) -> None:
        """Ask to cancel; "not found" is not an answer, since the order may have filled."""

    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        """Ask to move it (`Can.AMEND`); emits `Amended`, `AmendRefused` or `Lost`."""

    async def picture(self, orders: Sequence[Known]) -> None:
        """Emit `Pictured`: the account, and for each order named what the venue knows of it, ``absent`` included."""


@runtime_checkable
class Recalls(Protocol):
    """A gateway in which an order may wait for its turn."""

    def recall(self, order: OrderId) -> None:
        """Let an order that still waits here not leave any more: it ends as `Rejected` (``unsent``), then."""


@runtime_checkable
class CancelsMany(Protocol):
    """A gateway that can ask for several orders back in one request (`Can.CANCEL_MANY`)."""

    async def cancel(self, order: Known) -> None:
        """As `Gateway.cancel`."""

    async def cancel_many(self, orders: Sequence[Known]) -> None:
        """Ask for several back, in as few requests as the venue allows; each is told of as by `cancel`."""


class Prompt(Protocol):
    """A gateway that may put an order on the wire within the call that hands it over."""

    def begin(self, order: Approved) -> Callable[[], Awaitable[None]] | None:
        """Put an order on the wire now, if nothing is to be waited for; return what is to be awaited for its answer.

        None, with nothing done: `submit` is to be asked. What is returned does the rest of `submit`, as it promises.
        """


@runtime_checkable
class Gathers(Protocol):
    """A gateway that sends in one request the orders that are handed over in one moment."""

    def all_handed(self) -> None:
        """Put on the wire now what was begun: no other order of this moment comes."""


@runtime_checkable
class DraftsOrders(Protocol):
    """A gateway that can sign an order before it is asked for."""

    def draft(self, order: Likely) -> None:
        """Have ready what this order would be sent as. It may never come: nothing is sent or counted."""


@runtime_checkable
class Rehearses(Protocol):
    """A gateway that can put an order into words without sending them."""

    def rehearse(self, order: Approved) -> None:
        """Do as for an order that leaves, but keep, count and send nothing; it is for no instrument of the venue's."""


class Directory(Protocol):
    """What exists."""

    async def find(self, what: str) -> Sequence[Listed]:
        """Return the live families of a series or event, such as ``KXHIGHCHI`` or ``btc-updown-5m``.

        Raises
        ------
        VenueError
            If the venue cannot be asked or its answer not be read.
        """


@runtime_checkable
class Skips(Protocol):
    """A directory that lists the rest where something of an answer cannot be read."""

    skipped: Skipped


@dataclass(frozen=True, slots=True)
class Venue:
    """One venue, ready to wire."""

    id: VenueId
    feed: Feed
    gateway: Gateway | None
    directory: Directory


def on_paper(venue: Venue, simulated: Gateway) -> Venue:
    """Return the same market with a simulated gateway: live prices, no live orders."""
    return Venue(venue.id, venue.feed, simulated, venue.directory)
