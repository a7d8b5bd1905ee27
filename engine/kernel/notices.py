"""The notices the trader can read: bounded, repeats counted instead of repeated."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.effects import Level
from engine.views.status import NoticeRow, NoticesView

if TYPE_CHECKING:
    from engine.core.effects import Notice
    from engine.core.units import Nanos

ROOM: Final = 500
WARN: Final = Level.WARN
"""Here because looking a member up costs more than to compare with it."""


class Notices:
    """The newest notices, oldest first."""

    def __init__(self) -> None:
        self._rows: deque[NoticeRow] = deque(maxlen=ROOM)
        self._next = 1
        self.warnings = 0

    def add(self, at: Nanos, note: Notice) -> None:
        """Take in a notice; the same again in a row only counts."""
        if note.level >= WARN:
            self.warnings += 1
        rows = self._rows
        if rows:
            last = rows[-1]
            if last.text == note.text and last.code == note.code and last.subject == note.subject:
                rows[-1] = msgspec.structs.replace(last, at=at, times=last.times + 1)
                return
        level, code, text, subject = note.level._value_, note.code, note.text, note.subject
        rows.append(NoticeRow(id=self._next, at=at, level=level, code=code, text=text, subject=subject, times=1))
        self._next += 1

    def view(self) -> NoticesView:
        """Return the log."""
        return NoticesView(rows=tuple(self._rows), warnings=self.warnings)
