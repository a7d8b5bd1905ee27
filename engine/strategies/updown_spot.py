"""The spot price under Up/Down windows: what outlives every window. One volatility a sample, read and never remade.

A trade counts by the exchange's own time; one that comes late or twice changes nothing.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from engine.maths.rolling import SAMPLE_MS, Classifier, Volatility, Vwap
from engine.strategies.updown_basis import Basis

if TYPE_CHECKING:
    from engine.core.events import Trade
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.core.units import Nanos
    from engine.strategies.updown_basis import Pair

MS: Final = 1_000_000
BUFFER_MS: Final = 30_000
BUFFER_ROOM: Final = 8_192
LONGEST: Final = 80
"""Digits of two ids that are read as numbers."""


class Spot:
    """One asset's price on the spot exchange."""

    __slots__ = (
        "_buffer", "_due", "_id", "_lot", "_unit", "_zero", "at", "basis", "beta", "heard_at",
        "instrument", "late", "previous_at", "price", "regime", "volatility", "vwap",
    )  # fmt: skip

    def __init__(self, instrument: Instrument) -> None:
        self.instrument: InstrumentId = instrument.id
        self._unit = float(instrument.unit)
        self._lot = float(instrument.lot)
        self._due = 0
        """Before this the volatility takes no sample, in ms."""
        self._id = ""
        """Of the last trade."""
        self.volatility = Volatility()
        self.vwap = Vwap()
        self.regime = Classifier()
        self._buffer: deque[int] = deque(maxlen=BUFFER_ROOM)
        self.price = 0.0
        """0 before the first trade."""
        self.previous_at = 0
        """The exchange's time of the trade before the last; 0 for none."""
        self.at = 0
        """The exchange's time of the last trade."""
        self._zero = 0
        """A whole millisecond, that of the first trade: what is counted from there on are small numbers."""
        self.heard_at: Nanos | None = None
        """When it reached us."""
        self.late = 0
        """Trades that came late or twice, and were left out."""
        self.basis = Basis()
        """Of the starts of windows whose strike the venue published."""
        self.beta = 0.0
        """What the oracle lies above the spot price, as `basis` has it."""

    def take(self, trade: Trade) -> bool:
        """Take a trade in; False for one that came late or twice."""
        at = trade.venue_time
        if at is None:
            at = trade.at
        if at <= self.at and (at < self.at or _same_or_older(trade.trade_id, self._id)):
            self.late += 1
            return False
        self._id = trade.trade_id
        if not self._zero:
            self._zero = at - at % MS
        ms, price = (at - self._zero) // MS, trade.price * self._unit
        self.previous_at = self.at
        self.price = price
        self.at = at
        self.heard_at = trade.at
        if ms >= self._due and price > 0.0:
            self.volatility.add(ms, price)
            self._due = ms + SAMPLE_MS
        self.vwap.add(ms, price, trade.lots * self._lot)
        self.regime.add(ms, price)
        self._buffer.append(ms)
        return True

    @property
    def buffer(self) -> deque[int]:
        """Moments of the trades of the last 30 s; older ones are let go of when somebody looks."""
        if self._buffer:
            self._let_go(self._buffer[-1])
        return self._buffer

    def roll(self, now: Nanos) -> None:
        """Forget what is too old though nobody trades."""
        ms = (now - self._zero) // MS
        self.vwap.roll(ms)
        self.regime.roll(ms)
        self._let_go(ms)

    def _let_go(self, ms: int) -> None:
        buffer, since = self._buffer, ms - BUFFER_MS
        while buffer and buffer[0] < since:
            buffer.popleft()

    def told(self, at: Nanos, oracle: float, seen: float) -> None:
        """Learn what the oracle said at a moment at which the spot price was seen."""
        self.basis.told(at, oracle, seen)
        self.beta = self.basis.value

    def recall(self, known: list[Pair], now: Nanos) -> None:
        """Take up what an earlier session learnt of the oracle."""
        self.basis.take_up(known, now)
        self.beta = self.basis.value

    def rate(self) -> float:
        """Return trades a second over the last 30 s."""
        return len(self.buffer) * 1_000 / BUFFER_MS


def _same_or_older(new: str, known: str) -> bool:
    """Whether of two trades of one moment the new one is known: ids of an exchange rise."""
    if new.isdecimal() and known.isdecimal() and len(new) + len(known) < LONGEST:
        return int(new) <= int(known)
    return bool(new) and new == known
