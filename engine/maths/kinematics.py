"""Speed and acceleration of a price: a weighted local quadratic over irregular moments.

Fits ``c0 + c1·u + c2·u²/2`` with weights ``e^(u/h)``, u = t - t_now <= 0, so that it is exact on quadratics whatever
the gaps. On a regular grid with flat weights it is the filter of Savitzky and Golay (1964).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

TICKS_H: Final = 20.0
"""Seconds of memory for ticks."""
BARS_H: Final = 180.0
"""Seconds of memory for one-minute bars."""
LEAST: Final = 4
SINGULAR: Final = 1e-12


class Motion(NamedTuple):
    """Where something is and how it moves; `ok` is False where nothing can be said of the motion."""

    x: float
    v: float
    """Per second."""
    a: float
    """Per second squared."""
    ok: bool


class Relative(NamedTuple):
    """How each bracket moves against its neighbours."""

    against_mean: tuple[float, ...]
    against_best: tuple[float, ...]
    """Against the faster of the neighbours."""


def motion(t: Sequence[float], x: Sequence[float], h: float = TICKS_H, least: int = LEAST) -> Motion:
    """Return position, speed and acceleration at the last moment.

    Parameters
    ----------
    t : sequence of float, seconds, not falling
    x : sequence of float
        What was seen at each; there must be one.
    h : float, seconds, > 0
        How fast the past is forgotten.
    least : int
        Fewer points say nothing of motion.
    """
    if len(t) < least or t[-1] - t[0] <= 0.0:
        return Motion(x[-1], 0.0, 0.0, False)
    now = t[-1]
    s = [0.0] * 5
    y = [0.0] * 3
    for at, value in zip(t, x, strict=True):
        u = at - now
        w = math.exp(u / h)
        power = w
        for k in range(5):
            s[k] += power
            if k < 3:
                y[k] += power * (value - x[-1])
            power *= u
    solved = _solve(s, y)
    if solved is None:
        return Motion(x[-1], 0.0, 0.0, False)
    c0, c1, c2 = solved
    return Motion(c0 + x[-1], c1, 2.0 * c2, True)


def bend_t(t: Sequence[float], x: Sequence[float], h: float = TICKS_H) -> float | None:
    """Return the acceleration of `motion` over its standard error; None where no error can be told.

    The weights count as precisions, and the residuals' variance is over their effective number less the three
    coefficients; a fit without residuals is infinitely sure of an acceleration, and says 0 of none.
    """
    if len(t) <= LEAST or t[-1] - t[0] <= 0.0:
        return None
    u = np.asarray(t, dtype=float) - t[-1]
    w = np.exp(u / h)
    shape = np.stack([np.ones_like(u), u, 0.5 * u * u], axis=1)
    y = np.asarray(x, dtype=float) - x[-1]
    free = float(w.sum() ** 2 / (w * w).sum()) - 3.0
    if free <= 0.0:
        return None
    try:
        inverse = np.linalg.inv(shape.T @ (w[:, None] * shape))
    except np.linalg.LinAlgError:
        return None
    fitted = inverse @ (shape.T @ (w * y))
    left = y - shape @ fitted
    error = math.sqrt(max(float((w * left * left).sum()) / free * float(inverse[2, 2]), 0.0))
    bend = float(fitted[2])
    if error > 0.0:
        return bend / error
    return math.copysign(math.inf, bend) if abs(bend) > SINGULAR else 0.0


def _solve(s: list[float], y: list[float]) -> tuple[float, float, float] | None:
    """Solve the normal equations of 1, u, u² by elimination with pivots; None where they are singular."""
    rows = [[s[0], s[1], s[2], y[0]], [s[1], s[2], s[3], y[1]], [s[2], s[3], s[4], y[2]]]
    scale = [max(abs(v) for v in row[:3]) or 1.0 for row in rows]
    for i in range(3):
        pivot = max(range(i, 3), key=lambda r: abs(rows[r][i]) / scale[r])
        if abs(rows[pivot][i]) <= SINGULAR * scale[pivot]:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        scale[i], scale[pivot] = scale[pivot], scale[i]
        for r in range(i + 1, 3):
            factor = rows[r][i] / rows[i][i]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
    c2 = rows[2][3] / rows[2][2]
    c1 = (rows[1][3] - rows[1][2] * c2) / rows[1][1]
    c0 = (rows[0][3] - rows[0][1] * c1 - rows[0][2] * c2) / rows[0][0]
    return c0, c1, c2


def relative(values: Sequence[float]) -> Relative:
    """Return each value against the mean and against the largest of its neighbours; 0 without neighbours."""
    mean, best = [], []
    for j, value in enumerate(values):
        near = [values[i] for i in (j - 1, j + 1) if 0 <= i < len(values)]
        mean.append(value - sum(near) / len(near) if near else 0.0)
        best.append(value - max(near) if near else 0.0)
    return Relative(tuple(mean), tuple(best))
