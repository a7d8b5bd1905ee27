"""JSON documents of weather services, typed: what is not as expected is a bad report and nothing else. Pure."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from engine.core.errors import BadReport

LARGEST: Final = 32_000_000
"""Bytes in the largest document that is read."""
T = TypeVar("T")


def decoded(body: bytes | msgspec.Raw, kind: type[T], what: str) -> T:
    """Return a document as its type; fields it has beyond that are passed over.

    Parameters
    ----------
    what : str
        What it should be, for the message.

    Raises
    ------
    BadReport
        If it is longer than `LARGEST`, no JSON, or of another shape.
    """
    raw = bytes(body)
    if len(raw) > LARGEST:
        raise BadReport(f"longer than {LARGEST} bytes", raw[:200].decode("latin-1"))
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise BadReport(f"not {what} ({str(e)[:80]})", raw[:200].decode("latin-1")) from e
