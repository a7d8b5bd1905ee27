from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import logit

PRICE = st.floats(1e-5, 1.0 - 1e-5)
TICKS = st.sampled_from([0.1, 0.05, 0.01, 0.005, 0.0025, 0.001, 0.0001])


@given(PRICE)
def test_a_price_comes_back_from_its_logit(p) -> None:
    assert logit.sigmoid(logit.logit(p)) == pytest.approx(p)


@given(st.floats(-1e6, 1e6))
def test_no_logit_overflows_and_both_sides_sum_to_one(x) -> None:
    assert logit.sigmoid(x) + logit.sigmoid(-x) == pytest.approx(1.0)


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan])
def test_what_is_no_price_has_no_logit(bad) -> None:
    with pytest.raises(ValueError, match="probability"):
        logit.logit(bad)


def test_certainty_counts_as_almost_certain() -> None:
    assert logit.logit(1.0) == pytest.approx(13.815509557963773)
    assert logit.logit(0.0) == pytest.approx(-logit.logit(1.0))


@given(TICKS, st.data())
def test_a_price_on_a_tick_stays_on_it(tick, data) -> None:
    count = logit.ticks_in_unit(tick)
    ticks = data.draw(st.integers(1, count - 1))
    assert logit.ticks_below(ticks * tick, count) == logit.ticks_above(ticks * tick, count) == ticks


@given(TICKS, PRICE)
def test_a_price_lies_between_its_ticks(tick, p) -> None:
    count = logit.ticks_in_unit(tick)
    below, above = logit.ticks_below(p, count), logit.ticks_above(p, count)
    assert above - below in {0, 1}
    assert below - 1e-8 <= p * count <= above + 1e-8


@pytest.mark.parametrize("bad", [0.0, 1.0, 0.3, -0.01, math.nan])
def test_a_tick_divides_one(bad) -> None:
    with pytest.raises(ValueError, match="tick must"):
        logit.ticks_in_unit(bad)
