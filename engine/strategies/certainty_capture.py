"""S2: late and nearly settled; buy the winning side while it still costs less than it is worth. On quotes."""

from __future__ import annotations

from typing import Final

from engine.strategies.sight import DOWN, UP, Gate, Sight, Signal, clip, half_kelly, quoted

NAME: Final = "certainty_capture"
SIGMA, Z, NO_QUOTE, EDGE = Gate.SIGMA, Gate.Z, Gate.NO_QUOTE, Gate.EDGE
"""As names of the module, for the hot path."""
LEAST_Z: Final = 1.5
LEAST_EDGE: Final = 0.02
CAPS: Final = (0.01, 0.03, 0.05)
"""The most of the bankroll, the farther from the strike the more."""


def decide(sight: Sight) -> Signal | Gate:
    """Return the leading side's signal, or the first of `sigma`, `z`, `no_quote`, `edge` that fails."""
    if sight.sigma <= 0.0:
        return SIGMA
    far = abs(sight.z)
    if far < LEAST_Z:
        return Z
    side = UP if sight.z > 0.0 else DOWN
    fair, ask = sight.fair(side), sight.ask(side)
    if not quoted(ask):
        return NO_QUOTE
    edge = fair - ask
    if edge < LEAST_EDGE:
        return EDGE
    return Signal(side, fair, ask, edge, clip(far / 4.0, 0.5, 0.99), half_kelly(fair, ask, cap(far)))


def cap(far: float) -> float:
    """Return the most of the bankroll at so many standard deviations from the strike."""
    return CAPS[2] if far > 3.0 else CAPS[1] if far > 2.5 else CAPS[0]
