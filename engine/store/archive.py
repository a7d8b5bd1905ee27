"""The weather archive of a profile: reports and minutes in a file a UTC day, statements of days, gaps.

::

    weather/2026-07-03.db   what was measured that day, with the stations as they were known when it was fetched
    weather/statements.db   what reports, tables and summaries state of days: a row a day
    weather/progress.db     which pieces of a fetch are done, and what providers were found to be worth

Rows are only added, and each is there once however often it comes. A piece of a fetch goes into its days first, each
in one transaction that has reached the disk, and is marked as done after that: whoever is killed in between does the
piece again, and nothing is doubled. Only gaps are replaced, by what a later look at the same hours found.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgspec

from engine.core.errors import StoreDamaged, StoreError, StoreTooNew
from engine.core.reading import Reading
from engine.core.units import DAY, Nanos
from engine.core.when import at_minute, utc_day
from engine.store import archive_tables, database
from engine.weather.daily import Daily
from engine.weather.providers import Check

if TYPE_CHECKING:
    from pathlib import Path

    from engine.core.snapshot import StationRow
    from engine.store.database import Connect, Connection

PROGRESS: Final = "progress.db"
STATEMENTS: Final = "statements.db"
T = TypeVar("T")
_STATED: Final = ("station", "measured_at", "kind", "source", "raw")


class Minute(NamedTuple):
    """One minute of one station. None is missing."""

    station: str
    at: Nanos
    source: str
    temp_f: int | None = None
    dew_f: int | None = None
    wind_kt: int | None = None
    gust_kt: int | None = None
    rain: int | None = None
    """Hundredths of an inch, of this minute alone."""
    suspect: bool = False


class Gap(NamedTuple):
    """Hours of a station that a source has nothing of."""

    station: str
    source: str
    opens: Nanos
    closes: Nanos
    why: str


class Statement(NamedTuple):
    """What a source states of a day of a station."""

    station: str
    daily: Daily


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one question brought."""

    readings: Sequence[Reading] = ()
    minutes: Sequence[Minute] = ()
    statements: Sequence[Statement] = ()
    stations: Sequence[StationRow] = ()
    """Who was asked."""
    gaps: Sequence[Gap] = ()
    daily: bool = False
    """What was looked for were statements of days, not what was measured in them."""
    looked: tuple[str, Nanos, Nanos] | None = None
    """Source and hours: what was known to be missing there is forgotten for the gaps of now."""
    known_at: Nanos | None = None

    @property
    def rows(self) -> int:
        """Rows that came, known ones too; gaps and stations are none."""
        return len(self.readings) + len(self.minutes) + len(self.statements)


