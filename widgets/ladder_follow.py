"""What a ladder asks the desk to follow: the book of a derivative, which of a chain nobody else may look at."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from engine.core.commands import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.commands import AnyCommand
    from engine.views.ladder import LadderView

_numbers = count(1)


class LadderFollow:
    """Asks for a book once when it is looked at, whoever else follows it, and lets it go at the end."""

    def __init__(self, ask: Callable[[AnyCommand], object]) -> None:
        self._ask = ask
        self.who = f"ladder {next(_numbers)}"
        """What it watches as: another ladder that lets the same book go takes nothing from this one."""
        self._followed = ""
        """What the desk follows since it was asked to from here."""

    def take(self, view: LadderView) -> None:
        """Look at what a ladder shows now."""
        name = "" if view.scale is None else f"{view.instrument.venue}/{view.instrument.symbol}"
        if name == self._followed:
            return
        self.let_go()
        if name:
            self._followed = name
            self._ask(Watch(what=name, who=self.who))

    def let_go(self) -> None:
        """Have what was asked for from here followed no more, unless somebody else wants it."""
        if self._followed:
            self._ask(Watch(what=self._followed, on=False, who=self.who))
            self._followed = ""
