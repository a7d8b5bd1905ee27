"""Recent trades in a fixed window: how fast, which way, at what prices. O(1) a trade.

The window is cut into slots of equal length, so that forgetting costs no more than the slots that passed and a
flood of trades takes no more room than there are prices. What is said covers the slots that are not yet wholly
behind: between `window` less one slot and `window`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import SECOND, Lots, Nanos, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Mapping

SLOTS: Final = 60


class Flow(NamedTuple):
    """What was traded within a window."""

    trades: int
    lots: Lots
    signed: Lots
    """Lots that buyers took less those that sellers hit; trades of unknown direction count in neither."""
    vwap: float | None
    """Ticks; None without a trade."""
    per_second: float
    """Trades a second."""
    lots_per_second: float


class _Slot:
    __slots__ = ("at_price", "lots", "number", "signed", "trades", "value")

    def __init__(self) -> None:
        self.clear(-1)

    def clear(self, number: int) -> None:
        self.number = number
        self.trades = self.lots = self.signed = self.value = 0
        self.at_price: dict[Ticks, int] = {}


class Tape:
    """Trades of one instrument within the last `window` nanoseconds."""

    __slots__ = ("_at_price", "_lots", "_newest", "_signed", "_slot", "_slots", "_trades", "_value", "window")

    def __init__(self, window: int, slots: int = SLOTS) -> None:
        self.window = window
        self._slot = max(1, window // slots)
        self._slots = [_Slot() for _ in range(slots)]
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        for slot in self._slots:
            slot.clear(-1)
        self._newest = -1
        self._trades = self._lots = self._signed = self._value = 0
        self._at_price: dict[Ticks, int] = {}

    def add(self, at: Nanos, price: Ticks, lots: Lots, taker: Side | None) -> None:
        """Count a trade; one older than the window, or of no size, is left out."""
        if lots <= 0:
            return
        number = at // self._slot
        if number > self._newest:
            self.roll(at)
        slot = self._slots[number % len(self._slots)]
        if slot.number != number:
            if number <= self._newest - len(self._slots):
                return
            slot.clear(number)
        signed = 0 if taker is None else lots if taker is Side.BUY else -lots
        slot.trades += 1
        slot.lots += lots
        slot.signed += signed
        slot.value += lots * price
        slot.at_price[price] = slot.at_price.get(price, 0) + lots
        self._trades += 1
        self._lots += lots
        self._signed += signed
        self._value += lots * price
        self._at_price[price] = self._at_price.get(price, 0) + lots

    def roll(self, at: Nanos) -> None:
        """Let go of what lies before the window that ends at `at`; time that goes back changes nothing."""
        number = at // self._slot
        for passed in range(max(self._newest + 1, number - len(self._slots) + 1), number + 1):
            slot = self._slots[passed % len(self._slots)]
            self._forget(slot)
            slot.clear(passed)
        self._newest = max(self._newest, number)

    def flow(self, at: Nanos) -> Flow:
        """Return what was traded within the window that ends at `at`."""
        self.roll(at)
        seconds = self.window / SECOND
        vwap = self._value / self._lots if self._lots else None
        return Flow(
            self._trades, Lots(self._lots), Lots(self._signed), vwap, self._trades / seconds, self._lots / seconds
        )

    def at_prices(self, at: Nanos) -> Mapping[Ticks, int]:
        """Return the lots traded at each price within the window that ends at `at`; a view, not to be changed."""
        self.roll(at)
        return self._at_price

    def _forget(self, slot: _Slot) -> None:
        self._trades -= slot.trades
        self._lots -= slot.lots
        self._signed -= slot.signed
        self._value -= slot.value
        for price, lots in slot.at_price.items():
            left = self._at_price[price] - lots
            if left:
                self._at_price[price] = left
            else:
                del self._at_price[price]
