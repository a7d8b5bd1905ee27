"""S6: a window's implied volatility against the curve through the other horizons'; off until it is switched on.

Each market is inverted with its own strike, and the market in question is left out of the curve: in it, it would pull
the curve to itself. Deviations are told in points of annual volatility.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths.binary import annual, digital, implied_vol
from engine.maths.vol_surface import Point, fit
from engine.strategies.sight import Gate, Outcome, Sight, Signal, clip, half_kelly, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = "cross_timeframe"
LEAST_DEVIATION: Final = 0.05
"""Annual volatility; 0.05 is five points."""
LEAST_EDGE: Final = 0.01
CAP: Final = 0.01


class Elsewhere(NamedTuple):
    """Another window of the same asset."""

    price: float
    """Micro price of its Up share."""
    strike: float
    tau_s: float
    weight: float = 1.0


def decide(sight: Sight, price: float, others: Sequence[Elsewhere]) -> Signal | Gate:
    """Return a signal, or the first of `sigma`, `surface`, `deviation`, `no_quote`, `edge` that fails.

    Parameters
    ----------
    sight : Sight
    price : float
        Micro price of this window's Up share.
    others : sequence of Elsewhere
        At the same spot; those that no volatility explains are left out.
    """
    if sight.sigma <= 0.0:
        return Gate.SIGMA
    here = _implied(price, sight.spot, sight.strike, sight.tau_s)
    found = [(one, _implied(one.price, sight.spot, one.strike, one.tau_s)) for one in others]
    points = [Point(one.tau_s, sigma, one.weight) for one, sigma in found if sigma is not None]
    if here is None or len({point.tau_s for point in points}) < 2:
        return Gate.SURFACE
    fitted = fit(points).at(sight.tau_s)
    deviation = abs(annual(here) - annual(fitted))
    if deviation < LEAST_DEVIATION:
        return Gate.DEVIATION
    value = digital(sight.spot, sight.strike, fitted, sight.tau_s)
    edges = [
        (fair - ask, side, fair, ask)
        for side, fair, ask in (
            (Outcome.UP, value.p_up, sight.up_ask),
            (Outcome.DOWN, value.p_down, sight.down_ask),
        )
        if quoted(ask)
    ]
    if not edges:
        return Gate.NO_QUOTE
    edge, side, fair, ask = max(edges, key=lambda one: one[0])
    if edge < LEAST_EDGE:
        return Gate.EDGE
    return Signal(side, fair, ask, edge, clip(deviation / 0.15, 0.3, 0.7), half_kelly(fair, ask, CAP))


def _implied(price: float, spot: float, strike: float, tau_s: float) -> float | None:
    try:
        return implied_vol(price, spot, strike, tau_s)
    except ValueError:  # no volatility explains it
        return None
