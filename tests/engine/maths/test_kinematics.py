from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.kinematics import motion, relative

SMALL = st.floats(-2.0, 2.0)


@given(st.lists(st.floats(0.1, 30.0), min_size=4, max_size=30), st.tuples(SMALL, SMALL, SMALL), st.floats(5.0, 200.0))
def test_a_quadratic_is_found_whatever_the_gaps(gaps, curve, h) -> None:
    t = [sum(gaps[:n]) for n in range(len(gaps) + 1)]
    t = [at for at in t if t[-1] - at < 6 * h]  # what is forgotten cannot carry a fit
    if len(t) < 4:
        return
    c0, c1, c2 = curve
    x = [c0 + c1 * (at - t[-1]) + c2 * (at - t[-1]) ** 2 / 2 for at in t]
    found = motion(t, x, h)
    assert found.x == pytest.approx(c0, abs=1e-4)
    assert found.v == pytest.approx(c1, abs=1e-3)
    assert found.a == pytest.approx(c2, abs=1e-3)


def test_too_little_says_nothing_of_motion() -> None:
    assert motion([0.0, 1.0, 2.0], [1.0, 2.0, 3.0]) == (3.0, 0.0, 0.0, False)
    assert motion([1.0] * 5, [4.0] * 5) == (4.0, 0.0, 0.0, False)
    assert motion([0.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0]) == (1.0, 0.0, 0.0, False)


@given(st.lists(SMALL, min_size=1, max_size=12), SMALL)
def test_moving_all_alike_changes_nothing_between_them(values, by) -> None:
    one, other = relative(values), relative([v + by for v in values])
    if len(values) > 1:
        assert other.against_mean == pytest.approx(one.against_mean, abs=1e-9)
        assert other.against_best == pytest.approx(one.against_best, abs=1e-9)
    else:
        assert one == ((0.0,), (0.0,))
