from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import warmup

GAPS = st.lists(st.floats(0.0, 500.0), min_size=1, max_size=30)


@given(GAPS, GAPS, st.floats(0.0, 1000.0), st.floats(0.0, 1e5))
def test_every_pace_is_within_its_range_and_fast_is_faster_than_slow(prices, trades, half_life, cluster) -> None:
    if not any(gap > 0.1 for gap in prices):
        return
    found = warmup.pace(prices, trades, half_life, cluster)
    assert 1.0 <= found.sample_s <= 10.0 <= found.fast_s <= 60.0 < 600.0 <= found.slow_s <= 3600.0
    assert 5.0 <= found.first_markout_s <= 30.0 <= found.second_markout_s <= 300.0


@given(GAPS, st.floats(0.0, 1.0))
def test_a_quantile_is_that_of_numpy(values, part) -> None:
    assert warmup.quantile(values, part) == pytest.approx(np.quantile(values, part), abs=1e-9)


def test_gaps_within_one_message_do_not_count() -> None:
    assert warmup.pace([0.01, 0.05, 4.0, 6.0], [5.0], 10.0, 1200.0) == pytest.approx((4.0, 20.0, 1200.0, 15.0, 40.0))


@pytest.mark.parametrize("seen", [([], [1.0]), ([0.05], [1.0]), ([1.0], []), ([math.inf], [1.0])])
def test_nothing_seen_sets_no_pace(seen) -> None:
    with pytest.raises(ValueError, match=r"nothing was seen|finite"):
        warmup.pace(*seen, 1.0, 1.0)


def test_a_quantile_needs_values() -> None:
    with pytest.raises(ValueError, match="no quantile"):
        warmup.quantile([], 0.5)


@given(st.floats(1e-4, 1.0), st.integers(0, 1000))
def test_the_base_is_the_sigma_of_normal_returns_and_one_outlier_does_not_move_it(sigma, seed) -> None:
    returns = np.random.default_rng(seed).normal(0.0, sigma, 501).tolist()
    assert warmup.base_sigma(returns) == pytest.approx(sigma, rel=0.25)
    assert warmup.base_sigma([*returns, 1e6]) == pytest.approx(warmup.base_sigma(returns), rel=0.05)


def test_no_returns_have_no_size() -> None:
    assert warmup.base_sigma([]) == 0.0
