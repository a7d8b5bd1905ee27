"""Files that commands write: whether one can be, asked before the work for it begins."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.core.errors import InputError
from engine.store import database

if TYPE_CHECKING:
    from pathlib import Path


def fit(option: str, file: Path | None) -> None:
    """Refuse a file that could not be written, and one that is a ledger or a journal; None is fit.

    Parameters
    ----------
    option : str
        What it was named by, such as ``--save``.

    Raises
    ------
    InputError
        If it is not fit.
    """
    try:
        wrong = "" if file is None else _wrong(file)
    except OSError as e:
        wrong = str(e.strerror)
    if wrong:
        msg = f"{option}: {file} cannot be written ({wrong})"
        raise InputError(msg)


def _wrong(file: Path) -> str:
    if file.is_dir():
        return "it is a folder"
    if not file.parent.is_dir():
        return "there is no such folder"
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        return "no permission"
    if file.is_file() and database.is_database(file):
        return "it is a database, such as a ledger or a journal, and is not written over"
    return ""
