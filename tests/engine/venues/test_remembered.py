"""What is remembered of foreign texts: made once, bounded, and nothing of what was refused."""

from __future__ import annotations

import pytest

from engine.venues.remembered import Remembered


def test_a_value_is_made_once_and_no_more_are_kept_than_there_is_room_for() -> None:
    made: list[str] = []

    def length(text: str) -> int:
        made.append(text)
        return len(text)

    lengths = Remembered(length, 3)
    assert [lengths[text] for text in ("a", "bb", "a", "bb")] == [1, 2, 1, 2]
    assert made == ["a", "bb"]
    for n in range(1_000):
        assert lengths["x" * n] == n
        assert len(lengths) <= 3


def test_what_is_refused_is_refused_each_time_and_not_kept() -> None:
    numbers = Remembered(int, 3)
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            numbers["x"]
    assert not numbers
