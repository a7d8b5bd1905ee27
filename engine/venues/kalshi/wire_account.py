"""Our account on Kalshi as its answers show it: orders, fills, positions, cash. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.events import Held, Seen, SeenFill
from engine.core.ids import InstrumentId, OrderId, VenueOrderId
from engine.core.units import SECOND, TICKS_PER_UNIT, Leg, Money, Nanos, Qty, Side
from engine.portfolio.exposure import Resting, claim
from engine.venues.kalshi import wire_orders
from engine.venues.kalshi.numbers import millis, moment, number, qty, seconds, ticks
from engine.venues.kalshi.wire import Count, Digits, FillMsg, Id, Prose, Word
from engine.venues.kalshi.wire_books import SIDES, instrument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.venues.kalshi.ours import Mine

ZERO: Final = Decimal(0)
CENT: Final = Decimal("0.01")
STATUSES: Final = {"resting": "working", "canceled": "canceled", "executed": "filled"}
_TENTH_MILLI: Final = Decimal("0.000001")


class RestOrder(msgspec.Struct, frozen=True):
    """One order of ours."""

    order_id: Id
    ticker: Word
    status: Word
    client_order_id: Word | None = None
    book_side: Word | None = None
    outcome_side: Word | None = None
    side: Word | None = None
    action: Word | None = None
    yes_price_dollars: Digits | None = None
    fill_count_fp: Digits | None = None
    remaining_count_fp: Digits | None = None
    initial_count_fp: Digits | None = None
    expiration_time: Word | None = None


class OrdersReply(msgspec.Struct, frozen=True):
    """A page of ``/portfolio/orders``."""

    orders: list[RestOrder] | None = None
    cursor: Prose | None = None


class OrderReply(msgspec.Struct, frozen=True):
    """Answer of ``/portfolio/orders/{id}``."""

    order: RestOrder


class RestFill(msgspec.Struct, frozen=True):
    """One fill of ours. The price is YES's, the fee is the whole fill's."""

    trade_id: Word
    order_id: Id
    yes_price_dollars: Digits
    count_fp: Digits
    ticker: Word | None = None
    market_ticker: Word | None = None
    book_side: Word | None = None
    outcome_side: Word | None = None
    side: Word | None = None
    action: Word | None = None
    is_taker: bool = True
    fee_cost: Digits = "0"
    created_time: Word | None = None
    ts: Count | None = None


class FillsReply(msgspec.Struct, frozen=True):
    """A page of ``/portfolio/fills``."""

    fills: list[RestFill] | None = None
    cursor: Prose | None = None


class RestPosition(msgspec.Struct, frozen=True):
    """What we hold of a market; negative is NO."""

    ticker: Word
    position_fp: Digits
    market_exposure_dollars: Digits | None = None


class PositionsReply(msgspec.Struct, frozen=True):
    """A page of ``/portfolio/positions``."""

    market_positions: list[RestPosition] | None = None
    cursor: Prose | None = None


class BalanceReply(msgspec.Struct, frozen=True):
    """Answer of ``/portfolio/balance``: cents, and since 2026 dollars."""

    balance: Count | None = None
    balance_dollars: Digits | None = None


class LimitsReply(msgspec.Struct, frozen=True):
    """Answer of ``/account/limits``: which usage level we have."""

    usage_tier: Word


ORDERS: Final = msgspec.json.Decoder(OrdersReply)
ORDER: Final = msgspec.json.Decoder(OrderReply)
FILLS: Final = msgspec.json.Decoder(FillsReply)
POSITIONS: Final = msgspec.json.Decoder(PositionsReply)
BALANCE: Final = msgspec.json.Decoder(BalanceReply)
LIMITS: Final = msgspec.json.Decoder(LimitsReply)


@dataclass(frozen=True, slots=True)
class Fact:
    """One fill, from the socket or from REST, in numbers. Price and side are YES's."""

    trade_id: str
    order_id: str
    client: str
    ticker: str
    side: Side | None
    yes_price: Decimal
    qty: Qty
    fee: Money
    maker: bool
    at: Nanos | None

    def price(self, leg: Leg) -> Decimal:
        """Return what one share of a leg cost."""
        return self.yes_price if leg is Leg.YES else 1 - self.yes_price

    def paid(self, leg: Leg) -> tuple[Decimal, Money]:
        """Return what one share of a leg cost, and all of them."""
        price = self.price(leg)
        return price, Money(price * self.qty)


def fact(msg: FillMsg) -> Fact:
    """Return a fill of the socket in numbers. ValueError where a text is none."""
    return Fact(
        trade_id=msg.trade_id,
        order_id=msg.order_id,
        client=msg.client_order_id,
        ticker=msg.market_ticker,
        side=SIDES.get(msg.book_side or msg.outcome_side),
        yes_price=_share(msg.yes_price_dollars),
        qty=qty(msg.count_fp),
        fee=Money(number(msg.fee_cost)),
        maker=not msg.is_taker,
        at=millis(msg.ts_ms) if msg.ts_ms is not None or msg.ts is None else seconds(msg.ts),
    )


def ends(order: RestOrder) -> int | None:
    """Return when an order's time runs out, in unix seconds; None where it lasts. ValueError where that is no time."""
    at = moment(order.expiration_time)
    return None if at is None else at // SECOND


