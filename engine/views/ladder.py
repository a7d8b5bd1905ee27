"""The ladder of one instrument, orders of ours on it, and how likely they are filled."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from engine.core.commands import Tif
from engine.core.ids import InstrumentId, OrderId
from engine.core.units import Leg, Money, Nanos, Qty, Side, Ticks

ENDED: Final = 24
"""Orders that ended lately which a ladder knows of."""


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
