"""A disk that can fill up, fail or lose power at any write: the store's own code runs on it through apsw.

Files are real, so that reads see every write; beside them the disk remembers what a power cut would leave. Only
what was synced is sure to be there; of what was not, any part may be, in whole or up to some sector.

A WAL in shared memory needs calls that apsw does not hand on, so connections are in exclusive locking mode, where
SQLite keeps the index of the WAL on the heap; what is written and synced, and when, is the same.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from engine.store import database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SECTOR = 512
_names = itertools.count()


class PowerLost(apsw.IOError):
    """There is no disk any more."""


class Disk:
    """What was written and what is safe, and when it ends.

    Parameters
    ----------
    at_cut : callable
        Called once, at the moment the power goes.
    """

    def __init__(self, at_cut: Callable[[], None] = lambda: None) -> None:
        self.safe: dict[str, bytes] = {}
        self.unsure: dict[str, list[tuple[int, bytes | None]]] = {}
        """Per file, in order: (offset, bytes) written, or (size, None) cut off."""
        self.removed: set[str] = set()
        self.calls = 0
        self.cut_after: int | None = None
        """The power goes with this call; None: never."""
        self.fails: Callable[[int], bool] = lambda _: False
        """Which calls fail, by number."""
        self.off = False
        self.ended = False
        """The power went and connections are being closed: nothing is remembered any more."""
        self._at_cut = at_cut
        self.name = f"faulty-{next(_names)}"
        self._vfs = _Vfs(self)

    def connect(self, path: Path, *, full: bool) -> database.Connection:
        """Open a file on this disk as `database.connect` opens one on the real disk."""
        with _translated():
            connection = Connection(self, apsw.Connection(str(path), vfs=self.name))
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
            database.prepare(connection, full=full)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def careless(self, path: Path, *, full: bool) -> database.Connection:
        """Open every file as if a commit need not reach the disk."""
        return self.connect(path, full=False)

    def end(self) -> None:
        """Forget the disk; no file of it may be open."""
        self._vfs.unregister()

    def opened(self, path: str) -> None:
        """Take an existing file as safe."""
        if path not in self.safe:
            real = Path(path)
            self.safe[path] = real.read_bytes() if real.exists() else b""
            self.unsure[path] = []

    def step(self) -> bool:
        """Count a call that writes; raise when it is the last, or one that fails. False: it is after the end."""
        if self.ended:
            return False
        self.calls += 1
        if self.cut_after is not None and self.calls >= self.cut_after and not self.off:
            self.off = True
            self._at_cut()
        if self.off:
            raise PowerLost("no power")
        if self.fails(self.calls):
            raise apsw.FullError("disk full")
        return True

    def leave(self, to: Path, chance: random.Random) -> None:
        """Write into a folder what a power cut may have left of each file."""
        for path, safe in self.safe.items():
            content = _after_cut(safe, self.unsure[path], chance)
            if path in self.removed and chance.random() < 0.5:
                continue
            (to / Path(path).name).write_bytes(content)


def _after_cut(safe: bytes, unsure: Sequence[tuple[int, bytes | None]], chance: random.Random) -> bytes:
    content = bytearray(safe)
    likely = chance.choice((0.0, 0.3, 0.5, 0.9, 1.0))
    for offset, data in unsure:
        if chance.random() >= likely:
            continue
        if data is None:
            del content[offset:]
            continue
        part = data if likely == 1.0 or chance.random() < 0.7 else _torn(data, chance)
        if len(content) < offset:
            content.extend(bytes(offset - len(content)))
        content[offset : offset + len(part)] = part
    return bytes(content)


def _torn(data: bytes, chance: random.Random) -> bytes:
    return data[: SECTOR * chance.randint(0, len(data) // SECTOR)]


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        super().__init__(disk.name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _File(self.disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        if self.disk.step():
            self.disk.removed.add(filename)
        super().xDelete(filename, syncdir)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self.disk = disk
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if self.path is not None:
            disk.opened(self.path)
            disk.removed.discard(self.path)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        seen = self.disk.step()
        super().xWrite(data, offset)
        if seen and self.path is not None:
            self.disk.unsure[self.path].append((offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        seen = self.disk.step()
        super().xTruncate(size)
        if seen and self.path is not None:
            self.disk.unsure[self.path].append((size, None))

    def xSync(self, flags: int) -> None:
        if self.disk.step() and self.path is not None:  # the real disk is not asked: this one decides what is safe
            self.disk.safe[self.path] = Path(self.path).read_bytes()
            self.disk.unsure[self.path].clear()


class Connection:
    """An apsw connection in the manner of Python's sqlite3."""

    def __init__(self, disk: Disk, inner: apsw.Connection) -> None:
        self._disk = disk
        self._inner = inner

    @property
    def in_transaction(self) -> bool:
        return self._inner.in_transaction

    def execute(self, sql: str, parameters: Sequence[database.Value] = (), /) -> Cursor:
        with _translated():
            return Cursor(self._inner, self._inner.execute(sql, tuple(parameters) or None))

    def rollback(self) -> None:
        if self._inner.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        self._disk.ended = self._disk.off  # a connection that cannot be closed would be left to the collector
        with _translated():
            self._inner.close()


class Cursor:
    """The rows of one statement."""

    def __init__(self, connection: apsw.Connection, inner: apsw.Cursor) -> None:
        self.rowcount = connection.changes()
        self.lastrowid = connection.last_insert_rowid()
        self._inner = inner

    @property
    def description(self) -> Any:
        return self._inner.description

    def __iter__(self) -> Iterator[Any]:
        with _translated():
            yield from self._inner

    def fetchone(self) -> Any:
        with _translated():
            return self._inner.fetchone()

    def fetchall(self) -> list[Any]:
        with _translated():
            return list(self._inner.fetchall())


_OPERATIONAL = (apsw.IOError, apsw.FullError, apsw.BusyError, apsw.LockedError, apsw.CantOpenError, apsw.SQLError)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _OPERATIONAL as e:
        raise sqlite3.OperationalError(str(e)) from e
    except apsw.ConstraintError as e:
        raise sqlite3.IntegrityError(str(e)) from e
    except apsw.Error as e:
        raise sqlite3.DatabaseError(str(e)) from e
