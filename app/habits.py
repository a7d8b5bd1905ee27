"""What the program learns of its trader in a profile: what was used lately, how docks are linked, which steps are done.

None of it is needed to trade: a file that cannot be read is set aside and everything begins anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from PySide6.QtCore import QObject, QTimer

from app import links
from app.commander import MOST_RECENT
from app.kept import Kept, Versioned
from engine.core.effects import Level

if TYPE_CHECKING:
    from pathlib import Path

    from app.window import Window

SCHEMA: Final = 1
SAVE_AFTER_MS: Final = 2_000

Name = Annotated[str, msgspec.Meta(max_length=200)]
Group = Annotated[int, msgspec.Meta(ge=0, le=8)]


class Habits(Versioned, kw_only=True, frozen=True, omit_defaults=True):
    """What is remembered."""

    recent: Annotated[tuple[Name, ...], msgspec.Meta(max_length=MOST_RECENT)] = ()
    """Of the palette, the latest first."""
    links: Annotated[dict[Name, Group], msgspec.Meta(max_length=links.MOST)] = msgspec.field(default_factory=dict)
    """Link group by workspace and dock, where one was chosen."""
    pins: Annotated[dict[Name, tuple[Name, Name]], msgspec.Meta(max_length=links.MOST)] = msgspec.field(
        default_factory=dict
    )
    """Venue and symbol of what a pinned dock holds."""
    coach: Name = ""
    """Whether the first steps are shown, or over."""
    steps: Annotated[tuple[Name, ...], msgspec.Meta(max_length=16)] = ()
    """Those of them that were done."""


class Memory(QObject):
    """Restores the habits of a profile, and saves them two seconds after they change and at the end.

    Parameters
    ----------
    path : Path or None
        None keeps nothing, as in safe mode.
    """

    def __init__(self, window: Window, path: Path | None) -> None:
        super().__init__(window)
        self._window = window
        self._kept = None if path is None else Kept(path, Habits, SCHEMA, "habits")
        self._saved = Habits(schema=SCHEMA)
        self._timer = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._timer.timeout.connect(self.save)
        window.commander.used.connect(self._timer.start)
        window.links.changed.connect(self._timer.start)
        window.coach.changed.connect(self._timer.start)

    def restore(self) -> None:
        """Take what an earlier session left."""
        if self._kept is None:
            return
        self._saved, wrong = self._kept.load()
        if wrong:
            self._window.tell(wrong, Level.WARN)
        self._window.commander.set_recent(self._saved.recent)
        self._window.links.restore(self._saved.links, self._saved.pins)
        self._window.coach.restore(self._saved.coach, self._saved.steps)

    def state(self) -> Habits:
        """Return what is to be remembered now."""
        groups, pins = self._window.links.state()
        coach, steps = self._window.coach.state()
        recent = tuple(self._window.commander.recent())
        return Habits(schema=SCHEMA, recent=recent, links=groups, pins=pins, coach=coach, steps=steps)

    def save(self) -> None:
        """Write what has changed; a disk that refuses costs the habits only."""
        self._timer.stop()
        now = self.state()
        if self._kept is not None and now != self._saved and not self._kept.save(now):
            self._saved = now
