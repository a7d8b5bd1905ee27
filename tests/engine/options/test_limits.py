from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Side
from engine.options.limits import EQUAL, allowed

SIZE = st.floats(0.0, 30.0)
POSITION = st.floats(-30.0, 30.0)


@given(POSITION, st.sampled_from(Side), SIZE, st.floats(0.0, 120.0))
def test_what_is_allowed_reduces_or_keeps_to_the_limits(position, side, size, others) -> None:
    found = allowed(position, side, size, others=others)
    reduces = abs(found.position) <= abs(position) + 1e-9 and found.position * position >= 0.0
    within = abs(found.position) <= 10.0 + 1e-9 and others + abs(found.position) <= 100.0 + 1e-9
    assert found.ok == (reduces or within)
    assert found.ok == (found.why is None)


@given(POSITION, st.floats(0.0, 1.0), st.floats(0.0, 1e6))
def test_a_part_of_a_position_can_always_be_closed(position, part, others) -> None:
    side = Side.SELL if position > 0 else Side.BUY
    assert allowed(position, side, abs(position) * part, others=others).ok


def test_a_position_over_its_limit_is_not_turned_into_the_opposite_over_it() -> None:
    assert allowed(15.0, Side.SELL, 29.0) == (False, "instrument", -14.0)
    assert allowed(3.0, Side.SELL, 6.0).ok


def test_the_limit_of_all_together() -> None:
    assert allowed(0.0, Side.BUY, 5.0, others=96.0).why == "total"


def test_a_limit_holds_to_the_last_digit() -> None:
    most = 10.0 + EQUAL
    assert allowed(0.0, Side.BUY, most).ok
    assert not allowed(0.0, Side.BUY, math.nextafter(most, 11.0)).ok
    assert allowed(0.0, Side.BUY, 8.0, others=0.0, most_total=8.0 - EQUAL).ok
    assert not allowed(0.0, Side.BUY, 8.0, others=0.0, most_total=8.0 - 2 * EQUAL).ok


@pytest.mark.parametrize("bad", [(math.nan, 1.0), (0.0, -1.0), (0.0, math.inf)])
def test_nonsense_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="no order"):
        allowed(bad[0], Side.BUY, bad[1])


def test_others_without_end_are_no_number() -> None:
    with pytest.raises(ValueError, match="no order"):
        allowed(0.0, Side.BUY, 1.0, others=math.inf)
