"""What a ledger may let go, so that years of weather do not make it grow without end.

Reports are kept as they come for every station that decides something listed, on venues too: some two thousand a day.
Those that a market of our own exchange was settled by, or may yet be, stay for ever.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.contract import Contract
from engine.core.units import DAY
from engine.store import database, evidence

if TYPE_CHECKING:
    from pathlib import Path

    from engine.store.database import Connection

KEPT: Final = 30 * DAY
"""Reports of venues' stations, back from the newest."""
MOST: Final = 100_000
"""Reports deleted at one start, about: the rest goes at the next, since a window waits for it."""
AROUND: Final = DAY
"""Before and after a market's window."""

_contract = msgspec.json.Decoder(Contract)


def readings(path: Path) -> int:
    """Delete the old reports of a ledger that no market of ours needs; return how many that were.

    Raises
    ------
    StoreError
        If the ledger cannot be written.
    """
    with database.writing(path), closing(database.connect(path, full=True)) as connection:
        spans = evidence.reported(connection)
        before = max((last for _, last in spans.values()), default=0) - KEPT
        old = [station for station, (first, _) in spans.items() if first < before]
        if not old:
            return 0
        needed, count = _needed(connection), 0
        with database.transaction(connection):
            for station in old:
                count += _deleted_of(connection, station, before, needed.get(station, []))
                if count >= MOST:
                    break
        return count


def features(path: Path) -> int:
    """Delete what strategies saw of events longer ago than reports are kept; return how many rows that were.

    Raises
    ------
    StoreError
        If the ledger cannot be written.
    """
    with (
        database.writing(path),
        closing(database.connect(path, full=True)) as connection,
        database.transaction(connection),
    ):
        newest = connection.execute("SELECT MAX(at) FROM features").fetchone()[0]
        if newest is None:
            return 0
        return connection.execute("DELETE FROM features WHERE at < ?", (newest - KEPT,)).rowcount


def _deleted_of(connection: Connection, station: str, before: int, needed: list[tuple[int, int]]) -> int:
    """Delete what one station reported before an instant, between the windows that are needed."""
    count, since = 0, 0
    query = "DELETE FROM readings WHERE station = ? AND measured_at >= ? AND measured_at < ?"
    for opens, closes in [*sorted(needed), (before, before)]:
        if since < min(opens, before):
            count += connection.execute(query, (station, since, min(opens, before))).rowcount
        since = max(since, closes)
    return count


def _needed(connection: Connection) -> dict[str, list[tuple[int, int]]]:
    """Return the windows of every market of ours, by station."""
    found: dict[str, list[tuple[int, int]]] = {}
    for (body,) in connection.execute("SELECT contract FROM markets"):
        contract = _contract.decode(body)
        for station in contract.stations:
            found.setdefault(station.id, []).append((contract.opens - AROUND, contract.closes + AROUND + 1))
    return found
