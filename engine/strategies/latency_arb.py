"""S1: the spot price leads the event market; buy the side whose offer has not followed. On every spot trade."""

from __future__ import annotations

from typing import Final

from engine.strategies.sight import DOWN, NONE, UP, Gate, Sight, Signal, clip, half_kelly

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
    up, down = sight.up_ask, sight.down_ask  # as `better`, and its edge with it
    above = sight.p_up - up if up > 0.0 and up < 1.0 else NONE
    below = sight.p_down - down if down > 0.0 and down < 1.0 else NONE
    edge = above if above >= below else below
    if edge < LEAST_EDGE:
        return NO_QUOTE if edge == NONE else EDGE
    side, fair, ask = (UP, sight.p_up, up) if above >= below else (DOWN, sight.p_down, down)
    return Signal(side, fair, ask, edge, clip(edge / 0.10, 0.3, 1.0), half_kelly(fair, ask, CAP))
