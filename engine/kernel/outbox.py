"""What one step wants done, gathered in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.effects import Changed, Keep, Notice, Wake
from engine.core.units import Nanos
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.effects import AnyEffect, AnyRow, Level
    from engine.core.ids import Topic
    from engine.kernel.notices import Notices


def named(*topic: Topic) -> dict[Topic, Changed]:
    """Return views to be named together by `Outbox.dirty_all`, made once and used for every trade."""
    return {one: Changed(topic=one) for one in topic}


NO_VIEWS: Final[tuple[Changed, ...]] = ()
NEWS: Final = Changed(topic=topics.NOTICES)
KNOWN: Final = 4_096
"""Views whose effect is at hand: a day lists hundreds of instruments, and those of yesterday are not named again."""


class Outbox:
    """Effects of the step under way; views that are out of date are named once, last."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self.effects: list[AnyEffect] = []
        self.views: dict[Topic, Changed] = {}
        """Views that are out of date."""
        self._known: dict[Topic, Changed] = {}
        self.at = Nanos(0)
        self.shown = NO_VIEWS
        """Views named before all others. Most steps change one book and do nothing else: these are then all that is
        returned, as they are, and nothing was made for the step."""

    def begin(self, at: Nanos) -> None:
        """Start a step at a time."""
        self.at = at
        self.shown = NO_VIEWS
        if self.effects or self.views:  # of a step that failed
            self.effects, self.views = [], {}

    def keep(self, rows: tuple[AnyRow, ...], then: str = "") -> None:
        """Have rows written in one transaction."""
        self.effects.append(Keep(rows=rows, then=then))

    def wake(self, due: Nanos, what: str) -> None:
        """Have `Due(what)` sent at `due`."""
        self.effects.append(Wake(due=due, what=what))

    def want(self, effect: AnyEffect) -> None:
        """Have something else done outside: what venues are asked for."""
        self.effects.append(effect)

    def notice(self, level: Level, text: str, code: str = "", subject: str = "") -> None:
        """Tell the trader, and keep it for the log."""
        note = Notice(level=level, text=text, code=code, subject=subject)
        self.effects.append(note)
        self._notices.add(self.at, note)
        self.views[topics.NOTICES] = NEWS

    def dirty(self, *topic: Topic) -> None:
        """Note views that are out of date."""
        known = self._known
        for one in topic:
            found = known.get(one)
            if found is None:
                if len(known) >= KNOWN:
                    known.clear()
                found = known[one] = Changed(topic=one)
            self.views[one] = found

    def dirty_all(self, views: Mapping[Topic, Changed]) -> None:
        """Note views that go out of date together, as `named` made them."""
        self.views.update(views)

    def end(self) -> Sequence[AnyEffect]:
        """Return everything, views last."""
        effects, views, shown = self.effects, self.views, self.shown
        if not (effects or views):
            return shown or []
        self.effects, self.views = [], {}
        if shown:
            views = {one.topic: one for one in shown} | views
        effects.extend(views.values())
        return effects
