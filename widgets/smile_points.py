"""What a chain says of volatility by strike: points of the market, the engine's smile through them, the surface of all.

The option out of the money is asked at each strike: its price tells most of its volatility. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.maths.smile import Slice
from engine.maths.smile_fit import Smile
from engine.maths.surface import calendars, surface

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.views.options import ChainView, OptionSide

Floats = NDArray[np.float64]

DAYS: Final = 365.0
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


def fitted(view: ChainView, points: Points) -> Fitted | None:
    """Return the smile that the engine fitted through a chain; None where it fitted none."""
    one = view.smile
    if one is None:
        return None
    law = Slice(one.a, one.b, one.rho, one.m, one.sigma, one.years)
    return Fitted(points, Smile(law, one.name, one.rmse, one.points, one.low, one.high), one.free)


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
