"""What a chain says of volatility by strike: points of the market, the smile fitted through them, the surface of all.

The option out of the money is asked at each strike: its price tells most of its volatility. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.maths import smile_fit
from engine.maths.smile import butterfly_free
from engine.maths.surface import calendars, surface

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.maths.smile_fit import Smile
    from engine.views.options import ChainView, OptionSide

Floats = NDArray[np.float64]

DAYS: Final = 365.0
STEADY: Final = 0.0004
"""Volatility by which points may move until a smile is fitted anew."""
LEAST_WIDTH: Final = 0.002
"""Between the volatilities of bid and ask: a point is not believed more for being narrower."""
MONEYNESS: Final = np.linspace(-0.30, 0.30, 25)
"""Columns of the heat map: strike over forward less 1."""


class Points(NamedTuple):
    """One expiry's market, NaN where it says nothing."""

    key: str
    title: str
    years: float
    forward: float
    strikes: Floats
    bid: Floats
    ask: Floats
    mark: Floats
    qty: Floats
    """Ours, calls and puts together."""


class Fitted(NamedTuple):
    """Points with the smile through them."""

    points: Points
    smile: Smile
    free: bool
    """No butterfly is free in it."""


def points_of(view: ChainView, title: str) -> Points | None:
    """Return the volatilities of a chain; None without a forward, time or a strike."""
    if view.forward is None or view.forward <= 0.0 or view.days <= 0.0 or not view.rows:
        return None
    strikes = np.array([float(row.strike) for row in view.rows])
    outside = [row.put if float(row.strike) < view.forward else row.call for row in view.rows]
    either = [one if one is not None else (row.call or row.put) for one, row in zip(outside, view.rows, strict=True)]
    held = [sum(float(one.qty) for one in (row.call, row.put) if one is not None) for row in view.rows]
    return Points(
        view.key, title, view.days / DAYS, view.forward, strikes, _told(either, "bid_iv"), _told(either, "ask_iv"),
        _told(either, "mark_iv"), np.array(held),
    )  # fmt: skip


def _told(sides: Iterable[OptionSide | None], name: str) -> Floats:
    values = (None if one is None or one.stale else getattr(one, name) for one in sides)
    return np.array([np.nan if value is None else float(value) for value in values])


def fitted(points: Points, before: Fitted | None = None) -> Fitted | None:
    """Return the smile through the middles of bids and asks, through the marks where a side is missing.

    One that was fitted before stays while no point has moved by more than `STEADY`. None where nothing is known.
    """
    if before is not None and _steady(before.points, points):
        return before._replace(points=points)
    middle = 0.5 * (points.bid + points.ask)
    vol = np.where(np.isfinite(middle), middle, points.mark)
    width = np.where(np.isfinite(middle), np.maximum(points.ask - points.bid, LEAST_WIDTH), 0.05)
    try:
        found = smile_fit.fit(np.log(points.strikes / points.forward), vol, points.years, 1.0 / width**2)
    except ValueError:
        return None
    return Fitted(points, found, butterfly_free(found.law))


def _steady(one: Points, other: Points) -> bool:
    if one.key != other.key or one.strikes.shape != other.strikes.shape:
        return False
    if abs(one.forward / other.forward - 1.0) > STEADY or abs(one.years / other.years - 1.0) > 0.01:
        return False
    pairs = ((one.bid, other.bid), (one.ask, other.ask), (one.mark, other.mark))
    return all(
        (np.isfinite(a) == np.isfinite(b)).all() and (np.nan_to_num(np.abs(a - b)) <= STEADY).all() for a, b in pairs
    )


def vols(one: Fitted, strikes: Floats) -> Floats:
    """Return the smile's volatilities at strikes."""
    return one.smile.law.vol(np.log(strikes / one.points.forward))


class Heat(NamedTuple):
    """Volatility by expiry and moneyness."""

    titles: tuple[str, ...]
    vols: Floats
    """Shape (expiries, columns of `MONEYNESS`)."""
    calendars: int
    """Pairs of neighbours whose own smiles let a calendar spread be free; the heat map shows them lifted."""


def heat(all_: Sequence[Fitted]) -> Heat | None:
    """Return the surface of some expiries as a grid, soonest first; None of none."""
    ordered = sorted({one.smile.law.years: one for one in all_}.values(), key=lambda one: one.smile.law.years)
    if not ordered:
        return None
    whole = surface([one.smile.law for one in ordered])
    k = np.log1p(MONEYNESS)
    return Heat(tuple(one.points.title for one in ordered), whole.grid(k), len(calendars(whole.slices, k)))
