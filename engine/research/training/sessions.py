"""A profile's recorded sessions as parts to learn from: the same events that the strategy saw, from their journals.

Made-up markets of the simulated day are recorded alike and teach nothing; naming the session is up to whoever trains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.core.errors import InputError, StoreError
from engine.core.events import BookDelta, BookSnapshot, BooksStale, LinkChanged, Listed, StatusChanged, Trade
from engine.research.sets.recording import Part
from engine.store import journal

if TYPE_CHECKING:
    from engine.core.events import Event

NAME: Final = "sessions"
KINDS: Final = frozenset(
    one.__name__ for one in (BookDelta, BookSnapshot, BooksStale, LinkChanged, Listed, StatusChanged, Trade)
)
"""What of a journal tells of markets."""
MOST: Final = 10_000
"""Sessions of one table."""


def found(where: Path) -> list[Path]:
    """Return the journals that a path names: itself, or those of a folder or of a profile's, oldest first."""
    if where.is_file():
        return [where] if where.name.endswith(journal.SUFFIX) else []
    return journal.sessions(where) or journal.sessions(where / "sessions")


def parts(where: Path) -> Iterator[Part]:
    """Yield a part a session; `rows` are the events of markets in it.

    Raises
    ------
    InputError
        If there is none, or one is no journal.
    """
    some = found(where)
    if not 0 < len(some) <= MOST:
        raise InputError(f"{where}: holds {len(some)} sessions where 1 to {MOST} were expected")
    for path in some:
        try:
            recording = journal.Recording(path)
        except StoreError as e:
            raise InputError(str(e)) from e
        rows = sum(kind in KINDS for _, _, kind in recording.index())
        notes = (f"{path.name}: {recording.cut}",) if recording.cut else ()
        yield Part(name=path.stem, rows=rows, results={}, events=_events(path), notes=notes)


def _events(path: Path) -> Callable[[], Iterator[Event]]:
    def events() -> Iterator[Event]:
        for entry in journal.Recording(path):
            if entry.kind in KINDS:
                yield entry.event()

    return events
