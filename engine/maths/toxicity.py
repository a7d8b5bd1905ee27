"""How poisonous the flow is: whether prices jump one way, and whether our own fills are regretted.

Two averages of the size of returns, fast and slow, show a burst; the fast average with its sign tells informed flow
(all one way) from chop (to and fro); trades a second lend it weight. Averages start without bias: what was weighed in
is divided by how much was weighed, so the first return is no burst. A markout is what became of a fill some seconds
later: only a move against us is toxic.

Returns are differences of logits; times are seconds.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from engine.core.units import Side
from engine.maths.logit import logit

SMALL: Final = 1e-9
"""Below it a mean size of returns is none."""


class Settings(NamedTuple):
    """How the multiplier is made; seconds where a time is meant."""

    fast_s: float = 30.0
    slow_s: float = 1800.0
    rate_ref: float = 0.05
    """Trades a second that count as ordinary."""
    rate_most: float = 3.0
    """Most that trading can lend."""
    of_tox: float = 1.0
    of_sigma: float = 1.0
    nu: float = 1.4
    most: float = 6.0
    up_s: float = 10.0
    """Rises within seconds."""
    down_s: float = 90.0
    """Calms down within minutes."""
    first: float = 0.6
    """Weight of the short horizon's markouts."""
    second: float = 0.4


class Mean:
    """Exponential average over irregular gaps that is not pulled towards 0 at the start."""

    __slots__ = ("_sum", "_weight")

    def __init__(self, total: float = 0.0, weight: float = 0.0) -> None:
        self._sum = total
        self._weight = weight

    def add(self, x: float, share: float) -> float:
        """Take in a value that counts `share` in (0, 1], and return the mean."""
        self._sum += share * (x - self._sum)
        self._weight += share * (1.0 - self._weight)
        return self._sum / self._weight if self._weight > 0.0 else 0.0

    @property
    def parts(self) -> tuple[float, float]:
        """What `Mean` is made of again."""
        return self._sum, self._weight


class Sample(NamedTuple):
    """One step of the multiplier, with all that made it."""

    r: float
    jump: float
    """Fast size of returns over slow."""
    direction: float
    """0 chop, 1 all one way."""
    rate: float
    burst: float
    """What jump, direction and rate say together."""
    regret: float
    """What markouts say, in slow sizes of returns."""
    target: float
    sigma: float


class Saved(NamedTuple):
    """What a `Toxicity` knows, for a later start."""

    logit: float | None
    fast: tuple[float, float]
    slow: tuple[float, float]
    signed: tuple[float, float]
    sigma: float


class Toxicity:
    """The multiplier of one market, >= 1, kept sample by sample."""

    __slots__ = ("_fast", "_last", "_signed", "_slow", "settings", "sigma")

    def __init__(self, settings: Settings | None = None, saved: Saved | None = None) -> None:
        self.settings = settings or Settings()
        self._last = saved.logit if saved else None
        self._fast, self._slow, self._signed = (
            (Mean(*saved.fast), Mean(*saved.slow), Mean(*saved.signed)) if saved else (Mean(), Mean(), Mean())
        )
        self.sigma = saved.sigma if saved else 1.0

    def start(self, p: float) -> None:
        """Take a price from which the next return counts: the first, or the first after a gap."""
        self._last = logit(p)

    def sample(self, p: float, dt_s: float, rate: float, tox: tuple[float, float] = (0.0, 0.0)) -> Sample | None:
        """Take in a price and return the step; None for the first.

        Parameters
        ----------
        p : float in [0, 1]
        dt_s : float, seconds, > 0
            Since the sample before.
        rate : float, trades a second, >= 0
        tox : two floats, >= 0
            Averages of `adverse` at the short and the long horizon.

        Raises
        ------
        ValueError
            If the price or the time is out of its range.
        """
        if not 0.0 < dt_s < math.inf:
            msg = f"a sample must be some time after the last, was {dt_s} s"
            raise ValueError(msg)
        here, last = logit(p), self._last
        self._last = here
        if last is None:
            return None
        s, r = self.settings, here - last
        quick = decay(dt_s, s.fast_s)
        fast = self._fast.add(abs(r), quick)
        slow = self._slow.add(abs(r), decay(dt_s, s.slow_s))
        signed = self._signed.add(r, quick)
        jump = fast / max(slow, SMALL)
        direction = min(max(abs(signed) / max(fast, SMALL), 0.0), 1.0)
        lent = min(max(rate / s.rate_ref, 1.0), s.rate_most)
        burst = math.log(jump) * direction * lent if jump > 1.0 else 0.0
        regret = (s.first * tox[0] + s.second * tox[1]) / max(slow, SMALL)
        target = min(max(1.0 + s.of_sigma * max(burst + s.of_tox * regret, 0.0) ** s.nu, 1.0), s.most)
        self.sigma += decay(dt_s, s.up_s if target > self.sigma else s.down_s) * (target - self.sigma)
        return Sample(r, jump, direction, lent, burst, regret, target, self.sigma)

    def saved(self) -> Saved:
        """Return what a later start continues from, to the last digit."""
        return Saved(self._last, self._fast.parts, self._slow.parts, self._signed.parts, self.sigma)


def decay(dt_s: float, tau_s: float) -> float:
    """Return ``1 - e^(-dt/tau)``, what a value that comes after dt counts; ValueError for a `tau_s` not above 0."""
    if not tau_s > 0.0:
        msg = f"an average needs a memory above 0 s, was {tau_s}"
        raise ValueError(msg)
    return -math.expm1(-dt_s / tau_s)


def markout(side: Side, filled_at: float, now: float) -> float:
    """Return what became of our own fill, in logits: positive when the price went our way.

    Parameters
    ----------
    side : Side
        Ours, of YES; a fill of NO is the other side at 1 minus its price.
    filled_at, now : float in [0, 1]
        Prices of YES.
    """
    moved = logit(now) - logit(filled_at)
    return moved if side is Side.BUY else -moved


def adverse(marked: float) -> float:
    """Return the part of a markout that hurt, >= 0."""
    return max(0.0, -marked)


def blended(tox: float, hurt: float, dt_s: float, tau_s: float) -> float:
    """Return an average of `adverse` markouts after another; with `hurt` 0 it fades by time alone."""
    return tox + decay(dt_s, tau_s) * (hurt - tox)
