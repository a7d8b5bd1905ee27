"""S3: at the money the market overreacts to small moves; buy the side it has left too cheap. On quotes."""

from __future__ import annotations

from typing import Final

from engine.maths.rolling import Regime
from engine.strategies.sight import DOWN, NONE, UP, Gate, Sight, Signal, half_kelly

NAME: Final = "convexity_fade"
SIGMA, REGIME, TAU, DISTANCE, NO_QUOTE, EDGE, TREND = (
    Gate.SIGMA, Gate.REGIME, Gate.TAU, Gate.DISTANCE, Gate.NO_QUOTE, Gate.EDGE, Regime.TREND,
)  # fmt: skip
"""As names of the module, for the hot path."""
LEAST_TAU_S: Final = 30.0
MOST_DISTANCE: Final = 0.003
"""Of the strike."""
LEAST_EDGE: Final = 0.02
CAP: Final = 0.005
CONFIDENCE: Final = 0.4
SWING_DT_S: Final = 10.0
"""Over which the expected swing, a diagnostic, is told."""


def decide(sight: Sight) -> Signal | Gate:
    """Return a signal, or the first of `sigma`, `regime`, `tau`, `distance`, `no_quote`, `edge` that fails."""
    if sight.sigma <= 0.0:
        return SIGMA
    if sight.regime is TREND:
        return REGIME
    if sight.tau_s < LEAST_TAU_S:
        return TAU
    if abs(sight.spot - sight.strike) / sight.strike > MOST_DISTANCE:
        return DISTANCE
    up, down = sight.up_ask, sight.down_ask  # as `better`, and its edge with it
    above = sight.p_up - up if up > 0.0 and up < 1.0 else NONE
    below = sight.p_down - down if down > 0.0 and down < 1.0 else NONE
    edge = above if above >= below else below
    if edge < LEAST_EDGE:
        return NO_QUOTE if edge == NONE else EDGE
    side, fair, ask = (UP, sight.p_up, up) if above >= below else (DOWN, sight.p_down, down)
    return Signal(side, fair, ask, edge, CONFIDENCE, half_kelly(fair, ask, CAP))