class Archive:
    """The archive in a folder; nothing is made before something is kept."""

    def __init__(self, folder: Path, connect: Connect = database.connect) -> None:
        self.folder = folder
        self._connect = connect

    def keep(self, load: Load, *, done: str = "", at: Nanos = Nanos(0)) -> int:  # noqa: B008 - a whole number
        """Put in what came; return how many rows are new.

        Parameters
        ----------
        done : str
            The piece that is complete with it, marked once all of it is on disk.
        at : Nanos
            Now, for the mark.

        Raises
        ------
        StoreError
            If it cannot be written; days that were written stay, and the piece is not marked.
        """
        new = sum(self._keep_day(day, load) for day in _days(load))
        if load.statements or load.daily:
            new += self._keep_statements(load)
        if done:
            with self._writing(self.folder / PROGRESS, archive_tables.PROGRESS) as connection:
                connection.execute("INSERT OR REPLACE INTO done VALUES (?, ?, ?)", (done, at, load.rows))
        return new

    def done(self, piece: str) -> bool:
        """Whether a piece is complete."""
        return any(list(self._asked(self.folder / PROGRESS, "SELECT 1 FROM done WHERE piece = ?", (piece,))))

    def days(self) -> list[date]:
        """Return the days there are files of, oldest first."""
        found = []
        for file in self.folder.glob("????-??-??.db"):
            try:
                found.append(date.fromisoformat(file.stem))
            except ValueError:
                continue
        return sorted(found)

    def readings(self, station: str, opens: Nanos, closes: Nanos) -> list[Reading]:
        """Return the reports of a station in [opens, closes), by time.

        Raises
        ------
        StoreDamaged
            If one cannot be read.
        """
        query = "SELECT * FROM readings WHERE station = ? AND measured_at >= ? AND measured_at < ? ORDER BY measured_at"
        return [_reading(row) for row in self._over(opens, closes, query, (station, opens, closes))]

    def minutes(self, station: str, opens: Nanos, closes: Nanos) -> list[Minute]:
        """Return the minutes of a station in [opens, closes), by time."""
        query = "SELECT * FROM minutes WHERE station = ? AND at >= ? AND at < ? ORDER BY at"
        rows = self._over(opens, closes, query, (station, opens, closes))
        return [Minute._make((*row[:8], bool(row[8]))) for row in rows]

    def statements(self, station: str, first: date, last: date) -> list[Daily]:
        """Return what was stated of a station's days from `first` to `last`, by day, source and time of issue."""
        query = "SELECT body FROM statements WHERE station = ? AND day BETWEEN ? AND ? ORDER BY day, source, issued_at"
        rows = self._asked(self.folder / STATEMENTS, query, (station, f"{first}", f"{last}"))
        return [_statement(body) for (body,) in rows]

    def reports(self, since: Nanos) -> Iterator[tuple[Reading, Nanos | None]]:
        """Yield all reports measured at `since` or later with when they were known, file by file."""
        for row in self.rows("readings", since):
            if row["measured_at"] >= since:
                yield _reading(tuple(row.values())), row["known_at"]

    def rows(self, table: str, since: Nanos) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table, as they are stored, of every day from that of `since` on, then of statements."""
        files = [self._file(day) for day in self.days() if at_minute(day, 0, 0) + DAY > since]
        for file in (*files, self.folder / STATEMENTS):
            if not file.is_file():
                continue
            yield from _steady(file, lambda connection: _whole(connection, table))

    def judged(self, provider: str, station: str, at: Nanos, usable: bool | None, body: str) -> None:
        """Keep what a provider was found to be worth at a station; None: it cannot be said."""
        with self._writing(self.folder / PROGRESS, archive_tables.PROGRESS) as connection:
            row = (provider, station, at, None if usable is None else int(usable), body)
            connection.execute("INSERT OR REPLACE INTO providers VALUES (?, ?, ?, ?, ?)", row)

    def providers(self) -> list[tuple[str, str, Nanos, bool | None, str]]:
        """Return provider, station, when it was checked, whether it may be used, and the figures as JSON."""
        query = "SELECT provider, station, checked_at, usable, body FROM providers ORDER BY provider, station"
        rows = self._asked(self.folder / PROGRESS, query, ())
        return [(p, s, Nanos(at), None if usable is None else bool(usable), body) for p, s, at, usable, body in rows]

    def failed(self) -> dict[tuple[str, str], str]:
        """Return the providers and stations that failed their check, with the reason.

        Raises
        ------
        StoreDamaged
            If a verdict cannot be read.
        """
        try:
            return {
                (provider, station): msgspec.json.decode(body, type=Check).why
                for provider, station, _, usable, body in self.providers()
                if usable is False
            }
        except msgspec.MsgspecError as e:
            raise StoreDamaged(f"a verdict in the archive cannot be read ({e})") from e

    def _keep_day(self, day: date, load: Load) -> int:
        opens, closes = at_minute(day, 0, 0), Nanos(at_minute(day, 0, 0) + DAY)
        readings = [_row(r, load.known_at) for r in load.readings if opens <= r.measured_at < closes]
        minutes = [(*m[:8], int(m.suspect)) for m in load.minutes if opens <= m.at < closes]
        with self._writing(self._file(day), archive_tables.DAY) as connection:
            new = _put(connection, "INSERT OR IGNORE INTO readings VALUES (?, ?, ?, ?, ?, ?, ?)", readings)
            new += _put(connection, "INSERT OR IGNORE INTO minutes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", minutes)
            self._keep_facts(connection, load, opens, closes)
        return new

    def _keep_statements(self, load: Load) -> int:
        stated = [_stated(statement, load.known_at) for statement in load.statements]
        opens, closes = (Nanos(0), Nanos(0)) if load.looked is None else load.looked[1:]
        with self._writing(self.folder / STATEMENTS, archive_tables.STATEMENTS) as connection:
            new = _put(connection, "INSERT OR IGNORE INTO statements VALUES (?, ?, ?, ?, ?, ?)", stated)
            self._keep_facts(connection, load, opens, closes)
        return new

    def _keep_facts(self, connection: Connection, load: Load, opens: Nanos, closes: Nanos) -> None:
        stations = [(row.id, msgspec.json.encode(row).decode()) for row in load.stations]
        _put(connection, "INSERT OR IGNORE INTO stations VALUES (?, ?)", stations)
        self._renew_gaps(connection, load, opens, closes)

    @staticmethod
    def _renew_gaps(connection: Connection, load: Load, opens: Nanos, closes: Nanos) -> None:
        if load.looked is not None:
            source, since, until = load.looked
            span = (source, max(since, opens), min(until, closes))
            for row in load.stations:
                query = "DELETE FROM gaps WHERE source = ? AND opens >= ? AND opens < ? AND station = ?"
                connection.execute(query, (*span, row.id))
        inside = [(*gap,) for gap in load.gaps if opens <= gap.opens < closes]
        _put(connection, "INSERT OR REPLACE INTO gaps VALUES (?, ?, ?, ?, ?)", inside)

    def _file(self, day: date) -> Path:
        return self.folder / f"{day}.db"

    def _over(self, opens: Nanos, closes: Nanos, query: str, values: Sequence[database.Value]) -> Iterator[Any]:
        for day in self.days():
            if at_minute(day, 0, 0) < closes and at_minute(day, 0, 0) + DAY > opens:
                yield from self._asked(self._file(day), query, values)

    def _asked(self, file: Path, query: str, values: Sequence[database.Value]) -> Iterator[Any]:
        if not file.is_file():
            return
        yield from _steady(file, lambda connection: connection.execute(query, values).fetchall())

    @contextmanager
    def _writing(self, file: Path, schema: Sequence[str]) -> Iterator[Connection]:
        """Open a file and one transaction on it; closing it leaves all of it in the one file, on disk."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as e:
            msg = f"{self.folder} cannot be made ({e.strerror})"
            raise StoreError(msg) from e
        with closing(self._connect(file, full=True)) as connection:
            try:
                with database.transaction(connection):
                    if not _version(file, connection):
                        for statement in schema:
                            connection.execute(statement)
                        connection.execute(f"PRAGMA user_version={archive_tables.VERSION}")
                    yield connection
            except sqlite3.Error as e:
                msg = f"{file} cannot be written ({e})"
                raise StoreError(msg) from e


