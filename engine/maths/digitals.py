"""Digital options over arrays: what pays 1 if a price ends above a strike, alone, by a smile, and as a bracket.

``up = D Φ(d2)``, ``down = D Φ(-d2)``. Greeks are by the forward, vega per 1.00 of volatility, decay per day, as in
`engine.maths.black_arrays`. Under a smile the chance also moves with its slope: ``up = -dC/dK = D (Φ(d2) - vega ·
dσ/dK)``, which a spread of two calls around the strike has without any derivative.

Close to expiry gamma grows without bound at the strike: whoever hedges a digital bounds the number of contracts, and
stops inside the window over which the venue averages its settlement price.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.maths import black_arrays
from engine.maths.black import DAYS
from engine.maths.normal_arrays import ROOT_2_PI, below

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

Floats = NDArray[np.float64]


class Digitals(NamedTuple):
    """Values and greeks of what pays 1."""

    price: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    """Per 1.00 of volatility."""
    theta_day: Floats


def digitals(
    forward: ArrayLike,
    strike: ArrayLike,
    vol: ArrayLike,
    years: ArrayLike,
    down: ArrayLike = False,
    r: ArrayLike = 0.0,
    *,
    slope: ArrayLike = 0.0,
) -> Digitals:
    """Return values and greeks; NaN for what is none, and what is decided where no time or volatility is left.

    Parameters
    ----------
    forward, strike, vol, years, r : as for `black_arrays.black`
    down : bool
        Pays at or below the strike instead. A tie with no time left is Down.
    slope : volatility per unit of the strike
        dσ/dK of the smile at the strike. It enters the price; the greeks are those of a smile that moves with nothing.
    """
    given = (np.atleast_1d(np.asarray(one, float)) for one in (forward, strike, vol, years, down, r, slope))
    f, k, v, t, is_down, rate, tilt = np.broadcast_arrays(*given)
    with np.errstate(all="ignore"):
        fit = (f > 0.0) & (k > 0.0) & (v >= 0.0) & (t >= 0.0) & np.isfinite(f * k) & np.isfinite(v * t + rate + tilt)
        alive = fit & (v * np.sqrt(t) > black_arrays.LEAST_SPREAD)
        sign = np.where(is_down > 0.5, -1.0, 1.0)
        spread = np.where(alive, v * np.sqrt(t), 1.0)
        log = np.log(f / k)
        d2 = log / spread - 0.5 * spread
        d1 = d2 + spread
        gauss = np.exp(-0.5 * d2 * d2)
        discount = np.exp(-rate * t)
        density = discount * gauss / ROOT_2_PI
        steep = k * density * np.sqrt(t) * tilt
        decided = np.where(is_down > 0.5, f <= k, f > k)
        price = np.where(alive, discount * below(sign * d2, gauss) - sign * steep, discount * decided)
        after = np.where(alive, -log / (2.0 * spread * t) - spread / (4.0 * t), 0.0)

        def lively(value: Floats) -> Floats:
            return np.where(fit, np.where(alive, value, 0.0), np.nan)

        return Digitals(
            price=np.where(fit, price, np.nan),
            delta=lively(sign * density / (f * spread)),
            gamma=lively(-sign * density * d1 / (f * f * spread * spread)),
            vega=lively(-sign * density * d1 / np.where(alive, v, 1.0)),
            theta_day=np.where(fit, (rate * price - sign * np.where(alive, density * after, 0.0)) / DAYS, np.nan),
        )


def by_spread(
    forward: float, strike: float, years: float, smile: Callable[[Floats], Floats], *, width: float, r: float = 0.0
) -> float:
    """Return what pays 1 above the strike, by a spread of two calls `width` either side at the smile's volatilities.

    Raises
    ------
    ValueError
        If the width is not above 0 and below the strike.
    """
    if not 0.0 < width < strike:
        msg = f"a spread around {strike} needs a width between 0 and it, was {width}"
        raise ValueError(msg)
    strikes = np.array([strike - width, strike + width])
    low, high = black_arrays.price(forward, strikes, smile(strikes), years, r=r)
    return float(low - high) / (2.0 * width)


def bracket(lower: Digitals, upper: Digitals) -> Digitals:
    """Return what pays 1 between two strikes, from what pays above each."""
    return Digitals(*(one - other for one, other in zip(lower, upper, strict=True)))
