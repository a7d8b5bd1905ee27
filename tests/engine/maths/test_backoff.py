from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.backoff import delay_s


@given(st.integers(0, 10_000), st.floats(0.01, 10.0), st.floats(1.0, 10.0), st.floats(0.01, 600.0))
def test_waits_grow_up_to_the_cap(attempt, base, factor, cap) -> None:
    now, later = delay_s(attempt, base, factor, cap), delay_s(attempt + 1, base, factor, cap)
    assert 0.0 < now <= later * (1 + 1e-12) <= cap * (1 + 2e-12)


def test_the_first_waits_double() -> None:
    assert [delay_s(n) for n in range(8)] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


@pytest.mark.parametrize("bad", [(-1,), (0, 0.0), (0, 1.0, 0.5), (0, 1.0, 2.0, 0.0)])
def test_nonsense_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="no delay"):
        delay_s(*bad)
