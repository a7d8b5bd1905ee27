"""Log levels part by part, as the settings say, changed while the program runs; and the log of events."""

from __future__ import annotations

import logging
import logging.handlers
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.events import (
    BookDelta,
    BookSnapshot,
    Due,
    GridForecast,
    Kept,
    LinkReport,
    Marked,
    Observed,
    Opened,
    SourceReport,
    StationForecast,
    Trade,
)

if TYPE_CHECKING:
    from pathlib import Path

    from app.boot import Session
    from app.setting import Value
    from app.setting_store import Store
    from engine.core.events import Event

LEVELS: Final = ("debug", "info", "warning", "error")
ENTRY: Final = r"[a-z][a-z0-9_.]{0,60}=(" + "|".join(LEVELS) + ")"
FILE: Final = "events.jsonl"
FILE_BYTES: Final = 20_000_000
FILES_KEPT: Final = 5
QUIET: Final = frozenset({
    BookDelta, BookSnapshot, Trade, Marked, Due, Kept, LinkReport, SourceReport, Observed, StationForecast,
    GridForecast, Opened,
})  # fmt: skip
"""Kinds that the log of events leaves to the journal: markets, weather and clockwork, a thousand lines to one."""


class Levels:
    """Puts ``log.levels`` into force, and takes back what is no longer named."""

    def __init__(self) -> None:
        self._before: dict[str, int] = {}

    def follow(self, store: Store) -> None:
        """Use what the settings say now, and whenever they change."""
        store.when("log.levels", lambda _value: self.use(store.now.texts("log.levels")))

    def use(self, entries: tuple[str, ...]) -> None:
        """Set levels such as ``engine.venues=debug``; what was set before and is not named gets its own back."""
        wanted = dict(entry.split("=", 1) for entry in entries)
        for name in [one for one in self._before if one not in wanted]:
            logging.getLogger(name).setLevel(self._before.pop(name))
        for name, level in wanted.items():
            logger = logging.getLogger(name)
            self._before.setdefault(name, logger.level)
            logger.setLevel(level.upper())

    def end(self) -> None:
        """Give every logger its own level back."""
        self.use(())


class EventLog:
    """Commands, orders, requests for quotes, settlements: one JSON object a line, as the journal has them.

    One search for an order's number, its intent or a trace finds its whole life, in order.
    """

    def __init__(self, folder: Path) -> None:
        self._file = logging.handlers.RotatingFileHandler(
            folder / FILE, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8", delay=True
        )
        self._file.setFormatter(logging.Formatter("%(message)s"))

    def hear(self, event: Event) -> None:
        """Write an event down, unless the journal alone has its kind."""
        if type(event) not in QUIET:
            text = msgspec.json.encode(event).decode()
            self._file.emit(logging.LogRecord("events", logging.INFO, "", 0, text, None, None))

    def close(self) -> None:
        """Write out what is buffered."""
        self._file.close()


def follow_events(session: Session, folder: Path, wanted: Value) -> EventLog | None:
    """Keep a log of events for a session, where that is asked for."""
    if not wanted:
        return None
    log = EventLog(folder)
    session.host.listen(log.hear)
    return log
