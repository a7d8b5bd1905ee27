"""Eyes on the brackets of one event: pressure, motion, the fused distribution, and what a hole in the prices does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book.features import Quote
from engine.maths import fusion, kinematics
from engine.strategies.bracket_eye import BracketEye, Sample
from engine.strategies.event_eye import EventEye, Sky
from engine.strategies.pmf_migration import Direction

EDGES = [(None, 79.0), (80.0, 81.0), (82.0, 83.0), (84.0, 85.0), (86.0, None)]
MIDS = [0.05, 0.20, 0.45, 0.20, 0.10]
CHANCES = (0.02, 0.10, 0.40, 0.35, 0.13)


def sky(at: float = 0.0, chances: tuple[float, ...] = CHANCES, hazard: float | None = 0.4) -> Sky:
    return Sky(chances, 50.0, hazard, hazard, 81.0, at)


def show(eye: EventEye, mids: list[float], at: float, size: float = 10.0) -> None:
    for one, mid in zip(eye.brackets, mids, strict=True):
        one.see(Quote(mid - 0.01, size, mid + 0.01, size), at)


def test_flow_is_counted_over_both_windows() -> None:
    eye = BracketEye()
    eye.see(Quote(0.40, 10, 0.45, 10), 0.0)
    eye.see(Quote(0.41, 7, 0.45, 10), 1.0)  # a better bid brings its whole size
    eye.see(Quote(0.41, 7, 0.45, 4), 15.0)  # six less on offer
    seen = eye.sample(20.0)
    assert (seen.flow_10, seen.flow_30) == (6.0, 13.0)
    assert eye.sample(40.0).flow_30 == 6.0
    assert seen.queue == pytest.approx(7 / 11)
    assert seen.bid_size == 7


def test_volume_of_twenty_minutes_and_the_pace_of_an_hour() -> None:
    eye = BracketEye()
    eye.sample(0.0)
    for minute in range(30):
        eye.trade(True, 2.0, 60.0 * minute)
    seen = eye.sample(60.0 * 30)
    assert seen.volume == 2.0 * 19, "the minutes 11 to 29; the thirtieth has only begun"
    assert seen.per_s == pytest.approx(30 / 1_800)
    assert seen.mean_size == 2.0


def test_buyers_in_a_burst_are_a_spike_and_fade() -> None:
    eye = BracketEye()
    eye.sample(0.0)
    for k in range(8):
        eye.trade(True, 1.0, 3_000.0 + 0.1 * k)
    assert eye.sample(3_001.0).spike
    assert not eye.sample(3_200.0).spike
    assert eye.sample(3_200.0).sells < eye.sample(3_200.0).buys


def test_buyers_faster_than_in_nearly_all_of_the_day_are_told_where_the_hour_was_busy_too() -> None:
    eye = BracketEye()

    def minute(at: int, buys: int) -> Sample:
        for k in range(60):
            if k < buys:
                eye.trade(True, 1.0, 60.0 * at + k)
            found = eye.sample(60.0 * at + k + 0.5)
        return found

    for at in range(60):
        assert not minute(at, 20).fastest, "of less than an hour nothing is said"
    told = []
    for at in range(60, 120):
        minute(at, 20)
        eye.trade(True, 1.0, 60.0 * at + 59.6)
        told.append(eye.sample(60.0 * at + 59.7).fastest)
    assert not any(told), "a trade a minute beyond the burst is what it always is"
    burst = minute(120, 60)
    assert (burst.spike, burst.fastest) == (False, True)
    eye.forget()
    assert not eye.sample(7_300.0).fastest


def test_motion_is_not_fitted_across_a_hole() -> None:
    eye = BracketEye()
    for k in range(10):
        eye.see(Quote(0.40 + 0.01 * k, 1, 0.42 + 0.01 * k, 1), float(k))
        seen = eye.sample(float(k))
    assert seen.motion is not None
    assert seen.motion.v == pytest.approx(0.01)
    eye.see(None, 10.0)
    blind = eye.sample(10.0)
    assert (blind.mid, blind.motion, blind.queue) == (None, None, None)
    eye.see(Quote(0.10, 1, 0.12, 1), 11.0)
    after = eye.sample(11.0).motion
    assert after is not None
    assert not after.ok


@given(st.lists(st.floats(-1, 1), min_size=6, max_size=40), st.floats(5.0, 60.0))
def test_the_bend_over_its_error_is_that_of_weighted_least_squares(x: list[float], h: float) -> None:
    t = [float(k) for k in range(len(x))]
    found = kinematics.bend_t(t, x, h)
    u = np.asarray(t) - t[-1]
    w = np.exp(u / h)
    fit, cov = np.polyfit(u, np.asarray(x) - x[-1], 2, w=np.sqrt(w), cov="unscaled")
    left = np.asarray(x) - x[-1] - np.polyval(fit, u)
    free = w.sum() ** 2 / (w * w).sum() - 3.0
    error = math.sqrt((w * left * left).sum() / free * cov[0, 0]) if free > 0 else 0.0
    if found is not None and error > 1e-9:
        assert found == pytest.approx(fit[0] / error, rel=1e-4, abs=1e-6)


def test_too_few_points_have_no_error() -> None:
    assert kinematics.bend_t([0.0, 1.0, 2.0], [1.0, 2.0, 3.0]) is None


def test_a_filter_that_loses_brackets_keeps_the_odds_of_the_rest() -> None:
    state = fusion.see_market(fusion.start(MIDS, 0.05), [0.05, 0.25, 0.4, 0.2, 0.1], [0.02] * 5)
    for stay in ([1, 2, 3, 4], [0, 1, 2], [1, 3]):
        left = fusion.keep(state, stay)
        rest = [state.p[j] for j in stay]
        assert left.p == pytest.approx([one / sum(rest) for one in rest])
        assert np.linalg.eigvalsh(left.covariance).min() > 0
    same = fusion.keep(state, range(5))
    assert np.allclose(same.covariance, state.covariance)


@pytest.mark.parametrize("stay", [[1], [], [2, 1], [0, 5], [-1, 2], [1, 1]])
def test_a_filter_needs_two_brackets_that_it_has(stay: list[int]) -> None:
    with pytest.raises(ValueError, match="two or more"):
        fusion.keep(fusion.start(MIDS, 0.05), stay)


def test_everything_it_calls_a_distribution_sums_to_one() -> None:
    eye = EventEye(EDGES)
    for k in range(100):
        show(eye, [m + 0.001 * math.sin(k + j) for j, m in enumerate(MIDS)], float(k))
        seen = eye.sample(float(k), sky(float(k // 20)))
        for chances in (seen.fair, seen.pooled):
            assert chances is not None
            assert math.fsum(chances) == pytest.approx(1.0)
        if k < 60:
            assert seen.ahead is None, "half a minute of answers, sixty of them"
    assert seen.ahead is not None
    assert math.fsum(seen.ahead) == pytest.approx(1.0)
    assert seen.ahead == pytest.approx([m / sum(MIDS) for m in MIDS], abs=0.02)


def test_what_is_ruled_out_stays_at_nothing_and_comes_back_with_a_correction() -> None:
    eye = EventEye(EDGES)
    show(eye, MIDS, 0.0)
    eye.sample(0.0, sky())
    dead = (0.0, 0.0, 0.5, 0.4, 0.1)
    for one in eye.brackets[:2]:
        one.see(None, 1.0)  # nobody bids for what cannot be
    seen = eye.sample(1.0, sky(1.0, dead))
    assert seen.fair is not None
    assert seen.pooled is not None
    assert seen.fair[:2] == seen.pooled[:2] == (0.0, 0.0)
    assert seen.sum_mid == pytest.approx(0.75)
    show(eye, MIDS, 2.0)
    again = eye.sample(2.0, sky(2.0))
    assert again.fair is not None
    assert min(again.fair) > 0.0


def test_a_report_counts_once_and_a_price_that_stands_still_not_again() -> None:
    eye, twice = EventEye(EDGES), EventEye(EDGES)
    for one in (eye, twice):
        show(one, MIDS, 0.0)
        one.sample(0.0, sky())
    twice.sample(1e-9, sky())
    assert twice.sample(2e-9, sky()).fair == pytest.approx(eye.sample(2e-9, sky()).fair)
    moved = eye.sample(3e-9, sky(1.0, (0.01, 0.04, 0.15, 0.6, 0.2))).fair
    assert moved is not None
    before = twice.sample(3e-9, sky()).fair
    assert before is not None
    assert moved[3] > before[3]


def test_a_bracket_without_quotes_blinds_the_event() -> None:
    eye = EventEye(EDGES)
    show(eye, MIDS, 0.0)
    eye.sample(0.0, sky())
    eye.brackets[3].see(None, 1.0)
    seen = eye.sample(1.0, sky())
    assert (seen.fair, seen.pooled, seen.sum_mid, seen.centre, seen.ahead) == (None,) * 5
    assert seen.velocity == (0.0,) * 5


def test_without_the_sky_there_is_the_market_alone() -> None:
    eye = EventEye(EDGES)
    show(eye, MIDS, 0.0)
    seen = eye.sample(0.0, None)
    assert seen.pooled is None
    assert seen.fair == pytest.approx([m / sum(MIDS) for m in MIDS])


def test_a_centre_that_speeds_up_is_a_migration_and_sounds_the_alarm() -> None:
    eye = EventEye(EDGES)
    told, alarmed = [], False
    for k in range(60):
        shift = 1e-4 * k * k * 0.5
        show(eye, [0.05, 0.2 - shift / 3, 0.45 - shift / 3, 0.2 + shift / 3, 0.1 + shift / 3], float(k))
        seen = eye.sample(float(k), sky())
        told.append(seen.direction)
        alarmed = alarmed or seen.cusum.alarm
    assert told[-1] is Direction.UP
    assert Direction.DOWN not in told
    assert alarmed


def test_a_bracket_needs_an_edge() -> None:
    with pytest.raises(ValueError, match="both ends"):
        EventEye([(None, None), (1.0, 2.0)])
