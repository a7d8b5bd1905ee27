"""A settlement record written out with its evidence, so that anybody can hash and resolve it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.errors import InputError
from engine.store import database
from engine.store.checkpoint import write_whole

if TYPE_CHECKING:
    from pathlib import Path


def export(ledger: Path, record: int, folder: Path) -> Path:
    """Write the sealed bytes of a record to ``settlement-N.json`` and return the file.

    The file's SHA-256 is the record's hash, which the file's name's neighbour ``settlement-N.sha256`` states.

    Raises
    ------
    InputError
        If the ledger has no such record.
    """
    with database.reader(ledger) as connection:
        found = connection.execute("SELECT hash, body FROM settlements WHERE seq = ?", (record,)).fetchone()
    if found is None:
        msg = f"{ledger} has no settlement record {record}"
        raise InputError(msg)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"settlement-{record}.json"
    body = found[1].encode() if isinstance(found[1], str) else bytes(found[1])
    write_whole(path, body)
    write_whole(path.with_suffix(".sha256"), f"{found[0]}  {path.name}\n".encode())
    return path
