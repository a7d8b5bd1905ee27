from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import inventory

PRICE = st.floats(0.01, 0.99)
HELD = st.floats(-500.0, 500.0)


@given(PRICE, HELD)
def test_long_yes_at_p_is_short_yes_at_the_other_price(p, held) -> None:
    one = inventory.capacity(500.0, 3, 1.0, p, held)
    other = inventory.capacity(500.0, 3, 1.0, 1.0 - p, -held)
    assert one.filled == pytest.approx(-other.filled)
    if held:
        assert one.shares == pytest.approx(other.shares)


@given(PRICE, HELD, st.floats(0.0, 1.0))
def test_what_may_be_held_fits_the_money_of_its_side(p, held, left) -> None:
    found = inventory.capacity(500.0, 3, left, p, held)
    own = p if held >= 0 else 1.0 - p
    assert found.shares * own <= found.side + 1e-9
    assert -1.0 <= found.filled <= 1.0
    assert inventory.capacity(500.0, 3, left, p, held, capital_cap=False).shares >= found.shares - 1e-9


def test_at_resolution_what_is_still_held_skews_the_most() -> None:
    assert inventory.capacity(500.0, 3, 0.0, 0.5, -5.0).filled == -1.0
    assert inventory.capacity(500.0, 3, 0.0, 0.5, 0.0).filled == 0.0


@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.floats(0.5, 1.5))
def test_fear_grows_with_inventory_on_either_side(one, other, a) -> None:
    low, high = sorted((abs(one), abs(other)))
    assert 1.0 <= inventory.fear(low, a) <= inventory.fear(-high, a) <= inventory.GAMMA_MAX


@given(PRICE, st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_structure_calms_as_people_come_and_peaks_in_the_middle(p, few, many) -> None:
    few, many = sorted((few, many))
    thin = inventory.structure(p, few)
    assert 1.0 <= inventory.structure(p, many).factor <= thin.factor <= 2.0
    assert thin.factor <= inventory.structure(0.5, few).factor
    assert thin.factor == pytest.approx(inventory.structure(1.0 - p, few).factor)


@given(st.floats(0.0, 2e6), st.floats(0.0, 2.0))
def test_time_runs_from_one_to_nothing(at, eta) -> None:
    left = inventory.time_factor(at, 1e5, 1e6, eta)
    assert 0.0 <= left <= 1.0
    assert (left == 0.0) == (at >= 1e6)
    assert left == 1.0 or at > 1e5


@given(HELD, PRICE)
def test_the_floor_holds_the_share_that_always_stays(held, p) -> None:
    found = inventory.cash_floor(100.0, 500.0, 3, held, p, 0.0)
    assert found.floor >= 0.05 * 500.0 / 3 - 1e-12
    assert found.free == pytest.approx(100.0 - found.floor)
    assert found.reduce_only == (found.free < -1e-9)


def test_a_losing_long_raises_the_floor() -> None:
    floors = [inventory.cash_floor(110.0, 500.0, 3, 100.0, p, 0.0).floor for p in (0.9, 0.5, 0.2)]
    assert floors == pytest.approx([19.333333333333332, 63.333333333333336, 96.33333333333333])


def test_a_floor_above_the_cash_allows_reducing_only() -> None:
    assert inventory.cash_floor(10.0, 500.0, 1, 0.0, 0.5, 0.0).reduce_only


@pytest.mark.parametrize(
    "call",
    [
        lambda: inventory.capacity(-1.0, 3, 1.0, 0.5, 0.0),
        lambda: inventory.capacity(1.0, 3, 1.5, 0.5, 0.0),
        lambda: inventory.capacity(1.0, 3, 1.0, 0.5, math.nan),
        lambda: inventory.capacity(1.0, 3, 1.0, 1.5, 0.0),
        lambda: inventory.capacity(1.0, 3, 1.0, 0.5, 0.0, -0.1),
        lambda: inventory.fear(math.nan),
        lambda: inventory.fear(0.5, -1.0),
        lambda: inventory.structure(0.5, 1.0, reference=0.0),
        lambda: inventory.structure(0.5, 1.0, of_ambiguity=0.0, of_thinness=0.0),
        lambda: inventory.time_factor(0.0, 0.0, 1.0, -1.0),
        lambda: inventory.cash_floor(math.nan, 1.0, 1, 0.0, 0.5, 0.0),
    ],
)
def test_what_makes_no_sense_is_refused(call) -> None:
    with pytest.raises(ValueError, match=r"no |must be"):
        call()
