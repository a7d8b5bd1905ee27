"""The station file of one's own, looked at again and again: rows that are new since the last look.

Whoever writes it may append to it or replace it whole; it is read again when its size or time has changed, and only
rows of the last days are told, so that an archive of years is no flood.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.core.errors import BadReport
from engine.core.reading import ReportKind
from engine.core.units import HOUR, Nanos
from engine.sources import private
from engine.sources.cycle import News

if TYPE_CHECKING:
    from pathlib import Path

    from engine.core.reading import Reading

EVERY_S: Final = 60.0
BACK: Final = 36 * HOUR
"""How far back rows are told: a window of a day and what it takes to settle it."""
AHEAD: Final = HOUR
"""Rows of a later time than this from now are no measurement."""


@dataclass(slots=True)
class OwnFile:
    """One file."""

    path: Path
    now: Callable[[], Nanos]
    why: str = ""
    """Why it cannot be used, in one sentence; empty while it can."""
    _stamp: tuple[int, int] = (-1, -1)
    _news: News = field(default_factory=News)

    def know(self, readings: Iterable[Reading]) -> None:
        """Take rows of an earlier session for told."""
        self._news.know(reading for reading in readings if reading.kind is ReportKind.PRIVATE)

    async def look(self) -> Sequence[Reading]:
        """Return the rows that were not told before; none while the file is as it was, or cannot be used."""
        try:
            found = await asyncio.to_thread(self._changed)
        except (OSError, BadReport) as e:
            said = e.strerror if isinstance(e, OSError) else str(e)
            self.why = f"{self.path.name} cannot be read ({said})"[:200]
            return ()
        if found is None:
            return ()
        self.why = f"{self.path.name}: {found.skipped[0]}"[:200] if found.skipped else ""
        now = self.now()
        self._news.forget(now)
        return self._news.take(r for r in found.readings if now - BACK < r.measured_at < now + AHEAD)

    def _changed(self) -> private.Rows | None:
        stat = self.path.stat()
        stamp = (stat.st_size, stat.st_mtime_ns)
        if stamp == self._stamp:
            return None
        if stat.st_size > private.LARGEST:
            raise BadReport(f"longer than {private.LARGEST} bytes", "")
        found = private.parse(self.path.read_text("utf-8", "replace"))
        self._stamp = stamp
        return found
