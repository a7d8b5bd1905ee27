"""What was ordered and traded before, read back from the ledger as rows: orders, fills, positions, results."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core.ids import EMBEDDED, AccountId, InstrumentId, MarketId, OrderId, VenueId
from engine.core.instrument import Roster
from engine.core.order import ENDS, Status
from engine.core.snapshot import FillRow, HeldRow, JournalRow, OrderRow, PnlPoint, RestingRow
from engine.core.units import DAY, HOUR, Leg, Money, Nanos, Qty, Side
from engine.core.unpriced import MARK
from engine.portfolio.netting import Traded, book, undo

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from engine.portfolio.position import Position

BACK: Final = ":reversed"
"""At the end of the id of a fill that undoes one which the venue took back."""
JOURNALED: Final = 1_000
"""Orders of the journal that a session knows from the start."""
ORDERS: Final = 100
"""Ended orders a session starts with."""
ORDERS_OF: Final = 400
"""Ended orders of each strategy that a session starts with, whoever sent how many since: those of four hours, about."""
LOOKED_AT: Final = 20_000
"""Newest ended orders that those are found among."""
FILLS: Final = 200
POINTS: Final = 5_000
POINTS_OF: Final = 9 * DAY
"""How far back the last point of each hour is read: more than a week and the day it began in."""
VENUE_FILLS: Final = 5_000
"""Fills on venues whose ids a session knows, so that a venue that tells one again is not believed twice."""
FILL_COLUMNS: Final = "trade_id, order_id, at, venue, symbol, side, leg, price, qty, cost, fee, realised, slippage, tag"
ORDER_COLUMNS: Final = (
    "id, intent, at, venue, symbol, side, leg, price, qty, budget, tif, origin, status, filled, average, fee, why, "
    "tag, edge, client, venue_order, until, post_only, reduce_only, strategy"
)

_roster = msgspec.json.Decoder(Roster)


def money(text: str) -> Money:
    """Return a sum of money from the text it is kept as."""
    return Money(Decimal(text))


def _money(text: str | None) -> Money | None:
    return None if text is None else money(text)


def orders(connection: sqlite3.Connection) -> tuple[OrderRow, ...]:
    """Return all orders that are not ended, the last that are, and the last of each strategy; oldest first."""
    ended = ", ".join(f"'{status.value}'" for status in sorted(ENDS, key=lambda s: s.value))
    query = f"""WITH newest AS (
        SELECT rowid AS place, strategy FROM orders WHERE status IN ({ended}) ORDER BY rowid DESC LIMIT {LOOKED_AT}
    ), ranked AS (
        SELECT place, strategy, ROW_NUMBER() OVER (ORDER BY place DESC) AS nth,
            ROW_NUMBER() OVER (PARTITION BY strategy ORDER BY place DESC) AS own FROM newest
    ) SELECT {ORDER_COLUMNS} FROM orders WHERE status NOT IN ({ended}) OR rowid IN (
        SELECT place FROM ranked WHERE nth <= {ORDERS} OR (own <= {ORDERS_OF} AND strategy <> '')
    ) ORDER BY rowid"""  # noqa: S608 - names of our own
    return tuple(_order(*row) for row in connection.execute(query))


def orders_with(connection: sqlite3.Connection, mark: str) -> tuple[OrderRow, ...]:
    """Return the orders whose intent has a text in it, oldest first."""
    query = f"SELECT {ORDER_COLUMNS} FROM orders WHERE INSTR(intent, ?) > 0 ORDER BY rowid"  # noqa: S608 - ours
    return tuple(_order(*row) for row in connection.execute(query, (mark,)))


def intents(connection: sqlite3.Connection, prefix: str) -> frozenset[str]:
    """Return the intents that begin with a text and became an order."""
    query = "SELECT intent FROM orders WHERE SUBSTR(intent, 1, ?) = ?"
    return frozenset(intent for (intent,) in connection.execute(query, (len(prefix), prefix)))


def order_of(connection: sqlite3.Connection, intent: str) -> OrderRow | None:
    """Return the order that an intent became, in whatever session; None of one that became none."""
    query = f"SELECT {ORDER_COLUMNS} FROM orders WHERE intent = ? ORDER BY rowid LIMIT 1"  # noqa: S608 - ours
    found = connection.execute(query, (intent,)).fetchone()
    return None if found is None else _order(*found)


def _order(
    order: str, intent: str, at: int, venue: str, symbol: str, side: str, leg: str, price: int | None, qty: str | None,
    budget: str | None, tif: str, origin: str, status: str, filled: str, average: str | None, fee: str, why: str,
    tag: str, edge: float | None, client: str | None, venue_order: str | None, until: int | None,
    post_only: int | None, reduce_only: int | None, strategy: str | None,
) -> OrderRow:  # fmt: skip
    return OrderRow(
        id=OrderId(order),
        intent=intent,
        at=Nanos(at),
        instrument=InstrumentId(VenueId(venue), symbol),
        side=Side(side),
        leg=Leg(leg),
        price=price,
        qty=None if qty is None else Qty(Decimal(qty)),
        budget=_money(budget),
        tif=tif,
        origin=origin,
        status=Status(status).value,
        filled=Qty(Decimal(filled)),
        average=None if average is None else Decimal(average),
        fee=money(fee),
        why=why,
        tag=tag,
        edge=edge,
        client=client or "",
        venue_order=venue_order or "",
        until=None if until is None else Nanos(until),
        post_only=bool(post_only),
        reduce_only=bool(reduce_only),
        strategy=strategy or "",
    )


def fills(connection: sqlite3.Connection) -> tuple[FillRow, ...]:
    """Return the last fills, oldest first."""
    query = f"SELECT {FILL_COLUMNS} FROM fills ORDER BY rowid DESC LIMIT {FILLS}"  # noqa: S608 - names of our own
    return _fills(connection.execute(query).fetchall()[::-1])


def venue_fills(connection: sqlite3.Connection) -> tuple[FillRow, ...]:
    """Return the fills on venues, oldest first: all of orders that are not ended, the last thousands of others."""
    ended = ", ".join(f"'{status.value}'" for status in sorted(ENDS, key=lambda s: s.value))
    query = f"""SELECT {FILL_COLUMNS} FROM fills WHERE venue <> '{EMBEDDED}' AND (
            order_id IN (SELECT id FROM orders WHERE status NOT IN ({ended}))
            OR rowid > (SELECT COALESCE(MAX(rowid), 0) FROM fills) - {VENUE_FILLS}
        ) ORDER BY rowid"""  # noqa: S608 - names of our own
    return _fills(connection.execute(query).fetchall())


def unpriced(connection: sqlite3.Connection) -> tuple[InstrumentId, ...]:
    """Return the instruments of which a fill bore a fee that is not known in dollars."""
    query = "SELECT DISTINCT venue, symbol FROM fills WHERE instr(tag, ?) ORDER BY venue, symbol"
    return tuple(InstrumentId(VenueId(venue), symbol) for venue, symbol in connection.execute(query, (MARK,)))


def fills_of(connection: sqlite3.Connection, ids: Iterable[str]) -> tuple[FillRow, ...]:
    """Return the fills of these trade ids, as far as they are there."""
    query = f"SELECT {FILL_COLUMNS} FROM fills WHERE trade_id = ?"  # noqa: S608 - names of our own
    return _fills([row for each in ids for row in connection.execute(query, (each,))])


def held(connection: sqlite3.Connection) -> tuple[HeldRow, ...]:
    """Fold all fills on venues into positions at average cost, settlements and corrections included."""
    found: dict[tuple[InstrumentId, Leg], Position] = {}
    query = f"""SELECT venue, symbol, side, leg, qty, cost, fee, nets, price, trade_id, realised FROM fills
        WHERE venue <> '{EMBEDDED}' ORDER BY rowid"""  # noqa: S608 - a name of our own
    for venue, symbol, side, leg, qty, cost, fee, nets, price, trade, realised in connection.execute(query):
        one = InstrumentId(VenueId(venue), symbol)
        traded = Traded(Side(side), Leg(leg), Qty(Decimal(qty)), money(cost), Decimal(price))
        if trade.endswith(BACK):
            undo(found, one, traded, money(fee), money(realised), nets=nets or 0)
        else:
            book(found, one, traded, money(fee), nets=nets or 0)
    return tuple(
        HeldRow(instrument=one, leg=leg, qty=p.qty, cost=p.cost, realised=p.realised, fees=p.fees, quoted=p.quoted)
        for (one, leg), p in found.items()
    )


def resting(connection: sqlite3.Connection) -> tuple[RestingRow, ...]:
    """Return the orders that rest on the embedded exchange, by place in the queue."""
    query = """SELECT order_id, place, at, account, market, outcome, leg, side, price, qty, reserved, until
        FROM resting WHERE qty <> '0' ORDER BY place"""
    return tuple(
        RestingRow(
            order=OrderId(order), place=place, at=Nanos(at), account=AccountId(account), market=MarketId(market),
            outcome=outcome, leg=Leg(leg), side=Side(side), price=price, qty=Qty(Decimal(qty)),
            reserved=money(reserved), until=None if until is None else Nanos(until),
        )
        for order, place, at, account, market, outcome, leg, side, price, qty, reserved, until
        in connection.execute(query)
    )  # fmt: skip


def rosters(connection: sqlite3.Connection) -> tuple[Roster, ...]:
    """Return the families of orders and positions, as last listed."""
    query = "SELECT body FROM listings ORDER BY family"
    return tuple(_roster.decode(body) for (body,) in connection.execute(query))


def journal(connection: sqlite3.Connection, most: int = JOURNALED) -> tuple[JournalRow, ...]:
    """Return the newest orders of the journal, oldest first; until one is scored with what its order has filled."""
    query = """SELECT j.order_id, j.at, j.who, j.venue, j.symbol, j.side, j.leg, j.price, j.qty, j.fair, j.market,
        j.edge, j.book_age, j.report_age, j.reason, j.average, j.filled, j.fee, j.later, j.close, j.paid, j.settled_at,
        j.note, j.tags, o.average, o.filled, o.fee
        FROM journal j LEFT JOIN orders o ON o.id = j.order_id AND j.paid IS NULL
        ORDER BY j.at DESC, j.order_id DESC LIMIT ?"""
    found = [
        JournalRow(
            order=order, at=Nanos(at), who=who, instrument=InstrumentId(VenueId(venue), symbol), side=Side(side),
            leg=Leg(leg), price=price, qty=None if qty is None else Qty(Decimal(qty)), fair=fair, market=market,
            edge=edge, book_age=book_age, report_age=report_age, reason=reason,
            average=average if each is None else float(Decimal(each)), filled=Qty(Decimal(done or filled)),
            fee=money(charged or fee), later=later, close=close, paid=paid, settled_at=settled_at,
            note=note, tags=tuple(tag for tag in tags.split(",") if tag),
        )
        for order, at, who, venue, symbol, side, leg, price, qty, fair, market, edge, book_age, report_age, reason,
            average, filled, fee, later, close, paid, settled_at, note, tags, each, done, charged
        in connection.execute(query, [most])
    ]  # fmt: skip
    return tuple(reversed(found))


def _fills(rows: Iterable[tuple[Any, ...]]) -> tuple[FillRow, ...]:
    return tuple(
        FillRow(
            trade_id=trade_id,
            order=OrderId(order),
            at=Nanos(at),
            instrument=InstrumentId(VenueId(venue), symbol),
            side=Side(side),
            leg=Leg(leg),
            price=Decimal(price),
            qty=Qty(Decimal(qty)),
            cost=money(cost),
            fee=money(fee),
            realised=money(realised),
            slippage=slippage,
            tag=tag,
        )
        for trade_id, order, at, venue, symbol, side, leg, price, qty, cost, fee, realised, slippage, tag in rows
    )


def pnl(connection: sqlite3.Connection) -> tuple[PnlPoint, ...]:
    """Return the last points of our result, and the last of each hour that a week's result is counted from."""
    query = f"""SELECT at, realised, unrealised, fees FROM pnl
        WHERE at >= (SELECT MIN(at) FROM (SELECT at FROM pnl ORDER BY at DESC LIMIT {POINTS}))
        OR at IN (
            SELECT MAX(at) FROM pnl WHERE at >= (SELECT MAX(at) FROM pnl) - {POINTS_OF} GROUP BY at / {HOUR}
        ) ORDER BY at"""  # noqa: S608 - numbers
    rows = connection.execute(query).fetchall()
    return tuple(
        PnlPoint(
            at=Nanos(at),
            realised=money(realised),
            unrealised=money(unrealised),
            fees=money(fees),
        )
        for at, realised, unrealised, fees in rows
    )


def next_order(connection: sqlite3.Connection) -> int:
    """Return the first number no order of ours has had; ids are a prefix, a dash and a number."""
    numbers = [order.rpartition("-")[2] for (order,) in connection.execute("SELECT id FROM orders")]
    return max((int(number) for number in numbers if number.isdecimal()), default=0) + 1
