"""Our account on Deribit: positions, money, limits, and the news of its channels. Pure.

``user.orders…raw`` carries one order, ``…100ms`` a list; trades come as a list; ``user.changes`` carries all three.

Source: Deribit API v2, "Account Management" and "Subscriptions".
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.events import Held, Seen, SeenFill
from engine.core.ids import InstrumentId, OrderId, VenueOrderId
from engine.core.units import Leg, Money, Qty, Side, Ticks
from engine.venues.deribit import wire, wire_orders
from engine.venues.deribit.numbers import exact
from engine.venues.deribit.wire_instruments import DOLLARS
from engine.venues.deribit.wire_market import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.instrument import Instrument
    from engine.core.units import Nanos
    from engine.venues.deribit.wire_orders import Fact, Row
    from engine.venues.ours import Mine

STATUS: Final = {
    "open": "working", "untriggered": "working", "filled": "filled", "cancelled": "canceled", "rejected": "rejected",
}  # fmt: skip


class Position(msgspec.Struct):
    """One position."""

    instrument_name: str
    size: Decimal
    """Dollars of an inverse future, coins of all else; of a short one below 0, or not: `direction` says it."""
    direction: str
    average_price: Decimal | None = None
    kind: str = ""


class Changes(msgspec.Struct):
    """Channel ``user.changes…``: what happened to our account in one instrument, together."""

    instrument_name: str = ""
    orders: list[wire_orders.Row] = []
    trades: list[wire_orders.TradeRow] = []
    positions: list[Position] = []


class Portfolio(msgspec.Struct):
    """Channel ``user.portfolio.{currency}``, and one summary of an account: sums in that currency."""

    currency: str
    equity: Decimal | None = None
    balance: Decimal | None = None
    available_funds: Decimal | None = None
    initial_margin: Decimal | None = None
    maintenance_margin: Decimal | None = None
    delta_total: Decimal | None = None
    total_equity_usd: Decimal | None = None
    limits: msgspec.Raw = msgspec.Raw(b"null")


class Summaries(msgspec.Struct):
    """What ``private/get_account_summaries`` answers."""

    summaries: list[Portfolio]


class Rate(msgspec.Struct):
    """How often something may be asked."""

    rate: float
    burst: float


class _Trading(msgspec.Struct):
    total: Rate | None = None
    rate: float | None = None
    burst: float | None = None


class _Engine(msgspec.Struct):
    trading: _Trading | None = None
    rate: float | None = None
    burst: float | None = None


class Limits(msgspec.Struct):
    """What an account is allowed."""

    matching_engine: _Engine | None = None
    non_matching_engine: Rate | None = None

    @property
    def orders(self) -> Rate | None:
        """Of orders, edits and cancels; None where the venue does not say."""
        engine = self.matching_engine
        if engine is None:
            return None
        trading = engine.trading
        if trading is not None and trading.total is not None:
            return trading.total
        for one in (trading, engine):
            if one is not None and one.rate is not None and one.burst is not None:
                return Rate(one.rate, one.burst)
        return None


POSITIONS: Final = msgspec.json.Decoder(list[Position])
CHANGES: Final = msgspec.json.Decoder(Changes)
PORTFOLIO: Final = msgspec.json.Decoder(Portfolio)
SUMMARIES: Final = msgspec.json.Decoder(Summaries)
LIMITS: Final = msgspec.json.Decoder(Limits | None)


def news(told: wire.News) -> Changes | Portfolio | None:
    """Return what a private channel tells; None for one that is not of the account.

    Raises
    ------
    WireError
        If it is not of its channel's shape.
    """
    channel = told.channel
    if channel.startswith("user.changes."):
        return wire.body(CHANGES, told.data)
    if channel.startswith("user.orders."):
        one = channel.endswith(".raw") and not bytes(told.data).lstrip().startswith(b"[")
        rows = [wire.body(wire_orders.ROW, told.data)] if one else wire.body(wire_orders.ROWS, told.data)
        return Changes(orders=rows)
    if channel.startswith("user.trades."):
        return Changes(trades=wire.body(wire_orders.TRADES, told.data))
    if channel.startswith("user.portfolio."):
        return wire.body(PORTFOLIO, told.data)
    return None


def held(row: Position) -> Held | None:
    """Return a position, long as YES and short as NO; None for one that is closed; ValueError where it cannot be."""
    size = exact(row.size)
    if size == 0 or row.direction == "zero":
        return None
    short = wire_orders.side_of(row.direction) is Side.SELL
    average = None if row.average_price is None else exact(row.average_price)
    leg = Leg.NO if short else Leg.YES
    return Held(instrument=named(row.instrument_name), leg=leg, qty=Qty(abs(size)), average=average)


def seen(row: Row, mine: Mine | None, known: Mapping[str, Instrument]) -> Seen:
    """Return an order as part of a picture; ValueError where it cannot be."""
    instrument = known.get(row.instrument_name)
    price = wire_orders.price_of(row)
    ticks = None if instrument is None or price is None else Ticks(round(price / instrument.unit))
    status = STATUS.get(row.order_state)
    if status is None:
        msg = f"an order that is {row.order_state[:20]!r}"
        raise ValueError(msg)
    return Seen(
        order=None if mine is None else OrderId(mine.order),
        client=row.label[: wire_orders.LABEL_MOST],
        venue_order=VenueOrderId(row.order_id[:64]),
        instrument=named(row.instrument_name),
        side=wire_orders.side_of(row.direction),
        leg=Leg.YES,
        price=ticks,
        qty=None if row.amount is None else Qty(exact(row.amount)),
        filled=Qty(wire_orders.filled(row)),
        status=status,
    )


def seen_fill(fact: Fact, mine: Mine | None, at: Nanos) -> SeenFill:
    """Return a trade as part of a picture."""
    return SeenFill(
        order=None if mine is None else OrderId(mine.order),
        trade_id=fact.trade_id,
        instrument=fact.instrument,
        side=fact.side,
        leg=Leg.YES,
        price=fact.price,
        qty=fact.qty,
        cost=fact.cost,
        fee=fact.fee,
        at=fact.at or at,
        maker=fact.maker,
    )


def cash(rows: list[Portfolio], indices: Mapping[str, Decimal]) -> Money | None:
    """Return the account's worth in dollars: what the venue says of all together, else sums at their index.

    None where a currency is held whose index is not known: a sum that leaves money out would be wrong.
    """
    total = next((row.total_equity_usd for row in rows if row.total_equity_usd is not None), None)
    if total is not None:
        return Money(exact(total))
    found = Decimal(0)
    for row in rows:
        equity = exact(row.equity if row.equity is not None else row.balance or Decimal(0))
        if equity:
            index = Decimal(1) if row.currency in DOLLARS else indices.get(row.currency)
            if index is None:
                return None
            found += equity * index
    return Money(found.quantize(Decimal("0.000001")))


def currency(instrument: InstrumentId, known: Mapping[str, Instrument]) -> str:
    """Return the money of the venue that an instrument's orders are listed under."""
    found = known.get(instrument.symbol)
    if found is not None and found.fact("currency"):
        return found.fact("currency")
    chain = instrument.symbol.partition("-")[0]
    return chain.partition("_")[2] or chain
