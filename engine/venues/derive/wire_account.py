"""Our account on Derive as it comes by answers and private channels: orders, trades, positions, collateral. Pure.

A row of another subaccount of the same wallet is none of ours. What is signed comes back with the order, so an order
can be known by its label (our client id), by its nonce, or by the venue's id.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from engine.core.events import Held, Seen, SeenFill
from engine.core.ids import DERIVE, InstrumentId, OrderId, VenueOrderId
from engine.core.units import Leg, Money, Nanos, Qty, Side, Ticks
from engine.venues.derive.numbers import instant, number
from engine.venues.derive.wire import MOST, Digits, Page, Prose, Stamp, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.instrument import Known
    from engine.venues.derive.catalogue import Catalogue
    from engine.venues.derive.ours import Mine

CASH: Final = "USDC"
WORKING: Final = frozenset({"open", "untriggered", "algo_active"})
STATUS: Final = {"filled": "filled", "cancelled": "canceled", "rejected": "rejected", "expired": "expired"}
WHY: Final = {
    "mmp_trigger": "the venue's market-maker protection took it back",
    "insufficient_margin": "the account's margin was not enough for it",
    "signed_max_fee_too_low": "the venue's fee came to more than was signed for",
    "cancel_on_disconnect": "the venue took it back when the account's connection was lost",
    "ioc_or_market_partial_fill": "there was no more to trade with at its price",
    "session_key_deregistered": "the session key that signed it was taken back",
    "subaccount_withdrawn": "the subaccount was withdrawn",
    "compliance": "the venue's compliance took it back",
    "trigger_failed": "its trigger failed",
    "validation_failed": "the venue found it invalid when it came to trade",
    "rfq_no_longer_open": "the request for quotes was closed",
}
"""Why an order or a quote ended, in our words; what is not here was asked for."""


class OrderRow(msgspec.Struct, frozen=True):
    """An order."""

    order_id: Word
    instrument_name: Word
    direction: Word
    amount: Digits
    filled_amount: Digits
    limit_price: Digits
    order_status: Word
    nonce: Word | int
    subaccount_id: Stamp
    label: Prose | None = None
    cancel_reason: Word | None = None
    creation_timestamp: Stamp = 0
    last_update_timestamp: Stamp = 0
    replaced_order_id: Word | None = None
    time_in_force: Word = ""
    signature_expiry_sec: Stamp = 0


class TradeRow(msgspec.Struct, frozen=True):
    """A fill of ours, of an order or of a quote."""

    trade_id: Word
    instrument_name: Word
    direction: Word
    trade_price: Digits
    trade_amount: Digits
    trade_fee: Digits
    liquidity_role: Word
    timestamp: Stamp
    subaccount_id: Stamp
    order_id: Word | None = None
    label: Prose | None = None
    quote_id: Word | None = None
    rfq_id: Word | None = None
    extra_fee: Digits | None = None
    op_uuid: Word = ""


class PositionRow(msgspec.Struct, frozen=True):
    """An option or a perpetual that is held; a negative amount is short."""

    instrument_name: Word
    amount: Digits
    average_price: Digits | None = None


class CollateralRow(msgspec.Struct, frozen=True):
    """A coin that is held; negative where it is borrowed."""

    asset_name: Word
    amount: Digits
    average_price: Digits | None = None


class OrdersReply(msgspec.Struct, frozen=True):
    """Orders, a page of them or all."""

    orders: Annotated[list[OrderRow], msgspec.Meta(max_length=MOST)]
    pagination: Page = Page()


class TradesReply(msgspec.Struct, frozen=True):
    """A page of trades."""

    trades: Annotated[list[TradeRow], msgspec.Meta(max_length=MOST)]
    pagination: Page = Page()


class PositionsReply(msgspec.Struct, frozen=True):
    """All positions."""

    positions: Annotated[list[PositionRow], msgspec.Meta(max_length=MOST)]


class CollateralsReply(msgspec.Struct, frozen=True):
    """All collateral."""

    collaterals: Annotated[list[CollateralRow], msgspec.Meta(max_length=MOST)]


class AccountReply(msgspec.Struct, frozen=True):
    """What the whole wallet may do."""

    subaccount_ids: list[Stamp] = []
    cancel_on_disconnect: bool = False
    is_rfq_maker: bool = False
    websocket_matching_tps: Stamp = 0
    websocket_non_matching_tps: Stamp = 0


class Placed(msgspec.Struct, frozen=True):
    """The answer to an order: it, and what it traded at once."""

    order: OrderRow
    trades: list[TradeRow] | None = None


class CreateError(msgspec.Struct, frozen=True):
    """Why the second half of a replacement did not come about."""

    code: int
    message: Prose = ""


class Replaced(msgspec.Struct, frozen=True):
    """The answer to a replacement: what was taken back, and what stands instead or why nothing does."""

    cancelled_order: OrderRow | None = None
    order: OrderRow | None = None
    trades: list[TradeRow] | None = None
    create_order_error: CreateError | None = None


ORDER: Final = msgspec.json.Decoder(OrderRow)
ORDER_LIST: Final = msgspec.json.Decoder(list[OrderRow])
ORDERS: Final = msgspec.json.Decoder(OrdersReply)
TRADE: Final = msgspec.json.Decoder(TradeRow)
TRADE_LIST: Final = msgspec.json.Decoder(list[TradeRow])
TRADES: Final = msgspec.json.Decoder(TradesReply)
POSITIONS: Final = msgspec.json.Decoder(PositionsReply)
COLLATERALS: Final = msgspec.json.Decoder(CollateralsReply)
ACCOUNT: Final = msgspec.json.Decoder(AccountReply)
PLACED: Final = msgspec.json.Decoder(Placed)
REPLACED: Final = msgspec.json.Decoder(Replaced)
SUBACCOUNTS: Final = msgspec.json.Decoder(list[Stamp])


@dataclass(frozen=True, slots=True)
class Fact:
    """A fill as the venue states it."""

    order_id: str
    client: str
    trade_id: str
    instrument: InstrumentId
    buys: bool
    price: Decimal
    qty: Qty
    fee: Money
    maker: bool
    at: Nanos
    quote: str = ""
    """Of a quote of ours, where no order traded."""
    request: str = ""
    operation: str = ""
    """All legs that traded at once have the same."""

    @property
    def cost(self) -> Money:
        """What was paid or got before the fee."""
        return Money(self.price * self.qty)

    def paid(self, leg: Leg) -> tuple[Decimal, Money]:
        """Return the price of one and what all came to: a contract has but one leg."""
        return self.price, self.cost


def fact(row: TradeRow) -> Fact:
    """Return a fill; ValueError where a number of it cannot be."""
    qty, price = number(row.trade_amount), number(row.trade_price)
    if qty <= 0 or price < 0:
        msg = f"no fill: {row.trade_amount[:40]} at {row.trade_price[:40]}"
        raise ValueError(msg)
    fee = number(row.trade_fee) + (number(row.extra_fee) if row.extra_fee else Decimal(0))
    return Fact(
        order_id=row.order_id or "",
        client=(row.label or "")[:128],
        trade_id=row.trade_id,
        instrument=InstrumentId(DERIVE, row.instrument_name),
        buys=_buys(row.direction),
        price=price,
        qty=Qty(qty),
        fee=Money(fee),
        maker=row.liquidity_role == "maker",
        at=instant(row.timestamp),
        quote=row.quote_id or "",
        request=row.rfq_id or "",
        operation=row.op_uuid,
    )


def size(text: str) -> Qty:
    """Return an amount, which may not be negative; ValueError else."""
    value = number(text)
    if value < 0:
        msg = f"a negative amount: {text[:40]!r}"
        raise ValueError(msg)
    return Qty(value)


def newest(rows: Iterable[OrderRow], client: str) -> list[OrderRow]:
    """Return the rows of one client id in the order they came to be: each but the last was replaced by the next."""
    mine = [row for row in rows if row.label == client]
    unique = {row.order_id: row for row in mine}
    return sorted(unique.values(), key=lambda row: (row.creation_timestamp, int(row.nonce)))


def seen(rows: Sequence[OrderRow], mine: Mine | None, catalogue: Catalogue) -> Seen:
    """Return how an order stands, from all the rows it had; the last one counts. ValueError where it cannot be read."""
    last = rows[-1]
    name = InstrumentId(DERIVE, last.instrument_name)
    spec = catalogue.of(name)
    before = sum((size(row.filled_amount) for row in rows[:-1]), Decimal(0))
    status = "working" if last.order_status in WORKING else STATUS.get(last.order_status, "working")
    price = None if spec is None else _tick(number(last.limit_price), spec.unit)
    return Seen(
        order=None if mine is None else OrderId(mine.order),
        client=(last.label or "")[:128],
        venue_order=VenueOrderId(last.order_id),
        instrument=name,
        side=Side.BUY if _buys(last.direction) else Side.SELL,
        leg=Leg.YES,
        price=price,
        qty=Qty(before + size(last.amount)),
        filled=Qty(before + size(last.filled_amount)),
        status=status,
    )


def seen_fill(found: Fact, mine: Mine | None) -> SeenFill:
    """Return a fill as part of a picture."""
    return SeenFill(
        order=None if mine is None else OrderId(mine.order),
        trade_id=found.trade_id,
        instrument=found.instrument,
        side=Side.BUY if found.buys else Side.SELL,
        leg=Leg.YES,
        price=found.price,
        qty=found.qty,
        cost=found.cost,
        fee=found.fee,
        at=found.at,
        maker=found.maker,
    )


def held(row: PositionRow) -> Held | None:
    """Return a position: YES is long, NO is short; None where nothing is held."""
    return _held(row.instrument_name, row.amount, row.average_price)


def coin(row: CollateralRow) -> Held | None:
    """Return a coin that is held as a position in its pair against the dollar; None for the dollar itself."""
    if row.asset_name == CASH:
        return None
    return _held(f"{row.asset_name}-{CASH}", row.amount, row.average_price)


def cash(rows: Iterable[CollateralRow]) -> Money:
    """Return the dollars of an account; negative where they are borrowed."""
    return Money(sum((number(row.amount) for row in rows if row.asset_name == CASH), Decimal(0)))


def absent(known: Known) -> Seen:
    """Return that a look for an order found nothing."""
    return Seen(
        order=OrderId(known.order),
        client=known.client,
        venue_order=VenueOrderId(known.venue_order),
        instrument=known.instrument,
        side=known.side,
        leg=known.leg,
        status="absent",
    )


def _held(symbol: str, amount: str, average: str | None) -> Held | None:
    count = number(amount)
    if not count:
        return None
    leg = Leg.YES if count > 0 else Leg.NO
    price = None if average is None else number(average)
    return Held(instrument=InstrumentId(DERIVE, symbol[:64]), leg=leg, qty=Qty(abs(count)), average=price)


def _buys(direction: str) -> bool:
    if direction not in {"buy", "sell"}:
        msg = f"neither a purchase nor a sale: {direction[:20]!r}"
        raise ValueError(msg)
    return direction == "buy"


def _tick(price: Decimal, unit: Decimal) -> Ticks | None:
    count, rest = divmod(price, unit)
    return None if rest else Ticks(int(count))