def rest_fact(fill: RestFill) -> Fact:
    """Return a fill of REST in numbers. ValueError where a text is none."""
    return Fact(
        trade_id=fill.trade_id,
        order_id=fill.order_id,
        client="",
        ticker=fill.market_ticker or fill.ticker or "",
        side=_side(fill),
        yes_price=_share(fill.yes_price_dollars),
        qty=qty(fill.count_fp),
        fee=Money(number(fill.fee_cost)),
        maker=not fill.is_taker,
        at=moment(fill.created_time) if fill.created_time or fill.ts is None else seconds(fill.ts),
    )


def seen(order: RestOrder, mine: Mine | None) -> Seen:
    """Return an order as the account shows it; of one that is not ours, in terms of YES."""
    filled = qty(order.fill_count_fp or "0")
    total = _total(order, filled)
    side, leg, price = _side(order), Leg.YES, ticks(order.yes_price_dollars) if order.yes_price_dollars else None
    if mine is not None:
        side, leg = mine.side, mine.leg
        price = wire_orders.of_leg(price, leg) if price is not None else None
    return Seen(
        order=mine.order if mine is not None else None,
        client=order.client_order_id or "",
        venue_order=VenueOrderId(order.order_id),
        instrument=instrument(order.ticker),
        side=side,
        leg=leg if side is not None else None,
        price=price,
        qty=total,
        filled=filled,
        status=_status(order, filled, total),
    )


def seen_fill(found: Fact, mine: Mine | None, at: Nanos) -> SeenFill | None:
    """Return a fill as the account shows it; None for one of nobody's whose side the venue does not say."""
    side, leg = (mine.side, mine.leg) if mine is not None else (found.side, Leg.YES)
    if side is None:
        return None
    price = found.price(leg)
    return SeenFill(
        order=OrderId(mine.order) if mine is not None else None,
        trade_id=found.trade_id,
        instrument=instrument(found.ticker),
        side=side,
        leg=leg,
        price=price,
        qty=found.qty,
        cost=Money(price * found.qty),
        fee=found.fee,
        at=found.at if found.at is not None else at,
        maker=found.maker,
    )


def held(position: RestPosition) -> Held | None:
    """Return a position; None of a market that is flat. What it cost is shared out over it."""
    count = number(position.position_fp)
    if not count:
        return None
    average = None
    if position.market_exposure_dollars is not None:
        average = (abs(number(position.market_exposure_dollars)) / abs(count)).quantize(_TENTH_MILLI)
    leg = Leg.YES if count > 0 else Leg.NO
    return Held(instrument=instrument(position.ticker), leg=leg, qty=Qty(abs(count)), average=average)


def cash(balance: BalanceReply) -> Money:
    """Return free cash in dollars. ValueError where the answer states none."""
    if balance.balance_dollars is not None:
        return Money(number(balance.balance_dollars))
    if balance.balance is None:
        msg = "no balance"
        raise ValueError(msg)
    return Money(balance.balance * CENT)


def bound(seen: Iterable[Seen], held: Iterable[Held]) -> Money:
    """Return the dollars that working orders of ours bind; the balance that Kalshi states is without them."""
    legs: dict[InstrumentId, dict[Leg, Decimal]] = {}
    for one in held:
        legs.setdefault(one.instrument, dict.fromkeys(Leg, ZERO))[one.leg] = one.qty
    total = ZERO
    for order in seen:
        if order.order is None or order.status != "working" or order.instrument is None:
            continue
        if order.side is None or order.leg is None or order.price is None or order.qty is None:
            continue
        left = max(ZERO, order.qty - (order.filled or 0))
        resting = Resting(0, order.side, order.leg, left, Decimal(order.price) / TICKS_PER_UNIT, ZERO)
        total += claim(resting, legs.setdefault(order.instrument, dict.fromkeys(Leg, ZERO)), nets=True).tied
    return Money(total)


def _total(order: RestOrder, filled: Qty) -> Qty:
    """Return an order's whole quantity: of one that works what has filled and what is left, after decreases too."""
    if order.status == "resting" and order.remaining_count_fp is not None:
        return Qty(filled + qty(order.remaining_count_fp))
    if order.status == "executed":
        return filled
    return qty(order.initial_count_fp) if order.initial_count_fp is not None else filled


def _status(order: RestOrder, filled: Qty, total: Qty) -> str:
    known = STATUSES.get(order.status)
    if known is not None:
        return known
    return "filled" if filled and filled >= total else "working"  # a word of tomorrow: it may still trade


def _side(found: RestOrder | RestFill) -> Side | None:
    """Return what was done to YES, by the words of today or the older pair."""
    if (word := found.book_side or found.outcome_side) in SIDES:
        return SIDES[word]
    if found.side not in {"yes", "no"} or found.action not in {"buy", "sell"}:
        return None
    return Side.BUY if (found.side == "yes") == (found.action == "buy") else Side.SELL


def _share(text: str) -> Decimal:
    price = number(text)
    if not 0 <= price <= 1:
        msg = f"no price of a contract: {text!r}"
        raise ValueError(msg)
    return price
