"""Where the pointer is in one dock, for those beside it: a moment, a price, or both, of one instrument."""

from __future__ import annotations

from typing import NamedTuple

from engine.core.ids import InstrumentId


class Pointed(NamedTuple):
    """What is pointed at. None where a dock knows no such thing: a ladder has no moment, a time axis no price."""

    instrument: InstrumentId
    at: int | None = None
    """UTC nanoseconds."""
    price: float | None = None
    """Of YES, in cents; of what does not pay 1 or nothing, in its own money."""
