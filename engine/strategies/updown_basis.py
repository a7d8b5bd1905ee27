"""What the oracle lies above the spot price: learnt at the starts of windows, and kept over restarts for a day."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.units import DAY, Nanos
from engine.maths.binary import basis
from engine.strategies.said import Remember

if TYPE_CHECKING:
    from engine.core.ids import StrategyId

KEPT: Final = "basis:"
"""Before the symbol of the spot price, under which what was learnt is remembered."""
ROOM: Final = 64
"""Windows that it is the median of."""


class Pair(msgspec.Struct, frozen=True, array_like=True):
    """What the oracle and the spot exchange said of one moment."""

    at: int
    oracle: float
    seen: float


_reader = msgspec.json.Decoder(list[Pair])


class Basis:
    """Of one asset."""

    __slots__ = ("_fresh", "pairs", "value")

    def __init__(self) -> None:
        self.pairs: deque[Pair] = deque(maxlen=ROOM)
        self.value = 0.0
        """The median; 0 while there is none."""
        self._fresh = False
        """Something was learnt since it was put on disk."""

    def told(self, at: Nanos, oracle: float, seen: float) -> None:
        """Learn what both said of a moment."""
        self._fresh = True
        self.pairs.append(Pair(at, oracle, seen))
        self._reckon()

    def remember(self, strategy: StrategyId, symbol: str) -> list[Remember]:
        """Return what is to be put on disk, once for all that was learnt since."""
        if not self._fresh:
            return []
        self._fresh = False
        return [Remember(strategy, KEPT + symbol, msgspec.json.encode(list(self.pairs)).decode())]

    def take_up(self, known: list[Pair], now: Nanos) -> None:
        """Take up what an earlier session learnt: nothing older than a day, which says nothing of now."""
        self.pairs.extendleft(one for one in reversed(known) if 0 <= now - one.at <= DAY)
        self._reckon()

    def _reckon(self) -> None:
        self.value = basis([(one.oracle, one.seen) for one in self.pairs])


def read(body: str) -> list[Pair]:
    """Return what was put on disk.

    Raises
    ------
    ValueError
        If it is nothing that was written there.
    """
    try:
        found = _reader.decode(body)
    except msgspec.MsgspecError as e:
        msg = f"its basis cannot be read ({e})"
        raise ValueError(msg) from e
    if not all(0.0 < price < math.inf for one in found for price in (one.oracle, one.seen)):
        msg = "its basis cannot be read (a price is none)"
        raise ValueError(msg)
    return found
