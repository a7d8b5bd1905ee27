"""One row of a vector autoregression, learnt as it runs: recursive least squares that forgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

FORGETS: Final = 0.995
PRIOR: Final = 100.0
"""Variance of the coefficients before anything was seen; its inverse is a ridge."""


WINDS_UP: Final = 1e8
"""Mean variance of a coefficient above which nothing more is forgotten: where nothing is learnt, uncertainty would grow
without end."""


class Row:
    """Coefficients of one equation."""

    def __init__(self, theta: Sequence[float], prior: float = PRIOR, forgets: float = FORGETS) -> None:
        self.theta = np.asarray(theta, dtype=float)
        self._covariance = prior * np.eye(len(self.theta))
        self._forgets = forgets

    def predict(self, x: Sequence[float]) -> float:
        """Return what the row expects of regressors `x`."""
        return float(np.dot(x, self.theta))

    def learn(self, x: Sequence[float], y: float) -> float:
        """Take in what came and return by how much it missed what was expected."""
        row = np.asarray(x, dtype=float)
        error = y - float(row @ self.theta)
        spread = self._covariance @ row
        gain = spread / (self._forgets + float(row @ spread))
        self.theta = self.theta + gain * error
        left = self._covariance - np.outer(gain, spread)
        if np.trace(left) <= WINDS_UP * len(row):
            left /= self._forgets
        self._covariance = left
        return error
