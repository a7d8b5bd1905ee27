"""Implied volatilities of many options at once, and in words why a price implies none.

An option is brought out of the money by parity, its value of time divided by ``D · sqrt(FK)``, and
``log b(x, s) = log β`` solved for ``s = vol · sqrt(T)`` by Halley's steps inside a bracket; what has converged leaves
the set. Everything is written with the scaled tail, so nothing underflows. Source of the reduction: P. Jäckel, "By
Implication", 2006.

A price only tells a volatility where it has a value of time that is more than rounding, and more than the venue's
step of price: deep in the money it has not, and the put beside the call is to be asked instead.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.maths.normal_arrays import ROOT_HALF, tail, tail_any

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAST, MOST = 1e-6, 20.0
"""Bracket of ``vol · sqrt(T)``."""
STEPS: Final = 60
CLOSE: Final = 1e-5
"""Relative: a step below it was cubic, so what is left is below rounding."""
NOISE: Final = 64.0 * float(np.finfo(float).eps)
"""Of the price: a value of time below it is rounding."""


class Why(IntEnum):
    """Why a price implies no volatility."""

    OK = 0
    UNKNOWN = 1
    EXPIRED = 2
    BELOW_INTRINSIC = 3
    NO_TIME_VALUE = 4
    TOO_DEAR = 5


REASONS: Final[dict[Why, str]] = {
    Why.OK: "",
    Why.UNKNOWN: "price, forward, strike or time is not known",
    Why.EXPIRED: "no time is left",
    Why.BELOW_INTRINSIC: "the price is below the intrinsic value",
    Why.NO_TIME_VALUE: "the value of time is less than the price can tell",
    Why.TOO_DEAR: "the price is not below the most the option can be worth",
}


class Implied(NamedTuple):
    """Volatilities, NaN where there is none, and why."""

    vol: Floats
    why: NDArray[np.int8]
    """Members of `Why`, by number."""

    @property
    def known(self) -> Bools:
        """Return where a volatility was found."""
        found: Bools = self.why == Why.OK
        return found

    def reason(self, at: int) -> str:
        """Return in words why the option at a flat index has none; empty where it has one."""
        return REASONS[Why(int(self.why.flat[at]))]


def implied_vols(
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    put: ArrayLike = False,
    r: ArrayLike = 0.0,
    *,
    least: ArrayLike = 0.0,
) -> Implied:
    """Return the annual volatilities at which options are worth `price`. Nothing raises for what a market says.

    Parameters
    ----------
    price : quote currency
        An inverse option's price in coin is multiplied by the underlying's first.
    forward, strike : > 0, quote currency
    years, put, r : as for `engine.maths.black_arrays.black`
    least : quote currency, >= 0
        The value of time that is still believed, such as the venue's step of price.
    """
    given = (np.atleast_1d(np.asarray(one, float)) for one in (price, forward, strike, years, put, r, least))
    p, f, k, t, is_put, rate, floor = np.broadcast_arrays(*given)
    with np.errstate(all="ignore"):
        discount = np.exp(-rate * t)
        inside = discount * np.maximum(np.where(is_put > 0.5, k - f, f - k), 0.0)
        most = discount * np.where(is_put > 0.5, k, f)
        extra = p - inside
        why = _why(p, f, k, t, rate, inside, most, extra, floor)
        vol = np.full(p.shape, np.nan)
        fine = why == Why.OK
        if fine.any():
            beta = extra[fine] / (discount[fine] * np.sqrt(f[fine] * k[fine]))
            s = _solved(np.abs(np.log(f[fine] / k[fine])), beta)
            vol[fine] = s / np.sqrt(t[fine])
            why[fine & np.isnan(vol)] = Why.NO_TIME_VALUE
    return Implied(vol, why)


def _why(
    p: Floats, f: Floats, k: Floats, t: Floats, rate: Floats, inside: Floats, most: Floats, extra: Floats, floor: Floats
) -> NDArray[np.int8]:
    """Return the first thing that is wrong with each."""
    unknown = ~(np.isfinite(p) & np.isfinite(t) & np.isfinite(rate) & np.isfinite(floor)) | ~((f > 0.0) & (k > 0.0))
    unknown |= ~np.isfinite(f * k)
    vain = extra <= np.maximum(floor, NOISE * np.where(inside > 0.0, np.maximum(p, inside), 0.0))
    rules = (
        (unknown, Why.UNKNOWN),
        (t <= 0.0, Why.EXPIRED),
        (extra < -NOISE * np.maximum(inside, 1e-300), Why.BELOW_INTRINSIC),
        (vain, Why.NO_TIME_VALUE),
        (p >= most * (1.0 - NOISE), Why.TOO_DEAR),
    )
    found: NDArray[np.int8] = np.select([one for one, _ in rules], [int(why) for _, why in rules], 0).astype(np.int8)
    return found


def _solved(moneyness: Floats, beta: Floats) -> Floats:
    """Return s with ``b(-moneyness, s) == beta``; NaN where the bracket has none."""
    target = np.log(beta)
    s = np.clip(np.maximum(_below_bend(moneyness, target), beta * math.sqrt(2.0 * math.pi)), LEAST, MOST)
    found = np.full(s.shape, np.nan)
    active = np.arange(s.size)
    low, high = np.full(s.shape, LEAST), np.full(s.shape, MOST)
    for _ in range(STEPS):
        off, step = _halley(moneyness, s, target)
        low, high = np.where(off < 0.0, s, low), np.where(off < 0.0, high, s)
        nearer = s - step
        stray = ~((nearer >= low) & (nearer <= high))
        done = np.abs(step) <= CLOSE * s
        found[active[done]] = nearer[done]
        if done.all():
            break
        on = ~done
        s = np.where(stray, np.sqrt(low * high), nearer)[on]
        low, high, active, moneyness, target = low[on], high[on], active[on], moneyness[on], target[on]
    return found


def _below_bend(moneyness: Floats, target: Floats) -> Floats:
    """Return a first guess: where b bends, or nearer where the price is far below that."""
    return np.minimum(np.sqrt(2.0 * moneyness), moneyness / np.sqrt(np.maximum(-2.0 * target, 1e-12)) * 1.2)


def _halley(moneyness: Floats, s: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Return ``log b - target`` and Halley's step at s."""
    h, t = moneyness / s, 0.5 * s
    scaled = np.maximum(tail_any((h - t) * ROOT_HALF) - tail((h + t) * ROOT_HALF), 1e-300)
    off = np.log(0.5 * scaled) - 0.5 * (h * h + t * t) - target
    slope = math.sqrt(2.0 / math.pi) / scaled
    bend = slope * (h * h / s - 0.25 * s) - slope * slope
    newton = off / slope
    return off, newton / np.maximum(1.0 - 0.5 * newton * bend / slope, 0.3)
