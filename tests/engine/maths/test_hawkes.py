from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.hawkes import DayOfRates, Intensity, path

MOMENTS = st.lists(st.floats(0.0, 50.0), max_size=40).map(sorted)


@given(MOMENTS, st.floats(0.01, 2.0), st.floats(0.0, 3.0), st.floats(0.1, 10.0))
def test_the_recursion_is_the_sum_over_all_events(events, mu, alpha, beta) -> None:
    found = path(mu, alpha, beta, 50.0, events)
    for n, at in enumerate(events):
        plain = mu + sum(alpha * math.exp(-beta * (at - earlier)) for earlier in events[:n])
        assert found.before[n] == pytest.approx(plain)
    assert found.end >= mu


@given(MOMENTS)
def test_without_excitement_it_is_poisson(events) -> None:
    found = path(0.5, 0.0, 1.0, 50.0, events)
    assert found.compensator == pytest.approx(25.0)
    assert set(found.before) <= {0.5}


def test_the_base_is_not_added_again_and_the_lift_fades() -> None:
    rate = Intensity(0.1, 0.5, 2.0)
    for n in range(100):
        rate.event(float(n))
    assert rate.rate(99.0) < 0.1 + 0.5 / (1.0 - math.exp(-2.0)) + 1e-9
    assert rate.rate(1_000.0) == pytest.approx(0.1)
    assert rate.spikes(99.0)
    assert not rate.spikes(1_000.0)


@pytest.mark.parametrize("bad", [(-0.1, 0.5, 1.0), (0.1, -0.5, 1.0), (0.1, 0.5, 0.0), (math.nan, 0.5, 1.0)])
def test_what_is_no_rate_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="rate needs"):
        Intensity(*bad)


def test_what_is_high_for_a_day_is_so_for_a_twentieth_of_it_at_most_and_not_before_an_hour() -> None:
    day = DayOfRates()
    for at in range(3_600):
        assert not day.high(9.0)
        day.see(float(at), 0.1)
    day.see(3_600.0, 0.1)
    assert day.high(0.2)
    assert not day.high(0.1), "it is always so"
    for at in range(3_601, 3_780):
        day.see(float(at), 0.2)
    assert day.high(0.2), "179 s of 3,779"
    for at in range(3_780, 3_800):
        day.see(float(at), 0.2)
    assert not day.high(0.2)
    assert day.high(0.25)
    assert not day.high(1e-9)


def test_a_day_of_rates_forgets_what_is_older_and_counts_a_hole_as_a_minute() -> None:
    day = DayOfRates()
    for at in range(0, 7_200, 60):
        day.see(float(at), 5.0)
    for at in range(86_400, 86_400 + 7_200, 60):
        day.see(float(at), 0.1)
    assert day.high(5.0), "that was yesterday"
    hole = DayOfRates()
    for at in (0.0, 50_000.0, 90_000.0):
        hole.see(at, 0.1)
    assert not hole.high(9.0), "two minutes are known"


@given(st.lists(st.tuples(st.floats(0.1, 4_000.0), st.floats(0.0, 1e6)), max_size=60), st.floats(0.0, 1e6))
def test_of_any_rates_a_higher_one_is_high_where_a_lower_one_is(steps, rate) -> None:
    day, at = DayOfRates(), 0.0
    for step, seen in steps:
        at += step
        day.see(at, seen)
    assert day.high(2 * rate + 1.0) or not day.high(rate)
