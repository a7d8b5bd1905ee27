"""What every book of price levels can say, however it keeps them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from engine.core.units import Lots, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BUY, SELL = Side.BUY, Side.SELL  # as names of the module: a member looked up on its Enum costs as much as a put


class Sweep(NamedTuple):
    """What a taker would get of the visible book."""

    lots: Lots
    value: int
    """Tick-lots: the sum of price times size."""
    worst: Ticks | None
    """Last price touched; None when nothing was to be had."""
    levels: tuple[tuple[Ticks, Lots], ...]
    """What is taken of each level, best first."""

    @property
    def average(self) -> float | None:
        """Ticks a lot."""
        return self.value / self.lots if self.lots else None


class Book(ABC):
    """Bids and asks of one instrument, sizes in lots; the best prices are always at hand."""

    __slots__ = ("best_ask", "best_bid")

    best_bid: Ticks | None
    best_ask: Ticks | None

    @abstractmethod
    def put(self, side: Side, price: Ticks, lots: Lots) -> None:
        """Set the size of a level; 0 or less removes it."""

    @abstractmethod
    def add(self, side: Side, price: Ticks, by: Lots) -> None:
        """Change the size of a level by `by`, which may be negative; what falls to 0 or below is removed."""

    @abstractmethod
    def lots(self, side: Side, price: Ticks) -> Lots:
        """Return what stands at a price; 0 for none."""

    @abstractmethod
    def clear(self) -> None:
        """Forget everything."""

    @abstractmethod
    def walk(self, side: Side) -> Iterator[tuple[Ticks, Lots]]:
        """Yield the levels of a side, best first; the book must not change meanwhile."""

    def snapshot(self, bids: Iterable[tuple[Ticks, Lots]], asks: Iterable[tuple[Ticks, Lots]]) -> None:
        """Replace the whole book."""
        self.clear()
        for price, lots in bids:
            self.put(BUY, price, lots)
        for price, lots in asks:
            self.put(SELL, price, lots)

    def levels(self, side: Side, n: int = 0) -> list[tuple[Ticks, Lots]]:
        """Return the levels of a side, best first; the first `n` of them, or all."""
        found = []
        for level in self.walk(side):
            found.append(level)
            if len(found) == n:
                break
        return found

    def cumulative(self, side: Side, n: int = 0) -> list[tuple[Ticks, Lots, Lots]]:
        """Return the levels as `levels` does, each with all that stands up to it."""
        total, found = 0, []
        for price, lots in self.levels(side, n):
            total += lots
            found.append((price, lots, Lots(total)))
        return found

    def sweep(self, side: Side, lots: Lots | None = None, limit: Ticks | None = None) -> Sweep:
        """Return what a taker would get now.

        Parameters
        ----------
        side : Side
            BUY takes asks, SELL takes bids.
        lots : Lots, optional
            How many at most; None takes all within the limit.
        limit : Ticks, optional
            Worst price; None goes to the end of the book.
        """
        buying, left = side is BUY, lots
        value, taken = 0, []
        for price, there in self.walk(SELL if buying else BUY):
            beyond = limit is not None and (price > limit if buying else price < limit)
            if beyond or (left is not None and left <= 0):
                break
            got = there if left is None or there < left else left
            taken.append((price, got))
            value += price * got
            left = None if left is None else Lots(left - got)
        return Sweep(Lots(sum(got for _, got in taken)), value, taken[-1][0] if taken else None, tuple(taken))

    @property
    def crossed(self) -> bool:
        """Whether best bid and best ask meet: no venue's book does, so our copy is broken."""
        return self.best_bid is not None and self.best_ask is not None and self.best_bid >= self.best_ask

    @property
    def mid(self) -> float | None:
        """Half-way between the best prices, ticks; None unless both sides stand."""
        if self.best_bid is None or self.best_ask is None:
            return None
        return (self.best_bid + self.best_ask) / 2

    @property
    def micro(self) -> float | None:
        """The best prices weighted by the size that stands against each, ticks; leans to where less stands."""
        bid, ask = self.best_bid, self.best_ask
        if bid is None or ask is None:
            return None
        bids, asks = self.lots(BUY, bid), self.lots(SELL, ask)
        return (bid * asks + ask * bids) / (bids + asks)
