"""What a market maker of one binary market may hold, and how much holding it should frighten him.

Capacity is what half the bankroll's share could still hedge: long YES is closed by buying NO, so the dearer the other
side, the smaller the room. Fear grows as the room fills, structure says how dangerous the market is by itself (near
50 cents, few participants). Their product with the flow's toxicity (`engine.maths.toxicity`) skews and widens the
quotes (`engine.maths.quoting`).

Quantities are net YES shares, > 0 long YES; money is account currency; prices are those of YES.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from engine.maths.logit import bounded

SIDE_SHARE: Final = 0.5
"""Part of a market's bankroll that one side may use."""
FULLEST: Final = 0.999999
SLIP: Final = 0.10
PHI_MIN: Final = 0.05
GAMMA_MAX: Final = 10.0
"""The product's cap on fear; from 50 on skew is saturation."""
ROUNDING: Final = 1e-9


class Capacity(NamedTuple):
    """How full the book of one market is."""

    side: float
    """Account currency that one side may use."""
    shares: float
    """The most net shares worth holding at this price."""
    filled: float
    """Inventory over `shares`, -1 to 1."""


class Structure(NamedTuple):
    """How dangerous a market is by what it is."""

    ambiguity: float
    """1 at 50 cents, towards 0 where all is decided."""
    thinness: float
    """1 without participants, towards 0 with many."""
    weight: float
    """Weighted mean of both."""
    factor: float
    """What quotes are scaled by."""


class Floor(NamedTuple):
    """Cash that must stay: a least share and what completing the hedge would cost."""

    floor: float
    free: float
    reduce_only: bool
    """Only orders that reduce the inventory may go out."""


def time_factor(at: float, start: float, resolves: float, eta: float = 0.5) -> float:
    """Return the share of capacity left, ``(time left / whole time)^eta``: 1 up to the start, 0 from resolution on.

    What never resolves, as far as is known, has all of its capacity.

    The three times share any one unit. ValueError for a negative or unfinite `eta`.
    """
    if not 0.0 <= eta < math.inf:
        msg = f"eta must be finite and not negative, was {eta}"
        raise ValueError(msg)
    if at >= resolves or resolves <= start:
        return 0.0
    if resolves == math.inf:
        return 1.0
    return float(min((resolves - at) / (resolves - start), 1.0) ** eta)


def capacity(
    bankroll: float, markets: int, left: float, p: float, held: float, slip: float = SLIP, capital_cap: bool = True
) -> Capacity:
    """Return how much may be held and how full it is.

    Parameters
    ----------
    bankroll : float, account currency, >= 0
        Of all markets; each of `markets` has an equal part.
    markets : int
        Fewer than 1 counts as 1.
    left : float in [0, 1]
        `time_factor`.
    p : float in [0, 1]
        Price of YES.
    held : float, net YES shares
    slip : float, >= 0
        What hedging costs above the price.
    capital_cap : bool
        Whether the side held must fit the side's money too. Without it the favourite's room explodes: at 0.9 it
        would be 757 shares worth 682 from a budget of 83.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    p = _price(p, slip)
    if not (0.0 <= bankroll < math.inf and 0.0 <= left <= 1.0 and math.isfinite(held)):
        msg = f"no capacity of bankroll {bankroll}, time left {left}, inventory {held}"
        raise ValueError(msg)
    side = SIDE_SHARE * bankroll / max(markets, 1)
    other, own = (1.0 - p, p) if held >= 0.0 else (p, 1.0 - p)
    dearest = max(other, own) if capital_cap else other
    shares = side * left / (dearest * (1.0 + slip))
    if held == 0.0:
        return Capacity(side, shares, 0.0)
    if shares <= 0.0:  # nothing may be held, something is: the skew is at its strongest, not at none
        return Capacity(side, shares, math.copysign(1.0, held))
    return Capacity(side, shares, min(max(held / shares, -1.0), 1.0))


def fear(filled: float, a: float = 1.0, most: float = GAMMA_MAX) -> float:
    """Return ``1 / (1 - |filled|)^a``, from 1 to `most`: solvency fear.

    Raises
    ------
    ValueError
        If `filled` is no number, `a` is negative or `most` is below 1.
    """
    if math.isnan(filled) or not 0.0 <= a < math.inf or not 1.0 <= most < math.inf:
        msg = f"no fear of {filled} with exponent {a} and cap {most}"
        raise ValueError(msg)
    return float(min(max((1.0 - min(abs(filled), FULLEST)) ** -a, 1.0), most))


def structure(
    p: float,
    participants: float,
    *,
    beta: float = 0.8,
    alpha: float = 1.0,
    reference: float = 100.0,
    floor: float = 0.0,
    least: float = 1.0,
    most: float = 2.0,
    of_ambiguity: float = 1.0,
    of_thinness: float = 1.0,
) -> Structure:
    """Return the structural multiplier, between `least` and `most`; it falls as people come, and peaks at 50 cents.

    Parameters
    ----------
    p : float in [0, 1]
    participants : float
        Different traders; less than 0 counts as 0. A proxy is the root of the trades of six hours.
    beta, alpha : float, >= 0
        How sharply ambiguity and thinness fall.
    reference : float, > 0
        Participants at which thinness is (1/2)^alpha.
    floor : float in [0, 1]
        Least ambiguity: a barrier that may be hit at any time is dangerous at 2 cents too.
    of_ambiguity, of_thinness : float, >= 0, not both 0
        Weights.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    p = bounded(p)
    whole = of_ambiguity + of_thinness
    fit = beta >= 0.0 and alpha >= 0.0 and 0.0 < reference < math.inf and min(of_ambiguity, of_thinness) >= 0.0
    if not (fit and 0.0 < whole < math.inf and least <= most and not math.isnan(participants)):
        msg = f"no structure of {participants} participants, beta {beta}, alpha {alpha}, reference {reference}"
        raise ValueError(msg)
    ambiguity = max((4.0 * p * (1.0 - p)) ** beta, floor)
    thinness = (reference / (max(participants, 0.0) + reference)) ** alpha
    weight = (of_ambiguity * ambiguity + of_thinness * thinness) / whole
    return Structure(ambiguity, thinness, weight, least + (most - least) * weight)


def cash_floor(
    cash: float, bankroll: float, markets: int, held: float, p: float, open_buys: float,
    slip: float = SLIP, phi_min: float = PHI_MIN,
) -> Floor:  # fmt: skip
    """Return what cash must stay, ``phi_min · bankroll / markets + |held| · price of the other side · (1 + slip)``.

    A losing long makes the other side dear, the floor rises and new purchases shrink by themselves.

    Parameters
    ----------
    cash, bankroll, open_buys : float, account currency
        In hand; of all markets; what working purchases would take.
    markets, held, p, slip : as for `capacity`
    phi_min : float, >= 0
        Share of a market's bankroll that always stays.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    p = _price(p, slip)
    if not (bankroll >= 0.0 and phi_min >= 0.0 and math.isfinite(cash + held + open_buys)):
        msg = f"no floor of cash {cash}, inventory {held}, open purchases {open_buys}"
        raise ValueError(msg)
    other = 1.0 - p if held >= 0.0 else p
    floor = phi_min * bankroll / max(markets, 1) + abs(held) * other * (1.0 + slip)
    free = cash - open_buys - floor
    return Floor(floor, free, free < -ROUNDING)


def _price(p: float, slip: float) -> float:
    if not 0.0 <= slip < math.inf:
        msg = f"slippage must be finite and not negative, was {slip}"
        raise ValueError(msg)
    return bounded(p)
