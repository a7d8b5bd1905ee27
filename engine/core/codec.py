"""Events to and from journal lines, and effects to what their digest is made of. Versioned."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.errors import StoreDamaged
from engine.core.events import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.effects import AnyEffect

VERSION: Final = 2
"""Of the journal's bodies; raised when an event's fields change meaning.

2: one `Kept` says all that a commit made safe.
"""

KNOWN: Final = 4_096
"""Digests that are remembered."""

_known: dict[int, tuple[tuple[AnyEffect, ...], bytes]] = {}
"""By the identity of the effects, which are held here: no other object can take it."""
_encoder = msgspec.msgpack.Encoder(decimal_format="string")
_decoder = msgspec.msgpack.Decoder(Event)


def encode(event: Event) -> bytes:
    """Return the body of an event."""
    return _encoder.encode(event)


def decode(body: bytes) -> Event:
    """Return the event of a body.

    Raises
    ------
    StoreDamaged
        If the bytes are no event of this version.
    """
    try:
        event: Event = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        msg = f"unreadable journal row ({e})"
        raise StoreDamaged(msg) from e
    return event


def digest(effects: Sequence[AnyEffect]) -> bytes:
    """Return 16 bytes that stand for these effects, in their order.

    A tuple is one that the kernel answers with again and again, the same object for the same book; effects are
    frozen, so that what it stands for is worked out once.
    """
    if type(effects) is not tuple:
        return hashlib.blake2b(_encoder.encode(effects), digest_size=16).digest()
    known = _known.get(id(effects))
    if known is not None:
        return known[1]
    if len(_known) >= KNOWN:
        _known.clear()
    found = hashlib.blake2b(_encoder.encode(effects), digest_size=16).digest()
    _known[id(effects)] = effects, found
    return found
