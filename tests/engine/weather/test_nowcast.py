from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.weather.nowcast import Span, chances, hazard

SPANS = (Span(None, 78), Span(79, 80), Span(81, 82), Span(83, 84), Span(85, None))


@given(st.floats(50.0, 110.0), st.floats(0.0, 20.0), st.none() | st.floats(60.0, 100.0))
def test_brackets_are_a_distribution_and_none_below_what_was_seen(mean, sd, running) -> None:
    p = chances(SPANS, mean, sd, running)
    assert math.fsum(p) == pytest.approx(1.0, abs=1e-12)
    assert min(p) >= 0.0
    if running is not None:
        for span, chance in zip(SPANS, p, strict=True):
            if span.high is not None and running >= span.high + 0.5:
                assert chance == 0.0


@given(st.floats(0.0, 20.0), st.floats(-0.5, 0.5), st.floats(0.0, 2.0), st.floats(0.0, 600.0))
def test_a_hazard_is_a_chance_that_time_raises_and_distance_lowers(gap, drift, vol, minutes) -> None:
    h = hazard(gap, drift, vol, minutes)
    assert 0.0 <= h <= 1.0
    assert hazard(gap, drift, vol, minutes + 30.0) >= h - 1e-9
    assert hazard(gap + 1.0, drift, vol, minutes) <= h + 1e-9


def test_a_far_tail_keeps_its_digits() -> None:
    assert chances((Span(None, 94), Span(95, None)), 70.0, 2.0)[1] == pytest.approx(8.2e-35, rel=0.05)
