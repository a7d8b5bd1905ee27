"""What Polymarket's catalogue (Gamma) and its CLOB write of events and markets: JSON to typed values. Pure.

Outcomes, prices and token ids are JSON inside strings; index i of one belongs to index i of the others. What becomes
of it is `engine.venues.polymarket.listing`.

Source: Gamma and CLOB answers recorded in March to August 2026.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from engine.core.errors import WireError
from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.ids import POLYMARKET
from engine.venues.polymarket.wire_market import LARGEST, Word

if TYPE_CHECKING:
    pass

Text = Annotated[str, msgspec.Meta(max_length=100_000)]
Words = Annotated[list[Text], msgspec.Meta(max_length=1_000)]


class FeeSchedule(msgspec.Struct, frozen=True, rename="camel"):
    """What takers of a market pay."""

    rate: Decimal
    exponent: Decimal = Decimal(1)
    taker_only: bool = True


class Series(msgspec.Struct, frozen=True, rename="camel"):
    """The row of events that one belongs to."""

    id: Word | int = ""
    slug: Text = ""
    title: Text = ""


class Tag(msgspec.Struct, frozen=True, rename="camel"):
    """A label of the catalogue."""

    slug: Text | None = None
    label: Text | None = None


class Market(msgspec.Struct, frozen=True, rename="camel"):
    """A market as Gamma describes it."""

    question: Text = ""
    condition_id: Word | None = None
    slug: Text = ""
    resolution_source: Text | None = None
    end_date: Word | None = None
    start_date: Word | None = None
    description: Text | None = None
    outcomes: Text | Words | None = None
    outcome_prices: Text | Words | None = None
    clob_token_ids: Text | Words | None = None
    active: bool = True
    closed: bool = False
    accepting_orders: bool | None = None
    order_price_min_tick_size: Decimal | None = None
    order_min_size: Decimal | None = None
    neg_risk: bool | None = None
    group_item_title: Text | None = None
    event_start_time: Word | None = None
    fees_enabled: bool | None = None
    fee_schedule: FeeSchedule | None = None
    uma_resolution_status: Word | None = None
    events: Annotated[list[Event], msgspec.Meta(max_length=50)] | None = None


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """An event as Gamma describes it: the markets of one question."""

    slug: Text = ""
    title: Text = ""
    description: Text | None = None
    resolution_source: Text | None = None
    end_date: Word | None = None
    active: bool = True
    closed: bool = False
    neg_risk: bool | None = None
    neg_risk_augmented: bool | None = None
    markets: Annotated[list[Market], msgspec.Meta(max_length=1_000)] | None = None
    series: Annotated[list[Series], msgspec.Meta(max_length=50)] | None = None
    series_slug: Text | None = None
    tags: Annotated[list[Tag], msgspec.Meta(max_length=200)] | None = None


class _Page(msgspec.Struct, frozen=True):
    events: list[msgspec.Raw] | None = None
    data: list[msgspec.Raw] | None = None
    next_cursor: Word | None = None
    slug: Text = ""


class _ShortToken(msgspec.Struct, frozen=True):
    t: Word
    o: Text = ""


class _ShortFee(msgspec.Struct, frozen=True):
    r: Decimal = Decimal(0)
    e: Decimal = Decimal(1)
    to: bool = True


class _Short(msgspec.Struct, frozen=True):
    t: list[_ShortToken]
    mts: Decimal | None = None
    mos: Decimal | None = None
    nr: bool = False
    fd: _ShortFee | None = None


class Token(msgspec.Struct, frozen=True):
    """One side of a market, as the CLOB describes it."""

    token_id: Word
    outcome: Text = ""
    price: Decimal | None = None
    winner: bool = False


class ClobMarket(msgspec.Struct, frozen=True):
    """A market as the CLOB describes it; what it says of acceptance is not to be believed while it is closed."""

    condition_id: Word
    question: Text = ""
    tokens: list[Token] = []
    accepting_orders: bool = False
    active: bool = True
    closed: bool = False
    minimum_tick_size: Decimal | None = None
    minimum_order_size: Decimal | None = None
    neg_risk: bool = False
    end_date_iso: Word | None = None
    market_slug: Text = ""
    description: Text | None = None


def events(raw: bytes) -> list[Event]:
    """Return the events of an answer: one, a list, or a page of the keyset listing.

    Raises
    ------
    WireError
        If it is none of these, or one of them cannot be read.
    """
    return [event(row) for row in page(raw)[0]]


def page(raw: bytes) -> tuple[list[bytes], str]:
    """Return the events of an answer unread, and the cursor of the next page, empty at the end. Errors as in `events`.

    One that cannot be read is so no reason to lose the others.
    """
    if raw.lstrip()[:1] == b"[":
        return [bytes(row) for row in _read(list[msgspec.Raw], raw)], ""
    found = _read(_Page, raw)
    rows = found.events if found.events is not None else found.data
    if rows is not None:
        return [bytes(row) for row in rows], found.next_cursor or ""
    return ([raw] if found.slug else []), ""


def event(row: bytes) -> Event:
    """Return one event. Raises WireError if it cannot be read."""
    return _read(Event, row)


def market(raw: bytes) -> Market:
    """Return one market of Gamma. Raises WireError if it is none."""
    return _read(Market, raw)


def clob(raw: bytes) -> ClobMarket:
    """Return one market of the CLOB. Raises WireError if it is none."""
    return _read(ClobMarket, raw)


def series_id(raw: bytes, slug: str) -> str | None:
    """Return the id of a series among those of an answer; None when it is not there. Raises WireError."""
    found = next((one.id for one in _read(list[Series], raw) if one.slug == slug), None)
    return None if found in (None, "") else str(found)


def short_fee(raw: bytes) -> FeeRule:
    """Return the fee that ``/clob-markets/{condition}`` states. Raises WireError if it cannot be read."""
    found = _read(_Short, raw).fd
    if found is None or not found.r.is_finite() or not found.e.is_finite() or found.r <= 0:
        return NO_FEE
    return rule(found.r, found.e, found.to, raw)


def rule(rate: Decimal, exponent: Decimal, taker_only: bool, raw: bytes | str) -> FeeRule:
    """Return a fee schedule. Raises WireError where it cannot be."""
    if not (rate.is_finite() and 0 < rate <= 1 and exponent.is_finite() and 0 <= exponent <= 8):
        raise WireError(POLYMARKET, "a fee schedule that cannot be", raw)
    return FeeRule(kind="polymarket", rate=rate, exponent=exponent, taker_only=taker_only)


def inner(text: str | list[str] | None) -> list[str]:
    """Return a list that stands as JSON inside a string; empty when it does not."""
    if isinstance(text, list):
        return text
    try:
        found: Any = msgspec.json.decode(text) if text else []
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return []
    return found if isinstance(found, list) and all(isinstance(item, str) for item in found) else []


T = TypeVar("T")


def _read(kind: type[T], raw: bytes) -> T:
    if len(raw) > LARGEST * 2:
        raise WireError(POLYMARKET, f"an answer of {len(raw)} bytes", raw)
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError, ArithmeticError) as e:
        raise WireError(POLYMARKET, f"an unreadable listing ({str(e)[:120]})", raw) from e
