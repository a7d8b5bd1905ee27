"""The slow, obvious book: two dicts, everything looked up again each time."""

from __future__ import annotations

from engine.core.units import Side


class Oracle:
    """Levels of both sides by price."""

    def __init__(self) -> None:
        self.sides: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}

    def put(self, side: Side, price: int, lots: int) -> None:
        self.sides[side].pop(price, None)
        if lots > 0:
            self.sides[side][price] = lots

    def add(self, side: Side, price: int, by: int) -> None:
        self.put(side, price, self.sides[side].get(price, 0) + by)

    def clear(self) -> None:
        self.__init__()

    def levels(self, side: Side) -> list[tuple[int, int]]:
        return sorted(self.sides[side].items(), reverse=side is Side.BUY)

    def best(self, side: Side) -> int | None:
        levels = self.levels(side)
        return levels[0][0] if levels else None

    def sweep(self, side: Side, lots: int, limit: int) -> list[tuple[int, int]]:
        """Lot by lot."""
        got: dict[int, int] = {}
        against = Side.SELL if side is Side.BUY else Side.BUY
        for price, there in self.levels(against):
            reaches = price <= limit if side is Side.BUY else price >= limit
            for _ in range(there):
                if reaches and sum(got.values()) < lots:
                    got[price] = got.get(price, 0) + 1
        return list(got.items())
