from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.calibrate import Beta, Isotonic, fit_beta, fit_platt, isotonic, logit, scores, sigmoid

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


def test_a_beta_map_is_learnt_back_and_its_slopes_never_fall_below_zero() -> None:
    true, asked = Beta(0.6, 1.7, 0.3), [i / 200 for i in range(1, 200)]
    p = [v for v in asked for _ in range(100)]
    y = [int(k < round(100 * true(v))) for v in asked for k in range(100)]
    found = fit_beta(p, y)
    assert max(abs(found(v) - true(v)) for v in asked) < 0.01
    against = fit_beta(p, [1 - v for v in y])
    assert min(against.a, against.b) == 0.0
    with pytest.raises(ValueError, match="cannot be fitted"):
        fit_beta([], [])


def test_an_isotonic_map_is_the_same_through_the_ends_of_its_level_stretches() -> None:
    whole = Isotonic([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.9], [0, 1, 0, 0, 1, 0, 1])
    again = Isotonic.of(whole.points)
    assert len(whole.points) < 7
    for at in (0.0, 0.1, 0.15, 0.25, 0.4, 0.45, 0.55, 0.7, 0.9, 1.0):
        assert again(at) == pytest.approx(whole(at), abs=1e-15)
    for bad in ([], [(0.2, 0.5), (0.1, 0.6)], [(0.1, 0.6), (0.2, 0.5)], [(0.1, 1.2)]):
        with pytest.raises(ValueError, match="rise"):
            Isotonic.of(bad)
