"""S4: in a window's opening the average price says which side the strike has been set off from it.

An average above the strike means Up: what is measured from is lower than where trading really was.
"""

from __future__ import annotations

import math
from typing import Final

from engine.maths.binary import spread
from engine.maths.normal import ROOT_2, ROOT_2_PI
from engine.strategies.sight import DOWN, UP, Gate, Outcome, Sight, Signal, clip, half_kelly, quoted

NAME: Final = "strike_misalign"
SIGMA, WINDOW, VWAP, TAU, DP, NO_QUOTE, EDGE, exp = (
    Gate.SIGMA, Gate.WINDOW, Gate.VWAP, Gate.TAU, Gate.DP, Gate.NO_QUOTE, Gate.EDGE, math.exp,
)  # fmt: skip
"""As names of the module, for the hot path."""
PEAK: Final = 1.0 / ROOT_2_PI
"""Of the bell curve: no shift is larger than one there."""
LEAST_TAU_S: Final = 10.0
LEAST_DP: Final = 0.02
LEAST_EDGE: Final = 0.02
CAP: Final = 0.02


def decide(sight: Sight) -> Signal | Gate:
    """Return a signal, or the first of `sigma`, `window`, `vwap`, `tau`, `dp`, `no_quote`, `edge` that fails."""
    if sight.sigma <= 0.0:
        return SIGMA
    if sight.elapsed_s > sight.opening_s or sight.elapsed_s < 0.0:
        return WINDOW
    average = sight.vwap
    if average is None or average <= 0.0:
        return VWAP
    if sight.tau_s < LEAST_TAU_S:
        return TAU
    most = PEAK / (average * sight.v) * (average - sight.strike)
    if most < LEAST_DP and most > -LEAST_DP:  # in the opening every event asks, and most end here
        return DP
    moved = shift(sight, average)
    if abs(moved) < LEAST_DP:
        return DP
    side = UP if moved > 0.0 else DOWN
    ask = sight.ask(side)
    if not quoted(ask):
        return NO_QUOTE
    fair = value_at(sight, average, side)
    edge = fair - ask
    if edge < LEAST_EDGE:
        return EDGE
    return Signal(side, fair, ask, edge, clip(abs(moved) / 0.1, 0.4, 0.9), half_kelly(fair, ask, CAP))


def shift(sight: Sight, average: float) -> float:
    """Return what setting the strike off the average price adds to Up's value, to first order."""
    v = sight.v
    d2 = sight.z - 0.5 * v
    return exp(-0.5 * d2 * d2) / ROOT_2_PI / (average * v) * (average - sight.strike)  # `pdf`, without the call


def value_at(sight: Sight, average: float, side: Outcome) -> float:
    """Return a side's value were the price where the average is."""
    v, distance = spread(average, sight.strike, sight.sigma, sight.tau_s)
    d2 = distance / v - 0.5 * v
    return 0.5 * math.erfc((-d2 if side is UP else d2) / ROOT_2)
