"""A smile through quoted volatilities: SVI where it stays free of butterflies, else the three-parameter one that must.

Five points and more get all five parameters, started from the fit of three; its result is kept only if
`smile.butterfly_free` finds it sound and it is nearer to the market. Fewer points get what they can carry: three the
natural smile, one or two a flat one. Residuals are volatilities, weighted.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.maths import smile
from engine.maths.least_squares import least_squares

if TYPE_CHECKING:
    from engine.maths.smile import Slice

Floats = NDArray[np.float64]

MOST_RHO: Final = 0.999
LEAST_SIGMA: Final = 1e-3
NATURAL, FULL = 3, 5
"""Points that a fit of so many parameters needs."""


class Smile(NamedTuple):
    """A fitted smile and how it sits."""

    law: Slice
    name: str
    """``SVI``, ``SSVI`` or ``flat``."""
    rmse: float
    """Root of the mean weighted square of what is left, a volatility."""
    points: int
    low: float
    """Log-moneyness of the lowest point; outside of the points the law is a guess."""
    high: float


def fit(k: Floats, vol: Floats, years: float, weight: Floats | None = None) -> Smile:
    """Return the smile through points; those that are not positive numbers are left out.

    Parameters
    ----------
    k : (n,) log(strike / forward)
    vol : (n,) annual volatilities
    years : float, > 0
    weight : (n,) >= 0, optional
        Such as one over the width between the volatilities of bid and ask; all alike without it.

    Raises
    ------
    ValueError
        If no point is left, or no time.
    """
    worth = np.ones(k.shape) if weight is None else weight
    fine = np.isfinite(k) & np.isfinite(vol) & (vol > 0.0) & np.isfinite(worth) & (worth > 0.0)
    if not fine.any() or not 0.0 < years < math.inf:
        msg = f"a smile needs a point and time, had {int(fine.sum())} of {k.size} points and {years} years"
        raise ValueError(msg)
    k, vol, worth = k[fine], vol[fine], worth[fine]
    share = np.sqrt(worth / worth.sum())
    law, name = _fitted(k, vol, years, share)
    rmse = float(np.linalg.norm(share * (law.vol(k) - vol)))
    return Smile(law, name, rmse, k.size, float(k.min()), float(k.max()))


def _fitted(k: Floats, vol: Floats, years: float, share: Floats) -> tuple[Slice, str]:
    apart = np.unique(k).size
    level = float(share * share @ vol)
    if apart < NATURAL:
        return smile.flat(level, years), "flat"
    three = _natural(k, vol, years, share, level)
    if apart < FULL:
        return three, "SSVI"
    five = _full(k, vol, years, share, three)
    if five is not None and _off(five, k, vol, share) < _off(three, k, vol, share) and smile.butterfly_free(five):
        return five, "SVI"
    return three, "SSVI"


def _off(law: Slice, k: Floats, vol: Floats, share: Floats) -> float:
    off = float(np.linalg.norm(share * (law.vol(k) - vol)))
    return off if math.isfinite(off) else math.inf


def _natural(k: Floats, vol: Floats, years: float, share: Floats, level: float) -> Slice:
    """Return the nearest smile that is sound by theorem: φ is a share of the steepest one allowed."""

    def law(p: Floats) -> Slice:
        theta = math.exp(min(float(p[0]), 20.0))
        rho = MOST_RHO * math.tanh(float(p[1]))
        part = 1.0 / (1.0 + math.exp(-max(min(float(p[2]), 30.0), -30.0)))
        return smile.natural(theta, rho, part * smile.steepest_phi(theta, rho), years)

    def residuals(p: Floats) -> Floats:
        found: Floats = 100.0 * share * (law(p).vol(k) - vol)
        return found

    begin = math.log(level * level * years)
    starts = [np.array([begin, tilt, bend]) for tilt in (-0.5, 0.5) for bend in (-1.0,)]
    found = [least_squares(residuals, one) for one in starts]
    return law(min(found, key=lambda p: float(residuals(p) @ residuals(p))))


def _full(k: Floats, vol: Floats, years: float, share: Floats, start: Slice) -> Slice | None:
    """Return the nearest smile of five parameters whose least variance is above 0; None where none is found."""
    rest = math.sqrt(1.0 - start.rho * start.rho)
    least = max(start.a + start.b * start.sigma * rest, 1e-8)
    scale = max(start.sigma, LEAST_SIGMA)

    def law(p: Floats) -> Slice:
        rho = MOST_RHO * math.tanh(float(p[2]))
        b = math.exp(max(min(float(p[1]), 20.0), -40.0))
        sigma = LEAST_SIGMA + scale * math.exp(max(min(float(p[4]), 20.0), -40.0))
        bottom = least * math.exp(max(min(float(p[0]), 20.0), -40.0))
        return smile.Slice(bottom - b * sigma * math.sqrt(1.0 - rho * rho), b, rho, scale * float(p[3]), sigma, years)

    def residuals(p: Floats) -> Floats:
        found: Floats = 100.0 * share * (law(p).vol(k) - vol)
        return found

    tilt = math.atanh(max(-0.99, min(0.99, start.rho)))
    begin = np.array([0.0, math.log(max(start.b, 1e-12)), tilt, max(-3.0, min(3.0, start.m / scale)), 0.0])
    try:
        return law(least_squares(residuals, begin))
    except np.linalg.LinAlgError:
        return None
