"""Scorecards: Brier beside the market's, a calibration curve that leaves nobody out, Wilson's interval."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import scorecard
from engine.maths.scorecard import Told

P = st.floats(0.0, 1.0)
TOLD = st.lists(st.builds(Told, P, st.none() | P, st.sampled_from([0.0, 1.0])), max_size=60)


def test_a_market_that_was_worse_is_skill() -> None:
    found = scorecard.skill([Told(0.8, 0.6, 1.0), Told(0.2, 0.4, 0.0), Told(0.5, None, 1.0)])
    assert found.brier == pytest.approx((0.04 + 0.04 + 0.25) / 3)
    assert found.market == pytest.approx(0.16)
    assert found.skill == pytest.approx(0.75), "over the two whose market is known"


def test_of_nothing_nothing_is_said() -> None:
    assert scorecard.skill([]) == (0, None, None, None, ())


@given(TOLD)
def test_every_forecast_is_in_one_bin_and_its_interval_holds_what_came(told) -> None:
    found = scorecard.bins(told)
    assert sum(one.n for one in found) == len(told)
    for one in found:
        assert 0.0 <= one.low <= one.came + 1e-12
        assert one.came - 1e-12 <= one.high <= 1.0


def test_wilsons_interval_of_his_own_kind() -> None:
    assert scorecard.interval(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
