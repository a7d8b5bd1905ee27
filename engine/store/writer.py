"""The one thread that writes: the session's journal and the ledger, in the order they were asked for.

::

    journal(row) ─┐
    keep(rows) ───┴► queue ─► everything queued: journal rows, commit; all keeps, one commit ─► on_kept([then, …])

Whatever has gathered while the last commit ran shares the next one, so a commit is waited for once however many
trades it holds. A `keep` sends everything before it at once, save one that nobody waits for (a report, a trade
between other accounts): like rows of the journal alone it waits up to `lap` seconds for company, `COMPANY` of them.

When the disk is full or fails, nothing is half written: the batch is kept in memory and tried again until it goes
through, in its order, and `on_trouble` says so at the first failure and at the first success. What can never go
through (a broken chain, cash out of balance, an unknown column, a key used twice) is dropped whole, with nothing of
it on disk: `on_kept` gets ``failed:THEN``, and `on_trouble` says no and stays at no until the program is restarted.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core import decision
from engine.core.decision import Decisions
from engine.core.effects import Row
from engine.core.errors import StoreError
from engine.store import database, journal, ledger, records
from engine.store.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from engine.core.effects import AnyRow
    from engine.store.checkpoint import Checkpoint
    from engine.store.database import Connect, Connection
    from engine.store.records import Head
    from engine.store.tally import JournalRow, Rotation

LAP_S: Final = 0.25
"""How long rows of the journal may wait for company."""
COMPANY: Final = 64
"""Rows that wait for no more of it: what a keep finds before it is written first, and an order waits for both."""
PATIENT: Final = frozenset({"trades", "readings", "pnl"})
"""First tables of keeps that may wait while nobody is to be told of them."""
RETRY_S: Final = 0.25
"""Between attempts while the disk takes no writes."""
FAILED: Final = "failed:"
"""Prefix of what `on_kept` is told about a keep that can never be written."""
ROOM: Final = 500_000
"""Rows of the journal held in memory while the disk takes none; a session's journal ends there."""
REFUSED: Final = (StoreError, sqlite3.Error, ValueError, OverflowError)
"""What no second attempt mends, unless it is `_passing`."""


class _Keep(NamedTuple):
    """One transaction's rows and what is said once they are safe."""

    rows: tuple[AnyRow, ...]
    then: str


