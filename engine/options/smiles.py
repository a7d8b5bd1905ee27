"""The smile of one expiry as the market of the moment has it: points, the law fitted through them, and how it sits.

The option out of the money is asked at each strike: its price tells most of its volatility. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.maths import smile_fit
from engine.maths.smile import butterfly_free
from engine.maths.smile_fit import Smile

if TYPE_CHECKING:
    from engine.core.units import Nanos

Floats = NDArray[np.float64]

STEADY: Final = 0.0004
"""Volatility by which points may move until a smile is fitted anew."""
LEAST_WIDTH: Final = 0.002
"""Between the volatilities of bid and ask: a point is not believed more for being narrower."""
UNQUOTED_WIDTH: Final = 0.05
"""Of a point that only a mark tells."""


class Points(NamedTuple):
    """One expiry's market by strike, NaN where it says nothing. Volatilities are fractions a year."""

    years: float
    forward: float
    strikes: Floats
    bid: Floats
    ask: Floats
    mark: Floats


class Fitted(NamedTuple):
    """Points with the smile through them."""

    points: Points
    smile: Smile
    free: bool
    """No butterfly is free in it."""


class Kept(NamedTuple):
    """The last smile of a chain, and when it was looked at."""

    at: Nanos
    fitted: Fitted | None


def fitted(points: Points, before: Fitted | None = None) -> Fitted | None:
    """Return the smile through the middles of bids and asks, through the marks where a side is missing.

    One that was fitted before stays while no point has moved by more than `STEADY`. None where nothing is known.
    """
    if before is not None and _steady(before.points, points):
        return before
    middle = 0.5 * (points.bid + points.ask)
    vol = np.where(np.isfinite(middle), middle, points.mark)
    width = np.where(np.isfinite(middle), np.maximum(points.ask - points.bid, LEAST_WIDTH), UNQUOTED_WIDTH)
    try:
        found = smile_fit.fit(np.log(points.strikes / points.forward), vol, points.years, 1.0 / width**2)
    except ValueError:
        return None
    return Fitted(points, found, butterfly_free(found.law))


def _steady(one: Points, other: Points) -> bool:
    if one.strikes.shape != other.strikes.shape or not bool((one.strikes == other.strikes).all()):
        return False
    if abs(one.forward / other.forward - 1.0) > STEADY or abs(one.years / other.years - 1.0) > 0.01:
        return False
    pairs = ((one.bid, other.bid), (one.ask, other.ask), (one.mark, other.mark))
    return all(
        bool((np.isfinite(a) == np.isfinite(b)).all()) and bool((np.nan_to_num(np.abs(a - b)) <= STEADY).all())
        for a, b in pairs
    )


def vols(one: Fitted, strikes: Floats, forward: float) -> Floats:
    """Return the smile's volatilities at strikes, of the forward as it is now."""
    return one.smile.law.vol(np.log(strikes / forward))
