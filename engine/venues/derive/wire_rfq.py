"""Requests for quotes on Derive and our answers, as they come and as they are sent. Pure.

A request's legs have the directions in which its taker would trade if he bought the package; a quote's direction is
its maker's side of the whole. Amounts of the legs become whole ratios of the largest size that fits into all of them.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import gcd
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from engine.core.ids import DERIVE, InstrumentId
from engine.core.quotes import QuoteFill, QuoteLeg, QuoteRequest
from engine.core.units import SECOND, Qty, Side
from engine.venues.derive import abi, sign, wire_orders
from engine.venues.derive.numbers import instant, number
from engine.venues.derive.wire import MOST, Digits, Page, Prose, Stamp, Word
from engine.venues.derive.wire_account import WHY
from engine.venues.derive.wire_market import SIDES
from engine.venues.derive.wire_orders import Unsendable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.quotes import Quote
    from engine.core.units import Nanos
    from engine.venues.derive.sign import Signer
    from engine.venues.derive.wire_account import Fact
    from engine.venues.derive.wire_instruments import Spec

SEND: Final = "/private/send_quote"
REPLACE: Final = "/private/replace_quote"
CANCEL: Final = "/private/cancel_quote"
LEAST_S: Final = 12
"""Shortest life of a signature here; the venue wants more than ten seconds."""
STATUS: Final = frozenset({"open", "filled", "cancelled", "expired"})


class LegRow(msgspec.Struct, frozen=True):
    """A leg; a quote's has a price."""

    instrument_name: Annotated[str, msgspec.Meta(max_length=64, pattern=r"\A[A-Za-z0-9_-]+\Z")]
    direction: Word
    amount: Digits
    price: Digits | None = None


Legs = Annotated[list[LegRow], msgspec.Meta(min_length=1, max_length=32)]


class RfqRow(msgspec.Struct, frozen=True):
    """A request, as its makers see it."""

    rfq_id: Word
    status: Word
    legs: Legs
    creation_timestamp: Stamp = 0
    valid_until: Stamp = 0
    partial_fill_step: Digits | None = None
    filled_pct: Digits | None = None
    wallet: Word = ""


class QuoteRow(msgspec.Struct, frozen=True):
    """A quote of ours."""

    quote_id: Word
    rfq_id: Word
    status: Word
    direction: Word
    legs: Legs
    label: Prose = ""
    cancel_reason: Word | None = None
    fill_pct: Digits | None = None
    subaccount_id: Stamp = 0
    nonce: Word | int = 0


class RfqsReply(msgspec.Struct, frozen=True):
    """A page of requests."""

    rfqs: Annotated[list[RfqRow], msgspec.Meta(max_length=MOST)]
    pagination: Page = Page()


class QuotesReply(msgspec.Struct, frozen=True):
    """A page of quotes."""

    quotes: Annotated[list[QuoteRow], msgspec.Meta(max_length=MOST)]
    pagination: Page = Page()


class QuoteReplaced(msgspec.Struct, frozen=True):
    """What was taken back, and what stands instead or why nothing does."""

    cancelled_quote: QuoteRow | None = None
    quote: QuoteRow | None = None
    create_quote_error: msgspec.Raw = msgspec.Raw()


RFQ: Final = msgspec.json.Decoder(RfqRow)
RFQ_LIST: Final = msgspec.json.Decoder(list[RfqRow])
RFQS: Final = msgspec.json.Decoder(RfqsReply)
QUOTE: Final = msgspec.json.Decoder(QuoteRow)
QUOTE_LIST: Final = msgspec.json.Decoder(list[QuoteRow])
QUOTES: Final = msgspec.json.Decoder(QuotesReply)
REPLACED: Final = msgspec.json.Decoder(QuoteReplaced)


