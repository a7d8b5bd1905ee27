"""The keyed checkpoint: how long each settlement chain of a profile is and where it ends, signed with a key kept apart.

A chain alone shows edits inside it. That its tail was cut off, or all of it written anew, only shows against
something the writer of the file cannot make: ``checkpoint.json`` holds (count, head) of each ledger under a MAC
whose key is in the system's keyring or, where there is none, in ``checkpoint.key``.

A record and its checkpoint are two files, and power may go between them. So the new head is noted as expected
before the record is committed, and becomes the head once it is: at every moment the chain on disk is one of at most
two that the file names, and a record added by someone else is neither.

What this shows is changes made after the last checkpoint, by someone without the key; a key on the same machine
does not protect from the machine's owner.
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from engine.core.errors import ChainBroken, StoreError
from engine.store.backup import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

    from engine.store.records import Found, Head

SERVICE: Final = "atmx checkpoint"
"""Name of the keys in the keyring; the profile's folder is the user."""
FILE: Final = "checkpoint.json"
KEY_FILE: Final = "checkpoint.key"
KEY_BYTES: Final = 32
WHERE: Final = "the system's keyring may hold the right one: unlock it, or start where it can be reached"


Statement = dict[str, object]
"""What `oracle.chain.checkpoint` makes: the length of a chain and its last hash, signed."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one ledger."""

    now: Statement
    next: Statement | None = None
    """The chain once the record being written is committed; None between records."""


class File(msgspec.Struct, frozen=True):
    """The whole of ``checkpoint.json``."""

    ledgers: dict[str, Entry]
    v: int = 1


class Vault(Protocol):
    """A keyring."""

    def get_password(self, service_name: str, username: str, /) -> str | None:
        """Return a secret, or None."""

    def set_password(self, service_name: str, username: str, password: str, /) -> None:
        """Store a secret."""


class Checkpoint:
    """The checkpoint of one ledger, in the file beside it.

    Parameters
    ----------
    ledger : Path
        Its name is signed with the rest, so that one ledger's mark proves nothing about another.
    key : bytes
        Of the profile.
    """

    def __init__(self, ledger: Path, key: bytes) -> None:
        self._path = ledger.with_name(FILE)
        self._name = ledger.name
        self._key = key

    def hold(self, found: Found) -> bool:
        """Hold a verified chain against the checkpoint.

        A ledger that holds records and is not in the file was renamed, or its entry removed, since the first record
        makes the entry: then the chain must be one that another entry names.

        Returns
        -------
        bool
            Whether there is one. Without one, nothing shows that the tail was not cut.

        Raises
        ------
        ChainBroken
            If the chain is not one that was sealed, or the checkpoint was not made with this key.
        """
        file = read(self._path)
        entries = file.ledgers if file is not None else {}
        if self._name in entries:
            entries = {self._name: entries[self._name]}
        elif not entries or not found.head.length:
            return False
        if not any(self._names(found, name, entry) for name, entry in entries.items()):
            stated = next(iter(entries.values())).now
            at = _first_bad(found, stated)
            msg = f"{self._name} is not what its checkpoint was made of: they differ at record {at}"
            if (stated.get("count"), stated.get("head")) == found.head:
                msg = f"the checkpoint of {self._name} was signed with another key; {WHERE}"
            raise ChainBroken(msg, at)
        return True

    def expect(self, now: Head, then: Head) -> None:
        """Sign the chain as it is and as it will be once the open transaction is committed."""
        self._save(Entry(self._sign(now), self._sign(then)))

    def renew(self, head: Head) -> None:
        """Sign the chain as it is on disk."""
        self._save(Entry(self._sign(head)))

    def conclude(self, head: Head) -> None:
        """Sign one chain where the file still names two, since the program ended between a record and its checkpoint.

        `head` was found to hold. Until then the record could be cut off again and the chain before it held, too. What
        the disk does not take stays as it is.
        """
        with suppress(OSError):
            file = read(self._path)
            entry = None if file is None else file.ledgers.get(self._name)
            if entry is not None and entry.next is not None:
                self.renew(head)

    def _sign(self, head: Head) -> Statement:
        from engine.oracle import chain  # whoever writes a small file whole starts without the oracle

        return chain.checkpoint(*head, self._key_of(self._name))

    def _names(self, found: Found, name: str, entry: Entry) -> bool:
        """Whether an entry of the file names this chain, as it is or as it was about to be."""
        from engine.oracle import chain

        stated = [statement for statement in (entry.now, entry.next) if statement is not None]
        return any(chain.check(statement, *found.head, self._key_of(name)) for statement in stated)

    def _key_of(self, name: str) -> bytes:
        """Return the key of one ledger, so that one's mark proves nothing about another's chain."""
        return hmac.digest(self._key, name.encode(), "sha256")

    def _save(self, entry: Entry) -> None:
        """Replace the file, whole or not at all."""
        others = read(self._path)
        ledgers = {**(others.ledgers if others is not None else {}), self._name: entry}
        write_whole(self._path, msgspec.json.format(msgspec.json.encode(File(ledgers)), indent=1))


