"""Least squares of a few parameters by Levenberg and Marquardt, with differences for slopes. Pure and repeatable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float64]

STEPS: Final = 50
WIDTH: Final = 1e-6
"""Of a difference, for parameters that are about 1."""
CLOSE: Final = 1e-8
"""Relative fall of the sum of squares below which no step is worth making."""


def least_squares(residuals: Callable[[Floats], Floats], start: Floats, steps: int = STEPS) -> Floats:
    """Return the parameters near `start` of least squares; scale them so that each is about 1.

    Parameters
    ----------
    residuals : (n,) -> (m,)
        Finite at the start; where it is not finite a step is taken back.
    start : (n,)
    """
    at = start.astype(float)
    off = residuals(at)
    best = float(off @ off)
    damping = 1e-3
    normal, pull, scale = _equations(residuals, at, off)
    for _ in range(steps):
        step = np.linalg.solve(normal + damping * np.diag(scale), -pull)
        nearer = residuals(at + step)
        found = float(nearer @ nearer)
        if np.isfinite(found) and found < best:
            small = best - found <= CLOSE * best
            at, off, best, damping = at + step, nearer, found, max(damping / 5.0, 1e-12)
            if small:
                break
            normal, pull, scale = _equations(residuals, at, off)  # a step taken back leaves them as they were
        elif damping > 1e8:
            break
        else:
            damping *= 4.0
    return at


def _equations(residuals: Callable[[Floats], Floats], at: Floats, off: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the normal equations around a point: their matrix, their right side, and its diagonal."""
    slopes = _slopes(residuals, at, off)
    normal: Floats = slopes.T @ slopes
    return normal, slopes.T @ off, np.diag(normal) + 1e-12


def _slopes(residuals: Callable[[Floats], Floats], at: Floats, off: Floats) -> Floats:
    columns = []
    for n in range(at.size):
        moved = at.copy()
        moved[n] += WIDTH
        columns.append((residuals(moved) - off) / WIDTH)
    found: Floats = np.nan_to_num(np.stack(columns, axis=1))
    return found
