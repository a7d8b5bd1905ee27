"""GRIB2 messages as bytes: where they begin and end, and one field cut out of a message that holds several. Pure.

Nothing is decoded here. What is no whole message is refused before a decoder sees it, and what it claims to unpack
to is bounded: a few hundred bytes can state millions of points, or billions.

Source: WMO Manual on Codes, FM 92 GRIB edition 2, sections 0 to 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from engine.core.errors import BadReport
from engine.core.units import Nanos

LARGEST: Final = 32 << 20
"""Bytes of the largest message that is read."""
MOST_POINTS: Final = 8_000_000
"""Of a field: NBM's country has 3.7 million."""
HEAD: Final = 16
_START, _END = b"GRIB", b"7777"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says it is of."""

    run: Nanos
    start: int
    end: int
    """Minutes after the run."""
    kind: str
    """As in an index: ``acc``, ``max``…; empty at a moment."""
    parameter: tuple[int, int, int]
    """Discipline, category and number."""
    name: str
    """ecCodes' short name."""
    unit: str
    level_kind: str
    level: float
    percentile: int | None = None
    member: int | None = None


def length(body: bytes) -> int:
    """Return how many bytes a message says it has, by its first 16.

    Raises
    ------
    BadReport
        If it does not begin as one, is of another edition, or says it has more than `LARGEST`.
    """
    if len(body) < HEAD or body[:4] != _START:
        raise BadReport("no GRIB message: it does not begin with GRIB", _shown(body))
    if body[7] != 2:
        raise BadReport(f"a GRIB message of edition {body[7]}, not 2", _shown(body))
    size = int.from_bytes(body[8:16], "big")
    if not HEAD + 4 <= size <= LARGEST:
        raise BadReport(f"a GRIB message that says it has {size} bytes", _shown(body))
    return size


def one(body: bytes, sub: int = 1, *, exact: bool = True) -> bytes:
    """Return a message of one field.

    Parameters
    ----------
    body : bytes
        What came for one range of a file.
    sub : int, >= 1
        Which of the message's fields.
    exact : bool
        Whether the body must be the message and nothing else; False takes the message at its beginning.

    Raises
    ------
    BadReport
        If it is cut short, longer than it says, not ended as a message, has sections that do not fit, fewer fields,
        or more points than `MOST_POINTS`.
    """
    size = length(body)
    if len(body) < size or (exact and len(body) > size):
        raise BadReport(f"a GRIB message of {size} bytes of which {len(body)} came", _shown(body))
    message = body[:size]
    if message[-4:] != _END:
        raise BadReport("a GRIB message that does not end with 7777", _shown(body))
    return _field(message, sub)


def messages(body: bytes) -> tuple[tuple[bytes, ...], int]:
    """Return the messages of a file, and how many bytes between and behind them are none.

    Raises
    ------
    BadReport
        If there is none, or one that is cut short or broken.
    """
    found, at, other = [], 0, 0
    while (begins := body.find(_START, at)) >= 0:
        size = length(body[begins : begins + HEAD])
        found.append(one(body[begins : begins + size]))
        other += begins - at
        at = begins + size
    if not found:
        raise BadReport("no GRIB message in it", _shown(body))
    return tuple(found), other + len(body) - at


def _field(message: bytes, wanted: int) -> bytes:
    """Return the message with the wanted field's sections alone."""
    latest: dict[int, bytes] = {}
    seen = 0
    for number, section in _sections(message):
        latest[number] = section
        if number == 2:
            latest.pop(3, None)
        if number == 3:
            _bounded(section)
        if number != 7:
            continue
        seen += 1
        if seen == wanted:
            return _joined(message, latest)
    raise BadReport(f"a GRIB message of {seen} fields, not {wanted}", _shown(message))


def _sections(message: bytes) -> Iterator[tuple[int, bytes]]:
    at, last = HEAD, len(message) - 4
    while at < last:
        size = int.from_bytes(message[at : at + 4], "big")
        number = message[at + 4] if size >= 5 and at + size <= last else 0
        if not 1 <= number <= 7:
            raise BadReport(f"a GRIB message whose sections do not fit, at byte {at}", _shown(message))
        yield number, message[at : at + size]
        at += size


def _bounded(section: bytes) -> None:
    points = int.from_bytes(section[6:10], "big") if len(section) >= 14 else 0
    if not 0 < points <= MOST_POINTS:
        raise BadReport(f"a GRIB message that says it has {points} points", _shown(section))


def _joined(message: bytes, sections: dict[int, bytes]) -> bytes:
    if not {1, 3, 4, 5, 6, 7} <= sections.keys():
        raise BadReport("a GRIB message without all of its sections", _shown(message))
    body = b"".join(sections[number] for number in sorted(sections))
    head = message[:8] + (HEAD + len(body) + 4).to_bytes(8, "big")
    return head + body + _END


def _shown(body: bytes) -> str:
    return body[:40].decode("latin-1")
