"""How a holding of Up and Down shares of one window moves with the price underneath."""

from __future__ import annotations

from typing import NamedTuple

from engine.maths.binary import digital


class WindowGreeks(NamedTuple):
    """Greeks of a window's net position."""

    delta: float
    """Account currency per unit of the underlying's."""
    gamma: float
    net_up: float
    """Shares of Up less shares of Down."""


def of_window(spot: float, strike: float, sigma: float, tau_s: float, up: float, down: float) -> WindowGreeks:
    """Return the greeks of `up` and `down` shares; a pair of both moves with nothing. Errors as `binary.digital`."""
    unit = digital(spot, strike, sigma, tau_s)
    net = up - down
    return WindowGreeks(net * unit.delta, net * unit.gamma, net)
