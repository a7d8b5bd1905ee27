"""The journal: every event of a session in its order, with the digest of what the engine answered.

One SQLite file a session. The recorder writes it, replay and backtests read it. A journal may lack its last
events after a crash; reading stops at the first thing that is not sound and says where.
"""

from __future__ import annotations

import glob
import sqlite3
import zlib
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.core import codec, decision
from engine.core.errors import StoreDamaged, StoreError, StoreTooNew
from engine.core.units import DAY, SECOND, Nanos
from engine.store import database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from engine.core.decision import Decision
    from engine.core.events import Event

SUFFIX: Final = ".db"
PART: Final = ".part"
"""Of the files that a session goes on in when its journal is full."""
NUMBER: Final = "[0-9]" * 4
"""Of such a file, between the two: of ``a.db`` is ``a.0002.part``, and not ``a.b.0002.part``."""
LEVEL: Final = 6
"""Of compression: a day packs to a seventh, at 40 MB a second."""
LARGEST_BLOCK: Final = 256 * 1024 * 1024
"""Bytes of a block once it is unpacked."""
STAMP: Final = "%Y%m%dT%H%M%SZ"
SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS events (
        seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL, digest BLOB NOT NULL
    ) STRICT""",
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS decisions (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
    """CREATE TABLE IF NOT EXISTS blocks (
        first INTEGER PRIMARY KEY, last INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT""",
)

KINDS: Final = [int, int, str, bytes, bytes]
"""Of the columns of an event."""
HEADS: Final = database.Heads("INSERT INTO events", 5, 1, "ON CONFLICT DO NOTHING")
DECISIONS: Final = database.Heads("INSERT INTO decisions", 2, 1, "ON CONFLICT DO NOTHING")


_encode = msgspec.msgpack.Encoder().encode
_blocks = msgspec.msgpack.Decoder(list[tuple[int, int, str, bytes, bytes]])


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
        with database.writing(path), database.transaction(connection):
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


def decide(connection: database.Connection, first: int, bodies: Sequence[bytes]) -> None:
    """Write decisions (`core.decision.encode`), counted from `first` on."""
    rows = [(number, body) for number, body in enumerate(bodies, first)]
    database.put(connection, DECISIONS, [value for row in rows for value in row])


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
        return self.read()

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Iterate over the entries behind a sequence number, through all parts, until the end, a gap, or damage."""
        self.cut, self.entries, last = "", 0, after or None
        try:
            for part in parts(self.path):
                with _opened(part) as connection:
                    for entry in entries(connection, after):
                        if last is not None and entry.seq <= last:
                            continue  # a part that was begun while the one before could not be closed
                        if last is not None and entry.seq != last + 1:
                            self.cut = f"entry {last + 1} is missing"
                            return
                        last = entry.seq
                        self.entries += 1
                        yield entry
        except StoreError as e:
            self.cut = f"unreadable after {self.entries} entries ({e})"

    def index(self) -> Iterator[tuple[int, int, str]]:
        """Iterate over (seq, at, kind) of all entries, as `read` goes."""
        for entry in self.read():
            yield entry.seq, entry.at, entry.kind

    def decisions(self) -> list[Decision] | None:
        """Return what was decided about orders, in its order; None of a journal that does not say.

        Raises
        ------
        StoreError
            If that cannot be read.
        """
        found: list[Decision] = []
        known = False
        for part in parts(self.path):
            with _opened(part) as connection:
                if not has(connection, "decisions"):
                    continue
                known = True
                for (body,) in connection.execute("SELECT body FROM decisions ORDER BY number"):
                    found.append(decision.decode(body))
        return found if known else None


def parts(path: Path) -> list[Path]:
    """Return the files of a session in their order: the journal, and what it went on in."""
    return [path, *sorted(path.parent.glob(f"{glob.escape(path.stem)}.{NUMBER}{PART}"))]


def next_part(path: Path) -> Path:
    """Return the file in which a session goes on whose last part is full."""
    return path.with_name(f"{path.stem}.{len(parts(path)) + 1:04d}{PART}")


def size(path: Path) -> int:
    """Return the bytes a session takes on disk."""
    files = [part.with_name(part.name + suffix) for part in parts(path) for suffix in ("", "-wal")]
    return sum(file.stat().st_size for file in files if file.is_file())


def has(connection: sqlite3.Connection, table: str) -> bool:
    """Whether a file has a table: older ones lack some."""
    query = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"
    return connection.execute(query, (table,)).fetchone() is not None


def entries(connection: sqlite3.Connection, after: int) -> Iterator[Entry]:
    """Iterate over the entries of one part: first those that were packed, then the rows.

    Raises
    ------
    StoreDamaged
        If a row is not of the kinds that are written: a file of somebody else's need not hold its columns to them.
    """
    if has(connection, "blocks"):
        query = "SELECT body FROM blocks WHERE last > ? ORDER BY first"
        for (body,) in connection.execute(query, (after,)):
            yield from (entry for entry in unpack(body) if entry.seq > after)
    query = "SELECT seq, at, kind, body, digest FROM events WHERE seq > ? ORDER BY seq"
    for row in connection.execute(query, (after,)):
        if [type(value) for value in row] != KINDS:
            msg = f"entry {row[0]!r:.20} is not of the kinds that are written"
            raise StoreDamaged(msg)
        yield Entry(*row)


def extent(path: Path) -> tuple[int, int] | None:
    """Return the times of a session's first and newest event; None of one without any.

    Raises
    ------
    StoreError
        If it cannot be read.
    """
    found: list[int] = []
    for part in parts(path):
        with _opened(part) as connection:
            first = connection.execute("SELECT at FROM events ORDER BY seq LIMIT 1").fetchone()
            newest = connection.execute("SELECT at FROM events ORDER BY seq DESC LIMIT 1").fetchone()
            found += [row[0] for row in (first, newest) if row is not None]
            if has(connection, "blocks"):
                least, most = connection.execute("SELECT MIN(first_at), MAX(last_at) FROM blocks").fetchone()
                found += [at for at in (least, most) if at is not None]
    return (min(found), max(found)) if found else None


def pack(entries: Sequence[Entry]) -> bytes:
    """Return entries as one block."""
    return zlib.compress(_encode(entries), LEVEL)


def unpack(body: bytes) -> list[Entry]:
    """Return the entries of a block.

    Raises
    ------
    StoreDamaged
        If the bytes are no block.
    """
    opener = zlib.decompressobj()
    try:
        plain = opener.decompress(body, LARGEST_BLOCK)
        found: list[tuple[int, int, str, bytes, bytes]] = _blocks.decode(plain)
    except (zlib.error, msgspec.MsgspecError) as e:
        msg = f"unreadable block of a journal ({e})"
        raise StoreDamaged(msg) from e
    if opener.unconsumed_tail:
        msg = f"a block of a journal is larger than {LARGEST_BLOCK} bytes"
        raise StoreDamaged(msg)
    return [Entry(seq, Nanos(at), kind, event, digest) for seq, at, kind, event, digest in found]


def sessions(folder: Path) -> list[Path]:
    """Return the journals of a profile, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


def expire(
    folder: Path, now: Nanos, days: int, *, keep: Path | None = None, most_bytes: int | None = None
) -> list[Path]:
    """Delete the journals begun more than `days` days ago, except `keep`; return which.

    Where the rest takes more than `most_bytes`, the oldest go until it does not. A file whose name is no session's is
    left alone.
    """
    gone = []
    for path in sessions(folder):
        start = began(path)
        if path != keep and start is not None and start < now - days * DAY:
            remove(path)
            gone.append(path)
    if most_bytes is None:
        return gone
    left = [path for path in sessions(folder) if began(path) is not None]
    total = sum(size(path) for path in left)
    for path in left:
        if total <= most_bytes:
            break
        if path != keep:
            total -= size(path)
            remove(path)
            gone.append(path)
    return gone


def remove(path: Path) -> None:
    """Delete a session: all its parts, and what SQLite left beside them."""
    for part in reversed(parts(path)):  # the first one last: what names the session stays until the rest is gone
        for suffix in ("", "-wal", "-shm"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def idle(path: Path) -> bool:
    """Whether no other process has a journal open."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0.0)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")  # of a WAL file: to be alone, or to be refused
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    return True


def began(path: Path) -> int | None:
    """Return when a session began, by its name; None of a file whose name is no session's."""
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
        return int("none" if found is None else found[0])
    except StoreDamaged:
        raise
    except (TypeError, ValueError) as e:  # another database, such as a ledger
        msg = f"{path} is no journal (it names no version of one)"
        raise StoreError(msg) from e
    except StoreError as e:
        msg = f"{path} is no journal ({e})"
        raise StoreError(msg) from e
