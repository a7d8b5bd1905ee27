"""What takes the trader's words at the moment: while the palette or the page of keys is up, no key elsewhere is meant.

The window system may leave the keyboard where it was for a moment, in a ladder or in a window taken out.
"""

from __future__ import annotations

from typing import Final
from weakref import WeakSet

import shiboken6
from PySide6.QtWidgets import QWidget

_takers: Final[WeakSet[QWidget]] = WeakSet()


class Taker(QWidget):
    """Has all words while it is seen, and gives the keyboard back."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._before: QWidget | None = None
        _takers.add(self)

    def _remember(self, what: QWidget | None) -> None:
        """Note who gets the keyboard back, and forget it when it goes: it may be a dialog's, closed meanwhile."""
        if self._before is not None:
            self._before.destroyed.disconnect(self._forget)
        self._before = what
        if what is not None:
            what.destroyed.connect(self._forget)

    def _forget(self) -> None:
        self._before = None


def elsewhere() -> bool:
    """Whether words are meant for something that lies over the docks."""
    return any(shiboken6.isValid(one) and one.isVisible() for one in list(_takers))
