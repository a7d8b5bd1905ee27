"""The smile of one expiry: total variance over log-moneyness by Gatheral's SVI, and whether butterflies are free.

``w(k) = a + b (ρ (k - m) + sqrt((k - m)² + σ²))`` with ``k = log(K/F)`` and ``w = vol² · T``. Call prices are convex
in the strike where ``g(k) = (1 - k w'/2w)² - (w'²/4)(1/w + 1/4) + w''/2`` is nowhere below 0, and the wings are no
steeper than 2 (R. Lee). A smile by three parameters, ``natural``, is free of it by theorem where
``θφ(1 + |ρ|) <= 4`` and ``θφ²(1 + |ρ|) <= 4``.

Source: J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces", 2014.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.maths import normal

Floats = NDArray[np.float64]

STEEPEST: Final = 2.0
"""Slope of total variance over log-moneyness in a wing."""
SLACK: Final = 1e-9
"""By which g may miss 0 in rounding."""
SCAN: Final = np.linspace(-1.0, 1.0, 601)
REACH: Final = 6.0
"""Log-moneyness up to which a smile is looked at point by point; its wings are looked at by their slope."""


class Slice(NamedTuple):
    """A smile. `a` total variance, `b` and `rho` its wings, `m` and `sigma` where and how round it bends; years."""

    a: float
    b: float
    rho: float
    m: float
    sigma: float
    years: float

    def variance(self, k: Floats) -> Floats:
        """Return total variances at log-moneynesses."""
        y = k - self.m
        found: Floats = self.a + self.b * (self.rho * y + np.sqrt(y * y + self.sigma * self.sigma))
        return found

    def vol(self, k: Floats) -> Floats:
        """Return annual volatilities at log-moneynesses."""
        found: Floats = np.sqrt(np.maximum(self.variance(k), 0.0) / self.years)
        return found


def flat(vol: float, years: float) -> Slice:
    """Return the smile of one volatility; ValueError unless both are above 0."""
    if not (0.0 < vol < math.inf and 0.0 < years < math.inf):
        msg = f"a flat smile needs a volatility and years above 0, were {vol} and {years}"
        raise ValueError(msg)
    return Slice(vol * vol * years, 0.0, 0.0, 0.0, 1.0, years)


def steepest_phi(theta: float, rho: float) -> float:
    """Return the largest φ of `natural` that is free of butterflies by theorem."""
    room = theta * (1.0 + abs(rho))
    return min(4.0 / room, 2.0 / math.sqrt(room))


def natural(theta: float, rho: float, phi: float, years: float) -> Slice:
    """Return the smile with total variance `theta` at the forward, skew `rho`, curvature `phi`.

    Raises
    ------
    ValueError
        If theta, phi or years is not above 0, or rho not inside (-1, 1).
    """
    if not (theta > 0.0 and phi > 0.0 and years > 0.0 and -1.0 < rho < 1.0):
        msg = f"no smile of theta {theta}, rho {rho}, phi {phi}, {years} years"
        raise ValueError(msg)
    rest = math.sqrt(1.0 - rho * rho)
    return Slice(0.5 * theta * rest * rest, 0.5 * theta * phi, rho, -rho / phi, rest / phi, years)


def durrleman(smile: Slice, k: Floats) -> Floats:
    """Return g at log-moneynesses: in units of a lognormal density, what the smile says of ending there."""
    y = k - smile.m
    root = np.sqrt(y * y + smile.sigma * smile.sigma)
    w = smile.a + smile.b * (smile.rho * y + root)
    first = smile.b * (smile.rho + y / root)
    second = smile.b * smile.sigma * smile.sigma / (root * root * root)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = (1.0 - 0.5 * k * first / w) ** 2 - 0.25 * first * first * (1.0 / w + 0.25) + 0.5 * second
    return found


def butterfly_free(smile: Slice) -> bool:
    """Return whether the smile's call prices are convex: g at every bend and far out, wings by their slope."""
    if smile.b * (1.0 + abs(smile.rho)) > STEEPEST:
        return False
    far = math.asinh(REACH / smile.sigma)
    k = np.concatenate([smile.m + smile.sigma * np.sinh(far * SCAN), REACH * SCAN])
    g = durrleman(smile, k)
    return bool((smile.variance(k) > 0.0).all() and (g >= -SLACK).all())


def at_delta(smile: Slice, delta: float) -> float:
    """Return the log-moneyness of the option of a forward delta: calls above 0, puts below.

    Raises
    ------
    ValueError
        If |delta| is not inside (0, 1).
    """
    if not 0.0 < abs(delta) < 1.0:
        msg = f"a delta lies inside (-1, 1) and is not 0, was {delta}"
        raise ValueError(msg)
    wanted = -normal.quantile(delta if delta > 0.0 else 1.0 + delta)
    low, high = -REACH, REACH
    for _ in range(60):
        k = 0.5 * (low + high)
        root = math.sqrt(float(smile.variance(np.array([k]))[0]))
        low, high = (k, high) if k / root - 0.5 * root < wanted else (low, k)
    return 0.5 * (low + high)


def skew(smile: Slice, delta: float = 0.25) -> float:
    """Return the volatility of the put of minus `delta` less that of the call of `delta`."""
    put, call = smile.vol(np.array([at_delta(smile, -delta), at_delta(smile, delta)]))
    return float(put - call)


def breaks(strikes: Floats, calls: Floats, discount: float = 1.0) -> Floats:
    """Return the strikes at which call prices allow a free butterfly, or a spread that pays more than it can cost.

    Parameters
    ----------
    strikes : (n,) rising
    calls : (n,) quote currency
    discount : float

    Raises
    ------
    ValueError
        If strikes do not rise.
    """
    if not (np.diff(strikes) > 0.0).all():
        msg = "strikes must rise"
        raise ValueError(msg)
    slopes = np.diff(calls) / np.diff(strikes)
    slack = 1e-9 * discount
    steep = (slopes > slack) | (slopes < -discount - slack)
    bent = np.diff(slopes) < -slack
    found: Floats = np.unique(np.concatenate([strikes[1:][steep], strikes[1:-1][bent]]))
    return found
