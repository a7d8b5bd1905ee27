"""Sessions that are over, packed: their events in compressed blocks instead of rows, in the same files.

A packed file is a seventh of its size and is read like any other journal (`store.journal`). It is written beside the
old one, read back, and takes its place only when every event is the same; a journal that is cut or damaged is left.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from engine.core.errors import StoreError
from engine.core.units import DAY
from engine.store import database, journal
from engine.store.journal import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BLOCK: Final = 4_096
"""Events of a block: what a seek unpacks at most to find one."""
TEMPORARY: Final = ".packing"
_PUT: Final = "INSERT INTO blocks VALUES (?, ?, ?, ?, ?)"


def due(folder: Path, now: int, days: int, *, keep: Path | None = None) -> list[Path]:
    """Return the files of sessions begun more than `days` days ago that are not packed yet, except those of `keep`."""
    found = []
    for path in journal.sessions(folder):
        start = journal.began(path)
        if path != keep and start is not None and start < now - days * DAY:
            found += [part for part in journal.parts(path) if not _packed(part)]
    return found


def tidy(files: list[Path], stop: Callable[[], bool] = lambda: False) -> int:
    """Pack files, one after the other; return how many. What cannot be packed is left as it is."""
    done = 0
    for file in files:
        if stop():
            break
        try:
            done += pack(file, stop)
        except (StoreError, sqlite3.Error, OSError):
            continue  # it is still there, and still read
    return done


def pack(path: Path, stop: Callable[[], bool] = lambda: False) -> bool:
    """Pack one file of a session; return whether that was done, or need not be.

    Raises
    ------
    StoreError
        If it cannot be read or written.
    """
    if _packed(path):
        return False
    _fold(path)
    fresh = path.with_name(path.name + TEMPORARY)
    fresh.unlink(missing_ok=True)
    try:
        before = _write(path, fresh, stop)
        if before is None or before != _told(fresh):
            return False
        os.replace(fresh, path)
    finally:
        for suffix in ("", "-wal", "-shm"):
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
    return True


def _fold(path: Path) -> None:
    """Fold a -wal file in that a killed program left: it must not outlive the file it belongs to."""
    if path.with_name(path.name + "-wal").exists():
        with closing(database.connect(path, full=False)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _write(path: Path, fresh: Path, stop: Callable[[], bool]) -> str | None:
    """Write a packed copy; return what stands for its events, or None when it was stopped or there is a gap."""
    with closing(journal.create(fresh)) as target, database.reader(path) as source:
        whole = hashlib.blake2b()
        with database.transaction(target):
            for table in ("meta", "decisions"):
                if journal.has(source, table):
                    for row in source.execute(f"SELECT * FROM {table}"):  # noqa: S608 - one of ours
                        target.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", row)  # noqa: S608 - as above
            last: int | None = None
            for entries in _gathered(source):
                if stop() or (last is not None and entries[0].seq != last + 1):
                    return None
                last = entries[-1].seq
                if last - entries[0].seq != len(entries) - 1:
                    return None
                body = journal.pack(entries)
                times = [entry.at for entry in entries]
                target.execute(_PUT, (entries[0].seq, last, min(times), max(times), body))
                _feed(whole, entries)
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return whole.hexdigest()


def _gathered(connection: sqlite3.Connection) -> Iterator[list[Entry]]:
    found: list[Entry] = []
    for entry in journal.entries(connection, 0):
        found.append(entry)
        if len(found) == BLOCK:
            yield found
            found = []
    if found:
        yield found


def _told(path: Path) -> str:
    """Return what stands for the events of a file, read back."""
    whole = hashlib.blake2b()
    with database.reader(path) as connection:
        for entries in _gathered(connection):
            _feed(whole, entries)
    return whole.hexdigest()


def _feed(whole: hashlib.blake2b, entries: list[Entry]) -> None:
    for entry in entries:
        whole.update(f"{entry.seq} {entry.at} {entry.kind} {len(entry.body)} ".encode() + entry.body + entry.digest)


def _packed(path: Path) -> bool:
    """Whether nothing is left to pack: the events lie in blocks, or there are none."""
    try:
        with database.reader(path) as connection:
            return connection.execute("SELECT 1 FROM events LIMIT 1").fetchone() is None
    except StoreError:
        return True  # no journal of ours: not to be touched
