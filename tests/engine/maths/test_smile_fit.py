from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.maths import smile
from engine.maths.smile_fit import fit

K = np.linspace(-0.3, 0.3, 15)
POINTS = st.lists(st.tuples(st.floats(-0.8, 0.8), st.floats(0.05, 3.0)), min_size=1, max_size=12)


@settings(max_examples=40)
@given(POINTS, st.floats(0.003, 2.0))
def test_whatever_is_quoted_the_smile_leaves_no_butterfly(points, years) -> None:
    k, vol = (np.array(row) for row in zip(*points, strict=True))
    found = fit(k, vol, years)
    assert smile.butterfly_free(found.law)
    assert math.isfinite(found.rmse)
    assert found.points == len(points)


@pytest.mark.parametrize("rho", [-0.6, -0.3, 0.0, 0.4])
def test_a_smile_that_is_one_is_found_again(rho) -> None:
    law = smile.Slice(0.01, 0.06, rho, 0.02, 0.15, 27 / 365)
    found = fit(K, law.vol(K), law.years)
    assert found.name == "SVI"
    assert found.rmse < 1e-6
    assert found.law.vol(K) == pytest.approx(law.vol(K), abs=1e-5)


def test_few_points_get_what_they_carry() -> None:
    assert fit(np.array([0.0]), np.array([0.5]), 0.1).name == "flat"
    assert fit(np.array([0.0, 0.1]), np.array([0.5, 0.6]), 0.1).law.vol(K) == pytest.approx(0.55)
    three = fit(np.array([-0.2, 0.0, 0.2]), np.array([0.6, 0.5, 0.55]), 0.1)
    assert three.name == "SSVI"
    assert three.rmse < 0.01
    assert (three.low, three.high) == (-0.2, 0.2)


def test_a_weight_pulls_the_smile() -> None:
    vol = np.where(np.arange(K.size) == 7, 0.9, 0.5)
    heavy = fit(K, vol, 0.1, np.where(np.arange(K.size) == 7, 100.0, 1.0)).law.vol(np.array([0.0]))
    light = fit(K, vol, 0.1, np.where(np.arange(K.size) == 7, 0.01, 1.0)).law.vol(np.array([0.0]))
    assert heavy[0] > light[0] + 0.1
    assert light[0] == pytest.approx(0.5, abs=0.01)


def test_what_is_not_known_is_left_out() -> None:
    vol = np.full(K.size, 0.5)
    vol[3] = np.nan
    found = fit(K, vol, 0.1, np.where(np.arange(K.size) == 5, 0.0, 1.0))
    assert found.points == K.size - 2
    assert found.law.vol(K) == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize(("vol", "years"), [(np.nan, 0.1), (0.5, 0.0), (-1.0, 0.1)])
def test_without_a_point_or_time_there_is_none(vol, years) -> None:
    with pytest.raises(ValueError, match="needs a point"):
        fit(np.array([0.0]), np.array([vol]), years)
