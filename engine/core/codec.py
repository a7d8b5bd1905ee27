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
    """Return 16 bytes that stand for these effects, in their order."""
    return hashlib.blake2b(_encoder.encode(effects), digest_size=16).digest()
