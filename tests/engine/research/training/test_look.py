"""Rows from events: nothing of later is in them, labels are found by time, and the strategy's eye makes the same."""

from __future__ import annotations

from itertools import takewhile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.events import LinkChanged, StatusChanged
from engine.core.ids import KALSHI
from engine.core.units import HOUR, SECOND
from engine.research.training import look, season
from engine.research.training.look import Grouping
from engine.strategies import horizon
from engine.strategies.event_eye import Sky
from engine.strategies.horizon import Definition

NAMES = horizon.without(horizon.OF_WEATHER)
QUICK = Definition(names=NAMES, cadence_s=10.0, horizon_s=30.0)


@pytest.fixture(scope="module")
def events():
    return list(next(season.parts(3, 1, hours=0.2)).events())


@pytest.fixture(scope="module")
def whole(events):
    return look.build(events, QUICK)


@settings(max_examples=12, deadline=None)
@given(cut=st.integers(0, 720))
def test_features_at_a_moment_are_the_same_when_all_that_came_later_is_cut(events, whole, cut) -> None:
    end = events[0].at + cut * SECOND
    some = list(takewhile(lambda e: e.at <= end, events))
    short = look.build(some, QUICK)
    n = len(short.at)
    assert whole.at[:n].tolist() == short.at.tolist()
    assert np.array_equal(whole.x[:n], short.x, equal_nan=True)
    assert np.array_equal(whole.move[:n], short.move)
    known = whole.at + round(QUICK.horizon_s * SECOND) < some[-1].at
    assert n >= int(known.sum()), "a label is there once its horizon is over and something came after"


def test_a_label_is_the_price_at_the_horizons_end_and_looks_do_not_overlap(whole) -> None:
    steps = np.unique(np.diff(np.unique(whole.at)))
    assert steps.tolist() == [30 * SECOND]
    assert sorted({round(100 * abs(v)) for v in whole.move.tolist()}) == [0, 1]
    moved = (np.abs(whole.move) > 0).sum() / len(whole.at)
    assert moved == pytest.approx(2 / 6, abs=0.02), "two of six brackets move in each step"


def test_a_label_that_reaches_into_the_next_group_is_left_out(events, whole) -> None:
    split = look.build(events, QUICK, Grouping(60 * SECOND))
    assert 0 < len(split.at) < len(whole.at)
    assert set((split.at // SECOND % 60).tolist()) == {0}, "of two looks a minute the second reaches over its end"


def test_days_are_of_local_standard_time() -> None:
    chicago = look.standard(-6)
    midnight = 20_200 * 86_400.0
    assert chicago.of(midnight + 6 * 3_600) == chicago.of(midnight + 29 * 3_600)
    assert chicago.of(midnight + 5 * 3_600) == chicago.of(midnight + 6 * 3_600) - 1


def test_no_row_is_made_where_the_link_is_down_or_the_market_closed(events) -> None:
    middle = events[0].at + HOUR // 10
    for change in (
        [LinkChanged(at=middle, venue=KALSHI, up=False, channel="market")],
        [StatusChanged(at=middle, instrument=one.id, status="paused") for one in events[1].instruments],
    ):
        before = [e for e in events if e.at <= middle]
        later = [LinkChanged(at=middle + HOUR, venue=KALSHI, up=True, channel="market")]
        rows = look.build([*before, *change, *later], QUICK)
        assert len(rows.at)
        assert int(rows.at.max()) + 30 * SECOND <= middle


def test_the_weather_is_asked_at_each_look_where_somebody_can_say(events) -> None:
    asked = []

    def sky(family, at):
        asked.append(at)
        return Sky((0.1, 0.1, 0.3, 0.3, 0.1, 0.1), 40.0, 0.2, 0.5, 81.0, at / SECOND)

    told = Definition(names=("weather", "hazard_60"), cadence_s=10.0, horizon_s=30.0)
    rows = look.build(events[:200], told, sky=sky)
    assert np.isfinite(rows.x).all()
    assert asked == sorted(asked)
