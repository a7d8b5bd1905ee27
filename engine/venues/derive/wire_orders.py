"""Order bodies of Derive, signed, and what its refusals mean. Pure, but for the nonce it is given.

A GTC order lives as long as its signature: `LIFE_S`. The fee that is signed is for one unit of volume and is the most
the venue may take; it is three times what the venue itself would suggest, since a signature for too little is
cancelled in the middle of a fill, and one for a thousand dollars would be a blank cheque.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import Tif
from engine.core.units import DAY, SECOND, Leg, Nanos, Qty, Side
from engine.venues.derive import abi, sign
from engine.venues.rest import compact

if TYPE_CHECKING:
    from engine.core.effects import Approved
    from engine.core.instrument import Known
    from engine.core.units import Ticks
    from engine.venues.derive.sign import Signer
    from engine.venues.derive.wire import RpcError
    from engine.venues.derive.wire_account import OrderRow
    from engine.venues.derive.wire_instruments import Spec

ORDER: Final = "/private/order"
REPLACE: Final = "/private/replace"
CANCEL: Final = "/private/cancel"
LIFE_S: Final = 90 * DAY // SECOND
"""Of an order without an end; the venue takes no signature for more than 120 days."""
SHORT_S: Final = 600
"""Of one that trades at once or not at all."""
LEAST_S: Final = 10
"""The venue's own floor."""
FEE_FACTOR: Final = 3
"""Times the fee of both sides at the dearer of limit and index."""
GRAIN: Final = Decimal("0.000000000001")
LABEL: Final = 64
"""Characters of a label."""
_TIFS: Final = {Tif.GTC: "gtc", Tif.IOC: "ioc", Tif.FOK: "fok", Tif.GTD: "gtc"}


class Unsendable(Exception):
    """An order that this venue cannot have; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A definite no: our word for it, and one sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What of an order is signed and sent, whether it is new or takes the place of another."""

    client: str
    buys: bool
    price: Ticks
    qty: Decimal
    tif: Tif
    until: Nanos | None = None
    post_only: bool = False
    reduce_only: bool = False


def terms(order: Approved) -> Terms:
    """Return the terms of a new order.

    Raises
    ------
    Unsendable
        If the venue has no such order.
    """
    place = order.place
    if place.price is None or place.qty is None:
        raise Unsendable("an order on Derive needs a price and a quantity")
    if place.reduce_only and place.tif not in {Tif.IOC, Tif.FOK}:
        raise Unsendable("Derive takes a reduce-only order only where it trades at once")
    return Terms(
        order.client, buys(place.side, place.leg), place.price, place.qty, place.tif, place.until,
        place.post_only, place.reduce_only,
    )  # fmt: skip


def moved(known: Known, row: OrderRow, price: Ticks, qty: Decimal) -> Terms:
    """Return the terms of what takes the place of an order of an earlier session, which the venue shows as `row`."""
    until = Nanos(row.signature_expiry_sec * SECOND) if row.signature_expiry_sec else None
    return Terms(
        known.client, buys(known.side, known.leg), price, qty, Tif.GTC, until, row.time_in_force == "post_only"
    )  # fmt: skip


def buys(side: Side, leg: Leg) -> bool:
    """Whether an order buys: selling what is held short is a purchase."""
    return (side is Side.BUY) is (leg is Leg.YES)


def max_fee(spec: Spec, price: Decimal, index: Decimal, *, post_only: bool) -> Decimal:
    """Return the fee that is signed, for one unit of volume, in dollars, rounded up to what can be signed."""
    both = 2 * max(spec.taker_rate, spec.maker_rate, Decimal(0)) * max(price, index)
    once = Decimal(0) if post_only else spec.base_fee / spec.amount_step
    return (FEE_FACTOR * both + once).quantize(GRAIN, ROUND_CEILING)


def create(
    spec: Spec, what: Terms, index: Decimal, signer: Signer, nonce: int, at: Nanos, *, mmp: bool = False
) -> dict[str, object]:
    """Return a signed order as it is sent.

    Parameters
    ----------
    index : Decimal, dollars
        Of the underlying, by which the fee is bounded.
    at : Nanos
        Now: the signature's end is counted from here.
    mmp : bool
        Whether the venue's market-maker protection holds for it.

    Raises
    ------
    Unsendable
        If a number of it cannot be signed, or its end is too near.
    """
    price = what.price * spec.unit
    fee = max_fee(spec, price, index, post_only=what.post_only)
    expiry = expires(what, at)
    try:
        data = sign.trade_data(
            spec.asset, spec.sub_id, price, what.qty, fee, signer.subaccount, buys=what.buys
        )  # fmt: skip
        body: dict[str, object] = {
            "instrument_name": spec.id.symbol,
            "subaccount_id": signer.subaccount,
            "direction": "buy" if what.buys else "sell",
            "order_type": "limit",
            "time_in_force": "post_only" if what.post_only else _TIFS[what.tif],
            "amount": abi.text(what.qty),
            "limit_price": abi.text(price),
            "max_fee": abi.text(fee),
            "nonce": str(nonce),
            "signer": signer.address,
            "signature": signer.order(data, nonce, expiry),
            "signature_expiry_sec": expiry,
            "label": what.client[:LABEL],
            "mmp": mmp,
        }
    except (ValueError, KeyError) as e:
        raise Unsendable(f"Derive cannot be sent this order: {e}") from e
    if what.post_only:
        body["reject_post_only"] = True  # without it the venue may move it to a price that was not asked for
    if what.reduce_only:
        body["reduce_only"] = True
    return body


