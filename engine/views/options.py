"""Options, futures and perpetuals: expiries, the chain of one expiry, and the greeks of what is held.

Conventions. Prices are in the currency that the instrument is quoted in (`currency`): dollars, or the coin itself
where it is inverse; `dollars` says what one unit of that is worth. Volatilities are fractions a year. Greeks of a
chain are those of one unit of quantity, in dollars and by the forward: `delta` and `gamma` by one dollar of the
underlying, `vega` for one point of volatility (0.01), `theta` for one day. Greeks of positions are summed over
contracts, with their sign, so `delta` is a number of coins. What is not known is None, and is shown as a dash.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import InstrumentId, VenueId
from engine.core.units import Money, Nanos


class OptionSide(msgspec.Struct, frozen=True, kw_only=True):
    """One option of a chain: a call or a put."""

    instrument: InstrumentId
    bid: float | None
    ask: float | None
    """Best of the book where it is followed and not stale, else what the venue last said with its mark."""
    bid_qty: Decimal | None
    ask_qty: Decimal | None
    mid: float | None
    """Middle of both; None where a side is empty."""
    mark: float | None
    """The venue's."""
    bid_iv: float | None
    ask_iv: float | None
    """Volatility that bid and ask imply at the forward; None where the price leaves none."""
    mark_iv: float | None
    model_iv: float | None
    """Of the smile that is fitted through the expiry; None where none is."""
    delta: float | None
    gamma: float | None
    vega: float | None
    theta: float | None
    greeks_from: str
    """``own`` (Black-76 at the mark's volatility), ``venue``, ``last`` (older than the venue's last word) or empty."""
    open_interest: Decimal | None
    qty: Decimal
    """Ours, negative for short."""
    working: int
    """Open orders of ours in it."""
    age_s: float | None
    """Seconds since its quote last changed; None before the first."""
    stale: str
    """Why the quote is not to be trusted; empty while it is."""


class SmileLaw(msgspec.Struct, frozen=True, kw_only=True):
    """The smile fitted through an expiry: total variance over log-moneyness by SVI, as `engine.maths.smile.Slice`."""

    a: float
    b: float
    rho: float
    m: float
    sigma: float
    years: float
    name: str
    """``SVI``, ``SSVI`` or ``flat``."""
    rmse: float
    """Root of the mean weighted square of what is left, a volatility."""
    points: int
    low: float
    """Log-moneyness of the lowest point, and of the highest: outside of them the law is a guess."""
    high: float
    free: bool
    """No butterfly is free in it."""


class ChainRow(msgspec.Struct, frozen=True, kw_only=True):
    """Both options of one strike."""

    strike: Decimal
    call: OptionSide | None
    put: OptionSide | None


class ChainView(msgspec.Struct, frozen=True, kw_only=True):
    """All options of one expiry of one underlying on one venue, lowest strike first. Topic `topics.chain`."""

    key: str
    """As `topics.ChainKey.text`; watching it (`Watch`) makes the desk follow its instruments."""
    venue: VenueId
    venue_title: str
    underlying: str
    settles_in: str
    currency: str
    """What its prices are in: ``USD``, ``USDC``, or the coin."""
    inverse: bool
    expires: Nanos
    days: float
    """To expiry, never below 0."""
    forward: float | None
    index: float | None
    dollars: float | None
    """What one unit of `currency` is worth: 1, or the index."""
    atm_iv: float | None
    """Volatility at the forward, between the two strikes around it."""
    skew: float | None
    """Volatility of the put of delta -0.25 less that of the call of delta 0.25, as a fraction."""
    rows: tuple[ChainRow, ...]
    followed: bool
    """The desk was told to follow all of it."""
    state: str
    """``live``, ``loading``, ``stale`` or ``halted``."""
    note: str
    """Why, in one sentence; empty while live."""
    now: Nanos
    smile: SmileLaw | None = None
    """None where no volatility is known to fit one through."""


class ExpiryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One expiry that has a chain."""

    key: str
    venue: VenueId
    venue_title: str
    underlying: str
    settles_in: str
    inverse: bool
    expires: Nanos
    days: float
    options: int
    """Instruments listed and not settled."""
    atm_iv: float | None
    forward: float | None
    held: int
    """Of them, those that we hold."""
    followed: bool


class ExpiriesView(msgspec.Struct, frozen=True, kw_only=True):
    """Every chain there is: by underlying, venue, settlement, soonest first. Topic `topics.EXPIRIES`."""

    rows: tuple[ExpiryLine, ...]
    now: Nanos


class LegGreeks(msgspec.Struct, frozen=True, kw_only=True):
    """One position in an option, a future or a perpetual. Greeks are of the whole position."""

    instrument: InstrumentId
    name: str
    """``C 76 000 31 JUL``, ``BTC-PERPETUAL``."""
    underlying: str
    kind: str
    """``C``, ``P``, ``FUT`` or ``PERP``."""
    strike: Decimal | None
    expires: Nanos | None
    qty: Decimal
    """Negative for short."""
    average: float | None
    """In `currency`, as `mark` is."""
    mark: float | None
    mark_from: str
    """``mark``, ``mid``, ``last`` or ``settled``."""
    currency: str
    iv: float | None
    delta: float | None
    """Coins that would move our result in dollars alike."""
    delta_coin: float | None
    """Net transaction delta: what would move a result counted in the coin alike; of an inverse option its delta less
    its price, of an inverse future its face value over the index."""
    gamma: float | None
    vega: float | None
    theta: float | None
    greeks_from: str
    """As in `OptionSide`."""
    unrealised: Money | None
    realised: Money
    fees: Money
    age_s: float | None
    """Of what the greeks were reckoned from."""


class BucketGreeks(msgspec.Struct, frozen=True, kw_only=True):
    """The options of one expiry together."""

    expires: Nanos
    delta: float | None
    gamma: float | None
    vega: float | None
    theta: float | None


class StressCell(msgspec.Struct, frozen=True, kw_only=True):
    """What our positions would come to if spot and volatility jumped, in dollars, against now."""

    spot: float
    """Fraction that the underlying moves by: -0.2 to 0.2."""
    vol: float
    """What is added to every volatility: -0.1 to 0.1."""
    result: float


class UnderlyingGreeks(msgspec.Struct, frozen=True, kw_only=True):
    """Everything held of one underlying, over all venues. A greek is None as soon as one position's is."""

    underlying: str
    index: float | None
    delta: float | None
    delta_coin: float | None
    gamma: float | None
    vega: float | None
    theta: float | None
    unknown: tuple[str, ...]
    """Positions whose greeks are not known now; while there is one, so are the sums not."""
    buckets: tuple[BucketGreeks, ...]
    """Soonest first; futures and perpetuals are in none."""
    stress: tuple[StressCell, ...]
    """By spot, then by volatility; empty where it cannot be reckoned."""
    worst: Money | None
    """Greatest loss of the grid, open orders included, never negative: what the gates count as at risk."""
    unrealised: Money | None
    priced_on: str = ""
    """Venue and instrument that price and hedge it, by the table of assets; empty where it names none."""


class GreeksView(msgspec.Struct, frozen=True, kw_only=True):
    """Portfolio greeks. Topic `topics.GREEKS`; also part of the risk strip while options are held."""

    rows: tuple[UnderlyingGreeks, ...]
    """By underlying."""
    legs: tuple[LegGreeks, ...]
    """By underlying, expiry, strike."""
    now: Nanos
