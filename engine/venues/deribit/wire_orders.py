"""Our orders and trades on Deribit: requests out, answers and news in. Pure.

An amount is the whole quantity, what has filled included. A price is rounded to the instrument's grid so that it is
never worse for us than what was asked: a purchase down, a sale up. ``post_only`` alone would move the price, so it
goes with ``reject_post_only``. An order's ``label`` is our client id. Fills are told in dollars, as the account counts:
what is paid in a coin is worth its index at the trade.

Source: Deribit API v2, "Trading".
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.book import grid
from engine.core.commands import Tif
from engine.core.errors import AtmxError
from engine.core.instrument import Payoff
from engine.core.units import MICRO, Leg, Money, Nanos, Qty, Side, Ticks
from engine.venues.deribit.numbers import exact, nanos
from engine.venues.deribit.wire_instruments import DOLLARS
from engine.venues.deribit.wire_market import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.effects import Approved
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument

LABEL_MOST: Final = 64
TIFS: Final = {Tif.GTC: "good_til_cancelled", Tif.IOC: "immediate_or_cancel", Tif.FOK: "fill_or_kill"}
ENDED: Final = frozenset({"filled", "cancelled", "rejected"})
WHY: Final = {
    "cancel_on_disconnect": "our connection ended, and with it the order",
    "settlement": "its instrument was settled",
    "autoliquidation": "the venue liquidated the account",
    "risk_mitigation": "the venue reduced the account's risk",
    "pme_risk_reduction": "the venue reduced the account's risk",
    "mmp_trigger": "the venue's protection of market makers was triggered",
    "position_locked": "the venue has locked the account",
    "edit_post_only_reject": "a post-only order would have traded at once",
}


class Unsendable(AtmxError):
    """An order that this venue cannot be sent; nothing was."""


class Row(msgspec.Struct):
    """An order as the venue shows it."""

    order_id: str
    instrument_name: str
    direction: str
    order_state: str
    amount: Decimal | None = None
    filled_amount: Decimal | None = None
    price: msgspec.Raw = msgspec.Raw(b"null")
    """A number, or ``"market_price"``."""
    label: str = ""
    average_price: Decimal | None = None
    cancel_reason: str = ""
    post_only: bool = False
    reduce_only: bool = False
    creation_timestamp: int = 0
    last_update_timestamp: int = 0


class TradeRow(msgspec.Struct):
    """A trade of ours as the venue shows it."""

    trade_id: str
    instrument_name: str
    direction: str
    price: Decimal
    amount: Decimal
    order_id: str = ""
    label: str | None = None
    fee: Decimal = Decimal(0)
    fee_currency: str = ""
    liquidity: str = ""
    timestamp: int = 0
    index_price: Decimal | None = None
    block_trade_id: str | None = None
    block_rfq_id: int | None = None
    block_rfq_quote_id: int | None = None


class Done(msgspec.Struct):
    """What placing or editing an order answers."""

    order: Row
    trades: list[TradeRow] = []


class Page(msgspec.Struct):
    """Some trades of ours."""

    trades: list[TradeRow]
    has_more: bool = False


DONE: Final = msgspec.json.Decoder(Done)
ROW: Final = msgspec.json.Decoder(Row)
ROWS: Final = msgspec.json.Decoder(list[Row])
TRADES: Final = msgspec.json.Decoder(list[TradeRow])
PAGE: Final = msgspec.json.Decoder(Page)
COUNT: Final = msgspec.json.Decoder(int)
_PRICE: Final = msgspec.json.Decoder(Decimal | None)


@dataclass(frozen=True, slots=True)
class Fact:
    """A trade of ours, in our own words."""

    trade_id: str
    order_id: str
    client: str
    instrument: InstrumentId
    side: Side
    price: Decimal
    """As it was quoted."""
    qty: Qty
    cost: Money
    """Dollars: of an option its premium, of a future what it stands for."""
    fee: Money
    """Dollars; below 0 the venue pays."""
    maker: bool
    at: Nanos

    def paid(self, leg: Leg) -> tuple[Decimal, Money]:
        """Return the price of one and what all came to: a contract has but one leg."""
        return self.price, self.cost


def rounded(instrument: Instrument, price: Ticks, side: Side) -> Ticks:
    """Return the nearest price on the grid that is no worse for us; the price itself where it lies on it.

    Raises
    ------
    Unsendable
        If there is none.
    """
    if grid.lies_on(instrument.grid, price):
        return price
    found = grid.below(instrument.grid, price) if side is Side.BUY else grid.above(instrument.grid, price)
    if found is None:
        raise Unsendable(f"{instrument.id.symbol}: no price of its grid is as good as the one that was asked for")
    return found


def place(order: Approved, instrument: Instrument) -> tuple[str, dict[str, object]]:
    """Return the method that places an order, and its parameters.

    Raises
    ------
    Unsendable
        If the venue has no such order.
    """
    asked = order.place
    if asked.leg is not Leg.YES:
        raise Unsendable("an option or a future has one leg; to go short, sell it")
    if asked.qty is None or asked.price is None:
        raise Unsendable("an order needs a quantity and a price")
    if asked.tif not in TIFS:
        raise Unsendable(f"the venue has no orders that last as {asked.tif.value}")
    if not 0 < len(order.client) <= LABEL_MOST:
        raise Unsendable("its client id is none that the venue takes")
    if asked.qty % instrument.step or asked.qty < instrument.least:
        raise Unsendable(f"{asked.qty:f} is no size of {instrument.id.symbol}")
    params: dict[str, object] = {
        "instrument_name": instrument.id.symbol,
        "amount": _number(asked.qty),
        "type": "limit",
        "price": _number(rounded(instrument, asked.price, asked.side) * instrument.unit),
        "time_in_force": TIFS[asked.tif],
        "label": order.client,
    }
    if asked.post_only:
        params |= {"post_only": True, "reject_post_only": True}
    if asked.reduce_only:
        params["reduce_only"] = True
    return f"private/{asked.side.value}", params


def edit(
    venue_order: str, instrument: Instrument, side: Side, price: Ticks, qty: Qty, *, post_only: bool = False,
    reduce_only: bool = False,
) -> dict[str, object]:  # fmt: skip
    """Return the parameters that move an order; `qty` is the whole, what has filled included.

    What it may not do it is told again: nothing says that the venue remembers.

    Raises
    ------
    Unsendable
        If the venue takes no such price or quantity.
    """
    if qty % instrument.step or qty < instrument.least:
        raise Unsendable(f"{qty:f} is no size of {instrument.id.symbol}")
    params: dict[str, object] = {
        "order_id": venue_order,
        "amount": _number(qty),
        "price": _number(rounded(instrument, price, side) * instrument.unit),
    }
    if post_only:
        params |= {"post_only": True, "reject_post_only": True}
    return params | ({"reduce_only": True} if reduce_only else {})


def _number(value: Decimal) -> Decimal:
    """Return a Decimal whose text has no exponent."""
    return Decimal(f"{value:f}")


def price_of(row: Row) -> Decimal | None:
    """Return the price of an order; None for one at the market's."""
    raw = bytes(row.price)
    if raw.startswith(b'"'):
        return None
    found = _PRICE.decode(raw)
    return None if found is None else exact(found)


