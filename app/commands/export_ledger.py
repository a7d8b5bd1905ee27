"""Tables of the ledger as rows for `atmx export`: orders, fills, positions, settlements, statements, and readings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from app.commands.export_archive import Record
from app.commands.export_columns import COLUMNS
from engine.core import unpriced
from engine.core.errors import StoreError
from engine.core.ids import EMBEDDED, InstrumentId, VenueId
from engine.core.units import DAY, NO_MONEY, TICK, Nanos, plain
from engine.core.when import instant, iso
from engine.store import database, history, load, statements

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

BEGINNING: Final = Nanos(0)


def read(path: Path, table: str, since: Nanos = BEGINNING) -> list[Record]:
    """Return the rows of a table of a ledger.

    Raises
    ------
    StoreError
        If the ledger cannot be read, or its rows contradict each other.
    """
    with database.reader(path) as connection:
        connection.execute("BEGIN")
        try:
            return list(TABLES[table](connection, since))
        except (ValueError, TypeError, KeyError, ArithmeticError, msgspec.MsgspecError) as e:
            msg = f"{path}: {table} cannot be read ({type(e).__name__}: {e})"
            raise StoreError(msg) from e


def _select(name: str, table: str, time: str) -> Callable[[sqlite3.Connection, Nanos], Iterator[Record]]:
    """Return a reader of a table's columns as they are; `time` is the one that `--since` looks at."""
    names = COLUMNS[name]
    query = f"SELECT {', '.join(names)} FROM {table} WHERE {time} >= ? ORDER BY {time}, rowid"  # noqa: S608 - ours

    def read(connection: sqlite3.Connection, since: Nanos) -> Iterator[Record]:
        for row in connection.execute(query, (since,)):
            record = dict(zip(names, row, strict=True))
            yield record | {time: iso(record[time])}

    return read


def _orders(connection: sqlite3.Connection, since: Nanos) -> Iterator[Record]:
    """Yield orders, each price by the ticks of its instrument."""
    units = {one.id: one.unit for roster in history.rosters(connection) for one in roster.instruments}
    for record in _ORDERS(connection, since):
        unit = units.get(InstrumentId(VenueId(str(record["venue"])), str(record["symbol"])), TICK)
        yield record | {"price": _price(record["price"], unit)}


def _fills(connection: sqlite3.Connection, since: Nanos) -> Iterator[Record]:
    """Yield fills; a fee that is not known in dollars is empty, and stands in its coin in the tag."""
    for record in _FILLS(connection, since):
        yield record | {"fee": None if unpriced.fee_of(record["tag"]) else record["fee"]}


def _order_journal(connection: sqlite3.Connection, since: Nanos) -> Iterator[Record]:
    """Yield what each order was sent on, and what came of it."""
    for record in _JOURNAL(connection, since):
        settled = record["settled_at"]
        prices = {
            name: _price(record[name]) for name in ("price", "fair", "market", "average", "later", "close", "paid")
        }
        yield record | prices | {"settled_at": None if settled is None else iso(settled)}


def _price(value: float | None, unit: Decimal = Decimal(1)) -> str | None:
    """Return a price as text, without zeros behind it."""
    return None if value is None else plain((Decimal(repr(value)) * unit).normalize())


def _positions(connection: sqlite3.Connection, since: Nanos) -> Iterator[Record]:
    """Yield our positions; of a market that has ended, as held when it did."""
    held, _ = load.positions(connection)
    markets = {market: row for market, *row in connection.execute("SELECT id, status, contract FROM markets")}
    last = dict(connection.execute("SELECT market, MAX(at) FROM trades WHERE account = 'you' GROUP BY market"))
    for (account, market, outcome, leg), position in held.items():
        if account != "you" or last.get(market, 0) < since:
            continue
        status, contract = markets[market]
        average = position.average
        yield {
            "market": market,
            "title": json.loads(contract)["title"],
            "status": status,
            "outcome": outcome,
            "leg": leg.value,
            "qty": f"{position.qty:f}",
            "cost": f"{position.cost:f}",
            "average": None if average is None else f"{average:.6f}",
            "realised": f"{position.realised:f}",
            "fees": f"{position.fees:f}",
            "last_trade_at": iso(last[market]),
            "venue": EMBEDDED,
        }
    yield from _on_venues(connection, since)


