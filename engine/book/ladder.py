"""A book on integer ticks, dense: one slot a price, best prices tracked.

Sizes lie in a list; a map of bytes beside it says which slots hold any, so that the next best price after a
removal, and the next level of a walk, are found by the C library's search for a byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.book.book import BUY, Book
from engine.core.units import Lots, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP: Final = 10_000
"""Ticks of a binary contract's certain price."""


class Ladder(Book):
    """Bids and asks of one instrument whose prices are 0 to `top` ticks; what lies outside is for `wire` to refuse."""

    __slots__ = ("_ask_map", "_asks", "_bid_map", "_bids")

    def __init__(self, top: int = TOP) -> None:
        self._bids = [0] * (top + 1)
        self._asks = [0] * (top + 1)
        self._bid_map = bytearray(top + 1)
        self._ask_map = bytearray(top + 1)
        self.best_bid = None
        self.best_ask = None

    @override
    def lots(self, side: Side, price: Ticks) -> Lots:
        """Return what stands at a price; 0 for none."""
        return (self._bids if side is BUY else self._asks)[price]  # type: ignore[return-value] # called for every event

    @override
    def clear(self) -> None:
        """Forget everything."""
        self._bids = [0] * len(self._bids)
        self._asks = [0] * len(self._asks)
        self._bid_map = bytearray(len(self._bids))
        self._ask_map = bytearray(len(self._asks))
        self.best_bid = self.best_ask = None

    @override
    def put(self, side: Side, price: Ticks, lots: Lots) -> None:
        """Set the size of a level; 0 or less removes it."""
        if side is BUY:
            book = self._bids
            if lots > 0:
                if not book[price]:
                    self._bid_map[price] = 1
                    best = self.best_bid
                    if best is None or price > best:
                        self.best_bid = price
                book[price] = lots
            elif book[price]:
                book[price] = self._bid_map[price] = 0
                if price == self.best_bid:
                    below = self._bid_map.rfind(1, 0, price)
                    self.best_bid = below if below >= 0 else None  # type: ignore[assignment]
        else:
            book = self._asks
            if lots > 0:
                if not book[price]:
                    self._ask_map[price] = 1
                    best = self.best_ask
                    if best is None or price < best:
                        self.best_ask = price
                book[price] = lots
            elif book[price]:
                book[price] = self._ask_map[price] = 0
                if price == self.best_ask:
                    above = self._ask_map.find(1, price)
                    self.best_ask = above if above >= 0 else None  # type: ignore[assignment]

    @override
    def add(self, side: Side, price: Ticks, by: Lots) -> None:
        """Change the size of a level by `by`, which may be negative; what falls to 0 or below is removed."""
        # as `put`, once more: calling it would cost half as much again
        if side is BUY:
            book = self._bids
            before = book[price]
            if before:
                lots = before + by
                if lots > 0:
                    book[price] = lots
                else:
                    book[price] = self._bid_map[price] = 0
                    if price == self.best_bid:
                        below = self._bid_map.rfind(1, 0, price)
                        self.best_bid = below if below >= 0 else None  # type: ignore[assignment]
            elif by > 0:
                book[price] = by
                self._bid_map[price] = 1
                best = self.best_bid
                if best is None or price > best:
                    self.best_bid = price
        else:
            book = self._asks
            before = book[price]
            if before:
                lots = before + by
                if lots > 0:
                    book[price] = lots
                else:
                    book[price] = self._ask_map[price] = 0
                    if price == self.best_ask:
                        above = self._ask_map.find(1, price)
                        self.best_ask = above if above >= 0 else None  # type: ignore[assignment]
            elif by > 0:
                book[price] = by
                self._ask_map[price] = 1
                best = self.best_ask
                if best is None or price < best:
                    self.best_ask = price

    @override
    def walk(self, side: Side) -> Iterator[tuple[Ticks, Lots]]:
        """Yield the levels of a side, best first; the book must not change meanwhile."""
        if side is BUY:
            book, at = self._bids, self.best_bid
            down = self._bid_map.rfind
            while at is not None and at >= 0:
                yield at, Lots(book[at])
                at = Ticks(down(1, 0, at))
        else:
            book, at = self._asks, self.best_ask
            up = self._ask_map.find
            while at is not None and at >= 0:
                yield at, Lots(book[at])
                at = Ticks(up(1, at + 1))
