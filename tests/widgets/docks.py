"""A dock on screen, the commands that it asks for, and the drafts that it has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Callable

Draft = TypeVar("Draft")
Dock = TypeVar("Dock", bound=Panel)


def shown(qtbot: Any, dock: Dock, width: int, height: int) -> Dock:
    """Show a dock in so many pixels; what it asks for is in `asked`."""
    qtbot.addWidget(dock)
    dock.resize(width, height)
    dock.asked = []  # type: ignore[attr-defined]
    dock.intent.connect(dock.asked.append)  # type: ignore[attr-defined]
    dock.show()
    return dock


class Drafts(list[Draft]):
    """What a form put to the engine, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self._taken = 0

    def newest(self, qtbot: Any, stands: Callable[[], Draft]) -> Draft:
        """Return the next one that was not returned yet, as soon as it is of what `stands` in the form.

        It may be there before anybody waits: a machine that is busy for 40 ms between the hand and the wait makes it
        then, and no other follows.
        """
        qtbot.waitUntil(lambda: len(self) > self._taken and self[-1] == stands())
        self._taken = len(self)
        return self[-1]
