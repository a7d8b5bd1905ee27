"""Polymarket's user channel and the account's orders and trades over REST: bytes to typed rows, rows to events. Pure.

A trade names its taker's order and each maker's; ours are found by their ids, never by the trade's own side and
price, which are the taker's. A maker's row may be on the other token, where its price is one less ours.
A trade is MATCHED, MINED, CONFIRMED, or RETRYING and then perhaps FAILED, which takes the fill back.

Source: CLOB v2 user channel, recorded 2024 to 2026; official client 0.14.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, TypeVar

import msgspec

from engine.core.errors import WireError
from engine.core.events import Accepted, Canceled, Event, Expired, Filled, FillReversed, SeenFill
from engine.core.ids import POLYMARKET, OrderId, VenueOrderId
from engine.core.units import SECOND, Leg, Money, Nanos, Qty, Side
from engine.maths.fees import trade_fee
from engine.venues.polymarket import numbers
from engine.venues.polymarket.wire_market import LARGEST, SIDES, Digits, Word

if TYPE_CHECKING:
    from engine.core.fee_rule import FeeRule
    from engine.core.ids import InstrumentId

TRADE_PREFIX: Final = "TRADE_STATUS_"
ORDER_PREFIX: Final = "ORDER_STATUS_"
FAILED: Final = "FAILED"
GTD_EARLY: Final = 90 * SECOND
"""The venue ends a GTD order about a minute before its time."""
ONE: Final = Decimal(1)
Text = Annotated[str, msgspec.Meta(max_length=4_096)]


class MakerRow(msgspec.Struct, frozen=True):
    """One order that rested and was hit."""

    order_id: Word
    matched_amount: Digits
    price: Digits
    asset_id: Word
    side: Word | None = None
    owner: Word = ""


class OrderRow(msgspec.Struct, frozen=True):
    """An order of the account."""

    id: Word
    asset_id: Word = ""
    market: Word = ""
    side: Word = ""
    price: Digits = ""
    original_size: Digits = ""
    size_matched: Digits = ""
    """Empty for nothing."""
    status: Text = ""
    type: Word = ""
    """PLACEMENT, UPDATE or CANCELLATION; empty over REST."""
    order_type: Word = ""
    expiration: Digits | int | None = None
    timestamp: Digits | int | None = None

    @property
    def matched(self) -> Decimal:
        """Shares that traded. Raises ValueError if the text is none."""
        return numbers.number(self.size_matched) if self.size_matched else Decimal(0)


class TradeRow(msgspec.Struct, frozen=True):
    """A trade in which an order of the account took part."""

    id: Word
    taker_order_id: Word
    asset_id: Word
    size: Digits
    price: Digits
    status: Word
    market: Word = ""
    side: Word = ""
    match_time: Digits | int | None = None
    trader_side: Word = ""
    maker_orders: Annotated[list[MakerRow], msgspec.Meta(max_length=5_000)] = []

    @property
    def stage(self) -> str:
        """Its status without the prefix that REST puts before it."""
        return self.status.removeprefix(TRADE_PREFIX)


class Ours(NamedTuple):
    """What must be known of an order of ours to read news of it."""

    order: OrderId | None
    instrument: InstrumentId
    side: Side
    leg: Leg
    token: str
    """Of its leg."""
    fee: FeeRule


class Fill(NamedTuple):
    """Our part in a trade, in our order's own terms."""

    ours: Ours
    trade_id: str
    """The trade's, with the order's behind it for a maker: one trade may hit several of our orders."""
    qty: Qty
    cost: Money
    fee: Money
    at: Nanos | None
    maker: bool
    failed: bool

    @property
    def price(self) -> Decimal:
        """Average, of a share of the order's leg."""
        return self.cost / self.qty


class _Kind(msgspec.Struct, frozen=True):
    event_type: Word = ""
    taker_order_id: Word | None = None
    original_size: Digits | None = None

    @property
    def kind(self) -> str:
        if self.event_type:
            return self.event_type
        if self.taker_order_id is not None:
            return "trade"
        return "order" if self.original_size is not None else ""


Row = OrderRow | TradeRow
R = TypeVar("R", OrderRow, TradeRow)
_ROWS: Final[Mapping[str, msgspec.json.Decoder[OrderRow] | msgspec.json.Decoder[TradeRow]]] = {
    "order": msgspec.json.Decoder(OrderRow),
    "trade": msgspec.json.Decoder(TradeRow),
}
_kind = msgspec.json.Decoder(_Kind)