def expires(what: Terms, at: Nanos) -> int:
    """Return when a signature ends, in unix seconds; Unsendable where that is too near."""
    now = at // SECOND
    if what.until is None:
        return now + (SHORT_S if what.tif in {Tif.IOC, Tif.FOK} else LIFE_S)
    end = min(what.until // SECOND, now + LIFE_S)
    if end - now <= LEAST_S:
        raise Unsendable(f"Derive takes no order that ends within {LEAST_S} s")
    return end


def replace(body: dict[str, object], venue_order: str, filled: Qty) -> bytes:
    """Return the body that puts a signed order in the place of one that stands.

    It is refused where more of that one has traded by then than we know.
    """
    return compact({**body, "order_id_to_cancel": venue_order, "expected_filled_amount": abi.text(filled)})


def cancel(venue_order: str, symbol: str, subaccount: int) -> bytes:
    """Return the body that takes an order back."""
    return compact({"order_id": venue_order, "subaccount_id": subaccount, "instrument_name": symbol})


UNKNOWN: Final = frozenset({9000, 9001})
"""The venue gave up waiting for its own matching: the order may be there."""
GONE: Final = frozenset({11003, 11004, 11005, 11006})
"""It works no more, or was never known: which of them, its history says."""
BUSY: Final = frozenset({-32000, -32100})
REFUSALS: Final[dict[int, Refusal]] = {
    -32602: Refusal("invalid", "the venue found the request invalid"),
    11000: Refusal("funds", "the account's margin is not enough for it"),
    11003: Refusal("not_found", "it was cancelled already"),
    11004: Refusal("not_found", "it was filled already"),
    11005: Refusal("not_found", "it had expired already"),
    11006: Refusal("not_found", "the venue knows no such order"),
    11007: Refusal("self_cross", "it would have traded with an order of our own"),
    11008: Refusal("post_only", "a post-only order would have traded at once"),
    11009: Refusal("no_liquidity", "there was nothing to trade with at its price"),
    11011: Refusal("expiry", "the signature's end was not one that the venue takes"),
    11012: Refusal("amount", "the venue does not take this size of the instrument"),
    11013: Refusal("price", "the price lies outside the band that the venue allows now"),
    11014: Refusal("fok", "it could not be filled whole"),
    11015: Refusal("mmp", "market-maker protection has frozen new orders of the account"),
    11017: Refusal("nonce", "its number was used before, so nothing was done again"),
    11018: Refusal("nonce", "its number is not of now: our clock may be wrong"),
    11019: Refusal("open_orders", "the account has as many open orders as it may"),
    11021: Refusal("not_live", "the instrument does not trade now"),
    11022: Refusal("late", "it came too late"),
    11023: Refusal("max_fee", "the fee that was signed for is too low"),
    11024: Refusal("reduce_only", "a reduce-only order may not rest here"),
    11025: Refusal("reduce_only", "it would have made the position larger"),
    11027: Refusal("liquidation", "the account is being liquidated"),
    11028: Refusal("filled", "more of it had traded than we knew"),
    11101: Refusal("rfq_gone", "the venue knows no such request for quotes"),
    11103: Refusal("legs", "the legs are not those of the request"),
    11104: Refusal("rfq_gone", "the request for quotes is not open any more"),
    11107: Refusal("cost", "the whole package costs more than its taker allows"),
    11111: Refusal("rfq_off", "requests for quotes are switched off"),
    12001: Refusal("not_found", "the venue knows no such instrument"),
    14014: Refusal("signature", "the venue does not take the signature: key, owner or contracts are wrong"),
    14023: Refusal("auth", "the key belongs neither to the owner nor to a session of his"),
    14026: Refusal("auth", "the venue does not know the session key"),
    14027: Refusal("auth", "the account is no maker of quotes"),
    14030: Refusal("auth", "the session key has expired"),
    14031: Refusal("auth", "the session key may not do that"),
    14038: Refusal("auth", "the order would outlive the session key that signs it"),
}
"""What the codes mean, in our words: the venue's own may be anything."""


def refusal(error: RpcError) -> Refusal:
    """Return what a definite no means."""
    if error.code in REFUSALS:
        return REFUSALS[error.code]
    if error.code in BUSY:
        return Refusal("throttled", "asked too often; the venue did nothing")
    if 14000 <= error.code < 15000:
        return Refusal("auth", f"the venue does not take our key or its rights (code {error.code})")
    if 16000 <= error.code < 17000:
        return Refusal("compliance", f"the venue does not serve this account (code {error.code})")
    return Refusal(str(error.code), f"the venue refused it with code {error.code}")


def unknown(error: RpcError) -> bool:
    """Whether an error says nothing of what became of an order."""
    return error.code in UNKNOWN or (error.code == -32603 and "signature" not in error.text.lower())
