"""Markets, the ladder of one instrument, the board of one event, and the pre-trade card."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from engine.core.commands import Tif
from engine.core.contract import Bracket, Metric, Sources, Unit
from engine.core.ids import Cell, InstrumentId, MarketId, OrderId
from engine.core.units import Leg, Money, Nanos, Qty, Side, Ticks

ENDED: Final = 24
"""Orders that ended lately which a ladder knows of."""


class MarketRow(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome in the markets tree."""

    instrument: InstrumentId
    market: MarketId
    group: str
    """Section of the tree, such as ``Weather · daily high``."""
    event: str
    """Name of the market, such as ``Chicago``."""
    station: str
    label: str
    """Outcome: ``86-87``, or empty for a YES/NO market."""
    cell: str
    status: str
    closes: Nanos
    bid: Ticks | None
    ask: Ticks | None
    mid: float | None
    """Price of YES in cents."""
    model: float | None
    """Model probability."""
    edge: float | None
    """Best of buying YES and NO at the model, in cents after fees."""
    overround: float | None
    """Sum of asks minus 1, in cents; of a market, on its first row."""
    position: Qty
    """YES minus NO."""
    volume: Qty
    phase: int | None = None
    """Of an embedded market; as in `LadderView`."""
    currency: str = ""
    """What an option, a future or a perpetual is quoted in; what is in cents above is unknown of it."""
    bid_text: str = ""
    """Its best bid as it is quoted; empty without one."""
    ask_text: str = ""
    near: bool = False
    """The option of its expiry that is nearest to the money."""


class MarketsView(msgspec.Struct, frozen=True, kw_only=True):
    """All markets, grouped: rows of one market are together, in outcome order."""

    rows: tuple[MarketRow, ...]


class FillOdds(msgspec.Struct, frozen=True, kw_only=True):
    """How likely a waiting order is filled within a time, and what that was reckoned from."""

    ahead: Qty | None
    """What trades before it; None where that is not known."""
    at_most: bool
    """No more than `ahead`, perhaps less: the venue does not say how old the orders of its level are."""
    qty: Qty
    """What of it waits."""
    per_s: float
    """Trades a second that reach its side, over the last 60 s."""
    mean_size: float | None
    """Shares, over the last ten minutes; None without a trade."""
    horizon_s: float
    trades: int | None
    """Of that size that it takes."""
    chance: float | None
    """That so many come in time."""


class OwnOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order of ours on a ladder: what it is, where it stands and what became of it."""

    id: OrderId
    row: Ticks | None
    """Price of YES of the row it stands at; None of one without a price."""
    rises: bool
    """It lies on the bid side: YES bought or NO sold."""
    side: Side
    leg: Leg
    price: Ticks | None
    """Of its own leg."""
    qty: Qty | None
    """The whole of it, what has filled included."""
    filled: Qty
    state: str
    """As in `LadderRow.mine_bid_state`, or ``expired``, ``refused``."""
    word: str
    """The state in the blotter's word."""
    why: str = ""
    tif: Tif = Tif.GTC
    post_only: bool = False
    intent: str = ""


class LadderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One price of the ladder."""

    price: Ticks
    bid: Qty | None
    """What can be sold at this row."""
    ask: Qty | None
    cum_bid: Qty | None
    cum_ask: Qty | None
    mine_bid: str
    """Text of own orders on the bid side: ``10``, ``4/10``; empty without any."""
    mine_bid_state: str
    """draft, sent, working, partial, canceling, amending, moved (the old place of one amended), lost,
    filled, canceled, rejected or empty."""
    mine_ask: str
    mine_ask_state: str
    sold: Qty | None
    """Traded against the bid here in the last ten minutes."""
    bought: Qty | None
    edge: float | None
    """Cents a share of buying YES here (above fair: of selling), after fees, at the model."""
    exit: Money | None
    """PnL of closing the whole position at this row, after fees; None when flat."""
    mine_bid_ids: tuple[OrderId, ...] = ()
    """The orders behind `mine_bid`, oldest first."""
    mine_ask_ids: tuple[OrderId, ...] = ()
    queue_bid: Qty | None = None
    """About how much lies ahead of ours; None where the venue does not say."""
    queue_ask: Qty | None = None
    rest_bid: Qty | None = None
    """On the embedded exchange: how much of `bid` are resting orders; the rest is the maker's curve."""
    rest_ask: Qty | None = None


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How an option, a future or a perpetual is quoted: it has no cents and no other share."""

    unit: Decimal
    """Of one tick, in `currency`."""
    places: int
    """Decimals of a price."""
    currency: str
    """What prices are in: ``USD``, ``USDC``, or the coin."""
    step: Decimal
    """Sizes of orders are whole multiples of it."""
    least: Decimal
    """The smallest order."""
    of: str
    """What sizes count: the coin, or ``USD`` of face value."""
    worth: Decimal | None
    """Dollars that one of a size costs at a price of 1; None where nothing is paid, or the index is not known."""
    fees: str
    """The fee schedule in words."""


class LadderView(msgspec.Struct, frozen=True, kw_only=True):
    """The ladder of one instrument, highest price first, every cent once; of a derivative, as `scale` says."""

    instrument: InstrumentId
    title: str
    subtitle: str
    status: str
    state: str
    """Dock state: loading, live, ageing, stale, error, halted."""
    why: str
    rows: tuple[LadderRow, ...]
    best_bid: Ticks | None
    best_ask: Ticks | None
    last: Ticks | None
    fair: float | None
    """Model price in cents."""
    average: float | None
    """Own average entry in cents of YES."""
    breakeven: float | None
    """Price in cents at which the position closes without loss."""
    position: Qty
    position_text: str
    """``+24 @ 38.5`` in the ladder's own words; empty when flat."""
    position_pnl: Money | None
    curve: bool
    """The maker's curve alone: nothing can rest."""
    b: float | None
    """Liquidity of the maker now."""
    max_loss: Money | None
    """What the maker can lose on this market."""
    closes: Nanos
    gates_ok: int
    gates_near: int
    refusing: str
    """Code of the gate that refuses everything now; empty when none does."""
    phase: int | None = None
    """Of an embedded market: 1 the curve alone, 2 with resting orders, 3 with a spread and a b that falls."""
    price: float | None = None
    """Of the maker's curve, in cents."""
    half_spread: float | None = None
    """Cents that the curve keeps to either side of its price."""
    b_open: float | None = None
    """Liquidity that the market opened with."""
    organic: Qty | None = None
    """Shares that people traded with each other in the last day."""
    kind: str = ""
    """Its marchetype, where somebody said."""
    fill: FillOdds | None = None
    """Of our waiting order that is nearest to the market."""
    fill_words: str = ""
    """Which one that is, such as ``BUY 10 YES @ 43``."""
    fair_low: float | None = None
    """Between which prices in cents the model's own doubt lies: the band of the board."""
    fair_high: float | None = None
    orders: tuple[OwnOrder, ...] = ()
    """Ours of which something may still come, oldest first."""
    ended: tuple[OwnOrder, ...] = ()
    """Ours of this session that ended lately, oldest first; at most `ENDED`."""
    scale: Scale | None = None
    """Of a derivative: what is in cents above is in hundreds of ticks, and BUY and SELL are of long alone."""
    followed: bool = True
    """Whether its book is asked for; of a derivative it is while somebody looks at it."""


class BoardRow(msgspec.Struct, frozen=True, kw_only=True):
    """One bracket of an event."""

    instrument: InstrumentId
    label: str
    dead: str
    """Why it cannot win any more; empty while it can."""
    bid: Ticks | None
    bid_size: Qty | None
    ask: Ticks | None
    ask_size: Qty | None
    mid: float | None
    """Cents."""
    change_5m: float | None
    """Cents."""
    implied: float | None
    model: float | None
    model_low: float | None
    model_high: float | None
    edge_yes: float | None
    """Cents after fees."""
    edge_no: float | None
    position: Qty
    average: float | None
    """Cents."""
    pnl: Money | None
    if_wins: Money | None
    implied_low: float | None = None
    """Between which probabilities the methods of taking the excess out of the prices disagree."""
    implied_high: float | None = None
    all_in_yes: float | None = None
    """Cents that a share of YES costs at the ask, the taker's fee included."""
    all_in_no: float | None = None
    """The same of NO, against the bid."""
    locked: str = ""
    """Why it has won as far as its station's reports go; empty while it has not."""


class BoardView(msgspec.Struct, frozen=True, kw_only=True):
    """All brackets of one event."""

    market: MarketId
    title: str
    subtitle: str
    unit: str
    status: str
    state: str
    why: str
    rows: tuple[BoardRow, ...]
    sum_bid: float | None
    """Cents, of the brackets alive."""
    sum_mid: float | None
    sum_ask: float | None
    mids_used: int
    buy_set: float | None
    """Cost in account currency of one share of every outcome, fees included."""
    sell_set: float | None
    mean: float | None
    """Centre of the implied distribution, in the event's unit."""
    mean_per_hour: float | None
    mean_trail: tuple[tuple[Nanos, float], ...]
    """Where the centre has been over the last half hour, oldest first."""
    running: str
    """Running extreme as text, such as ``84 °F``."""
    closes: Nanos
    worst: Money | None
    worst_label: str
    best: Money | None
    best_label: str
    age_s: float | None
    refusing: str = ""
    """Code of the gate that refuses everything now; empty when none does."""
    phase: int | None = None
    """Of an embedded market; as in `LadderView`."""
    buy_qty: Qty | None = None
    """Sets of all YES that can be bought at a profit after exact fees, at the depth that stands."""
    buy_profit: Money | None = None
    sell_qty: Qty | None = None
    """The same of all NO."""
    sell_profit: Money | None = None
    proven_buy: bool = True
    """One of the outcomes is known to happen: a set of all YES is sure to pay."""
    proven_sell: bool = True
    """No two of them can."""
    proof: str = ""
    """How that is known, or why it is not."""
    report: str = ""
    """Newest report of the deciding station, such as ``METAR KMDW``."""
    report_at: Nanos | None = None
    run: str = ""
    """Forecast behind the model's column; empty where none is."""
    run_at: Nanos | None = None
    doubt: str = ""
    """Why the model's column is of something else than what decides here; empty where it is not."""
    asked_at: Nanos | None = None
    """The engine's time of this view: ages are told from it."""


