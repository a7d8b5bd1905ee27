"""The chain of settlement records as it is on disk: verified, followed, and held against what is to be appended."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.errors import ChainBroken
from engine.oracle import chain
from engine.store.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.core.effects import Row
    from engine.store.database import Connection, Cursor, Value

GENESIS: Final = chain.GENESIS


class Head(NamedTuple):
    """Where a settlement chain ends: how many records, and the hash of the last."""

    length: int
    hash: str


class Found(NamedTuple):
    """A settlement chain as it is on disk."""

    ok: bool
    head: Head
    first_bad: int | None


def chain_of(connection: Connection) -> Found:
    """Verify every settlement record on disk, from the first, in every column; what cannot be read is a bad record."""
    table = [name for _, name, *_ in connection.execute("PRAGMA table_info(settlements)")]
    if table != list(TABLES["settlements"].columns):
        return Found(False, Head(0, GENESIS), 0)  # without its table, or with a column nobody sealed
    seen = chain.verify(_readable(connection))
    return Found(seen.ok, Head(seen.records, seen.head), seen.first_bad)


def walk(connection: Connection) -> Found:
    """Follow the hashes of all records, without reading what the records say: as sure once the head is known."""
    good, head, length = 0, GENESIS, 0
    for seq, prev, hashed, body in _records(connection):
        if good == length and (seq, prev) == (good, head) and _hash(body) == hashed:
            good, head = good + 1, hashed
        length += 1
    return Found(good == length, Head(length, head), None if good == length else good)


def linked(found: Found, links: Iterable[Row]) -> Head:
    """Return where the chain ends once `links` are appended.

    Raises
    ------
    ChainBroken
        If the chain on disk is broken, or a link is not the next one.
    """
    if not found.ok:
        msg = f"the settlement chain on disk is broken at record {found.first_bad}"
        raise ChainBroken(msg, found.first_bad or 0)
    head = found.head
    for link in links:
        seq, prev, hashed, body = (link.values[name] for name in ("seq", "prev", "hash", "body"))
        if (seq, prev) != head or _hash(body) != hashed:
            msg = f"record {seq} does not continue the settlement chain, which ends at {head.length} records"
            raise ChainBroken(msg, head.length)
        head = Head(head.length + 1, str(hashed))
    return head


def _records(connection: Connection) -> Cursor:
    return connection.execute("SELECT seq, prev, hash, body FROM settlements ORDER BY seq")


def _readable(connection: Connection) -> Iterator[tuple[Value, ...]]:
    """Iterate over the records; where reading fails, one that is no record ends it."""
    try:
        yield from _records(connection)
    except sqlite3.DatabaseError:
        yield (None, None, None, None)


def _hash(body: object) -> str:
    return hashlib.sha256(body.encode()).hexdigest() if isinstance(body, str) else ""
