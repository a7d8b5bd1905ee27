from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import SECOND
from engine.core.windows import AFTER_S, AHEAD_S, LENGTHS_S, OPENING_S, running

INTERVAL = st.sampled_from(sorted(LENGTHS_S))
NOW = st.integers(0, 4_000_000_000 * SECOND)


@given(NOW, INTERVAL)
def test_every_moment_lies_in_one_window(now, interval) -> None:
    found = running(now, interval)
    assert found.runs(now)
    assert not found.next.runs(now)
    assert found.start % (LENGTHS_S[interval] * SECOND) == 0
    assert found.elapsed_s(now) + found.left_s(now) == pytest.approx(LENGTHS_S[interval])


@given(NOW, INTERVAL)
def test_a_window_ends_where_the_next_begins(now, interval) -> None:
    found = running(now, interval)
    assert running(found.end, interval) == found.next
    assert running(found.end - 1, interval) == found


def test_a_window_is_named_by_the_second_it_begins() -> None:
    found = running(1_771_320_750 * SECOND, "5m", "eth")
    assert found.slug == "eth-updown-5m-1771320600"
    assert found.opening_ends == (1_771_320_600 + 15) * SECOND


def test_an_unknown_length_is_refused() -> None:
    with pytest.raises(ValueError, match="no windows of '7m'"):
        running(0, "7m")


def test_every_length_has_all_its_times() -> None:
    assert LENGTHS_S.keys() == OPENING_S.keys() == AHEAD_S.keys() == AFTER_S.keys()
