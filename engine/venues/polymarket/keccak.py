"""Keccak-256, at a third of what the library's own object costs.

`Crypto.Hash.keccak` makes a state, a destructor and a buffer for every digest, which takes three times as long as the
hash of an order. Here the library's own routine is called on states that are kept and reset. What is called has no
promise behind it: where it is not found, or does not give the published digests, the library's object is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from Crypto.Hash import keccak as _library
from Crypto.Util import _raw_api

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE: Final = 32
CAPACITY: Final = 2 * SIZE
ROUNDS: Final = 24
PADDING: Final = 1
KNOWN: Final = {
    b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    b"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
}
"""Digests that everybody knows."""


def plain(data: bytes) -> bytes:
    """Return the digest by the library's own object."""
    return _library.new(digest_bits=8 * SIZE, data=data).digest()


def plain_nested(prefix: bytes, data: bytes) -> bytes:
    """Return the digest of a prefix and the digest of some bytes, by the library's own object."""
    return plain(prefix + plain(data))


def _direct() -> tuple[Callable[[bytes], bytes], Callable[[bytes, bytes], bytes]] | None:
    """Return what hashes by the library's routine, once and twice; None where that cannot be used."""
    try:
        once, twice = _made()
        sound = all(once(data).hex() == digest for data, digest in KNOWN.items())
        sound = sound and all(twice(b"\x19\x01", data) == plain_nested(b"\x19\x01", data) for data in KNOWN)
    except Exception:  # noqa: BLE001 - whatever the library has changed, its object works
        return None
    return (once, twice) if sound else None


def _made() -> tuple[Callable[[bytes], bytes], Callable[[bytes, bytes], bytes]]:
    if _raw_api.backend != "cffi":
        msg = "sizes are not converted by the other one"
        raise NotImplementedError(msg)
    routines: Any = vars(_library)["_raw_keccak_lib"]
    reset, absorb, finish = routines.keccak_reset, routines.keccak_absorb, routines.keccak_digest
    view = _raw_api.ffi.buffer
    free: list[tuple[Any, Any, Any]] = []

    def state() -> tuple[Any, Any, Any]:
        pointer = _raw_api.VoidPointer()
        if routines.keccak_init(pointer.address_of(), CAPACITY, ROUNDS):
            raise MemoryError("no state for a hash")
        owner = _raw_api.SmartPointer(pointer.get(), routines.keccak_destroy)
        return owner, owner.get(), _raw_api.create_string_buffer(SIZE, None)

    def keccak(data: bytes) -> bytes:
        try:
            one = free.pop()  # another thread takes another: the routine lets go of the interpreter
        except IndexError:
            one = state()
        _, raw, buffer = one
        if reset(raw) or absorb(raw, data, len(data)) or finish(raw, buffer, SIZE, PADDING):
            raise ValueError("the hash of an order failed")
        found: bytes = view(buffer, SIZE)[:]
        free.append(one)
        return found

    def nested(prefix: bytes, data: bytes) -> bytes:
        try:
            one = free.pop()
        except IndexError:
            one = state()
        _, raw, buffer = one
        if (
            reset(raw)
            or absorb(raw, data, len(data))
            or finish(raw, buffer, SIZE, PADDING)
            or reset(raw)
            or absorb(raw, prefix, len(prefix))
            or absorb(raw, buffer, SIZE)  # where it lies, without a copy
            or finish(raw, buffer, SIZE, PADDING)
        ):
            raise ValueError("the hash of an order failed")
        found: bytes = view(buffer, SIZE)[:]
        free.append(one)
        return found

    return keccak, nested


keccak, nested = _direct() or (plain, plain_nested)
"""Return the 32 bytes of Keccak-256 of some bytes; of a prefix and the digest of some bytes, which EIP-712 signs."""
