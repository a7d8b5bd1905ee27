"""Derive's market channels to events: whole books, slim tickers, trades. Pure.

::

    orderbook.NAME.1.20      the whole book every time; one that is older than the last is passed over
    ticker_slim.NAME.1000    what the venue reckons, with best prices and greeks
    trades.NAME              one trade, or a list of them

A book that crosses itself is not to be traded on: it makes the book stale. Volatilities are fractions of a year, as
ours; ``0`` is none. Vega is for one point and theta for one day, as ours. Funding is of an hour.
"""

from __future__ import annotations

from collections import OrderedDict
from decimal import ROUND_HALF_EVEN
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from engine.core.errors import WireError
from engine.core.events import BookSnapshot, BooksStale, Marked, Trade
from engine.core.ids import DERIVE
from engine.core.units import Lots, Nanos, Side, Ticks
from engine.venues.derive.numbers import instant, lots, number, real, ticks
from engine.venues.derive.wire import Digits, Stamp, Word, body, rows, understood

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.events import Event
    from engine.venues.derive.catalogue import Catalogue
    from engine.venues.derive.wire_instruments import Spec

DEPTH: Final = 20
TICKER_MS: Final = 1_000
REMEMBERED: Final = 4_096
"""Trades by which one that is told twice is known."""
HOURS: Final = 8
"""Of funding, as `Marked` tells it."""
SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
_BEHIND: Final = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


class LevelRow(msgspec.Struct, frozen=True):
    """A level, where it is no pair."""

    price: Digits
    amount: Digits


Levels = Annotated[list[Annotated[list[Digits], msgspec.Meta(min_length=2, max_length=2)] | LevelRow],
                   msgspec.Meta(max_length=1_000)]  # fmt: skip


class BookRow(msgspec.Struct, frozen=True):
    """A whole book."""

    instrument_name: Word
    timestamp: Stamp
    bids: Levels
    asks: Levels
    publish_id: Stamp | None = None


class StatsRow(msgspec.Struct, frozen=True):
    """Of the last day."""

    c: Digits | None = None
    """Contracts."""
    oi: Digits | None = None


class PricingRow(msgspec.Struct, frozen=True):
    """What only options have."""

    d: Digits
    g: Digits
    v: Digits
    t: Digits
    i: Digits
    f: Digits
    ai: Digits | None = None
    bi: Digits | None = None


class SlimRow(msgspec.Struct, frozen=True):
    """A ticker: A and B amounts, a and b prices of the best ask and bid."""

    A: Digits
    B: Digits
    a: Digits
    b: Digits
    I: Digits  # noqa: E741  # the venue's names
    M: Digits
    t: Stamp
    f: Digits | None = None
    minp: Digits | None = None
    maxp: Digits | None = None
    stats: StatsRow | None = None
    option_pricing: PricingRow | None = None


class TickerRow(msgspec.Struct, frozen=True):
    """As the channel wraps it."""

    instrument_ticker: SlimRow


class TradeRow(msgspec.Struct, frozen=True):
    """A trade that everybody may see."""

    instrument_name: Word
    trade_id: Word
    trade_price: Digits
    trade_amount: Digits
    direction: Word
    timestamp: Stamp
    liquidity_role: Word | None = None


BOOK: Final = msgspec.json.Decoder(BookRow)
SLIM: Final = msgspec.json.Decoder(SlimRow)
TICKER: Final = msgspec.json.Decoder(TickerRow)
TRADE: Final = msgspec.json.Decoder(TradeRow)
TRADES: Final = msgspec.json.Decoder(list[TradeRow])


def channels(symbol: str) -> tuple[str, ...]:
    """Return what is subscribed to for an instrument."""
    return f"orderbook.{symbol}.1.{DEPTH}", f"ticker_slim.{symbol}.{TICKER_MS}", f"trades.{symbol}"


