"""A book on integer ticks, dense: one slot a price, best prices tracked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.units import Lots, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterable

TOP: Final = 10_000
"""Ticks of a binary contract's certain price."""


class Ladder:
    """Bids and asks of one instrument, sizes in lots."""

    __slots__ = ("_asks", "_bids", "best_ask", "best_bid")

    def __init__(self, top: int = TOP) -> None:
        self._bids = [0] * (top + 1)
        self._asks = [0] * (top + 1)
        self.best_bid: Ticks | None = None
        self.best_ask: Ticks | None = None

    def lots(self, side: Side, price: Ticks) -> Lots:
        """Return what stands at a price; 0 for none."""
        return Lots((self._bids if side is Side.BUY else self._asks)[price])

    def snapshot(self, bids: Iterable[tuple[Ticks, Lots]], asks: Iterable[tuple[Ticks, Lots]]) -> None:
        """Replace the whole book."""
        self.clear()
        for price, lots in bids:
            self.put(Side.BUY, price, lots)
        for price, lots in asks:
            self.put(Side.SELL, price, lots)

    def clear(self) -> None:
        """Forget everything."""
        self._bids = [0] * len(self._bids)
        self._asks = [0] * len(self._asks)
        self.best_bid = self.best_ask = None

    def put(self, side: Side, price: Ticks, lots: Lots) -> None:
        """Set the size of a level; 0 or less removes it."""
        if side is Side.BUY:
            self._bids[price] = max(lots, 0)
            if lots > 0:
                if self.best_bid is None or price > self.best_bid:
                    self.best_bid = price
            elif price == self.best_bid:
                self.best_bid = next((Ticks(p) for p in range(price - 1, -1, -1) if self._bids[p]), None)
        else:
            self._asks[price] = max(lots, 0)
            if lots > 0:
                if self.best_ask is None or price < self.best_ask:
                    self.best_ask = price
            elif price == self.best_ask:
                self.best_ask = next((Ticks(p) for p in range(price + 1, len(self._asks)) if self._asks[p]), None)

    def add(self, side: Side, price: Ticks, by: Lots) -> None:
        """Change the size of a level by `by`, which may be negative; what falls to 0 or below is removed."""
        self.put(side, price, Lots(self.lots(side, price) + by))

    @property
    def crossed(self) -> bool:
        """Whether best bid and best ask meet: no venue's book does, so our copy is broken."""
        return self.best_bid is not None and self.best_ask is not None and self.best_bid >= self.best_ask

    def levels(self, side: Side, n: int = 0) -> list[tuple[Ticks, Lots]]:
        """Return the levels of a side, best first; the first `n` of them, or all."""
        book = self._bids if side is Side.BUY else self._asks
        order = range(len(book) - 1, -1, -1) if side is Side.BUY else range(len(book))
        found = [(Ticks(p), Lots(book[p])) for p in order if book[p]]
        return found[:n] if n else found
