"""Files and lists that commands read, with errors that name them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import resources
from engine.core.errors import InputError
from engine.core.ids import StationId
from engine.sources.files import Known

if TYPE_CHECKING:
    from pathlib import Path

LARGEST: Final = 64_000_000
"""Bytes of the largest file that is read."""


def text(file: Path) -> str:
    """Return a file's text; bytes that are no UTF-8 are replaced, as in a damaged report.

    Raises
    ------
    InputError
        If it cannot be read, or is larger than `LARGEST`.
    """
    return raw(file).decode("utf-8-sig", "replace")


def raw(file: Path) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    InputError
        If it cannot be read, or is larger than `LARGEST`.
    """
    try:
        if file.stat().st_size > LARGEST:
            raise InputError(f"{file}: larger than {LARGEST} bytes")
        return file.read_bytes()
    except (OSError, ValueError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        raise InputError(f"{file}: cannot be read ({reason})") from e


@lru_cache(maxsize=1)
def known() -> Known:
    """Return routine minutes and names of the shipped stations."""
    rows = resources.load_stations()
    return Known(
        minutes={StationId(row["id"]): row["routine_minute"] for row in rows},
        names={StationId(row["id"]): row["name"] for row in rows},
    )


@lru_cache(maxsize=1)
def offsets() -> dict[StationId, int]:
    """Return the hours of local standard time from UTC of the shipped stations."""
    return {StationId(row["id"]): row["utc_offset_hours"] for row in resources.load_stations()}
