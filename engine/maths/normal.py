"""The standard normal distribution: density, probability below, quantile."""

from __future__ import annotations

import math
from typing import Final

ROOT_2: Final = math.sqrt(2.0)
ROOT_2_PI: Final = math.sqrt(2.0 * math.pi)
TAIL: Final = 0.02425
"""Below it, and above its mirror, the rational approximation is the one in sqrt(-2 log p)."""
# P. J. Acklam's minimax coefficients (2003), relative error 1.15e-9; one step of Halley's method does the rest.
A: Final = (
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
    2.506628277459239,
)  # fmt: skip
B: Final = (-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1.0)
C: Final = (
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
)  # fmt: skip
D: Final = (0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1.0)


def pdf(x: float) -> float:
    """Return the density at x."""
    return math.exp(-0.5 * x * x) / ROOT_2_PI


def cdf(x: float) -> float:
    """Return the probability of a value below x; by `erfc`, so the lower tail keeps its digits."""
    return 0.5 * math.erfc(-x / ROOT_2)


def quantile(p: float) -> float:
    """Return the x with `cdf(x) == p`, to about 1e-14 relative.

    Raises
    ------
    ValueError
        If p is not inside (0, 1).
    """
    if not 0.0 < p < 1.0:
        msg = f"a quantile needs a probability inside (0, 1), was {p}"
        raise ValueError(msg)
    if p > 0.5:  # the upper half through the lower, where cdf has no rounding against 1; 1 - p is exact here
        return -quantile(1.0 - p)
    x = _first_guess(p)
    off = (cdf(x) - p) / pdf(x)  # even of the smallest float the density is above 0
    return x - off / (1.0 + 0.5 * x * off)


def _first_guess(p: float) -> float:
    if p < TAIL:
        t = math.sqrt(-2.0 * math.log(p))
        return _polynomial(C, t) / _polynomial(D, t)
    t = p - 0.5
    return t * _polynomial(A, t * t) / _polynomial(B, t * t)


def _polynomial(coefficients: tuple[float, ...], x: float) -> float:
    value = 0.0
    for coefficient in coefficients:
        value = value * x + coefficient
    return value
