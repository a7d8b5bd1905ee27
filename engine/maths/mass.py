"""Where a bracket distribution lies and how it moves: centre of mass with its exact derivatives.

Prices sum to more than 1 and the excess comes and goes, so everything is of the normalised distribution: with
``n = p / P`` the speed is ``n' = (p' - n P') / P``, and a change of the excess alone moves nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

K: Final = 0.005
"""Drift of the centre, in its unit, that a CUSUM lets pass."""
H: Final = 0.03
"""Sum above which it sounds."""
ROUNDING: Final = 1e-12
"""A sum that reaches the limit by its last digit has not passed it."""


class Centre(NamedTuple):
    """Mean and variance, and how the mean moves; None where the speeds were not given."""

    mean: float
    variance: float
    speed: float | None
    acceleration: float | None


class Cusum(NamedTuple):
    """Both sums after a step, and whether it sounded."""

    up: float = 0.0
    down: float = 0.0
    alarm: bool = False


def centre(
    values: Sequence[float],
    p: Sequence[float],
    speeds: Sequence[float] | None = None,
    accelerations: Sequence[float] | None = None,
) -> Centre:
    """Return the centre of mass of weights `p` (any positive sum) at `values`.

    Raises
    ------
    ValueError
        If the weights sum to nothing.
    """
    whole = math.fsum(p)
    if not whole > 0.0:
        msg = "a distribution without mass has no centre"
        raise ValueError(msg)
    n = [w / whole for w in p]
    mean = math.fsum(b * w for b, w in zip(values, n, strict=True))
    variance = math.fsum(w * (b - mean) ** 2 for b, w in zip(values, n, strict=True))
    if speeds is None:
        return Centre(mean, variance, None, None)
    drift = math.fsum(speeds)
    n1 = [(d - w * drift) / whole for d, w in zip(speeds, n, strict=True)]
    speed = math.fsum(b * d for b, d in zip(values, n1, strict=True))
    if accelerations is None:
        return Centre(mean, variance, speed, None)
    bend = math.fsum(accelerations)
    n2 = [(a - 2.0 * d * drift - w * bend) / whole for a, d, w in zip(accelerations, n1, n, strict=True)]
    return Centre(mean, variance, speed, math.fsum(b * a for b, a in zip(values, n2, strict=True)))


def cusum(before: Cusum, x: float, k: float = K, h: float = H) -> Cusum:
    """Return both sums after one increment of the centre; a sum that sounded starts again from nothing."""
    up = max(0.0, (0.0 if before.alarm else before.up) + x - k)
    down = max(0.0, (0.0 if before.alarm else before.down) - x - k)
    return Cusum(up, down, max(up, down) > h + ROUNDING)
