"""The book as a market maker reads it: the step where it is, and the best prices at which others stand. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.units import Side, Ticks
from engine.strategies import others

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.strategies.context import Market, Working


def best(market: Market, ours: Iterable[Working]) -> tuple[Ticks, int | None, int | None]:
    """Return the step where the market is in ticks, and the others' best bid and ask in such steps."""
    wide, ours = step(market), tuple(ours)
    bid, ask = (others.best(market, side, ours) for side in (Side.BUY, Side.SELL))
    return wide, None if bid is None else bid[0] // wide, None if ask is None else -(-ask[0] // wide)


def step(market: Market) -> Ticks:
    """Return the grid's step where the market is, in ticks."""
    at, grid = market.book.best_bid or market.book.best_ask or Ticks(0), market.instrument.grid
    return next((band.step for band in grid if band.start <= at <= band.stop), grid[0].step)
