"""The ledger's schema, step by step. A step is only ever added, never edited once released.

All pending steps and the records that they were applied are one transaction, so a ledger is of the old schema
or of the new one, whenever the program dies.
"""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final, cast

from sqlite_utils import Database, Migrations

from engine.core.errors import StoreError, StoreTooNew
from engine.store import backup, database

if TYPE_CHECKING:
    from pathlib import Path

LEDGER: Final = Migrations("ledger")


@LEDGER()
def m001_first(db: Database) -> None:
    """Cash in double entry, markets, trades, orders, fills, settlements, readings, the result over time."""
    for statement in M001:
        db.execute(statement)


@LEDGER()
def m002_venues(db: Database) -> None:
    """Orders on venues, the instruments they are for, and the salt of this ledger's client ids."""
    for statement in M002:
        db.execute(statement)
    db.execute("INSERT INTO meta VALUES ('salt', ?)", [secrets.token_hex(SALT_BYTES)])


@LEDGER()
def m003_strategies(db: Database) -> None:
    """Which strategy sent an order, what each was switched to and told, and what it brought and holds."""
    for statement in M003:
        db.execute(statement)


@LEDGER()
def m004_memory(db: Database) -> None:
    """What strategies have learnt, and how much of each day they were up."""
    for statement in M004:
        db.execute(statement)


@LEDGER()
def m005_resting(db: Database) -> None:
    """Phases of embedded markets, liquidity that fell, and orders that rest there with their place in the queue."""
    for statement in M005:
        db.execute(statement)


@LEDGER()
def m006_features(db: Database) -> None:
    """What strategies saw of the brackets of an event, minute by minute."""
    for statement in M006:
        db.execute(statement)


@LEDGER()
def m007_rfq(db: Database) -> None:
    """Quotes on requests, the trades that came of them, and every step of both under one trace."""
    for statement in M007:
        db.execute(statement)


@LEDGER()
def m008_journal(db: Database) -> None:
    """What each order was sent on, what came of it, and what the trader wrote to it."""
    for statement in M008:
        db.execute(statement)


@LEDGER()
def m009_quoted(db: Database) -> None:
    """What a strategy's positions were quoted at, and what each quote on a request counts as in the limits."""
    for statement in M009:
        db.execute(statement)


@LEDGER()
def m010_market_notes(db: Database) -> None:
    """What the trader wrote to settlements, beside the records and outside their chain."""
    for statement in M010:
        db.execute(statement)


