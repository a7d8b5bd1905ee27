"""From scores to probabilities that mean what they say, and how well they do.

Platt (1999) on log-odds with his smoothed targets; beta calibration (Kull and others 2017); isotonic by pooling
adjacent violators. Scores: Brier, log loss, expected calibration error.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CLIP: Final = 1e-6
LOG_CLIP: Final = 1e-12
NEWTON_STEPS: Final = 100
TINY: Final = 1e-12


class Platt(NamedTuple):
    """``sigmoid(slope · logit(p) + shift)``."""

    slope: float
    shift: float

    def __call__(self, p: float) -> float:
        """Return the calibrated probability."""
        return sigmoid(self.slope * logit(p) + self.shift)


class Beta(NamedTuple):
    """``sigmoid(a ln p - b ln(1-p) + c)`` with a, b >= 0."""

    a: float
    b: float
    c: float

    def __call__(self, p: float) -> float:
        """Return the calibrated probability."""
        held = _held(p)
        return sigmoid(self.a * math.log(held) - self.b * math.log1p(-held) + self.c)


class Scores(NamedTuple):
    """How far forecasts were from what came; 0 is perfect."""

    brier: float
    log_loss: float
    ece: float


def logit(p: float) -> float:
    """Return the log-odds of a probability, held off 0 and 1."""
    held = _held(p)
    return math.log(held / (1.0 - held))


def sigmoid(x: float) -> float:
    """Return the probability of log-odds, without overflow."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def _held(p: float) -> float:
    return min(1.0 - CLIP, max(CLIP, p))


def fit_platt(p: Sequence[float], y: Sequence[int]) -> Platt:
    """Return the map of greatest likelihood: damped Newton on smoothed targets, so that it stays finite.

    Raises
    ------
    ValueError
        If there is nothing to fit.
    """
    if not p or len(p) != len(y):
        msg = f"{len(p)} forecasts cannot be fitted to {len(y)} outcomes"
        raise ValueError(msg)
    ones = sum(y)
    high, low = (ones + 1.0) / (ones + 2.0), 1.0 / (len(y) - ones + 2.0)
    x = [logit(v) for v in p]
    t = [high if v else low for v in y]
    slope, shift = 1.0, 0.0
    loss = _loss(x, t, slope, shift)
    for _ in range(NEWTON_STEPS):
        da, db = _newton(x, t, slope, shift)
        step = 1.0
        while (after := _loss(x, t, slope + step * da, shift + step * db)) > loss and step > TINY:
            step /= 2.0
        if after > loss:
            break
        slope, shift, loss = slope + step * da, shift + step * db, after
        if max(abs(da), abs(db)) * step < TINY:
            break
    return Platt(slope, shift)


def _newton(x: list[float], t: list[float], slope: float, shift: float) -> tuple[float, float]:
    """Return the Newton step of the negative log-likelihood."""
    g0 = g1 = h00 = h01 = h11 = 0.0
    for xi, ti in zip(x, t, strict=True):
        q = sigmoid(slope * xi + shift)
        d, w = q - ti, q * (1.0 - q)
        g0, g1 = g0 + d * xi, g1 + d
        h00, h01, h11 = h00 + w * xi * xi, h01 + w * xi, h11 + w
    h00, h11 = h00 + TINY, h11 + TINY
    det = h00 * h11 - h01 * h01
    return -(h11 * g0 - h01 * g1) / det, -(h00 * g1 - h01 * g0) / det


def _loss(x: list[float], t: list[float], slope: float, shift: float) -> float:
    total = 0.0
    for xi, ti in zip(x, t, strict=True):
        z = slope * xi + shift
        total += max(z, 0.0) + math.log1p(math.exp(-abs(z))) - ti * z
    return total


