from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.mass import Cusum, centre, cusum

VALUES = [79.5, 81.5, 83.5, 85.5]
WEIGHTS = st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4)
SPEEDS = st.lists(st.floats(-0.1, 0.1), min_size=4, max_size=4)


@given(WEIGHTS, SPEEDS, SPEEDS)
def test_the_derivatives_are_those_of_the_normalised_distribution(p, v, a) -> None:
    def mean(t: float) -> float:
        return centre(VALUES, [w + s * t + b * t * t / 2 for w, s, b in zip(p, v, a, strict=True)]).mean

    found = centre(VALUES, p, v, a)
    h = 1e-4
    assert found.speed == pytest.approx((mean(h) - mean(-h)) / (2 * h), abs=1e-2, rel=1e-3)
    if min(p) > 0.2:
        bend = (mean(h) - 2 * mean(0.0) + mean(-h)) / (h * h)
        assert found.acceleration == pytest.approx(bend, abs=2e-2, rel=1e-2)


@given(WEIGHTS, st.floats(0.1, 10.0))
def test_the_excess_alone_moves_nothing(p, factor) -> None:
    assert centre(VALUES, [w * factor for w in p]).mean == pytest.approx(centre(VALUES, p).mean)
    assert centre(VALUES, p, p).speed == pytest.approx(0.0, abs=1e-9)


def test_nothing_has_no_centre() -> None:
    with pytest.raises(ValueError, match="without mass"):
        centre(VALUES, [0.0] * 4)


@given(st.lists(st.floats(-0.1, 0.1), max_size=60))
def test_a_cusum_sounds_only_once_its_sum_has_passed(xs) -> None:
    state = Cusum()
    for x in xs:
        state = cusum(state, x)
        assert state.up >= 0.0
        assert state.down >= 0.0
        assert state.alarm == (max(state.up, state.down) > 0.03 + 1e-12)
