"""Probabilities of outcomes of which one happens: from prices to a distribution, and what to do with one.

Prices of exclusive, exhaustive outcomes rarely sum to 1. What the excess belongs to is an opinion, so there are
several methods of taking it out, and their spread says how much the opinion matters:

* ``multiplicative``: p = r / S, the same share of each;
* ``additive``: p = r - (S - 1) / n, the same amount of each; undefined where that is negative;
* ``power``: p = r^k with the k that makes them sum to 1; takes relatively more off longshots;
* ``shin``: the excess pays for a share z of insiders (Shin 1993); defined for S >= 1;
* ``logit``, ``probit``: one shift of all log-odds, or of all normal quantiles.

An outcome priced at 0 is dead and stays at 0 under every method. Sources: Shin, "Measuring the Incidence of
Insider Trading", 1993; Clarke, Kovalchik, Ingram, "Adjusting Bookmaker's Odds to Allow for Overround", 2017.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Pmf = tuple[float, ...]

SUM_TOLERANCE: Final = 0.05
"""Mids whose sum is further from 1 than this are no distribution to trade a model against."""
CLIP: Final = 1e-4
"""Of pooled opinions: no one of them may forbid an outcome."""
STEPS: Final = 200


class Moments(NamedTuple):
    """Where a distribution lies and how wide it is."""

    mean: float
    variance: float


class Band(NamedTuple):
    """Lowest and highest probability that any defined method gives an outcome."""

    low: float
    high: float


def normalise(weights: Sequence[float]) -> Pmf:
    """Return weights (>= 0) as shares of their sum.

    Raises
    ------
    ValueError
        If one is negative or not finite, or none is positive.
    """
    total = math.fsum(weights)
    if not all(math.isfinite(w) and w >= 0.0 for w in weights) or not 0.0 < total < math.inf:
        msg = f"weights must be finite, none negative and one positive, were {list(weights)}"
        raise ValueError(msg)
    return tuple(w / total for w in weights)


def blend(p: Sequence[float], q: Sequence[float], share: float) -> Pmf:
    """Return the linear pool `share` · p + (1 - `share`) · q; errors as in `normalise`, or of unequal lengths."""
    return normalise([share * a + (1.0 - share) * b for a, b in zip(p, q, strict=True)])


def pool(p: Sequence[float], q: Sequence[float], share: float) -> Pmf:
    """Return the logarithmic pool, p^share · q^(1-share) made to sum to 1, inputs held off 0 and 1 by `CLIP`."""
    ps, qs = _clipped(p), _clipped(q)
    logs = [share * math.log(a) + (1.0 - share) * math.log(b) for a, b in zip(ps, qs, strict=True)]
    top = max(logs)
    return normalise([math.exp(x - top) for x in logs])


def centre(values: Sequence[float], weights: Sequence[float]) -> Moments:
    """Return mean and variance of `values` under weights that need not sum to 1; errors as in `normalise`."""
    p = normalise(weights)
    mean = math.fsum(x * w for x, w in zip(values, p, strict=True))
    return Moments(mean, math.fsum((x - mean) ** 2 * w for x, w in zip(values, p, strict=True)))


def coherent(mids: Sequence[float], within: float = SUM_TOLERANCE) -> bool:
    """Whether mid prices of all outcomes, in account currency, sum to 1 within a tolerance."""
    return abs(math.fsum(mids) - 1.0) <= within + 1e-12  # the tolerance itself is still within, however it was summed


def devig(prices: Sequence[float], method: str = "multiplicative") -> Pmf | None:
    """Return the distribution that prices imply; None where the method is not defined for them.

    Parameters
    ----------
    prices : sequence of float, account currency per share, each in [0, 1]
        One for every outcome; 0 for one that cannot happen any more.
    method : str
        A key of `METHODS`.

    Raises
    ------
    ValueError
        If a price is outside [0, 1] or there is no such method.
    """
    if method not in METHODS:
        msg = f"no such method: {method!r}; there are {', '.join(METHODS)}"
        raise ValueError(msg)
    if not all(0.0 <= r <= 1.0 for r in prices):
        msg = f"prices must be within 0 and 1, were {list(prices)}"
        raise ValueError(msg)
    alive = [r for r in prices if r > 0.0]
    found = METHODS[method](alive) if alive else None
    if found is None:
        return None
    by_outcome = iter(found)
    return tuple(next(by_outcome) if r > 0.0 else 0.0 for r in prices)


def spread(prices: Sequence[float]) -> tuple[Band, ...] | None:
    """Return for each outcome between which probabilities the methods put it; None where none is defined."""
    found = [p for method in METHODS if (p := devig(prices, method)) is not None]
    return tuple(Band(min(ps), max(ps)) for ps in zip(*found, strict=True)) if found else None


def _multiplicative(r: list[float]) -> Pmf | None:
    return normalise(r)


def _additive(r: list[float]) -> Pmf | None:
    excess = (math.fsum(r) - 1.0) / len(r)
    p = tuple(x - excess for x in r)
    return p if min(p) >= 0.0 and max(p) <= 1.0 else None


def _power(r: list[float]) -> Pmf | None:
    if not _inside(r):
        return None
    high = 1.0
    while math.fsum(x**high for x in r) > 1.0:
        high *= 2.0
        if high > 1e6:  # prices so close to 1 that no power tells them apart
            return None
    k = _root(lambda k: math.fsum(x**k for x in r) - 1.0, 0.0, high)
    return normalise([x**k for x in r])


def _shin(r: list[float]) -> Pmf | None:
    total = math.fsum(r)
    if len(r) < 2 or total < 1.0:
        return None

    def at(z: float) -> list[float]:
        return [(math.sqrt(z * z + 4.0 * (1.0 - z) * x * x / total) - z) / (2.0 * (1.0 - z)) for x in r]

    return normalise(at(_root(lambda z: math.fsum(at(z)) - 1.0, 0.0, 1.0 - 1e-9)))


def _logit(r: list[float]) -> Pmf | None:
    odds = [x / (1.0 - x) for x in r] if _inside(r) else []
    return _shifted(odds, lambda o, c: o / (o + math.exp(c)))


def _probit(r: list[float]) -> Pmf | None:
    quantiles = [normal.quantile(x) for x in r] if _inside(r) else []
    return _shifted(quantiles, lambda x, c: normal.cdf(x - c))


def _shifted(xs: list[float], back: Callable[[float, float], float]) -> Pmf | None:
    """Return what `back` makes of every x and the one shift under which the results sum to 1."""
    if not xs:
        return None
    low, high = -1.0, 1.0
    while math.fsum(back(x, low) for x in xs) < 1.0:
        low *= 2.0
    while math.fsum(back(x, high) for x in xs) > 1.0:
        high *= 2.0
    c = _root(lambda c: math.fsum(back(x, c) for x in xs) - 1.0, low, high)
    return normalise([back(x, c) for x in xs])


METHODS: Final[dict[str, Callable[[list[float]], Pmf | None]]] = {
    "multiplicative": _multiplicative,
    "additive": _additive,
    "power": _power,
    "shin": _shin,
    "logit": _logit,
    "probit": _probit,
}


def _inside(r: list[float]) -> bool:
    """Whether there is something to share out and every price is inside (0, 1)."""
    return len(r) > 1 and all(0.0 < x < 1.0 for x in r)


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    """Return where a decreasing function is 0: bisection that the Illinois rule hurries on."""
    at_low, at_high = f(low), f(high)
    if at_low <= 0.0:
        return low
    if at_high >= 0.0:
        return high
    side = 0
    x = low
    for _ in range(STEPS):
        x = (low * at_high - high * at_low) / (at_high - at_low)
        if not low < x < high:
            x = (low + high) / 2.0
        y = f(x)
        if abs(y) < 1e-15 or high - low < 1e-15 * max(1.0, abs(x)):
            break
        if y > 0.0:
            low, at_low = x, y
            at_high = at_high / 2.0 if side == 1 else at_high
            side = 1
        else:
            high, at_high = x, y
            at_low = at_low / 2.0 if side == -1 else at_low
            side = -1
    return x


def _clipped(p: Sequence[float]) -> Pmf:
    return normalise([min(max(x, CLIP), 1.0 - CLIP) for x in p])