def _on_venues(connection: sqlite3.Connection, since: Nanos) -> Iterator[Record]:
    """Yield our positions on venues, flat ones too; `market` is the venue's symbol, `outcome` always its YES."""
    titles = {one.id: one.title for roster in history.rosters(connection) for one in roster.instruments}
    query = "SELECT venue, symbol, MAX(at) FROM fills WHERE venue <> ? GROUP BY venue, symbol"
    last = {(venue, symbol): at for venue, symbol, at in connection.execute(query, (EMBEDDED,))}
    for row in history.held(connection):
        at = last.get((row.instrument.venue, row.instrument.symbol), 0)
        if at < since:
            continue
        yield {
            "market": row.instrument.symbol,
            "title": titles.get(row.instrument, ""),
            "status": "open" if row.qty else "flat",
            "outcome": 0,
            "leg": row.leg.value,
            "qty": f"{row.qty:f}",
            "cost": f"{row.cost:f}",
            "average": f"{row.cost / row.qty:.6f}" if row.qty else None,
            "realised": f"{row.realised:f}",
            "fees": f"{row.fees:f}",
            "last_trade_at": iso(Nanos(at)),
            "venue": row.instrument.venue,
        }


def _settlements(connection: sqlite3.Connection, since: Nanos) -> Iterator[Record]:
    """Yield the records with their evidence; `body` is what was hashed, to the byte.

    What an older program did not state yet is empty.
    """
    for seq, prev, hashed, body in connection.execute("SELECT seq, prev, hash, body FROM settlements ORDER BY seq"):
        payload = json.loads(body)["payload"]
        if instant(payload["settled_at"]) < since:
            continue
        ours = sum((history.money(p["amount"]) for p in payload["payouts"] if p["account"] == "you"), NO_MONEY)
        own = {"seq": seq, "paid": f"{ours:f}", "prev": prev, "hash": hashed, "body": body}
        yield {name: own[name] if name in own else payload.get(name) for name in COLUMNS["settlements"]}


def _statement(connection: sqlite3.Connection, since: Nanos) -> Iterator[Record]:
    """Yield the daily statement; marks are of the whole book, and of it nothing else is stated: accounts differ."""
    for line in statements.days(connection):
        if line.day + DAY <= since:
            continue
        whole = line.account == statements.ALL
        flow = (lambda _value: None) if whole else _amount
        yield {
            "day_utc": iso(line.day)[:10],
            "account": line.account,
            "opening_cash": flow(line.opening),
            "deposits": flow(line.deposits),
            "trades": flow(line.trades),
            "fees": flow(line.fees),
            "settlements": flow(line.settlements),
            "other": flow(line.other),
            "closing_cash": flow(line.closing),
            "fills": None if whole else line.fills,
            "realised_fifo": flow(line.realised),
            "open_at_cost": flow(line.open_basis),
            "unrealised_at_marks": _amount(line.unrealised),
            "marked_at": None if line.marked_at is None else iso(line.marked_at),
        }


def _realised(connection: sqlite3.Connection, since: Nanos) -> Iterator[Record]:
    """Yield every lot that was closed, first in, first out; fees are in basis and proceeds."""
    for gain in statements.gains(connection):
        closed = gain.closed
        if closed.closed_at < since:
            continue
        yield {
            "method": "FIFO",
            "account": gain.account,
            "venue": gain.venue,
            "symbol": gain.symbol,
            "leg": gain.leg,
            "qty": f"{closed.qty:f}",
            "acquired_utc": iso(closed.opened_at),
            "disposed_utc": iso(closed.closed_at),
            "how": closed.how,
            "basis": _amount(closed.basis),
            "proceeds": _amount(closed.proceeds),
            "gain": _amount(closed.gain),
            "acquired_ns": closed.opened_at,
            "disposed_ns": closed.closed_at,
        }


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


_ORDERS: Final = _select("orders", "orders", "at")
_FILLS: Final = _select("fills", "fills", "at")
_JOURNAL: Final = _select("order-journal", "journal", "at")
TABLES: Final[Mapping[str, Callable[[sqlite3.Connection, Nanos], Iterator[Record]]]] = {
    "orders": _orders,
    "fills": _fills,
    "order-journal": _order_journal,
    "settlement-notes": _select("settlement-notes", "market_notes", "at"),
    "positions": _positions,
    "settlements": _settlements,
    "statement": _statement,
    "realised": _realised,
    "features": _select("features", "features", "at"),
    "observations": _select("observations", "readings", "measured_at"),
}
