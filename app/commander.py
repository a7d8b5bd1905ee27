"""What the palette finds, and what is done with what was taken from it.

Actions come from the registry and from the docks; whoever knows of other things adds a source of them. Nothing here
sends an order: an action that could only brings its dock to the front and names its key.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QObject, Signal

from widgets import keymap
from widgets.actions import ACTIONS, AREAS, WINDOW, Action, Kind
from widgets.palette import Palette
from widgets.palette_rows import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.window import Window
    from widgets.panel import Panel

MOST_RECENT: Final = 30
MOST: Final = 4_000
"""Entries of one source."""
ACTION: Final = "action"
_AHEAD: Final = 8.0
"""Points of what works everywhere before what works in one dock."""


class Source(NamedTuple):
    """Things of one kind: their ids begin with its name and a colon."""

    entries: Callable[[], Sequence[Entry]]
    typed: Callable[[str], Sequence[Entry]]
    take: Callable[[str], None]
    """Called with the id, without name and colon."""
    remembered: bool


class Commander(QObject):
    """Opens the palette of a window and does what is taken from it."""

    used = Signal()
    """The recent ones are others now."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._sources: dict[str, Source] = {}
        self._recent: list[str] = []
        self._dock: Panel | None = None
        """What had the keyboard when the palette opened."""
        self.palette = Palette(window)
        self.palette.taken.connect(self._take)
        self.palette.closed.connect(window.hold_off)  # its Enter, pressed twice, must not trade in the dock below
        self.add(ACTION, self._actions, self._act)

    def add(
        self,
        name: str,
        entries: Callable[[], Sequence[Entry]],
        take: Callable[[str], None],
        typed: Callable[[str], Sequence[Entry]] = lambda _query: (),
        *,
        remembered: bool = True,
    ) -> None:
        """Let the palette find things of another kind; a source of the same name is replaced.

        Parameters
        ----------
        entries : callable
            Asked each time the palette opens.
        typed : callable
            What a text stands for by itself; shown before what it fits.
        remembered : bool
            Whether what is taken is offered first the next time.
        """
        self._sources[name] = Source(entries, typed, take, remembered)

    def open(self) -> None:
        """Open the palette, or close it."""
        self._dock = self._window.focused()
        found = [entry for one in self._sources.values() for entry in one.entries()[:MOST]]
        self.palette.open(found, self._recent, self._typed, demo=self._window.mode == "demo")

    def recent(self) -> list[str]:
        """Return the ids of what was taken lately, the latest first."""
        return list(self._recent)

    def set_recent(self, ids: Sequence[str]) -> None:
        """Take what was used in earlier sessions."""
        self._recent = list(ids)[:MOST_RECENT]

    def _typed(self, query: str) -> list[Entry]:
        return [entry for one in self._sources.values() for entry in one.typed(query)]

    def _take(self, entry: Entry) -> None:
        name, _, rest = entry.id.partition(":")
        source = self._sources.get(name)
        if source is None:
            return
        if source.remembered:
            self._recent = [entry.id, *(one for one in self._recent if one != entry.id)][:MOST_RECENT]
            self.used.emit()
        source.take(rest)

    def _actions(self) -> list[Entry]:
        registry = self._window.registry
        everywhere = [_entry(one.action, one.words) for one in registry.offered() if one.action.id != "window.palette"]
        docks = {area for one in self._window.workspaces for area in one.areas()}
        local = [one for one in ACTIONS.values() if one.area != WINDOW and self._has(one.area, docks)]
        return [*everywhere, *(_entry(one, one.words) for one in local)]

    def _has(self, area: str, docks: set[str]) -> bool:
        return area in docks or any(AREAS[one].within == area for one in docks if one in AREAS)

    def _act(self, action: str) -> None:
        one = ACTIONS.get(action)
        if one is None:
            return
        if one.area == WINDOW:
            if not self._window.registry.run(action):
                self._window.tell(f"“{one.words}” cannot be done now.")
            return
        dock = self._bring(one.area)
        act = None if dock is None or one.kind is Kind.MONEY else dock.acts().get(action)
        if act is not None:
            act()
        elif dock is not None:
            self._window.tell(_by_key(one))

    def _bring(self, area: str) -> Panel | None:
        """Bring a dock of an area to the front: the one that had the keyboard, else one that can be seen."""
        known = chain([self._dock] if self._dock is not None else [], self._window.current().seen(), self._of(area))
        dock = next((one for one in known if one.area == area or _lies_in(one.area, area)), None)
        if dock is not None and dock not in self._window.current().seen():
            name = next((n for w in self._window.workspaces for n, d in w.docks_made().items() if d is dock), "")
            self._window.reach(name)
        elif dock is not None:
            dock.setFocus()
        return dock

    def _of(self, area: str) -> Iterator[Panel]:
        """Iterate over the docks of workspaces that have an area; they are made where they are not yet."""
        for one in self._window.workspaces:
            if any(other == area or _lies_in(other, area) for other in one.areas()):
                yield from one.docks.values()


def _lies_in(area: str, other: str) -> bool:
    return area in AREAS and AREAS[area].within == other


def _entry(one: Action, words: str) -> Entry:
    everywhere = one.area == WINDOW
    kind = "stop" if one.kind is Kind.STOP else "command"
    if one.id.startswith("window.dock_"):
        kind = "dock"
    elif one.id.startswith("window.workspace_"):
        kind = "workspace"
    return Entry(
        id=f"{ACTION}:{one.id}",
        words=words,
        kind=kind if everywhere else AREAS[one.area].title,
        key=keymap.hint(one.id),
        code=one.code,
        asks=f"Enter again does it: {words}" if one.kind is Kind.STOP else "",
        weight=_AHEAD if everywhere else 0.0,
    )


def _by_key(one: Action) -> str:
    key = keymap.hint(one.id)
    how = f"{key} does it" if key else "it has no key: give it one under Edit hotkeys"
    safe = " Nothing was sent." if one.kind is Kind.MONEY else ""
    return f"{AREAS[one.area].title}, {one.words.lower()}: {how}.{safe}"
