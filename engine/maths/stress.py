"""A position under shifts of price, volatility and time: a grid of them, and named days that were or could be bad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.maths import payoff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.maths.payoff import Leg

Floats = NDArray[np.float64]

MOVES: Final = (-0.30, -0.20, -0.10, -0.05, 0.0, 0.05, 0.10, 0.20, 0.30)
SHIFTS: Final = (-0.20, -0.10, -0.05, 0.0, 0.05, 0.10, 0.20)


class Shock(NamedTuple):
    """What happens at once, or over some days."""

    name: str
    move: float
    """Of the price: -0.3 is thirty per cent down."""
    shift: float
    """Added to every volatility."""
    days: float = 0.0


SHOCKS: Final = (
    Shock("crash", -0.30, 0.40),
    Shock("fall over a weekend", -0.12, 0.15, 2.0),
    Shock("slow decline", -0.10, 0.05, 7.0),
    Shock("nothing moves for a week", 0.0, -0.08, 7.0),
    Shock("volatility gives way", 0.0, -0.20),
    Shock("volatility jumps", 0.0, 0.20),
    Shock("rally", 0.20, 0.05, 2.0),
    Shock("short squeeze", 0.30, 0.30),
)
"""Round numbers of the size that bitcoin and ether have shown since 2020; they are scenarios, not forecasts."""


class Told(NamedTuple):
    """A shock and what it would bring, dollars against now."""

    shock: Shock
    change: float


def grid(
    legs: Sequence[Leg],
    spot: float,
    moves: Sequence[float] = MOVES,
    shifts: Sequence[float] = SHIFTS,
    days: float = 0.0,
) -> Floats:
    """Return what would be gained against now, dollars, shape (shifts, moves); `days` later.

    Raises
    ------
    ValueError
        If a leg is none, or a move takes the price to 0 or below.
    """
    spots = _moved(spot, moves)
    now = float(payoff.result(legs, np.array([spot]))[0])
    return np.stack([payoff.result(legs, spots, days / 365.0, one) for one in shifts]) - now


def shocks(legs: Sequence[Leg], spot: float, named: Sequence[Shock] = SHOCKS) -> tuple[Told, ...]:
    """Return what each shock would bring, the worst first; errors as for `grid`."""
    now = float(payoff.result(legs, np.array([spot]))[0])
    found = []
    for shock in named:
        there = payoff.result(legs, _moved(spot, (shock.move,)), shock.days / 365.0, shock.shift)
        found.append(Told(shock, float(there[0]) - now))
    return tuple(sorted(found, key=lambda one: one.change))


def _moved(spot: float, moves: Sequence[float]) -> Floats:
    found: Floats = spot * (1.0 + np.asarray(moves, float))
    if not (found > 0.0).all():
        msg = f"no price is left of {spot} after moves of {tuple(moves)}"
        raise ValueError(msg)
    return found
