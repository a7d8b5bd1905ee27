"""Quotes on requests and the trades that came of them, read back from the ledger; and the event log of one trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.core.quotes import Quote
from engine.core.rfq import QuoteRow, QuoteSums, TradeRow
from engine.core.units import Nanos
from engine.store import history

if TYPE_CHECKING:
    import sqlite3

    from engine.core.snapshot import FillRow, OrderRow

QUOTES: Final = 200
TRADES: Final = 100
"""Quotes, and trades whose hedge is done, that a session begins with."""
OVER: Final = "('HEDGED', 'CLOSED')"
_quote = msgspec.json.Decoder(Quote)
_sums = msgspec.json.Decoder(QuoteSums)
_trade = msgspec.json.Decoder(TradeRow)


class TraceStep(NamedTuple):
    """One line of the event log."""

    at: Nanos
    trace: str
    what: str
    text: str


def nonce(connection: sqlite3.Connection) -> int:
    """Return the highest number that a quote ever bore; 0 before the first."""
    found = connection.execute("SELECT client FROM rfq_quotes ORDER BY LENGTH(client) DESC, client DESC LIMIT 1")
    row = found.fetchone()
    return int(row[0]) if row is not None else 0


def quotes(connection: sqlite3.Connection) -> tuple[QuoteRow, ...]:
    """Return the last quotes, oldest first."""
    query = "SELECT client, trace, at, status, body, sums FROM rfq_quotes ORDER BY rowid DESC LIMIT ?"
    rows = [
        QuoteRow(
            client=client, trace=trace, at=Nanos(at), quote=_quote.decode(body), status=status,
            sums=None if sums is None else _sums.decode(sums),
        )
        for client, trace, at, status, body, sums in connection.execute(query, (QUOTES,))
    ]  # fmt: skip
    return tuple(reversed(rows))


def trades(connection: sqlite3.Connection) -> tuple[TradeRow, ...]:
    """Return all trades whose hedge is not done, and the last that are, oldest first."""
    query = f"""SELECT body FROM (
        SELECT rowid AS place, body FROM rfq_trades WHERE state NOT IN {OVER}
        UNION ALL SELECT * FROM (
            SELECT rowid AS place, body FROM rfq_trades WHERE state IN {OVER} ORDER BY rowid DESC LIMIT {TRADES}
        )
    ) ORDER BY place"""  # noqa: S608 - names of our own
    return tuple(_trade.decode(body) for (body,) in connection.execute(query))


def with_hedges(connection: sqlite3.Connection, some: tuple[OrderRow, ...]) -> tuple[OrderRow, ...]:
    """Return orders with those that hedged a trade which a session begins with: what they filled is not hedged again.

    Of a trade that is hedged too: without its orders it would look as if nothing of it was.
    """
    trades_known = {one.key for one in trades(connection)}
    known = {one.id for one in some}
    found = history.orders_with(connection, "#") if trades_known else ()
    missing = [one for one in found if one.id not in known and _key(one.intent) in trades_known]
    return tuple(sorted((*missing, *some), key=lambda one: (len(one.id), one.id))) if missing else some


def with_legs(connection: sqlite3.Connection, some: tuple[FillRow, ...]) -> tuple[FillRow, ...]:
    """Return fills with those of every trade that a session begins with: what is booked is not booked again."""
    known = {one.trade_id for one in some}
    wanted = [f"{one.key}:{leg.trade_id}" for one in trades(connection) for leg in one.legs]
    return (*history.fills_of(connection, [one for one in wanted if one not in known]), *some)


def _key(intent: str) -> str:
    """Return the trade that an order hedges, as its intent names it: key, leg and number."""
    return intent.rpartition("#")[0].rpartition("#")[0]


def trace(connection: sqlite3.Connection, name: str) -> tuple[TraceStep, ...]:
    """Return the event log of one trace, in its order: all that came of one request, to the last fill of its hedge."""
    query = "SELECT at, trace, what, text FROM traces WHERE trace = ? ORDER BY seq"
    return tuple(TraceStep(Nanos(at), *rest) for at, *rest in connection.execute(query, (name,)))
