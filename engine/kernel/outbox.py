"""What one step wants done, gathered in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.effects import Changed, Keep, Notice, Wake
from engine.core.units import Nanos
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.effects import AnyEffect, AnyRow, Level
    from engine.core.ids import Topic
    from engine.kernel.notices import Notices


def named(*topic: Topic) -> dict[Topic, Changed]:
    """Return views to be named together by `Outbox.dirty_all`, made once and used for every trade."""
    return {one: Changed(topic=one) for one in topic}


NEWS: Final = Changed(topic=topics.NOTICES)
KNOWN: Final = 4_096
"""Views whose effect is at hand: a day lists hundreds of instruments, and those of yesterday are not named again."""


class Outbox:
    """Effects of the step under way; views that are out of date are named once, last."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._effects: list[AnyEffect] = []
        self._dirty: dict[Topic, Changed] = {}
        self._known: dict[Topic, Changed] = {}
        self.at = Nanos(0)

    def begin(self, at: Nanos) -> None:
        """Start a step at a time."""
        self.at = at
        self._effects = []
        self._dirty = {}

    def keep(self, rows: tuple[AnyRow, ...], then: str = "") -> None:
        """Have rows written in one transaction."""
        self._effects.append(Keep(rows=rows, then=then))

    def wake(self, due: Nanos, what: str) -> None:
        """Have `Due(what)` sent at `due`."""
        self._effects.append(Wake(due=due, what=what))

    def want(self, effect: AnyEffect) -> None:
        """Have something else done outside: what venues are asked for."""
        self._effects.append(effect)

    def notice(self, level: Level, text: str, code: str = "", subject: str = "") -> None:
        """Tell the trader, and keep it for the log."""
        note = Notice(level=level, text=text, code=code, subject=subject)
        self._effects.append(note)
        self._notices.add(self.at, note)
        self._dirty[topics.NOTICES] = NEWS

    def dirty(self, *topic: Topic) -> None:
        """Note views that are out of date."""
        known = self._known
        for one in topic:
            found = known.get(one)
            if found is None:
                if len(known) >= KNOWN:
                    known.clear()
                found = known[one] = Changed(topic=one)
            self._dirty[one] = found

    def dirty_all(self, views: Mapping[Topic, Changed]) -> None:
        """Note views that go out of date together, as `named` made them."""
        self._dirty.update(views)

    def end(self) -> list[AnyEffect]:
        """Return everything, views last."""
        self._effects.extend(self._dirty.values())
        return self._effects
