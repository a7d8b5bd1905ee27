"""One instrument's resting orders in the order of price, then of arrival."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

from engine.core.units import Lots, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.sandbox.floor_order import Order


class Half:
    """One side of a book. `sign` turns prices so that the best is the smallest key."""

    __slots__ = ("_keys", "_queues", "_sign", "_totals")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._keys: list[int] = []
        self._queues: dict[int, dict[str, Order]] = {}
        self._totals: dict[int, int] = {}

    @property
    def best(self) -> Ticks | None:
        """Best price, None when nothing rests."""
        return Ticks(self._sign * self._keys[0]) if self._keys else None

    def total(self, price: Ticks) -> Lots:
        """Return what stands at a price."""
        return Lots(self._totals.get(self._sign * price, 0))

    def levels(self, n: int = 0) -> list[tuple[Ticks, Lots]]:
        """Return price and size, best first; the first `n`, or all."""
        keys = self._keys[:n] if n else self._keys
        return [(Ticks(self._sign * key), Lots(self._totals[key])) for key in keys]

    def queue(self, price: Ticks) -> Iterator[Order]:
        """Yield the orders at a price, first come first."""
        return iter(self._queues.get(self._sign * price, {}).values())

    def orders(self) -> Iterator[Order]:
        """Yield every order, best first."""
        for key in self._keys:
            yield from self._queues[key].values()

    def add(self, order: Order) -> None:
        """Put an order behind the others at its price."""
        key = self._sign * order.price
        if key not in self._queues:
            self._queues[key] = {}
            self._totals[key] = 0
            insort(self._keys, key)
        self._queues[key][order.id] = order
        self._totals[key] += order.left

    def shrink(self, order: Order, by: Lots) -> None:
        """Take `by` off an order's size in the book; it leaves when nothing is left of it.

        The order itself is not changed: its `left` must already be the new size.
        """
        key = self._sign * order.price
        self._totals[key] -= by
        if order.left <= 0:
            del self._queues[key][order.id]
        if not self._queues[key]:
            del self._queues[key], self._totals[key]
            self._keys.pop(bisect_left(self._keys, key))


class FloorBook:
    """Bids and asks of YES."""

    __slots__ = ("asks", "bids", "changes")

    def __init__(self) -> None:
        self.bids = Half(-1)
        self.asks = Half(1)
        self.changes = 0
        """Level changes told so far."""

    def half(self, way: Side) -> Half:
        """Return the side an order of that direction rests on."""
        return self.bids if way is Side.BUY else self.asks

    def against(self, way: Side) -> Half:
        """Return the side an order of that direction trades with."""
        return self.asks if way is Side.BUY else self.bids

    def ahead(self, order: Order) -> Lots:
        """Return the size that trades before an order does."""
        half = self.half(order.way)
        better = 0
        for price, lots in half.levels():
            if price == order.price:
                break
            better += lots
        for other in half.queue(order.price):
            if other.id == order.id:
                break
            better += other.left
        return Lots(better)
