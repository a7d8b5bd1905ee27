"""Rysk's signatures: EIP-712 over a quote, by whatever type the venue signs today. Pure.

The struct is hashed by its type string, which is configuration: the venue has changed it once, and a quote signed by
the former one is refused. A signature is 65 bytes, v being 27 or 28.

Source: EIP-712; Rysk's public command line client 3.2, vectors made by two independent encoders.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.venues.polymarket.keccak import keccak
from engine.venues.polymarket.sign import Domain, separator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.venues.polymarket.sign import Wallet
    from engine.venues.rysk.endpoints import Endpoints

WORD: Final = 32


class Field(NamedTuple):
    """One member of a struct."""

    kind: str
    name: str


@lru_cache(maxsize=16)
def fields(type_string: str) -> tuple[Field, ...]:
    """Return the members that a type string names, in its order.

    Raises
    ------
    ValueError
        If it is none, or has a member that is not encoded here.
    """
    name, _, rest = type_string.partition("(")
    if not name or not rest.endswith(")"):
        msg = f"no type of a struct: {type_string[:80]!r}"
        raise ValueError(msg)
    found = tuple(Field(*part.partition(" ")[::2]) for part in rest[:-1].split(","))
    for one in found:
        if not one.name or not (one.kind in {"address", "bool", "string"} or _bits(one.kind)):
            msg = f"a member of {name[:40]} is {one.kind[:40]} {one.name[:40]}"
            raise ValueError(msg)
    return found


def _bits(kind: str) -> int:
    """Return the width of an unsigned number's type; 0 of any other."""
    digits = kind.removeprefix("uint")
    return int(digits) if kind.startswith("uint") and digits.isdecimal() and 0 < int(digits) <= 256 else 0


@lru_cache(maxsize=16)
def type_hash(type_string: str) -> bytes:
    """Return the hash of a type."""
    fields(type_string)
    return keccak(type_string.encode())


def struct_hash(type_string: str, message: Mapping[str, object]) -> bytes:
    """Return the hash of a struct's members.

    Raises
    ------
    ValueError
        If a member is missing, or is not what its type wants.
    """
    words = [type_hash(type_string)]
    for kind, name in fields(type_string):
        if name not in message:
            msg = f"a quote without {name}"
            raise ValueError(msg)
        words.append(_word(kind, name, message[name]))
    return keccak(b"".join(words))


def _word(kind: str, name: str, value: object) -> bytes:
    if kind == "string" and isinstance(value, str):
        return keccak(value.encode())
    if kind == "bool" and isinstance(value, bool):
        return int(value).to_bytes(WORD, "big")
    if kind == "address" and isinstance(value, str):
        return _address(value)
    bits = _bits(kind)
    if bits:
        number = value if isinstance(value, int) else int(value) if isinstance(value, str) and value.isdecimal() else -1
        if not isinstance(value, bool) and 0 <= number < 1 << bits:
            return number.to_bytes(WORD, "big")
    msg = f"{name} is no {kind}: {str(value)[:80]!r}"
    raise ValueError(msg)


@lru_cache(maxsize=256)
def _address(text: str) -> bytes:
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != 20:
        msg = f"no address: {text[:60]!r}"
        raise ValueError(msg)
    return bytes(WORD - 20) + found


def domain(where: Endpoints) -> Domain:
    """Return what a quote's signature is good for."""
    return Domain(where.chain_id, where.contract, where.version, where.name)


def digest(type_string: str, message: Mapping[str, object], of: Domain) -> bytes:
    """Return what is signed."""
    return keccak(b"\x19\x01" + separator(of) + struct_hash(type_string, message))


def signed(wallet: Wallet, type_string: str, message: Mapping[str, object], of: Domain) -> str:
    """Return a quote's signature as the venue wants it."""
    return "0x" + wallet.sign(digest(type_string, message, of)).hex()
