"""What a session starts from: the ledger's sums, as one value. Read by the store, opened by the kernel."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from engine.core.contract import Contract, Verdict
from engine.core.ids import AccountId, InstrumentId, MarketId, OrderId, VenueId
from engine.core.instrument import Roster
from engine.core.reading import Reading
from engine.core.rfq import QuoteRow, TradeRow
from engine.core.units import NO_MONEY, NOTHING, Leg, Money, Nanos, Qty, Side

LIVE: Final = "live"
"""The mode in which orders go to the venues for real; our own exchange takes none in it."""


class MarketRow(msgspec.Struct, frozen=True, kw_only=True):
    """One embedded market as the ledger knows it."""

    contract: Contract
    b: float
    """It opened with."""
    prior: tuple[float, ...]
    fee_rate: Decimal
    created_at: Nanos
    status: str
    """``open``, ``closed``, ``disputed``, ``settled`` or ``void``."""
    sold: tuple[Qty, ...]
    """Net shares sold of each outcome, the NO legs folded in as the market does."""
    pot: Money
    """Cash the market holds: the subsidy and what was paid in."""
    winner: int | None = None
    record: int | None = None
    """Sequence number of its last settlement record."""
    trades: int = 0
    last_ticks: int | None = None
    volume: Qty = NOTHING
    """Shares traded so far."""
    payouts: tuple[CashRow, ...] = ()
    """Settled or void: what each account but the pot got of it, net, under the kinds payout, refund, remainder and
    clawback. The house's may be negative. A new ruling takes it back."""
    fees_back: tuple[CashRow, ...] = ()
    """Void: what each account got back in fees."""
    phase: int = 1
    kind: str = ""
    """Its marchetype as the operator sees it."""
    b_now: float | None = None
    """Liquidity after it fell; None while it has not."""
    offset: tuple[float, ...] = ()
    """Shares that the curve counts besides those sold, once it has."""
    organic: tuple[tuple[Nanos, Qty], ...] = ()
    """What people traded with each other in the last day before the last trade, oldest first."""


class RestingRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order that rests on the embedded exchange."""

    order: OrderId
    place: int
    """In the queue."""
    at: Nanos
    account: AccountId
    market: MarketId
    outcome: int
    leg: Leg
    side: Side
    price: int
    qty: Qty
    """Still open."""
    reserved: Money
    """Cash set aside for it."""
    until: Nanos | None = None


class HoldingRow(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of one leg of one outcome held by one account; of a settled market, as held when it settled."""

    account: AccountId
    market: MarketId
    outcome: int
    leg: Leg
    qty: Qty
    cost: Money
    """Cost basis, fees not included."""
    realised: Money
    fees: Money


class CashRow(msgspec.Struct, frozen=True, kw_only=True):
    """Free cash of one account."""

    account: AccountId
    amount: Money


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order of ours as the ledger knows it."""

    id: OrderId
    intent: str
    at: Nanos
    instrument: InstrumentId
    side: Side
    leg: Leg
    price: int | None
    qty: Qty | None
    budget: Money | None
    tif: str
    origin: str
    status: str
    filled: Qty
    average: Decimal | None
    fee: Money
    why: str = ""
    tag: str = ""
    edge: float | None = None
    """Cents a share at the model when it was sent."""
    client: str = ""
    """Client id on a venue."""
    venue_order: str = ""
    until: Nanos | None = None
    post_only: bool = False
    reduce_only: bool = False
    strategy: str = ""


class StrategyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the registry of strategies as the trader left it."""

    name: str
    state: str
    """As `StrategyState`."""
    halted: str = ""
    halted_at: Nanos | None = None


class ParameterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a strategy that was set."""

    strategy: str
    name: str
    value: str


class StrategyDayRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy brought on one UTC day."""

    strategy: str
    day: int
    """Days since 1970."""
    realised: Money
    fees: Money
    fills: int
    orders: int
    asked: int | None = None
    """Cadences it was asked at; None before that was counted."""
    blind: int | None = None
    """Of those, how often what it needs was missing."""
    halts: int | None = None


class StrategyMemoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy asked to be remembered."""

    strategy: str
    name: str
    at: Nanos
    body: str


class MarketNoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the trader wrote to a market's settlement."""

    market: MarketId
    at: Nanos
    note: str


class JournalRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order in the journal: what it was sent on, and what came of it. Chances and prices are of its leg, 0 to 1."""

    order: str
    at: Nanos
    who: str
    """The strategy, or where a person pressed."""
    instrument: InstrumentId
    side: Side
    leg: Leg
    price: float | None = None
    """Of a share, account currency: its limit, or what it traded at."""
    qty: Qty | None = None
    fair: float | None = None
    market: float | None = None
    """The middle when it was sent."""
    edge: float | None = None
    """Cents a share."""
    book_age: int | None = None
    """Nanoseconds since the book was last heard of, as `report_age` of the station's newest report."""
    report_age: int | None = None
    reason: str = ""
    average: float | None = None
    filled: Qty = NOTHING
    fee: Money = NO_MONEY
    later: float | None = None
    """Price five minutes after it was sent."""
    close: float | None = None
    """The last one before the market closed."""
    paid: float | None = None
    """What a share paid in the end."""
    settled_at: Nanos | None = None
    note: str = ""
    tags: tuple[str, ...] = ()


class StrategyHeldRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy holds of one leg of an instrument."""

    strategy: str
    instrument: InstrumentId
    leg: Leg
    qty: Qty
    cost: Money
    quoted: Decimal = Decimal(0)
    """As `Position.quoted`."""


class HeldRow(msgspec.Struct, frozen=True, kw_only=True):
    """What all fills of ours in one leg of a venue's instrument come to; flat ones too, for what they realised."""

    instrument: InstrumentId
    leg: Leg
    qty: Qty
    cost: Money
    realised: Money
    fees: Money
    quoted: Decimal = Decimal(0)
    """Of a derivative: as `Position.quoted`."""


class FillRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fill of ours."""

    trade_id: str
    order: OrderId
    at: Nanos
    instrument: InstrumentId
    side: Side
    leg: Leg
    price: Decimal
    qty: Qty
    cost: Money
    fee: Money
    realised: Money
    slippage: float | None = None
    """Cents a share against the price before it; positive is worse."""
    tag: str = ""


class SettlementRow(msgspec.Struct, frozen=True, kw_only=True):
    """A settlement record, read back from its sealed body."""

    seq: int
    prev: str
    hash: str
    at: Nanos
    market: MarketId
    title: str
    verdict: Verdict
    paid: Money
    """Paid to our account."""
    supersedes: int | None = None
    proof: str = ""
    """Of a dispute, the hash of its evidence."""


class PnlPoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Our account's result at one moment."""

    at: Nanos
    realised: Money
    unrealised: Money
    fees: Money


class StationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A station of the shipped list."""

    id: str
    name: str
    lat: float
    lon: float
    cell: str
    """H3 cell at resolution 7."""
    utc_offset_hours: int
    """Local standard time, all year."""
    routine_minute: int
    """Minute of the hour at which its routine report is made."""


class VenueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A venue that is wired in this session."""

    id: VenueId
    title: str
    can: tuple[str, ...] = ()
    """Names of `engine.venues.port.Can`, such as ``AMEND``; empty for a feed without orders."""
    trades: bool = True
    """It takes orders; Binance only tells prices."""
    collateral: str = "USD"
    orders_per_second: float = 0.0
    """Of the venue's write budget; 0 where there is none."""
    stale_after_s: float = 30.0
    """A market link that was silent for so long is not to be trusted."""
    pace: float = 1.0
    """Seconds of the session's clock in a real one: a simulated day runs fast, and silence is judged in real time."""


