"""A book for prices without a bound: sizes in dicts, and a map of bytes around the best price of each side.

The map says which prices near the best hold any size, as in `Ladder`, so the next best after a removal is found
by the C library's search. A price better than the map reaches, or a map that has run empty, moves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.book.book import BUY, Book
from engine.core.units import Lots, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterator

REACH: Final = 16_384
"""Ticks that a map covers; a quarter of them lies on the better side of the best price it was laid for."""


class SparseLadder(Book):
    """Bids and asks of one instrument at any whole tick, such as a coin priced in cents."""

    __slots__ = ("_ask_base", "_ask_map", "_asks", "_bid_base", "_bid_map", "_bids", "_reach")

    def __init__(self, reach: int = REACH) -> None:
        self._reach = reach
        self.clear()

    @override
    def lots(self, side: Side, price: Ticks) -> Lots:
        """Return what stands at a price; 0 for none."""
        return (self._bids if side is BUY else self._asks).get(price, 0)  # type: ignore[return-value] # as in `Ladder`

    @override
    def clear(self) -> None:
        """Forget everything."""
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}
        self._bid_map = bytearray(self._reach)
        self._ask_map = bytearray(self._reach)
        self._bid_base = self._ask_base = 0
        self.best_bid = None
        self.best_ask = None

    @override
    def put(self, side: Side, price: Ticks, lots: Lots) -> None:
        """Set the size of a level; 0 or less removes it."""
        if side is BUY:
            book = self._bids
            if lots > 0:
                if price not in book:
                    best = self.best_bid
                    slot = price - self._bid_base
                    if 0 <= slot < self._reach:
                        self._bid_map[slot] = 1
                    elif best is None or price > best:
                        self._lay_bids(price)
                    if best is None or price > best:
                        self.best_bid = price
                book[price] = lots
            elif price in book:
                del book[price]
                slot = price - self._bid_base
                if 0 <= slot < self._reach:
                    self._bid_map[slot] = 0
                    if price == self.best_bid:
                        below = self._bid_map.rfind(1, 0, slot)
                        self.best_bid = Ticks(below + self._bid_base) if below >= 0 else self._next_bid()
        else:
            book = self._asks
            if lots > 0:
                if price not in book:
                    best = self.best_ask
                    slot = price - self._ask_base
                    if 0 <= slot < self._reach:
                        self._ask_map[slot] = 1
                    elif best is None or price < best:
                        self._lay_asks(price)
                    if best is None or price < best:
                        self.best_ask = price
                book[price] = lots
            elif price in book:
                del book[price]
                slot = price - self._ask_base
                if 0 <= slot < self._reach:
                    self._ask_map[slot] = 0
                    if price == self.best_ask:
                        above = self._ask_map.find(1, slot)
                        self.best_ask = Ticks(above + self._ask_base) if above >= 0 else self._next_ask()

    @override
    def add(self, side: Side, price: Ticks, by: Lots) -> None:
        """Change the size of a level by `by`, which may be negative; what falls to 0 or below is removed."""
        book = self._bids if side is BUY else self._asks
        before = book.get(price, 0)
        lots = before + by
        if before and lots > 0:
            book[price] = lots
        else:
            self.put(side, price, Lots(lots))

    @override
    def walk(self, side: Side) -> Iterator[tuple[Ticks, Lots]]:
        """Yield the levels of a side, best first; the book must not change meanwhile."""
        if side is BUY:
            bids, base = self._bids, self._bid_base
            slot = self._bid_map.rfind(1)
            while slot >= 0:
                yield Ticks(slot + base), Lots(bids[slot + base])
                slot = self._bid_map.rfind(1, 0, slot)
            beyond = sorted((price for price in bids if price < base), reverse=True)
            yield from ((Ticks(price), Lots(bids[price])) for price in beyond)
        else:
            asks, base = self._asks, self._ask_base
            slot = self._ask_map.find(1)
            while slot >= 0:
                yield Ticks(slot + base), Lots(asks[slot + base])
                slot = self._ask_map.find(1, slot + 1)
            beyond = sorted(price for price in asks if price >= base + self._reach)
            yield from ((Ticks(price), Lots(asks[price])) for price in beyond)

    def _next_bid(self) -> Ticks | None:
        """Return the best bid when the map has none left, and lay the map around it."""
        if not self._bids:
            return None
        best = Ticks(max(self._bids))
        self._lay_bids(best)
        return best

    def _next_ask(self) -> Ticks | None:
        """Return the best ask when the map has none left, and lay the map around it."""
        if not self._asks:
            return None
        best = Ticks(min(self._asks))
        self._lay_asks(best)
        return best

    def _lay_bids(self, best: Ticks) -> None:
        self._bid_base = best - self._reach + 1 + self._reach // 4
        self._bid_map = self._laid(self._bids, best, self._bid_base)

    def _lay_asks(self, best: Ticks) -> None:
        self._ask_base = best - self._reach // 4
        self._ask_map = self._laid(self._asks, best, self._ask_base)

    def _laid(self, levels: dict[int, int], best: Ticks, base: int) -> bytearray:
        """Return the map of the levels within reach of a base, and of the best price."""
        there = bytearray(self._reach)
        for price in (best, *levels):
            if 0 <= price - base < self._reach:
                there[price - base] = 1
        return there
