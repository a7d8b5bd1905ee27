"""The price of bitcoin on the simulated day, and the trades of BTCUSDT at it.

A diffusion with jumps, drawn minute by minute, each minute from a generator of its own: the same seed and start
have the same path whoever looks at it, and how often. Trades come at random moments on either side of the path.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from math import erf, exp, log, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.units import MINUTE, SECOND, Lots, Nanos, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BASE: Final = 83_000.0
"""US dollars, about where the path begins."""
SIGMA: Final = 9.0e-5
"""Deviation of the log price over the square root of a second: half its size in a year."""
JUMPS: Final = 4.0 / 3600
"""A second, on average."""
JUMP: Final = 0.0012
HISTORY: Final = 30
"""Minutes of path before the start."""
KEPT: Final = 240
"""Minutes of path kept."""
FIRST_ID: Final = 6_720_000_000
CENT: Final = 100
LOTS: Final = 100_000_000
"""In a bitcoin."""
STEP: Final = 1_000
"""Sizes are multiples of 0.00001 bitcoin."""
GRID: Final = 60


@dataclass(frozen=True, slots=True)
class CoinTrade:
    """One trade of BTCUSDT."""

    at: Nanos
    id: int
    """Rises by 1."""
    price: Ticks
    """Cents."""
    lots: Lots
    """Of 0.00000001 bitcoin."""
    taker: Side


class Coin:
    """One seed's path."""

    def __init__(self, seed: int, start: Nanos) -> None:
        self._seed = seed
        self._first = start // MINUTE - HISTORY
        self._made: OrderedDict[int, Floats] = OrderedDict()
        self._next = self._first
        self._last = log(BASE) + float(np.random.default_rng((seed, 11)).normal(0, 0.05))

    def price(self, at: Nanos) -> float:
        """Return US dollars at an instant; the path's ends stand for what lies beyond them."""
        minute, rest = divmod(max(at, self._first * MINUTE), MINUTE)
        while self._next <= minute + 1:
            self._draw()
        path = self._made.get(minute)
        if path is None:  # older than what is kept
            path = next(iter(self._made.values()))
            return exp(float(path[0]))
        second, part = divmod(rest, SECOND)
        after = path[second + 1] if second + 1 < GRID else self._made[minute + 1][0]
        return exp(float(path[second]) + (float(after) - float(path[second])) * part / SECOND)

    def up(self, opens: Nanos, closes: Nanos, at: Nanos) -> float:
        """Return the chance that the price at `closes` is at least that at `opens`, seen at an instant."""
        if at <= opens:
            return 0.5
        opening = self.price(opens)
        if at >= closes:
            return 1.0 if self.price(closes) >= opening else 0.0
        left = (closes - at) / SECOND
        spread = sqrt(left * (SIGMA * SIGMA + JUMPS * JUMP * JUMP))
        return 0.5 * (1.0 + erf(log(self.price(at) / opening) / spread / sqrt(2.0)))

    def trades(self, start: Nanos, rate: float) -> Iterator[CoinTrade]:
        """Yield trades from `start` on, `rate` a second on average, for ever.

        Raises
        ------
        ValueError
            If the rate is not positive.
        """
        if rate <= 0:
            msg = f"the rate of trades must be positive, was {rate}"
            raise ValueError(msg)
        chance = np.random.default_rng((self._seed, 12))
        at, number, side = float(start), FIRST_ID, Side.BUY
        while True:
            at += chance.exponential(1 / rate) * SECOND
            if chance.random() < 0.35:
                side = Side.SELL if side is Side.BUY else Side.BUY
            middle = self.price(Nanos(int(at))) * CENT
            price = Ticks(round(middle) + (1 if side is Side.BUY else 0))
            lots = Lots(max(STEP, round(float(chance.lognormal(-5.5, 1.6)) * LOTS / STEP) * STEP))
            yield CoinTrade(Nanos(int(at)), number, price, lots, side)
            number += 1

    def _draw(self) -> None:
        chance = np.random.default_rng((self._seed, self._next, 13))
        steps = chance.normal(0, SIGMA, GRID)
        steps += np.where(chance.random(GRID) < JUMPS, chance.normal(0, JUMP, GRID), 0.0)
        path = self._last + np.cumsum(steps)
        self._made[self._next] = path
        self._last = float(path[-1])
        self._next += 1
        while len(self._made) > KEPT:
            self._made.popitem(last=False)
