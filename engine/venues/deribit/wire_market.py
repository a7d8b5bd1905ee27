"""Deribit's public channels but its books: tickers, trades, states, prices, as typed values and as events. Pure.

Volatilities come in percent. Books are read by `engine.venues.deribit.wire_books`.

Source: Deribit API v2, "Subscriptions".
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.events import Marked, StatusChanged, Trade
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.units import Lots, Nanos, Side, Ticks
from engine.venues.deribit.numbers import HIGHEST, Scale, fraction, nanos

if TYPE_CHECKING:
    pass

STATES: Final = {
    "created": "open", "started": "open", "open": "open", "locked": "paused", "halted": "paused",
    "settlement": "paused", "inactive": "paused", "closed": "closed", "deactivated": "closed", "settled": "closed",
    "delivered": "closed", "archivized": "closed", "terminated": "closed",
}  # fmt: skip
"""An instrument's state and ours. ``settlement`` is the short halt every day at 08:00 UTC. What has been delivered is
no more than closed here: it is settled once its delivery price is known."""
_BUY, _SELL = Side.BUY, Side.SELL


class Greeks(msgspec.Struct):
    """Of an option, by the venue: Black-Scholes, in dollars."""

    delta: float | None = None
    gamma: float | None = None
    vega: float | None = None
    theta: float | None = None


class Stats(msgspec.Struct):
    """Of the last 24 hours."""

    volume: Decimal | None = None
    volume_usd: Decimal | None = None


class Ticker(msgspec.Struct):
    """Channel ``ticker.{instrument}.{interval}``, and what ``public/ticker`` answers."""

    instrument_name: str
    timestamp: int
    state: str = ""
    mark_price: Decimal | None = None
    index_price: Decimal | None = None
    underlying_price: Decimal | None = None
    best_bid_price: float | None = None
    best_bid_amount: float | None = None
    best_ask_price: float | None = None
    best_ask_amount: float | None = None
    mark_iv: float | None = None
    bid_iv: float | None = None
    ask_iv: float | None = None
    greeks: Greeks | None = None
    stats: Stats | None = None
    open_interest: Decimal | None = None
    funding_8h: float | None = None
    interest_rate: float | None = None
    settlement_price: Decimal | None = None
    min_price: float | None = None
    max_price: float | None = None


class Print(msgspec.Struct):
    """One public trade."""

    instrument_name: str
    trade_id: str
    trade_seq: int
    timestamp: int
    price: float
    amount: float
    direction: str
    block_trade_id: str | None = None
    combo_id: str | None = None


class State(msgspec.Struct):
    """Channel ``instrument.state.{kind}.{currency}``."""

    instrument_name: str
    state: str
    timestamp: int


class Platform(msgspec.Struct):
    """Channel ``platform_state``: a price index is locked, or maintenance; other shapes say nothing we use."""

    price_index: str = ""
    locked: bool | str | None = None
    maintenance: bool = False


class Index(msgspec.Struct):
    """Channel ``deribit_price_index.{index}``."""

    index_name: str
    price: Decimal
    timestamp: int


class IndexPrice(msgspec.Struct):
    """What ``public/get_index_price`` answers."""

    index_price: Decimal


class Delivery(msgspec.Struct):
    """One delivery price."""

    date: str
    delivery_price: Decimal


class Deliveries(msgspec.Struct):
    """What ``public/get_delivery_prices`` answers."""

    data: list[Delivery]


TICKER: Final = msgspec.json.Decoder(Ticker)
TRADES: Final = msgspec.json.Decoder(list[Print])
STATE: Final = msgspec.json.Decoder(State)
PLATFORM: Final = msgspec.json.Decoder(Platform)
INDEX: Final = msgspec.json.Decoder(Index)
INDEX_PRICE: Final = msgspec.json.Decoder(IndexPrice)
DELIVERIES: Final = msgspec.json.Decoder(Deliveries)


def named(symbol: str) -> InstrumentId:
    """Return the instrument of a name; ValueError for one that cannot be."""
    if not 0 < len(symbol) <= 80 or not symbol.isascii():
        msg = "no name of an instrument"
        raise ValueError(msg)
    return InstrumentId(DERIBIT, symbol)


def marked(ticker: Ticker, at: Nanos, scale: Scale) -> Marked:
    """Return what the venue reckons an instrument at; ValueError where a number cannot be."""
    greeks = ticker.greeks or Greeks()
    bid = _best(ticker.best_bid_price, ticker.best_bid_amount, scale)
    ask = _best(ticker.best_ask_price, ticker.best_ask_amount, scale)
    return Marked(
        at=at,
        instrument=named(ticker.instrument_name),
        price=_positive(ticker.mark_price),
        index=_positive(ticker.index_price),
        forward=_positive(ticker.underlying_price),
        bid=bid[0],
        bid_lots=bid[1],
        ask=ask[0],
        ask_lots=ask[1],
        mark_iv=fraction(ticker.mark_iv),
        bid_iv=fraction(ticker.bid_iv),
        ask_iv=fraction(ticker.ask_iv),
        delta=greeks.delta,
        gamma=greeks.gamma,
        vega=greeks.vega,
        theta=greeks.theta,
        open_interest=_bounded(ticker.open_interest),
        volume=_bounded(_volume(ticker)),
        funding=ticker.funding_8h,
        rate=ticker.interest_rate,
        venue_time=nanos(ticker.timestamp),
    )


def _volume(ticker: Ticker) -> Decimal | None:
    """Return the day's volume in units of quantity: of inverse futures those are dollars, which have a field."""
    if ticker.stats is None:
        return None
    option = ticker.greeks is not None or ticker.mark_iv is not None
    linear = "_" in ticker.instrument_name
    return ticker.stats.volume if option or linear else ticker.stats.volume_usd


def _best(price: float | None, amount: float | None, scale: Scale) -> tuple[Ticks | None, Lots | None]:
    """Return a best price and its size; an empty side comes as null, or as 0 of nothing."""
    if not price or not amount:
        return None, None
    return scale.ticks(price), scale.lots(amount)


def _positive(value: Decimal | None) -> Decimal | None:
    found = _bounded(value)
    return found if found else None


def _bounded(value: Decimal | None) -> Decimal | None:
    if value is None:
        return None
    if not value.is_finite() or not -HIGHEST * 1e6 < value < HIGHEST * 1e6 or value.adjusted() < -20:
        return None if value == 0 else _beyond()
    return value


def _beyond() -> Decimal:
    msg = "a number beyond reason"
    raise ValueError(msg)


def trade(one: Print, at: Nanos, scale: Scale) -> Trade:
    """Return a public trade; ValueError where it cannot be."""
    if one.direction not in {"buy", "sell"}:
        msg = f"a trade of direction {one.direction[:20]!r}"
        raise ValueError(msg)
    return Trade(
        at=at,
        instrument=named(one.instrument_name),
        price=scale.near(one.price),
        lots=scale.lots(one.amount),
        taker=_BUY if one.direction == "buy" else _SELL,
        trade_id=one.trade_id[:64],
        venue_time=nanos(one.timestamp),
    )


def status(symbol: str, state: str, at: Nanos) -> StatusChanged | None:
    """Return what a state of the venue means for us; None for one that means nothing new or is not known."""
    found = STATES.get(state)
    return None if found is None else StatusChanged(at=at, instrument=named(symbol), status=found)
