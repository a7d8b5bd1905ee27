from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.calibrate import Beta, Isotonic, fit_platt, isotonic, logit, scores, sigmoid

P = st.floats(0.01, 0.99)
PAIRS = st.lists(st.tuples(P, st.integers(0, 1)), min_size=1, max_size=60)


@given(st.floats(-700.0, 700.0))
def test_log_odds_and_back(x) -> None:
    assert 0.0 <= sigmoid(x) <= 1.0
    if abs(x) < 13.0:
        assert logit(sigmoid(x)) == pytest.approx(x, abs=1e-6)


@given(PAIRS)
def test_the_fit_is_where_the_slope_of_the_likelihood_is_nothing(pairs) -> None:
    p, y = [a for a, _ in pairs], [b for _, b in pairs]
    found = fit_platt(p, y)
    assert math.isfinite(found.slope)
    assert math.isfinite(found.shift)
    ones = sum(y)
    high, low = (ones + 1.0) / (ones + 2.0), 1.0 / (len(y) - ones + 2.0)
    errors = [found(a) - (high if b else low) for a, b in pairs]
    assert sum(errors) == pytest.approx(0.0, abs=1e-3)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40))
def test_isotonic_rises_and_keeps_the_mean(y) -> None:
    fit = isotonic(y)
    assert list(fit) == sorted(fit)
    assert sum(fit) == pytest.approx(sum(y))
    assert isotonic(sorted(y)) == pytest.approx(sorted(y))


@given(PAIRS)
def test_an_isotonic_map_never_falls(pairs) -> None:
    found = Isotonic([a for a, _ in pairs], [b for _, b in pairs])
    said = [found(x / 50.0) for x in range(51)]
    assert all(a <= b + 1e-12 for a, b in pairwise(said))
    assert 0.0 <= said[0] <= said[-1] <= 1.0


def test_beta_of_one_is_the_identity() -> None:
    assert Beta(1.0, 1.0, 0.0)(0.3) == pytest.approx(0.3)


def test_nothing_to_fit_or_score_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be fitted"):
        fit_platt([], [])
    with pytest.raises(ValueError, match="cannot be scored"):
        scores([0.5], [])
