"""Copies of a database: made while it may be in use, proved sound, put back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from engine.core.errors import StoreDamaged, StoreError
from engine.store import database

if TYPE_CHECKING:
    from pathlib import Path


def copy(source: Path, to: Path) -> None:
    """Copy a database by SQLite's own backup call and prove the copy; `to` is whole or not there.

    Raises
    ------
    StoreError
        If the source cannot be read or the copy not written.
    StoreDamaged
        If the source, and so the copy, is not sound.
    """
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = to.with_name(to.name + ".part")
    draft.unlink(missing_ok=True)
    try:
        database.private(draft)
        with database.reader(source) as original, closing(sqlite3.connect(draft)) as target:
            original.backup(target, pages=-1)  # in one go: a writer cannot make it start again
            target.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        verify(draft)
        _replace(draft, to)
    except OSError as e:
        msg = f"{source} could not be copied to {to} ({e})"
        raise StoreError(msg) from e
    finally:
        draft.unlink(missing_ok=True)


def verify(path: Path) -> None:
    """Read the whole of a database and let SQLite check its structure.

    Raises
    ------
    StoreDamaged
        If it is not sound. SQLite has no checksums: a changed digit inside a row passes here, and is found by
        the sums and the chain that `ledger.load` checks.
    """
    with database.reader(path) as connection:
        found = [text for (text,) in connection.execute("PRAGMA integrity_check(5)")]
        if found != ["ok"]:
            msg = f"{path} is damaged: {'; '.join(found)[:300]}"
            raise StoreDamaged(msg)


def restore(copied: Path, path: Path) -> Path | None:
    """Put a copy back. What was there is kept beside it, never deleted.

    Returns
    -------
    Path or None
        Where the replaced file is now, with its -wal beside it; None if there was none.

    Raises
    ------
    StoreDamaged
        If the copy is not sound; nothing was changed.
    """
    verify(copied)
    aside = _set_aside(path) if path.exists() else None
    copy(copied, path)
    return aside


def unused(path: Path) -> Path:
    """Return a path that is not taken: this one, or with ``-2``, ``-3`` and so on behind its name."""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return found


def _set_aside(path: Path) -> Path:
    """Move a database and its -wal to the first free name."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.replaced-{number}{path.suffix}")).exists():
        number += 1
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(aside.with_name(aside.name + suffix))
    return aside


def _replace(draft: Path, to: Path) -> None:
    """Move the draft to its name, its bytes and its name on the disk before we return."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    draft.replace(to)
    sync_folder(to.parent)


def sync_folder(folder: Path) -> None:
    """Make a new or changed name in a folder reach the disk; Windows does so by itself and has no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
