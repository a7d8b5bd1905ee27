"""The desk's side of requests for quotes: the trace that names all that comes of one, quotes and trades as rows.

What is asked and answered stands in `quotes`. A request bears one trace from its receipt to the last order that
hedges it.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import InstrumentId, VenueId
from engine.core.quotes import Quote, QuoteFill
from engine.core.units import Nanos


class QuoteSums(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a quote would make us hold if it were taken, as reckoned when it was made."""

    underlying: str
    delta: float
    """Coins; gamma coins a dollar, vega dollars a point."""
    gamma: float
    vega: float
    premium: float
    """Dollars of options that we would buy."""


class QuoteRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A quote of ours as the ledger knows it: there before it was signed."""

    client: str
    trace: str
    at: Nanos
    quote: Quote
    status: str
    """As `QuoteStood.status`; ``signing`` until the venue or the simulated taker has it."""
    sums: QuoteSums | None = None
    """None of one that an older version made."""


class Hedge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One instrument that hedges a trade."""

    instrument: InstrumentId
    target: Decimal
    """Its units of quantity: bought positive, sold negative."""


class TradeRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A trade that binds, as the ledger knows it: there before anything is done about it."""

    key: str
    """Venue, quote and the venue's name of the trade: it counts once."""
    trace: str
    client: str
    at: Nanos
    venue: VenueId
    legs: tuple[QuoteFill, ...]
    state: str
    """``EXECUTED``, ``HEDGED``, ``FAILED`` or ``CLOSED``."""
    mode: str
    """``offset``, ``delta`` or ``none``."""
    hedges: tuple[Hedge, ...] = ()
    why: str = ""
    taker: str = ""


def trace_of(venue: str, request: str) -> str:
    """Return the trace of a request."""
    return f"rfq:{venue}:{request}"
