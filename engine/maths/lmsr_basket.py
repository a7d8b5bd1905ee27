"""A hedge spread over the cells around a place: how many shares of each, and what they cost.

The marginal cost takes every share at the price before the purchase; the exact one walks each market's curve, and two
legs of one market one after the other. The exact is never less.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths.lmsr import step

if TYPE_CHECKING:
    from collections.abc import Sequence

HALF_KM: Final = 5.0
"""Distance at which a cell counts half as much as at none."""
HALVINGS: Final = 60


class Cell(NamedTuple):
    """One leg: a market near the place."""

    price: float
    weight: float


class Basket(NamedTuple):
    """A hedge at marginal prices."""

    shares: tuple[float, ...]
    cost: float
    payoff_all: float
    """If every cell pays."""
    payoff_none: float


class Curve(NamedTuple):
    """The market of one leg."""

    market: str
    price: float
    b: float
    """Shares."""


def weight_at(km: float) -> float:
    """Return what a cell so far away counts, 1 where the place lies in it; ValueError for a negative distance."""
    if not km >= 0.0:
        msg = f"a distance is not negative, was {km} km"
        raise ValueError(msg)
    return 1.0 / (1.0 + km / HALF_KM)


def basket(loss: float, cells: Sequence[Cell], budget: float | None = None) -> Basket:
    """Return shares that together pay `loss`, by weight; fewer in proportion where the budget is less than the cost.

    Parameters
    ----------
    loss : float, account currency, >= 0
        To be made up for if all cells pay.
    cells : sequence of Cell
        Prices in [0, 1], weights >= 0 and not all 0.
    budget : float, account currency, >= 0, optional

    Raises
    ------
    ValueError
        If an argument is out of its range or there is no cell.
    """
    whole = math.fsum(weight for _, weight in cells)
    if not all(0.0 <= price <= 1.0 and weight >= 0.0 for price, weight in cells) or not 0.0 < whole < math.inf:
        msg = f"no basket of {len(cells)} cells with weights that sum to {whole}"
        raise ValueError(msg)
    if not 0.0 <= loss < math.inf or (budget is not None and not 0.0 <= budget < math.inf):
        msg = f"loss and budget must be finite and not negative, were {loss} and {budget}"
        raise ValueError(msg)
    shares = [loss * weight / whole for _, weight in cells]
    cost = math.fsum(n * price for n, (price, _) in zip(shares, cells, strict=True))
    if budget is not None and cost > budget:
        shares = [n * (budget / cost) for n in shares]
        cost = budget
    return Basket(tuple(shares), cost, math.fsum(shares), 0.0)


def exact_costs(shares: Sequence[float], curves: Sequence[Curve]) -> tuple[float, ...]:
    """Return what each leg costs on its own curve, bought in order; a leg of a market already bought starts higher.

    Raises
    ------
    ValueError
        As `lmsr.trade_cost`, or if the sequences differ in length.
    """
    moved: dict[str, float] = {}
    costs = []
    for n, curve in zip(shares, curves, strict=True):
        cost, after = step(moved.get(curve.market, curve.price), n, curve.b)
        moved[curve.market] = after
        costs.append(cost)
    return tuple(costs)


def affordable(shares: Sequence[float], curves: Sequence[Curve], budget: float) -> tuple[float, ...]:
    """Return the shares, or so much of all in proportion that the exact cost stays within the budget.

    Raises
    ------
    ValueError
        As `exact_costs`, or if the budget is negative.
    """
    if not budget >= 0.0:
        msg = f"a budget is not negative, was {budget}"
        raise ValueError(msg)
    if math.fsum(exact_costs(shares, curves)) <= budget:
        return tuple(shares)
    low, high = 0.0, 1.0  # the cost rises with the part
    for _ in range(HALVINGS):
        part = 0.5 * (low + high)
        if math.fsum(exact_costs([n * part for n in shares], curves)) <= budget:
            low = part
        else:
            high = part
    return tuple([n * low for n in shares])
