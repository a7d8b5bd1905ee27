"""What a share that pays 1 if a price ends at or above a strike is worth, and how that moves.

The price follows a lognormal walk without drift: ``d2 = log(S/K)/v - v/2`` with ``v = sigma · sqrt(tau)``, the share
is worth Φ(d2). A tie is Up. Down is worth Φ(-d2), never 1 minus Up: the small one of the two keeps its digits.

Volatility is per square root of a second, time in seconds, S and K in the underlying's currency. The greeks are those
of one Up share; Down's are their negatives.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths.normal import ROOT_2, pdf, quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

YEAR_S: Final = 31_557_600.0
"""Seconds of a Julian year, by which volatility is annualised."""
ORACLE_DELTA_S: Final = 2.0
"""The oracle's own price is settled this much later."""
LEAST_TAU_S: Final = 1e-3
SWING: Final = math.sqrt(2.0 / math.pi)
"""Mean size of a standard normal."""


class Digital(NamedTuple):
    """An up/down contract's value and greeks."""

    d2: float
    z: float
    """Standard deviations the price lies above the strike."""
    p_up: float
    p_down: float
    delta: float
    """Per unit of the underlying's currency."""
    gamma: float
    vega: float
    """Per 1.00 of volatility a root second."""
    theta_per_s: float
    """Per second that passes."""


class Oracle(NamedTuple):
    """Price and time as the oracle that resolves will see them."""

    price: float
    tau_s: float


def digital(spot: float, strike: float, sigma: float, tau: float) -> Digital:
    """Return value and greeks.

    Parameters
    ----------
    spot, strike : float, > 0
    sigma : float, a root second, >= 0
    tau : float, seconds, >= 0
        With `sigma` or `tau` 0 all is decided: 1 if spot >= strike, and no greeks.

    Raises
    ------
    ValueError
        If an argument is not finite or out of its range.
    """
    v, distance = spread(spot, strike, sigma, tau)
    if v == 0.0:
        z = math.copysign(math.inf, distance) if distance else 0.0
        up = 1.0 if distance >= 0.0 else 0.0
        return Digital(z, z, up, 1.0 - up, 0.0, 0.0, 0.0, 0.0)
    z = distance / v
    d2 = z - 0.5 * v
    d1 = d2 + v
    density = pdf(d2)
    delta = density / (spot * v)
    return Digital(
        d2,
        z,
        0.5 * math.erfc(-d2 / ROOT_2),
        0.5 * math.erfc(d2 / ROOT_2),
        delta,
        -delta * d1 / (spot * v),
        -density * d1 / sigma,
        0.5 * density * d1 / tau,
    )


def spread(spot: float, strike: float, sigma: float, tau: float) -> tuple[float, float]:
    """Return ``sigma · sqrt(tau)`` and ``log(spot / strike)``; arguments and errors as for `digital`."""
    if not (0.0 < spot < math.inf and 0.0 < strike < math.inf and 0.0 <= sigma < math.inf and 0.0 <= tau < math.inf):
        msg = f"no value with spot {spot}, strike {strike}, volatility {sigma}, {tau} s left"
        raise ValueError(msg)
    off = (spot - strike) / strike
    return sigma * math.sqrt(tau), math.log1p(off) if abs(off) < 0.5 else math.log(spot / strike)


def as_oracle(price: float, tau_s: float, beta: float = 0.0, delta_s: float = ORACLE_DELTA_S) -> Oracle:
    """Return price and time left as the oracle will have them.

    Parameters
    ----------
    price : float
        Seen elsewhere.
    tau_s : float, seconds
        Until the window ends; negative after it.
    beta : float
        What the oracle's price lies above the one seen; `basis` estimates it.
    delta_s : float, seconds
        How much later the oracle's price counts. The time left is never less than a millisecond.
    """
    return Oracle(price + beta, max(tau_s + delta_s, LEAST_TAU_S))


def basis(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the median of oracle's price less the one seen, over (oracle, seen) at settled windows; 0 for none."""
    if not pairs:
        return 0.0
    row = sorted(oracle - seen for oracle, seen in pairs)
    half = len(row) // 2
    return row[half] if len(row) % 2 else 0.5 * (row[half - 1] + row[half])


def expected_swing(d2: float, dt: float, tau: float) -> float:
    """Return by how much the value is expected to move within dt, either way: ``φ(d2)·sqrt(dt/tau)·sqrt(2/π)``.

    Raises
    ------
    ValueError
        If a time is not positive and finite.
    """
    if not (0.0 < dt < math.inf and 0.0 < tau < math.inf):
        msg = f"a swing needs times above 0, were {dt} and {tau} s"
        raise ValueError(msg)
    return pdf(d2) * math.sqrt(dt / tau) * SWING


def implied_vol(price: float, spot: float, strike: float, tau: float) -> float:
    """Return the volatility a root second at which an Up share is worth `price`.

    The value is not monotone in volatility while the spot is below the strike: of two the smaller is returned. There
    is none where an Up share costs half or more though the spot is not above the strike.

    Raises
    ------
    ValueError
        If there is none, or an argument is out of its range.
    """
    if not 0.0 < tau < math.inf:
        msg = f"no volatility without time left, was {tau} s"
        raise ValueError(msg)
    if not 0.0 < price < 1.0:
        msg = f"no volatility makes an outcome certain: price {price}"
        raise ValueError(msg)
    _, distance = spread(spot, strike, 0.0, tau)
    d2 = quantile(price)
    inside = d2 * d2 + 2.0 * distance  # v²/2 + d2·v - distance = 0
    v = 0.0
    if distance > 0.0:
        root = math.sqrt(inside)
        v = 2.0 * distance / (d2 + root) if d2 > 0.0 else root - d2
    elif d2 < 0.0 and inside >= 0.0:
        v = -2.0 * distance / (math.sqrt(inside) - d2) if distance else -2.0 * d2
    if not v > 0.0:
        msg = f"no volatility gives {price} at {spot} against {strike}"
        raise ValueError(msg)
    return v / math.sqrt(tau)


def taker_fee(shares: float, price: float, rate: float) -> float:
    """Return ``shares · rate · p(1 - p)`` without the venue's rounding: an estimate for edges, not a fee to book.

    `engine.maths.fees.trade_fee` is exact. ValueError if an argument is out of its range.
    """
    if not (0.0 <= price <= 1.0 and 0.0 <= shares < math.inf and 0.0 <= rate < math.inf):
        msg = f"no fee of {shares} shares at {price} and rate {rate}"
        raise ValueError(msg)
    return shares * rate * price * (1.0 - price)


def annual(sigma: float) -> float:
    """Return a volatility a root second as one a root year."""
    return sigma * math.sqrt(YEAR_S)
