"""Hedging as its dock shows it: what is open by underlying, its bands, what is on its way, and what holds it back.

Deltas are coins of the underlying, gammas coins a dollar, vegas dollars for one point of volatility. None is unknown
and shown as a dash.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import InstrumentId
from engine.core.units import Nanos


class HedgeVenueLine(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument that could take the hedge, with all that it would cost."""

    instrument: InstrumentId
    venue: str
    """Title."""
    side: str
    """``buy`` or ``sell``."""
    size: float
    """Coins of what would be hedged now, or of the smallest order where nothing is."""
    price: float | None
    """Dollars, average through the book; None where the book does not hold it."""
    fee_bps: float | None
    funding_bps: float | None
    """Of holding it for the hours the desk reckons with; positive costs."""
    all_in: float | None
    """Dollars: price with fees, funding and slippage, worse being higher for a purchase and lower for a sale."""
    chosen: float
    """Coins that the router gives it now; 0 for none."""
    why_not: str
    """Why it takes no part; empty where it may."""


class HedgeOrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A hedge that works, or was the last."""

    order: str
    at: Nanos
    instrument: InstrumentId
    venue: str
    side: str
    qty: Decimal
    filled: Decimal
    price: float | None
    """Limit while it works, average once it filled; dollars."""
    status: str
    trace: str
    """Of the trade it hedges; empty for the book's own delta."""
    why: str


class GammaAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """What would bring gamma back: options first, then what delta they leave. Never sent by itself."""

    instrument: InstrumentId
    name: str
    side: str
    qty: float
    """Coins."""
    cost: float
    """Dollars: half the spread and the fee."""
    delta_after: float
    perp: float
    """Coins, bought positive."""
    gamma_after: float


class HedgeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One underlying."""

    underlying: str
    spot: float | None
    """Dollars."""
    delta: float | None
    """Of all positions, coins; None while one of them has no greeks, which the line then names."""
    gamma: float | None
    vega: float | None
    delta_options: float | None
    delta_hedges: float | None
    """Of futures and perpetuals."""
    working: float
    """Coins of hedge orders that may still fill, signed: counted as if they had."""
    band: float | None
    """Half-width around 0, coins."""
    band_kind: str
    """``fixed``, ``percent`` or ``Whalley-Wilmott``."""
    gamma_limit: float
    usage: float | None
    """|delta| of the band, 1 at its edge."""
    action: str
    """``none``, ``buy``, ``sell``, ``hold`` (below the venue's least) or ``stopped``."""
    size: float
    """Coins of it."""
    why: str
    """Why it stands so: the stop condition, what is held, or empty."""
    next_at: Nanos | None
    """When it may be hedged again after the last hedge; None where nothing waits."""
    spent: float
    """Dollars hedged today."""
    spent_limit: float
    breaks: str
    """Positions that differ from a venue's own account, in words; empty while none does."""
    venues: tuple[HedgeVenueLine, ...]
    """Cheapest first."""
    gammas: tuple[GammaAdvice, ...]
    """Best first; empty while gamma is within its limit."""
    models: tuple[tuple[str, float | None], ...]
    """Delta to hedge by each risk model that is registered, by its name."""


class HedgingView(msgspec.Struct, frozen=True, kw_only=True):
    """All underlyings, and the hedger behind them."""

    lines: tuple[HedgeLine, ...]
    pending: tuple[HedgeOrderLine, ...]
    last: tuple[HedgeOrderLine, ...]
    """Newest first."""
    state: str
    """Of the hedger in the registry: ``off``, ``shadow``, ``paper`` or ``live``."""
    sends: bool
    why: str
    """What stops all hedging; empty while nothing does."""
    facts: tuple[tuple[str, str], ...]
    now: Nanos


class GapLine(msgspec.Struct, frozen=True, kw_only=True):
    """The same option on two venues: what buying on one and selling on the other would bring."""

    name: str
    buy_on: str
    """Title of the venue."""
    sell_on: str
    buy: InstrumentId
    sell: InstrumentId
    ask: float
    """Dollars a unit, without fees."""
    bid: float
    fees: float
    """Dollars a unit of both sides."""
    gap: float
    """Dollars a unit that are left after fees; negative where it does not pay."""
    gap_bps: float
    """Of the spot."""
    size: float
    """Units that stand at these prices on both."""


class GapsView(msgspec.Struct, frozen=True, kw_only=True):
    """The same options across venues, what pays most first."""

    rows: tuple[GapLine, ...]
    compared: int
    """Options that two venues list and quote."""
    now: Nanos