class Writer:
    """Owns the connections that write, and the thread they belong to.

    Parameters
    ----------
    ledger, journal : Path or None
        Where to write; without a ledger a keep is safe as soon as the journal is, as in a backtest.
    on_kept : callable of list of str
        Called in the writer's thread with the `then` of every keep that is safe, in order; empty ones are left out.
    on_trouble : callable of (bool, str)
        Called in the writer's thread when writes start to fail (False, why) and when they work again (True, "").
    connect : Connect
        Opens the files; the ledger's schema must be there (`migrations.apply`).
    checkpoint : Checkpoint or None
        Renewed with every settlement record.
    rotate : Rotation or None
        When the journal goes on in a file of its own; None never.
    """

    def __init__(
        self,
        ledger: Path | None,
        journal: Path | None,
        *,
        on_kept: Callable[[list[str]], None],
        on_trouble: Callable[[bool, str], None],
        connect: Connect = database.connect,
        checkpoint: Checkpoint | None = None,
        lap: float = LAP_S,
        retry: float = RETRY_S,
        rotate: Rotation | None = None,
    ) -> None:
        self._paths = (ledger, journal)
        self._on_kept = on_kept
        self._on_trouble = on_trouble
        self._connect = connect
        self._checkpoint = checkpoint
        self._lap, self._retry = lap, retry
        self._queue: deque[JournalRow | _Keep] = deque()
        self._bell = threading.Event()
        self._halt = threading.Event()
        self._started = threading.Event()
        self._held = self._due = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._ledger: Connection | None = None
        self._journal: Connection | None = None
        self._rows: list[JournalRow] = []
        self._keeps: deque[_Keep] = deque()
        self._safe: list[str] = []
        self._unsealed: Head | None = None
        self._ok = True
        self._broken = False
        self._ended = ""
        self._rotate = rotate
        self._decisions = Decisions()
        self._decided: list[bytes] = []
        self.tally = Tally()

    def start(self) -> None:
        """Open the files and start the thread.

        Raises
        ------
        StoreError
            If a file cannot be opened for writing.
        """
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def journal(self, seq: int, at: int, kind: str, body: bytes, digest: bytes) -> None:
        """Queue an event for the journal; never blocks."""
        self._queue.append((seq, at, kind, body, digest))
        if not len(self._queue) % COMPANY:
            self._due = True
            if not self._held:
                self._ring()

    def keep(self, rows: tuple[AnyRow, ...], then: str) -> None:
        """Queue rows of the ledger, to be written in one transaction after the journal so far; never blocks."""
        self._queue.append(_Keep(rows, then))
        if then or not rows or rows[0].table not in PATIENT:
            self._due = True
            if not self._held:
                self._ring()

    def hold(self, on: bool) -> None:
        """While on, keeps gather; they are sent together when it ends. Not for longer than a slice of the pump."""
        self._held = on
        if self._due and not on:
            self._ring()

    def _ring(self) -> None:
        self._due = False
        self._bell.set()

    @property
    def waiting(self) -> int:
        """How many rows and keeps are not on disk yet."""
        return len(self._queue) + len(self._rows) + len(self._keeps)

    def stop(self, timeout: float = 5.0) -> bool:
        """Write what is queued, fold the -wal files in, close, end the thread.

        Returns
        -------
        bool
            Whether everything is on disk. False after `timeout` seconds, or when the disk still fails.
        """
        self._halt.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive() and not self.waiting

    def _run(self) -> None:
        try:
            self._open()
        except BaseException as e:  # noqa: BLE001 - a thread has nobody to raise to: start() raises it
            self._failure = e
            return
        finally:
            self._started.set()
        try:
            self._loop()
        except BaseException as e:
            self._on_trouble(False, f"the store's writer ended ({e!r})")
            raise
        finally:
            self._close()

    def _open(self) -> None:
        """Open both files in the thread that will use them."""
        books, events = self._paths
        try:
            if books is not None:
                self._ledger = self._connect(books, full=True)
                ledger.prepare(self._ledger)
            if events is not None:
                self._journal = journal.create(events, connect=self._connect)
        except BaseException:
            self._close()
            raise

    def _loop(self) -> None:
        while True:
            if self._ok:
                self._bell.wait(self._lap)
            else:
                self._halt.wait(self._retry)
            last = self._halt.is_set()  # before gathering: what was queued before the end is written
            self._bell.clear()
            self._gather()
            self._write()
            if last:
                return  # also when the disk still fails: stop() says so

    def _gather(self) -> None:
        """Take everything that is queued now."""
        for _ in range(len(self._queue)):
            item = self._queue.popleft()
            if isinstance(item, _Keep):
                self._keeps.append(item)
                decided = self._decisions.of(item.rows)
                if decided:
                    self._decided += map(decision.encode, decided)
            elif self._journal is not None and not self._ended:
                self._rows.append(item)
            elif self._ended:
                self.tally.lost += 1
        if len(self._rows) > ROOM:
            self.tally.lost += len(self._rows) - ROOM
            del self._rows[ROOM:]  # rather a journal that ends here than a program that runs out of memory
            self._ended = f"the journal of this session ends at entry {self._rows[-1][0]}"

    def _write(self) -> None:
        """Write what was gathered; what the disk would not take is kept for the next attempt."""
        try:
            self._write_journal()
            self._write_keeps()
        except (sqlite3.OperationalError, OSError) as e:
            self._trouble(f"writing failed ({e})")
        else:
            self._well()
        if self._safe:
            safe, self._safe = self._safe, []
            self._on_kept(safe)

    def _write_journal(self) -> None:
        """Append to the journal; one that is damaged ends here, and the ledger goes on without it."""
        if not (self._rows or self._decided) or self._journal is None:
            return
        try:
            journal.append(self._journal, self._rows)
            if self._decided:
                journal.decide(self._journal, self.tally.decisions + 1, self._decided)
        except REFUSED as e:
            if _passing(e):
                raise
            self._ended = f"the journal of this session cannot go on ({e})"
            self.tally.lost += len(self._rows)
            self._give_up(self._ended)
        else:
            self.tally.wrote(self._rows, len(self._decided))
        self._rows, self._decided = [], []
        self._turn_over()

    def _turn_over(self) -> None:
        """Go on in a new file once the journal's is large or old enough; where that fails, in the one there is."""
        path, rotate = self._paths[1], self._rotate
        if path is None or rotate is None or self._journal is None or not rotate.due(self.tally):
            return
        with suppress(*REFUSED, OSError):
            fresh = journal.create(journal.next_part(path), connect=self._connect)
            old, self._journal = self._journal, fresh
            self.tally.turned()
            with suppress(sqlite3.Error):
                old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            old.close()

    def _write_keeps(self) -> None:
        """Write all keeps in one transaction or, if one of them can never be, each in its own."""
        if not self._keeps:
            return
        try:
            self._commit([row for keep in self._keeps for row in keep.rows], self._keeps)
        except REFUSED as e:
            if _passing(e):
                raise
            while self._keeps:
                self._write_one(self._keeps[0])
                self._keeps.popleft()
        else:
            self._safe += [keep.then for keep in self._keeps if keep.then]
            self._keeps.clear()

    def _write_one(self, keep: _Keep) -> None:
        try:
            self._commit(keep.rows, (keep,))
        except REFUSED as e:
            if _passing(e):
                raise
            self._give_up(f"a record was refused ({e})")
            self._safe.append(FAILED + keep.then)
        else:
            if keep.then:
                self._safe.append(keep.then)

    def _commit(self, rows: Sequence[AnyRow], keeps: Iterable[_Keep]) -> None:
        """Write rows in one transaction."""
        if self._ledger is None:
            return
        for keep in keeps:
            ledger.check(keep.rows)
        links = [row for row in rows if isinstance(row, Row) and row.table == "settlements"]
        if links:
            self._append(self._ledger, rows, links)
        else:
            ledger.write(self._ledger, rows)

    def _append(self, connection: Connection, rows: Sequence[AnyRow], links: Sequence[Row]) -> None:
        """Write rows with settlement records among them, once the whole chain on disk is seen to hold."""
        with database.transaction(connection):
            found = records.walk(connection)
            if self._checkpoint is not None:
                self._checkpoint.hold(found)
            head = records.linked(found, links)
            ledger.write(connection, rows)
            if self._checkpoint is not None:
                self._checkpoint.expect(found.head, head)
        self._unsealed = head
        self._seal()

    def _seal(self) -> None:
        """Renew the checkpoint; until that works the one before the commit holds for both heads."""
        if self._unsealed is not None and self._checkpoint is not None:
            with suppress(OSError, StoreError):  # raising here would have a committed batch written again
                self._checkpoint.renew(self._unsealed)
                self._unsealed = None

    def _trouble(self, why: str) -> None:
        if self._ok:
            self._ok = False
            self._on_trouble(False, why)

    def _well(self) -> None:
        if not self._ok:
            self._ok = True
            if not self._broken:
                self._on_trouble(True, self._ended)

    def _give_up(self, why: str) -> None:
        self._broken = True
        self._on_trouble(False, why)

    def _close(self) -> None:
        """Fold the -wal files in and close."""
        self._seal()
        for connection in (self._journal, self._ledger):
            if connection is not None:
                with suppress(sqlite3.Error):
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                with suppress(sqlite3.Error):
                    connection.close()
        self._journal = self._ledger = None


def _passing(error: Exception) -> bool:
    """Whether another attempt may succeed: the disk is full or fails, the file is locked; not a wrong statement."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR)
    return isinstance(error, sqlite3.OperationalError) and code != sqlite3.SQLITE_ERROR
