"""The ledger's tables and how rows get into them.

What is sealed or booked is only ever inserted. What has a present state (a market, an order) is put in or changed
by its key; a row that names only some columns changes those, and needs the row to be there.

Python's sqlite3 lets go of the interpreter twice a statement and has to win it back from the thread that decides
and draws, up to 5 ms each time: a trade of seven statements was measured to wait 97 ms beside a busy thread. So the
usual keep is one statement that commits itself: its rows go into a temporary view, whose triggers put each into its
table. A group of keeps is a transaction of a few long statements a table, at a third of the time a row.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from engine.core.effects import Row
from engine.core.errors import ChainBroken, StoreError
from engine.core.trade import Booked
from engine.oracle import chain
from engine.store import booking, database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.core.effects import AnyRow
    from engine.store.booking import Line
    from engine.store.database import Connection, Cursor, Value


class Rule(Enum):
    """What happens to a row whose key is known."""

    INSERT = ""
    """It is refused: what was booked stays as it was booked."""
    UPSERT = "ON CONFLICT ({key}) DO UPDATE SET {sets}"
    """It replaces what its columns held."""
    IGNORE = "ON CONFLICT DO NOTHING"
    """It is the same thing told twice, and counts once."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the ledger."""

    rule: Rule
    key: tuple[str, ...]
    columns: tuple[str, ...]
    optional: frozenset[str]
    money: frozenset[str]
    """Columns that hold decimal strings."""

    def insert(self, name: str, values: Sequence[str]) -> str:
        """Return the statement that puts in a whole row, made of these expressions."""
        return f"INSERT INTO {name} ({', '.join(self.columns)}) VALUES ({', '.join(values)}) {self.tail()}"  # noqa: S608 - ours

    def tail(self) -> str:
        """Return what the rule adds to the end of that."""
        sets = ", ".join(f"{c} = excluded.{c}" for c in self.columns if c not in self.key)
        return self.rule.value.format(key=", ".join(self.key), sets=sets)


def _table(rule: Rule, key: str, columns: str, optional: str = "", money: str = "") -> Table:
    return Table(
        rule, tuple(key.split()), tuple(columns.split()), frozenset(optional.split()), frozenset(money.split())
    )


TABLES: Final[dict[str, Table]] = {
    "meta": _table(Rule.UPSERT, "key", "key value"),
    "cash": _table(Rule.INSERT, "seq", "seq at account amount kind ref", "seq", "amount"),
    "markets": _table(
        Rule.UPSERT,
        "id",
        "id contract b prior fee_rate created_at status winner record phase kind b_now counted",
        "winner record phase kind b_now counted",
        "fee_rate",
    ),
    "trades": _table(
        Rule.INSERT,
        "seq",
        "seq at market account outcome leg side qty cost fee order_id intent before after via",
        "via",
        "qty cost fee",
    ),
    "orders": _table(
        Rule.UPSERT,
        "id",
        "id intent at venue symbol side leg price qty budget tif origin tag status filled average fee edge why mode "
        "client venue_order until post_only reduce_only strategy",
        "price qty budget average edge client venue_order until post_only reduce_only strategy",
        "qty budget filled average fee",
    ),
    "fills": _table(
        Rule.IGNORE,
        "trade_id",
        "trade_id order_id at venue symbol side leg price qty cost fee realised slippage tag nets maker",
        "slippage nets maker",
        "price qty cost fee realised",
    ),
    "resting": _table(
        Rule.UPSERT,
        "order_id",
        "order_id place at account market outcome leg side price qty reserved until",
        "until",
        "qty reserved",
    ),
    "settlements": _table(Rule.INSERT, "seq", "seq prev hash body"),
    "readings": _table(Rule.IGNORE, "station measured_at kind source raw", "station measured_at kind source raw body"),
    "pnl": _table(Rule.UPSERT, "at", "at realised unrealised fees", money="realised unrealised fees"),
    "listings": _table(Rule.UPSERT, "family", "family body"),
    "strategies": _table(Rule.UPSERT, "name", "name state halted halted_at"),
    "parameters": _table(Rule.UPSERT, "strategy name", "strategy name value"),
    "strategy_days": _table(
        Rule.UPSERT,
        "strategy day",
        "strategy day realised fees fills orders asked blind halts",
        "asked blind halts",
        "realised fees",
    ),
    "journal": _table(
        Rule.UPSERT,
        "order_id",
        "order_id at who venue symbol side leg price qty fair market edge book_age report_age reason average filled "
        "fee later close paid settled_at note tags",
        "price qty fair market edge book_age report_age average later close paid settled_at",
        "qty filled fee",
    ),
    "market_notes": _table(Rule.UPSERT, "market", "market at note"),
    "features": _table(Rule.IGNORE, "family at strategy", "family at strategy body"),
    "strategy_memory": _table(Rule.UPSERT, "strategy name", "strategy name at body"),
    "rfq_quotes": _table(Rule.UPSERT, "client", "client trace at status body sums", "sums"),
    "rfq_trades": _table(Rule.UPSERT, "key", "key trace client at state body"),
    "traces": _table(Rule.INSERT, "seq", "seq trace at what text", "seq"),
    "strategy_held": _table(
        Rule.UPSERT, "strategy venue symbol leg", "strategy venue symbol leg qty cost quoted", "quoted", "qty cost"
    ),
}
"""Every table of the ledger. `migrations` holds the same as SQL, and a test holds them together."""
WIDTH: Final = max(len(table.columns) for table in TABLES.values())
GENESIS: Final = chain.GENESIS
AT_ONCE: Final = 16
"""Rows of the longest statement that commits itself; each length is compiled once. Its triggers cost three times the
rows, so that more of them are cheaper in a transaction, some statements a table."""


