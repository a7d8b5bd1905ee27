from __future__ import annotations

from engine.core import codec
from engine.core.effects import Changed, Wake
from engine.core.ids import Topic
from engine.core.units import Nanos


def views(*names: str) -> tuple[Changed, ...]:
    return tuple(Changed(topic=Topic(one)) for one in names)


def test_the_digest_of_a_tuple_is_that_of_a_list_of_the_same_effects() -> None:
    some = views("a", "b")
    assert codec.digest(some) == codec.digest(list(some)) == codec.digest(views("a", "b"))
    assert codec.digest(some) == codec.digest(some)
    assert codec.digest(()) == codec.digest([])
    assert codec.digest(some) != codec.digest(some[::-1])


def test_a_digest_that_is_remembered_is_never_told_of_other_effects() -> None:
    found = set()
    for number in range(2 * codec.KNOWN):
        told = views(str(number))  # let go at once: another one may lie at its place
        assert codec.digest(told) == codec.digest(list(told))
        found.add(codec.digest(told))
    assert len(found) == 2 * codec.KNOWN
    assert len(codec._known) <= codec.KNOWN


def test_effects_that_are_more_than_views_have_a_digest_of_their_own() -> None:
    wake = Wake(due=Nanos(1), what="beat")
    assert codec.digest([wake, *views("a")]) != codec.digest(views("a"))
