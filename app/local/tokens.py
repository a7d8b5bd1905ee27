"""Tokens of the local server: made anew for each session, in files of the profile that are their owner's alone.

::

    api/address         http://127.0.0.1:PORT
    api/read.token      for everything that is looked at, /metrics included
    api/operate.token   to list markets of the embedded exchange; only where the settings ask for it
    api/order.token     to send orders; only where the settings ask for it
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Final

from app.local.guard import Scope, Tokens
from app.redact import secrets as hidden
from engine.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

FOLDER: Final = "api"
ADDRESS: Final = "address"
LENGTH: Final = 32
"""Random bytes of a token."""


def make(scopes: Collection[Scope]) -> Tokens:
    """Return new tokens; those of scopes that are not named are empty. None of them is ever logged."""
    made = {scope.value: secrets.token_urlsafe(LENGTH) if scope in scopes else "" for scope in Scope}
    for token in made.values():
        if token:
            hidden.hide(token)
    return Tokens(**made)


def write(profile: Path, tokens: Tokens, address: str) -> Path:
    """Write them for programs of the same owner; return the folder.

    Raises
    ------
    Unavailable
        If the folder cannot be written.
    """
    folder = profile / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        forget(profile)
        _put(folder / ADDRESS, address)
        for scope in Scope:
            token = getattr(tokens, scope.value)
            if token:
                _put(folder / f"{scope.value}.token", token)
    except OSError as e:
        msg = f"the tokens of the local server cannot be written to {folder} ({e.strerror})"
        raise Unavailable(msg) from e
    return folder


def forget(profile: Path) -> None:
    """Take the files away: their tokens are worth nothing any more."""
    for name in (ADDRESS, *(f"{scope.value}.token" for scope in Scope)):
        (profile / FOLDER / name).unlink(missing_ok=True)


def _put(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
