"""Recorded frames of a venue's stream, as recorders write them: JSON lines, an array, or an object with ``frames``.

An object of conversations, each with what was ``received``, is all of that in its order; so is one conversation.

An element is the frame itself, or an object that wraps it: ``{"recv_ms": …, "frame": …}``, also ``event`` or ``msg``.
The frame's own bytes are handed on as they stand in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.errors import InputError
from engine.core.units import Nanos
from engine.core.when import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST: Final = 5_000_000
"""Frames of the largest recording that is read."""
INSIDE: Final = ("frame", "event", "msg")
"""Where a wrapper may hold the frame."""
_UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Recorded:
    """One frame of a recording."""

    number: int
    """In the file, from 1."""
    raw: bytes
    at: Nanos | None = None
    """When it was received, where the recorder says so."""


@dataclass(frozen=True, slots=True)
class Spoilt:
    """An element that is no JSON, such as the line at which a recording broke off."""

    number: int


def frames(text: bytes, name: str) -> list[Recorded | Spoilt]:
    """Return the frames of a file.

    Raises
    ------
    InputError
        If nothing in it is JSON, or it holds too many.
    """
    parts = _parts(text)
    if len(parts) > MOST:
        raise InputError(f"{name}: more than {MOST} frames")
    found = [_one(number, part) for number, part in enumerate(parts, 1)]
    if not found and text.strip():
        raise InputError(f"{name}: frames: an empty list")
    if not found or all(isinstance(one, Spoilt) for one in found):
        raise InputError(f"{name}: frames: neither JSON lines, nor an array, nor an object with frames")
    return found


def fields(raw: bytes) -> Mapping[str, msgspec.Raw]:
    """Return the fields of a JSON object; none of anything else."""
    try:
        return _fields.decode(raw)
    except _UNREADABLE:
        return {}


def _parts(text: bytes) -> list[bytes]:
    try:
        whole = msgspec.json.decode(text, type=msgspec.Raw)
    except _UNREADABLE:
        return [line.strip() for line in text.splitlines() if line.strip()]
    if text.lstrip()[:1] == b"[":
        return [bytes(part) for part in _list.decode(text)]
    inside = fields(text).get("frames")
    if inside is not None and bytes(inside).lstrip()[:1] == b"[":
        return [bytes(part) for part in _list.decode(inside)]
    return _conversations(text) or [bytes(whole)]


def _conversations(text: bytes) -> list[bytes]:
    """Return what was received in an object of conversations; nothing where it is none."""
    found: list[bytes] = []
    whole = fields(text)
    for conversation in [whole] if "received" in whole else [fields(bytes(value)) for value in whole.values()]:
        received = conversation.get("received")
        if received is not None and bytes(received).lstrip()[:1] == b"[":
            found += [bytes(part) for part in _list.decode(received)]
    return found


def _one(number: int, part: bytes) -> Recorded | Spoilt:
    try:
        msgspec.json.decode(part, type=msgspec.Raw)
        return _unwrapped(number, part)
    except _UNREADABLE:
        return Spoilt(number)


def _unwrapped(number: int, part: bytes) -> Recorded:
    own = fields(part)
    if "type" in own or "event_type" in own:  # a frame; Kalshi's have a msg of their own
        return Recorded(number, _bare(part))
    stamps = [(key, value) for key, value in own.items() if key.startswith("rec")]
    inside = next((own[key] for key in INSIDE if key in own), None)
    if inside is None or (not stamps and "frame" not in own):
        return Recorded(number, _bare(part))
    return Recorded(number, _bare(bytes(inside)), _stamp(*stamps[0]) if stamps else None)


def _bare(raw: bytes) -> bytes:
    """Return a frame that was recorded as a text without its quotes."""
    return msgspec.json.decode(raw, type=str).encode() if raw.lstrip()[:1] == b'"' else raw


def _stamp(key: str, value: bytes | msgspec.Raw) -> Nanos | None:
    """Return when a frame was received; the key's end says the unit, or else the number's size."""
    try:
        said = msgspec.json.decode(value, type=int | float | str)
        if isinstance(said, str):
            return instant(said)
    except _UNREADABLE:
        return None
    unit = next((unit for end, unit in _UNITS.items() if key.endswith(end)), None) or _guess(said)
    return Nanos(round(said * unit)) if 0 <= said * unit < 1 << 63 else None


_UNITS: Final = {"_ns": 1, "_us": 1_000, "_ms": 1_000_000, "_s": 1_000_000_000}


def _guess(said: float) -> int:
    for most, unit in ((1e11, 1_000_000_000), (1e14, 1_000_000), (1e17, 1_000)):
        if said < most:
            return unit
    return 1
