"""What the official high may still be: chances of whole degrees, and the hazard of a new high."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths import normal

if TYPE_CHECKING:
    from collections.abc import Sequence

HALF: Final = 0.5
"""A whole degree holds what rounds to it: from half below, itself included, to half above."""


STILL: Final = 1e-9
"""Degrees: a spread no thermometer could tell from none."""


class Span(NamedTuple):
    """Whole degrees of one bracket, both inside; None is open."""

    low: int | None
    high: int | None


def chances(spans: Sequence[Span], mean: float, sd: float, running: float | None = None) -> tuple[float, ...]:
    """Return the chance of each bracket if the day's high is Normal and at least what was seen.

    Parameters
    ----------
    spans : sequence of Span
        Exclusive and exhaustive: then the chances sum to 1 exactly.
    mean, sd : float, degrees; sd >= 0
    running : float, degrees, optional
        Highest so far, not rounded. What would lie below it is at it.
    """
    found = []
    for span in spans:
        below = _below(None if span.low is None else span.low - HALF, mean, sd, running)
        above = _below(None if span.high is None else span.high + HALF, mean, sd, running, top=True)
        if below > HALF and sd > 0.0:  # far up, differences of near-ones have no digits: take the tails instead
            low = _beyond(None if span.low is None else span.low - HALF, mean, sd, running)
            high = _beyond(None if span.high is None else span.high + HALF, mean, sd, running, top=True)
            found.append(max(0.0, low - high))
        else:
            found.append(max(0.0, above - below))
    return tuple(found)


def _below(edge: float | None, mean: float, sd: float, running: float | None, *, top: bool = False) -> float:
    """Return the chance that the high is below an edge; an edge that is open lets everything pass, or nothing."""
    if edge is None:
        return 1.0 if top else 0.0
    if running is not None and running >= edge:
        return 0.0
    if sd <= 0.0:
        return 1.0 if mean < edge else 0.0
    return normal.cdf((edge - mean) / sd)


def _beyond(edge: float | None, mean: float, sd: float, running: float | None, *, top: bool = False) -> float:
    """Return the chance that the high is at an edge or above it."""
    if edge is None:
        return 0.0 if top else 1.0
    if running is not None and running >= edge:
        return 1.0
    return normal.cdf((mean - edge) / sd)


def hazard(gap: float, drift: float, vol: float, minutes: float) -> float:
    """Return the chance that a drifting walk climbs `gap` within a time: the first passage of Brownian motion.

    Parameters
    ----------
    gap : float, degrees
        From the temperature now to what would be a new official high; 0 or less is one already.
    drift : float, degrees a minute
    vol : float, degrees a root minute, >= 0
    minutes : float, >= 0
    """
    if gap <= 0.0:
        return 1.0
    spread = vol * math.sqrt(max(minutes, 0.0))
    if spread <= STILL:  # nothing but the drift moves it
        return 1.0 if minutes > 0.0 and drift * minutes >= gap else 0.0
    direct = normal.cdf((drift * minutes - gap) / spread)
    weight = 2.0 * drift * gap / (vol * vol)
    tail = normal.cdf((-drift * minutes - gap) / spread)
    if tail <= 0.0:  # the weight may be e^2000 where the tail underflows: both in logs
        reflected = math.exp(min(0.0, weight + _log_tail((drift * minutes + gap) / spread)))
    else:
        reflected = math.exp(min(0.0, weight + math.log(tail)))
    return min(1.0, direct + reflected)


def _log_tail(x: float) -> float:
    """Return ln P(Z > x) for large x, by the asymptotic series."""
    inverse = 1.0 / (x * x)
    series = 1.0 - inverse * (1.0 - 3.0 * inverse * (1.0 - 5.0 * inverse))
    return -HALF * x * x - math.log(x * math.sqrt(2.0 * math.pi)) + math.log(series)
