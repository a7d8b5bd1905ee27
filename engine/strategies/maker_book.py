"""The book as a market maker reads it: the step where it is, and the best prices at which others stand. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.units import Leg, Side, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.instrument import Instrument
    from engine.strategies.context import Market, Working


def top_of(instrument: Instrument) -> int:
    """Return the ticks of a share that surely pays."""
    return round(1 / instrument.unit)


def best(market: Market, ours: Iterable[Working]) -> tuple[Ticks, int | None, int | None]:
    """Return the step where the market is in ticks, and the others' best bid and ask in such steps."""
    wide, top = step(market), top_of(market.instrument)
    bid, ask = (_others(market, side, ours, top) for side in (Side.BUY, Side.SELL))
    return wide, None if bid is None else bid // wide, None if ask is None else -(-ask // wide)


def step(market: Market) -> Ticks:
    """Return the grid's step where the market is, in ticks."""
    at, grid = market.book.best_bid or market.book.best_ask or Ticks(0), market.instrument.grid
    return next((band.step for band in grid if band.start <= at <= band.stop), grid[0].step)


def _others(market: Market, side: Side, ours: Iterable[Working], top: int) -> Ticks | None:
    """Return the best price of a side at which somebody else stands, ticks of YES."""
    own: dict[int, Decimal] = {}
    for one in ours:
        if (one.side is Side.BUY) is ((side is Side.BUY) is (one.leg is Leg.YES)):
            at = one.price if one.leg is Leg.YES else top - one.price
            own[at] = own.get(at, Decimal(0)) + one.qty - one.filled
    for price, lots in market.book.walk(side):
        if lots * market.instrument.lot > own.get(price, 0):
            return price
    return None
