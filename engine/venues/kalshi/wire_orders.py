"""Kalshi order requests out, their answers and refusals in. Pure.

An order speaks of YES alone: ``bid`` buys it, ``ask`` sells it. Buying NO at q is an ``ask`` at 1 - q, selling NO a
``bid`` there; YES and NO of a market are one signed position. The body is not signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.commands import Tif
from engine.core.errors import VenueRefused
from engine.core.ids import KALSHI
from engine.core.units import SECOND, TICKS_PER_UNIT, Leg, Qty, Side, Ticks
from engine.venues.kalshi import wire
from engine.venues.kalshi.numbers import COUNT_TEXTS, PRICE_TEXTS, count_text, price_text, qty
from engine.venues.kalshi.wire import Digits, Id, Prose, Word
from engine.venues.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.effects import Approved
    from engine.core.instrument import Known

ORDERS: Final = "/portfolio/events/orders"
BATCHED: Final = f"{ORDERS}/batched"
BATCH_MOST: Final = 10
"""Cancels in one batch; each is billed as if it were sent alone."""
_SAID: Final = {
    "insufficient_balance": "there is not enough cash in the account",
    "invalid_order": "the venue calls the order invalid",
    "invalid_parameters": "the venue calls the order invalid",
    "market_inactive": "the market does not trade now",
    "trading_paused": "the exchange has paused trading",
    "exchange_paused": "the exchange has paused",
    "not_found": "the venue does not know it",
    "order_already_exists": "an order of this client id exists already",
    "self_cross": "it would trade with an order of our own",
    "post_only_cross": "a post-only order would have traded at once",
    "fill_or_kill_insufficient_resting_volume": "not all of it could be filled at once",
    "http_409": "the venue sees a conflict with what it has",
}
_TEXT_MOST: Final = 160
_GTD, _IOC, _FOK = Tif.GTD, Tif.IOC, Tif.FOK
_TIFS: Final = {
    _IOC: "immediate_or_cancel",
    _FOK: "fill_or_kill",
    _GTD: "good_till_canceled",
    Tif.GTC: "good_till_canceled",
}
_NO_PRICE: Final = "a price has to lie between 0 and 1"
_BUY, _SELL, _YES, _NO = Side.BUY, Side.SELL, Leg.YES, Leg.NO
"""Python 3.11 takes 100 ns to look a member of an enumeration up by its name, and an order asks for a dozen."""


class CreateReply(msgspec.Struct, frozen=True):
    """An order was taken; what filled at once, without its trades."""

    order_id: Id
    client_order_id: Word | None = None
    fill_count: Digits = "0"
    remaining_count: Digits | None = None


class AmendReply(msgspec.Struct, frozen=True):
    """An order was moved; its id may be a new one."""

    order_id: Id
    client_order_id: Word | None = None
    remaining_count: Digits | None = None
    fill_count: Digits | None = None


class CancelReply(msgspec.Struct, frozen=True):
    """An order was cancelled, and how much of it that took off."""

    order_id: Id
    client_order_id: Word | None = None
    reduced_by: Digits = "0"


class Said(msgspec.Struct, frozen=True):
    """One of the venue's ways to put an error."""

    code: Word | None = None
    message: Prose | None = None
    details: Prose | None = None


class BatchCancelItem(msgspec.Struct, frozen=True):
    """What became of one cancel of a batch."""

    order_id: Id
    client_order_id: Word | None = None
    reduced_by: Digits = "0"
    error: Said | None = None


class BatchCancelReply(msgspec.Struct, frozen=True):
    """Answer to a batch of cancels, read item by item."""

    orders: list[BatchCancelItem]


class GroupReply(msgspec.Struct, frozen=True):
    """A group of orders was made."""

    order_group_id: Id


class _Refused(msgspec.Struct, frozen=True):
    """The other two: an object, or only a text, under ``error``."""

    error: Said | str | None = None
    code: Word | None = None
    message: Prose | None = None
    details: Prose | None = None


CREATED: Final = msgspec.json.Decoder(CreateReply)
AMENDED: Final = msgspec.json.Decoder(AmendReply)
CANCELED: Final = msgspec.json.Decoder(CancelReply)
BATCH_CANCELED: Final = msgspec.json.Decoder(BatchCancelReply)
GROUPED: Final = msgspec.json.Decoder(GroupReply)
_REFUSED: Final = msgspec.json.Decoder(_Refused)
_ENCODER: Final = msgspec.json.Encoder()
_encode: Final = _ENCODER.encode
_QUOTED: Final[Remembered[str, str]] = Remembered(lambda text: _encode(text).decode(), 4_096)
"""Names as JSON has them."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A definite no: a code to act on, a sentence to show."""

    code: str
    text: str


class Unsendable(ValueError):
    """An order that cannot be put in the venue's words; nothing was sent."""


def of_yes(side: Side, leg: Leg, price: Ticks) -> tuple[str, Ticks]:
    """Return side and price in the venue's terms, which are those of YES."""
    if leg is _NO:
        side, price = (_SELL if side is _BUY else _BUY), Ticks(TICKS_PER_UNIT - price)
    return ("bid" if side is _BUY else "ask"), price


def of_leg(price: Ticks, leg: Leg) -> Ticks:
    """Return a price of YES as one of the order's own leg."""
    return price if leg is _YES else Ticks(TICKS_PER_UNIT - price)


