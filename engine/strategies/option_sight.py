"""What the options market maker sees: the others' book, what it holds, an option's worth by its own mark. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from engine.core.instrument import Payoff
from engine.core.units import DAY, SECOND, Leg, Side
from engine.maths import black

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.strategies.context import Context, Market, Own, Working

STALE_MARK_S: Final = 60.0


def key_of(instrument: Instrument, side: Side) -> str:
    """Return the name of the one order on a side of an option."""
    return f"{instrument.id.venue}/{instrument.id.symbol} {side.value}"


def held(own: Own, instrument: InstrumentId) -> float:
    """Return what a line holds of an instrument, short negative."""
    long, short = own.held.get((instrument, Leg.YES)), own.held.get((instrument, Leg.NO))
    return float((long.qty if long is not None else 0) - (short.qty if short is not None else 0))


def others(market: Market, side: Side, mine: Iterable[Working], unit: float, lot: float) -> list[tuple[float, float]]:
    """Return a side of the book without our own orders, best first: prices and units."""
    ours: dict[int, float] = {}
    for order in mine:
        if order.side is side:
            ours[order.price] = ours.get(order.price, 0.0) + float(order.qty - order.filled)
    found = []
    for ticks, lots in market.book.levels(side, 20):
        size = lots * lot - ours.get(ticks, 0.0)
        if size > 1e-9:
            found.append((ticks * unit, size))
    return found


def market_index(market: Market) -> Decimal | None:
    """Return the index that an option's mark names."""
    mark = market.mark
    return None if mark is None else mark.index


def spot(market: Market | None) -> float:
    """Return the price of an option's underlying by its mark, the forward where no index is told; 0 without."""
    mark = None if market is None else market.mark
    known = None if mark is None else mark.forward if mark.index is None else mark.index
    return 0.0 if known is None else float(known)


def unit_dollars(instrument: Instrument, index: float) -> float:
    """Return what one unit of the currency of a price is worth in dollars; 0 while that is not known."""
    return index if instrument.inverse else 1.0


def vol(market: Market) -> float:
    """Return the volatility of an option's mark; 0 while there is none."""
    mark = market.mark
    return 0.0 if mark is None or mark.mark_iv is None else float(mark.mark_iv)


def worth(context: Context, market: Market) -> tuple[black.Option | None, float | None]:
    """Return value and greeks of one coin of an option by its own mark, and that mark as it is quoted."""
    one, mark = market.instrument, market.mark
    if mark is None or one.exercise is None or one.expires is None or mark.mark_iv is None:
        return None, None
    pace = context.pace(one.id.venue)
    forward = mark.forward if mark.forward is not None else mark.index
    young = context.now - mark.at <= STALE_MARK_S * SECOND * pace
    if not young or forward is None or forward <= 0 or not 0.0 < mark.mark_iv < black.MOST_VOL:
        return None, None
    years = max(one.expires - context.now, 0) / (365 * DAY)
    found = black.option(float(forward), float(one.exercise), mark.mark_iv, years, put=one.payoff is Payoff.PUT)
    price = None if mark.price is None else float(mark.price)
    return found, price if price is not None and math.isfinite(price) else None
