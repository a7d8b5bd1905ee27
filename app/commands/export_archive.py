"""Tables of the weather archive as rows for `atmx export`: what `atmx fetch` and the sessions brought."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core.when import at_minute, iso

if TYPE_CHECKING:
    from engine.core.units import Nanos
    from engine.store.archive import Archive

Record = dict[str, Any]
"""One row: strings, integers, floats, None; lists and objects only in JSON."""
Table = Callable[["Archive", "Nanos"], Iterator[Record]]


def _archived(archive: Archive, since: Nanos) -> Iterator[Record]:
    """Yield the archive's reports with the columns of `observations`, and when each was known."""
    for reading, known_at in archive.reports(since):
        yield {
            "station": reading.station,
            "measured_at": iso(reading.measured_at),
            "kind": reading.kind.value,
            "source": reading.source,
            "raw": reading.raw,
            "body": msgspec.json.encode(reading).decode(),
            "known_at": None if known_at is None else iso(known_at),
        }


def _as_stored(table: str, *times: str) -> Table:
    """Return a reader of a table of the archive; the first of its times is the one that `--since` looks at."""

    def read(archive: Archive, since: Nanos) -> Iterator[Record]:
        for row in archive.rows(table, since):
            if row[times[0]] >= since:
                yield row | {name: None if row[name] is None else iso(row[name]) for name in times}

    return read


def _statements(archive: Archive, since: Nanos) -> Iterator[Record]:
    """Yield what was stated of days; `--since` looks at the day."""
    for row in archive.rows("statements", since):
        if at_minute(date.fromisoformat(row["day"]), 0, 0) >= since:
            known_at = None if row["known_at"] is None else iso(row["known_at"])
            yield row | {"issued_at": iso(row["issued_at"]) if row["issued_at"] else None, "known_at": known_at}


ARCHIVED: Final[Mapping[str, Table]] = {
    "archive": _archived,
    "minutes": _as_stored("minutes", "at"),
    "gaps": _as_stored("gaps", "opens", "closes"),
    "statements": _statements,
}
"""Tables of the weather archive: what `atmx fetch` brought."""
