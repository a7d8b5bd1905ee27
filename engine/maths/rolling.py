"""Volatility, average price and regime of a stream of trades: running sums, O(1) a sample.

Each lives across markets: a window that ends takes nothing with it. What is kept stands in deques of plain numbers, one
beside the other, so that a sample makes no new container and what is old is let go of without an index. Times are
milliseconds, from whatever moment; below 2**30 Python compares them three times as fast.
"""

from __future__ import annotations

import math
from collections import deque
from enum import Enum
from typing import Final, NamedTuple

from engine.maths.binary import YEAR_S

INF: Final = math.inf
log, sqrt = math.log, math.sqrt
"""Here because looking one up in its module costs as much as to compare with it, or to call it."""
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
        r, decay = log(price / self._price), self._lambda
        mean = self._mean = decay * self._mean + (1.0 - decay) * r * r / (gone / SAMPLE_MS)
        weight = self._weight = self._weight * decay
        self._price = price
        self._at = at_ms
        self.samples += 1
        if self.samples >= self._least:
            sigma = sqrt(mean / (1.0 - weight)) if weight < 1.0 else 0.0  # as `divided`, without the call
            self.sigma = sigma if sigma > self._floor else self._floor
        return True


class Vwap:
    """Average price of the trades of the last `window_ms`, each counted by its size."""

    __slots__ = ("_at", "_evicted", "_size", "_unsized", "_value", "_volume", "_worth", "window_ms")

    def __init__(self, window_ms: int = VWAP_MS) -> None:
        self.window_ms = window_ms
        self._at: deque[int] = deque()
        self._worth: deque[float] = deque()
        """Price times size."""
        self._size: deque[float] = deque()
        self._unsized = self._evicted = 0
        self._value = self._volume = 0.0

    def __len__(self) -> int:
        return len(self._at)

    def add(self, at_ms: int, price: float, size: float) -> None:
        """Take in a trade; one without a sound price or with a negative size is left out."""
        worth = price * size
        if not (price > 0.0 and size >= 0.0 and worth < INF):  # which no NaN and nothing infinite is
            return
        at, worths, sizes = self._at, self._worth, self._size
        at.append(at_ms)
        worths.append(worth)
        sizes.append(size)
        value, volume = self._value + worth, self._volume + size
        if size == 0.0:
            self._unsized += 1
        edge = at_ms - self.window_ms
        while at[0] < edge:  # as `roll`, without the call; ends at this trade itself
            at.popleft()
            value -= worths.popleft()
            size = sizes.popleft()
            volume -= size
            self._evicted += 1
            if size == 0.0:
                self._unsized -= 1
        self._value, self._volume = value, volume
        if self._evicted >= RECOUNT:
            self._recount()

    def roll(self, now_ms: int) -> None:
        """Forget what is older than the window; in a silent feed the clock calls it."""
        at, edge = self._at, now_ms - self.window_ms
        while at and at[0] < edge:
            at.popleft()
            size = self._size.popleft()
            self._value -= self._worth.popleft()
            self._volume -= size
            self._evicted += 1
            if size == 0.0:
                self._unsized -= 1
        if self._evicted >= RECOUNT:
            self._recount()

    @property
    def value(self) -> float | None:
        """The average; None while nothing was traded."""
        return self._value / self._volume if len(self._at) > self._unsized and self._volume > 0.0 else None

    def _recount(self) -> None:
        self._value = math.fsum(self._worth)
        self._volume = math.fsum(self._size)
        self._evicted = 0


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

    __slots__ = ("_falls", "_price", "_rises", "regime", "window_ms")

    def __init__(self, window_ms: int = REGIME_MS) -> None:
        self.window_ms = window_ms
        self._rises: deque[int] = deque()
        self._falls: deque[int] = deque()
        """Moments of the ticks of either direction."""
        self._price = 0.0
        self.regime = Regime.AMBIGUOUS
        """As of the last tick or `roll`."""

    def __len__(self) -> int:
        return len(self._rises) + len(self._falls)

    @property
    def up(self) -> int:
        """Ticks upwards."""
        return len(self._rises)

    def add(self, at_ms: int, price: float) -> None:
        """Take in a price; the first, and one that repeats the last, is no tick."""
        before, self._price = self._price, price
        rises, falls = self._rises, self._falls
        if before != 0.0:
            if price > before:
                rises.append(at_ms)
            elif price < before:
                falls.append(at_ms)
        edge = at_ms - self.window_ms
        while rises and rises[0] < edge:
            rises.popleft()
        while falls and falls[0] < edge:
            falls.popleft()
        up, down = len(rises), len(falls)
        n = up + down
        if n < MIN_TICKS:
            self.regime = AMBIGUOUS
            return
        dominant = (up if up > down else down) / n
        self.regime = TREND if dominant >= TREND_FROM else RANGE if dominant < RANGE_BELOW else AMBIGUOUS

    def tick(self, at_ms: int, rise: bool) -> None:
        """Take in a change of price."""
        (self._rises if rise else self._falls).append(at_ms)
        self.roll(at_ms)

    def roll(self, now_ms: int) -> None:
        """Forget what is older than the window; in a silent feed the clock calls it."""
        self.add(now_ms, self._price)

    def counted(self) -> TickCount:
        """Return what the window holds, for a reader."""
        n, up = len(self), self.up
        return TickCount(n, up, max(up, n - up) / n if n else 0.0, self.regime, up > n - up)
