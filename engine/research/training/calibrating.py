"""Which calibration a model gets: chosen by the Brier score on held-out training days, never on the test days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.maths.calibrate import Isotonic, fit_beta, fit_platt
from engine.research.training.fit import brier
from engine.strategies.horizon_model import MOST_POINTS, Calibration, mapped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ISOTONIC_LEAST: Final = 1_000
"""Forecasts under which no isotonic map is learnt."""
KINDS: Final = ("none", "platt", "beta", "isotonic")


def learn(kind: str, p: Floats, y: NDArray[np.bool_]) -> Calibration:
    """Return a map of one kind learnt from forecasts and what came."""
    said, came = p.tolist(), y.astype(int).tolist()
    if kind == "platt":
        return Calibration(kind=kind, values=tuple(fit_platt(said, came)))
    if kind == "beta":
        return Calibration(kind=kind, values=tuple(fit_beta(said, came)))
    if kind == "isotonic":
        points = Isotonic(said, came).points
        step = -(-len(points) // MOST_POINTS)
        return Calibration(kind=kind, points=(*points[:-1:step], points[-1]))
    return Calibration()


def choose(p: Floats, y: NDArray[np.bool_], groups: NDArray[np.int64]) -> Calibration:
    """Return the best map for held-out forecasts: each kind learnt on half the days and scored on the other half."""
    shelf = np.searchsorted(np.unique(groups), groups) % 2
    if shelf.max(initial=0) == 0:  # one day: its rows in turn
        shelf = np.arange(len(p)) % 2
    scores: dict[str, float] = {}
    for kind in KINDS:
        if kind == "isotonic" and len(p) < 2 * ISOTONIC_LEAST:
            continue
        held = p.copy()
        for part in (0, 1):
            known, asked = shelf != part, shelf == part
            if y[known].all() or not y[known].any():
                return Calibration()
            known_map = mapped(learn(kind, p[known], y[known]))
            held[asked] = [known_map(one) for one in p[asked].tolist()]
        scores[kind] = brier(held, y)
    return learn(min(scores, key=scores.__getitem__), p, y)