class Head(NamedTuple):
    """Where a settlement chain ends: how many records, and the hash of the last."""

    length: int
    hash: str


class Found(NamedTuple):
    """A settlement chain as it is on disk."""

    ok: bool
    head: Head
    first_bad: int | None


def prepare(connection: Connection) -> None:
    """Make the view that `write` puts rows into; it belongs to this connection and is not in the file."""
    slots = [f"c{i}" for i in range(WIDTH)]
    connection.execute(f"CREATE TEMP VIEW put (name, {', '.join(slots)}) AS SELECT NULL{', NULL' * WIDTH}")
    for name, table in TABLES.items():
        insert = table.insert(name, [f"NEW.c{i}" for i in range(len(table.columns))])
        connection.execute(
            f"CREATE TEMP TRIGGER put_{name} INSTEAD OF INSERT ON put WHEN NEW.name = '{name}' BEGIN {insert}; END"
        )


def check(rows: Sequence[AnyRow]) -> None:
    """Refuse rows that the ledger must not hold.

    Raises
    ------
    StoreError
        If a table or column is unknown, a column that a new row needs is missing, an amount is no plain decimal
        string, or the cash of these rows does not sum to zero.
    """
    if len(rows) == 1 and type(rows[0]) is Booked:  # the usual one
        booking.check(rows[0])
        return
    balance = Decimal(0)
    for row in rows:
        if isinstance(row, Booked):
            booking.check(row)
            continue
        for name in _form(row.table, tuple(row.values)).money:
            _amount(row, name)
        if row.table == "cash":
            balance += Decimal(str(row.values["amount"]))
    if balance:
        msg = f"cash out of balance by {balance:f}: what one account pays another must get"
        raise StoreError(msg)


def write(connection: Connection, rows: Sequence[AnyRow]) -> None:
    """Write checked rows in their order: all of them or, after an error, none, unless a transaction is open.

    Settlement records are written as they are; `chain_of` and `linked` come first, in the same transaction.

    Raises
    ------
    StoreError
        If a row changes something that is not there.
    """
    if not rows:
        return
    lines = _lines(rows)
    if connection.in_transaction:
        _write_parts(connection, lines)
    elif len(lines) <= AT_ONCE and not any(isinstance(line, Row) for line in lines):
        _put(connection, cast("list[Line]", lines))
    else:
        with database.transaction(connection):
            _write_parts(connection, lines)


def plain(rows: Iterable[AnyRow]) -> list[Row]:
    """Return rows with a trade's spelled out, as they stand in the ledger's tables."""
    found: list[Row] = []
    for row in rows:
        if isinstance(row, Booked):
            parts = booking.lines(row)
            found += [Row(table, dict(zip(TABLES[table].columns, values, strict=True))) for table, values in parts]
        else:
            found.append(row)
    return found


def chain_of(connection: Connection) -> Found:
    """Verify every settlement record on disk, from the first, in every column; what cannot be read is a bad record."""
    table = [name for _, name, *_ in connection.execute("PRAGMA table_info(settlements)")]
    if table != list(TABLES["settlements"].columns):
        return Found(False, Head(0, GENESIS), 0)  # without its table, or with a column nobody sealed
    seen = chain.verify(_readable(connection))
    return Found(seen.ok, Head(seen.records, seen.head), seen.first_bad)


def walk(connection: Connection) -> Found:
    """Follow the hashes of all records, without reading what the records say: as sure once the head is known."""
    good, head, length = 0, GENESIS, 0
    for seq, prev, hashed, body in _records(connection):
        if good == length and (seq, prev) == (good, head) and _hash(body) == hashed:
            good, head = good + 1, hashed
        length += 1
    return Found(good == length, Head(length, head), None if good == length else good)


def linked(found: Found, links: Iterable[Row]) -> Head:
    """Return where the chain ends once `links` are appended.

    Raises
    ------
    ChainBroken
        If the chain on disk is broken, or a link is not the next one.
    """
    if not found.ok:
        msg = f"the settlement chain on disk is broken at record {found.first_bad}"
        raise ChainBroken(msg, found.first_bad or 0)
    head = found.head
    for link in links:
        seq, prev, hashed, body = (link.values[name] for name in ("seq", "prev", "hash", "body"))
        if (seq, prev) != head or _hash(body) != hashed:
            msg = f"record {seq} does not continue the settlement chain, which ends at {head.length} records"
            raise ChainBroken(msg, head.length)
        head = Head(head.length + 1, str(hashed))
    return head


