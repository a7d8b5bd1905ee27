"""The tape: trades of one instrument, or of those around it."""

from __future__ import annotations

import msgspec

from engine.core.ids import InstrumentId
from engine.core.units import Nanos, Qty, Ticks


class TapeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One trade."""

    at: Nanos
    price: Ticks
    """Of YES after it."""
    qty: Qty
    bought: bool | None
    """It lifted the price of YES; None where nobody says."""
    mine: bool
    instrument: InstrumentId | None = None
    label: str = ""
    """The instrument's name, for a tape of several."""
    value: float | None = None
    """The price in cents; of what does not pay 1 or nothing, in its own money."""
    binary: bool = True
    count: int = 1
    """Trades gathered in it."""


class TapeView(msgspec.Struct, frozen=True, kw_only=True):
    """The trades of one instrument, or of those around it, newest first."""

    instrument: InstrumentId
    """The linked one; sums are of it alone."""
    utc_offset_hours: int
    rows: tuple[TapeRow, ...]
    bought: Qty
    """Sum of what lifted the price, over the tape's ten minutes."""
    sold: Qty
