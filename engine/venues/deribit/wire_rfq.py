"""Block requests for quotes on Deribit: what is asked, how quotes of ours stand, and quotes as they are sent. Pure.

A structure's legs and a quote's direction are told from one side: a maker who quotes ``buy`` trades every leg as it
says, one who quotes ``sell`` the other way round.

Source: Deribit API v2, "Block RFQ".
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.ids import DERIBIT
from engine.core.quotes import QuoteFill, QuoteLeg, QuoteRequest
from engine.core.units import Nanos, Qty, Side
from engine.venues.deribit.numbers import MS, exact, nanos
from engine.venues.deribit.wire_market import named
from engine.venues.deribit.wire_orders import LABEL_MOST, Unsendable, side_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.instrument import Instrument
    from engine.core.quotes import Quote
    from engine.venues.deribit.wire_orders import Fact

LEGS_MOST: Final = 20
OVER: Final = {
    "filled": "filled", "traded": "filled", "cancelled": "cancelled", "expired": "expired", "closed": "closed",
}  # fmt: skip
STANDS: Final = {
    "open": "open", "filled": "filled", "cancelled": "cancelled", "expired": "expired", "rejected": "rejected",
}  # fmt: skip
WHY: Final = {
    "rfq_cancelled": "the taker took the request back",
    "rfq_expired": "the request ran out",
    "rfq_filled": "the request was filled by another",
    "expired": "its time ran out",
}


class LegRow(msgspec.Struct):
    """One leg."""

    instrument_name: str
    direction: str
    ratio: Decimal = Decimal(1)
    price: Decimal | None = None


class HedgeRow(msgspec.Struct):
    """A leg at a price that is agreed already."""

    instrument_name: str
    direction: str
    amount: Decimal
    price: Decimal


class RequestRow(msgspec.Struct):
    """A request, as a maker is told of it."""

    block_rfq_id: int
    state: str
    amount: Decimal
    legs: list[LegRow]
    creation_timestamp: int = 0
    expiration_timestamp: int = 0
    min_trade_amount: Decimal | None = None
    hedge: HedgeRow | None = None
    taker: str | None = None
    role: str = "maker"


class QuoteRow(msgspec.Struct):
    """A quote of ours."""

    block_rfq_quote_id: int
    block_rfq_id: int
    quote_state: str
    label: str | None = None
    quote_state_reason: str | None = None
    filled_amount: Decimal | None = None
    amount: Decimal | None = None


class Requests(msgspec.Struct):
    """What ``private/get_block_rfqs`` answers."""

    block_rfqs: list[RequestRow]


REQUEST: Final = msgspec.json.Decoder(RequestRow)
REQUESTS: Final = msgspec.json.Decoder(Requests)
QUOTE: Final = msgspec.json.Decoder(QuoteRow)
QUOTES: Final = msgspec.json.Decoder(list[QuoteRow])


def request(row: RequestRow) -> QuoteRequest:
    """Return a request that is open; ValueError where it cannot be."""
    amount = exact(row.amount)
    if not 0 < len(row.legs) <= LEGS_MOST or amount <= 0:
        msg = "a request for nothing"
        raise ValueError(msg)
    return QuoteRequest(
        venue=DERIBIT,
        id=str(row.block_rfq_id),
        legs=tuple(_leg(one) for one in row.legs),
        qty=Qty(amount),
        opened=nanos(row.creation_timestamp) if row.creation_timestamp else None,
        expires=nanos(row.expiration_timestamp) if row.expiration_timestamp else None,
        least=None if row.min_trade_amount is None else Qty(exact(row.min_trade_amount)),
        hedge=None if row.hedge is None else _hedge(row.hedge),
        taker=(row.taker or "")[:64],
    )


def _leg(row: LegRow) -> QuoteLeg:
    ratio = exact(row.ratio)
    if ratio <= 0:
        msg = "a leg of nothing"
        raise ValueError(msg)
    return QuoteLeg(instrument=named(row.instrument_name), side=side_of(row.direction), ratio=ratio)


def _hedge(row: HedgeRow) -> QuoteLeg:
    return QuoteLeg(
        instrument=named(row.instrument_name), side=side_of(row.direction), ratio=exact(row.amount),
        price=exact(row.price),
    )  # fmt: skip


def body(quote: Quote, known: Mapping[str, Instrument], venue_ms: int | None) -> dict[str, object]:
    """Return the parameters of a quote.

    Parameters
    ----------
    venue_ms : int, optional
        Until when it stands, by the venue's clock; None where that clock is not known.

    Raises
    ------
    Unsendable
        If a leg has no price, its instrument is not listed, or the label is too long.
    """
    if not 0 < len(quote.client) <= LABEL_MOST:
        raise Unsendable("its client id is none that the venue takes")
    if not quote.request.id.isdecimal():
        raise Unsendable("its request is none of the venue's")
    found: dict[str, object] = {
        "block_rfq_id": int(quote.request.id),
        "label": quote.client,
        "amount": _number(quote.qty),
        "direction": quote.side.value,
        "legs": [_sent(leg, quote.side, known) for leg in quote.legs],
        "execution_instruction": "all_or_none" if quote.whole else "any_part_of",
    }
    hedge = quote.request.hedge
    if hedge is not None:
        found["hedge"] = {
            "instrument_name": hedge.instrument.symbol, "direction": hedge.side.value, "amount": _number(hedge.ratio),
            "price": _number(hedge.price or Decimal(0)),
        }  # fmt: skip
    if venue_ms is not None:
        found["expires_at"] = venue_ms
    return found


def _sent(leg: QuoteLeg, side: Side, known: Mapping[str, Instrument]) -> dict[str, object]:
    """Return a leg with its price, rounded so that it is no worse for us than what was meant."""
    instrument = known.get(leg.instrument.symbol)
    if instrument is None or leg.price is None or leg.price <= 0:
        raise Unsendable(f"{leg.instrument.symbol[:80]} has no price, or is not listed")
    ticks, off = divmod(leg.price, instrument.unit)
    if off and ours(leg, side) is Side.SELL:
        ticks += 1
    if ticks <= 0:
        raise Unsendable(f"the price of {leg.instrument.symbol[:80]} is below its smallest step")
    return {
        "instrument_name": leg.instrument.symbol,
        "direction": leg.side.value,
        "ratio": _number(leg.ratio),
        "price": _number(ticks * instrument.unit),
    }


def ours(leg: QuoteLeg, side: Side) -> Side:
    """Return what we do with a leg when we do `side` with the structure."""
    if side is Side.BUY:
        return leg.side
    return Side.SELL if leg.side is Side.BUY else Side.BUY


def expires(quote: Quote, skew_ms: float | None) -> int | None:
    """Return until when a quote stands by the venue's clock; None while that is not known."""
    return None if skew_ms is None else int(quote.until / MS - skew_ms)


def standing(row: QuoteRow) -> tuple[str, str]:
    """Return how a quote stands, and why; a word that is not known leaves it where nothing is known."""
    reason = row.quote_state_reason or ""
    return STANDS.get(row.quote_state, "lost"), WHY.get(reason, "")


def taken(facts: Sequence[Fact], currency: str) -> tuple[QuoteFill, ...]:
    """Return the legs of a quote that traded."""
    return tuple(
        QuoteFill(
            trade_id=one.trade_id, instrument=one.instrument, side=one.side, price=one.price, qty=one.qty,
            cost=one.cost, fee=one.fee, fee_currency=currency, at=Nanos(one.at),
        )
        for one in facts
    )  # fmt: skip


def _number(value: Decimal) -> Decimal:
    return Decimal(f"{value:f}")
