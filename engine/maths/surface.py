"""Volatility over all expiries of one underlying, free of calendars and butterflies by the way it is put together.

Each expiry has its smile over log-moneyness against its own forward. At an expiry the total variance is the largest
of its own smile and those of all earlier ones: a later option is then never worth less, and since the price of a call
rises with variance, and the largest of convex prices is convex, butterflies stay impossible. Between expiries prices
of calls over the forward are mixed by time, which keeps both (Gatheral and Jacquier, lemma 5.1). Before the first
expiry and after the last nothing is said.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.maths import black_arrays
from engine.maths.implied import implied_vols

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.maths.smile import Slice

Floats = NDArray[np.float64]


class Break(NamedTuple):
    """Where an expiry's own smile lies below an earlier one's: a calendar spread would be free."""

    earlier: int
    later: int
    k: float
    """Log-moneyness of the deepest place."""
    short: float
    """Total variance that is missing there."""


class Surface(NamedTuple):
    """Smiles, soonest first, no two alike in time; `surface` makes one."""

    slices: tuple[Slice, ...]

    def variance(self, k: Floats, years: float) -> Floats:
        """Return total variances at log-moneynesses against the forward of that time.

        Raises
        ------
        ValueError
            If the time lies outside of the expiries.
        """
        times = [one.years for one in self.slices]
        if not times[0] <= years <= times[-1]:
            msg = f"no volatility at {years} years: the expiries lie between {times[0]} and {times[-1]}"
            raise ValueError(msg)
        after = int(np.searchsorted(times, years))
        late = self._at(after, k)
        if times[after] == years:
            return late
        share = (years - times[after - 1]) / (times[after] - times[after - 1])
        return _between(k, self._at(after - 1, k), late, share)

    def vol(self, k: Floats, years: float) -> Floats:
        """Return annual volatilities; arguments and errors as for `variance`."""
        found: Floats = np.sqrt(self.variance(k, years) / years)
        return found

    def grid(self, k: Floats) -> Floats:
        """Return annual volatilities at every expiry, shape (expiries, k)."""
        return np.stack([self.vol(k, one.years) for one in self.slices])

    def _at(self, n: int, k: Floats) -> Floats:
        found: Floats = np.max([one.variance(k) for one in self.slices[: n + 1]], axis=0)
        return found


def surface(slices: Sequence[Slice]) -> Surface:
    """Return the surface of smiles in any order.

    Raises
    ------
    ValueError
        If there is none, or two are of one time.
    """
    ordered = sorted(slices, key=lambda one: one.years)
    if not ordered or len({one.years for one in ordered}) < len(ordered):
        msg = f"a surface needs smiles of different times, was given {[one.years for one in ordered]}"
        raise ValueError(msg)
    return Surface(tuple(ordered))


def calendars(slices: Sequence[Slice], k: Floats) -> tuple[Break, ...]:
    """Return where smiles of the market, soonest first, let a calendar spread be free, one a pair of neighbours."""
    found = []
    for n, (early, late) in enumerate(pairwise(slices)):
        short = early.variance(k) - late.variance(k)
        worst = int(short.argmax())
        if short[worst] > 1e-12:
            found.append(Break(n, n + 1, float(k[worst]), float(short[worst])))
    return tuple(found)


def _between(k: Floats, early: Floats, late: Floats, share: float) -> Floats:
    """Return the variance of mixed prices; where these are too small to tell, the mixed variance."""
    strikes, put = np.exp(k), k < 0.0
    early_price, late_price = (black_arrays.price(1.0, strikes, np.sqrt(one), 1.0, put) for one in (early, late))
    mixed = implied_vols((1.0 - share) * early_price + share * late_price, 1.0, strikes, 1.0, put)
    found: Floats = np.where(mixed.known, mixed.vol * mixed.vol, (1.0 - share) * early + share * late)
    return found
