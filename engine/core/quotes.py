"""Requests for quotes and our answers, whoever asks: block requests, requests of a chain's takers, a trader's own.

A structure is some legs in fixed proportions. Its `side` is always **ours**: BUY means that we do with each leg what
the leg says, SELL the opposite of every leg.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import InstrumentId, VenueId
from engine.core.units import Leg, Money, Nanos, Qty, Side


class QuoteLeg(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One leg of a structure, as the one who bought the structure would trade it."""

    instrument: InstrumentId
    side: Side
    ratio: Decimal = Decimal(1)
    """Units of it for one unit of the structure, > 0."""
    price: Decimal | None = None
    """Per unit, in what the instrument is quoted in: of a quote the price we would trade at, of a hedge the fixed one;
    None in a request."""


class QuoteRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked for."""

    venue: VenueId
    id: str
    """The venue's name for it."""
    legs: tuple[QuoteLeg, ...]
    qty: Qty
    """Units of the structure, > 0."""
    sides: tuple[Side, ...] = (Side.BUY, Side.SELL)
    """Which of our sides can trade; both where the taker does not say which he wants."""
    opened: Nanos | None = None
    expires: Nanos | None = None
    """No quote is taken after it."""
    least: Qty | None = None
    """Smallest part of it that may trade; None where the venue does not say."""
    hedge: QuoteLeg | None = None
    """A leg at a price that is already agreed; its `ratio` is the whole quantity, and its side the taker's."""
    taker: str = ""
    """Who asks, where it is disclosed: plain text, at most 64 characters."""
    facts: tuple[tuple[str, str], ...] = ()
    """What only this venue needs to be told again in the answer."""


class Quote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A price of ours for a request, approved and ready to be sent."""

    request: QuoteRequest
    client: str
    """Our id: on disk before anything is sent, at most 64 characters."""
    side: Side
    """What we do with the structure."""
    qty: Qty
    legs: tuple[QuoteLeg, ...]
    """Those of the request, in its order, each with a price."""
    until: Nanos
    """After it the quote must not stand any more."""
    whole: bool = False
    """All of it or nothing."""
    venue_quote: str = ""
    """The venue's id once it stands."""


class QuoteFill(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One leg of a quote that traded; fields as in `Filled`."""

    trade_id: str
    instrument: InstrumentId
    side: Side
    """Ours."""
    leg: Leg = Leg.YES
    price: Decimal
    qty: Qty
    cost: Money
    fee: Money
    fee_currency: str = ""
    at: Nanos
