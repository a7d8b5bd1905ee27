"""The gates that orders of the trader's own and of strategies meet alike, in their order.

Source of the list: promises P14 (market-access controls).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import structs

from engine.core.units import SECOND, TICKS_PER_UNIT, Money, Nanos, Side, Ticks
from engine.risk import measures as m
from engine.risk import venue_measures as v
from engine.risk.gate import Gate, above

if TYPE_CHECKING:
    from engine.core.commands import Place


def _with_price(place: Place, ticks: int) -> Place:
    return structs.replace(place, price=Ticks(ticks))


def _buying(place: Place) -> Place:
    return structs.replace(place, side=Side.BUY)


_BOOK: Final = "positions and orders"
COMMON: Final[tuple[Gate, ...]] = (
    Gate(
        "STORAGE", "program", "the ledger takes writes", "store", m.storage, lambda p, _: replace(p, storage_ok=False)
    ),
    Gate("CHAIN", "program", "the settlement log verifies", "chain", m.chain, lambda p, _: replace(p, chain_ok=False)),
    Gate("MODE", "program", "paper, demo, or a venue live", "session", m.mode, lambda p, _: replace(p, mode="replay")),
    Gate(
        "KILL",
        "account",
        "nobody pressed the kill switch, no limit halted trading",
        "session",
        m.halted,
        lambda p, _: replace(p, halted="you"),
        spares_reducing=True,
    ),
    Gate(
        "REDUCE_ONLY",
        "account",
        "new positions are allowed",
        "session",
        m.reduce_only,
        lambda p, _: replace(p, reduce_only=True),
        spares_reducing=True,
        spares_hedging=True,
    ),
    Gate(
        "MARKET_STATE",
        "market",
        "the market is open",
        "exchange",
        m.market_state,
        lambda p, _: replace(p, status="closed"),
    ),
    Gate(
        "DISPUTED",
        "event",
        "nothing speaks against the results of the event",
        "results of the venue",
        v.disputed,
        lambda p, _: replace(p, disputed="two of its markets paid"),
        venue=True,
    ),
    Gate(
        "CLOSE_GUARD",
        "market",
        "seconds left before the close",
        "contract",
        m.close_guard,
        lambda p, limits: replace(p, closes=Nanos(p.at + int(limits["CLOSE_GUARD"]) * SECOND - 1)),
        spares_reducing=True,
    ),
    Gate(
        "ARMED",
        "program",
        "orders may reach a venue for real",
        "session",
        v.armed,
        lambda p, _: replace(p, armed=False),
        venue=True,
    ),
    Gate(
        "VENUE_LINK",
        "venue",
        "the venue's links are up",
        "links",
        v.link,
        lambda p, _: replace(p, link_down="the venue closed it"),
        venue=True,
    ),
    Gate(
        "RECONCILED",
        "venue",
        "our account is the venue's",
        "the venue's account",
        v.reconciled,
        lambda p, _: replace(p, unreconciled="no picture of it yet"),
        venue=True,
    ),
    Gate(
        "CLOCK",
        "venue",
        "milliseconds from the venue's clock",
        "link reports",
        v.clock,
        lambda p, limits: replace(p, skew_ms=-float(limits["CLOCK"] + 1)),
        venue=True,
    ),
    Gate(
        "BOOK_STALE",
        "market",
        "the book is the venue's",
        "book",
        v.book_stale,
        lambda p, _: replace(p, stale="a gap"),
        venue=True,
    ),
    Gate(
        "BOOK_AGE",
        "venue",
        "seconds since the market link brought anything",
        "links",
        v.book_age,
        lambda p, limits: replace(p, heard_s=float(limits["BOOK_AGE"] + 1)),
        venue=True,
    ),
    Gate(
        "ORDER_FORM",
        "per order",
        "price and size are possible",
        "ticket",
        m.well_formed,
        lambda p, _: replace(p, place=_with_price(p.place, TICKS_PER_UNIT)),
    ),
    Gate(
        "EXCHANGE",
        "market",
        "the market itself would trade it",
        "exchange",
        m.declined,
        lambda p, _: replace(p, declined="PRICE_BAND", declined_text="out of the band"),
    ),
    Gate(
        "PRICE_GRID",
        "per order",
        "the venue takes orders at this price",
        "listing",
        v.price_grid,
        lambda p, _: replace(p, grid=()),
        venue=True,
    ),
    Gate(
        "PRICE_COLLAR",
        "per order",
        "cents from the middle of the book",
        "book",
        v.price_collar,
        lambda p, limits: replace(p, mid=float((p.place.price or 0) + 100 * limits["PRICE_COLLAR"] + 100)),
        venue=True,
        shares=True,
    ),
    Gate(
        "LOT",
        "per order",
        "the venue takes orders of this size",
        "listing",
        v.lot,
        lambda p, _: replace(p, least=m.MOST),
        venue=True,
    ),
    Gate(
        "VENUE_CAN",
        "per order",
        "the venue knows this kind of order",
        "capabilities",
        v.can,
        lambda p, _: replace(p, can=None),
        venue=True,
    ),
    Gate(
        "ORDER_QTY",
        "per order",
        "shares",
        "ticket",
        m.order_qty,
        above("qty", "ORDER_QTY", by=Decimal(1)),
        spares_reducing=True,
        shares=True,
    ),
    Gate(
        "ORDER_VALUE", "per order", "value", "quote", m.order_value, above("cost", "ORDER_VALUE"), spares_reducing=True
    ),
    Gate(
        "DUPLICATE", "per order", "like orders just sent", "orders", m.duplicate, lambda p, _: replace(p, duplicates=1)
    ),
    Gate(
        "RATE",
        "per 2 s",
        "orders in two seconds",
        "engine clock",
        m.rate,
        lambda p, limits: replace(p, last_2s=int(limits["RATE"])),
        spares_reducing=True,
    ),
    Gate(
        "RATE_MINUTE",
        "per minute",
        "orders in a minute",
        "engine clock",
        m.rate_minute,
        lambda p, limits: replace(p, last_minute=int(limits["RATE_MINUTE"])),
        spares_reducing=True,
    ),
    Gate(
        "VENUE_RATE",
        "per second",
        "orders to one venue in a second",
        "engine clock",
        v.venue_rate,
        lambda p, _: replace(p, venue_orders=10, venue_rate=10.0),
        venue=True,
    ),
    Gate(
        "OPEN_ORDERS",
        "account",
        "orders in flight",
        "orders",
        m.open_orders,
        lambda p, limits: replace(p, open_orders=int(limits["OPEN_ORDERS"])),
        spares_reducing=True,
    ),
    Gate(
        "UNKNOWN_ORDER", "market", "orders without an answer", "orders", m.unknown, lambda p, _: replace(p, unknown=1)
    ),
    Gate("WASH", "market", "own orders on the other side", "orders", m.wash, lambda p, _: replace(p, crossing=1)),
    Gate(
        "SOURCE_AGE",
        "stations",
        "minutes since the settlement station reported; warns manual orders",
        "station reports",
        m.source_age,
        lambda p, limits: replace(p, source_age_s=float(limits["SOURCE_AGE"] + 1) * 60),
        spares_reducing=True,
        warns=True,
        shares=True,
    ),
    Gate(
        "CASH",
        "account",
        "cost and fee against free cash",
        "ledger",
        m.cash,
        lambda p, _: replace(
            p, place=_buying(p.place), cash=Money(Decimal(0)), cost=Money(Decimal(1)), tied=Money(Decimal(1))
        ),
    ),
    Gate(
        "MARKET_POSITION",
        "market",
        "shares held in one market",
        _BOOK,
        m.market_position,
        above("market_after", "MARKET_POSITION"),
        spares_reducing=True,
        shares=True,
    ),
    Gate(
        "CELL_EXPOSURE",
        "H3 cell",
        "net shares in one cell",
        _BOOK,
        m.cell,
        above("cell_after", "CELL_EXPOSURE"),
        shares=True,
    ),
    Gate(
        "GROUP_EXPOSURE",
        "H3 parent",
        "net shares around one cell",
        _BOOK,
        m.group,
        above("group_after", "GROUP_EXPOSURE"),
        shares=True,
    ),
    Gate(
        "EVENT_EXPOSURE",
        "event",
        "worst loss over the outcomes of one event",
        "payoff vector",
        m.event,
        above("event_loss_after", "EVENT_EXPOSURE"),
        spares_reducing=True,
        shares=True,
    ),
    Gate(
        "AT_RISK",
        "portfolio",
        "worst loss over all joint outcomes",
        _BOOK,
        m.at_risk,
        above("at_risk_after", "AT_RISK"),
        spares_reducing=True,
    ),
    Gate(
        "DAILY_LOSS",
        "portfolio",
        "the day's result, from 00:00 UTC",
        "fills and marks",
        m.daily,
        lambda p, limits: replace(p, day=Money(limits["DAILY_LOSS"])),
        spares_reducing=True,
        spares_hedging=True,
    ),
    Gate(
        "WEEKLY_LOSS",
        "portfolio",
        "the week's result, from Monday 00:00 UTC",
        "fills and marks",
        m.weekly,
        lambda p, limits: replace(p, week=Money(limits["WEEKLY_LOSS"])),
        spares_reducing=True,
        spares_hedging=True,
    ),
)
