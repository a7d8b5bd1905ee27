"""Deribit's public channels: books, tickers, trades, states, prices, as typed values and as events. Pure.

A change of a book names levels by their new size; the next change says in ``prev_change_id`` which one it follows.
``type`` says what a book message is: one without an earlier id is a whole book in any case. Volatilities come in
percent.

Source: Deribit API v2, "Subscriptions".
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.events import BookDelta, BookSnapshot, Marked, StatusChanged, Trade
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.units import Lots, Nanos, Side, Ticks
from engine.venues.deribit import wire
from engine.venues.deribit.numbers import CLOSE, HIGHEST, Scale, fraction, nanos

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.events import Event

STATES: Final = {
    "created": "open", "started": "open", "open": "open", "locked": "paused", "halted": "paused",
    "settlement": "paused", "inactive": "paused", "closed": "closed", "deactivated": "closed", "settled": "closed",
    "delivered": "closed", "archivized": "closed", "terminated": "closed",
}  # fmt: skip
"""An instrument's state and ours. ``settlement`` is the short halt every day at 08:00 UTC. What has been delivered is
no more than closed here: it is settled once its delivery price is known."""
SEQUENCES: Final = 1 << 63
"""Numbers of books that our journal can hold."""
_BUY, _SELL = Side.BUY, Side.SELL


class Book(msgspec.Struct):
    """Channel ``book.{instrument}.{interval}``."""

    instrument_name: str
    timestamp: int
    change_id: int
    bids: list[tuple[str, float, float]]
    """Action, price, amount; ``delete`` has amount 0."""
    asks: list[tuple[str, float, float]]
    type: str = ""
    prev_change_id: int | None = None

    @property
    def whole(self) -> bool:
        """Whether it is a whole book."""
        return self.type == "snapshot" or (not self.type and self.prev_change_id is None)


class _BookParams(msgspec.Struct):
    data: Book


class BookFrame(msgspec.Struct):
    """A whole message of channel ``book.{instrument}.{interval}``, read in one go."""

    params: _BookParams


class Grouped(msgspec.Struct):
    """Channel ``book.{instrument}.{group}.{depth}.{interval}``: the best levels, whole each time."""

    instrument_name: str
    timestamp: int
    change_id: int
    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]


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


class RestBook(msgspec.Struct):
    """What ``public/get_order_book`` answers."""

    instrument_name: str
    timestamp: int
    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]
    change_id: int | None = None


BOOK: Final = msgspec.json.Decoder(Book)
BOOK_FRAME: Final = msgspec.json.Decoder(BookFrame)
GROUPED: Final = msgspec.json.Decoder(Grouped)
TICKER: Final = msgspec.json.Decoder(Ticker)
TRADES: Final = msgspec.json.Decoder(list[Print])
STATE: Final = msgspec.json.Decoder(State)
PLATFORM: Final = msgspec.json.Decoder(Platform)
INDEX: Final = msgspec.json.Decoder(Index)
INDEX_PRICE: Final = msgspec.json.Decoder(IndexPrice)
DELIVERIES: Final = msgspec.json.Decoder(Deliveries)
REST_BOOK: Final = msgspec.json.Decoder(RestBook)
PLAIN: Final = 1e9
"""Ticks and lots below it are told from floats without further ado."""
LEVELS_MOST: Final = 20_000
"""Levels of a book that are taken."""


def named(symbol: str) -> InstrumentId:
    """Return the instrument of a name; ValueError for one that cannot be."""
    if not 0 < len(symbol) <= 80 or not symbol.isascii():
        msg = "no name of an instrument"
        raise ValueError(msg)
    return InstrumentId(DERIBIT, symbol)


def snapshot(book: Book, at: Nanos, scale: Scale) -> BookSnapshot:
    """Return a whole book, best first; ValueError where a level cannot be."""
    if len(book.bids) + len(book.asks) > LEVELS_MOST:
        msg = "a book of too many levels"
        raise ValueError(msg)
    bids = scale.levels((price, amount) for _, price, amount in book.bids)
    asks = scale.levels((price, amount) for _, price, amount in book.asks)
    return _whole(book.instrument_name, at, book.change_id, book.timestamp, bids, asks)


def grouped(book: Grouped | RestBook, at: Nanos, scale: Scale) -> BookSnapshot:
    """Return the best levels as a book; ValueError as `snapshot`."""
    if len(book.bids) + len(book.asks) > LEVELS_MOST:
        msg = "a book of too many levels"
        raise ValueError(msg)
    bids, asks = scale.levels(book.bids), scale.levels(book.asks)
    return _whole(book.instrument_name, at, book.change_id, book.timestamp, bids, asks)


def _whole(
    name: str, at: Nanos, seq: int | None, ms: int, bids: tuple[tuple[Ticks, Lots], ...],
    asks: tuple[tuple[Ticks, Lots], ...],
) -> BookSnapshot:  # fmt: skip
    if seq is not None and not 0 <= seq < SEQUENCES:  # not taken in, it would leave the book before it standing
        msg = "a book of no number that can be kept"
        raise ValueError(msg)
    return BookSnapshot(
        at=at,
        instrument=named(name),
        bids=tuple(sorted(bids, reverse=True)),
        asks=tuple(sorted(asks)),
        seq=seq,
        venue_time=nanos(ms),
    )


def changes(book: Book, at: Nanos, instrument: InstrumentId, scale: Scale) -> list[BookDelta]:
    """Return the changes of a book; ValueError where a level cannot be.

    What leaves comes first: a price may pass from one side to the other in one message, and a book must not cross
    between two of its events.
    """
    when = nanos(book.timestamp)
    gone: list[BookDelta] = []
    kept: list[BookDelta] = []
    per_tick, per_lot = scale.per_tick, scale.per_lot
    for side, levels in ((_BUY, book.bids), (_SELL, book.asks)):
        for action, price, amount in levels:
            exact = price * per_tick
            ticks = Ticks(round(exact))
            if not (-CLOSE < exact - ticks < CLOSE and -PLAIN < exact < PLAIN):
                ticks = scale.ticks(price)
            lots = Lots(0)
            if action != "delete":
                size = amount * per_lot
                lots = Lots(round(size))
                if not (-CLOSE < size - lots < CLOSE and 0.0 <= size < PLAIN):
                    lots = scale.lots(amount)
            event = BookDelta(at=at, instrument=instrument, side=side, price=ticks, lots=lots, venue_time=when)
            (kept if lots else gone).append(event)
    return gone + kept


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


def decode(news: wire.News, at: Nanos, scales: Mapping[str, Scale]) -> list[Event]:
    """Return the events of a channel's message, gaps not looked for: for tools that look at recordings.

    Raises
    ------
    WireError
        If it is not of its channel's shape, or its values mean nothing.
    """
    return wire.understood(_decode, news.data, news, at, scales)


def _decode(news: wire.News, at: Nanos, scales: Mapping[str, Scale]) -> list[Event]:
    kind, _, rest = news.channel.partition(".")
    if kind == "book":
        return _book(news, rest, at, scales)
    if kind == "ticker":
        ticker = wire.body(TICKER, news.data)
        return [marked(ticker, at, scales[ticker.instrument_name])]
    if kind == "trades":
        found = wire.body(TRADES, news.data)
        return [trade(one, at, scales[one.instrument_name]) for one in found if one.instrument_name in scales]
    if news.channel.startswith("instrument.state."):
        state = wire.body(STATE, news.data)
        changed = status(state.instrument_name, state.state, at)
        return [] if changed is None else [changed]
    return []


def _book(news: wire.News, rest: str, at: Nanos, scales: Mapping[str, Scale]) -> list[Event]:
    if rest.count(".") > 1:
        top = wire.body(GROUPED, news.data)
        return [grouped(top, at, scales[top.instrument_name])]
    book = wire.body(BOOK, news.data)
    scale = scales[book.instrument_name]
    if book.whole:
        return [snapshot(book, at, scale)]
    return list(changes(book, at, named(book.instrument_name), scale))
