"""What the kernel remembers of requests, quotes and trades. Data only; bounded."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import Nanos

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId, OrderId
    from engine.core.quotes import Quote, QuoteRequest
    from engine.core.rfq import QuoteSums, TradeRow
    from engine.core.units import Side
    from engine.options.rfq_price import Answer

ROOM: Final = 400
"""Requests that are remembered; those that are over go first, the oldest first. Trades find room beyond it."""
STEPS: Final = 64
LIKES: Final = 1_024
PENDING, QUOTED, EXECUTED = "PENDING", "QUOTED", "EXECUTED"
HEDGED, FAILED, CANCELLED = "HEDGED", "FAILED", "CANCELLED"
OVER: Final = frozenset({HEDGED, CANCELLED})
NEEDED: Final = frozenset({EXECUTED, FAILED})


class Step(NamedTuple):
    """One line of a request's history."""

    at: Nanos
    what: str
    text: str


class LegPrice(NamedTuple):
    """How one leg was priced."""

    instrument: InstrumentId
    """Asked for."""
    pricing: InstrumentId
    """Whose book it was walked through, and where an offset is hedged."""
    buy: bool
    """What we do with it."""
    qty: Decimal
    """Units of the instrument that was asked for."""
    answer: Answer
    price: Decimal
    """As it is quoted, in the instrument's currency."""
    delta: float
    """Of the leg as we would hold it, coins; gamma coins a dollar, vega dollars a point."""
    gamma: float
    vega: float


class Package(NamedTuple):
    """One side of a request as it was priced."""

    side: Side
    legs: tuple[LegPrice, ...]
    price: float
    """Dollars a unit of the structure, > 0 where we pay it as the side says."""
    hedge: float
    fair: float
    edge: float
    """Dollars of the whole size."""
    apr: float | None
    at: Nanos

    @property
    def delta(self) -> float:
        """Coins, of the whole."""
        return sum(one.delta for one in self.legs)

    @property
    def gamma(self) -> float:
        """Coins a dollar."""
        return sum(one.gamma for one in self.legs)

    @property
    def vega(self) -> float:
        """Dollars a point."""
        return sum(one.vega for one in self.legs)


@dataclass(slots=True)
class Made:
    """A quote of ours."""

    quote: Quote
    package: Package | None
    """None for one of an earlier session."""
    at: Nanos
    counts_until: Nanos
    """It counts as taken until then, whatever is said of it."""
    sums: QuoteSums | None = None
    """What it counts as in the limits, over a restart too; None where an older version made it."""
    status: str = "keeping"
    """``keeping`` until its row is on disk, ``signing``, then as `QuoteStood.status`."""
    text: str = ""


@dataclass(slots=True)
class Asked:
    """One request and all that came of it."""

    request: QuoteRequest
    trace: str
    at: Nanos
    state: str = PENDING
    why: str = ""
    edge_bps: float | None = None
    """The trader's own for this request."""
    packages: tuple[Package, ...] = ()
    made: list[Made] = field(default_factory=list)
    waits_until: Nanos | None = None
    """For a book of its hedge; None while it waits for none."""
    over: str = ""
    """How the request ended, in the venue's word."""
    dummy: Decimal | None = None
    """Shown on paper in place of a price."""
    requotes: int = 0
    """Times that it was quoted anew by itself."""
    requoted_at: int = 0
    anew: str = ""
    """Why it is to be quoted anew as soon as the old quote is taken back; empty where it is not."""
    best: bool | None = None
    best_price: Decimal | None = None
    steps: deque[Step] = field(default_factory=lambda: deque(maxlen=STEPS))
    trades: list[str] = field(default_factory=list)
    """Keys of what was taken."""

    def live(self, now: Nanos) -> list[Made]:
        """Return the quotes that may still be taken, or may have been without our knowing."""
        return [one for one in self.made if now < one.counts_until and one.status not in {"rejected", "filled"}]


@dataclass(slots=True)
class Leg:
    """One instrument of a trade's hedge."""

    instrument: InstrumentId
    target: Decimal
    """Bought positive, sold negative."""
    orders: list[OrderId] = field(default_factory=list)
    asked: int = 0
    """Orders ever proposed: numbers their intents."""


@dataclass(slots=True)
class Trade:
    """A trade that binds, and its hedge."""

    row: TradeRow
    state: str = EXECUTED
    safe: bool = False
    """It is on disk: only then is it hedged."""
    legs: list[Leg] = field(default_factory=list)
    planned: bool = False
    share: Decimal = Decimal(1)
    """Of the targets that is aimed at now: less while a package is rolled back."""
    tries: int = 0
    waits: int = 0
    """Times in a row that nothing could be sent."""
    due: int = 0
    """Not hedged before."""
    alarmed: bool = False
    why: str = ""


class Like(NamedTuple):
    """A request that was answered: the same again gets the same price."""

    at: Nanos
    trace: str


class Desk:
    """Everything about requests for quotes."""

    def __init__(self) -> None:
        self.asked: dict[str, Asked] = {}
        """By trace, oldest first."""
        self.clients: dict[str, str] = {}
        """Trace of each quote, by its id."""
        self.trades: dict[str, Trade] = {}
        """By key: all that are not hedged, and the last that are."""
        self.by_order: dict[OrderId, str] = {}
        """Trade of each hedge order."""
        self.likes: dict[tuple[object, ...], Like] = {}
        self.follows: dict[InstrumentId, Nanos] = {}
        """Books that are wanted, and until when."""
        self.waiting: dict[InstrumentId, dict[str, None]] = {}
        """Requests that wait for a book, by instrument of the hedge."""
        self.twins: dict[InstrumentId, dict[InstrumentId, None]] = {}
        """Options that take the mark of another one, by that."""
        self.index: dict[tuple[object, ...], list[InstrumentId]] = {}
        """Listed options by what they are."""
        self.indexed = -1
        """Listings that were counted when that was made."""
        self.nonce = 0
        """The last one that was spent."""
        self.ticking = False
        self.intents: dict[str, None] = {}
        """Of trades that were entered by hand."""
        self.done: dict[str, None] = {}
        """Keys of trades whose hedge is done."""

    def room(self, now: Nanos) -> bool:
        """Make room for a further request; False where every one that is remembered is still needed.

        Of what may be taken, or was and is not hedged, nothing is forgotten: limits count it.
        """
        while len(self.asked) >= ROOM:
            idle = [a for a in self.asked.values() if a.state not in NEEDED and not a.live(now)]
            gone = next((a for a in idle if a.state in OVER), idle[0] if idle else None)
            if gone is None:
                return False
            for made in self.asked.pop(gone.trace).made:
                self.clients.pop(made.quote.client, None)
        return True

    def remember(self, one: Asked, now: Nanos) -> None:
        """Take a request in, whether or not there is room."""
        self.room(now)
        self.asked[one.trace] = one

    def live(self, now: Nanos) -> list[Made]:
        """Return all quotes that may still be taken."""
        return [made for one in self.asked.values() for made in one.live(now)]