SALT_BYTES: Final = 6
"""Twelve characters: with an order's number they stay far below the 36 that a client id may have."""
M001: Final = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT",
    """CREATE TABLE cash (
        seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, account TEXT NOT NULL, amount TEXT NOT NULL,
        kind TEXT NOT NULL, ref TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE markets (
        id TEXT PRIMARY KEY NOT NULL, contract TEXT NOT NULL, b REAL NOT NULL, prior TEXT NOT NULL,
        fee_rate TEXT NOT NULL, created_at INTEGER NOT NULL, status TEXT NOT NULL, winner INTEGER, record INTEGER
    ) STRICT""",
    """CREATE TABLE trades (
        seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, market TEXT NOT NULL, account TEXT NOT NULL,
        outcome INTEGER NOT NULL, leg TEXT NOT NULL, side TEXT NOT NULL, qty TEXT NOT NULL, cost TEXT NOT NULL,
        fee TEXT NOT NULL, order_id TEXT NOT NULL, intent TEXT NOT NULL, before INTEGER NOT NULL,
        after INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE orders (
        id TEXT PRIMARY KEY NOT NULL, intent TEXT NOT NULL, at INTEGER NOT NULL, venue TEXT NOT NULL,
        symbol TEXT NOT NULL, side TEXT NOT NULL, leg TEXT NOT NULL, price INTEGER, qty TEXT, budget TEXT,
        tif TEXT NOT NULL, origin TEXT NOT NULL, tag TEXT NOT NULL, status TEXT NOT NULL, filled TEXT NOT NULL,
        average TEXT, fee TEXT NOT NULL, edge REAL, why TEXT NOT NULL, mode TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE fills (
        trade_id TEXT PRIMARY KEY NOT NULL, order_id TEXT NOT NULL, at INTEGER NOT NULL, venue TEXT NOT NULL,
        symbol TEXT NOT NULL, side TEXT NOT NULL, leg TEXT NOT NULL, price TEXT NOT NULL, qty TEXT NOT NULL,
        cost TEXT NOT NULL, fee TEXT NOT NULL, realised TEXT NOT NULL, slippage REAL, tag TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE settlements (
        seq INTEGER PRIMARY KEY, prev TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, body TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE readings (
        station TEXT NOT NULL, measured_at INTEGER NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,
        raw TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (station, measured_at, kind, source, raw)
    ) STRICT""",
    "CREATE TABLE pnl (at INTEGER PRIMARY KEY, realised TEXT NOT NULL, unrealised TEXT NOT NULL, fees TEXT NOT NULL)"
    " STRICT",
)
M002: Final = (
    "ALTER TABLE orders ADD COLUMN client TEXT",
    "ALTER TABLE orders ADD COLUMN venue_order TEXT",
    "ALTER TABLE orders ADD COLUMN until INTEGER",
    "ALTER TABLE orders ADD COLUMN post_only INTEGER",
    "ALTER TABLE orders ADD COLUMN reduce_only INTEGER",
    "ALTER TABLE fills ADD COLUMN nets INTEGER",
    "ALTER TABLE fills ADD COLUMN maker INTEGER",
    "CREATE TABLE listings (family TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT",
)
M003: Final = (
    "ALTER TABLE orders ADD COLUMN strategy TEXT",
    """CREATE TABLE strategies (
        name TEXT PRIMARY KEY NOT NULL, state TEXT NOT NULL, halted TEXT NOT NULL, halted_at INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE parameters (
        strategy TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (strategy, name)
    ) STRICT""",
    """CREATE TABLE strategy_days (
        strategy TEXT NOT NULL, day INTEGER NOT NULL, realised TEXT NOT NULL, fees TEXT NOT NULL,
        fills INTEGER NOT NULL, orders INTEGER NOT NULL, PRIMARY KEY (strategy, day)
    ) STRICT""",
    """CREATE TABLE strategy_held (
        strategy TEXT NOT NULL, venue TEXT NOT NULL, symbol TEXT NOT NULL, leg TEXT NOT NULL, qty TEXT NOT NULL,
        cost TEXT NOT NULL, PRIMARY KEY (strategy, venue, symbol, leg)
    ) STRICT""",
)
M004: Final = (
    """CREATE TABLE strategy_memory (
        strategy TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (strategy, name)
    ) STRICT""",
    "ALTER TABLE strategy_days ADD COLUMN asked INTEGER",
    "ALTER TABLE strategy_days ADD COLUMN blind INTEGER",
    "ALTER TABLE strategy_days ADD COLUMN halts INTEGER",
)
M005: Final = (
    "ALTER TABLE markets ADD COLUMN phase INTEGER",
    "ALTER TABLE markets ADD COLUMN kind TEXT",
    "ALTER TABLE markets ADD COLUMN b_now REAL",
    "ALTER TABLE markets ADD COLUMN counted TEXT",
    "ALTER TABLE trades ADD COLUMN via INTEGER",
    """CREATE TABLE resting (
        order_id TEXT PRIMARY KEY NOT NULL, place INTEGER NOT NULL, at INTEGER NOT NULL, account TEXT NOT NULL,
        market TEXT NOT NULL, outcome INTEGER NOT NULL, leg TEXT NOT NULL, side TEXT NOT NULL, price INTEGER NOT NULL,
        qty TEXT NOT NULL, reserved TEXT NOT NULL, until INTEGER
    ) STRICT""",
)
M006: Final = (
    """CREATE TABLE features (
        family TEXT NOT NULL, at INTEGER NOT NULL, strategy TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (family, at, strategy)
    ) STRICT""",
    "CREATE INDEX features_at ON features (at)",
)

