"""Longer secrets in the system's keyring: in parts, since Windows takes 2,560 bytes of one.

The head says how many parts there are and what their sum is, and is written last: what broke off half-way is seen.
"""

from __future__ import annotations

import contextlib
import hashlib
from typing import Final, Protocol

from engine.core.errors import InputError

SERVICE: Final = "atmx keys"
"""Name of the entries in the keyring."""
PART: Final = 1_000
"""Characters of one entry; two bytes each on Windows."""
MOST_PARTS: Final = 32


class Vault(Protocol):
    """A keyring."""

    def get_password(self, service_name: str, username: str, /) -> str | None:
        """Return a secret, or None."""

    def set_password(self, service_name: str, username: str, password: str, /) -> None:
        """Store a secret."""

    def delete_password(self, service_name: str, username: str, /) -> None:
        """Delete a secret; raises when there is none."""


def put(vault: Vault, user: str, text: str) -> None:
    """Store a secret, and see that it can be read back.

    Raises
    ------
    InputError
        If the keyring does not take it, or forgets it.
    """
    parts = [text[n : n + PART] for n in range(0, len(text), PART)]
    try:
        for n, part in enumerate(parts):
            vault.set_password(SERVICE, f"{user} {n}", part)
        vault.set_password(SERVICE, user, f"{len(parts)} {_sum(text)}")
    except Exception as e:  # noqa: BLE001  # any backend, any error; its words may hold what was to be stored
        raise InputError(f"the system's keyring did not take the keys ({type(e).__name__})") from None
    if get(vault, user) != text:
        raise InputError("the system's keyring did not give the keys back")


def get(vault: Vault, user: str) -> str | None:
    """Return a secret, or None without one.

    Raises
    ------
    InputError
        If the keyring cannot be read, or not all parts of it are there.
    """
    try:
        head = vault.get_password(SERVICE, user)
        if head is None:
            return None
        count, _, stated = head.partition(" ")
        number = min(int(count), MOST_PARTS) if count.isdecimal() else 0
        text = "".join(vault.get_password(SERVICE, f"{user} {n}") or "" for n in range(number))
    except Exception as e:  # noqa: BLE001  # any backend, any error
        raise InputError(f"the system's keyring cannot be read ({type(e).__name__})") from None
    if _sum(text) != stated:
        raise InputError("the keys in the system's keyring are damaged: give them again")
    return text


def delete(vault: Vault, user: str) -> None:
    """Delete a secret, the head last so that a failure is seen; what is not there is no error."""
    for name in (*(f"{user} {n}" for n in range(MOST_PARTS)), user):
        with contextlib.suppress(Exception):
            if vault.get_password(SERVICE, name) is not None:
                vault.delete_password(SERVICE, name)


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
