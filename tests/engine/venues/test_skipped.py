from __future__ import annotations

import msgspec
import pytest

from engine.venues.skipped import ROOM, Skipped, name_in


def test_each_is_counted_every_time_and_named_once() -> None:
    skipped = Skipped()
    for name in ("A", "B", "A"):
        skipped.add(name, "no number")
    assert skipped.count == 3
    assert skipped.news() == ("A: no number", "B: no number")
    assert skipped.news() == ()
    skipped.add("B", "no number")
    assert skipped.news() == ()


def test_what_is_remembered_and_what_is_told_is_bounded() -> None:
    skipped = Skipped()
    for number in range(3 * ROOM):
        skipped.add(f"{number}", "x" * 10_000)
    assert len(skipped._named) == ROOM
    assert all(len(one) < 300 for one in skipped.news())


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b'{"ticker":"KX-1","x":[1]}', "KX-1"),
        (b'{"ticker":5}', "one without ticker"),
        (b"[]", "one without ticker"),
        (b"{", "one without ticker"),
        (b"[" * 100_000, "one without ticker"),
    ],
)
def test_one_that_cannot_be_read_is_called_by_its_own_name_where_it_has_one(raw, name) -> None:
    assert name_in(raw, "ticker") == name_in(msgspec.Raw(raw), "ticker") == name
