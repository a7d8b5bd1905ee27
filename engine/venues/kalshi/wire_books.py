"""Kalshi books and trades as events: two rows of bids folded to one book of YES. Pure.

The venue quotes bids only. A bid for NO at q is an offer of YES at 1 - q with the same size, so the asks of YES are
the NO bids seen from the other side. Functions raise ValueError where a text is no price or number; callers turn
that into WireError with the frame at hand.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.events import BookDelta, BookSnapshot
from engine.core.events import Trade as Traded
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import SECOND, TICKS_PER_UNIT, Lots, Side, Ticks
from engine.venues.kalshi import wire
from engine.venues.kalshi.numbers import LATEST_MS, LOTS, TICKS, lots, millis, moment, seconds, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.units import Nanos

    Levels = tuple[tuple[Ticks, Lots], ...]
    Texts = Sequence[tuple[str, str]]

MIRRORED: Final = tuple(Ticks(TICKS_PER_UNIT - price) for price in range(TICKS_PER_UNIT + 1))
"""By a price of NO, that of YES, and the other way round."""
SIDES: Final = {"bid": Side.BUY, "ask": Side.SELL, "yes": Side.BUY, "no": Side.SELL}
"""``bid`` and ``ask`` speak of YES; ``yes`` and ``no``, of an outcome bought, mean the same."""

_SELL: Final = Side.SELL  # Python 3.11 takes 100 ns to look a member up
_MILLI: Final = SECOND // 1_000


class RestBook(msgspec.Struct, frozen=True):
    """Bids of both sides; ascending, the best last."""

    yes_dollars: wire.Levels | None = None
    no_dollars: wire.Levels | None = None


class RestBookReply(msgspec.Struct, frozen=True):
    """Answer of ``/markets/{ticker}/orderbook``. A reply without this key is no empty book, but none."""

    orderbook_fp: RestBook


class RestTrade(msgspec.Struct, frozen=True):
    """One trade of the tape."""

    trade_id: wire.Word
    ticker: wire.Word
    count_fp: wire.Digits
    yes_price_dollars: wire.Digits
    created_time: wire.Word
    taker_outcome_side: wire.Word = ""
    taker_book_side: wire.Word = ""
    taker_side: wire.Word = ""


class RestTradesReply(msgspec.Struct, frozen=True):
    """Answer of ``/markets/trades``, latest first."""

    trades: list[RestTrade] | None = None
    cursor: wire.Prose = ""


_BOOK: Final = msgspec.json.Decoder(RestBookReply)
_TRADES: Final = msgspec.json.Decoder(RestTradesReply)


@lru_cache(maxsize=8_192)
def instrument(ticker: str) -> InstrumentId:
    """Return the instrument a market ticker names."""
    return InstrumentId(KALSHI, ticker)


def snapshot(frame: wire.Snapshot, at: Nanos, *, use_yes_price: bool) -> BookSnapshot:
    """Return a whole book; `use_yes_price` says whether NO levels came as prices of YES already."""
    msg = frame.msg
    bids, asks = _fold(msg.yes_dollars_fp, msg.no_dollars_fp, use_yes_price=use_yes_price)
    return BookSnapshot(at=at, instrument=instrument(msg.market_ticker), bids=bids, asks=asks, seq=frame.seq)


def delta(frame: wire.Delta, at: Nanos, use_yes_price: bool, name: InstrumentId | None = None) -> BookDelta:
    """Return what one level gains or loses; `name` is its instrument, where that is known already."""
    msg = frame.msg
    price, side, when = TICKS[msg.price_dollars], SIDES.get(msg.side), msg.ts_ms
    if side is None:
        text = f"no side of a book: {msg.side[:20]!r}"
        raise ValueError(text)
    if side is _SELL and not use_yes_price:
        price = MIRRORED[price]
    if when is not None:
        when = when * _MILLI if 0 <= when <= LATEST_MS else millis(when)
    return BookDelta(
        at=at,
        instrument=name or instrument(msg.market_ticker),
        side=side,
        price=price,
        lots=LOTS[msg.delta_fp],
        by=True,
        seq=frame.seq,
        venue_time=when,  # type: ignore[arg-type] # as in `units`
    )


def trade(frame: wire.Trade, at: Nanos) -> Traded:
    """Return a trade of the tape."""
    msg = frame.msg
    return Traded(
        at=at,
        instrument=instrument(msg.market_ticker),
        price=ticks(msg.yes_price_dollars),
        lots=lots(msg.count_fp),
        taker=taker(msg),
        trade_id=msg.trade_id,
        venue_time=millis(msg.ts_ms) if msg.ts_ms is not None or msg.ts is None else seconds(msg.ts),
    )


def taker(msg: wire.TradeMsg | RestTrade) -> Side | None:
    """Return what the taker did to YES; None where the venue's word for it is new to us."""
    return SIDES.get(msg.taker_book_side or msg.taker_outcome_side or msg.taker_side)


def rest_book(raw: bytes, ticker: str, at: Nanos) -> BookSnapshot:
    """Return the whole book that an answer shows.

    Raises
    ------
    WireError
        If it shows none.
    """
    book = wire.body(_BOOK, raw).orderbook_fp
    bids, asks = wire.understood(_fold, raw, book.yes_dollars or [], book.no_dollars or [], use_yes_price=False)
    return BookSnapshot(at=at, instrument=instrument(ticker), bids=bids, asks=asks)


def rest_trades(raw: bytes, at: Nanos) -> tuple[Traded, ...]:
    """Return the trades of an answer, oldest first.

    Raises
    ------
    WireError
        If it cannot be read.
    """
    found = wire.body(_TRADES, raw).trades or []
    return wire.understood(lambda: tuple(rest_trade(each, at) for each in reversed(found)), raw)


def rest_trade(found: RestTrade, at: Nanos) -> Traded:
    """Return one trade of the tape."""
    return Traded(
        at=at,
        instrument=instrument(found.ticker),
        price=ticks(found.yes_price_dollars),
        lots=lots(found.count_fp),
        taker=taker(found),
        trade_id=found.trade_id,
        venue_time=moment(found.created_time),
    )


def _fold(yes: Texts, no: Texts, *, use_yes_price: bool) -> tuple[Levels, Levels]:
    """Return bids and asks of YES, best first."""
    bids = {ticks(price): _size(count) for price, count in yes}
    if use_yes_price:
        asks = {ticks(price): _size(count) for price, count in no}
    else:
        asks = {MIRRORED[ticks(price)]: _size(count) for price, count in no}
    return _sorted(bids, best_is_high=True), _sorted(asks, best_is_high=False)


def _sorted(side: dict[Ticks, Lots], *, best_is_high: bool) -> Levels:
    return tuple(sorted(((price, size) for price, size in side.items() if size), reverse=best_is_high))


def _size(text: str) -> Lots:
    size = lots(text)
    if size < 0:
        msg = f"a level of negative size: {text!r}"
        raise ValueError(msg)
    return size
