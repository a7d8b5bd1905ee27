"""Requests for quotes: what a taker asks for, what we answer, and by which number both find each other again.

Prices are dollars for one unit of the underlying, whatever a venue's own units are; sides are the taker's. A request
bears one trace from its receipt to the last order that hedges it.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import VenueId
from engine.core.units import Nanos, Qty, Side


class RfqLeg(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One option of a request."""

    underlying: str
    """In capitals, such as ``ETH``."""
    expires: Nanos
    strike: Decimal
    """Dollars."""
    put: bool
    side: Side
    """What the taker does."""
    qty: Qty
    """Units of the underlying, > 0."""


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody wants a price for: one option, or several that trade together or not at all."""

    source: VenueId
    id: str
    """The source's own, bounded; unique within it."""
    legs: tuple[RfqLeg, ...]
    taker: str = ""
    """As the source names him; empty where he does not say."""
    until: Nanos | None = None
    """When the request itself ends; None where the source does not say."""
    nonce: int = 0
    """Least number that a quote of ours may bear at its source, where that counts them."""
    refused: str = ""
    """Why the source's adapter will not have it quoted, in one sentence; empty while it may be."""
    facts: tuple[tuple[str, str], ...] = ()
    """What only its source needs to sign and send a quote: addresses, chain, the numbers as they came."""

    @property
    def trace(self) -> str:
        """The one name of everything that comes of it."""
        return trace_of(self.source, self.id)

    def fact(self, name: str) -> str:
        """Return a source's own fact about it; empty when it has none of that name."""
        return next((value for key, value in self.facts if key == name), "")


class Priced(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One leg of a quote."""

    price: Decimal
    """Dollars a unit, > 0."""


class Quoted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A quote as it is signed."""

    nonce: int
    """Unsigned, of 64 bits; spent once, whatever becomes of the quote."""
    price: Decimal
    """Dollars for one unit of the package, > 0: what we pay where `side` is BUY, what we get where it is SELL."""
    side: Side
    """What we do."""
    qty: Qty
    """Units of the package."""
    legs: tuple[Priced, ...]
    until: Nanos
    """To the whole second; from then on nobody may take it."""


class Hedge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One instrument that hedges a trade."""

    venue: VenueId
    symbol: str
    target: Decimal
    """Units of quantity, bought positive, sold negative."""


class RfqTradeRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A confirmed trade as the ledger knows it."""

    trace: str
    nonce: int
    at: Nanos
    source: VenueId
    request: Request
    quoted: Quoted
    state: str
    """``EXECUTED``, ``HEDGED`` or ``FAILED``."""
    hedges: tuple[Hedge, ...] = ()
    why: str = ""


def trace_of(source: str, rfq: str) -> str:
    """Return the trace of a request."""
    return f"rfq:{source}:{rfq}"
