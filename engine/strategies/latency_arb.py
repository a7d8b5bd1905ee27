"""S1: the spot price leads the event market; buy the side whose offer has not followed. On every spot trade."""

from __future__ import annotations

from typing import Final

from engine.strategies.sight import UP, Gate, Sight, Signal, clip, half_kelly

NAME: Final = "latency_arb"
SIGMA, TAU, NO_QUOTE, EDGE = Gate.SIGMA, Gate.TAU, Gate.NO_QUOTE, Gate.EDGE
"""As names of the module, for the hot path."""
LEAST_TAU_S: Final = 1.0
LEAST_EDGE: Final = 0.03
CAP: Final = 0.02


def decide(sight: Sight) -> Signal | Gate:
    """Return the better side's signal, or the first of `sigma`, `tau`, `no_quote`, `edge` that fails."""
    if sight.sigma <= 0.0:
        return SIGMA
    if sight.tau_s < LEAST_TAU_S:
        return TAU
    side = sight.better()
    if side is None:
        return NO_QUOTE
    fair, ask = (sight.p_up, sight.up_ask) if side is UP else (sight.p_down, sight.down_ask)
    edge = fair - ask
    if edge < LEAST_EDGE:
        return EDGE
    return Signal(side, fair, ask, edge, clip(edge / 0.10, 0.3, 1.0), half_kelly(fair, ask, CAP))