def isotonic(y: Sequence[float], w: Sequence[float] | None = None) -> tuple[float, ...]:
    """Return the rising sequence nearest to `y`, which is in the order of its scores; `w` are weights > 0."""
    weights = [1.0] * len(y) if w is None else list(w)
    blocks: list[list[float]] = []
    """Mean, weight, how many."""
    for value, weight in zip(y, weights, strict=True):
        blocks.append([float(value), weight, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, heavy, many = blocks.pop()
            last = blocks[-1]
            whole = last[1] + heavy
            last[0] = (last[0] * last[1] + mean * heavy) / whole
            last[1], last[2] = whole, last[2] + many
    return tuple(mean for mean, _, many in blocks for _ in range(int(many)))


def fit_beta(p: Sequence[float], y: Sequence[int]) -> Beta:
    """Return the beta map of greatest likelihood; a slope that would fall below 0 is held there (Kull and others 2017).

    Raises
    ------
    ValueError
        If there is nothing to fit.
    """
    if not p or len(p) != len(y):
        msg = f"{len(p)} forecasts cannot be fitted to {len(y)} outcomes"
        raise ValueError(msg)
    held = np.clip(np.asarray(p, dtype=float), CLIP, 1.0 - CLIP)
    columns = np.stack([np.log(held), -np.log1p(-held), np.ones_like(held)], axis=1)
    ones = sum(y)
    high, low = (ones + 1.0) / (ones + 2.0), 1.0 / (len(y) - ones + 2.0)  # smoothed, so that it stays finite
    target = np.where(np.asarray(y) > 0, high, low)
    kept = [0, 1, 2]
    found = _logistic(columns, target)
    while (worst := min(kept[:-1], key=lambda i: found[kept.index(i)], default=None)) is not None:
        if found[kept.index(worst)] >= 0.0:
            break
        kept.remove(worst)
        found = _logistic(columns[:, kept], target)
    full = dict(zip(kept, map(float, found), strict=True))
    return Beta(full.get(0, 0.0), full.get(1, 0.0), full[2])


def _logistic(x: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the coefficients of a logistic regression by damped Newton."""
    theta = np.zeros(x.shape[1])
    loss = _mean_loss(x @ theta, t)
    for _ in range(NEWTON_STEPS):
        q = 1.0 / (1.0 + np.exp(-np.clip(x @ theta, -500.0, 500.0)))
        bend = x.T @ (x * (q * (1.0 - q))[:, None]) + TINY * np.eye(len(theta))
        step = np.linalg.solve(bend, x.T @ (t - q))
        size = 1.0
        while (after := _mean_loss(x @ (theta + size * step), t)) > loss and size > TINY:
            size /= 2.0
        if after > loss:
            break
        theta, loss = theta + size * step, after
        if size * float(np.abs(step).max()) < TINY:
            break
    return theta


def _mean_loss(z: NDArray[np.float64], t: NDArray[np.float64]) -> float:
    return float(np.mean(np.logaddexp(0.0, z) - t * z))


class Isotonic:
    """An isotonic map learnt from scores and outcomes: linear between the blocks, level outside."""

    @classmethod
    def of(cls, points: Sequence[tuple[float, float]]) -> Isotonic:
        """Return the map through points: scores rise, probabilities do not fall.

        Raises
        ------
        ValueError
            If they do not, or there are none.
        """
        rises = all(a[0] < b[0] and a[1] <= b[1] for a, b in itertools.pairwise(points))
        if not points or not rises or not all(0.0 <= y <= 1.0 and math.isfinite(x) for x, y in points):
            msg = "an isotonic map needs points whose scores rise and whose probabilities do not fall"
            raise ValueError(msg)
        made = cls.__new__(cls)
        made._x, made._y = [x for x, _ in points], tuple(y for _, y in points)
        return made

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """The ends of its level stretches: `of` makes the same map of them."""
        last = len(self._x) - 1
        inner = (0 < i < last and self._y[i - 1] == y == self._y[i + 1] for i, y in enumerate(self._y))
        return tuple((x, y) for x, y, gone in zip(self._x, self._y, inner, strict=True) if not gone)

    def __init__(self, p: Sequence[float], y: Sequence[int]) -> None:
        pooled: dict[float, list[float]] = {}
        for score, outcome in sorted(zip(p, y, strict=True)):
            pooled.setdefault(score, []).append(float(outcome))
        self._x = list(pooled)
        means = [sum(values) / len(values) for values in pooled.values()]  # ties are one point
        self._y = isotonic(means, [float(len(values)) for values in pooled.values()])

    def __call__(self, p: float) -> float:
        """Return the calibrated probability."""
        at = bisect_right(self._x, p)
        if at == 0:
            return self._y[0]
        if at == len(self._x):
            return self._y[-1]
        left, right = self._x[at - 1], self._x[at]
        share = (p - left) / (right - left)
        return self._y[at - 1] + share * (self._y[at] - self._y[at - 1])


def scores(p: Sequence[float], y: Sequence[int], bins: int = 10) -> Scores:
    """Return Brier score, log loss and calibration error over `bins` of equal width; p = 1 is in the last one.

    Raises
    ------
    ValueError
        If there are no forecasts, or not one outcome for each.
    """
    if not p or len(p) != len(y):
        msg = f"{len(p)} forecasts cannot be scored by {len(y)} outcomes"
        raise ValueError(msg)
    n = len(p)
    brier = math.fsum((a - b) ** 2 for a, b in zip(p, y, strict=True)) / n
    loss = 0.0
    groups: list[list[float]] = [[0.0, 0.0, 0.0] for _ in range(bins)]
    for a, b in zip(p, y, strict=True):
        said = a if b else 1.0 - a
        loss -= math.log(LOG_CLIP) if said < LOG_CLIP else math.log(a) if b else math.log1p(-a)
        group = groups[min(int(a * bins), bins - 1)]
        group[0], group[1], group[2] = group[0] + 1.0, group[1] + a, group[2] + b
    ece = math.fsum(abs(said - came) for many, said, came in groups if many) / n
    return Scores(brier, loss / n, ece)
