"""What a ladder asks the desk to follow: the book of a derivative, which of a chain nobody else may look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.commands import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.commands import AnyCommand
    from engine.views.market import LadderView


class LadderFollow:
    """Asks for a book once when it is looked at, again where another dock has let it go, and lets it go at the end."""

    def __init__(self, ask: Callable[[AnyCommand], object]) -> None:
        self._ask = ask
        self._followed = ""
        """What the desk follows since it was asked to from here."""
        self._asked = ""
        """What it was asked for and has not taken up yet."""

    def take(self, view: LadderView) -> None:
        """Look at what a ladder shows now."""
        name = "" if view.scale is None else f"{view.instrument.venue}/{view.instrument.symbol}"
        if name != self._followed:
            self.let_go()
        if view.followed:
            self._asked = ""
        elif name and self._asked != name:
            self._followed = self._asked = name
            self._ask(Watch(what=name))

    def let_go(self) -> None:
        """Have what was asked for from here followed no more, unless somebody else wants it."""
        if self._followed:
            self._ask(Watch(what=self._followed, on=False))
            self._followed = self._asked = ""