def _steady(file: Path, read: Callable[[sqlite3.Connection], list[T]]) -> list[T]:
    """Return what is read of a file as it was at one moment, also while somebody writes it."""
    before = _stamp(file)
    try:
        found = _once(file, read, alone=True)
        if _stamp(file) == before:
            return found
    except StoreDamaged:
        if _stamp(file) == before:
            raise
    return _once(file, read, alone=False)  # it was written meanwhile: what was read was of two moments


def _once(file: Path, read: Callable[[sqlite3.Connection], list[T]], *, alone: bool) -> list[T]:
    with database.reader(file, alone=alone) as connection:
        if not _version(file, connection):  # its disk was full, or the power went, before anything was kept in it
            return []
        return read(connection)


def _stamp(file: Path) -> tuple[int, int]:
    """Return what changes whenever a file is written."""
    found = file.stat()
    return found.st_mtime_ns, found.st_size


def _whole(connection: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table by the names of its columns; none where the file has no such table."""
    held = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if table not in held:
        return []
    cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - one of our names
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _version(file: Path, connection: Connection | sqlite3.Connection) -> int:
    """Return the file's version, 0 for a new one; refuse what a newer program wrote."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > archive_tables.VERSION:
        msg = f"{file} was written by a newer version of atmx; it was not touched"
        raise StoreTooNew(msg)
    return found


def _days(load: Load) -> list[date]:
    """Return the days that a load has something measured of, or looked for it, oldest first."""
    found = {utc_day(reading.measured_at) for reading in load.readings}
    found |= {utc_day(minute.at) for minute in load.minutes}
    if load.daily:
        return sorted(found)
    found |= {utc_day(gap.opens) for gap in load.gaps}
    if load.looked is not None:
        _, opens, closes = load.looked
        found |= {utc_day(Nanos(at)) for at in (*range(opens, closes, DAY), closes - 1)}
    return sorted(found)


def _put(connection: Connection, query: str, rows: Iterable[Sequence[database.Value]]) -> int:
    return sum(connection.execute(query, row).rowcount for row in rows)


def _row(reading: Reading, known_at: Nanos | None) -> tuple[database.Value, ...]:
    fields: dict[str, object] = msgspec.to_builtins(reading)
    read = json.dumps({name: value for name, value in fields.items() if name not in _STATED}, separators=(",", ":"))
    return reading.station, reading.measured_at, reading.kind.value, reading.source, reading.raw, read, known_at


def _reading(row: Sequence[object]) -> Reading:
    try:
        read = msgspec.json.decode(str(row[5]), type=dict[str, object])
        return msgspec.convert({**read, **dict(zip(_STATED, row[:5], strict=True))}, Reading)
    except msgspec.MsgspecError as e:
        raise StoreDamaged(f"a report of {row[0]} in the archive cannot be read ({e})") from e


def _stated(statement: Statement, known_at: Nanos | None) -> tuple[database.Value, ...]:
    daily = statement.daily
    body = msgspec.json.encode(daily).decode()
    return statement.station, f"{daily.day}", daily.source, daily.issued_at or 0, body, known_at


def _statement(body: object) -> Daily:
    try:
        return msgspec.json.decode(str(body), type=Daily)
    except msgspec.MsgspecError as e:
        raise StoreDamaged(f"a statement in the archive cannot be read ({e})") from e
