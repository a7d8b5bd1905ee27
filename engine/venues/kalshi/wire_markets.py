"""Kalshi markets, events and series as typed values, and what their words mean. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from engine.core.instrument import Band
from engine.core.units import TICK, TICKS_PER_UNIT, Ticks
from engine.venues.kalshi import wire
from engine.venues.kalshi.numbers import number
from engine.venues.kalshi.wire import Prose, RangeMsg, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

STATUSES: Final = {
    "initialized": "unopened",
    "inactive": "paused",
    "active": "open",
    "closed": "closed",
    "determined": "determined",
    "disputed": "determined",
    "amended": "determined",
    "finalized": "settled",
}
"""The venue's word to ours. A word that is new to us reads as paused: nothing is sent to such a market."""
_BECAME: Final = {"created": "unopened", "activated": "open", "determined": "determined", "settled": "settled"}
MOST: Final = 1_000


class Source(msgspec.Struct, frozen=True):
    """Who says what happened."""

    name: Prose | None = None
    url: Prose | None = None


class Market(msgspec.Struct, frozen=True):
    """One market as its object says."""

    ticker: Word
    event_ticker: Word = ""
    market_type: Word = "binary"
    title: Prose | None = None
    subtitle: Prose | None = None
    yes_sub_title: Prose | None = None
    no_sub_title: Prose | None = None
    status: Word = ""
    result: Word | None = None
    open_time: Word | None = None
    close_time: Word | None = None
    expected_expiration_time: Word | None = None
    expiration_time: Word | None = None
    latest_expiration_time: Word | None = None
    expiration_value: Prose | None = None
    settlement_value_dollars: wire.Digits | None = None
    settlement_ts: Word | None = None
    settlement_timer_seconds: int | None = None
    fee_waiver_expiration_time: Word | None = None
    can_close_early: bool | None = None
    strike_type: Word | None = None
    floor_strike: Decimal | None = None
    cap_strike: Decimal | None = None
    rules_primary: Prose | None = None
    rules_secondary: Prose | None = None
    price_level_structure: Word | None = None
    price_ranges: Annotated[list[RangeMsg], msgspec.Meta(max_length=1_000)] | None = None
    is_provisional: bool | None = None
    exchange_index: int | None = None


Markets = Annotated[list[Market], msgspec.Meta(max_length=MOST)]


class EventFacts(msgspec.Struct, frozen=True):
    """What an event says of itself."""

    event_ticker: Word
    series_ticker: Word = ""
    title: Prose | None = None
    sub_title: Prose | None = None
    category: Prose | None = None
    mutually_exclusive: bool = False
    settlement_sources: list[Source] | None = None
    fee_type_override: Word | None = None
    fee_multiplier_override: Decimal | None = None


class EventData(EventFacts, frozen=True):
    """One event; its markets nested, if asked for and not settled."""

    markets: Markets | None = None
    unread: int = msgspec.field(default=0, name="")
    """Markets of it that could not be read; counted here, never said by the venue."""


class Series(msgspec.Struct, frozen=True):
    """What an event repeats."""

    ticker: Word
    title: Prose | None = None
    category: Prose | None = None
    frequency: Prose | None = None
    fee_type: Word = "quadratic"
    fee_multiplier: Decimal = Decimal(1)
    settlement_sources: list[Source] | None = None


class SeriesReply(msgspec.Struct, frozen=True):
    """Answer of ``/series/{s}``."""

    series: Series


class EventReply(msgspec.Struct, frozen=True):
    """Answer of ``/events/{e}``: markets inside the event or beside it."""

    event: EventData
    markets: Markets | None = None
    unread: int = msgspec.field(default=0, name="")
    """Of the markets beside it, as `EventData.unread`."""


class EventsReply(msgspec.Struct, frozen=True):
    """A page of ``/events``."""

    events: list[EventData] | None = None
    cursor: Prose | None = None


class MarketReply(msgspec.Struct, frozen=True):
    """Answer of ``/markets/{t}``."""

    market: Market


class MarketsReply(msgspec.Struct, frozen=True):
    """A page of ``/markets``."""

    markets: Markets | None = None
    cursor: Prose | None = None
    unread: int = msgspec.field(default=0, name="")
    """As `EventData.unread`."""


class StatusReply(msgspec.Struct, frozen=True):
    """Answer of ``/exchange/status``."""

    exchange_active: bool
    trading_active: bool
    exchange_estimated_resume_time: Word | None = None


SERIES: Final = msgspec.json.Decoder(SeriesReply)
EVENT: Final = msgspec.json.Decoder(EventReply)
EVENTS: Final = msgspec.json.Decoder(EventsReply)
MARKET: Final = msgspec.json.Decoder(MarketReply)
MARKETS: Final = msgspec.json.Decoder(MarketsReply)
STATUS: Final = msgspec.json.Decoder(StatusReply)
ANYTHING: Final = msgspec.json.Decoder(Any)


def status_of(market: Market) -> str:
    """Return a market's status in our words."""
    return STATUSES.get(market.status, "paused")


def result_of(market: Market) -> str:
    """Return ``yes``, ``no``, or what YES is worth where it is neither; empty before it is determined."""
    if market.result == "scalar":
        return market.settlement_value_dollars or ""
    return market.result or ""


def grid(ranges: Sequence[RangeMsg]) -> tuple[Band, ...]:
    """Return where orders may lie: the stated ranges without 0 and 1, at which nothing trades.

    A range's end belongs to the next range where there is one; as a multiple of both steps it is in both.

    Raises
    ------
    ValueError
        If a bound or step is no whole number of ticks, a step not positive, or nothing is left.
    """
    bands = [band for each in ranges if (band := _band(each)) is not None]
    if not bands:
        msg = "no price at which an order may lie"
        raise ValueError(msg)
    return tuple(bands)


def became(msg: wire.LifecycleMsg) -> str:
    """Return the status that a message about a market states; empty where it states none."""
    if msg.event_type == "deactivated":
        return "open" if msg.is_deactivated is False else "paused"
    return _BECAME.get(msg.event_type, "")


def result_in(msg: wire.LifecycleMsg) -> str:
    """Return the result that a message states, as `result_of`."""
    if msg.result in {"yes", "no"}:
        return str(msg.result)
    return msg.settlement_value or msg.result or ""


def _band(stated: RangeMsg) -> Band | None:
    start, stop, step = (_ticks(text) for text in (stated.start, stated.end, stated.step))
    if step <= 0 or not 0 <= start <= stop <= TICKS_PER_UNIT:
        msg = f"no range of prices: {stated.start!r} to {stated.end!r} by {stated.step!r}"
        raise ValueError(msg)
    first = start if start > 0 else start + step
    last = start + (stop - start) // step * step
    last = last if last < TICKS_PER_UNIT else last - step
    return Band(Ticks(first), Ticks(last), Ticks(step)) if first <= last else None


def _ticks(text: str) -> int:
    count, rest = divmod(number(text), TICK)
    if rest:
        msg = f"finer than a tick: {text!r}"
        raise ValueError(msg)
    return int(count)
