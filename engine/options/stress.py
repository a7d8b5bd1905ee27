"""What a portfolio of derivatives would come to if spot and volatility jumped: a grid, and its worst corner.

This is what the gates count as the exposure of options, futures and perpetuals. What an option cost says nothing of
what a sold one can lose, so their loss is that of the worst cell of a grid: the underlying up or down to a fifth,
every volatility ten points up or down, at once and with the time left. Options are reckoned by Black-76 at the shocked
forward, so that one that was bought never counts for more than it is worth. Against now, not against cost: what was
lost until now is in the day's result. An order that works may fill or not, so in each cell it counts with what it
would lose there, at its limit and with its fee, and never with what it would gain.

Source: the grid of `specs/venues/hedging` §6; portfolio margin of option venues works alike.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths import black

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.options.greeks import Model

SPOTS: Final = (-0.20, -0.15, -0.10, -0.05, 0.0, 0.05, 0.10, 0.15, 0.20)
VOLS: Final = (-0.10, 0.0, 0.10)
LEAST_VOL: Final = 0.01
CELLS: Final = tuple((spot, vol) for spot in SPOTS for vol in VOLS)


class Contract(NamedTuple):
    """One unit of a derivative as the grid sees it."""

    model: Model | None
    """None of a future or a perpetual."""
    strike: float
    put: bool
    moves: float
    """Of a future: dollars that one unit gains if the underlying doubles. Of an option unused."""


class Holding(NamedTuple):
    """So many units, negative for short."""

    qty: float
    contract: Contract


class Working(NamedTuple):
    """An order that may fill: `qty` as of a holding, and dollars that a unit is paid for or sold at, against now."""

    qty: float
    contract: Contract
    worse: float
    """Dollars a unit that its limit is worse than what it is worth now; negative where it is better."""
    fee: float
    """Dollars, of all of it."""


@lru_cache(maxsize=2_048)
def changes(one: Contract) -> tuple[float, ...]:
    """Return by how many dollars one unit changes, for each of `CELLS`; one order asks for the same ones many times."""
    if one.model is None:
        return tuple(one.moves * spot for spot, _ in CELLS)
    forward, vol, years, dollars = one.model
    now = black.option(forward, one.strike, vol, years, put=one.put).price
    return tuple(
        dollars
        * (
            black.option(
                forward * (1.0 + spot), one.strike, max(LEAST_VOL, vol + jump), years, put=one.put
            ).price
            - now
        )
        for spot, jump in CELLS
    )  # fmt: skip


def grid(held: Iterable[Holding], working: Sequence[Working] = ()) -> tuple[float, ...]:
    """Return the result of each of `CELLS`, whatever of the orders fills."""
    sums = [0.0] * len(CELLS)
    for one in held:
        for i, change in enumerate(changes(one.contract)):
            sums[i] += one.qty * change
    for order in working:
        cost = abs(order.qty) * order.worse + order.fee
        for i, change in enumerate(changes(order.contract)):
            sums[i] += min(0.0, order.qty * change - cost)
    return tuple(sums)


def worst(results: Iterable[float]) -> float:
    """Return the greatest loss of a grid, never negative."""
    return max(0.0, -min(results, default=0.0))
