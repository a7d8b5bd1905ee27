"""The recorder as its dock shows it: what is written of the session, how much, how fast, what was lost, what is kept.

Counted by the thread that writes; here it is only looked at, when somebody looks.
"""

from __future__ import annotations

import shutil
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import SECOND, Nanos
from engine.host.clock import steady
from engine.store import journal
from engine.views.replay import RecorderView, SessionLine, StreamLine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from engine.store.writer import Writer

STREAMS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("Books", "snapshots and changes", ("BookDelta", "BookSnapshot", "BooksStale")),
    ("Trades", "of the venues", ("Trade",)),
    ("Marks", "what venues reckon options at", ("Marked",)),
    ("Listings", "instruments and their states", ("Listed", "StatusChanged", "GridChanged")),
    ("Weather reports", "of stations", ("Observed",)),
    ("Forecasts", "stations and grids", ("StationForecast", "GridForecast")),
    ("Alerts", "of the weather service", ("Alerted", "AlertsOver")),
    ("Links", "venues and services", ("LinkChanged", "LinkReport", "SourceReport")),
    ("Commands", "yours and the strategies'", ("Asked",)),
    (
        "Orders and fills", "what became of them",
        (
            "Accepted", "Rejected", "Filled", "FillReversed", "Canceled", "CancelRefused", "Expired", "Amended",
            "AmendRefused", "Lost", "Pictured",
        ),
    ),
    (
        "Requests and quotes", "of takers, and ours",
        ("QuoteRequested", "QuoteRequestOver", "QuoteStood", "QuoteTaken"),
    ),
    ("Timers and disk", "beats, closes, what is safe", ("Due", "Kept", "StoreChanged", "ChainChecked", "Opened")),
)  # fmt: skip
GAPS: Final = "BooksStale"
MINUTE_NS: Final = 60 * SECOND
LIST_EVERY_NS: Final = 5 * SECOND
MOST_SESSIONS: Final = 200


class _Sample(NamedTuple):
    at: int
    rows: int
    kinds: Mapping[str, int]


class Recorder:
    """Looks at what a writer writes.

    Parameters
    ----------
    writer : Writer or None
        None where nothing is recorded, as in a replay.
    folder : Path
        Of the profile's journals.
    path : Path or None
        The journal of this session.
    days : int or None
        For how long journals are kept.
    clock : callable
        Steady nanoseconds.
    """

    def __init__(
        self,
        writer: Writer | None,
        folder: Path,
        path: Path | None,
        days: int | None,
        clock: Callable[[], int] = steady,
    ) -> None:
        self._writer, self._folder, self._path, self._days = writer, folder, path, days
        self._clock = clock
        self._samples: deque[_Sample] = deque(maxlen=128)
        self._listed: tuple[int, tuple[SessionLine, ...]] = (-LIST_EVERY_NS, ())
        self._wrote: tuple[int, int] = (0, 0)
        """Rows at the last look that found new ones, and when that was."""

    def view(self) -> RecorderView:
        """Return how it stands now."""
        now = self._clock()
        tally = None if self._writer is None else self._writer.tally
        kinds = {} if tally is None else dict(tally.kinds)
        rows = 0 if tally is None else tally.rows
        if rows != self._wrote[0]:
            self._wrote = (rows, now)
        before = self._minute_ago(_Sample(now, rows, kinds))
        passed = 0.0 if before is None else (now - before.at) / SECOND
        sessions = self._sessions(now)
        return RecorderView(
            session="" if self._path is None else self._path.stem,
            streams=tuple(_stream(one, kinds, before, passed) for one in STREAMS) if tally is not None else (),
            rows=rows,
            bytes=0 if self._path is None else journal.size(self._path),
            per_second=(rows - before.rows) / passed if tally is not None and before is not None and passed else None,
            lost=0 if tally is None else tally.lost,
            waiting=0 if self._writer is None else self._writer.waiting,
            disk_left=_left(self._folder),
            age_s=(now - self._wrote[1]) / SECOND if self._wrote[0] else None,
            parts=0 if tally is None else tally.parts,
            sessions=sessions,
            kept_days=self._days,
            total=sum(one.bytes for one in sessions),
        )

    def _minute_ago(self, sample: _Sample) -> _Sample | None:
        """Take a sample and return the oldest of the last minute; None before there are two."""
        if not self._samples or sample.at - self._samples[-1].at >= SECOND // 2:
            self._samples.append(sample)
        while len(self._samples) > 1 and sample.at - self._samples[0].at > MINUTE_NS:
            self._samples.popleft()
        return self._samples[0] if sample.at - self._samples[0].at >= SECOND // 2 else None

    def _sessions(self, now: int) -> tuple[SessionLine, ...]:
        """Return what lies in the folder, newest first; looked up every few seconds."""
        if now - self._listed[0] >= LIST_EVERY_NS:
            found = []
            for path in reversed(journal.sessions(self._folder)[-MOST_SESSIONS:]):
                began = journal.began(path)
                line = SessionLine(
                    name=path.stem,
                    began=None if began is None else Nanos(began),
                    bytes=journal.size(path),
                    parts=len(journal.parts(path)),
                    current=self._writer is not None and path == self._path,
                )
                found.append(line)
            self._listed = (now, tuple(found))
        return self._listed[1]


def _stream(
    one: tuple[str, str, tuple[str, ...]], kinds: Mapping[str, int], before: _Sample | None, passed: float
) -> StreamLine:
    name, what, members = one
    rows = sum(kinds.get(kind, 0) for kind in members)
    earlier = 0 if before is None else sum(before.kinds.get(kind, 0) for kind in members)
    return StreamLine(
        name=name,
        what=what,
        rows=rows,
        per_second=(rows - earlier) / passed if before is not None and passed else None,
        gaps=kinds.get(GAPS, 0) if GAPS in members else None,
    )


def _left(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
