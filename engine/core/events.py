"""Everything that can happen to the engine. Frozen; every one carries `at`, the kernel's only clock."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.commands import AnyCommand
from engine.core.contract import Metric
from engine.core.ids import Cell, InstrumentId, OrderId, StationId, VenueId, VenueOrderId
from engine.core.instrument import Band, Family, Instrument
from engine.core.quotes import QuoteFill, QuoteRequest
from engine.core.reading import CellQuantiles, HourQuantiles, Reading
from engine.core.snapshot import Snapshot
from engine.core.units import Leg, Lots, Money, Nanos, Qty, Side, Ticks


class Happening(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    """Base of everything that happens. `at` is when we learned it.

    Nothing frozen can come to hold itself, so the collector need not look at any of these.
    """

    at: Nanos


class Opened(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A session begins with what the ledger knows; always the first event of a journal."""

    snapshot: Snapshot


class Asked(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A command, stamped and journalled like everything else."""

    command: AnyCommand
    pressed_at: Nanos
    """The host's steady clock. Gates of human pace (RATE, DUPLICATE) read it, since a demo day's `at` runs fast."""


class Observed(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A report of a station arrived."""

    reading: Reading


class StationForecast(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Temperature at a station, hour by hour, and its daily extreme."""

    station: StationId
    run: str
    """Model and cycle, such as ``HRRR 18Z``."""
    hours: tuple[HourQuantiles, ...]
    """Degrees Fahrenheit."""
    spread: str = ""
    """Where p10 and p90 come from, such as ``GEFS 12Z, 31 members``."""
    credit: str = ""
    """What the model's licence wants shown beside its numbers."""


class GridForecast(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """One quantity over one window, cell by cell."""

    run: str
    metric: Metric
    unit: str
    opens: Nanos
    closes: Nanos
    cells: tuple[CellQuantiles, ...]
    radius_km: float = 0.0
    """Of each cell's `around`; 0 where there is none."""
    spread: str = ""
    """Where p10 and p90 come from, such as ``6 runs of HRRR``."""
    credit: str = ""
    """What the model's licence wants shown beside its numbers."""


class Alerted(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The weather service warns of something, or says more of what it warned of; the newest of an id counts."""

    id: str
    event: str
    """Such as ``Flash Flood Warning``."""
    severity: str
    """Extreme, Severe, Moderate, Minor or Unknown, and whatever else may come."""
    headline: str = ""
    """Plain text, at most 300 characters."""
    sent: Nanos
    effective: Nanos
    """From here on it stands; `onset`, when the weather begins, may be later."""
    onset: Nanos | None = None
    expires: Nanos
    """Until when this text is good."""
    ends: Nanos | None = None
    """When the weather ends, where it is said."""
    zones: tuple[str, ...] = ()
    """Codes of zones and counties (UGC)."""
    cells: tuple[Cell, ...] = ()
    """Where it lies, by code: cells of the markets' resolution, a parent for all its children; empty while unknown."""
    replaces: tuple[str, ...] = ()
    """Ids of the alerts that are over because of it."""


class AlertsOver(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Alerts that the weather service took back, or no longer tells of."""

    ids: tuple[str, ...]


class Due(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A timer the kernel asked for (`Wake`)."""

    what: str


class Kept(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """What a `Keep(then=...)` asked for is safe on disk."""

    what: str
    more: tuple[str, ...] = ()
    """What became safe with it and comes after it."""

    @property
    def each(self) -> tuple[str, ...]:
        """All of it."""
        return (self.what, *self.more)


class StoreChanged(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The disk stopped taking writes, or takes them again."""

    ok: bool
    why: str = ""


class ChainChecked(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The settlement records on disk were recomputed and held against their checkpoint."""

    ok: bool
    records: int
    proved: int | None
    """Records that the checkpoint vouches for; None when there is no checkpoint to prove the tail with."""
    text: str = ""


class LinkChanged(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A connection came up or went down; down makes what it brings stale."""

    venue: VenueId
    up: bool
    channel: str = ""
    """``market`` (books and trades), ``account`` (orders and fills), ``directory`` (what is listed); empty is the
    venue as a whole."""
    why: str = ""
    """One sentence, mapped from a code; never the venue's raw words."""


class LinkReport(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """How a venue's connections do, about once a second: measured, or None."""

    venue: VenueId
    latency_ms: float | None = None
    """Round trip of a ping or a small request, median of the last minute."""
    frames: int = 0
    """Since the session began."""
    gaps: int = 0
    resyncs: int = 0
    reconnects: int = 0
    overflow: int = 0
    """Market events that found no room."""
    queued: int = 0
    errors: int = 0
    """Frames, and rows of lists, that could not be read."""
    skew_ms: float | None = None
    """Our clock less the venue's."""
    read_room: float | None = None
    """Share of the rate budget that is left, 0 to 1."""
    write_room: float | None = None
    cancel_room: float | None = None
    sockets: int = 0
    subscribed: int = 0
    keys: str = ""
    """Where its keys come from: ``keyring``, ``file``, ``session``, ``environment``, or empty without any."""
    host: str = ""
    maintenance_until: Nanos | None = None


class Errand(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One kind of question that a service of the weather is asked again and again."""

    what: str
    """``reports``, ``climate reports``, ``forecasts``, ``alerts`` or ``five-minute rows``."""
    ok_at: Nanos | None = None
    """When it was last answered."""
    news_at: Nanos | None = None
    """When an answer last held something new."""
    next_at: Nanos | None = None
    """When it will be asked again; None while nothing is planned."""
    why: str = ""
    """Why it was not answered the last time; empty when it was."""


class SourceReport(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """How a service that tells of the weather does; told when something of it has changed."""

    source: str
    """``iem``, ``nws``, ``visual_crossing``…"""
    title: str
    errands: tuple[Errand, ...] = ()
    stations: int = 0
    """Asked about."""
    requests: int = 0
    """Sent since the session began."""
    unchanged: int = 0
    """Of them, answered with "not modified"."""
    room: float | None = None
    """Share of today's allowance that is left, 0 to 1; None where there is none."""
    host: str = ""
    keys: str = ""
    """Where its key comes from, as for venues."""
    refused: tuple[str, ...] = ()
    """What is not asked of it, and why: one sentence each."""


class Listed(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A venue's directory found instruments, or found them changed; a family replaces what was known of it."""

    family: Family
    instruments: tuple[Instrument, ...]


class StatusChanged(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A venue opened, paused, closed, determined or settled an instrument."""

    instrument: InstrumentId
    status: str
    """As `Instrument.status`."""
    result: str = ""
    """``yes``, ``no`` or a value, when determined."""
    closes: Nanos | None = None


class GridChanged(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The venue moved the prices at which orders may lie."""

    instrument: InstrumentId
    grid: tuple[Band, ...]


class BookSnapshot(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The whole book of YES as the venue states it; replaces what we had. Best first, NO bids folded to YES asks."""

    instrument: InstrumentId
    bids: tuple[tuple[Ticks, Lots], ...] = ()
    asks: tuple[tuple[Ticks, Lots], ...] = ()
    seq: int | None = None
    venue_time: Nanos | None = None


class BookDelta(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """One level of the book of YES changed."""

    instrument: InstrumentId
    side: Side
    """BUY is the bid side."""
    price: Ticks
    lots: Lots
    """The level's new size, 0 removes it; with `by`, what is added to it (may be negative)."""
    by: bool = False
    seq: int | None = None
    venue_time: Nanos | None = None
    best_bid: Ticks | None = None
    """What the venue says the best prices are after it, where it does: a difference makes the book stale."""
    best_ask: Ticks | None = None


class BooksStale(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Books may differ from the venue's until a snapshot of each arrives: a gap, an overflow, a reconnect."""

    venue: VenueId
    instruments: tuple[InstrumentId, ...]
    why: str


class Trade(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Somebody traded."""

    instrument: InstrumentId
    price: Ticks
    """Of YES."""
    lots: Lots
    taker: Side | None = None
    """BUY lifted the price of YES."""
    trade_id: str = ""
    venue_time: Nanos | None = None


class Marked(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """What a venue reckons an option, a future or a perpetual at; the newest counts. Nothing is ever traded on it."""

    instrument: InstrumentId
    price: Decimal | None = None
    """Mark, in the currency the instrument is quoted in."""
    index: Decimal | None = None
    """Of the underlying, in dollars."""
    forward: Decimal | None = None
    """The underlying at the instrument's expiry, in dollars: what Black-76 is fed with."""
    bid: Ticks | None = None
    """Best bid; books, where they are followed, are the better source."""
    bid_lots: Lots | None = None
    ask: Ticks | None = None
    ask_lots: Lots | None = None
    mark_iv: float | None = None
    """Volatilities are fractions a year: 0.6 is 60 %."""
    bid_iv: float | None = None
    ask_iv: float | None = None
    delta: float | None = None
    """The venue's own greeks, in its own convention; ours are computed."""
    gamma: float | None = None
    vega: float | None = None
    """Dollars for one point of volatility, 0.01."""
    theta: float | None = None
    """Dollars a day."""
    open_interest: Decimal | None = None
    volume: Decimal | None = None
    """Of the last 24 hours, in units of quantity."""
    funding: float | None = None
    """Of a perpetual: the rate of eight hours, a fraction."""
    rate: float | None = None
    """Interest the venue reckons with, a fraction a year."""
    venue_time: Nanos | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One order as the venue's own account shows it."""

    order: OrderId | None
    """Ours, when its client id or venue id is known to be."""
    client: str = ""
    venue_order: VenueOrderId = VenueOrderId("")
    instrument: InstrumentId | None = None
    side: Side | None = None
    leg: Leg | None = None
    price: Ticks | None = None
    qty: Qty | None = None
    filled: Qty | None = None
    status: str = "working"
    """``working``, ``filled``, ``canceled``, ``rejected``, ``expired``; ``absent``: a look for it found nothing."""


class SeenFill(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fill as the venue's own account shows it; fields as in `Filled`."""

    order: OrderId | None
    trade_id: str
    instrument: InstrumentId
    side: Side
    leg: Leg
    price: Decimal
    qty: Qty
    cost: Money
    fee: Money
    at: Nanos
    maker: bool = False
    fee_in: str = ""


class Held(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One position as the venue's own account shows it."""

    instrument: InstrumentId
    leg: Leg
    qty: Qty
    average: Decimal | None = None


class Pictured(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The venue's word on our account, asked for at `asked_at`; what happened after that may be missing from it."""

    venue: VenueId
    asked_at: Nanos
    ok: bool = True
    why: str = ""
    """When it could not be had: nothing else is set, and nothing follows from it."""
    orders: tuple[Seen, ...] = ()
    """All that work, and every one that was asked for by name."""
    fills: tuple[SeenFill, ...] = ()
    """Recent ones, oldest first."""
    positions: tuple[Held, ...] | None = None
    """All of them; None where this gateway does not say (paper: ours are the only ones)."""
    cash: Money | None = None
    """What the account holds, with what our own working orders bind and without what orders of others bind."""


class Accepted(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The venue has it."""

    order: OrderId
    venue_order: VenueOrderId


class Rejected(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A definite no: from the venue, or nothing was ever sent (``code="unsent"``)."""

    order: OrderId
    code: str
    text: str


class Filled(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Part or all of it traded. `trade_id` makes it count once."""

    order: OrderId
    trade_id: str
    price: Decimal
    """Average, per share of the order's leg."""
    qty: Qty
    cost: Money
    """Paid for a purchase, got for a sale, before the fee; never negative."""
    fee: Money
    maker: bool = False
    fee_in: str = ""
    """What the fee came to where that cannot be told in dollars, such as ``0.0001 BNB``; `fee` is 0, then."""


class FillReversed(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The venue took a fill back."""

    order: OrderId
    trade_id: str


class Canceled(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Gone, what was left of it."""

    order: OrderId
    why: str = ""


class CancelRefused(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The venue keeps it working, and says so unmistakably."""

    order: OrderId
    code: str


class Expired(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Its time ran out, or the venue closed the market."""

    order: OrderId


class Amended(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The venue moved it."""

    order: OrderId
    price: Ticks
    qty: Qty


class AmendRefused(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """It stands as it was."""

    order: OrderId
    code: str


class Lost(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Sent, and no answer that settles it. The order stays in flight until reconciled."""

    order: OrderId
    why: str


class QuoteRequested(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Somebody asks a venue's makers for a price, or asks anew; the newest of a request counts."""

    request: QuoteRequest


class QuoteRequestOver(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Nothing can be quoted on a request any more. Whether we traded is told by `QuoteTaken` alone."""

    venue: VenueId
    request: str
    status: str
    """``filled``, ``cancelled``, ``expired`` or ``closed``: the venue's word where it is one of these."""


class QuoteStood(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """How a quote of ours stands at its venue."""

    venue: VenueId
    request: str
    client: str
    """Our id of the quote."""
    status: str
    """``open``, ``filled``, ``cancelled``, ``expired``, ``rejected`` (a definite no, or nothing was sent), or ``lost``:
    it may stand, and counts until its time is out or the venue says otherwise."""
    venue_quote: str = ""
    filled: Qty = Qty(Decimal(0))
    text: str = ""
    """One sentence, where it was refused or lost."""
    best: bool | None = None
    """Whether it is the best of all that were given, where the venue says."""
    best_price: Decimal | None = None
    """Of the best one, where the venue tells it; as its legs are quoted."""


class QuoteTaken(Happening, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A quote of ours traded: every leg, once. `trade` makes it count once."""

    venue: VenueId
    request: str
    client: str
    trade: str
    legs: tuple[QuoteFill, ...]


OrderEvent = (
    Accepted | Rejected | Filled | FillReversed | Canceled | CancelRefused | Expired | Amended | AmendRefused | Lost
)
Event = (
    Opened
    | Asked
    | Observed
    | StationForecast
    | GridForecast
    | Alerted
    | AlertsOver
    | Due
    | Kept
    | StoreChanged
    | ChainChecked
    | LinkChanged
    | LinkReport
    | SourceReport
    | Listed
    | StatusChanged
    | GridChanged
    | BookSnapshot
    | BookDelta
    | BooksStale
    | Trade
    | Marked
    | Pictured
    | Accepted
    | Rejected
    | Filled
    | FillReversed
    | Canceled
    | CancelRefused
    | Expired
    | Amended
    | AmendRefused
    | Lost
    | QuoteRequested
    | QuoteRequestOver
    | QuoteStood
    | QuoteTaken
)
