"""Small files of a profile that remember what the trader chose: our own JSON, replaced whole, never in the way.

A file that cannot be used is set aside under another name, told once, and costs nothing but what it remembered.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import msgspec

from engine.store.checkpoint import write_whole

if TYPE_CHECKING:
    from pathlib import Path

LARGEST: Final = 1 << 20
"""Bytes; such a file is a few kilobytes."""

log = logging.getLogger(__name__)


class Versioned(msgspec.Struct, kw_only=True, frozen=True):
    """What such a file begins with."""

    schema: int


T = TypeVar("T", bound=Versioned)


class Kept(Generic[T]):
    """One such file.

    Parameters
    ----------
    kind : type
        What it holds; its default is an empty one.
    schema : int
        What this version writes and reads.
    what : str
        What it remembers, for sentences: ``hotkeys``.
    """

    def __init__(self, path: Path, kind: type[T], schema: int, what: str) -> None:
        self.path = path
        self._kind = kind
        self._schema = schema
        self._what = what

    def load(self) -> tuple[T, str]:
        """Return what is remembered, and in one sentence what is wrong with the file."""
        nothing = self._kind(schema=self._schema)
        try:
            return decode(self.path, self._kind, self._schema), ""
        except FileNotFoundError:
            return nothing, ""
        except (OSError, ValueError) as e:
            return nothing, self._set_aside(str(e))

    def save(self, value: T) -> str:
        """Write it, whole or not at all; return in one sentence why it was not written."""
        try:
            write(self.path, value)
        except OSError as e:
            log.warning("The %s were not saved: %s", self._what, e)
            return f"The {self._what} were not saved: {e.strerror}"
        return ""

    def _set_aside(self, why: str) -> str:
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.bad-{number}")).exists():
            number += 1
        try:
            self.path.rename(aside)
        except OSError as e:
            return f"The {self._what} cannot be read ({why}) and cannot be set aside: {e.strerror}"
        return f"The {self._what} were set aside as {aside.name}: {why}"


def decode(path: Path, kind: type[T], schema: int) -> T:
    """Read such a file.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is not of this kind and schema; the text says what and where.
    """
    if path.stat().st_size > LARGEST:
        msg = f"it is larger than {LARGEST} bytes"
        raise ValueError(msg)
    content = path.read_bytes()
    try:
        version = msgspec.json.decode(content, type=Versioned).schema
        if version != schema:
            msg = f"its schema is {version}, this version reads {schema}"
            raise ValueError(msg)
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        msg = " ".join(str(e).split())[:200]
        raise ValueError(msg) from e


def write(path: Path, value: Versioned) -> None:
    """Replace a file by a value, one line a field."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(value), indent=1))
