"""S3: at the money the market overreacts to small moves; buy the side it has left too cheap. On quotes."""

from __future__ import annotations

from typing import Final

from engine.maths.rolling import Regime
from engine.strategies.sight import UP, Gate, Sight, Signal, half_kelly

NAME: Final = "convexity_fade"
SIGMA, REGIME, TAU, EDGE, TREND = Gate.SIGMA, Gate.REGIME, Gate.TAU, Gate.EDGE, Regime.TREND
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
        return Gate.DISTANCE
    side = sight.better()
    if side is None:
        return Gate.NO_QUOTE
    fair, ask = (sight.p_up, sight.up_ask) if side is UP else (sight.p_down, sight.down_ask)
    edge = fair - ask
    if edge < LEAST_EDGE:
        return EDGE
    return Signal(side, fair, ask, edge, CONFIDENCE, half_kelly(fair, ask, CAP))
