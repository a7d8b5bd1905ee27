"""What a session's journal has taken in so far, and when its file is full."""

from __future__ import annotations

import time
from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

JournalRow = tuple[int, int, str, bytes, bytes]
"""Sequence number, time, kind, body and digest of an event."""
KIND: Final = itemgetter(2)
BODY: Final = itemgetter(3)
ROW_BYTES: Final = 40
"""That a row of the journal takes besides its body: numbers, kind, digest."""


class Tally:
    """What has been recorded of a session so far. Written by the store's thread, read by whoever shows it."""

    def __init__(self) -> None:
        self.rows = self.bytes = self.decisions = self.lost = 0
        self.parts = 1
        self.kinds: Counter[str] = Counter()
        """Events by kind."""
        self.first_at = self.last_at = 0
        """Of the session's clock; 0 before an event."""
        self.part_bytes = 0
        self.part_since = 0.0
        """Of the steady clock, when the part that is written was begun."""

    def wrote(self, rows: Sequence[JournalRow], decided: int) -> None:
        """Count what was written."""
        if rows:
            self.first_at = self.first_at or rows[0][1]
            self.last_at = rows[-1][1]
        self.rows += len(rows)
        self.decisions += decided
        self.kinds.update(map(KIND, rows))
        size = sum(map(len, map(BODY, rows))) + ROW_BYTES * len(rows)
        self.bytes += size
        self.part_bytes += size
        self.part_since = self.part_since or time.monotonic()

    def turned(self) -> None:
        """Begin a part."""
        self.parts += 1
        self.part_bytes, self.part_since = 0, 0.0


class Rotation(NamedTuple):
    """How large and how old a file of a journal may become."""

    most_bytes: int
    most_seconds: float

    def due(self, tally: Tally) -> bool:
        """Whether the part that is written is full."""
        old = tally.part_since and time.monotonic() - tally.part_since >= self.most_seconds
        return bool(old) or tally.part_bytes >= self.most_bytes
