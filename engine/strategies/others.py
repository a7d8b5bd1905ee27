"""A venue's book without our own orders in it: what others bid and ask. Pure."""

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


def best(market: Market, side: Side, ours: Iterable[Working]) -> tuple[Ticks, Decimal] | None:
    """Return the best price of a side at which somebody else stands, ticks of YES, and the shares of others there.

    `ours` are those of our orders that stand in this book; see `engine.strategies.context.shown`.
    """
    lot, own = market.instrument.lot, _own(market, side, ours)
    for price, lots in market.book.walk(side):
        left = lots * lot - own.get(price, 0)
        if left > 0:
            return price, left
    return None


def _own(market: Market, side: Side, ours: Iterable[Working]) -> dict[int, Decimal]:
    """Return our shares by price, ticks of YES."""
    top, own = top_of(market.instrument), dict[int, Decimal]()
    for one in ours:
        if (one.side is Side.BUY) is ((side is Side.BUY) is (one.leg is Leg.YES)):
            at = one.price if one.leg is Leg.YES else top - one.price
            own[at] = own.get(at, Decimal(0)) + one.qty - one.filled
    return own
