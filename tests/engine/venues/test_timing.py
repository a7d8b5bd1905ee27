"""Round trips and the venue's clock are known from its answers; where they contradict each other the latest count."""

from __future__ import annotations

import pytest

from engine.core.units import Nanos
from engine.venues.timing import REMEMBERED, Timing

MS = 1_000_000


def _answered(timing, took_ms, date=""):
    timing.measure(date, Nanos(0), Nanos(took_ms * MS))


def test_before_the_first_answer_nothing_is_known():
    assert (Timing().latency_ms, Timing().skew_ms) == (None, None)


def test_the_round_trip_is_the_median_of_the_latest():
    timing = Timing()
    for took in [9_000, 10, 20, 30]:
        _answered(timing, took)
    assert timing.latency_ms == 25.0
    for _ in range(REMEMBERED):
        _answered(timing, 7)
    assert timing.latency_ms == 7.0


def test_a_clock_that_was_set_is_noticed_and_a_venues_own_clock_is_exact():
    timing = Timing()
    timing.learn_time(1_000.0, Nanos(1_100 * MS), Nanos(1_120 * MS))
    assert timing.skew_ms == pytest.approx(110.0)
    timing.learn_time(2_000.0, Nanos(1_900 * MS), Nanos(1_910 * MS))
    assert timing.skew_ms == pytest.approx(-95.0)


def test_a_date_says_within_which_second_the_difference_lies():
    timing = Timing()
    ours = 1_790_000_005_000
    timing.measure("Mon, 21 Sep 2026 14:13:20 GMT", Nanos(ours * MS), Nanos((ours + 100) * MS))  # 1790000000
    assert timing.skew_ms == pytest.approx((4_000 + 5_100) / 2)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Sep 2026 99:13:20 GMT"])
def test_a_date_that_says_nothing_is_passed_over(date):
    timing = Timing()
    _answered(timing, 12, date)
    assert (timing.latency_ms, timing.skew_ms) == (12.0, None)
