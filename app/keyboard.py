"""Who has the keyboard when another workspace is chosen: the dock that had it there last, else the first that is seen.

Qt gives it to whatever comes first in the new page, such as the chip of a dock's header, or leaves it in the top bar.
The same where docks are arranged anew: what had the keyboard keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import shiboken6
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from PySide6.QtWidgets import QWidget

    from app.window import Window
    from widgets.panel import Panel


class Holder(NamedTuple):
    """What has the keyboard: a widget of a dock."""

    dock: Panel
    at: QWidget


def holder(docks: Iterable[Panel], window: QWidget) -> Holder | None:
    """Return which of some docks has the keyboard in a window, and which widget in it; None where it is elsewhere.

    While another window is in front, it is what gets the keyboard once this one is again.
    """
    at = cast("QWidget | None", window.focusWidget())  # PySide's stubs do not say that there may be none
    found = next((one for one in docks if at is not None and (one is at or one.isAncestorOf(at))), None)
    return None if found is None or at is None else Holder(found, at)


def typed(at: QWidget) -> bool:
    """Whether what has the keyboard is a field: what is typed goes on there, wherever its dock comes."""
    return isinstance(at, QLineEdit | QTextEdit | QPlainTextEdit)


def give_back(had: Holder | None, seen: Sequence[Panel]) -> None:
    """Give the keyboard back once docks were arranged anew, which took it.

    `seen` are those that can have it: where its own dock is not among them any more, the first takes it over.
    """
    if had is None or (shiboken6.isValid(had.at) and had.at.window().focusWidget() is had.at):
        return
    if had.dock in seen:
        there = shiboken6.isValid(had.at) and had.at.isVisible()
        (had.at if there else had.dock).setFocus()
    elif seen:
        seen[0].hold_off()  # the next key was meant for the dock that went
        seen[0].setFocus()


class Keyboard:
    """Remembers which dock of each workspace had the keyboard, and gives it back."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._last: dict[str, str] = {}
        """Names of docks by their workspace's."""

    def left(self, *, stays: bool) -> bool:
        """Note who has the keyboard before a workspace is left; return whether the next one's dock shall have it.

        Not where it is in a sheet over the docks, or in the top bar by the key Tab; nor where a dock has it and the
        workspace `stays`: what is typed there goes on. While another window has it, this is about what had it here.
        """
        at = QApplication.focusWidget()
        if at is None or at.window() is not self._window:
            at = self._window.focusWidget()  # it gets the keyboard back once the other window is closed
        found = self._window.moving.holding(at)
        if found is not None:
            self._last[found[0].name] = found[1]
            if stays:
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
