"""Polymarket's market channel and its REST books: bytes to typed frames. Pure.

There is one order book for both tokens of a market; the venue states it twice, once as each token sees it. Here it is
the book of YES: of a level stated for both tokens the YES token's word counts, and NO's is used only alone.
Sizes are totals of a level, never changes. The best price comes last in a book.

What frames mean is `engine.venues.polymarket.market_events`, for the usual one `engine.venues.polymarket.wire_changes`;
what holds a book together (order, duplicates, hashes) is `engine.venues.polymarket.mirror`.

Source: CLOB v2 market channel as recorded on 2026-08-10 and 2026-08-14; official client 0.14.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from engine.core.errors import WireError
from engine.core.ids import POLYMARKET, InstrumentId
from engine.core.units import Leg, Side

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


class Whose(NamedTuple):
    """Which leg of which instrument a token is."""

    instrument: InstrumentId
    leg: Leg


UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""What foreign bytes can raise."""
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
