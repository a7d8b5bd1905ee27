"""How volatility follows the horizon: ``sigma = a · tau^b``, a straight line through the logarithms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Point(NamedTuple):
    """What one market implies."""

    tau_s: float
    sigma: float
    weight: float = 1.0


class Power(NamedTuple):
    """A fitted curve."""

    a: float
    b: float

    def at(self, tau_s: float) -> float:
        """Return the volatility at a horizon; ValueError for one that is not above 0 s."""
        if not 0.0 < tau_s < math.inf:
            msg = f"a horizon must be above 0 s, was {tau_s}"
            raise ValueError(msg)
        return self.a * float(tau_s**self.b)


def fit(points: Sequence[Point]) -> Power:
    """Return the curve of least weighted squares in the logarithms.

    Whoever asks whether a market deviates leaves that market out: it would pull the curve towards itself.

    Raises
    ------
    ValueError
        If fewer than two horizons differ, or a horizon, volatility or weight is not positive and finite.
    """
    for point in points:
        if not all(0.0 < value < math.inf for value in point):
            msg = f"horizon, volatility and weight must be positive and finite, were {tuple(point)}"
            raise ValueError(msg)
    if len({point.tau_s for point in points}) < 2:
        msg = f"a curve needs two different horizons, was given {len(points)} points"
        raise ValueError(msg)
    rows = [(math.log(tau), math.log(sigma), weight) for tau, sigma, weight in points]
    whole = math.fsum(w for _, _, w in rows)
    x0 = math.fsum(w * x for x, _, w in rows) / whole
    y0 = math.fsum(w * y for _, y, w in rows) / whole
    across = math.fsum(w * (x - x0) * (x - x0) for x, _, w in rows)
    slope = math.fsum(w * (x - x0) * (y - y0) for x, y, w in rows) / across
    return Power(math.exp(y0 - slope * x0), slope)
