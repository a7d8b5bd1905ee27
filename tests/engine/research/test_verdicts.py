"""Verdicts against their own formulas, worked by hand or by another way."""

from __future__ import annotations

import math
import random
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import normal
from engine.research import verdicts

RESULTS = [1.0, -0.5, 2.0, 0.25, -1.5, 0.75, 1.25, -0.25, 0.5, 1.0]


def test_the_sharpe_ratio_is_mean_over_deviation_of_a_year() -> None:
    found = verdicts.sharpe(RESULTS)
    assert found is not None
    assert found.value == pytest.approx(fmean(RESULTS) / stdev(RESULTS) * math.sqrt(365))
    assert found.low < found.value < found.high
    assert found.periods == 10


def test_few_or_equal_results_have_no_sharpe_ratio() -> None:
    assert verdicts.sharpe([1.0, 2.0]) is None
    assert verdicts.sharpe([1.0] * 9) is None
    assert verdicts.deflated([1.0] * 9, [0.1, 0.2]) is None


def test_the_interval_holds_the_true_ratio_about_as_often_as_it_says() -> None:
    chance, held = random.Random(5), 0
    for _ in range(400):
        found = verdicts.sharpe([chance.gauss(0.1, 1.0) for _ in range(80)], periods=1)
        assert found is not None
        held += found.low <= 0.1 <= found.high
    assert 0.91 <= held / 400 <= 0.98


def test_more_trials_deflate_and_one_does_not() -> None:
    chance = random.Random(3)
    trials = [chance.gauss(0.0, 0.1) for _ in range(100)]
    alone = verdicts.deflated(RESULTS, trials[:1])
    few, many = verdicts.deflated(RESULTS, trials[:10]), verdicts.deflated(RESULTS, trials)
    found = verdicts.sharpe(RESULTS)
    assert found is not None
    assert None not in (alone, few, many)
    assert alone == pytest.approx(found.above_zero)
    assert alone > few > many  # type: ignore[operator]


def test_the_luckiest_of_worthless_trials_is_what_theory_says() -> None:
    """The threshold inside `deflated` against the mean of the best of 50 normal draws, many times."""
    chance, n = random.Random(8), 50
    best = fmean(max(chance.gauss(0.0, 1.0) for _ in range(n)) for _ in range(4_000))
    expected = (1 - verdicts.EULER) * normal.quantile(1 - 1 / n) + verdicts.EULER * normal.quantile(
        1 - 1 / (n * math.e)
    )
    assert expected == pytest.approx(best, rel=0.02)


@given(st.lists(st.floats(-100, 100), max_size=60))
def test_the_drawdown_is_the_deepest_of_all_falls(steps) -> None:
    levels = [0.0]
    for step in steps:
        levels.append(levels[-1] + step)
    deepest = max(max(levels[: i + 1]) - level for i, level in enumerate(levels))
    assert verdicts.drawdown(steps) == pytest.approx(deepest, abs=1e-9)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_shares_have_wilsons_interval(k, n, low, high) -> None:
    found = verdicts.share(k, n)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_a_share_of_nothing_is_not_told() -> None:
    assert verdicts.share(0, 0) is None
    assert verdicts.mean([1.0, 2.0]) is None


@pytest.mark.parametrize(("n", "t"), [(4, 3.1824), (7, 2.4469), (24, 2.0687), (200, 1.9720)])
def test_a_total_of_units_has_students_interval(n, t) -> None:
    units = [(-1.0) ** i * (1.0 + i % 3) for i in range(n)]
    found = verdicts.total(units)
    assert found is not None
    assert found.value == pytest.approx(sum(units))
    assert (found.high - found.value) / (stdev(units) * math.sqrt(n)) == pytest.approx(t, rel=0.01)
    assert verdicts.total(units[:3]) is None