def read(path: Path) -> File | None:
    """Return a checkpoint file; None if there is none.

    Raises
    ------
    ChainBroken
        If it is there and cannot be read: what it would have proved is lost.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=File)
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        msg = f"{path} is unreadable ({e})"
        raise ChainBroken(msg, 0) from e


def find_key(folder: Path, vault: Vault | None) -> bytes | None:
    """Return the key of a profile, from the keyring or else its file; None if it has none.

    Raises
    ------
    StoreError
        If what is stored is no key, or the file cannot be read.
    """
    held = vault.get_password(SERVICE, _user(folder)) if vault is not None else None
    if held is not None:
        return _key(held, "the keyring")
    path = folder / KEY_FILE
    try:
        return _key(path.read_bytes().decode("ascii", "replace"), str(path))
    except FileNotFoundError:
        return None
    except OSError as e:
        msg = f"{path} cannot be read ({e.strerror})"
        raise StoreError(msg) from e


def make_key(folder: Path, vault: Vault | None) -> bytes:
    """Return the key of a profile, made now if it has none.

    Raises
    ------
    StoreError
        If what is stored is no key, or a new one cannot be written.
    """
    if (found := find_key(folder, vault)) is not None:
        return found
    key = secrets.token_hex(KEY_BYTES)
    if vault is not None:
        vault.set_password(SERVICE, _user(folder), key)
    else:
        try:
            write_whole(folder / KEY_FILE, f"{key}\n".encode())
        except OSError as e:
            msg = f"{folder / KEY_FILE} cannot be written ({e.strerror})"
            raise StoreError(msg) from e
    return bytes.fromhex(key)


def keyring() -> Vault | None:
    """Return the system's keyring; None where there is none to use. May block on a prompt of the system."""
    import keyring as library  # imported here: it costs a tenth of a second that a start without it saves
    from keyring.errors import KeyringError

    backend = library.get_keyring()
    try:
        if backend.priority <= 0:
            return None
        backend.get_password(SERVICE, "probe")
    except (KeyringError, RuntimeError, OSError):
        return None
    return backend


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file by one of this content, its owner's alone; after a power cut it is the old or the new one."""
    draft = path.with_name(path.name + ".part")
    with open(draft, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def _first_bad(found: Found, stated: Statement) -> int:
    """Return the first record that is missing or extra; the last where only its hash differs."""
    count = stated.get("count")
    if not isinstance(count, int) or count == found.head.length:
        return max(found.head.length - 1, 0)
    return min(found.head.length, max(count, 0))


def _user(folder: Path) -> str:
    return str(folder.resolve())


def _key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        msg = f"{where} holds no checkpoint key"
        raise StoreError(msg)
    return key
