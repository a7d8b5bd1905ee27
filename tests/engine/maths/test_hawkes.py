from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.hawkes import Intensity, path

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