M007: Final = (
    """CREATE TABLE rfq_quotes (
        client TEXT PRIMARY KEY NOT NULL, trace TEXT NOT NULL, at INTEGER NOT NULL, status TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE rfq_trades (
        key TEXT PRIMARY KEY NOT NULL, trace TEXT NOT NULL, client TEXT NOT NULL, at INTEGER NOT NULL,
        state TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE traces (
        seq INTEGER PRIMARY KEY, trace TEXT NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL, text TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX traces_trace ON traces (trace)",
)
M008: Final = (
    """CREATE TABLE journal (
        order_id TEXT PRIMARY KEY NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, venue TEXT NOT NULL,
        symbol TEXT NOT NULL, side TEXT NOT NULL, leg TEXT NOT NULL, price REAL, qty TEXT, fair REAL, market REAL,
        edge REAL, book_age INTEGER, report_age INTEGER, reason TEXT NOT NULL, average REAL, filled TEXT NOT NULL,
        fee TEXT NOT NULL, later REAL, close REAL, paid REAL, settled_at INTEGER, note TEXT NOT NULL,
        tags TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX journal_at ON journal (at)",
)
M009: Final = (
    "ALTER TABLE strategy_held ADD COLUMN quoted TEXT",
    "ALTER TABLE rfq_quotes ADD COLUMN sums TEXT",
)
M010: Final = (
    """CREATE TABLE market_notes (
        market TEXT PRIMARY KEY NOT NULL, at INTEGER NOT NULL, note TEXT NOT NULL
    ) STRICT""",
)


def apply(path: Path, *, steps: Migrations = LEDGER, connect: database.Connect = database.connect) -> list[str]:
    """Bring a ledger to today's schema, made if it is not there; a copy is kept of one that must change, beside those
    kept before.

    Returns
    -------
    list of str
        The steps applied now, in order.

    Raises
    ------
    StoreTooNew
        If a newer program wrote it; the file was not touched.
    StoreDamaged, StoreError
        If it cannot be read, or is another kind of database.
    """
    done, known = applied(path, steps), names(steps)
    if newer := [name for name in done if name not in known]:
        msg = f"{path} was written by a newer version of atmx (it has {', '.join(newer)}); it was not touched"
        raise StoreTooNew(msg)
    pending = [name for name in known if name not in done]
    if done and pending:
        kept = path.parent / "backups" / f"{path.stem}-before-{pending[0]}{path.suffix}"
        backup.copy(path, backup.unused(kept))
    if pending:
        _apply(path, steps, connect)
    return pending


def names(steps: Migrations = LEDGER) -> list[str]:
    """Return all steps this program knows, in order."""
    return [step.name for step in steps.pending(nothing())]


def nothing() -> Database:
    """Return an empty database, in which every step is pending."""
    return Database(memory=True, execute_plugins=False)


def applied(path: Path, steps: Migrations = LEDGER) -> list[str]:
    """Return the steps a ledger has had, oldest first; none for a file that is not there or empty."""
    if not path.exists() or path.stat().st_size == 0:
        return []
    with database.reader(path) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if tables and "_sqlite_migrations" not in tables:
            msg = f"{path} is a database, but no ledger"
            raise StoreError(msg)
        if not tables:
            return []
        query = "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY rowid"
        return [name for (name,) in connection.execute(query, (steps.name,))]


def _apply(path: Path, steps: Migrations, connect: database.Connect) -> None:
    """Apply what is pending in one transaction; sqlite-utils' own nest in it as savepoints."""
    with database.writing(path), closing(connect(path, full=True)) as connection:
        db = Database(cast("sqlite3.Connection", connection), execute_plugins=False)
        with database.transaction(connection):
            steps.apply(db)
