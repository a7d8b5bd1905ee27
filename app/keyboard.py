"""Who has the keyboard when another workspace is chosen: the dock that had it there last, else the first that is seen.

Qt gives it to whatever comes first in the new page, such as the chip of a dock's header, or leaves it in the top bar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from app.window import Window


class Keyboard:
    """Remembers which dock of each workspace had the keyboard, and gives it back."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._last: dict[str, str] = {}
        """Names of docks by their workspace's."""

    def left(self, *, stays: bool) -> bool:
        """Note who has the keyboard before a workspace is left; return whether the next one's dock shall have it.

        Not where it is in another window, in a sheet over the docks, or in the top bar by the key Tab; nor where a dock
        has it and the workspace `stays`: what is typed there goes on.
        """
        found = self._window.moving.focused()
        if found is not None:
            self._last[found[0].name] = found[1]
            if stays:
                return False
        at = QApplication.focusWidget()
        if at is None or at.window() is not self._window:
            return False
        return found is not None or at is self._window.top.more or at is self._window

    def give(self) -> None:
        """Give it to a dock of the workspace that is seen now."""
        one = self._window.current()
        seen = one.seen()
        last = one.docks_made().get(self._last.get(one.name, ""))
        dock = last if last in seen else next(iter(seen), None)
        if dock is not None:
            dock.hold_off()  # the key that chose the workspace, pressed twice, must not trade in it
            dock.setFocus()
