from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.vol_surface import Point, Power, fit

POINTS = st.lists(
    st.builds(Point, st.floats(1.0, 1e5), st.floats(1e-6, 1e-2), st.floats(0.1, 50.0)), min_size=3, max_size=8
)


@given(POINTS)
def test_it_is_the_weighted_line_of_numpy(points) -> None:
    taus = [math.log(point.tau_s) for point in points]
    if max(taus) - min(taus) < 0.1:
        return
    slope, middle = np.polyfit(
        taus, [math.log(point.sigma) for point in points], 1, w=[math.sqrt(point.weight) for point in points]
    )
    found = fit(points)
    assert found.b == pytest.approx(slope, abs=1e-6)
    assert math.log(found.a) == pytest.approx(middle, abs=1e-5)


@given(st.floats(1e-6, 1e-2), st.floats(-0.5, 0.5), st.lists(st.floats(1.0, 1e5), min_size=2, max_size=6, unique=True))
def test_points_of_a_curve_give_the_curve(a, b, taus) -> None:
    if max(taus) / min(taus) < 1.5:
        return
    curve = Power(a, b)
    found = fit([Point(tau, curve.at(tau)) for tau in taus])
    assert found.at(60.0) == pytest.approx(curve.at(60.0), rel=1e-6)


@pytest.mark.parametrize(
    "points",
    [[], [Point(300.0, 6e-5)], [Point(300.0, 6e-5), Point(300.0, 7e-5)], [Point(300.0, 0.0), Point(900.0, 7e-5)],
     [Point(300.0, 6e-5, 0.0), Point(900.0, 7e-5)], [Point(math.nan, 6e-5), Point(900.0, 7e-5)]],
)  # fmt: skip
def test_too_little_makes_no_curve(points) -> None:
    with pytest.raises(ValueError, match=r"two different|positive"):
        fit(points)


def test_a_curve_has_no_value_at_no_horizon() -> None:
    with pytest.raises(ValueError, match="horizon"):
        Power(1e-4, 0.1).at(0.0)