class GateLine(msgspec.Struct, frozen=True, kw_only=True):
    """One gate as it would stand after an order."""

    code: str
    used: Decimal | None
    limit: Decimal | None
    refuses: bool
    share: float | None
    """used / limit in [0, 1] or above; None where that means nothing."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The pre-trade card: what an order would do if sent now."""

    instrument: InstrumentId
    words: str
    """What the money button says after the mode, such as ``BUY 10 YES @ 43 $4.30``."""
    qty: Qty | None
    cost: Money | None
    """Paid (negative: received) before the fee."""
    fee: Money | None
    fee_words: str
    average: float | None
    """Cents a share."""
    worst: float | None
    """Marginal price after the order, in cents."""
    max_loss: Money | None
    max_win: Money | None
    breakeven: float | None
    """Probability after fees at which nothing is gained."""
    model: float | None
    edge: float | None
    """Cents a share."""
    edge_money: Money | None
    kelly: float | None
    """Quarter-Kelly share of equity."""
    kelly_qty: Qty | None
    position_after: str
    gates: tuple[GateLine, ...]
    refused_by: str
    """Code of the first gate that refuses; empty when it would pass."""
    refused_why: str
    warnings: tuple[str, ...]
    """Soft doubts to be confirmed in place."""
    confirm: bool
    """Ask once, in place, before sending."""
    intent: str = ""
    """Of the order it answers; empty when not told."""
    fill: FillOdds | None = None
    """Of what would wait; None where nothing would."""
    currency: str = ""
    """What average and worst are in, of an option or a future; empty where they are cents."""


class MarketDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A contract as an operator has filled it in; exactly one of `threshold` and `brackets` is set."""

    cell: Cell
    metric: Metric
    unit: Unit
    threshold: Decimal | None
    brackets: tuple[Bracket, ...]
    opens: Nanos
    closes: Nanos
    b: float | None
    """Liquidity in shares; None takes it from the forecast's spread."""
    prior: tuple[float, ...] | None
    """Opening probability of each outcome; empty is even, None takes the forecast's."""
    sources: Sources | msgspec.UnsetType = msgspec.UNSET
    """Who gives the stations' values, in order; unset, the metric's own rule says."""
    phase: int = 1
    kind: str = ""
    """Code of its marchetype (`engine.maths.marchetypes`); empty when nobody said."""


class SubsidyPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What creating a market would mean, shown before it is confirmed."""

    stations: tuple[str, ...]
    """One line each: id, distance, weight."""
    tier: str
    refused: str
    """Why it cannot be listed; empty when it can."""
    iqr: float | None
    reference: float | None
    """Median, or the climatological IQR for temperatures."""
    b: float | None
    subsidy: Money | None
    """Worst case of this market."""
    subsidies_after: Money | None
    """Sum over all open markets with it."""
    subsidies_limit: Decimal
    prices: tuple[tuple[str, float], ...]
    """Opening probability of each outcome."""
    rule: str
    """The settlement rule in words."""


class TapeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One trade."""

    at: Nanos
    price: Ticks
    """Of YES after it."""
    qty: Qty
    bought: bool | None
    """It lifted the price of YES; None where nobody says."""
    mine: bool
    instrument: InstrumentId | None = None
    label: str = ""
    """The instrument's name, for a tape of several."""
    value: float | None = None
    """The price in cents; of what does not pay 1 or nothing, in its own money."""
    binary: bool = True
    count: int = 1
    """Trades gathered in it."""


class TapeView(msgspec.Struct, frozen=True, kw_only=True):
    """The trades of one instrument, or of those around it, newest first."""

    instrument: InstrumentId
    """The linked one; sums are of it alone."""
    utc_offset_hours: int
    rows: tuple[TapeRow, ...]
    bought: Qty
    """Sum of what lifted the price, over the tape's ten minutes."""
    sold: Qty
