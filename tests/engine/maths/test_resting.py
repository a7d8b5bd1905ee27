from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.resting import choose, fill_odds, worth


@given(st.integers(1, 40), st.floats(0.01, 60.0))
def test_the_odds_are_those_of_the_poisson_law(needed, expected) -> None:
    found = fill_odds(0.0, float(needed), expected, 1.0, 1.0)
    plain = 1.0 - math.fsum(math.exp(-expected + k * math.log(expected) - math.lgamma(k + 1)) for k in range(needed))
    assert found.trades == needed
    assert found.chance == pytest.approx(plain, abs=1e-12)


@given(st.floats(0.0, 500.0), st.floats(0.1, 50.0), st.floats(0.0, 2.0), st.floats(1.0, 600.0))
def test_more_ahead_is_never_likelier(queue, qty, per_s, horizon) -> None:
    near = fill_odds(queue, qty, per_s, 5.0, horizon).chance
    far = fill_odds(queue + 10.0, qty, per_s, 5.0, horizon).chance
    assert 0.0 <= far <= near + 1e-12 <= 1.0 + 1e-12


def test_a_tail_far_out_still_has_digits() -> None:
    assert fill_odds(0.0, 60.0, 1.0, 1.0, 1.0).chance == pytest.approx(4.4945e-83, rel=1e-3)


@pytest.mark.parametrize(
    ("queue", "per_s", "chance"),
    [
        (100_000.0, 20.0, 0.0),  # e^-1200 is 0 as a float, which is no certainty
        (1e15, 1.0, 0.0),  # and a wall is not counted contract by contract
        (1_100.0, 20.0, 0.9981),
        (1_199.0, 20.0, 0.5038),
        (1_300.0, 20.0, 0.00208),
        (3e8, 5e6, 0.4916),
    ],
)
def test_walls_and_floods_have_their_odds_too(queue: float, per_s: float, chance: float) -> None:
    assert fill_odds(queue, 1.0, per_s, 1.0, 60.0).chance == pytest.approx(chance, abs=0.01 if queue > 1e6 else 1e-4)


def test_both_ways_of_reckoning_agree_where_they_meet() -> None:
    for needed in (640, 700, 760):
        near, far = (fill_odds(0.0, float(needed), rate, 1.0, 1.0).chance for rate in (699.999999, 700.000001))
        assert near == pytest.approx(far, rel=1e-5)


def test_neither_way_is_taken_below_its_threshold() -> None:
    found = choose(0.55, 0.50, 0.53, 0.6, 0.05, 0.18, 10.0)
    assert (found.way, worth(found, 10.0)) == ("maker", "maker")
    assert worth(choose(0.51, 0.50, 0.53, 0.6, 0.05, 0.18, 10.0), 10.0) == ""
    assert worth(found, 0.0) == ""