def rows(raw: bytes | str) -> list[Row]:
    """Return the orders and trades of a frame, or of a list from REST; none in PONG and in kinds we do not know.

    Raises
    ------
    WireError
        If it cannot be read.
    """
    return [found for part in parts(raw) if (found := row(part)) is not None]


def parts(raw: bytes | str) -> list[bytes]:
    """Return the rows of a frame unread; none in PONG. Raises WireError if it has none."""
    data = raw.encode() if isinstance(raw, str) else raw
    if data == b"PONG":
        return []
    if len(data) > LARGEST:
        raise WireError(POLYMARKET, f"a message of {len(data)} bytes", data)
    if data.lstrip()[:1] != b"[":
        return [data]
    try:
        return [bytes(part) for part in msgspec.json.decode(data, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, ValueError, RecursionError) as e:
        raise WireError(POLYMARKET, f"unreadable news of the account ({str(e)[:120]})", data) from e


def row(part: bytes) -> Row | None:
    """Return the order or trade of one row; None of a kind we do not know. Raises WireError if it cannot be read."""
    try:
        decoder = _ROWS.get(_kind.decode(part).kind)
        return None if decoder is None else decoder.decode(part)
    except (msgspec.MsgspecError, ValueError, RecursionError) as e:
        raise WireError(POLYMARKET, f"unreadable news of the account ({str(e)[:120]})", part) from e


def listed(raw: bytes, kind: type[R]) -> list[R]:
    """Return the orders or trades of a list from REST, or the one of an answer about one.

    Raises
    ------
    WireError
        If they cannot be read.
    """
    if len(raw) > LARGEST:
        raise WireError(POLYMARKET, f"an answer of {len(raw)} bytes", raw)
    try:
        if raw.lstrip()[:1] == b"[":
            return msgspec.json.decode(raw, type=list[kind])  # type: ignore[valid-type]  # a list of the kind asked for
        return [msgspec.json.decode(raw, type=kind)]
    except (msgspec.MsgspecError, ValueError, RecursionError) as e:
        raise WireError(POLYMARKET, f"unreadable rows of the account ({str(e)[:120]})", raw) from e


def decode(raw: bytes | str, at: Nanos, ours: Mapping[str, Ours]) -> tuple[Event, ...]:
    """Return what a frame says of orders that are ours, by venue id; nothing of others.

    Raises
    ------
    WireError
        If it cannot be read.
    """
    return tuple(event for row in rows(raw) for event in events(row, at, ours))


def events(row: Row, at: Nanos, ours: Mapping[str, Ours]) -> tuple[Event, ...]:
    """Return what an order's or a trade's news means for us.

    Raises
    ------
    WireError
        If a number in it is none.
    """
    try:
        if isinstance(row, OrderRow):
            known = ours.get(row.id)
            return () if known is None or known.order is None else order_events(row, at, known.order)
        return tuple(fill_event(fill, at) for fill in fills(row, ours) if fill.ours.order is not None)
    except (ValueError, ArithmeticError) as e:
        raw = msgspec.json.encode(row)
        raise WireError(POLYMARKET, f"unreadable news of an order ({str(e)[:120]})", raw) from e


def order_events(row: OrderRow, at: Nanos, order: OrderId) -> tuple[Event, ...]:
    """Return what became of an order; what it traded is told by its trades alone."""
    match standing(row):
        case "working":
            return (Accepted(at=at, order=order, venue_order=VenueOrderId(row.id)),) if row.type != "UPDATE" else ()
        case "expired":
            return (Expired(at=at, order=order),)
        case "canceled":
            return (Canceled(at=at, order=order, why=_reason(row.status)),)
        case _:
            return ()


def standing(row: OrderRow) -> str:
    """Return where an order stands: ``working``, ``filled``, ``canceled`` or ``expired``."""
    status = row.status.removeprefix(ORDER_PREFIX).upper()
    if row.type == "CANCELLATION" or status.startswith(("CANCELED", "CANCELLED", "INVALID", "UNMATCHED")):
        return "expired" if _ran_out(row) else "canceled"
    return "filled" if status == "MATCHED" and row.type != "PLACEMENT" else "working"


def fills(row: TradeRow, ours: Mapping[str, Ours]) -> list[Fill]:
    """Return our parts in a trade. Raises ValueError for a number that is none."""
    taker = ours.get(row.taker_order_id)
    found = [] if taker is None else [_taken(row, taker)]
    hit = dict.fromkeys(maker.order_id for maker in row.maker_orders if maker.order_id in ours)
    found += [_made(row, [m for m in row.maker_orders if m.order_id == order], ours[order]) for order in hit]
    return [fill for fill in found if fill.qty > 0]


def fill_event(fill: Fill, at: Nanos) -> Event:
    """Return a fill as the event it is: counted, or taken back."""
    assert fill.ours.order is not None
    if fill.failed:
        return FillReversed(at=at, order=fill.ours.order, trade_id=fill.trade_id)
    return Filled(
        at=at,
        order=fill.ours.order,
        trade_id=fill.trade_id,
        price=fill.price,
        qty=fill.qty,
        cost=fill.cost,
        fee=fill.fee,
        maker=fill.maker,
    )


def seen_fill(fill: Fill, at: Nanos) -> SeenFill:
    """Return a fill as a row of an account's picture; `at` stands in where the venue gives no time."""
    return SeenFill(
        order=fill.ours.order,
        trade_id=fill.trade_id,
        instrument=fill.ours.instrument,
        side=fill.ours.side,
        leg=fill.ours.leg,
        price=fill.price,
        qty=fill.qty,
        cost=fill.cost,
        fee=fill.fee,
        at=at if fill.at is None else fill.at,
        maker=fill.maker,
    )


def _taken(row: TradeRow, ours: Ours) -> Fill:
    """Return a taker's part: what each maker gave, at that maker's price; the trade's own price may be our limit."""
    size = numbers.number(row.size)
    parts = [(numbers.number(m.matched_amount), _own(m.price, m.asset_id, ours.token)) for m in row.maker_orders]
    if sum(amount for amount, _ in parts) != size:
        parts = [(size, _own(row.price, row.asset_id, ours.token))]
    qty, cost, fee = _sums(parts, ours, maker=False)
    return Fill(ours, row.id, qty, cost, fee, _when(row), False, row.stage == FAILED)


def _made(row: TradeRow, makers: list[MakerRow], ours: Ours) -> Fill:
    parts = [(numbers.number(m.matched_amount), _own(m.price, m.asset_id, ours.token)) for m in makers]
    qty, cost, fee = _sums(parts, ours, maker=True)
    return Fill(ours, f"{row.id}:{makers[0].order_id}", qty, cost, fee, _when(row), True, row.stage == FAILED)


def _sums(parts: list[tuple[Decimal, Decimal]], ours: Ours, *, maker: bool) -> tuple[Qty, Money, Money]:
    """Return shares, cost and fee of amounts at prices."""
    qty = sum((amount for amount, _ in parts), Decimal(0))
    cost = sum((amount * price for amount, price in parts), Decimal(0))
    fee = sum((trade_fee(ours.fee, ours.side, price, Qty(amount), maker) for amount, price in parts), Decimal(0))
    return Qty(qty), Money(cost), Money(fee)


def _own(price: str, token: str, ours: str) -> Decimal:
    """Return a price as one of our token."""
    stated = numbers.number(price)
    if stated > ONE:
        msg = f"no price of a share: {price!r}"
        raise ValueError(msg)
    return stated if token == ours else ONE - stated


def _when(row: TradeRow) -> Nanos | None:
    return numbers.nanos(row.match_time)


def _ran_out(row: OrderRow) -> bool:
    """Whether a GTD order ended because its time came; the venue calls that a cancellation."""
    if row.order_type != "GTD" or row.expiration in (None, "", "0", 0):
        return False
    ends, ended = numbers.nanos(row.expiration), numbers.nanos(row.timestamp)
    return ends is not None and ended is not None and ended >= ends - GTD_EARLY


def _reason(status: str) -> str:
    """Return one word of ours for a status that may hold a whole sentence of the venue's."""
    text = status.lower()
    if "fully filled" in text or "no orders found" in text:
        return "not_filled"
    return "invalid" if text.startswith("invalid") else ""


def side_of(row: OrderRow) -> Side | None:
    """Return an order's side; None where it is not said."""
    return SIDES.get(row.side)
