"""How rows get into the tables of the ledger.

What is sealed or booked is only ever inserted. What has a present state (a market, an order) is put in or changed
by its key; a row that names only some columns changes those, and needs the row to be there.

Python's sqlite3 lets go of the interpreter twice a statement and has to win it back from the thread that decides
and draws, up to 5 ms each time: a trade of seven statements was measured to wait 97 ms beside a busy thread. So the
usual keep is one statement that commits itself: its rows go into a temporary view, whose triggers put each into its
table. A group of keeps is a transaction of a few long statements a table, at a third of the time a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, cast

from engine.core.effects import Row
from engine.core.errors import StoreError
from engine.core.trade import Booked
from engine.store import booking, database
from engine.store.tables import TABLES, WIDTH, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.effects import AnyRow
    from engine.store.booking import Line
    from engine.store.database import Connection, Value
    from engine.store.tables import Table

AT_ONCE: Final = 16
"""Rows of the longest statement that commits itself; each length is compiled once. Its triggers cost three times the
rows, so that more of them are cheaper in a transaction, some statements a table."""


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

    Settlement records are written as they are; `records.walk` and `linked` come first, in the same transaction.

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
            database.put(connection, _heads(table, _spared(TABLES[table], values)), values)
            values.clear()


def _spared(spec: Table, values: list[Value]) -> int:
    """Take the last columns, that few rows have, out of rows of which none has them; return how many those are.

    A value that is bound takes as long to write when it is NULL; a column that is not named is NULL, too.
    """
    width, last = len(spec.columns), spec.seldom
    count = len(values) // width
    if not last or any(values[column::width].count(None) < count for column in range(width - last, width)):
        return 0
    for column in range(width - 1, width - last - 1, -1):
        del values[column :: column + 1]
    return last


@cache
def _heads(table: str, spared: int) -> database.Heads:
    spec = TABLES[table]
    columns = spec.columns[: len(spec.columns) - spared]
    sure = next(i for i, name in enumerate(columns, 1) if name not in spec.optional)
    return database.Heads(f"INSERT INTO {table} ({', '.join(columns)})", len(columns), sure, spec.tail())


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