def side_of(direction: str) -> Side:
    """Return what was done; ValueError for a word that is neither."""
    if direction not in {"buy", "sell"}:
        msg = f"a direction {direction[:20]!r}"
        raise ValueError(msg)
    return Side.BUY if direction == "buy" else Side.SELL


def filled(row: Row) -> Decimal:
    """Return how much of an order has filled; an order that waits for its trigger does not say."""
    found = exact(row.filled_amount or Decimal(0))
    if found < 0:
        msg = f"{found} filled"
        raise ValueError(msg)
    return found


def fact(row: TradeRow, known: Mapping[str, Instrument]) -> Fact:
    """Return a trade of ours; ValueError where its numbers cannot be, or a coin's worth is missing."""
    price, amount, fee = exact(row.price), exact(row.amount), exact(row.fee)
    if price < 0 or amount <= 0:
        msg = "a trade of nothing"
        raise ValueError(msg)
    index = None if row.index_price is None else exact(row.index_price)
    cost = _dollars(row, known.get(row.instrument_name), price, amount, index)
    charged = fee if row.fee_currency in DOLLARS or not fee else fee * _index(index)
    return Fact(
        trade_id=row.trade_id[:64],
        order_id=row.order_id[:64],
        client=(row.label or "")[:LABEL_MOST],
        instrument=named(row.instrument_name),
        side=side_of(row.direction),
        price=price,
        qty=Qty(amount),
        cost=Money(cost.quantize(MICRO)),
        fee=Money(charged.quantize(MICRO, ROUND_CEILING)),
        maker=row.liquidity == "M",
        at=nanos(row.timestamp),
    )


def _dollars(
    row: TradeRow, instrument: Instrument | None, price: Decimal, amount: Decimal, index: Decimal | None
) -> Decimal:
    """Return what a trade comes to in dollars: the face value of an inverse future, else price times amount."""
    option = row.instrument_name.endswith(("-C", "-P")) if instrument is None else instrument.payoff != Payoff.LINEAR
    inverse = "_" not in row.instrument_name if instrument is None else instrument.inverse
    if inverse and not option:
        return amount
    return price * amount * (_index(index) if inverse else Decimal(1))


def _index(index: Decimal | None) -> Decimal:
    if index is None or index <= 0:
        msg = "a trade in a coin without the coin's price"
        raise ValueError(msg)
    return index
