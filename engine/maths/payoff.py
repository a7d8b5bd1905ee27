"""What several options and futures of one underlying come to together: along its price, at any date, under any shift.

A leg is valued by Black's formula at its own volatility, which stays with the strike while the price moves. Its
forward stands to the spot as it does now, and comes to meet it at expiry. A premium paid in coin moves with the price.
Results are dollars against what was paid, fees not counted. An inverse future is, in dollars, a linear one of its
coins.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.maths import black_arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

Floats = NDArray[np.float64]

CALL, PUT, FUTURE = "C", "P", "F"
POINTS: Final = 401
PARTS, ROUNDS = 65, 6
"""A stretch is cut into 64, six times over: to 1e-11 of it."""
LEAST_VOL: Final = 0.01
"""A shift leaves at least this much volatility."""
FAR: Final = 50.0
"""Times the highest of price and strikes: where only the slope is left of anything."""


class Leg(NamedTuple):
    """One position."""

    kind: str
    """`CALL`, `PUT`, or `FUTURE` for whatever moves one for one: futures, perpetuals, the coin itself."""
    qty: float
    """Units of the underlying, below 0 for short."""
    strike: float
    """Of an option; of a future it is 0."""
    years: float
    """To expiry; of a perpetual 0."""
    vol: float
    """Annual; of a future 0."""
    carry: float = 1.0
    """Forward over spot, now."""
    paid: float = 0.0
    """Dollars a unit: an option's premium, a future's entry price."""
    paid_coin: float = 0.0
    """Coins a unit, for an option whose premium is paid in coin."""


class Payoff(NamedTuple):
    """A position along the price of its underlying."""

    spots: Floats
    now: Floats
    """Dollars, today."""
    at_end: Floats
    """Dollars, when the first leg expires; those that live longer at their worth then."""
    end_years: float
    break_evens: tuple[float, ...]
    """Prices at which the result at the end is 0, rising."""
    max_loss: float
    """Dollars, at most 0; minus infinity where nothing bounds it."""
    max_win: float
    debit: float
    """Dollars paid for all options, below 0 where more was received. Coin premiums at the price of now."""


class Sums(NamedTuple):
    """Greeks of all legs together along the price."""

    delta: Floats
    gamma: Floats
    vega: Floats
    """Dollars for a point of volatility."""
    theta: Floats
    """Dollars a day."""


def result(legs: Sequence[Leg], spots: ArrayLike, years_on: float = 0.0, vol_shift: float = 0.0) -> Floats:
    """Return what the legs come to at prices, `years_on` from now, every volatility shifted.

    Parameters
    ----------
    legs : any number
    spots : any shape, > 0
    years_on : float, >= 0
    vol_shift : float
        Added to each volatility, of which 0.01 is left at the least.

    Raises
    ------
    ValueError
        If a leg is none, or the time is negative.
    """
    at = np.asarray(spots, float)
    total = np.zeros(at.shape)
    for leg in legs:
        total += leg.qty * (_worth(leg, at, years_on, vol_shift) - leg.paid - leg.paid_coin * at)
    return total


def sums(legs: Sequence[Leg], spots: ArrayLike, years_on: float = 0.0, vol_shift: float = 0.0) -> Sums:
    """Return the greeks of all legs at prices, by the spot; arguments and errors as for `result`."""
    at = np.atleast_1d(np.asarray(spots, float))
    found = [np.zeros(at.shape) for _ in Sums._fields]
    for leg in legs:
        left, carry = _later(leg, years_on)
        if leg.kind == FUTURE:
            found[0] += leg.qty * (carry - leg.paid_coin)
            continue
        one = black_arrays.black(carry * at, leg.strike, _shifted(leg, vol_shift), left, leg.kind == PUT)
        parts = (one.delta * carry, one.gamma * carry * carry, one.vega / 100.0, one.theta_day)
        for total, part in zip(found, parts, strict=True):
            total += leg.qty * part
        found[0] -= leg.qty * leg.paid_coin
    return Sums(*found)


def payoff(legs: Sequence[Leg], spot: float, low: float, high: float, points: int = POINTS) -> Payoff:
    """Return the legs along prices from `low` to `high`.

    Raises
    ------
    ValueError
        If there is no leg, or not ``0 < low < high``, or a leg is none.
    """
    if not legs or not 0.0 < low < high < math.inf or not 0.0 < spot < math.inf:
        msg = f"no payoff of {len(legs)} legs between {low} and {high} with the price {spot}"
        raise ValueError(msg)
    end = first_expiry(legs)
    strikes = [leg.strike for leg in legs if leg.kind != FUTURE]
    inside = [one for one in strikes if low < one < high]
    spots = np.unique(np.concatenate([np.linspace(low, high, points), inside, [min(max(spot, low), high)]]))

    def ended(at: Floats) -> Floats:
        return result(legs, at, end)

    wide = _everywhere([*strikes, spot, low, high], spots)
    worth = ended(wide)
    shown = worth[np.searchsorted(wide, spots)]
    slope = (worth[-1] - worth[-2]) / (wide[-1] - wide[-2])
    flat = 1e-9 * max(1.0, sum(abs(leg.qty) for leg in legs))
    return Payoff(
        spots=spots,
        now=result(legs, spots),
        at_end=shown,
        end_years=end,
        break_evens=_zeros(ended, wide, worth),
        max_loss=-math.inf if slope < -flat else min(float(worth.min()), 0.0),
        max_win=math.inf if slope > flat else float(worth.max()),
        debit=sum(leg.qty * (leg.paid + leg.paid_coin * spot) for leg in legs if leg.kind != FUTURE),
    )


def first_expiry(legs: Sequence[Leg]) -> float:
    """Return the years until the first option expires; until the first future does where there is no option."""
    options = [leg.years for leg in legs if leg.kind != FUTURE]
    return min(options or [leg.years for leg in legs], default=0.0)


def _everywhere(marks: Sequence[float], shown: Floats) -> Floats:
    """Return prices that hold every kink, what is shown, close ones around all marks, and some far out."""
    top = max(marks)
    dense = np.linspace(0.0, 3.0 * top, 301)[1:]
    return np.unique(np.concatenate([[1e-9 * top], dense, shown, np.asarray(marks), [FAR * top, 2.0 * FAR * top]]))


def _zeros(function: Callable[[Floats], Floats], at: Floats, values: Floats) -> tuple[float, ...]:
    """Return where a function changes its sign, each found in parts of parts; stretches at 0 are no places."""
    touching = 1e-9 * max(1.0, float(np.abs(values[:-2]).max()))
    signs = np.where(np.abs(values) <= touching, 0, np.sign(values)).astype(int)
    spots = np.flatnonzero(signs)
    found = []
    for left, right in pairwise(spots):
        if signs[left] != signs[right] and right - left <= 2:
            found.append(_between(function, float(at[left]), float(at[right])))
    return tuple(found)


def _between(function: Callable[[Floats], Floats], low: float, high: float) -> float:
    """Return a zero between two prices of different signs: parts of parts, many at once."""
    for _ in range(ROUNDS):
        at = np.linspace(low, high, PARTS)
        values = function(at)
        n = int(np.argmax(np.sign(values[1:]) != np.sign(values[0])))
        low, high = float(at[n]), float(at[n + 1])
    return 0.5 * (low + high)


def _worth(leg: Leg, at: Floats, years_on: float, vol_shift: float) -> Floats:
    left, carry = _later(leg, years_on)
    if leg.kind == FUTURE:
        return carry * at
    return black_arrays.price(carry * at, leg.strike, _shifted(leg, vol_shift), left, leg.kind == PUT).reshape(at.shape)


def _later(leg: Leg, years_on: float) -> tuple[float, float]:
    """Return the years that are left, and forward over spot by then."""
    sound = leg.kind == FUTURE or (leg.kind in (CALL, PUT) and leg.strike > 0.0 and leg.vol >= 0.0)
    if not (sound and years_on >= 0.0 and leg.years >= 0.0 and leg.carry > 0.0 and math.isfinite(leg.qty)):
        msg = f"no position {tuple(leg)} after {years_on} years"
        raise ValueError(msg)
    left = max(leg.years - years_on, 0.0)
    return left, leg.carry ** (left / leg.years) if leg.years > 0.0 else leg.carry


def _shifted(leg: Leg, vol_shift: float) -> float:
    return leg.vol if vol_shift == 0.0 else max(leg.vol + vol_shift, LEAST_VOL)
