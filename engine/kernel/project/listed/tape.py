"""The trades of a venue's instrument."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.units import Qty, Side
from engine.kernel.project.listed import instruments
from engine.kernel.state import TAPE_NS
from engine.views.market import TapeRow, TapeView

if TYPE_CHECKING:
    from engine.core.events import Trade
    from engine.core.instrument import Instrument
    from engine.kernel.desks import Listing
    from engine.kernel.state import State

ROWS: Final = 300


def view(state: State, listing: Listing) -> TapeView:
    """Return the newest trades; the sums leave out those of which the venue names no side."""
    one = listing.instrument
    ours = {fill.trade_id for fill in state.fills if fill.instrument == one.id}
    prints = list(listing.tape)[-ROWS:]
    recent = [trade for trade in prints if state.now - trade.at <= TAPE_NS]
    return TapeView(
        instrument=one.id,
        utc_offset_hours=state.utc_offset_hours,
        rows=tuple(
            TapeRow(
                at=trade.at,
                price=trade.price,
                qty=instruments.qty(one, trade.lots),
                bought=trade.taker is Side.BUY,
                mine=bool(trade.trade_id) and trade.trade_id in ours,
            )
            for trade in reversed(prints)
        ),
        bought=_sum(one, recent, Side.BUY),
        sold=_sum(one, recent, Side.SELL),
    )


def _sum(one: Instrument, recent: list[Trade], side: Side) -> Qty:
    return Qty(sum((instruments.qty(one, trade.lots) for trade in recent if trade.taker is side), Decimal(0)))
