from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.weather import degrees
from engine.weather.degrees import Degrees, Part

laws = st.builds(
    degrees.scaled,
    st.integers(-60, 120),
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12).filter(lambda ws: math.fsum(ws) > 1e-3),
)


@given(laws, laws)
def test_the_higher_of_two_is_a_distribution_whichever_comes_first(one: Degrees, other: Degrees) -> None:
    found, turned = degrees.higher(one, other), degrees.higher(other, one)
    assert math.fsum(found.p) == pytest.approx(1.0)
    assert found.first == turned.first
    assert found.p == pytest.approx(turned.p)
    for degree in range(min(one.first, other.first), found.last + 1):
        both = one.within(None, degree) * other.within(None, degree)
        assert found.within(None, degree) == pytest.approx(both, abs=1e-9)


@given(laws, laws)
def test_the_lower_of_two_is_never_above_either(one: Degrees, other: Degrees) -> None:
    found = degrees.lower(one, other)
    assert math.fsum(found.p) == pytest.approx(1.0)
    assert found.mean <= min(one.mean, other.mean) + 1e-9


@given(laws, st.integers(-60, 120))
def test_brackets_that_cover_the_line_share_out_everything(law: Degrees, cut: int) -> None:
    parts = law.within(None, cut - 1), law.within(cut, cut + 1), law.within(cut + 2, None)
    assert math.fsum(parts) == pytest.approx(1.0)


@given(laws, st.floats(0.05, 1.0))
@example(
    Degrees(first=0, p=(0.15480844409695074, 0.0, 0.400312744331509, 0.2501954652071931, 0.19468334636434714)), 1.0
)
def test_the_likely_degrees_hold_their_share_and_no_more_than_needed(law: Degrees, share: float) -> None:
    chosen = law.likely(share)
    held = math.fsum(law.at(degree) for degree in chosen)
    assert held >= share - 1e-9
    least = min(chosen, key=law.at)
    assert law.at(least) > 0.0
    assert math.fsum(law.at(degree) for degree in chosen if degree != least) < share


@given(laws, st.integers(-70, 140))
def test_a_score_is_0_for_the_certain_truth_alone(law: Degrees, came: int) -> None:
    assert law.crps(came) >= 0.0
    assert degrees.sure(came).crps(came) == 0.0
    assert degrees.sure(came + 3).crps(came) == 3.0


@given(st.floats(-40.0, 110.0), st.floats(0.01, 15.0), st.floats(0.01, 15.0), st.floats(0.0, 1.0))
def test_a_rounded_mixture_keeps_its_mean(mean: float, sd: float, other: float, share: float) -> None:
    law = degrees.rounded((Part(1.0 - share, mean, sd), Part(share, mean, other)))
    assert math.fsum(law.p) == pytest.approx(1.0)
    assert law.mean == pytest.approx(mean, abs=0.51)


def test_a_law_without_spread_is_its_nearest_degree_halves_up() -> None:
    assert degrees.rounded((Part(1.0, 70.5, 0.0),)) == degrees.sure(71)


def test_a_step_moves_and_widens() -> None:
    assert degrees.sure(70).shifted({0: 0.5, 2: 0.5}) == Degrees(70, (0.5, 0.0, 0.5))


def test_quantiles_count_from_below() -> None:
    law = Degrees(70, (0.1, 0.4, 0.5))
    assert [law.quantile(share) for share in (0.1, 0.5, 0.51, 1.0)] == [70, 71, 72, 72]


def test_nothing_is_no_distribution() -> None:
    with pytest.raises(ValueError, match="positive weight"):
        degrees.scaled(70, [0.0, 0.0])
