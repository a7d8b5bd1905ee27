"""What takes the trader's words at the moment: while the palette or the page of keys is up, no key elsewhere is meant.

The window system may leave the keyboard where it was for a moment, in a ladder or in a window taken out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakSet

import shiboken6

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_takers: Final[WeakSet[QWidget]] = WeakSet()


def takes(widget: QWidget) -> None:
    """Let a widget have all words while it is seen."""
    _takers.add(widget)


def elsewhere() -> bool:
    """Whether words are meant for something that lies over the docks."""
    return any(shiboken6.isValid(one) and one.isVisible() for one in list(_takers))