def create(order: Approved, *, group: str = "", cancel_on_pause: bool = False) -> bytes:
    """Return the body of a new order.

    Raises
    ------
    Unsendable
        If it has no price or no quantity, or asks for what the venue does not offer.
    """
    place = order.place
    price, qty, tif, until = place.price, place.qty, place.tif, None
    if price is None or qty is None:
        raise Unsendable("an order on Kalshi needs a price and a quantity")
    if place.post_only and (tif is _IOC or tif is _FOK):
        raise Unsendable("a post-only order has to be allowed to rest")
    if tif is _GTD:
        if place.until is None:
            raise Unsendable("an order until a time needs that time")
        until = place.until // SECOND
    bids = place.side is _BUY
    if place.leg is _NO:  # as `of_yes` has it
        bids, price = not bids, TICKS_PER_UNIT - price  # type: ignore[assignment]
    if not 0 < price < TICKS_PER_UNIT:
        raise Unsendable(_NO_PRICE)
    try:
        count = COUNT_TEXTS[qty]
    except ValueError as e:
        raise Unsendable(str(e)) from e
    more = "" if until is None else f',"expiration_time":{until}'
    if place.post_only:
        more += ',"post_only":true'
    if place.reduce_only and tif is _IOC:  # alone there; the gates hold it for what rests
        more += ',"reduce_only":true'
    if cancel_on_pause:
        more += ',"cancel_order_on_pause":true'
    if group:
        more += f',"order_group_id":{_QUOTED[group]}'
    return (
        f'{{"ticker":{_QUOTED[place.instrument.symbol]},"client_order_id":{_encode(order.client).decode()},'
        f'"side":"{"bid" if bids else "ask"}","count":"{count}","price":"{PRICE_TEXTS[price]}",'
        f'"time_in_force":"{_TIFS[tif]}","self_trade_prevention_type":"taker_at_cross"{more}}}'
    ).encode()  # a third of what a typed message takes


def amend(order: Known, price: Ticks, total: Qty, ends: int | None = None) -> bytes:
    """Return the body that moves an order; `total` counts what has filled.

    When it `ends`, in unix seconds, is said again: nothing says that the venue remembers.

    Raises
    ------
    Unsendable
        If price or total are none the venue knows.
    """
    side, of_the_yes = of_yes(order.side, order.leg, price)
    body: dict[str, object] = {
        "ticker": order.instrument.symbol,
        "side": side,
        "price": _price(of_the_yes),
        "count": _count(total),
        "client_order_id": order.client,
        "updated_client_order_id": order.client,
    }
    return _ENCODER.encode(body if ends is None else body | {"expiration_time": ends})


def decrease(order: Known, by: Qty) -> bytes:
    """Return the body that makes an order smaller and keeps its place in the queue.

    Raises
    ------
    Unsendable
        If there is nothing to take off.
    """
    return _ENCODER.encode({"reduce_by": _count(by), "market_ticker": order.instrument.symbol})


def batch_cancel(orders: Sequence[tuple[str, str]]) -> bytes:
    """Return the body that cancels several orders, each named by its venue id and its market."""
    items = [{"order_id": id_, "market_ticker": ticker} for id_, ticker in orders]
    return _ENCODER.encode({"orders": items})


def limit_of_group(contracts: Qty) -> bytes:
    """Return the body that makes or changes a group: so many contracts may match within 15 seconds."""
    return _ENCODER.encode({"contracts_limit_fp": _count(contracts)})


def refusal(status: int, body: bytes) -> Refusal:
    """Return what a refused request was refused for, in any of the venue's three shapes, or none of them."""
    try:
        said = _REFUSED.decode(body[: wire.LARGEST])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return refused(Said(), status)
    if isinstance(said.error, str):
        return refused(Said(message=said.error), status)
    return refused(said.error or Said(said.code, said.message, said.details), status)


def refused(said: Said, status: int = 0) -> Refusal:
    """Return a refusal in our words where its code is known, else with the venue's, plain and cut."""
    code = _code(said.code) or f"http_{status}"
    if code in _SAID:
        return Refusal(code, _SAID[code])
    words = " ".join((said.message or said.details or "").split())
    shown = "".join(c for c in words if c.isprintable())[:_TEXT_MOST]
    return Refusal(code, f"the venue refused it ({code})" + (f": {shown}" if shown else ""))


def as_error(refusal: Refusal) -> VenueRefused:
    """Return a refusal as the error of a call that has no order to tell it of."""
    return VenueRefused(KALSHI, refusal.code, refusal.text)


def filled_in(reply: CreateReply) -> Qty:
    """Return how much of a new order traded at once.

    Raises
    ------
    ValueError
        If the venue's count is none.
    """
    return qty(reply.fill_count)


def _code(text: str | None) -> str:
    """Return a code as one lower-case word."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in (text or "").lower())
    return kept.strip("_")[:48]


def _count(count: Qty) -> str:
    try:
        return count_text(count)
    except ValueError as e:
        raise Unsendable(str(e)) from e


def _price(price: Ticks) -> str:
    if not 0 < price < TICKS_PER_UNIT:
        raise Unsendable(_NO_PRICE)
    return price_text(price)
