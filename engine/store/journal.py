"""The journal: every event of a session in its order, with the digest of what the engine answered.

One SQLite file a session. The recorder writes it, replay and backtests read it. A journal may lack its last
events after a crash; reading stops at the first thing that is not sound and says where.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core import codec
from engine.core.errors import StoreDamaged, StoreError, StoreTooNew
from engine.core.units import DAY, SECOND, Nanos
from engine.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from engine.core.events import Event

SUFFIX: Final = ".db"
STAMP: Final = "%Y%m%dT%H%M%SZ"
SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS events (
        seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL, digest BLOB NOT NULL
    ) STRICT""",
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT",
)

HEADS: Final = database.Heads("INSERT INTO events", 5, 1, "ON CONFLICT DO NOTHING")


class Entry(NamedTuple):
    """One event of a journal."""

    seq: int
    at: Nanos
    kind: str
    body: bytes
    """As `core.codec.encode` made it."""
    digest: bytes
    """Of the effects the engine answered with."""

    def event(self) -> Event:
        """Return the event itself.

        Raises
        ------
        StoreDamaged
            If the bytes are no event of this version.
        """
        return codec.decode(self.body)


def new_session(folder: Path, at: Nanos) -> Path:
    """Return a name for a session that begins at `at`: its time, and a number when that is taken."""
    stamp = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at // SECOND)).strftime(STAMP)
    path, number = folder / f"{stamp}{SUFFIX}", 1
    while path.exists():
        number += 1
        path = folder / f"{stamp}-{number}{SUFFIX}"
    return path


def create(path: Path, *, connect: database.Connect = database.connect) -> database.Connection:
    """Open a journal for writing, made if it is not there.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    connection = connect(path, full=False)
    try:
        with database.transaction(connection):
            for statement in SCHEMA:
                connection.execute(statement)
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('version', ?)", (str(codec.VERSION),))
    except BaseException:
        connection.close()
        raise
    return connection


def append(connection: database.Connection, rows: Sequence[tuple[database.Value, ...]]) -> None:
    """Write events (seq, at, kind, body, digest) in their order; those already there are left as they are.

    Up to `MOST_ROWS` rows are one statement that commits itself (`store.ledger` says why that matters); of more,
    each such part is a commit, so that what is there is always a beginning of the session.
    """
    database.put(connection, HEADS, [value for row in rows for value in row])


class Recording:
    """A journal that is read. Iterate for its entries; afterwards `cut` says why it ended early, if it did.

    Parameters
    ----------
    path : Path
        A journal file.

    Raises
    ------
    StoreError
        If there is no such file, or it is no journal.
    StoreTooNew
        If its events are of a later version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut = ""
        """Why reading stopped before the end; empty while nothing is wrong."""
        self.entries = 0
        """Entries read so far."""
        version = _version(path)
        if version > codec.VERSION:
            msg = f"{path} holds events of version {version}, this program knows {codec.VERSION}"
            raise StoreTooNew(msg)

    def __iter__(self) -> Iterator[Entry]:
        """Iterate from the first entry until the end, a gap, or damage."""
        self.cut, self.entries, last = "", 0, None
        try:
            with _opened(self.path) as connection:
                for row in connection.execute("SELECT seq, at, kind, body, digest FROM events ORDER BY seq"):
                    entry = Entry(*row)
                    if last is not None and entry.seq != last + 1:
                        self.cut = f"entry {last + 1} is missing"
                        return
                    last = entry.seq
                    self.entries += 1
                    yield entry
        except StoreError as e:
            self.cut = f"unreadable after {self.entries} entries ({e})"


def sessions(folder: Path) -> list[Path]:
    """Return the journals of a profile, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


def expire(folder: Path, now: Nanos, days: int, *, keep: Path | None = None) -> list[Path]:
    """Delete the journals begun more than `days` days ago, except `keep`; return which.

    A file whose name is no session's is left alone.
    """
    gone = []
    for path in sessions(folder):
        began = _began(path)
        if path != keep and began is not None and began < now - days * DAY:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            gone.append(path)
    return gone


def _began(path: Path) -> int | None:
    """Return when a session began, by its name."""
    try:
        stamp = datetime.strptime(path.stem[:16], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(stamp.timestamp()) * SECOND


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a journal for reading, one whose end was cut off too."""
    with database.reader(path) as connection:
        connection.execute("PRAGMA writable_schema=ON")  # else a file shorter than it says is refused as a whole
        yield connection


def _version(path: Path) -> int:
    """Return the version of a journal's events."""
    try:
        with _opened(path) as connection:
            found = connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
        return int(found[0])
    except StoreDamaged:
        raise
    except (StoreError, TypeError, ValueError) as e:
        msg = f"{path} is no journal ({e})"
        raise StoreError(msg) from e
