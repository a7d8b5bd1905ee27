"""Polymarket's market channel and its REST books: bytes to typed frames, frames to events. Pure.

There is one order book for both tokens of a market; the venue states it twice, once as each token sees it. Here it is
the book of YES: of a level stated for both tokens the YES token's word counts, and NO's is used only alone.
Sizes are totals of a level, never changes. The best price comes last in a book.

What holds a book together (order, duplicates, hashes) is `engine.venues.polymarket.mirror`.

Source: CLOB v2 market channel as recorded on 2026-08-10 and 2026-08-14; official client 0.14.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple

import msgspec

from engine.core.errors import WireError
from engine.core.events import BookDelta, BookSnapshot, BooksStale, Event, GridChanged, StatusChanged, Trade
from engine.core.ids import POLYMARKET, InstrumentId
from engine.core.units import TICKS_PER_UNIT, Leg, Lots, Nanos, Side, Ticks
from engine.venues.polymarket import numbers
from engine.venues.polymarket.numbers import BESTS, LOTS, TICKS

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST: Final = 8 << 20
"""Bytes of the largest frame or body that is read."""
Word = Annotated[str, msgspec.Meta(max_length=128)]
Digits = Annotated[str, msgspec.Meta(max_length=40)]
BOOK: Final = "book"
PRICE_CHANGE: Final = "price_change"
LAST_TRADE: Final = "last_trade_price"
TICK_SIZE: Final = "tick_size_change"
BEST: Final = "best_bid_ask"
RESOLVED: Final = "market_resolved"
KINDS: Final = frozenset({BOOK, PRICE_CHANGE, LAST_TRADE, TICK_SIZE, BEST, RESOLVED})
YES, NO = Leg.YES, Leg.NO
"""Here because looking a member up costs as much as a function."""
SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
AGAINST: Final = {"BUY": Side.SELL, "SELL": Side.BUY}
OTHER: Final = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


class Level(msgspec.Struct, frozen=True, gc=False):
    """One price of a token's book."""

    price: Digits
    size: Digits


Levels = Annotated[list[Level], msgspec.Meta(max_length=20_000)]


class Change(msgspec.Struct, frozen=True, gc=False):
    """One level of a token's book changed; `size` is what now stands there."""

    asset_id: Word
    price: Digits
    size: Digits
    side: Word
    hash: Word = ""
    best_bid: Digits | None = None
    best_ask: Digits | None = None


Changes = Annotated[list[Change], msgspec.Meta(max_length=20_000)]


class Frame(msgspec.Struct, frozen=True):
    """One message of the market channel, or a book of the REST side: the fields of all kinds, most of them unset."""

    event_type: Word = ""
    market: Word = ""
    asset_id: Word = ""
    timestamp: Digits | int | None = None
    hash: Word | None = None
    bids: Levels | None = None
    asks: Levels | None = None
    price_changes: Changes | None = None
    price: Digits | None = None
    size: Digits | None = None
    side: Word | None = None
    transaction_hash: Word | None = None
    old_tick_size: Digits | None = None
    new_tick_size: Digits | None = None
    tick_size: Digits | None = None
    min_order_size: Digits | None = None
    neg_risk: bool | None = None
    last_trade_price: Digits | None = None
    best_bid: Digits | None = None
    best_ask: Digits | None = None
    winning_asset_id: Word | None = None
    winning_outcome: Word | None = None

    @property
    def kind(self) -> str:
        """What it is; a book of the REST side does not say, nor do some recordings."""
        if self.event_type:
            return self.event_type
        if self.bids is not None and self.asks is not None:
            return BOOK
        if self.price_changes is not None:
            return PRICE_CHANGE
        if self.new_tick_size is not None:
            return TICK_SIZE
        return LAST_TRADE if self.price is not None and self.asset_id else ""


class Usual(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What nearly every frame is: changed levels of a market, and nothing beside them."""

    market: Word
    price_changes: Changes
    timestamp: Digits | int
    event_type: Literal["price_change"]


class Whose(NamedTuple):
    """Which leg of which instrument a token is."""

    instrument: InstrumentId
    leg: Leg


UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""What foreign bytes can raise."""
USUAL: Final = msgspec.json.Decoder(Usual)
_frames = msgspec.json.Decoder(Annotated[list[Frame], msgspec.Meta(max_length=2_000)] | Frame)
_kind = msgspec.json.Decoder(dict[str, Any])
_raw = msgspec.json.Decoder()


def frames(raw: bytes | str) -> list[Frame]:
    """Return the messages of a frame: one object, or an array of them; none in the answer to a ping.

    Raises
    ------
    WireError
        If it is neither, too large, or a kind we know without the shape we know.
    """
    if raw in (b"PONG", "PONG"):
        return []
    _bounded(raw)
    try:
        found = _frames.decode(raw)
    except UNREADABLE as e:
        if _unknown(raw):
            return []
        raise WireError(POLYMARKET, f"unreadable frame of the market channel ({str(e)[:120]})", raw) from e
    return found if isinstance(found, list) else [found]


def whole(raw: bytes) -> bool:
    """Whether bytes are JSON from their beginning to their end, whatever they say."""
    try:
        _raw.decode(raw)
    except UNREADABLE:
        return False
    return True


def books(raw: bytes) -> list[Frame]:
    """Return the books of ``GET /book`` or ``POST /books``.

    Raises
    ------
    WireError
        If the body holds none.
    """
    found = frames(raw)
    if not all(frame.kind == BOOK for frame in found):
        raise WireError(POLYMARKET, "an answer that is no book", raw)
    return found


def decode(raw: bytes | str, at: Nanos, tokens: Mapping[str, Whose]) -> tuple[Event, ...]:
    """Return what a frame says of the instruments whose tokens are known; nothing of others.

    Parameters
    ----------
    tokens : mapping of str to Whose
        By token id, both tokens of a market.

    Raises
    ------
    WireError
        If it cannot be read.
    """
    return tuple(event for frame in frames(raw) for event in events(frame, at, tokens))


def events(frame: Frame, at: Nanos, tokens: Mapping[str, Whose]) -> tuple[Event, ...]:
    """Return what one message means; nothing for kinds or tokens we do not know.

    Raises
    ------
    WireError
        If a number in it is none.
    """
    make = _MAKERS.get(frame.kind)
    if make is None:
        return ()
    try:
        made: tuple[Event, ...] = make(frame, at, tokens)
    except (ValueError, ArithmeticError) as e:
        raise WireError(POLYMARKET, f"unreadable {frame.kind[:40]} ({str(e)[:120]})", msgspec.json.encode(frame)) from e
    return made


def snapshot(frame: Frame, at: Nanos, whose: Whose) -> BookSnapshot:
    """Return a token's book as the book of YES. Raises ValueError for a number that is none."""
    bids, asks = _side(frame.bids, Side.BUY), _side(frame.asks, Side.SELL)
    if whose.leg is Leg.NO:
        bids, asks = _mirrored(asks), _mirrored(bids)
    when = numbers.nanos(frame.timestamp)
    return BookSnapshot(at=at, instrument=whose.instrument, bids=bids, asks=asks, venue_time=when)


class Told(msgspec.Struct, frozen=True, gc=False):
    """One changed level as a level of YES."""

    instrument: InstrumentId
    leg: Leg
    """Whose word it is."""
    side: Side
    price: Ticks
    lots: Lots
    hash: str
    """Of the token's whole book after it; equal hashes are equal books."""
    best_bid: Ticks | None
    best_ask: Ticks | None
    stated: bool
    """Whether the venue said what is best; None then is an empty side."""


def told(frame: Frame | Usual, tokens: Mapping[str, Whose]) -> list[Told]:
    """Return the levels a price_change names, each once: where both tokens tell of a level, YES does.

    Raises ValueError for a number or a side that is none.
    """
    found: list[Told] = []
    of_no: list[tuple[Change, InstrumentId]] = []
    for change in frame.price_changes or ():
        whose = tokens.get(change.asset_id)
        if whose is None:
            continue
        instrument, leg = whose
        if leg is YES:
            found.append(_of_yes(change, instrument))
        else:
            of_no.append((change, instrument))
    if of_no:
        of_yes = found.copy() if len(of_no) > 1 else found
        for change, instrument in of_no:
            if not _mirrors(change, instrument, of_yes):
                found.append(_of_no(change, instrument))
    return found


def _mirrors(change: Change, instrument: InstrumentId, of_yes: list[Told]) -> bool:
    """Whether a level of NO is one that YES told of."""
    price, side = TICKS_PER_UNIT - TICKS[change.price], AGAINST.get(change.side)
    for one in of_yes:  # noqa: SIM110 - mostly the only one: a generator would cost more than what it looks at
        if one.price == price and one.side is side and one.instrument == instrument:
            return True
    return False


def delta(one: Told, at: Nanos, when: Nanos | None, final: bool) -> BookDelta:
    """Return a changed level as an event; only the last of a frame (`final`) can be held against the best prices."""
    return BookDelta(
        at=at,
        instrument=one.instrument,
        side=one.side,
        price=one.price,
        lots=one.lots,
        venue_time=when,
        best_bid=one.best_bid if final else None,
        best_ask=one.best_ask if final else None,
    )


def trade(frame: Frame, at: Nanos, whose: Whose) -> Trade:
    """Return a trade as a trade in YES. Raises ValueError for a number that is none."""
    price, taker = numbers.ticks(frame.price or ""), SIDES.get(frame.side or "")
    if whose.leg is Leg.NO:
        price, taker = Ticks(TICKS_PER_UNIT - price), OTHER[taker] if taker is not None else None
    return Trade(
        at=at,
        instrument=whose.instrument,
        price=price,
        lots=numbers.lots(frame.size or ""),
        taker=taker,
        trade_id=frame.transaction_hash or "",
        venue_time=numbers.nanos(frame.timestamp),
    )


def book_hash(frame: Frame) -> str:
    """Return the SHA-1 by which the venue names a book: of its compact JSON, in its order, with an empty hash.

    Only a book with all of its fields can be named so; books on the socket carry some of them in the first one only.
    """
    levels = [[{"price": lv.price, "size": lv.size} for lv in side or ()] for side in (frame.bids, frame.asks)]
    document = {
        "market": frame.market,
        "asset_id": frame.asset_id,
        "timestamp": str(frame.timestamp),
        "hash": "",
        "bids": levels[0],
        "asks": levels[1],
        "min_order_size": frame.min_order_size,
        "tick_size": frame.tick_size,
        "neg_risk": frame.neg_risk,
        "last_trade_price": frame.last_trade_price,
    }
    return hashlib.sha1(msgspec.json.encode(document), usedforsecurity=False).hexdigest()


def _book(frame: Frame, at: Nanos, tokens: Mapping[str, Whose]) -> tuple[Event, ...]:
    whose = tokens.get(frame.asset_id)
    return () if whose is None else (snapshot(frame, at, whose),)


def _price_change(frame: Frame, at: Nanos, tokens: Mapping[str, Whose]) -> tuple[Event, ...]:
    rows, when = told(frame, tokens), numbers.nanos(frame.timestamp)
    if frame.price_changes is None:
        msg = "the shape of 2024, which is no more"
        raise ValueError(msg)
    last = {one.instrument: n for n, one in enumerate(rows)}
    return tuple(delta(one, at, when, last[one.instrument] == n) for n, one in enumerate(rows))


def _last_trade(frame: Frame, at: Nanos, tokens: Mapping[str, Whose]) -> tuple[Event, ...]:
    whose = tokens.get(frame.asset_id)
    return () if whose is None else (trade(frame, at, whose),)


def _tick_size(frame: Frame, at: Nanos, tokens: Mapping[str, Whose]) -> tuple[Event, ...]:
    """A new grid: the venue sends the book anew, and until then ours is not to be trusted."""
    whose = tokens.get(frame.asset_id)
    if whose is None:
        return ()
    grid = numbers.grid(numbers.ticks(frame.new_tick_size or ""))
    stale = BooksStale(at=at, venue=POLYMARKET, instruments=(whose.instrument,), why="the tick size changed")
    return GridChanged(at=at, instrument=whose.instrument, grid=grid), stale


def _resolved(frame: Frame, at: Nanos, tokens: Mapping[str, Whose]) -> tuple[Event, ...]:
    whose = tokens.get(frame.winning_asset_id or "")
    if whose is None:
        return ()
    result = "yes" if whose.leg is Leg.YES else "no"
    return (StatusChanged(at=at, instrument=whose.instrument, status="settled", result=result),)


_MAKERS: Final = {
    BOOK: _book,
    PRICE_CHANGE: _price_change,
    LAST_TRADE: _last_trade,
    TICK_SIZE: _tick_size,
    RESOLVED: _resolved,
}


def _side(levels: list[Level] | None, side: Side) -> tuple[tuple[Ticks, Lots], ...]:
    """Return a side of a book, best first."""
    if levels is None:
        msg = "a book without one of its sides"
        raise ValueError(msg)
    found: dict[Ticks, Lots] = {}
    for level in levels:
        price, size = TICKS[level.price], LOTS[level.size]
        if not 0 < price < TICKS_PER_UNIT:
            msg = f"an order at {level.price}"
            raise ValueError(msg)
        if size:
            found[price] = size
    return tuple(sorted(found.items(), reverse=side is Side.BUY))


def _mirrored(levels: tuple[tuple[Ticks, Lots], ...]) -> tuple[tuple[Ticks, Lots], ...]:
    return tuple((Ticks(TICKS_PER_UNIT - price), size) for price, size in levels)


def _of_yes(change: Change, instrument: InstrumentId) -> Told:
    side, price, bid, ask = SIDES.get(change.side), TICKS[change.price], change.best_bid, change.best_ask
    stated = bid is not None and ask is not None
    best_bid, best_ask = BESTS[bid], BESTS[ask]
    if side is None or not 0 < price < TICKS_PER_UNIT:
        raise _no_level(change)
    return Told(instrument, YES, side, price, LOTS[change.size], change.hash, best_bid, best_ask, stated)


def _of_no(change: Change, instrument: InstrumentId) -> Told:
    side, price, bid, ask = AGAINST.get(change.side), TICKS[change.price], change.best_bid, change.best_ask
    stated = bid is not None and ask is not None
    best_ask, best_bid = _flipped(BESTS[bid]), _flipped(BESTS[ask])
    if side is None or not 0 < price < TICKS_PER_UNIT:
        raise _no_level(change)
    price = Ticks(TICKS_PER_UNIT - price)
    return Told(instrument, NO, side, price, LOTS[change.size], change.hash, best_bid, best_ask, stated)


def _no_level(change: Change) -> ValueError:
    return ValueError(f"no level of a book: {change.side[:20]} {change.price}")


def _flipped(price: Ticks | None) -> Ticks | None:
    return None if price is None else Ticks(TICKS_PER_UNIT - price)


def _bounded(raw: bytes | str) -> None:
    if len(raw) > LARGEST:
        raise WireError(POLYMARKET, f"a message of {len(raw)} bytes", raw)


def _unknown(raw: bytes | str) -> bool:
    """Whether a message that does not fit is of a kind we do not know, and so may have any shape."""
    try:
        kind = _kind.decode(raw).get("event_type")
    except UNREADABLE:
        return False
    return isinstance(kind, str) and kind not in KINDS
