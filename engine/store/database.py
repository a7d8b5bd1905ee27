"""SQLite connections as we use them: one that writes, any number that only read.

Ledgers are WAL with ``synchronous=FULL``: a commit has reached the disk when it returns. Journals are WAL with
``synchronous=NORMAL``: a commit survives a killed process, the last ones may not survive a power cut. Connections
are in autocommit mode, so that every transaction is one we began.

Whoever opens the store may pass its own `Connect`: the fault tests bring connections over a file system that
loses power or fills up.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from engine.core.errors import StoreDamaged, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Value = str | int | float | bytes | None
"""What a column can hold. Money is text by then: never a Decimal, never a float."""

BUSY_MS: Final = 5_000
SIZES: Final = (4, 8, 16, 24, 32, 48, 64, 80, 96, 128, 160, 192, 224, 256)
MOST_ROWS: Final = SIZES[-1]
"""Rows of the longest statement."""
MAGIC: Final = b"SQLite format 3\0"
"""The first bytes of every SQLite file."""


class Cursor(Protocol):
    """What a statement answers."""

    @property
    def rowcount(self) -> int:
        """Rows changed by the last statement."""

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the rows."""

    def fetchone(self) -> Any:  # noqa: ANN401 - a row is whatever the query asked for
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""


class Connection(Protocol):
    """The part of `sqlite3.Connection` the store stands on."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def execute(self, sql: str, parameters: Sequence[Value] = ..., /) -> Cursor:
        """Run one statement."""

    def close(self) -> None:
        """Close; what was not committed is gone."""


class Connect(Protocol):
    """Opens a file for writing, made if need be."""

    def __call__(self, path: Path, *, full: bool) -> Connection:
        """Return an open connection; `full` asks that each commit reach the disk before it returns."""


def connect(path: Path, *, full: bool) -> Connection:
    """Open a database for writing. A new file is readable by its owner alone.

    Parameters
    ----------
    path : Path
        Its folder must exist.
    full : bool
        True for ledgers: each commit has reached the disk when it returns. False for journals.

    Raises
    ------
    StoreDamaged
        If the file is there and is no SQLite database.
    StoreError
        If it cannot be opened, or its disk takes no writes.
    """
    try:
        private(path)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    except (OSError, sqlite3.OperationalError) as e:
        msg = f"{path} cannot be opened ({e})"
        raise StoreError(msg) from e
    try:
        with writing(path):
            prepare(connection, full=full)
    except StoreError:
        connection.close()
        raise
    except sqlite3.DatabaseError as e:
        connection.close()
        msg = f"{path} is no usable database ({e})"
        raise StoreDamaged(msg) from e
    return connection


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the file, and no damage, where the system takes no writes; StoreError."""
    try:
        yield
    except sqlite3.OperationalError as e:
        msg = f"{path} cannot be written ({e}): is its disk full, or read-only?"
        raise StoreError(msg) from e


def prepare(connection: Connection, *, full: bool) -> None:
    """Set what every writing connection of ours has set."""
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    connection.execute(f"PRAGMA synchronous={'FULL' if full else 'NORMAL'}")
    connection.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone leaves data in the drive's cache
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA trusted_schema=OFF")


@contextmanager
def reader(path: Path, *, alone: bool = True) -> Iterator[sqlite3.Connection]:
    """Open a database for reading only; neither it nor its folder is changed.

    Parameters
    ----------
    alone : bool
        False where somebody is known to write: it is then read as SQLite shares a file, which may leave its -wal and
        -shm beside it until the next writer closes.

    Raises
    ------
    StoreError
        If there is no such file or it cannot be opened.
    StoreDamaged
        If what is read is no sound database.
    """
    if not path.is_file():
        msg = f"{path} is not there"
        raise StoreError(msg)
    # without a -wal file nobody writes, and immutable keeps SQLite from leaving -wal and -shm files behind
    shared = not alone or path.with_name(path.name + "-wal").exists()
    mode = "mode=ro" if shared else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=None)) as found:
            found.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            yield found
    except sqlite3.OperationalError as e:
        msg = f"{path} cannot be read ({e})"
        raise StoreError(msg) from e
    except (sqlite3.DatabaseError, UnicodeDecodeError) as e:  # SQLite hands on texts as they lie in the file
        msg = f"{path} is not what was written ({e})"
        raise StoreDamaged(msg) from e


class Heads(NamedTuple):
    """What statements that put rows into one table have in common."""

    begin: str
    """``INSERT INTO table (columns)``."""
    width: int
    """Columns."""
    sure: int
    """Number, from 1, of a column that is never NULL."""
    end: str
    """``ON CONFLICT …``, or nothing."""


def put(connection: Connection, heads: Heads, values: list[Value]) -> None:
    """Put in rows, given one after the other, up to `MOST_ROWS` a statement.

    A statement is compiled for as many rows as it has, 7 µs each, so there are a few sizes, and the rest of one is
    rows of NULL that it leaves out. A slice of the pump holds about a hundred trades: with the next size at 256, more
    than half of what was bound was NULL.
    """
    width = heads.width
    for start in range(0, len(values), MOST_ROWS * width):
        part = values[start : start + MOST_ROWS * width]
        size = next(size for size in SIZES if size * width >= len(part))
        part += [None] * (size * width - len(part))
        connection.execute(_statement(heads, size), part)


@cache
def _statement(heads: Heads, size: int) -> str:
    row = f"({', '.join('?' * heads.width)})"
    rows = ", ".join([row] * size)
    sure = f"column{heads.sure} IS NOT NULL"
    return f"{heads.begin} SELECT * FROM (VALUES {rows}) WHERE {sure} {heads.end}"  # noqa: S608 - only question marks


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Commit what is done inside, all of it or, after an error, nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have ended it already
            connection.execute("ROLLBACK")
        raise


def private(path: Path) -> None:
    """Make the file, readable by its owner alone, unless it is there; SQLite's -wal and -shm follow its mode."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return


def is_database(path: Path) -> bool:
    """Whether the file begins as every SQLite database does."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC
