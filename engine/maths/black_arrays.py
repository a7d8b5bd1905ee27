"""Black's formula of 1976 and the one of Black and Scholes over arrays: prices and greeks of many options at once.

Arguments are arrays, or numbers, that broadcast together; results have the common shape. Units are those of
`engine.maths.black`: annual volatility and rate, years, vega per 1.00 of volatility, decay per day. Whatever is not an
option (a price of 0, a volatility that is not known) comes out as NaN in every field, never as a number.
With no time or next to no volatility left the value is the discounted intrinsic one.

The value of time is the same for a put and a call of one strike: ``D · sqrt(FK) · b(x, s)`` with ``x = -|log(F/K)|``,
``s = vol · sqrt(T)`` and ``b = ½ e^(-(h²+t²)/2) (erfcx(a) - erfcx(c))``, h = x/s, t = s/2, so it keeps its digits far
out of the money, where a difference of two probabilities has lost them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.maths.black import DAYS
from engine.maths.normal_arrays import ROOT_2_PI, ROOT_HALF, below, tail, tail_any

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAST_SPREAD: Final = 1e-8
"""Of ``vol · sqrt(T)``: below it nothing is left of the value of time that a price could show."""


class Greeks(NamedTuple):
    """Values and greeks, one field an array of the common shape."""

    price: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    """Per 1.00 of volatility."""
    theta_day: Floats
    """Per day that passes."""
    vanna: Floats
    """Change of delta per 1.00 of volatility."""
    volga: Floats
    """Change of vega per 1.00 of volatility."""
    rho: Floats
    """Per 1.00 of the rate: at a fixed forward for `black`, at a fixed spot for `scholes`."""


class _Terms(NamedTuple):
    """Arguments of one shape, and what of them is an option, and one with a value of time."""

    forward: Floats
    strike: Floats
    vol: Floats
    years: Floats
    put: Bools
    rate: Floats
    fit: Bools
    alive: Bools


def black(
    forward: ArrayLike, strike: ArrayLike, vol: ArrayLike, years: ArrayLike, put: ArrayLike = False, r: ArrayLike = 0.0
) -> Greeks:
    """Return values and greeks by the forward.

    Parameters
    ----------
    forward, strike : > 0, quote currency
    vol, years : >= 0
    put : bool
    r : continuous annual rate
    """
    terms = _terms(forward, strike, vol, years, put, r)
    with np.errstate(all="ignore"):
        return _greeks(terms)


def price(
    forward: ArrayLike, strike: ArrayLike, vol: ArrayLike, years: ArrayLike, put: ArrayLike = False, r: ArrayLike = 0.0
) -> Floats:
    """Return values alone; arguments as for `black`."""
    terms = _terms(forward, strike, vol, years, put, r)
    with np.errstate(all="ignore"):
        spread = np.where(terms.alive, terms.vol * np.sqrt(terms.years), 1.0)
        moneyness = np.abs(np.log(terms.forward / terms.strike))
        extra = np.sqrt(terms.forward * terms.strike) * time_value(moneyness, spread)
        inside = np.maximum(np.where(terms.put, -1.0, 1.0) * (terms.forward - terms.strike), 0.0)
        worth = np.exp(-terms.rate * terms.years) * (inside + np.where(terms.alive, extra, 0.0))
        found: Floats = np.where(terms.fit, worth, np.nan)
        return found


def scholes(
    spot: ArrayLike,
    strike: ArrayLike,
    vol: ArrayLike,
    years: ArrayLike,
    put: ArrayLike = False,
    r: ArrayLike = 0.0,
    carry: ArrayLike = 0.0,
) -> Greeks:
    """Return values and greeks by the spot price; `carry` is what holding the spot yields, a continuous annual rate."""
    with np.errstate(all="ignore"):
        gain = np.exp((np.asarray(r, float) - np.asarray(carry, float)) * np.asarray(years, float))
        terms = _terms(np.asarray(spot, float) * gain, strike, vol, years, put, r)
        one = _greeks(terms)
        drift = terms.rate - np.asarray(carry, float)
        by_forward = one.delta * terms.forward
        return Greeks(
            price=one.price,
            delta=one.delta * gain,
            gamma=one.gamma * gain * gain,
            vega=one.vega,
            theta_day=one.theta_day - by_forward * drift / DAYS,
            vanna=one.vanna * gain,
            volga=one.volga,
            rho=by_forward * terms.years + one.rho,
        )


def time_value(moneyness: Floats, spread: Floats) -> Floats:
    """Return what time adds, of ``sqrt(FK)`` undiscounted, from ``|log(F/K)|`` and ``vol · sqrt(T)`` above 0."""
    h, t = moneyness / spread, 0.5 * spread
    scaled = tail_any((h - t) * ROOT_HALF) - tail((h + t) * ROOT_HALF)
    found: Floats = np.maximum(0.5 * np.exp(-0.5 * (h * h + t * t)) * scaled, 0.0)
    return found


def _terms(
    forward: ArrayLike, strike: ArrayLike, vol: ArrayLike, years: ArrayLike, put: ArrayLike, r: ArrayLike
) -> _Terms:
    given = (np.atleast_1d(np.asarray(one, float)) for one in (forward, strike, vol, years, put, r))
    f, k, v, t, is_put, rate = np.broadcast_arrays(*given)
    with np.errstate(all="ignore"):
        fit = (f > 0.0) & (k > 0.0) & (v >= 0.0) & (t >= 0.0) & np.isfinite(f * k) & np.isfinite(v * t + rate)
        alive = fit & (v * np.sqrt(t) > LEAST_SPREAD)
    return _Terms(f, k, v, t, is_put > 0.5, rate, fit, alive)


def _greeks(terms: _Terms) -> Greeks:
    sign = np.where(terms.put, -1.0, 1.0)
    discount = np.exp(-terms.rate * terms.years)
    root = np.sqrt(terms.years)
    spread = np.where(terms.alive, terms.vol * root, 1.0)
    log = np.log(terms.forward / terms.strike)
    d1 = log / spread + 0.5 * spread
    d2 = d1 - spread
    gauss = np.exp(-0.5 * d1 * d1)
    extra = np.sqrt(terms.forward * terms.strike) * time_value(np.abs(log), spread)
    inside = sign * (terms.forward - terms.strike)
    worth = discount * (np.maximum(inside, 0.0) + np.where(terms.alive, extra, 0.0))
    density = discount * gauss / ROOT_2_PI
    vega = terms.forward * density * root
    delta = np.where(terms.alive, below(sign * d1, gauss), inside > 0.0) * sign * discount
    decay = np.where(terms.alive, 0.5 * vega * terms.vol / np.where(terms.years > 0.0, terms.years, 1.0), 0.0)
    vol = np.where(terms.alive, terms.vol, 1.0)

    def lively(value: Floats) -> Floats:
        return np.where(terms.fit, np.where(terms.alive, value, 0.0), np.nan)

    def fit(value: Floats) -> Floats:
        return np.where(terms.fit, value, np.nan)

    return Greeks(
        price=fit(worth),
        delta=fit(delta),
        gamma=lively(density / (terms.forward * spread)),
        vega=lively(vega),
        theta_day=fit((terms.rate * worth - decay) / DAYS),
        vanna=lively(-density * d2 / vol),
        volga=lively(vega * d1 * d2 / vol),
        rho=fit(-terms.years * worth),
    )
