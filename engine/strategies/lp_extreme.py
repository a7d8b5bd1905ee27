"""S5: post a bid for the losing side when it is offered below its value; passive, on both triggers.

Its stake is Kelly's ``(p - a) / (1 - a)``. The form ``p - (1 - p)(1 - a) / a``, also met, is positive only where
p + a > 1, which never happens this far from the strike.
"""

from __future__ import annotations

from typing import Final

from engine.maths.rolling import Regime
from engine.strategies.sight import DOWN, HALF, UP, Gate, Sight, Signal, clip

NAME: Final = "lp_extreme"
SIGMA, TAU, REGIME, Z, ASK, EDGE, TREND = (
    Gate.SIGMA, Gate.TAU, Gate.REGIME, Gate.Z, Gate.ASK, Gate.EDGE, Regime.TREND,
)  # fmt: skip
"""As names of the module, for the hot path."""
LEAST_TAU_S: Final = 60.0
LEAST_Z: Final = 1.5
MOST_ASK: Final = 0.25
LEAST_EDGE: Final = 0.02
LEAST_SIZE: Final = 0.001
CAP: Final = 0.02


def decide(sight: Sight) -> Signal | Gate:
    """Return the losing side's signal, or the first of `sigma`, `tau`, `regime`, `z`, `ask`, `edge` that fails."""
    if sight.sigma <= 0.0:
        return SIGMA
    if sight.tau_s < LEAST_TAU_S:
        return TAU
    if sight.regime is TREND:
        return REGIME
    far = abs(sight.z)
    if far < LEAST_Z:
        return Z
    side = DOWN if sight.z > 0.0 else UP
    fair, ask = sight.fair(side), sight.ask(side)
    if not 0.0 < ask < MOST_ASK:
        return ASK
    edge = fair - ask
    if edge < LEAST_EDGE:
        return EDGE
    size = clip(HALF * (fair - ask) / (1.0 - ask), LEAST_SIZE, CAP)
    return Signal(side, fair, ask, edge, clip(far / 4.0, 0.3, 0.8), size, passive=True)


def post_at(fair: float, bid: float, ask: float, tick: float) -> float | None:
    """Return the price to rest at: a tick above the bid or 2 cents below value, the lower; None where none would rest.

    Parameters
    ----------
    fair : float
    bid, ask : float
        Best quotes of the side; a bid of 0 is none. At the ask a post-only order would be refused.
    tick : float, > 0
    """
    price = min(bid + tick, fair - LEAST_EDGE, ask - tick)
    return price if price >= tick * (1.0 - 1e-9) else None