class AssetRow(msgspec.Struct, frozen=True, kw_only=True):
    """What prices options on an asset, and hedges them."""

    asset: str
    """As requests name it, in capitals: ``BTC``."""
    instrument: InstrumentId
    """A future or a perpetual on the venue whose options price it."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything a kernel needs to go on where the last session stopped."""

    profile: str
    mode: str
    """``paper``, ``demo`` (paper money on a simulated day), ``live`` or ``replay``."""
    account_name: str
    place: str = ""
    """Where the desk's day is: its local standard midnight begins it."""
    utc_offset_hours: int = 0
    beat: Nanos = Nanos(1_000_000_000)
    """Between two looks at what time alone changes; longer on a clock that runs fast."""
    seed_cash: tuple[CashRow, ...] = ()
    """Deposits to book in this session: accounts that the ledger does not know yet."""
    operators: tuple[AccountId, ...] = ()
    cash: tuple[CashRow, ...] = ()
    markets: tuple[MarketRow, ...] = ()
    markets_kept: int = 0
    """Of markets that are over long ago, how many of the last stay in memory; 0 keeps all, as sessions did before."""
    holdings: tuple[HoldingRow, ...] = ()
    resting: tuple[RestingRow, ...] = ()
    """On the embedded exchange, of all accounts, by place in the queue."""
    next_place: int = 1
    """In that queue."""
    orders: tuple[OrderRow, ...] = ()
    """Ours, newest last; all that are not ended and the last hundred that are."""
    fills: tuple[FillRow, ...] = ()
    """Ours, newest last; the last two hundred."""
    settlements: tuple[SettlementRow, ...] = ()
    attempts: tuple[tuple[MarketId, int], ...] = ()
    """How often each market that is closed and not settled was tried to be settled in vain."""
    readings: tuple[Reading, ...] = ()
    """Reports that open or disputed markets still need, and all of the last two days."""
    pnl: tuple[PnlPoint, ...] = ()
    limits: tuple[tuple[str, Decimal], ...] = ()
    halted: str = ""
    """Why the kill switch is set; empty when it is not."""
    halted_why: str = ""
    halted_at: Nanos = Nanos(0)
    reduce_only: bool = False
    chain_next: int = 0
    chain_head: str = "0" * 64
    chain_ok: bool = True
    chain_why: str = ""
    """Why it is not, or what of a sound chain nothing proves."""
    next_order: int = 1
    next_trade: int = 1
    stations: tuple[StationRow, ...] = ()
    salt: str = ""
    """Of this ledger, made once: client ids of its orders are unlike those of every other ledger."""
    venues: tuple[VenueRow, ...] = ()
    listings: tuple[Roster, ...] = ()
    """Families that orders or positions of ours need, as last listed."""
    held: tuple[HeldRow, ...] = ()
    """Our positions on venues."""
    unpriced: tuple[InstrumentId, ...] = ()
    """Of which a fill bore a fee that is not known in dollars."""
    venue_fills: tuple[FillRow, ...] = ()
    """Fills on venues, oldest first: all of orders that are not ended, the last thousands of the others."""
    strategies: tuple[StrategyRow, ...] = ()
    parameters: tuple[ParameterRow, ...] = ()
    strategy_days: tuple[StrategyDayRow, ...] = ()
    strategy_held: tuple[StrategyHeldRow, ...] = ()
    earned: tuple[StrategyDayRow, ...] = ()
    """Live: what strategies brought on the paper desk of the same profile, which their readiness counts too."""
    strategy_memory: tuple[StrategyMemoryRow, ...] = ()
    market_notes: tuple[MarketNoteRow, ...] = ()
    journal: tuple[JournalRow, ...] = ()
    """The newest orders of the journal, oldest first."""
    quote_nonce: int = 0
    """The highest number that a quote of ours ever bore."""
    quotes: tuple[QuoteRow, ...] = ()
    """The last quotes on requests, oldest first."""
    rfq_trades: tuple[TradeRow, ...] = ()
    """All trades of requests whose hedge is not done, and the last that are; oldest first."""
    assets: tuple[AssetRow, ...] = ()
    """Which venue and instrument price each asset; none is the table that the program has."""
    venue_cash: tuple[tuple[VenueId, Money], ...] = ()
    """Paper: what the ledger's own double entry says of each venue's account."""
