"""Self-exciting arrivals: every event lifts the rate of the next, and the lift fades.

``λ(t) = μ + R(t)``; between events R decays with β, at an event it grows by α. The base rate is never added again.
Likelihood of Ozaki (1979); stationary while the branching ratio α/β is below 1.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

EXPLODES_FROM: Final = 0.98
"""Branching ratio from which a fit is rejected."""
SPIKE: Final = 3.0
"""Times the base rate that count as a spike."""


HIGH: Final = 0.05
"""Part of a day's time whose rates count as its highest."""
SLOWEST: Final = 1e-4
"""A second: what is slower counts with it."""
A_DECADE: Final = 20
"""Bins: neighbours are 12 % apart."""
BINS: Final = 6 * A_DECADE + 1
HOUR_S: Final = 3_600.0
HOURS: Final = 24
LONGEST_S: Final = 60.0
"""What one look at a rate stands for at most."""


class Path(NamedTuple):
    """What a sequence of events says under given parameters."""

    before: tuple[float, ...]
    """Rate just before each event."""
    after: tuple[float, ...]
    end: float
    """Rate at the end."""
    compensator: float
    """Events expected over the whole time."""
    log_likelihood: float
    branching: float


class Intensity:
    """A rate kept up to date event by event."""

    __slots__ = ("_at", "_lift", "alpha", "beta", "mu")

    def __init__(self, mu: float, alpha: float, beta: float) -> None:
        if not (mu >= 0.0 and alpha >= 0.0 and beta > 0.0):
            msg = f"a rate needs mu >= 0, alpha >= 0 and beta > 0, were {mu}, {alpha}, {beta}"
            raise ValueError(msg)
        self.mu = mu
        self.alpha = alpha
        self.beta = beta
        self._lift = 0.0
        self._at: float | None = None

    def rate(self, at: float) -> float:
        """Return the rate at a time in seconds, not before the last event."""
        return self.mu + self._faded(at)

    def event(self, at: float) -> float:
        """Take in an event and return the rate just before it."""
        self._lift = self._faded(at)
        self._at = at
        before = self.mu + self._lift
        self._lift += self.alpha
        return before

    def spikes(self, at: float) -> bool:
        """Whether the rate is a spike above its base."""
        return self.mu > 0.0 and self.rate(at) > SPIKE * self.mu

    def _faded(self, at: float) -> float:
        return 0.0 if self._at is None else self._lift * math.exp(-self.beta * max(at - self._at, 0.0))


class DayOfRates:
    """How long a rate was how high over the last 24 hours, by logarithmic bins: what is high for the day."""

    __slots__ = ("_at", "_hours", "_known", "_of")

    def __init__(self) -> None:
        self._of = [0.0] * BINS
        """Seconds of the day by bin."""
        self._known = 0.0
        self._hours: deque[tuple[int, list[float]]] = deque()
        """The same, hour by hour."""
        self._at: float | None = None

    def see(self, at: float, rate: float) -> None:
        """Take in the rate at a time in seconds; it stands for the time since the last look."""
        before, self._at = self._at, at
        if before is None or at <= before:
            return
        hour, span = int(at // HOUR_S), min(at - before, LONGEST_S)
        if not self._hours or self._hours[-1][0] != hour:
            self._hours.append((hour, [0.0] * BINS))
            while self._hours[0][0] <= hour - HOURS:
                self._let_go(self._hours.popleft()[1])
        at_bin = _bin(rate)
        self._hours[-1][1][at_bin] += span
        self._of[at_bin] += span
        self._known += span

    def high(self, rate: float) -> bool:
        """Whether the rate was so high for no more than a twentieth of the day; not before an hour of it is known."""
        return self._known >= HOUR_S and math.fsum(self._of[_bin(rate) :]) <= HIGH * self._known

    def _let_go(self, seconds: list[float]) -> None:
        self._of = [max(0.0, all_ - gone) for all_, gone in zip(self._of, seconds, strict=True)]
        self._known = math.fsum(self._of)


def _bin(rate: float) -> int:
    return 0 if rate <= SLOWEST else min(int(math.log10(rate / SLOWEST) * A_DECADE), BINS - 1)


def path(mu: float, alpha: float, beta: float, end: float, events: Sequence[float]) -> Path:
    """Return rates, compensator and log-likelihood of events in [0, end], in order; a rate of 0 makes it -inf."""
    rate = Intensity(mu, alpha, beta)
    before, after = [], []
    total = 0.0
    for at in events:
        rates = rate.event(at)
        before.append(rates)
        after.append(rates + alpha)
        total += math.log(rates) if rates > 0.0 else -math.inf
    expected = mu * end + sum(-math.expm1(-beta * (end - at)) for at in events) * alpha / beta
    return Path(tuple(before), tuple(after), rate.rate(end), expected, total - expected, alpha / beta)
