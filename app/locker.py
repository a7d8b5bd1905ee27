"""A small file under a passphrase: scrypt makes the key, AES-GCM seals, and the name of what is inside is sealed too.

For machines without a keyring. The file is its owner's alone; whoever has it still needs the passphrase.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.errors import InputError
from engine.store.checkpoint import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SHORTEST: Final = 8
"""Characters of a passphrase."""
LARGEST: Final = 64 * 1024
COST: Final = 1 << 17
"""scrypt's N: 128 MB and some tenths of a second for each guess."""
BLOCK: Final = 8
MOST_COST: Final = 1 << 20
"""A file that asks for more is not ours, and would only fill the memory."""
_SALT: Final = 16
_NONCE: Final = 12


class _Sealed(msgspec.Struct):
    salt: bytes
    nonce: bytes
    body: bytes
    n: int = COST
    v: int = 1


def seal(path: Path, name: str, values: Mapping[str, str], passphrase: str, *, cost: int = COST) -> None:
    """Write values to a file.

    Parameters
    ----------
    name : str
        What they are; a file renamed to another name cannot be opened.

    Raises
    ------
    InputError
        If the passphrase is too short, or the file cannot be written.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(passphrase) < SHORTEST:
        raise InputError(f"a passphrase has at least {SHORTEST} characters")
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    body = AESGCM(_key(passphrase, salt, cost)).encrypt(nonce, msgspec.json.encode(dict(values)), name.encode())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, msgspec.json.encode(_Sealed(salt, nonce, body, cost)))
    except OSError as e:
        raise InputError(f"{path}: cannot be written ({e.strerror})") from e


def unseal(path: Path, name: str, passphrase: str) -> dict[str, str]:
    """Return the values of a file.

    Raises
    ------
    InputError
        If it is not there, damaged, or the passphrase is another.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    sealed = _read(path)
    try:
        key = _key(passphrase, sealed.salt, sealed.n)
        return msgspec.json.decode(AESGCM(key).decrypt(sealed.nonce, sealed.body, name.encode()), type=dict[str, str])
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        raise InputError(f"{path}: another passphrase, or the file is damaged") from None


def _read(path: Path) -> _Sealed:
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path}: larger than {LARGEST} bytes")
        sealed = msgspec.json.decode(path.read_bytes(), type=_Sealed)
    except OSError as e:
        raise InputError(f"{path}: cannot be read ({e.strerror})") from e
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise InputError(f"{path}: no file of keys") from e
    if sealed.v != 1 or not 2 <= sealed.n <= MOST_COST or sealed.n & (sealed.n - 1) or len(sealed.nonce) != _NONCE:
        raise InputError(f"{path}: no file of keys that this version can open")
    return sealed


def _key(passphrase: str, salt: bytes, cost: int) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=32, n=cost, r=BLOCK, p=1).derive(passphrase.encode())
