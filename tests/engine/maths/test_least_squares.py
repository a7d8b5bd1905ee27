from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.least_squares import least_squares


@given(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0))
def test_a_line_through_points_of_a_line_is_that_line(a, b) -> None:
    x = np.linspace(-1.0, 1.0, 9)
    assert least_squares(lambda p: p[0] + p[1] * x - (a + b * x), np.zeros(2)) == pytest.approx([a, b], abs=1e-6)


def test_rosenbrocks_valley_is_followed_to_its_end() -> None:
    found = least_squares(lambda p: np.array([10.0 * (p[1] - p[0] ** 2), 1.0 - p[0]]), np.array([-1.2, 1.0]), 200)
    assert found == pytest.approx([1.0, 1.0], abs=1e-4)


def test_a_step_into_nothing_is_taken_back() -> None:
    with np.errstate(invalid="ignore"):
        found = least_squares(lambda p: np.array([np.log(p[0]) + 2.0]), np.array([5.0]))
    assert found[0] == pytest.approx(np.exp(-2.0), rel=1e-3)
