"""Quotes that a tape of trades implies, and books of a touch alone: what stands in for a book nobody recorded.

A taker who bought lifted an offer at that price, one who sold hit a bid. The last of each are taken for the touch
from then on; a trade beyond the other side's pushes that away by one step. Nothing of a later trade is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.events import BookSnapshot
from engine.core.units import Lots, Nanos, Side, Ticks

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId


class Implied:
    """The touch of one instrument from its tape."""

    __slots__ = ("_ask", "_bid", "_high", "_low", "_name", "_size", "_slip", "_step")

    def __init__(self, name: InstrumentId, size: Lots, *, step: int, low: int, high: int, slip: int = 0) -> None:
        self._name, self._size, self._step, self._low, self._high, self._slip = name, size, step, low, high, slip
        self._bid = self._ask = 0

    def trade(self, at: Nanos, price: int, taker: Side) -> BookSnapshot | None:
        """Take a trade in; return the book from then on, or None while nothing changed."""
        before = self._bid, self._ask
        if taker is Side.BUY:
            self._ask = price
            if self._bid >= price:
                self._bid = price - self._step
        else:
            self._bid = price
            if self._ask and self._ask <= price:
                self._ask = price + self._step
        if (self._bid, self._ask) == before:
            return None
        return touch(at, self._name, self._bid - self._slip, self._ask + self._slip if self._ask else 0, self._size,
                     self._low, self._high)  # fmt: skip


def touch(
    at: Nanos, name: InstrumentId, bid: int, ask: int, size: Lots, low: int = 100, high: int = 9_900
) -> BookSnapshot:
    """Return a book of one level a side; a price outside `low` to `high` is an empty side."""
    return BookSnapshot(
        at=at, instrument=name,
        bids=((Ticks(bid), size),) if low <= bid <= high else (),
        asks=((Ticks(ask), size),) if low <= ask <= high else (),
        venue_time=at,
    )  # fmt: skip
