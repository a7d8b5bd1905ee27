"""Black's formula of 1976: options on a forward, their greeks, and the volatility a price implies.

``C = D · (F Φ(d1) - K Φ(d2))`` with ``d1 = log(F/K)/v + v/2``, ``d2 = d1 - v``, ``v = vol · sqrt(T)`` and the discount
``D = e^(-rT)``. Volatility is annual, time in years, prices in the quote currency. Greeks are by the forward.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from engine.maths.normal import cdf, pdf

DAYS: Final = 365.0
"""Of a year, where decay is told by the day."""
MOST_VOL: Final = 100.0
STEPS: Final = 100
CLOSE: Final = 1e-14


class Option(NamedTuple):
    """Value and greeks of one option on one unit."""

    price: float
    delta: float
    gamma: float
    vega: float
    """Per 1.00 of volatility."""
    theta_day: float
    """Per day that passes."""
    vanna: float
    """Change of delta per 1.00 of volatility."""
    volga: float
    """Change of vega per 1.00 of volatility."""


def option(forward: float, strike: float, vol: float, years: float, *, put: bool = False, r: float = 0.0) -> Option:
    """Return value and greeks.

    Parameters
    ----------
    forward, strike : float, > 0
    vol, years : float, >= 0
        With either 0 the value is the discounted intrinsic one, and there is no gamma or vega.
    put : bool
    r : float
        Continuous annual rate.

    Raises
    ------
    ValueError
        If an argument is not finite or out of its range.
    """
    v = _spread(forward, strike, vol, years, r)
    discount = math.exp(-r * years)
    sign = -1.0 if put else 1.0
    if v == 0.0:
        inside = sign * (forward - strike)
        price = discount * max(inside, 0.0)
        return Option(price, sign * discount if inside > 0.0 else 0.0, 0.0, 0.0, r * price / DAYS, 0.0, 0.0)
    d1 = math.log(forward / strike) / v + 0.5 * v
    d2 = d1 - v
    density = discount * pdf(d1)
    price = discount * sign * (forward * cdf(sign * d1) - strike * cdf(sign * d2))
    vega = forward * density * math.sqrt(years)
    return Option(
        max(price, 0.0),
        sign * discount * cdf(sign * d1),
        density / (forward * v),
        vega,
        (r * price - 0.5 * vega * vol / years) / DAYS,
        -density * d2 / vol,
        vega * d1 * d2 / vol,
    )


def implied_vol(
    price: float, forward: float, strike: float, years: float, *, put: bool = False, r: float = 0.0
) -> float:  # fmt: skip
    """Return the annual volatility at which the option is worth `price`: Newton's steps, halved where they stray.

    Raises
    ------
    ValueError
        If no volatility gives the price: it is not above the intrinsic value or not below the most an option is
        worth; or if an argument is out of its range.
    """
    _spread(forward, strike, 0.0, years, r)
    discount = math.exp(-r * years)
    sign = -1.0 if put else 1.0
    least, most = discount * max(sign * (forward - strike), 0.0), discount * (strike if put else forward)
    if years == 0.0 or not least < price < most:
        msg = f"no volatility gives {price}, which is not between {least} and {most} with time left"
        raise ValueError(msg)
    low, high = 0.0, MOST_VOL / math.sqrt(min(years, 1.0))
    vol = min(math.sqrt(2.0 * abs(math.log(forward / strike)) / years) or 1.0, high)  # vega is largest there
    for _ in range(STEPS):
        found = option(forward, strike, vol, years, put=put, r=r)
        off = found.price - price
        low, high = (vol, high) if off < 0.0 else (low, vol)
        step = vol - off / found.vega if found.vega > 0.0 else -1.0
        nearer = step if low < step < high else 0.5 * (low + high)
        if abs(nearer - vol) <= CLOSE * vol:
            return nearer
        vol = nearer
    return vol


def _spread(forward: float, strike: float, vol: float, years: float, r: float) -> float:
    fit = 0.0 < forward < math.inf and 0.0 < strike < math.inf and 0.0 <= vol < math.inf and 0.0 <= years < math.inf
    if not (fit and math.isfinite(r)):
        msg = f"no option on {forward} at {strike} with volatility {vol}, {years} years left and rate {r}"
        raise ValueError(msg)
    return vol * math.sqrt(years)
