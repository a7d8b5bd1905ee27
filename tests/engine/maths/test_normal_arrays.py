from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import normal
from engine.maths.normal_arrays import below, cdf, pdf, tail, tail_any


@given(st.floats(0.0, 25.0))
def test_the_scaled_tail_is_erfc_times_its_gaussian(x) -> None:
    assert tail(np.array([x]))[0] == pytest.approx(math.erfc(x) * math.exp(x * x), rel=2e-13)


@given(st.floats(25.0, 1e8))
def test_far_out_it_follows_its_own_series(x) -> None:
    series = (1.0 - 0.5 / x**2 + 0.75 / x**4) / (x * math.sqrt(math.pi))
    assert tail(np.array([x]))[0] == pytest.approx(series, rel=1e-8)


@given(st.floats(-5.0, 0.0))
def test_below_zero_it_is_the_mirror(x) -> None:
    assert tail_any(np.array([x]))[0] == pytest.approx(math.erfc(x) * math.exp(x * x), rel=1e-13)


@given(st.lists(st.floats(-37.0, 37.0), min_size=1, max_size=9))
def test_density_and_probability_are_those_of_one_number(xs) -> None:
    x = np.array(xs)
    assert cdf(x) == pytest.approx([normal.cdf(one) for one in xs], rel=1e-12, abs=1e-300)
    assert pdf(x) == pytest.approx([normal.pdf(one) for one in xs])
    assert below(x, np.exp(-0.5 * x * x)).tolist() == cdf(x).tolist()


def test_what_is_not_known_stays_unknown() -> None:
    assert np.isnan(cdf(np.array([np.nan]))).all()
