"""The trades of one outcome."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.ids import EMBEDDED, InstrumentId, outcome_of
from engine.core.units import Qty, Ticks
from engine.kernel.project import quotes
from engine.kernel.project.listed import instruments
from engine.kernel.project.listed import tape as listed
from engine.kernel.state import TAPE_NS
from engine.views.market import TapeRow, TapeView

if TYPE_CHECKING:
    from engine.kernel.state import State

ROWS: Final = 300


def view(state: State, symbol: str) -> TapeView | None:
    """Return the newest trades of an instrument by its symbol; None when there is no such instrument."""
    listing = instruments.find(state, symbol)
    if listing is not None:
        return listed.view(state, listing)
    instrument = InstrumentId(EMBEDDED, symbol)
    try:
        market, outcome = outcome_of(instrument)
    except ValueError:
        return None
    found = state.exchange.markets.get(market)
    if found is None or outcome not in found.contract.tradable:
        return None
    prints = list(state.tape(instrument))[-ROWS:]
    recent = [one for one in prints if state.now - one.at <= TAPE_NS]
    return TapeView(
        instrument=instrument,
        utc_offset_hours=state.utc_offset_hours,
        rows=tuple(
            TapeRow(
                at=one.at,
                price=Ticks(one.ticks),
                qty=quotes.shares(float(one.qty)),
                bought=one.bought,
                mine=one.mine,
            )
            for one in reversed(prints)
        ),
        bought=Qty(sum((one.qty for one in recent if one.bought), Decimal(0))),
        sold=Qty(sum((one.qty for one in recent if not one.bought), Decimal(0))),
    )
