"""Everything the trader, an operator or a strategy can ask for.

Every command names the account that asks (`by`); what an account may ask depends on its role.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import msgspec

from engine.core.contract import Contract
from engine.core.ids import YOU, AccountId, InstrumentId, MarketId, OrderId, StationId, StrategyId, VenueId
from engine.core.quotes import QuoteLeg
from engine.core.units import Leg, Money, Nanos, Qty, Side, Ticks


class Tif(Enum):
    """How long an order lives."""

    __hash__ = object.__hash__

    GTC = "GTC"
    GTD = "GTD"
    IOC = "IOC"
    FOK = "FOK"


class StrategyState(Enum):
    """What a strategy does with what it would send."""

    __hash__ = object.__hash__

    OFF = "off"
    """It is not asked."""
    SHADOW = "shadow"
    """It is asked, and what would have come of it is kept; nothing is sent."""
    PAPER = "paper"
    """It sends where money is not real, and is in the shadow elsewhere."""
    LIVE = "live"
    """It sends in a live session while that is armed; never after a restart."""


class Role(Enum):
    """What an account may do: an operator also creates markets, rules disputes and settles again."""

    TRADER = "trader"
    OPERATOR = "operator"


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    """Base of all commands."""

    by: AccountId = YOU


class Place(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Open an order for a quantity, for a budget, or up to a price.

    `qty` shares, or as many as `budget` buys fee included, or (both None) as many as move the price
    to `price`. `price` is the worst price of one share of `leg`; None takes any within the band.
    """

    instrument: InstrumentId
    side: Side
    leg: Leg = Leg.YES
    price: Ticks | None = None
    qty: Qty | None = None
    budget: Money | None = None
    intent: str = ""
    """Made when the row or ticket is armed: two clicks with one intent are one order."""
    tif: Tif = Tif.IOC
    until: Nanos | None = None
    post_only: bool = False
    reduce_only: bool = False
    strategy: StrategyId | None = None
    tag: str = ""
    origin: str = "ticket"
    """Where it came from: ticket, ladder, board, map, flatten, strategy, script, day."""


class Amend(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Move or resize a working order; until answered, the larger exposure counts."""

    order: OrderId
    price: Ticks
    qty: Qty


class Cancel(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Take an order back."""

    order: OrderId


class CancelAll(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Take every working order back; of one market when it is named."""

    market: MarketId | None = None


class Flatten(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Sell every position, or that of one market, at what the market pays."""

    market: MarketId | None = None


class Halt(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The kill switch: no new order leaves, what works is cancelled; survives a restart."""

    why: str


class Release(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """End a halt. `typed` must be the account's name."""

    typed: str
    why: str = ""


class ReduceOnly(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Let only orders pass that make a position smaller."""

    on: bool


class SetLimit(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Change the limit of a gate: tighten at any time; loosen only when flat, with a reason."""

    gate: str
    value: Decimal
    why: str = ""


class SelfTest(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Try every gate on a sound and on a broken order."""


class TakeRole(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Act as trader or as operator in this profile."""

    role: Role


class CreateMarket(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """List a contract. Operators only."""

    contract: Contract
    b: float
    """Liquidity in shares, > 0."""
    prior: tuple[float, ...] = ()
    """Opening probability of each outcome; empty is even."""
    fee_rate: Decimal = Decimal(0)
    phase: int = 1
    """1 the maker's curve alone, 2 with resting orders, 3 with a quoted spread and liquidity that falls."""
    kind: str = ""
    """Its marchetype, such as ``e2``; empty when nobody said."""


class SetPhase(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Bring a market to a later phase. Operators only."""

    market: MarketId
    phase: int


class Rule(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Decide a disputed market; `winner` None voids it. A new record, never an edit. Operators only."""

    market: MarketId
    winner: int | None
    why: str


class Watch(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Follow the books of a family, or of one instrument; `on` False lets them go."""

    what: str
    """A `FamilyId`, or ``venue/symbol`` of one instrument."""
    on: bool = True
    who: str = ""
    """Whoever watches, such as one of several ladders: what one lets go is followed as long as another watches it."""


class Ring(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Tell when a station's running high or low crosses an edge of a bracket; `on` False tells no more."""

    station: StationId
    on: bool = True


class Arm(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Let orders reach a venue for real, for a while. `typed` must be ``LIVE`` and the account's name."""

    typed: str


class Disarm(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Take that back, and every working order with it."""

    why: str = ""


class Reconcile(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Ask a venue for our account again."""

    venue: VenueId


class Conclude(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The trader's own word on an order of unknown fate, after looking at the venue: it is not there."""

    order: OrderId
    why: str


class Resettle(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Settle a disputed market again on the readings known now. Operators only."""

    market: MarketId


class SetStrategy(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Switch a strategy; a switch to any state but off also ends a halt of its own."""

    strategy: StrategyId
    to: StrategyState
    typed: str = ""
    """For LIVE: ``LIVE`` and the account's name, as arming asks for."""


class SetParameter(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Tell a strategy something; refused outside of the parameter's range."""

    strategy: StrategyId
    name: str
    value: str


class Quote(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Price a request now and send the quote, whether or not the desk quotes by itself; a new nonce each time."""

    trace: str


class Pass(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Let a request go by; a quote that stands for it is taken back where its venue can do that."""

    trace: str


class EditSpread(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Quote a request with another edge than the desk's own."""

    trace: str
    edge_bps: Decimal
    """Of the hedge's price, >= 0."""


class ManualTrade(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Book a trade that was agreed elsewhere, and hedge it like any other; refused beyond the desk's limits."""

    intent: str
    """Made when the form is opened: two presses with one intent are one trade."""
    legs: tuple[QuoteLeg, ...]
    """Listed options, each with what we did with it and the price it was agreed at."""
    qty: Qty
    """Units of the structure, > 0."""
    with_whom: str = ""


class HedgeNow(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Hedge an underlying to the middle of its band at once, and try hedges that failed again."""

    underlying: str


class CloseTrade(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The trader's own word on a trade whose hedge failed: what is left of it stays open, or was hedged elsewhere."""

    trace: str
    why: str


class Teach(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Give a strategy the text of a file, such as a model's; kept in the ledger, so that it is there again."""

    strategy: StrategyId
    name: str
    body: str
    """At most half a megabyte; empty takes it away."""


class Annotate(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Write a note and tags to an order in the journal, in place of those before."""

    order: OrderId
    note: str
    tags: tuple[str, ...] = ()


class NoteMarket(Command, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Write a note to a market's settlement, in place of the one before; the records stay as they are sealed."""

    market: MarketId
    note: str
    """Empty takes it away."""


AnyCommand = (
    Place
    | Amend
    | Cancel
    | CancelAll
    | Flatten
    | Halt
    | Release
    | ReduceOnly
    | SetLimit
    | SelfTest
    | TakeRole
    | CreateMarket
    | SetPhase
    | Rule
    | Resettle
    | Watch
    | Ring
    | Arm
    | Disarm
    | Reconcile
    | Conclude
    | SetStrategy
    | SetParameter
    | Teach
    | Annotate
    | NoteMarket
    | Quote
    | Pass
    | EditSpread
    | ManualTrade
    | HedgeNow
    | CloseTrade
)
