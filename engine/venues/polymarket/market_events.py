"""What Polymarket's market channel says, and its REST books, as events: frames of every kind. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.errors import WireError
from engine.core.events import BookSnapshot, BooksStale, GridChanged, StatusChanged, Trade
from engine.core.ids import POLYMARKET
from engine.core.units import TICKS_PER_UNIT, Leg, Side, Ticks
from engine.venues.polymarket import numbers
from engine.venues.polymarket.numbers import LOTS, TICKS
from engine.venues.polymarket.wire_changes import delta, told
from engine.venues.polymarket.wire_market import (
    BOOK,
    LAST_TRADE,
    OTHER,
    PRICE_CHANGE,
    RESOLVED,
    SIDES,
    TICK_SIZE,
    frames,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.events import Event
    from engine.core.units import Lots, Nanos
    from engine.venues.polymarket.wire_market import Frame, Level, Whose


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