def request(row: RfqRow) -> QuoteRequest:
    """Return what is asked for; ValueError where an amount or a direction cannot be."""
    sizes = [abi.scaled(_above_0(leg.amount)) for leg in row.legs]
    whole = gcd(*sizes)
    legs = tuple(
        QuoteLeg(
            instrument=InstrumentId(DERIVE, leg.instrument_name),
            side=_side(leg.direction),
            ratio=Decimal(size // whole),
        )
        for leg, size in zip(row.legs, sizes, strict=True)
    )
    qty = Decimal(whole) / abi.SCALE
    step = number(row.partial_fill_step) if row.partial_fill_step else Decimal(0)
    return QuoteRequest(
        venue=DERIVE,
        id=row.rfq_id,
        legs=legs,
        qty=Qty(qty),
        opened=instant(row.creation_timestamp) if row.creation_timestamp > 0 else None,
        expires=instant(row.valid_until) if row.valid_until > 0 else None,
        least=Qty(qty * step) if 0 < step < 1 else None,
        taker=row.wallet[:64],
    )


def same_structure(one: QuoteRequest, quote: Quote) -> bool:
    """Whether a quote is for the whole request: its legs, in their order, and its size."""
    asked = [(leg.instrument, leg.side, leg.ratio) for leg in one.legs]
    return quote.qty == one.qty and asked == [(leg.instrument, leg.side, leg.ratio) for leg in quote.legs]


def body(
    quote: Quote,
    specs: Mapping[str, Spec],
    indexes: Mapping[str, Decimal],
    signer: Signer,
    nonce: int,
    at: Nanos,
    *,
    mmp: bool = False,
) -> dict[str, object]:
    """Return a signed quote as it is sent; each price on its tick, never better for the taker than it was given.

    The fee that is signed is for the whole package: three times what both sides would pay for every leg.

    Raises
    ------
    Unsendable
        If it is not for the whole request, has a leg without a price, or its time is out.
    """
    if not same_structure(quote.request, quote):
        raise Unsendable("Derive takes a quote only for all of the request's legs, at its whole size")
    if quote.until <= at:
        raise Unsendable("its time was out before it could be sent")
    buys = quote.side is Side.BUY
    legs = [_leg(leg, quote, specs[leg.instrument.symbol], buys=buys) for leg in quote.legs]
    fee = sum(
        (
            wire_orders.max_fee(specs[leg.instrument], leg.price, indexes[leg.instrument], post_only=False) * leg.amount
            for leg in legs
        ),
        Decimal(0),
    ).quantize(wire_orders.GRAIN, ROUND_CEILING)
    expiry = max(-(-quote.until // SECOND), at // SECOND + LEAST_S)
    try:
        signature = signer.quote(sign.quote_data(fee, legs, buys=buys), nonce, expiry)
        return {
            "rfq_id": quote.request.id,
            "subaccount_id": signer.subaccount,
            "direction": "buy" if buys else "sell",
            "legs": [
                {
                    "instrument_name": leg.instrument,
                    "direction": "buy" if leg.buys else "sell",
                    "amount": abi.text(leg.amount),
                    "price": abi.text(leg.price),
                }
                for leg in sorted(legs, key=lambda leg: leg.instrument)
            ],
            "max_fee": abi.text(fee),
            "nonce": nonce,
            "signer": signer.address,
            "signature": signature,
            "signature_expiry_sec": expiry,
            "label": quote.client[: wire_orders.LABEL],
            "mmp": mmp,
        }
    except ValueError as e:
        raise Unsendable(f"Derive cannot be sent this quote: {e}") from e


def taken(facts: Sequence[Fact]) -> tuple[QuoteFill, ...]:
    """Return what each leg of a quote traded."""
    return tuple(
        QuoteFill(
            trade_id=one.trade_id,
            instrument=one.instrument,
            side=Side.BUY if one.buys else Side.SELL,
            price=one.price,
            qty=one.qty,
            cost=one.cost,
            fee=one.fee,
            at=one.at,
        )
        for one in facts
    )


def standing(row: QuoteRow) -> tuple[str, str]:
    """Return how a quote stands and why, in our words; a word that is not known counts as ``lost``."""
    return row.status if row.status in STATUS else "lost", WHY.get(row.cancel_reason or "", "")


def filled(row: QuoteRow, quote: Quote) -> Qty:
    """Return how much of a quote has traded."""
    share = number(row.fill_pct) if row.fill_pct else Decimal(1 if row.status == "filled" else 0)
    return Qty(quote.qty * min(max(share, Decimal(0)), Decimal(1)))


def _leg(leg: QuoteLeg, quote: Quote, spec: Spec, *, buys: bool) -> sign.Leg:
    if leg.price is None or leg.price <= 0:
        raise Unsendable(f"{leg.instrument.symbol} has no price")
    ours_buys = (leg.side is Side.BUY) is buys
    steps = (leg.price / spec.step).to_integral_value(ROUND_FLOOR if ours_buys else ROUND_CEILING)
    if steps <= 0:
        raise Unsendable(f"{leg.instrument.symbol}: {leg.price} is below the least price")
    return sign.Leg(
        leg.instrument.symbol, spec.asset, spec.sub_id, steps * spec.step, leg.ratio * quote.qty, leg.side is Side.BUY
    )


def _above_0(text: str) -> Decimal:
    value = number(text)
    if value <= 0:
        msg = f"no amount of a leg: {text[:40]!r}"
        raise ValueError(msg)
    return value


def _side(direction: str) -> Side:
    if direction not in SIDES:
        msg = f"neither a purchase nor a sale: {direction[:20]!r}"
        raise ValueError(msg)
    return SIDES[direction]
