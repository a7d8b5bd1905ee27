"""A distribution over whole degrees: what brackets, thresholds and scores are read from. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

REACH: Final = 8.0
"""Standard deviations beyond which a law's mass is left out."""


class Part(NamedTuple):
    """One normal law of a mixture, degrees."""

    weight: float
    mean: float
    sd: float


class Degrees(NamedTuple):
    """Probabilities of consecutive whole degrees; they sum to 1."""

    first: int
    p: tuple[float, ...]

    @property
    def last(self) -> int:
        """The highest degree that has a probability."""
        return self.first + len(self.p) - 1

    @property
    def mean(self) -> float:
        """The expected degree."""
        return self.first + math.fsum(i * p for i, p in enumerate(self.p))

    def at(self, degree: int) -> float:
        """Return the chance of one degree."""
        i = degree - self.first
        return self.p[i] if 0 <= i < len(self.p) else 0.0

    def within(self, low: int | None, high: int | None) -> float:
        """Return the chance of [low, high], both inside; None is open."""
        start = 0 if low is None else max(0, low - self.first)
        end = len(self.p) if high is None else max(0, high - self.first + 1)
        return min(1.0, math.fsum(self.p[start:end]))

    def where(self, wins: Callable[[int], bool]) -> float:
        """Return the chance of the degrees that win."""
        return min(1.0, math.fsum(p for i, p in enumerate(self.p) if wins(self.first + i)))

    def quantile(self, share: float) -> int:
        """Return the least degree with at least this share at or below it."""
        total = 0.0
        for i, p in enumerate(self.p):
            total += p
            if total >= share - 1e-12:
                return self.first + i
        return self.last

    def likely(self, share: float) -> tuple[int, ...]:
        """Return the fewest degrees that hold a share together, ascending."""
        chosen: list[int] = []
        for i in sorted(range(len(self.p)), key=lambda i: -self.p[i]):
            if self.p[i] <= 0.0 or math.fsum(self.p[k] for k in chosen) >= share:  # no rounding asks for one more
                break
            chosen.append(i)
        return tuple(self.first + i for i in sorted(chosen))

    def crps(self, came: int) -> float:
        """Return the ranked probability score of what came, degrees; 0 is perfect, |off| for a sure forecast."""
        below, found = 0.0, 0.0
        for degree in range(min(self.first, came), max(self.last, came)):
            below += self.at(degree)
            found += (below - (1.0 if degree >= came else 0.0)) ** 2
        return found

    def shifted(self, law: Mapping[int, float]) -> Degrees:
        """Return the distribution after an independent step, whose chances by size sum to 1."""
        low, high = min(law), max(law)
        found = [0.0] * (len(self.p) + high - low)
        for i, p in enumerate(self.p):
            for step, chance in law.items():
                found[i + step - low] += p * chance
        return scaled(self.first + low, found)


def scaled(first: int, weights: Sequence[float]) -> Degrees:
    """Return weights of consecutive degrees as a distribution, empty ends cut off.

    Raises
    ------
    ValueError
        If none is positive.
    """
    some = [i for i, w in enumerate(weights) if w > 0.0]
    if not some:
        msg = "a distribution over degrees needs a positive weight"
        raise ValueError(msg)
    kept = weights[some[0] : some[-1] + 1]
    total = math.fsum(kept)
    return Degrees(first + some[0], tuple(w / total for w in kept))


def sure(degree: int) -> Degrees:
    """Return what is certain."""
    return Degrees(degree, (1.0,))


def any_of(values: Sequence[int]) -> Degrees:
    """Return even chances of some degrees, ascending."""
    return scaled(values[0], [1.0 if v in values else 0.0 for v in range(values[0], values[-1] + 1)])


def rounded(parts: Sequence[Part]) -> Degrees:
    """Return the whole degrees, halves up, of a value that follows a mixture of normal laws."""
    low = math.floor(min(part.mean - REACH * part.sd for part in parts))
    high = math.ceil(max(part.mean + REACH * part.sd for part in parts))
    return scaled(low, [_mass(parts, degree) for degree in range(low, high + 1)])


def _mass(parts: Sequence[Part], degree: int) -> float:
    total = 0.0
    for weight, mean, sd in parts:
        if sd <= 0.0:
            total += weight * (math.floor(mean + 0.5) == degree)
            continue
        start, end = (degree - 0.5 - mean) / sd, (degree + 0.5 - mean) / sd
        total += weight * (
            normal.cdf(-start) - normal.cdf(-end) if start > 0.0 else normal.cdf(end) - normal.cdf(start)
        )
    return max(0.0, total)


def higher(one: Degrees, other: Degrees) -> Degrees:
    """Return the higher of two independent values."""
    first, last = max(one.first, other.first), max(one.last, other.last)
    a, b = one.within(None, first - 1), other.within(None, first - 1)
    found = []
    for degree in range(first, last + 1):
        p, q = one.at(degree), other.at(degree)
        found.append(p * (b + q) + a * q)  # no differences of near-ones: small chances keep their digits
        a, b = a + p, b + q
    return scaled(first, found)


def lower(one: Degrees, other: Degrees) -> Degrees:
    """Return the lower of two independent values."""
    return mirrored(higher(mirrored(one), mirrored(other)))


def mirrored(one: Degrees) -> Degrees:
    """Return the distribution of the negative."""
    return Degrees(-one.last, tuple(reversed(one.p)))
