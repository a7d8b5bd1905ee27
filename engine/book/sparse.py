"""A book for prices without a bound: levels in a dict, candidates for the best price in a heap.

A price enters the heap when its level appears and stays there until it comes up while its level is gone. So an
update of a level that stands costs one store, and the best price is the heap's first that still stands.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.book.book import BUY, Book
from engine.core.units import Lots, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterator

SLACK: Final = 64
"""Gone prices the heap may hold beyond as many as there are levels."""


class SparseLadder(Book):
    """Bids and asks of one instrument at any whole tick, such as a coin priced in cents."""

    __slots__ = ("_ask_heap", "_asks", "_bid_heap", "_bids")

    def __init__(self) -> None:
        self.clear()

    @override
    def lots(self, side: Side, price: Ticks) -> Lots:
        """Return what stands at a price; 0 for none."""
        return Lots((self._bids if side is BUY else self._asks).get(price, 0))

    @override
    def clear(self) -> None:
        """Forget everything."""
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}
        self._bid_heap: list[int] = []  # negated: the heap's first is the highest price
        self._ask_heap: list[int] = []
        self.best_bid = None
        self.best_ask = None

    @override
    def put(self, side: Side, price: Ticks, lots: Lots) -> None:
        """Set the size of a level; 0 or less removes it."""
        if side is BUY:
            book = self._bids
            if lots > 0:
                if price not in book:
                    heappush(self._bid_heap, -price)
                    best = self.best_bid
                    if best is None or price > best:
                        self.best_bid = price
                book[price] = lots
            elif book.pop(price, 0):
                if price == self.best_bid:
                    self.best_bid = self._best(book, self._bid_heap, -1)
                elif len(self._bid_heap) > 2 * len(book) + SLACK:
                    self._bid_heap = [-p for p in book]
                    heapify(self._bid_heap)
        else:
            book = self._asks
            if lots > 0:
                if price not in book:
                    heappush(self._ask_heap, price)
                    best = self.best_ask
                    if best is None or price < best:
                        self.best_ask = price
                book[price] = lots
            elif book.pop(price, 0):
                if price == self.best_ask:
                    self.best_ask = self._best(book, self._ask_heap, 1)
                elif len(self._ask_heap) > 2 * len(book) + SLACK:
                    self._ask_heap = list(book)
                    heapify(self._ask_heap)

    @override
    def add(self, side: Side, price: Ticks, by: Lots) -> None:
        """Change the size of a level by `by`, which may be negative; what falls to 0 or below is removed."""
        book = self._bids if side is BUY else self._asks
        before = book.get(price, 0)
        after = before + by
        if before and after > 0:
            book[price] = after
        else:
            self.put(side, price, Lots(after))

    @override
    def walk(self, side: Side) -> Iterator[tuple[Ticks, Lots]]:
        """Yield the levels of a side, best first; the book must not change meanwhile."""
        book = self._bids if side is BUY else self._asks
        for price in sorted(book, reverse=side is BUY):
            yield Ticks(price), Lots(book[price])

    @staticmethod
    def _best(book: dict[int, int], heap: list[int], sign: int) -> Ticks | None:
        """Return the first price of the heap that still stands, forgetting those before it."""
        while heap:
            if heap[0] * sign in book:
                return Ticks(heap[0] * sign)
            heappop(heap)
        return None
