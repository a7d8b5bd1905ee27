from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import normal

STANDARD = NormalDist()


def test_known_values() -> None:
    assert normal.cdf(0.0) == 0.5
    assert normal.cdf(1.96) == pytest.approx(0.9750021048517795, rel=1e-13)
    assert normal.pdf(0.0) == pytest.approx(0.3989422804014327, rel=1e-15)
    assert normal.quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-13)
    assert normal.quantile(0.5) == 0.0


def test_the_far_tail_keeps_its_digits() -> None:
    assert normal.cdf(-10.0) == pytest.approx(7.619853024160525e-24, rel=1e-12)
    assert normal.quantile(7.619853024160525e-24) == pytest.approx(-10.0, rel=1e-12)
    assert normal.quantile(5e-324) == pytest.approx(-38.47, abs=0.01)


@given(st.floats(-8.0, 8.0))
def test_the_density_is_the_slope(x) -> None:
    step = 1e-5
    slope = (normal.cdf(x + step) - normal.cdf(x - step)) / (2 * step)
    assert normal.pdf(x) == pytest.approx(slope, abs=1e-9)


@given(st.floats(1e-300, 1.0, exclude_max=True))
def test_the_quantile_is_that_of_the_standard_library(p) -> None:
    assert normal.quantile(p) == pytest.approx(STANDARD.inv_cdf(p), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, 1.1, math.nan])
def test_only_probabilities_have_quantiles(p) -> None:
    with pytest.raises(ValueError, match="inside"):
        normal.quantile(p)
