"""Volatility, average price and regime of a stream of trades: running sums, O(1) a sample.

Each lives across markets: a window that ends takes nothing with it. What is kept stands in rings that grow by doubling
and then stay, so that a sample makes no new container: lists, from which a number is had ten times as fast as from an
array. Times are milliseconds, from whatever moment; below 2**30 Python compares them three times as fast.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Final, NamedTuple

from engine.maths.binary import YEAR_S

INF: Final = math.inf
"""Here because looking it up in its module costs as much as to compare with it."""
LAMBDA: Final = 0.94
SAMPLE_MS: Final = 1_000
GAP_MS: Final = 60_000
"""After so long without a trade the next price starts anew: the way there was not seen."""
MIN_SAMPLES: Final = 10
FLOOR_ANNUAL: Final = 0.30
VWAP_MS: Final = 60_000
REGIME_MS: Final = 30_000
MIN_TICKS: Final = 10
TREND_FROM: Final = 0.75
RANGE_BELOW: Final = 0.60
RECOUNT: Final = 10_000
"""Evictions after which sums of floats are made anew."""


class Volatility:
    """Volatility a root second, from at most one return a second; wrong-way and repeated ticks are left out.

    The average of squares starts at nothing, so ten samples alone would show 0.68 of the truth; `sigma` divides by
    how much was weighed in. It is 0, meaning no trading, until there are enough samples, and never below a floor.
    """

    __slots__ = ("_at", "_floor", "_lambda", "_least", "_mean", "_price", "_weight", "samples", "sigma")

    def __init__(
        self, decay: float = LAMBDA, min_samples: int = MIN_SAMPLES, floor_annual: float = FLOOR_ANNUAL
    ) -> None:
        if not (0.0 < decay <= 1.0 and floor_annual >= 0.0):
            msg = f"no volatility with decay {decay} and floor {floor_annual}"
            raise ValueError(msg)
        self._lambda = decay
        self._least = min_samples
        self._floor = floor_annual / math.sqrt(YEAR_S)
        self._mean = 0.0
        self._weight = 1.0
        self._price = 0.0
        self._at = 0
        self.samples = 0
        self.sigma = 0.0
        """As cached at the last sample; evaluations read it and make none."""

    @property
    def floor(self) -> float:
        """The least volatility a root second."""
        return self._floor

    @property
    def valid(self) -> bool:
        """Whether there are enough samples."""
        return self.samples >= self._least

    @property
    def undivided(self) -> float:
        """Root of the plain recursion, which starts too low."""
        return math.sqrt(self._mean)

    @property
    def divided(self) -> float:
        """Root of the recursion over how much was weighed in; 0 before the first sample."""
        return math.sqrt(self._mean / (1.0 - self._weight)) if self._weight < 1.0 else 0.0

    def add(self, at_ms: int, price: float) -> bool:
        """Take in a trade and return whether it made a sample."""
        gone = at_ms - self._at
        if gone < SAMPLE_MS and self._price != 0.0:  # most of what ever comes
            return False
        if not 0.0 < price < INF:
            return False
        if self._price == 0.0 or gone > GAP_MS:
            self._price, self._at = price, at_ms
            return False
        r = math.log(price / self._price)
        self._mean = self._lambda * self._mean + (1.0 - self._lambda) * r * r / (gone / SAMPLE_MS)
        self._weight *= self._lambda
        self._price, self._at = price, at_ms
        self.samples += 1
        if self.samples >= self._least:
            self.sigma = max(self.divided, self._floor)
        return True


class Vwap:
    """Average price of the trades of the last `window_ms`, each counted by its size."""

    __slots__ = ("_at", "_count", "_evicted", "_first", "_price", "_size", "_sized", "_value", "_volume", "window_ms")

    def __init__(self, window_ms: int = VWAP_MS, room: int = 1_024) -> None:
        self.window_ms = window_ms
        self._at = [0] * room
        self._price = [0.0] * room
        self._size = [0.0] * room
        self._first = self._count = self._sized = self._evicted = 0
        self._value = self._volume = 0.0

    def __len__(self) -> int:
        return self._count

    def add(self, at_ms: int, price: float, size: float) -> None:
        """Take in a trade; one without a sound price or with a negative size is left out."""
        if not (0.0 < price < INF and 0.0 <= size < INF):
            return
        at, count = self._at, self._count
        if count == len(at):
            self._grow()
            at = self._at
        place = self._first + count
        if place >= len(at):
            place -= len(at)
        at[place], self._price[place], self._size[place] = at_ms, price, size
        self._count = count + 1
        if size > 0.0:
            self._sized += 1
            self._value += price * size
            self._volume += size
        if at[self._first] < at_ms - self.window_ms:
            self.roll(at_ms)

    def roll(self, now_ms: int) -> None:
        """Forget what is older than the window; in a silent feed the clock calls it."""
        edge, at, first, count = now_ms - self.window_ms, self._at, self._first, self._count
        room = len(at)
        while count and at[first] < edge:
            size = self._size[first]
            if size > 0.0:
                self._sized -= 1
                self._value -= self._price[first] * size
                self._volume -= size
                self._evicted += 1
            count -= 1
            first += 1
            if first == room:
                first = 0
        self._first, self._count = first, count
        if self._evicted >= RECOUNT:
            self._recount()

    @property
    def value(self) -> float | None:
        """The average; None while nothing was traded."""
        return self._value / self._volume if self._sized and self._volume > 0.0 else None

    def _recount(self) -> None:
        room = len(self._at)
        places = [(self._first + n) % room for n in range(self._count)]
        self._value = math.fsum(self._price[n] * self._size[n] for n in places)
        self._volume = math.fsum(self._size[n] for n in places)
        self._evicted = 0

    def _grow(self) -> None:
        first, room = self._first, len(self._at)
        self._at = self._at[first:] + self._at[:first] + [0] * room
        self._price = self._price[first:] + self._price[:first] + [0.0] * room
        self._size = self._size[first:] + self._size[:first] + [0.0] * room
        self._first = 0


class Regime(Enum):
    """Which way ticks went."""

    __hash__ = object.__hash__

    TREND = "Trend"
    RANGE = "Range"
    AMBIGUOUS = "Ambiguous"


TREND, RANGE, AMBIGUOUS = Regime.TREND, Regime.RANGE, Regime.AMBIGUOUS
"""As names of the module: a member looked up on its Enum costs as much as a comparison."""


class TickCount(NamedTuple):
    """Ticks of a window and what they amount to."""

    ticks: int
    up: int
    dominant: float
    """Share of the direction that prevails."""
    regime: Regime
    up_prevails: bool


class Classifier:
    """Regime by the direction of ticks within the last `window_ms`; only changes of price are ticks."""

    __slots__ = ("_at", "_count", "_first", "_price", "_rise", "regime", "up", "window_ms")

    def __init__(self, window_ms: int = REGIME_MS, room: int = 1_024) -> None:
        self.window_ms = window_ms
        self._at = [0] * room
        self._rise = [0] * room
        self._first = self._count = self.up = 0
        self._price = 0.0
        self.regime = Regime.AMBIGUOUS
        """As of the last tick or `roll`."""

    def __len__(self) -> int:
        return self._count

    def add(self, at_ms: int, price: float) -> None:
        """Take in a price; the first, and one that repeats the last, is no tick."""
        before, self._price = self._price, price
        if before == 0.0 or price == before:
            self.roll(at_ms)
        else:
            self.tick(at_ms, price > before)

    def tick(self, at_ms: int, rise: bool) -> None:
        """Take in a change of price."""
        at, rises, first, count = self._at, self._rise, self._first, self._count
        room = len(at)
        if count == room:
            self._grow()
            at, rises, first, room = self._at, self._rise, 0, len(self._at)
        place = first + count
        if place >= room:
            place -= room
        one = 1 if rise else 0
        at[place], rises[place] = at_ms, one
        count += 1
        up = self.up + one
        edge = at_ms - self.window_ms
        while at[first] < edge:  # ends at this tick itself
            up -= rises[first]
            count -= 1
            first += 1
            if first == room:
                first = 0
        self._first, self._count, self.up = first, count, up
        if count < MIN_TICKS:  # as `_judge`, without the call
            self.regime = AMBIGUOUS
            return
        dominant = (up if up + up > count else count - up) / count
        self.regime = TREND if dominant >= TREND_FROM else RANGE if dominant < RANGE_BELOW else AMBIGUOUS

    def roll(self, now_ms: int) -> None:
        """Forget what is older than the window; in a silent feed the clock calls it."""
        edge, room = now_ms - self.window_ms, len(self._at)
        while self._count and self._at[self._first] < edge:
            self.up -= self._rise[self._first]
            self._first = (self._first + 1) % room
            self._count -= 1
        self._judge()

    def _judge(self) -> None:
        n, up = self._count, self.up
        if n < MIN_TICKS:
            self.regime = AMBIGUOUS
            return
        dominant = (up if up + up > n else n - up) / n
        if dominant >= TREND_FROM:
            self.regime = TREND
        else:
            self.regime = RANGE if dominant < RANGE_BELOW else AMBIGUOUS

    def counted(self) -> TickCount:
        """Return what the window holds, for a reader."""
        n, up = self._count, self.up
        return TickCount(n, up, max(up, n - up) / n if n else 0.0, self.regime, up > n - up)

    def _grow(self) -> None:
        room = len(self._at)
        self._at = self._at[self._first :] + self._at[: self._first] + [0] * room
        self._rise = self._rise[self._first :] + self._rise[: self._first] + [0] * room
        self._first = 0
