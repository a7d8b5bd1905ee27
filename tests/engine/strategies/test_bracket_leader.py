from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.strategies.bracket_leader import EQUAL, NEEDS, Gate, judge, threshold, throttle

GOOD = {
    "acceleration": [-0.001, 0.002, -0.0005],
    "velocity": [-0.01, 0.01, 0.0],
    "j": 1,
    "order_flow": 12.0,
    "queue": 0.7,
    "hazard": 0.3,
    "spread_cents": 3.0,
    "volume": 50.0,
}


@pytest.mark.parametrize(
    ("more", "gate"),
    [
        ({}, Gate.PASS),
        ({"j": 0}, Gate.EDGE_BRACKET),
        ({"j": 2}, Gate.EDGE_BRACKET),
        ({"spread_cents": 5.0, "volume": 10.0}, Gate.PASS),
        ({"spread_cents": 5.1}, Gate.SPREAD),
        ({"spread_cents": float("nan")}, Gate.SPREAD),
        ({"volume": 9.9}, Gate.VOLUME),
        ({"velocity": [0.0, 0.0, 0.0]}, Gate.VELOCITY),
        ({"acceleration": [0.0015, 0.002, 0.0]}, Gate.ACCEL),
        ({"order_flow": 0.0}, Gate.OFI),
        ({"queue": 0.5}, Gate.QUEUE),
        ({"queue": None}, Gate.QUEUE),
        ({"spread_cents": 6.0, "volume": 1.0, "order_flow": -1.0}, Gate.SPREAD),
    ],
)
def test_the_first_gate_that_fails_is_told(more, gate) -> None:
    assert judge(**{**GOOD, **more}).gate is gate


def test_exactly_the_threshold_is_not_above_it_whatever_the_float_says() -> None:
    said = judge(**{**GOOD, "acceleration": [0.0015, 0.002, 0.0015]})
    assert said.gate is Gate.ACCEL
    assert said.ahead == pytest.approx(said.theta)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_likelier_a_new_high_the_less_is_asked(one, other) -> None:
    low, high = sorted((one, other))
    assert threshold(high) <= threshold(low)
    assert threshold(low) in {0.5 * NEEDS.theta, NEEDS.theta, 2.0 * NEEDS.theta}


@pytest.mark.parametrize(("hazard", "times"), [(0.0999, 2.0), (0.1, 1.0), (0.4999, 1.0), (0.5, 0.5)])
def test_the_threshold_steps_where_it_says(hazard, times) -> None:
    assert threshold(hazard) == times * NEEDS.theta


def test_above_the_threshold_begins_a_billionth_above_it() -> None:
    edge = NEEDS.theta * (1.0 + EQUAL)
    rows = {"velocity": [0.0, 1.0, 0.0]}
    assert judge(**{**GOOD, **rows, "acceleration": [0.0, edge, 0.0]}).gate is Gate.ACCEL
    assert judge(**{**GOOD, **rows, "acceleration": [0.0, edge * (1.0 + 1e-15), 0.0]}).gate is Gate.PASS


@pytest.mark.parametrize("more", [{"j": 3}, {"j": -1}, {"velocity": [0.1]}, {"acceleration": [], "velocity": []}])
def test_what_is_no_bracket_is_refused(more) -> None:
    with pytest.raises(ValueError, match="no bracket"):
        judge(**{**GOOD, **more})


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_size_grows_with_the_hazard_up_to_the_whole(one, other) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= throttle(low) <= throttle(high) <= 1.0
    assert throttle(0.3) == 1.0
    assert throttle(0.15) == 0.5
