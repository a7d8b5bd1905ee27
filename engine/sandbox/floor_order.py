"""What lies on the simulated floor, and what the floor tells of it.

Everything is told in terms of YES: an order on NO at q lies on the other side at 1 − q, as every venue's
engine keeps it. What an account wrote stays readable in `Order.leg` and `Order.side`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final

from engine.core.units import TICKS_PER_UNIT, Leg, Lots, Nanos, Side, Ticks

if TYPE_CHECKING:
    from engine.core.ids import AccountId, InstrumentId
    from engine.core.instrument import Instrument


NO_LOTS: Final = Lots(0)
NO_MONEY: Final = Decimal(0)


class Life(Enum):
    """How long an order lives."""

    GTC = "good till canceled"
    IOC = "immediate or cancel"
    FOK = "fill or kill"


class Meeting(Enum):
    """What happens when an order would trade with one of its own account."""

    STOP_TAKER = "taker"
    """What is left of the new order is cancelled."""
    STOP_MAKER = "maker"
    """The resting order is cancelled, and the new one goes on."""


class State(Enum):
    """Where an order stands."""

    RESTING = "resting"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"


class FloorError(Exception):
    """A definite no. `code` is one of `CODES`; each venue's server words it in its own way."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


CODES: Final = (
    "unknown", "closed", "paused", "grid", "size", "funds", "holdings", "crosses", "unfilled", "unmatched",
    "duplicate", "no_order", "done", "account",
)  # fmt: skip
"""What a `FloorError` may say. ``done``: the order has ended; ``unfilled``: a FOK that cannot be; ``unmatched``: an
IOC that met nothing, where the caller asked for that to be an error."""


@dataclass(slots=True)
class Order:
    """One order; the floor changes it, everybody else reads it."""

    id: str
    account: AccountId
    instrument: InstrumentId
    side: Side
    """What is done with shares of `leg`."""
    leg: Leg
    price: Ticks
    """Of YES, whatever the leg."""
    lots: Lots
    """Whole size: what has traded and what has not."""
    client: str
    tag: str
    """The venue's own, such as an order group."""
    life: Life
    meeting: Meeting
    expires: Nanos | None
    placed_at: Nanos
    changed_at: Nanos
    rank: int = 0
    """Place in the queue: the lower, the earlier."""
    left: Lots = NO_LOTS
    filled: Lots = NO_LOTS
    state: State = State.RESTING
    taken_cost: Decimal = NO_MONEY
    """Paid or got as taker, before fees, always positive."""
    made_cost: Decimal = NO_MONEY
    taken_fees: Decimal = NO_MONEY
    made_fees: Decimal = NO_MONEY
    worth: Decimal | None = None
    """What it costs at most, where that is less than its size at its price."""

    @property
    def way(self) -> Side:
        """Which side of the book of YES it is on."""
        if self.leg is Leg.YES:
            return self.side
        return Side.SELL if self.side is Side.BUY else Side.BUY

    @property
    def own_price(self) -> Ticks:
        """Price of a share of its own leg."""
        return of_leg(self.leg, self.price)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """An instrument is on the floor, or its facts have changed."""

    at: Nanos
    instrument: Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSet:
    """An instrument's status or result changed."""

    at: Nanos
    instrument: InstrumentId
    status: str
    result: str
    payout: Decimal | None
    """Of one YES, once settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChanged:
    """One level of the book of YES changed; `book` counts the changes of that book from 1."""

    at: Nanos
    instrument: InstrumentId
    side: Side
    price: Ticks
    lots: Lots
    """Stands there now."""
    by: Lots
    best_bid: Ticks | None
    best_ask: Ticks | None
    account: AccountId
    """Whose order made it change."""
    client: str
    book: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """A taker met one resting order. All meetings of one placing share `execution`."""

    at: Nanos
    instrument: InstrumentId
    trade_id: str
    execution: str
    price: Ticks
    lots: Lots
    way: Side
    """Of the taker, in terms of YES."""
    taker: Order
    maker: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMoved:
    """An order was placed, filled, changed or ended. `order` is the floor's own, as it is at this moment."""

    at: Nanos
    order: Order
    why: str
    """``placed``, ``trade``, ``amend``, ``decrease``, or why it ended: ``user``, ``expiry``, ``close``, ``self``,
    ``unfilled`` (what an IOC left), ``group``, ``halt``, or a venue's own word."""
    state: State
    left: Lots
    filled: Lots


@dataclass(frozen=True, slots=True, kw_only=True)
class FillMade:
    """One account's half of a trade."""

    at: Nanos
    order: Order
    trade_id: str
    execution: str
    price: Ticks
    """Of YES."""
    lots: Lots
    cost: Decimal
    """Paid for a purchase, got for a sale, of the order's own leg; before the fee."""
    fee: Decimal
    maker: bool
    yes_after: Lots
    """Holdings after it, YES less NO."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A settlement paid an account for what it held."""

    at: Nanos
    account: AccountId
    instrument: InstrumentId
    yes: Lots
    no: Lots
    amount: Decimal


Notice = Listing | StatusSet | LevelChanged | Traded | OrderMoved | FillMade | Paid


def of_leg(leg: Leg, price: Ticks) -> Ticks:
    """Return the price of a leg from that of YES, or that of YES from the leg's."""
    return price if leg is Leg.YES else Ticks(TICKS_PER_UNIT - price)
