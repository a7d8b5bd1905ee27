"""Orders, fills, positions, the result and the gates of our account."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from engine.core.ids import InstrumentId, MarketId, OrderId
from engine.core.units import Money, Nanos, Qty


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One order in the blotter."""

    id: OrderId
    at: Nanos
    mode: str
    venue: str
    instrument: InstrumentId
    market: str
    """Name for people."""
    side: str
    """``BUY YES``, ``SELL NO``…"""
    qty: Qty | None
    filled: Qty
    price: float | None
    """Cents; None takes any."""
    average: float | None
    """Cents."""
    tif: str
    status: str
    word: str
    """Status in the blotter's word: Sending, Working, Part 4/10, Filled, Refused…"""
    ends: bool
    edge: float | None
    """Cents a share when it was sent."""
    fee: Money | None
    """None where it is not known in dollars."""
    why: str
    """Gate and sentence, or the venue's reason."""
    origin: str
    strategy: str = ""
    """Title of the strategy that sent it."""
    intent: str = ""
    """Key of the press that it came from."""
    currency: str = ""
    """What price and average are in, of an option or a future; empty where they are cents."""


class OrdersView(msgspec.Struct, frozen=True, kw_only=True):
    """The blotter, newest first."""

    rows: tuple[OrderLine, ...]
    """Of the newest, and every older one that has not ended."""
    older: int = 0
    """Others that the session knows of; the ledger has all."""


PROVISIONAL: Final = " · provisional"
"""Behind the name of a sum in which a fee is missing that is not known in dollars."""


class FillLine(msgspec.Struct, frozen=True, kw_only=True):
    """One fill."""

    trade_id: str
    at: Nanos
    market: str
    instrument: InstrumentId
    side: str
    qty: Qty
    price: float
    """Cents."""
    fee: Money | None
    """None where it is not known in dollars."""
    slippage: float | None
    """Cents against the mid before the trade; positive is worse."""
    realised: Money
    tag: str
    currency: str = ""
    """What the price is in, of an option or a future; empty where it is cents."""


class FillsView(msgspec.Struct, frozen=True, kw_only=True):
    """Our fills, newest first."""

    rows: tuple[FillLine, ...]
    older: int = 0
    """Others that the session knows of; the ledger has all."""


class PositionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One position: one leg of one outcome."""

    instrument: InstrumentId
    market: MarketId
    name: str
    leg: str
    qty: Qty
    average: float
    """Cents."""
    mark: float | None
    """Cents."""
    mark_from: str
    """Which mark: curve, mid, model, settled."""
    unrealised: Money | None
    realised: Money
    fees: Money | None
    """None where one of them is not known in dollars, and then `net` is none."""
    net: Money | None
    max_loss: Money | None
    """Of an option or a future, which may lose without a bound, that of the stress grid; None where not known."""
    max_win: Money | None
    """None where it has no bound."""
    closes: Nanos | None
    """None of what has no end, such as a perpetual, or whose end is not known."""
    source: str
    """State of its settlement source, such as ``KMDW open``."""
    currency: str = ""
    """What average and mark are in, of an option or a future; its leg is LONG or SHORT. Empty where they are cents."""


class PositionsView(msgspec.Struct, frozen=True, kw_only=True):
    """All positions and their total."""

    rows: tuple[PositionLine, ...]
    unrealised: Money
    realised: Money
    """Of the session, flat positions included."""
    fees: Money
    net: Money
    max_loss: Money
    provisional: bool = False
    """A fee is not known in dollars, and counts for nothing in these sums."""


class PnlPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The result at one moment."""

    at: Nanos
    total: float
    realised: float
    unrealised: float
    fees: float


class PnlView(msgspec.Struct, frozen=True, kw_only=True):
    """The curve of the day."""

    points: tuple[PnlPoint, ...]
    by_market: tuple[tuple[str, Money], ...]
    """Name and result of each; a name that several have ends with the market's id."""
    total: Money
    realised: Money
    unrealised: Money
    fees: Money
    provisional: bool = False
    """A fee is not known in dollars, and counts for nothing in these sums."""


class GateRow(msgspec.Struct, frozen=True, kw_only=True):
    """One risk gate as a lamp."""

    code: str
    scope: str
    meaning: str
    used: str
    limit: str
    """Both as text in the gate's own unit; of money the bare number."""
    value: Decimal | None
    """The limit as a number, where it can be edited."""
    share: float | None
    state: str
    """OK, NEAR, REFUSING or OFF."""
    last_refusal: str
    last_refusal_at: Nanos | None
    self_test: str
    self_test_at: Nanos | None
    source: str
    """What it reads, and how old that is."""
    flow: str = "every order"
    """Whose orders meet it: ``every order``, those on ``venues``, in ``options`` (and futures), of ``strategies``."""
    whose: str = ""
    """The strategy, or the group of events, that has used most of it."""
    unit: str = ""
    amount: Decimal | None = None
    """What is used, as a number; of losses it is the result, so that a gain is above 0."""


class GatesView(msgspec.Struct, frozen=True, kw_only=True):
    """All gates."""

    rows: tuple[GateRow, ...]
    halted_by: str
    halted_why: str
    halted_at: Nanos | None
    cancelled: int
    """Orders the halt took back."""
    waiting: int
    """Cancels not yet confirmed."""
    open: int
    flatten_cost: Money | None
    """What flattening all positions now would lose against their marks."""