class Market:
    """What the channels of one connection mean. It remembers the last book's number and the last trades."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._numbers: dict[str, int] = {}
        self._trades: OrderedDict[str, None] = OrderedDict()
        self.old = 0
        """Books that came late and were passed over."""
        self.crossed = 0
        """Books that crossed themselves."""

    def begin(self) -> None:
        """Forget the books' numbers: a new connection's first book counts, whatever its number."""
        self._numbers.clear()

    def forget(self, symbols: Sequence[str]) -> None:
        """Let the next book of these count, whatever its number."""
        for symbol in symbols:
            self._numbers.pop(symbol, None)

    def told(self, channel: str, data: bytes, at: Nanos) -> Sequence[Event]:
        """Return what a channel's data mean; nothing for a channel or an instrument that is not ours.

        Raises
        ------
        WireError
            If they cannot be read.
        """
        kind, _, rest = channel.partition(".")
        if kind == "orderbook":
            return self._book(rest.partition(".")[0], data, at)
        if kind == "ticker_slim":
            row = body(TICKER, data).instrument_ticker
            return self.slim(rest.rpartition(".")[0], row, data, at)
        if kind == "trades":
            return [one for row in rows(TRADE, TRADES, data) for one in self._trade(row, data, at)]
        return ()

    def slim(self, symbol: str, row: SlimRow, raw: bytes, at: Nanos) -> Sequence[Event]:
        """Return what a ticker says of an instrument; WireError where it cannot be read."""
        spec = self._catalogue.find(symbol)
        if spec is None:
            return ()
        event = understood(marked, raw, spec, row, at)
        if event.index is not None:
            self._catalogue.reckoned(symbol, event.index, at)
        return (event,)

    def _book(self, symbol: str, data: bytes, at: Nanos) -> Sequence[Event]:
        try:
            row = body(BOOK, data)
        except WireError as e:  # what it would have replaced is no more the venue's book
            known = self._catalogue.find(symbol)
            return () if known is None else (_stale(known, at, str(e)[:160]),)
        spec = self._catalogue.find(row.instrument_name)
        if spec is None:
            return ()
        if row.publish_id is not None:
            if row.publish_id <= self._numbers.get(row.instrument_name, -1):
                self.old += 1
                return ()
            self._numbers[row.instrument_name] = row.publish_id
        try:
            event = understood(snapshot, data, spec, row, at)
        except WireError as e:
            return (_stale(spec, at, str(e)[:160]),)
        if event.bids and event.asks and event.bids[0][0] >= event.asks[0][0]:
            self.crossed += 1
            return (_stale(spec, at, "the venue sent a book whose best bid is not below its best ask"),)
        return (event,)

    def _trade(self, row: TradeRow, raw: bytes, at: Nanos) -> Sequence[Trade]:
        spec = self._catalogue.find(row.instrument_name)
        if spec is None or row.trade_id in self._trades:
            return ()
        self._trades[row.trade_id] = None
        if len(self._trades) > REMEMBERED:
            self._trades.popitem(last=False)
        return (understood(trade, raw, spec, row, at),)


def snapshot(spec: Spec, row: BookRow, at: Nanos) -> BookSnapshot:
    """Return a book; ValueError where a price or a size cannot be."""
    return BookSnapshot(
        at=at,
        instrument=spec.id,
        bids=_side(spec, row.bids, best_high=True),
        asks=_side(spec, row.asks, best_high=False),
        seq=row.publish_id,
        venue_time=instant(row.timestamp),
    )


def marked(spec: Spec, row: SlimRow, at: Nanos) -> Marked:
    """Return what a ticker says; ValueError where a number is none."""
    pricing = row.option_pricing
    bid, bid_lots = _top(spec, row.b, row.B)
    ask, ask_lots = _top(spec, row.a, row.A)
    funding = real(row.f)
    return Marked(
        at=at,
        instrument=spec.id,
        price=number(row.M),
        index=number(row.I),
        forward=None if pricing is None else number(pricing.f),
        bid=bid,
        bid_lots=bid_lots,
        ask=ask,
        ask_lots=ask_lots,
        mark_iv=None if pricing is None else _iv(pricing.i),
        bid_iv=None if pricing is None else _iv(pricing.bi),
        ask_iv=None if pricing is None else _iv(pricing.ai),
        delta=None if pricing is None else real(pricing.d),
        gamma=None if pricing is None else real(pricing.g),
        vega=None if pricing is None else real(pricing.v),
        theta=None if pricing is None else real(pricing.t),
        open_interest=None if row.stats is None or row.stats.oi is None else number(row.stats.oi),
        volume=None if row.stats is None or row.stats.c is None else number(row.stats.c),
        funding=None if funding is None else funding * HOURS,
        venue_time=instant(row.t),
    )


def trade(spec: Spec, row: TradeRow, at: Nanos) -> Trade:
    """Return a trade; one that was agreed by quote may lie between ticks, and is told at the nearest."""
    taker = SIDES.get(row.direction)
    if taker is not None and row.liquidity_role == "maker":
        taker = _BEHIND[taker]
    count = (number(row.trade_price) / spec.unit).to_integral_value(ROUND_HALF_EVEN)
    if count < 0:
        msg = f"a negative price: {row.trade_price}"
        raise ValueError(msg)
    return Trade(
        at=at,
        instrument=spec.id,
        price=Ticks(int(count)),
        lots=lots(number(row.trade_amount), spec.lot),
        taker=taker,
        trade_id=row.trade_id,
        venue_time=instant(row.timestamp),
    )


def _side(spec: Spec, levels: Sequence[Sequence[str] | LevelRow], *, best_high: bool) -> tuple[tuple[Ticks, Lots], ...]:
    found: dict[Ticks, Lots] = {}
    for level in levels:
        price, amount = (level.price, level.amount) if isinstance(level, LevelRow) else level
        size = lots(number(amount), spec.lot)
        if size:
            at = ticks(number(price), spec.unit)
            found[at] = Lots(found.get(at, 0) + size)
    return tuple(sorted(found.items(), reverse=best_high))


def _top(spec: Spec, price: str, amount: str) -> tuple[Ticks | None, Lots | None]:
    """Return a best price and its size; none where nothing is there."""
    size = lots(number(amount), spec.lot)
    value = number(price)
    if not size or value <= 0:
        return None, None
    return ticks(value, spec.unit), size


def _iv(text: str | None) -> float | None:
    return real(text) or None


def _stale(spec: Spec, at: Nanos, why: str) -> BooksStale:
    return BooksStale(at=at, venue=DERIVE, instruments=(spec.id,), why=why)
