"""S1: the spot price leads the event market; buy the side whose offer has not followed. On every spot trade."""

from __future__ import annotations

from typing import Final

from engine.strategies.sight import Gate, Sight, Signal, clip, half_kelly

NAME: Final = "latency_arb"
LEAST_TAU_S: Final = 1.0
LEAST_EDGE: Final = 0.03
CAP: Final = 0.02


def decide(sight: Sight) -> Signal | Gate:
    """Return the better side's signal, or the first of `sigma`, `tau`, `no_quote`, `edge` that fails."""
    if sight.sigma <= 0.0:
        return Gate.SIGMA
    if sight.tau_s < LEAST_TAU_S:
        return Gate.TAU
    side = sight.better()
    if side is None:
        return Gate.NO_QUOTE
    fair, ask = sight.fair(side), sight.ask(side)
    edge = fair - ask
    if edge < LEAST_EDGE:
        return Gate.EDGE
    return Signal(side, fair, ask, edge, clip(edge / 0.10, 0.3, 1.0), half_kelly(fair, ask, CAP))
