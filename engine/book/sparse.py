"""A book for prices without a bound: a dense window of ticks around the best price of each side, dicts for the rest.

In the window sizes and a map of bytes lie as in `Ladder`: one slot a tick, numbered upwards to the better prices of
its side, so that whatever lies below slot 0 is worse than all in it. A price better than the window reaches, or a
window that has run empty, lays it anew; one that leaves many levels beyond is laid twice as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.book.book import BUY, SELL, Book
from engine.core.units import Lots, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterator

REACH: Final = 16_384
"""Ticks that a window covers at most; a quarter of it lies on the better side of the best price it was laid for."""
FIRST_REACH: Final = 2_048
"""Ticks of a side's first window: most books, such as an option's, are no wider."""
CROWD: Final = 8
"""A window is too short once more levels than an eighth of its ticks lie beyond it."""


class SparseLadder(Book):
    """Bids and asks of one instrument at any whole tick, such as a coin priced in cents."""

    __slots__ = (
        "_ask_map", "_ask_zero", "_asks", "_asks_beyond", "_bid_map", "_bid_zero", "_bids", "_bids_beyond", "_reach",
    )  # fmt: skip

    def __init__(self, reach: int = REACH) -> None:
        self._reach = reach
        self.clear()

    @override
    def lots(self, side: Side, price: Ticks) -> Lots:
        """Return what stands at a price; 0 for none."""
        if side is BUY:
            book, slot, beyond = self._bids, price - self._bid_zero, self._bids_beyond
        else:
            book, slot, beyond = self._asks, self._ask_zero - price, self._asks_beyond
        if slot < 0:
            return beyond.get(price, 0)  # type: ignore[return-value] # as in `Ladder`
        return book[slot] if slot < len(book) else 0  # type: ignore[return-value]

    @override
    def clear(self) -> None:
        """Forget everything."""
        self._bids: list[int] = []
        self._asks: list[int] = []
        self._bid_map = bytearray()
        self._ask_map = bytearray()
        self._bid_zero = self._ask_zero = 0
        """Price of slot 0."""
        self._bids_beyond: dict[int, int] = {}
        self._asks_beyond: dict[int, int] = {}
        self.best_bid = None
        self.best_ask = None

    @override
    def put(self, side: Side, price: Ticks, lots: Lots) -> None:
        """Set the size of a level; 0 or less removes it."""
        if side is BUY:
            book = self._bids
            slot = price - self._bid_zero
            if slot < 0:
                self._put_beyond(BUY, price, lots)
                return
            try:
                before = book[slot]
            except IndexError:  # better than the window reaches
                if lots > 0:
                    self._lay(BUY, price, lots)
                return
            if lots > 0:
                book[slot] = lots
                if not before:
                    self._bid_map[slot] = 1
                    best = self.best_bid
                    if best is None or price > best:
                        self.best_bid = price
            elif before:
                book[slot] = self._bid_map[slot] = 0
                if price == self.best_bid:
                    below = self._bid_map.rfind(1, 0, slot)
                    self.best_bid = self._bid_zero + below if below >= 0 else self._next(BUY)  # type: ignore[assignment]
        else:
            book = self._asks
            slot = self._ask_zero - price
            if slot < 0:
                self._put_beyond(SELL, price, lots)
                return
            try:
                before = book[slot]
            except IndexError:
                if lots > 0:
                    self._lay(SELL, price, lots)
                return
            if lots > 0:
                book[slot] = lots
                if not before:
                    self._ask_map[slot] = 1
                    best = self.best_ask
                    if best is None or price < best:
                        self.best_ask = price
            elif before:
                book[slot] = self._ask_map[slot] = 0
                if price == self.best_ask:
                    above = self._ask_map.rfind(1, 0, slot)
                    self.best_ask = self._ask_zero - above if above >= 0 else self._next(SELL)  # type: ignore[assignment]

    @override
    def add(self, side: Side, price: Ticks, by: Lots) -> None:
        """Change the size of a level by `by`, which may be negative; what falls to 0 or below is removed."""
        self.put(side, price, self.lots(side, price) + by)  # type: ignore[arg-type]

    @override
    def walk(self, side: Side) -> Iterator[tuple[Ticks, Lots]]:
        """Yield the levels of a side, best first; the book must not change meanwhile."""
        book, there, beyond = self._side(side)
        zero, step = (self._bid_zero, 1) if side is BUY else (self._ask_zero, -1)
        slot = there.rfind(1)
        while slot >= 0:
            yield Ticks(zero + step * slot), Lots(book[slot])
            slot = there.rfind(1, 0, slot)
        for price in sorted(beyond, reverse=side is BUY):
            yield Ticks(price), Lots(beyond[price])

    def _side(self, side: Side) -> tuple[list[int], bytearray, dict[int, int]]:
        if side is BUY:
            return self._bids, self._bid_map, self._bids_beyond
        return self._asks, self._ask_map, self._asks_beyond

    def _put_beyond(self, side: Side, price: Ticks, lots: Lots) -> None:
        """Set a level that is worse than the window's, or the first one of an empty side."""
        book, _, beyond = self._side(side)
        best = self.best_bid if side is BUY else self.best_ask
        if lots <= 0:
            beyond.pop(price, None)
        elif best is None:
            self._lay(side, price, lots)
        else:
            beyond[price] = lots
            if len(beyond) * CROWD > len(book) < self._reach:
                self._lay(side, best)

    def _next(self, side: Side) -> Ticks | None:
        """Return the best price of a side whose window has run empty, and lay the window around it."""
        beyond = self._side(side)[2]
        if not beyond:
            return None
        best = Ticks(max(beyond) if side is BUY else min(beyond))
        self._lay(side, best)
        return best

    def _lay(self, side: Side, best: Ticks, lots: int = 0) -> None:
        """Lay a side's window around its best price, which is put in first if it has lots."""
        levels = dict(self.walk(side))
        if lots:
            levels[best] = Lots(lots)
        short = self._side(side)[0]
        reach = min(self._reach, max(len(short), FIRST_REACH))
        if len(self._side(side)[2]) * CROWD > reach:
            reach = min(self._reach, 2 * reach)
        book, there = [0] * reach, bytearray(reach)
        beyond: dict[int, int] = {}
        step = 1 if side is BUY else -1
        zero = best - step * (reach - 1 - reach // 4)
        for price, size in levels.items():
            slot = step * (price - zero)
            if slot >= 0:
                book[slot], there[slot] = size, 1
            else:
                beyond[price] = size
        if side is BUY:
            self._bids, self._bid_map, self._bids_beyond = book, there, beyond
            self._bid_zero, self.best_bid = zero, best
        else:
            self._asks, self._ask_map, self._asks_beyond = book, there, beyond
            self._ask_zero, self.best_ask = zero, best
