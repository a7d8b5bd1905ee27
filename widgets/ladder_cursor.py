"""Where the cursor of a ladder stands, and which own orders in it are selected. Pure: views in, nothing is painted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.ladder_keys import Column, best_row, reach

if TYPE_CHECKING:
    from engine.core.ids import OrderId
    from engine.views.ladder import LadderView


class LadderCursor:
    """The row and the side that a key trades at."""

    def __init__(self) -> None:
        self.row = 0
        self.side = Column.BID
        self.led = False
        """Whether the trader has put it on a row; until then it stands where an order would trade."""
        self.size = 1
        """Of the next order."""

    def begin(self, view: LadderView | None) -> None:
        """Stand where nobody has moved it."""
        self.side, self.led = Column.BID, False
        self.follow(view)

    def put(self, index: int, side: Column) -> None:
        """Stand on a cell that was pressed."""
        self.row, self.side, self.led = index, side, True

    def move(self, view: LadderView, index: int, side: Column | None) -> None:
        """Go to a row, or the nearest that there is, and to a side unless it is None."""
        row = max(0, min(index, len(view.rows) - 1))
        self.led = self.led or row != self.row
        self.row = row
        self.side = self.side if side is None else side
        self.follow(view)

    def follow(self, view: LadderView | None) -> None:
        """Stand, where nobody has moved it, on the best row of its side, on a curve as far as the size needs."""
        if self.led or view is None or not view.rows:
            return
        row = reach(view, self.side, self.size) if view.curve else best_row(view, self.side)
        self.row = len(view.rows) // 2 if row is None else view.rows.index(row)

    def stay(self, view: LadderView) -> None:
        """Stand where it stood in the rows of a new view."""
        self.row = max(0, min(self.row, len(view.rows) - 1))
        self.follow(view)

    def seek(self, was: LadderView, now: LadderView) -> None:
        """Stand at the price it stood at, in rows of other prices."""
        at = None if not 0 <= self.row < len(was.rows) else was.rows[self.row].price
        self.row = next((i for i, row in enumerate(now.rows) if at is not None and row.price <= at), 0)


class LadderChosen:
    """The own orders that are selected: they are meant, the cell is only where they are."""

    def __init__(self) -> None:
        self.cell: tuple[int, Column] | None = None
        self.orders: frozenset[OrderId] = frozenset()

    def take(
        self, view: LadderView | None, cell: tuple[int, Column] | None, orders: frozenset[OrderId] | None = None
    ) -> None:
        """Select the own orders of a cell, or none; `orders` where they are on their way there."""
        self.cell = cell
        there = frozenset() if cell is None else ids_at(view, *cell)
        self.orders = there if orders is None or cell is None else orders

    def has(self, view: LadderView | None, cell: tuple[int, Column]) -> bool:
        """Whether all that stands at a cell is selected there."""
        return self.cell == cell and ids_at(view, *cell) <= self.orders

    def follow(self, view: LadderView) -> None:
        """Go where the orders went, and end with them: another order at their row is not meant."""
        if self.cell is None or not self.orders or self.orders & ids_at(view, *self.cell):
            return
        cells = ((index, side) for index in range(len(view.rows)) for side in (Column.BID, Column.ASK))
        self.take(view, next((cell for cell in cells if self.orders & ids_at(view, *cell)), None), self.orders)


def ids_at(view: LadderView | None, index: int, side: Column) -> frozenset[OrderId]:
    """Return the ids of the own orders at a cell."""
    if view is None or not 0 <= index < len(view.rows):
        return frozenset()
    row = view.rows[index]
    return frozenset(row.mine_bid_ids if side is Column.BID else row.mine_ask_ids)
