"""What traded at each price since the trader cleared it. Pure: a view in, a view out.

The engine tells what traded in the last ten minutes. What had traded when it was cleared is taken off as long as it
is in there; it leaves the window first, being older.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from engine.core.units import Qty

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.core.units import Ticks
    from engine.views.ladder import LadderRow, LadderView

ZERO = Qty(Decimal(0))


class Cleared:
    """What is not counted any more of one instrument's trades."""

    def __init__(self) -> None:
        self._instrument: InstrumentId | None = None
        self._off: dict[Ticks, tuple[Qty, Qty]] = {}

    def begin(self, view: LadderView) -> LadderView:
        """Count from here on; return the view without what has traded."""
        before = self._off if view.instrument == self._instrument else {}
        self._instrument = view.instrument
        self._off = {}
        for row in view.rows:
            sold, bought = before.get(row.price, (ZERO, ZERO))
            if row.sold or row.bought or sold or bought:  # the view had those taken off already
                self._off[row.price] = (Qty(sold + (row.sold or 0)), Qty(bought + (row.bought or 0)))
        return replace(view, rows=tuple(replace(row, sold=None, bought=None) for row in view.rows))

    def without(self, view: LadderView) -> LadderView:
        """Return a view without what had traded when it was cleared."""
        if view.instrument != self._instrument:
            self._instrument, self._off = None, {}
        if not self._off:
            return view
        return replace(view, rows=tuple(self._row(row) for row in view.rows))

    def _row(self, row: LadderRow) -> LadderRow:
        off = self._off.get(row.price)
        if off is None:
            return row
        sold, bought = (min(old, now or ZERO) for old, now in zip(off, (row.sold, row.bought), strict=True))
        self._off[row.price] = (sold, bought)
        return replace(
            row, sold=Qty((row.sold or ZERO) - sold) or None, bought=Qty((row.bought or ZERO) - bought) or None
        )
