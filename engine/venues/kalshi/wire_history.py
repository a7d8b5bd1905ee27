"""What Kalshi keeps of the past: candles, what our settled markets paid, and from when on it is kept apart. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.units import Lots, Money, Nanos, Qty, Ticks
from engine.venues.kalshi import wire
from engine.venues.kalshi.numbers import lots, moment, number, qty, seconds, ticks
from engine.venues.kalshi.wire import Count, Digits, Prose, Word
from engine.venues.kalshi.wire_books import instrument

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId

_CENT: Final = Decimal("0.01")


class Prices(msgspec.Struct, frozen=True):
    """Prices of one candle; those of trades are missing where none was made."""

    open_dollars: Digits | None = None
    low_dollars: Digits | None = None
    high_dollars: Digits | None = None
    close_dollars: Digits | None = None
    previous_dollars: Digits | None = None


class RestCandle(msgspec.Struct, frozen=True):
    """One candle. The venue writes one only where something changed."""

    end_period_ts: Count
    price: Prices = Prices()
    yes_bid: Prices = Prices()
    yes_ask: Prices = Prices()
    volume_fp: Digits = "0"
    open_interest_fp: Digits = "0"


class CandlesReply(msgspec.Struct, frozen=True):
    """Answer of ``/series/{s}/markets/{t}/candlesticks``."""

    candlesticks: list[RestCandle] | None = None


class RestSettlement(msgspec.Struct, frozen=True):
    """A market of ours that paid out."""

    ticker: Word
    market_result: Word
    settled_time: Word
    yes_count_fp: Digits = "0"
    no_count_fp: Digits = "0"
    yes_total_cost_dollars: Digits = "0"
    no_total_cost_dollars: Digits = "0"
    revenue: Count = 0
    fee_cost: Digits = "0"


class SettlementsReply(msgspec.Struct, frozen=True):
    """A page of ``/portfolio/settlements``."""

    settlements: list[RestSettlement] | None = None
    cursor: Prose | None = None


class CutoffReply(msgspec.Struct, frozen=True):
    """Answer of ``/historical/cutoff``."""

    market_settled_ts: Word
    trades_created_ts: Word
    orders_updated_ts: Word


CANDLES: Final = msgspec.json.Decoder(CandlesReply)
SETTLEMENTS: Final = msgspec.json.Decoder(SettlementsReply)
CUTOFF: Final = msgspec.json.Decoder(CutoffReply)


@dataclass(frozen=True, slots=True)
class Candle:
    """One stretch of a market; prices are YES's, None where there was none."""

    ends: Nanos
    open: Ticks | None
    high: Ticks | None
    low: Ticks | None
    close: Ticks | None
    bid: Ticks | None
    ask: Ticks | None
    volume: Lots


@dataclass(frozen=True, slots=True)
class Paid:
    """What a settled market of ours came to. `yes` and `no` are contracts held, `revenue` what they paid."""

    instrument: InstrumentId
    result: str
    at: Nanos | None
    yes: Qty
    no: Qty
    cost: Money
    revenue: Money
    fee: Money


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Before these instants everything lies under ``/historical`` alone."""

    markets: Nanos | None
    trades: Nanos | None
    orders: Nanos | None


def candles(raw: bytes) -> tuple[Candle, ...]:
    """Return the candles of an answer.

    Raises
    ------
    WireError
        If it cannot be read.
    """
    rows = wire.body(CANDLES, raw).candlesticks or []
    return wire.understood(lambda: tuple(_candle(row) for row in rows), raw)


def settlements(raw: bytes) -> tuple[Paid, ...]:
    """Return what a page of our settlements says.

    Raises
    ------
    WireError
        If it cannot be read.
    """
    rows = wire.body(SETTLEMENTS, raw).settlements or []
    return wire.understood(lambda: tuple(_paid(row) for row in rows), raw)


def cutoff(raw: bytes) -> Cutoff:
    """Return from when on the venue's usual calls answer.

    Raises
    ------
    WireError
        If it cannot be read.
    """
    said = wire.body(CUTOFF, raw)
    times = said.market_settled_ts, said.trades_created_ts, said.orders_updated_ts
    return wire.understood(lambda: Cutoff(*(moment(each) for each in times)), raw)


def _candle(row: RestCandle) -> Candle:
    price = row.price
    return Candle(
        ends=seconds(row.end_period_ts),
        open=_ticks(price.open_dollars),
        high=_ticks(price.high_dollars),
        low=_ticks(price.low_dollars),
        close=_ticks(price.close_dollars),
        bid=_ticks(row.yes_bid.close_dollars),
        ask=_ticks(row.yes_ask.close_dollars),
        volume=lots(row.volume_fp),
    )


def _paid(row: RestSettlement) -> Paid:
    return Paid(
        instrument=instrument(row.ticker),
        result=row.market_result,
        at=moment(row.settled_time),
        yes=qty(row.yes_count_fp),
        no=qty(row.no_count_fp),
        cost=Money(number(row.yes_total_cost_dollars) + number(row.no_total_cost_dollars)),
        revenue=Money(row.revenue * _CENT),
        fee=Money(number(row.fee_cost)),
    )


def _ticks(text: str | None) -> Ticks | None:
    return ticks(text) if text is not None else None
