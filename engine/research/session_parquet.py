"""A recorded session as one Parquet file, and back: for archives that are kept for years and queried whole.

DuckDB writes and reads it (extra ``research``); nothing else here knows Parquet. Every event is a row with both of its
clocks, what it is about, and its bytes as the journal has them, so that the file can be replayed like the journal.

    seq, received_at, venue_at, kind, venue, symbol, side, price, lots, body, digest

Times are nanoseconds since 1970; price is in ticks and size in lots, as the venue's listing defines them. `venue_at` is
empty where the venue says no time.
"""

from __future__ import annotations

import csv
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import InputError, StoreDamaged, Unavailable
from engine.core.units import Nanos
from engine.store.journal import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.store.journal import Recording

COLUMNS: Final = {
    "seq": "BIGINT", "received_at": "BIGINT", "venue_at": "BIGINT", "kind": "VARCHAR", "venue": "VARCHAR",
    "symbol": "VARCHAR", "side": "VARCHAR", "price": "BIGINT", "lots": "BIGINT", "body": "VARCHAR", "digest": "VARCHAR",
}  # fmt: skip
ABSENT: Final = "Parquet needs the extra research, which is not installed: pip install 'atmx[research]'"
AT_ONCE: Final = 4_096
"""Rows fetched at once when a file is read."""


def duckdb() -> Any:  # noqa: ANN401 - a module that may not be there
    """Return DuckDB.

    Raises
    ------
    Unavailable
        If it is not installed.
    """
    try:
        return import_module("duckdb")
    except ImportError as e:
        raise Unavailable(ABSENT) from e


def write(recording: Recording, out: Path) -> int:
    """Write a session and return how many events it has.

    Raises
    ------
    Unavailable
        If DuckDB is not installed.
    InputError
        If the file cannot be written, or the journal holds nothing that can be read.
    """
    engine = duckdb()
    with tempfile.TemporaryDirectory(prefix="atmx-parquet-") as folder:
        table = Path(folder) / "events.csv"
        count = _spell(recording, table)
        if not count:
            msg = f"{recording.path}: no event of a journal can be read ({recording.cut or 'it is empty'})"
            raise InputError(msg)
        types = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
        query = (
            f"COPY (SELECT * REPLACE (unhex(body) AS body, unhex(digest) AS digest) FROM "  # noqa: S608 - ours, no input
            f"read_csv(?, header = true, columns = {{{types}}}) ORDER BY seq) TO '{_quoted(out)}' "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        try:
            with engine.connect() as connection:
                connection.execute(query, [str(table)])
        except engine.Error as e:
            msg = f"{out} cannot be written ({' '.join(str(e).split())[:200]})"
            raise InputError(msg) from e
    return count


def read(path: Path) -> Iterator[Entry]:
    """Iterate over the events of an archived session, as its journal had them.

    Raises
    ------
    Unavailable
        If DuckDB is not installed.
    StoreDamaged
        If the file is no archive of ours.
    """
    engine = duckdb()
    try:
        with engine.connect() as connection:
            found = connection.execute(
                "SELECT seq, received_at, kind, body, digest FROM read_parquet(?) ORDER BY seq", [str(path)]
            )
            while rows := found.fetchmany(AT_ONCE):
                for seq, at, kind, body, digest in rows:
                    yield Entry(seq, Nanos(at), kind, bytes(body), bytes(digest))
    except (engine.Error, TypeError, ValueError) as e:
        msg = f"{path} is no archived session ({' '.join(str(e).split())[:200]})"
        raise StoreDamaged(msg) from e


def _spell(recording: Recording, table: Path) -> int:
    """Write the events as a comma table, bytes in hexadecimal."""
    count = 0
    with table.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for entry in recording:
            try:
                event: Any = entry.event()
            except StoreDamaged as e:
                msg = f"{recording.path}: event {entry.seq}: {e}"
                raise InputError(msg) from e
            instrument = getattr(event, "instrument", None)
            side = getattr(event, "side", None) or getattr(event, "taker", None)
            price = getattr(event, "price", None)
            facts = (
                getattr(event, "venue_time", None), entry.kind, getattr(instrument, "venue", None),
                getattr(instrument, "symbol", None), getattr(side, "value", None),
                price if isinstance(price, int) else None, getattr(event, "lots", None),
            )  # fmt: skip
            rows.writerow([entry.seq, entry.at, *facts, entry.body.hex(), entry.digest.hex()])
            count += 1
    return count


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
