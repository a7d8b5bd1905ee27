"""A sign of life of the program in a profile: left behind, it says that the last session did not end cleanly, and when.

The file is written at the start, touched while the program runs, and taken away when it has ended. It also counts how
often in a row the program ended within ten seconds of its start: the second time asks for safe mode.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.units import SECOND, Nanos

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "running.json"
QUICK: Final = Nanos(10 * SECOND)
"""A session that ended unasked within this of its start did not get going."""
QUICK_IN_A_ROW: Final = 2
"""So many of them ask for safe mode."""
_LARGEST: Final = 4_096


class _Sign(msgspec.Struct, kw_only=True):
    started_at: int
    quick: int = 0
    """Sessions just before that one that did not get going."""


class Last(msgspec.Struct, frozen=True, kw_only=True):
    """How the last session ended that did not end cleanly."""

    seen_at: Nanos
    """When it was last alive, on the system's clock."""
    quick: int
    """How many in a row did not get going, it included."""

    @property
    def wants_safe_mode(self) -> bool:
        """Whether starting the same way again would be likely to end the same way."""
        return self.quick >= QUICK_IN_A_ROW


class SignOfLife:
    """The file of one profile. A disk that refuses costs the sign only."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def begin(self, now: Nanos) -> Last | None:
        """Say that the program runs; return how the last one ended, None if cleanly."""
        last = self._last()
        quick = 0 if last is None else last.quick
        try:
            self._path.write_bytes(msgspec.json.encode(_Sign(started_at=now, quick=quick)))
            os.utime(self._path, ns=(now, now))
        except OSError:
            return last
        return last

    def beat(self, now: Nanos) -> None:
        """Say that it still runs."""
        try:
            os.utime(self._path, ns=(now, now))
        except OSError:
            return

    def end(self) -> None:
        """Say that it ended as it should."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return

    def _last(self) -> Last | None:
        try:
            seen = Nanos(self._path.stat().st_mtime_ns)
            with self._path.open("rb") as file:
                sign = msgspec.json.decode(file.read(_LARGEST), type=_Sign)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return Last(seen_at=Nanos(0), quick=0)  # something was left, but it cannot be read
        quick = 0 <= seen - sign.started_at < QUICK
        return Last(seen_at=seen, quick=min(sign.quick, QUICK_IN_A_ROW) + 1 if quick else 0)
