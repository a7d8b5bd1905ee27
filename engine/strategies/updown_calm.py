"""How far price and time may move until any of the Up/Down lines can say something else: until then none is asked anew.

Around a sight whose lines are all silent there is a region of prices and moments in which every comparison that
`updown_quiet` makes comes out as it did. Within it an event costs a few comparisons. The region is a part of the true
one, with room for what floats round; where nothing sure can be said there is none.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final

from engine.core.units import SECOND
from engine.strategies.strike_misalign import LEAST_DP, PEAK
from engine.strategies.updown_quiet import (
    S1_EDGE,
    S2_EDGE,
    S2_Z,
    S3_DISTANCE,
    S3_EDGE,
    S3_TAU,
    S4_TAU,
    S5_EDGE,
    S5_TAU,
    S5_Z,
)

if TYPE_CHECKING:
    from engine.core.units import Nanos
    from engine.maths.rolling import Regime
    from engine.strategies.said import Why
    from engine.strategies.sight import Sight
    from engine.strategies.updown_signals import Asked

STEEPEST: Final = 0.4
"""Above the bell curve's peak: by how much a value can move with its distance at most."""
MOST: Final = 0.2
"""By which share what is left of time and volatility may make distances grow."""
LEAST: Final = 1e-6
"""Nearer to a threshold than this, in deviations or dollars, nothing is sure: floats round a millionth of it."""
FARTHEST: Final = 1_000.0
SPARE: Final = 0.48
"""Of the way to the nearest threshold, for the price; as much is for time and volatility, and the rest is spare."""
EDGES: Final = tuple(sorted({S1_EDGE, S2_EDGE, S3_EDGE, S5_EDGE}))
TAUS: Final = tuple(sorted({S3_TAU, S4_TAU, S5_TAU}, reverse=True))


class Calm:
    """One region."""

    __slots__ = (
        "above", "below", "book", "book_said", "calmest", "high", "low", "regime", "trade", "trade_said", "until",
        "used", "wildest",
    )  # fmt: skip

    def __init__(self, price: float, reach: float, sigma: float, growth: float, regime: Regime) -> None:
        self.low, self.high = price - reach, price + reach
        """Prices it lies between."""
        least = 1.0 / sqrt(1.0 + growth)
        self.calmest, self.wildest = sigma * least, sigma * (2.0 - least)
        """Volatilities it lies between."""
        self.regime = regime
        """It holds while this is the regime."""
        self.below = self.above = 0.0
        """Average prices between which it holds, too; both 0 where that does not count."""
        self.until = 0
        """It does not hold from then on."""
        self.trade: Asked | None = None
        self.trade_said: tuple[Why, ...] = ()
        self.book: Asked | None = None
        self.book_said: tuple[Why, ...] = ()
        """Who were asked since it holds, on trades and on books, and why they are silent."""
        self.used = False
        """An event fell into it."""

    def holds(self, average: float | None) -> bool:
        """Whether it does at an average price, where that counts."""
        return average is not None and average > self.below and average < self.above

    def know(self, asked: Asked, said: tuple[Why, ...]) -> None:
        """Take in why all are silent who are asked."""
        if asked.book:
            self.book, self.book_said = asked, said
        else:
            self.trade, self.trade_said = asked, said


def around(sight: Sight, now: Nanos) -> Calm | None:
    """Return the region around a sight that was reckoned `now`; None where nothing is sure.

    With z = log(S/K)/v and d2 = z - v/2 a price moves both by ``log(S'/S)/v``; time and volatility, which are v alone,
    move z by ``z·(v/v' - 1)`` and d2 by no more than that and half of it times v; a value moves by `STEEPEST` times
    what d2 does. So all of them stay on their sides if d2 and z move by less than the way to the nearest threshold.
    """
    z, v, tau, price, strike = sight.z, sight.v, sight.tau_s, sight.spot, sight.strike
    far, away = abs(z), abs(price - strike)
    room = min(abs(far - S2_Z), abs(far - S5_Z))
    for fair, ask in ((sight.p_up, sight.up_ask), (sight.p_down, sight.down_ask)):
        if ask > 0.0 and ask < 1.0:
            for least in EDGES:
                left = abs(fair - ask - least) / STEEPEST
                if left < room:
                    room = left
    beyond = abs(away - S3_DISTANCE * strike)
    if not (room > LEAST and beyond > LEAST and far < FARTHEST and v > 0.0 and tau > S4_TAU and away < 0.4 * strike):
        return None
    growth = min(MOST, SPARE * room / (far + room + 0.5 * v))
    seconds = tau * growth / (1.0 + growth) * (1.0 - LEAST)
    for least in TAUS:
        if tau >= least:
            seconds = min(seconds, tau - least - LEAST)
            break
    reach = min(SPARE * room * v * price, 0.01 * price, 0.98 * beyond)
    found = Calm(price, reach, sight.sigma, growth, sight.regime)
    average, opening = sight.vwap, sight.opening_s - sight.elapsed_s
    if opening >= 0.0:
        most = LEAST_DP * v / (1.0 + growth) / PEAK
        off = 0.99 * strike * most / (1.0 + most)
        if sight.elapsed_s < 0.0 or average is None or not abs(average - strike) < off:
            return None
        found.below, found.above = strike - off, strike + off
        seconds = min(seconds, opening - LEAST)
    found.until = now + int(seconds * SECOND)
    return found if seconds > 0.0 else None
