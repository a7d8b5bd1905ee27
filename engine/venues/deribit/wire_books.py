"""Deribit's books, as typed values and as events: whole ones, their changes, and their best levels alone. Pure.

A change of a book names levels by their new size; the next change says in ``prev_change_id`` which one it follows.
``type`` says what a book message is: one without an earlier id is a whole book in any case.

Source: Deribit API v2, "Subscriptions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.events import BookDelta, BookSnapshot
from engine.core.units import Lots, Side, Ticks
from engine.venues.deribit.numbers import CLOSE, nanos
from engine.venues.deribit.wire_market import named

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.core.units import Nanos
    from engine.venues.deribit.numbers import Scale

SEQUENCES: Final = 1 << 63
"""Numbers of books that our journal can hold."""
PLAIN: Final = 1e9
"""Ticks and lots below it are told from floats without further ado."""
LEVELS_MOST: Final = 20_000
"""Levels of a book that are taken."""
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
REST_BOOK: Final = msgspec.json.Decoder(RestBook)


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
