"""What a step wants done: views last, each once, and a bounded memory of their effects."""

from __future__ import annotations

from engine.core.effects import Changed, Wake
from engine.core.ids import Topic
from engine.core.units import Nanos
from engine.kernel import outbox
from engine.kernel.notices import Notices
from engine.kernel.outbox import Outbox


def test_views_come_last_and_each_once() -> None:
    out = Outbox(Notices())
    out.begin(Nanos(1))
    out.dirty(Topic("b"), Topic("a"))
    out.wake(Nanos(5), "close:RAIN")
    out.dirty(Topic("b"))
    assert out.end() == [Wake(due=Nanos(5), what="close:RAIN"), Changed(topic=Topic("b")), Changed(topic=Topic("a"))]


def test_effects_of_views_of_the_past_are_let_go_and_what_a_step_says_stays_whole() -> None:
    """A name was kept for every instrument of every day."""
    out = Outbox(Notices())
    for day in range(3):
        out.begin(Nanos(day))
        wanted = [Topic(f"ladder:{day}/{number}") for number in range(outbox.KNOWN - 1)]
        out.dirty(*wanted)
        assert out.end() == [Changed(topic=one) for one in wanted]
        assert len(out._known) <= outbox.KNOWN
