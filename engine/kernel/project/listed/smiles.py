"""The smile of a chain for its view: fitted once for all who look, and anew only when the market has moved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.ids import VenueId
from engine.core.instrument import Payoff
from engine.core.units import SECOND
from engine.options import smiles
from engine.options.smiles import Kept, Points
from engine.views.options import SmileLaw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from engine.core.ids import InstrumentId
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.options.smiles import Fitted
    from engine.views.topics import ChainKey

    Vols = Mapping[InstrumentId, tuple[float | None, float | None]]

MOST: Final = 16
"""Chains whose smile is kept, those fitted last: a chain and a smile dock look at one each, a surface at some more."""
EVERY: Final = 2 * SECOND
"""By a real clock: a smile that was fitted stays for so long, whatever the market does."""


def of(
    state: State, key: ChainKey, found: Sequence[Listing], implied: Vols, stale: Mapping[InstrumentId, bool],
    forward: float | None, years: float,
) -> Fitted | None:  # fmt: skip
    """Return the smile through a chain's quotes; None without a forward, time, or a volatility.

    It is kept beside the chain and decides nothing.
    """
    if forward is None or forward <= 0.0 or years <= 0.0:
        return None
    kept = state.options.smiles.get(key)
    desk = state.desks.get(VenueId(key.venue))
    pace = 1.0 if desk is None else desk.facts.pace
    if kept is not None and state.now - kept.at < EVERY * max(pace, 1.0) and kept.fitted is not None:
        return kept.fitted
    points = _points(found, implied, stale, forward, years)
    fitted = smiles.fitted(points, None if kept is None else kept.fitted)
    kept_all = state.options.smiles
    kept_all.pop(key, None)
    kept_all[key] = Kept(state.now, fitted)  # the newest last
    while len(kept_all) > MOST:
        del kept_all[next(iter(kept_all))]
    return fitted


def _points(
    found: Sequence[Listing], implied: Vols, stale: Mapping[InstrumentId, bool], forward: float, years: float
) -> Points:
    by_strike: dict[Decimal, Listing] = {}
    for one in found:
        strike = one.instrument.exercise
        if strike is not None and (strike not in by_strike or _outside(one, forward)):
            by_strike[strike] = one
    strikes = sorted(by_strike)
    told = [_told(by_strike[strike], implied, stale) for strike in strikes]
    bid, ask, mark = (np.array(column, dtype=float) for column in zip(*told, strict=True))
    return Points(years, forward, np.array([float(one) for one in strikes]), bid, ask, mark)


def _outside(one: Listing, forward: float) -> bool:
    """Whether an option is out of the money."""
    return (one.instrument.payoff is Payoff.PUT) is (float(one.instrument.exercise or 0) < forward)


def _told(one: Listing, implied: Vols, stale: Mapping[InstrumentId, bool]) -> tuple[float, float, float]:
    name = one.instrument.id
    if stale[name]:
        return math.nan, math.nan, math.nan
    bid, ask = implied[name]
    mark = None if one.mark is None else one.mark.mark_iv
    return tuple(math.nan if value is None else value for value in (bid, ask, mark))  # type: ignore[return-value]


def at(fitted: Fitted | None, found: Sequence[Listing], forward: float | None) -> dict[InstrumentId, float]:
    """Return the smile's volatility of each option; empty without one."""
    if fitted is None or forward is None:
        return {}
    some = [one for one in found if one.instrument.exercise is not None]
    strikes = np.array([float(one.instrument.exercise or math.nan) for one in some])
    values = smiles.vols(fitted, strikes, forward)
    return {one.instrument.id: float(vol) for one, vol in zip(some, values, strict=True) if math.isfinite(vol)}


def told(fitted: Fitted | None) -> SmileLaw | None:
    """Return a smile as the chain's view has it."""
    if fitted is None:
        return None
    law, one = fitted.smile.law, fitted.smile
    return SmileLaw(
        a=law.a, b=law.b, rho=law.rho, m=law.m, sigma=law.sigma, years=law.years, name=one.name, rmse=one.rmse,
        points=one.points, low=one.low, high=one.high, free=fitted.free,
    )  # fmt: skip