def _records(connection: Connection) -> Cursor:
    return connection.execute("SELECT seq, prev, hash, body FROM settlements ORDER BY seq")


def _readable(connection: Connection) -> Iterator[tuple[Value, ...]]:
    """Iterate over the records; where reading fails, one that is no record ends it."""
    try:
        yield from _records(connection)
    except sqlite3.DatabaseError:
        yield (None, None, None, None)


def _hash(body: object) -> str:
    return hashlib.sha256(body.encode()).hexdigest() if isinstance(body, str) else ""


@dataclass(frozen=True, slots=True)
class _Form:
    """What is known of all rows with the same table and columns."""

    money: tuple[str, ...]
    whole: bool
    """It holds every column, or those it lacks may be NULL in a new row."""
    order: tuple[str | None, ...]
    """Where each column of the table comes from."""


@lru_cache(maxsize=256)
def _form(table: str, columns: tuple[str, ...]) -> _Form:
    """Check names once for every form of row."""
    spec = TABLES.get(table)
    if spec is None:
        msg = f"the ledger has no table {table!r}"
        raise StoreError(msg)
    if unknown := set(columns) - set(spec.columns):
        msg = f"{table} has no column {', '.join(sorted(unknown))}"
        raise StoreError(msg)
    lacks = set(spec.columns) - set(columns)
    needed = set(spec.key) if spec.rule is Rule.UPSERT else set(spec.columns) - spec.optional
    if missing := lacks & needed:
        msg = f"a row of {table} lacks {', '.join(sorted(missing))}"
        raise StoreError(msg)
    return _Form(
        money=tuple(name for name in columns if name in spec.money),
        whole=not lacks or spec.rule is not Rule.UPSERT,
        order=tuple(name if name in columns else None for name in spec.columns),
    )


def _amount(row: Row, name: str) -> None:
    """Refuse what is no plain decimal string; None is nothing known, where the column allows it."""
    value = row.values[name]
    if value is None and name in TABLES[row.table].optional:
        return
    try:
        sound = isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        sound = False
    if not sound:
        msg = f"{row.table}.{name} was {value!r}, not a decimal string"
        raise StoreError(msg)


def _lines(rows: Sequence[AnyRow]) -> list[Line | Row]:
    """Return whole rows as lines, those that change some columns as they are."""
    found: list[Line | Row] = []
    for row in rows:
        if isinstance(row, Booked):
            found += booking.lines(row)
            continue
        form, values = _form(row.table, tuple(row.values)), row.values
        if form.whole:
            found.append((row.table, tuple([None if name is None else values[name] for name in form.order])))
        else:
            found.append(row)
    return found


def _write_parts(connection: Connection, lines: Iterable[Line | Row]) -> None:
    """Write whole rows table by table, in their order in each, and a partial one after all that came before it."""
    held: dict[str, list[Value]] = {name: [] for name in TABLES}
    for line in lines:
        if isinstance(line, Row):
            _insert(connection, held)
            _change(connection, line)
        else:
            held[line[0]] += line[1]
    _insert(connection, held)


def _insert(connection: Connection, held: dict[str, list[Value]]) -> None:
    """Put in the rows that are held, one after the other, and hold nothing."""
    for table, values in held.items():
        if values:
            database.put(connection, _heads(table), values)
            values.clear()


@cache
def _heads(table: str) -> database.Heads:
    spec = TABLES[table]
    sure = next(i for i, name in enumerate(spec.columns, 1) if name not in spec.optional)
    return database.Heads(f"INSERT INTO {table} ({', '.join(spec.columns)})", len(spec.columns), sure, spec.tail())


def _put(connection: Connection, lines: Sequence[Line]) -> None:
    """Write whole rows with one statement, which commits itself."""
    slots: list[Value] = []
    for table, values in lines:
        slots += (table, *values, *(None,) * (WIDTH - len(values)))
    connection.execute(_statement(len(lines)), slots)


@lru_cache(maxsize=AT_ONCE)
def _statement(count: int) -> str:
    one = f"({', '.join('?' * (WIDTH + 1))})"
    return f"INSERT INTO put VALUES {', '.join([one] * count)}"  # noqa: S608 - only question marks


def _change(connection: Connection, row: Row) -> None:
    """Change some columns of a row that must be there."""
    key = TABLES[row.table].key
    sets = [name for name in row.values if name not in key]
    if not sets:
        msg = f"a row of {row.table} names nothing but its key"
        raise StoreError(msg)
    assigned, found = ", ".join(f"{name} = ?" for name in sets), " AND ".join(f"{name} = ?" for name in key)
    statement = f"UPDATE {row.table} SET {assigned} WHERE {found}"  # noqa: S608 - names of our own
    if connection.execute(statement, [row.values[name] for name in (*sets, *key)]).rowcount != 1:
        msg = f"{row.table} has no row {', '.join(str(row.values[name]) for name in key)}"
        raise StoreError(msg)
