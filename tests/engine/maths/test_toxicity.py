from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Side
from engine.maths import toxicity
from engine.maths.logit import sigmoid

RETURNS = st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=40)
PRICE = st.floats(0.01, 0.99)


def prices(returns, scale=1.0):
    x = 0.0
    yield sigmoid(x)
    for r in returns:
        x += scale * r
        yield sigmoid(x)


def run(path, kept=None):
    kept = kept or toxicity.Toxicity()
    return [kept.sample(p, 5.0, 0.05) for p in path]


@given(RETURNS)
def test_it_is_never_below_one_nor_above_its_cap(returns) -> None:
    assert all(1.0 <= one.sigma <= 6.0 for one in run(prices(returns)) if one)


@given(st.lists(st.floats(0.001, 0.2) | st.floats(-0.2, -0.001), min_size=1, max_size=40))
def test_only_the_shape_of_returns_counts_not_their_size(returns) -> None:
    small = run(prices(returns, 0.5))[-1]
    large = run(prices(returns))[-1]
    assert small.sigma == pytest.approx(large.sigma, rel=1e-6)


def test_the_first_return_is_no_burst() -> None:
    _, first = run([0.5, 0.6])
    assert first.jump == pytest.approx(1.0)
    assert first.sigma == 1.0


def test_a_run_after_calm_warns_and_chop_of_the_same_size_warns_less() -> None:
    calm = [0.004, -0.004] * 20
    run_up = run(prices([*calm, *[0.1] * 6]))[-1]
    chop = run(prices([*calm, *[0.1, -0.1] * 3]))[-1]
    assert run_up.sigma > chop.sigma > 1.0
    assert run_up.direction > 0.9 > chop.direction


@given(RETURNS, st.integers(1, 40))
def test_what_was_saved_goes_on_to_the_last_digit(returns, cut) -> None:
    path = list(prices(returns))
    whole = run(path)
    first = toxicity.Toxicity()
    run(path[:cut], first)
    rest = run(path[cut:], toxicity.Toxicity(saved=first.saved()))
    assert whole[cut:] == rest


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 0.9)), min_size=1, max_size=30))
def test_the_mean_is_the_weighted_sum_over_all_that_came(values) -> None:
    kept = toxicity.Mean()
    found = [kept.add(x, share) for x, share in values][-1]
    weights = []
    for n, (_, share) in enumerate(values):
        weights.append(share * math.prod(1.0 - later for _, later in values[n + 1 :]))
    plain = sum(w * x for w, (x, _) in zip(weights, values, strict=True)) / sum(weights)
    assert found == pytest.approx(plain, abs=1e-9)


def test_after_a_gap_the_next_return_counts_from_the_new_price() -> None:
    kept = toxicity.Toxicity()
    kept.start(0.5)
    kept.sample(0.51, 5.0, 0.05)
    kept.start(0.9)
    assert kept.sample(0.9, 5.0, 0.05).r == 0.0


@given(PRICE, PRICE)
def test_a_move_that_helps_the_buyer_hurts_the_seller(fill, now) -> None:
    bought, sold = (toxicity.markout(side, fill, now) for side in (Side.BUY, Side.SELL))
    assert bought == -sold
    assert (toxicity.adverse(bought) > 0) == (now < fill)
    assert toxicity.markout(Side.SELL, 1.0 - fill, 1.0 - now) == pytest.approx(bought, abs=1e-9)


def test_toxicity_fades_by_time_alone() -> None:
    values = [1.0]
    for _ in range(5):
        values.append(toxicity.blended(values[-1], 0.0, 10.0, 30.0))
    assert all(later < earlier for earlier, later in pairwise(values))
    assert values[3] == pytest.approx(math.exp(-1.0))


@pytest.mark.parametrize("dt", [0.0, -1.0, math.nan, math.inf])
def test_a_sample_comes_after_the_last(dt) -> None:
    with pytest.raises(ValueError, match="after the last"):
        toxicity.Toxicity().sample(0.5, dt, 0.0)


def test_an_average_has_a_memory() -> None:
    with pytest.raises(ValueError, match="memory"):
        toxicity.decay(1.0, 0.0)
