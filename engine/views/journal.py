"""The journal of orders and its scorecard: what each was sent on, what came of it, and how good the values were."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import InstrumentId, OrderId
from engine.core.units import Money, Nanos


class JournalLine(msgspec.Struct, frozen=True, kw_only=True):
    """One order."""

    order: OrderId
    at: Nanos
    who: str
    """The strategy, or where a person pressed."""
    instrument: InstrumentId
    market: str
    """In words."""
    side: str
    price: float | None
    """Cents a share of the leg, as the next four."""
    fair: float | None
    middle: float | None
    """The market's, when it was sent."""
    edge: float | None
    average: float | None
    """Paid; None while nothing filled."""
    qty: Decimal | None
    filled: Decimal
    fee: Money
    book_age_s: float | None
    """How old the book and the station's newest report were when it was sent."""
    report_age_s: float | None
    reason: str
    later: float | None
    """Cents that the price had gone our way five minutes after."""
    line: float | None
    """Cents by which the closing price was better than what was paid."""
    won: bool | None
    """None while it is not settled, or what pays is neither nothing nor all."""
    result: float | None
    """Dollars after fees, where it filled and is settled."""
    brier: float | None
    note: str
    tags: tuple[str, ...]
    currency: str = ""
    """What price and average are in, of an option or a future; empty where they are cents."""


class CalibrationBin(msgspec.Struct, frozen=True, kw_only=True):
    """Values that were alike, and how often it came."""

    n: int
    said: float
    came: float
    low: float
    high: float


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """Some orders together; None is unknown."""

    name: str
    """``all``, a strategy, or ``#`` and a tag."""
    orders: int
    scored: int
    """With a fair value, and settled."""
    brier: float | None
    brier_market: float | None
    skill: float | None
    """Share of the market's score that ours is better by."""
    line: float | None
    """Mean cents by which the closing price was better than ours, over the shares that filled."""
    later: float | None
    """The same five minutes after."""
    fee_share: float | None
    """Fees over what was won and lost before them."""
    result: float | None
    """Dollars after fees."""
    bins: tuple[CalibrationBin, ...]


class JournalView(msgspec.Struct, frozen=True, kw_only=True):
    """Orders, newest first, and their scorecards."""

    rows: tuple[JournalLine, ...]
    cards: tuple[Scorecard, ...]
    """That of all first."""
    older: int = 0
    """Other orders that the session knows of; the ledger has all."""
