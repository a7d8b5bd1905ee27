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

    The file's SHA-256 is the record's hash, which the file's name's neighbour ``settlement-N.sha256`` states. The same
    number of another ledger is another record: its file stays, and the next free name is taken.

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
    body = found[1].encode() if isinstance(found[1], str) else bytes(found[1])
    path, tries = folder / f"settlement-{record}.json", 1
    while path.exists() and path.read_bytes() != body:
        tries += 1
        path = folder / f"settlement-{record}-{tries}.json"
    write_whole(path, body)
    write_whole(path.with_suffix(".sha256"), f"{found[0]}  {path.name}\n".encode())
    return path
