"""Positions on venues, and what leaving them would cost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.ids import MarketId
from engine.core.units import Leg, Lots, Money, Side
from engine.kernel import determining
from engine.kernel.project import names
from engine.kernel.project.listed import derivative, instruments
from engine.maths import contracts, fees
from engine.views.account import PositionLine

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.portfolio.position import Position


def position(state: State, instrument: InstrumentId, leg: Leg, held: Position) -> PositionLine:
    """Return a position on a venue; its mark and close are unknown while the venue has not listed it again."""
    listing = state.listings.get(instrument)
    if listing is not None and contracts.is_derivative(listing.instrument):
        return derivative.position(state, listing, leg, held)
    price, source = (None, "") if listing is None else instruments.mark(listing, leg)
    gain = None if price is None else Money(instruments.money_of(price, held.qty) - held.cost)
    family = None if listing is None else listing.instrument.family
    closes = None if listing is None else listing.instrument.closes
    venue = instruments.venue_title(state, instrument.venue)
    unsure = " · provisional" if listing is not None and determining.provisional(state, listing) else ""
    return PositionLine(
        instrument=instrument,
        market=MarketId(family or instrument.symbol),
        name=names.instrument(state, instrument),
        leg=leg.value,
        qty=held.qty,
        average=100.0 * float(held.average or 0),
        mark=None if price is None else 100.0 * price,
        mark_from=source,
        unrealised=gain,
        realised=held.realised,
        fees=held.fees,
        net=None if gain is None else Money(gain + held.realised - held.fees),
        max_loss=held.cost,
        max_win=Money(held.qty - held.cost),
        closes=closes,
        source=f"{venue} {'not listed' if listing is None else listing.status}{unsure}",
    )


def leaving(listing: Listing, leg: Leg, qty: Decimal) -> Money | None:
    """Return what selling `qty` of a leg into the book now would lose against its mark; None where it is too thin."""
    one = listing.instrument
    if contracts.is_derivative(one):
        return derivative.leaving(listing, leg, qty)
    price, _ = instruments.mark(listing, leg)
    if price is None:
        return None
    side = Side.BUY if leg is Leg.YES else Side.SELL
    wanted = Lots(int(qty / one.lot))
    got = Decimal(0)
    for ticks, lots in listing.book.levels(side):
        taken = min(wanted, lots)
        each = ticks * one.unit if leg is Leg.YES else 1 - ticks * one.unit
        shares = instruments.qty(one, taken)
        got += shares * each - fees.trade_fee(one.fee, Side.SELL, each, shares, False)
        wanted = Lots(wanted - taken)
        if not wanted:
            return Money(instruments.money_of(price, instruments.qty(one, Lots(int(qty / one.lot)))) - got)
    return None
