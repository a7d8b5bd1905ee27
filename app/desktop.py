"""The trader's arrangement of the screen: restored at the start, saved as it changes, undone, cloned, exchanged."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer

from app import layout
from app.layout import MOST_WORKSPACES, Layout, WorkspaceLayout
from app.workspaces import Workspace
from engine.core.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from app.layout import WindowLayout
    from app.window import Window

SAVE_AFTER_MS: Final = 2_000
"""After the last change: dragging a border is one change, not hundreds."""
REMEMBERED: Final = 50
"""Changes that can be undone."""
LONGEST_TITLE: Final = 24

log = logging.getLogger(__name__)


class Desktop(QObject):
    """The workspaces of a window, kept in a file.

    Parameters
    ----------
    window : Window
        Its workspaces are arranged after `restore`.
    path : Path or None
        The profile's ``layout.json``; None keeps nothing, as in safe mode.
    """

    def __init__(self, window: Window, path: Path | None) -> None:
        super().__init__(window)
        self._window = window
        self._path = path
        self._saved = Layout()
        self._past: deque[Layout] = deque(maxlen=REMEMBERED)
        self._at_rest = True
        self.main: WindowLayout | None = None
        """Where the main window was left, as the file had it."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.save)
        for one in window.workspaces:
            self._watch(one)
        window.arranged.connect(self._timer.start)
        window.starred.connect(self._timer.start)

    # The file

    def restore(self) -> str:
        """Put the window as it was left; return what was wrong with the file."""
        self._saved, wrong = (Layout(), "") if self._path is None else layout.load(self._path)
        self.main = self._saved.window
        self._window.set_stars(self._saved.stars)
        self.take(self._saved)
        self._saved = self.state()
        self._timer.stop()
        return wrong

    def save(self) -> None:
        """Write the layout if it is another than the one on disk. A disk that refuses costs the layout only."""
        self._timer.stop()
        now = self.state()
        if self._path is None or layout.same(now, self._saved):
            return
        try:
            layout.save(self._path, now)
        except OSError as e:
            log.warning("The layout was not saved: %s", e)
            return
        self._saved = now

    def state(self) -> Layout:
        """Return what the screen looks like, as far as a trader made it so."""
        return Layout(
            workspace=self._window.current().name,
            workspaces=tuple(one.state() for one in self._window.workspaces if one.is_clone or not _as_drawn(one)),
            window=self._window.placed() or self.main,
            stars=tuple(self._window.stars()),
        )

    def take(self, wanted: Layout) -> None:
        """Look as a layout says. Workspaces that this version does not have are left out."""
        drawn = {one.drawn.name: one.drawn for one in self._window.workspaces if not one.is_clone}
        states = {one.name: one for one in wanted.workspaces if one.base in drawn}
        self._at_rest = False
        try:
            for one in [one for one in self._window.workspaces if one.is_clone and one.name not in states]:
                self._window.drop(one)
            have = {one.name for one in self._window.workspaces}
            for name, state in states.items():
                if name not in have and self._window.digits.free():
                    self._add(self._window.make(drawn[state.base], name=name, title=state.title))
            for one in self._window.workspaces:
                one.take(states.get(one.name) or WorkspaceLayout(name=one.name, base=one.drawn.name))
            self._window.retitle()
        finally:
            self._at_rest = True
        names = [one.name for one in self._window.workspaces]
        self._window.choose(names.index(wanted.workspace) if wanted.workspace in names else 0)

    # What a trader does

    def undo(self) -> bool:
        """Take the last change of the layout back; return whether there was one."""
        if not self._past:
            return False
        back = self._past.pop()
        unlocked = {one.name for one in self._window.workspaces if one.unlocked}
        self.take(replace(back, workspace=self._window.current().name))
        for one in self._window.workspaces:
            one.unlocked = one.name in unlocked
        self._timer.start()
        return True

    def lock(self, *, locked: bool) -> None:
        """Hold the docks of the workspace shown in their places, or let them be moved."""
        one = self._window.current()
        if one.unlocked is locked:
            one.unlocked = not locked
            self._timer.start()

    def reset(self) -> None:
        """Put the workspace shown as it is drawn; its name and its lock stay."""
        one = self._window.current()
        self._keep()
        bare = WorkspaceLayout(name=one.name, base=one.drawn.name, title=one.state().title, unlocked=one.unlocked)
        self._quietly(one, bare)

    def clone(self) -> Workspace:
        """Add a workspace like the one shown, and show it.

        Raises
        ------
        InputError
            If there is no key left for it.
        """
        one = self._window.current()
        state = replace(one.state(), windows=())
        return self._adopt(state, f"{one.title} 2")

    def rename(self, one: Workspace, title: str) -> None:
        """Give a workspace another name on screen; an empty one gives it back the name it is drawn with.

        Raises
        ------
        InputError
            If it is too long, or cannot be shown.
        """
        title = title.strip()
        if len(title) > LONGEST_TITLE or not title.isprintable():
            raise InputError(f"a workspace's name has up to {LONGEST_TITLE} characters that can be shown")
        self._keep()
        one.title = title or one.drawn.title
        self._window.retitle()
        self._timer.start()

    def delete(self, one: Workspace) -> None:
        """Take a clone away.

        Raises
        ------
        InputError
            If it is none.
        """
        if not one.is_clone:
            raise InputError(f"{one.title} is no clone: it can be reset, not deleted")
        self._keep()
        self._window.drop(one)
        self._window.choose(0)
        self._timer.start()

    def export(self, path: Path, *, whole: bool) -> None:
        """Write the workspace shown, or all of them, to a file.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        one = self._window.current()
        kept = tuple(w.state() for w in self._window.workspaces) if whole else (one.state(),)
        try:
            layout.save(path, Layout(workspace=one.name, workspaces=kept))
        except OSError as e:
            raise InputError(f"{path.name} was not written ({e.strerror})") from e

    def bring(self, path: Path) -> str:
        """Take a layout file in: one workspace comes as a clone, a whole layout replaces all; return what was done.

        Raises
        ------
        InputError
            If the file is no layout, or holds nothing that this version has; nothing is changed then.
        """
        try:
            found = layout.read(path)
        except FileNotFoundError:
            raise InputError(f"{path.name} is not there") from None
        except InputError as e:
            raise InputError(f"{path.name}: {e}") from e
        known = {one.drawn.name for one in self._window.workspaces}
        usable = [one for one in found.workspaces if one.base in known]
        if not usable:
            raise InputError(f"{path.name} holds no workspace that this version has")
        if len(found.workspaces) > 1:
            self._keep()
            self.take(replace(found, workspaces=tuple(usable)))
            return f"The layout of {path.name} is shown; undoing the layout takes it back."
        (state,) = usable
        made = self._adopt(state, state.title or state.base)
        return f"{made.title} came from {path.name}."

    def _adopt(self, state: WorkspaceLayout, title: str) -> Workspace:
        if len(self._window.workspaces) >= MOST_WORKSPACES or not self._window.digits.free():
            raise InputError("there is no key left for another workspace: delete a clone first")
        drawn = next(one.drawn for one in self._window.workspaces if one.drawn.name == state.base)
        names = {one.name for one in self._window.workspaces}
        name = next(n for i in range(2, 100) if (n := f"{drawn.name}-{i}") not in names)
        self._keep()
        one = self._window.make(drawn, name=name, title=title[:LONGEST_TITLE])
        self._add(one)
        self._quietly(one, replace(state, name=name, title=one.title))
        self._window.choose(self._window.workspaces.index(one))
        return one

    def _add(self, one: Workspace) -> None:
        self._watch(one)
        self._window.adopt(one)

    def _quietly(self, one: Workspace, state: WorkspaceLayout) -> None:
        self._at_rest = False
        try:
            one.take(state)
        finally:
            self._at_rest = True
        self._window.retitle()
        self._timer.start()

    def _watch(self, one: Workspace) -> None:
        one.changing.connect(self._keep)
        one.changed.connect(self._timer.start)

    def _keep(self) -> None:
        """Remember what is, before it changes."""
        if self._at_rest:
            self._past.append(self.state())


def _as_drawn(one: Workspace) -> bool:
    return one.state() == WorkspaceLayout(name=one.name, base=one.drawn.name)
