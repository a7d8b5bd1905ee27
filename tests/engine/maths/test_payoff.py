from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.maths import black_arrays, inverse
from engine.maths.payoff import CALL, FUTURE, PUT, Leg, first_expiry, payoff, result, sums

SPOT = 68_910.0
YEARS = 27 / 365
VOLS = st.floats(0.2, 1.2)
KINDS = st.sampled_from((CALL, PUT, FUTURE))
LEGS = st.lists(
    st.builds(
        Leg, KINDS, st.floats(-3.0, 3.0), st.floats(4e4, 1e5), st.floats(0.01, 0.5), VOLS, st.floats(0.98, 1.05),
        st.floats(0.0, 5e3), st.sampled_from((0.0, 0.02)),
    ),
    min_size=1,
    max_size=4,
)  # fmt: skip


def call(strike, qty, paid, years=YEARS):
    return Leg(CALL, qty, strike, years, 0.46, 1.0, paid)


def test_a_bought_call_loses_its_premium_at_most_and_breaks_even_above_its_strike() -> None:
    found = payoff([call(7e4, 1.0, 3_000.0)], SPOT, 5e4, 9e4)
    assert found.max_loss == pytest.approx(-3_000.0)
    assert found.max_win == math.inf
    assert found.break_evens == pytest.approx((73_000.0,))
    assert found.debit == 3_000.0
    assert found.end_years == YEARS


def test_three_legs_have_the_kinks_of_their_strikes() -> None:
    """A bought butterfly: 66, twice 70 sold, 74 thousand."""
    legs = [call(6.6e4, 1.0, 5_100.0), call(7e4, -2.0, 3_000.0), call(7.4e4, 1.0, 1_700.0)]
    found = payoff(legs, SPOT, 6e4, 8e4)
    assert found.debit == pytest.approx(800.0)
    assert found.max_loss == pytest.approx(-800.0)
    assert found.max_win == pytest.approx(3_200.0)
    assert found.break_evens == pytest.approx((66_800.0, 73_200.0))
    assert {6.6e4, 7e4, 7.4e4, SPOT} <= set(found.spots)


def test_a_sold_call_has_no_bound_and_a_sold_put_has_one() -> None:
    assert payoff([call(7e4, -1.0, 3_000.0)], SPOT, 5e4, 9e4).max_loss == -math.inf
    put = payoff([Leg(PUT, -1.0, 7e4, YEARS, 0.46, 1.0, 3_000.0)], SPOT, 5e4, 9e4)
    assert put.max_loss == pytest.approx(-67_000.0, rel=1e-6)
    assert put.max_win == pytest.approx(3_000.0)


def test_legs_of_two_expiries_end_with_the_first() -> None:
    legs = [call(7e4, -1.0, 3_000.0), call(7e4, 1.0, 4_500.0, 2 * YEARS)]
    found = payoff(legs, SPOT, 5e4, 9e4)
    assert found.end_years == YEARS == first_expiry(legs)
    there = black_arrays.price(7e4, 7e4, 0.46, YEARS)[0]
    assert found.max_win == pytest.approx(there - 1_500.0, rel=1e-6)
    assert len(found.break_evens) == 2


def test_a_future_breaks_even_where_it_was_entered() -> None:
    found = payoff([Leg(FUTURE, 0.5, 0.0, 0.0, 0.0, 1.0, 6.8e4)], SPOT, 5e4, 9e4)
    assert found.break_evens == pytest.approx((6.8e4,))
    assert found.debit == 0.0
    assert (found.max_loss, found.max_win) == (pytest.approx(-3.4e4, rel=1e-6), math.inf)


def test_an_inverse_future_is_a_linear_one_of_its_coins_in_dollars() -> None:
    coins = 65_000 / 6.8e4
    moved = result([Leg(FUTURE, coins, 0.0, 0.0, 0.0, 1.0, 6.8e4)], np.array([7.5e4]))[0]
    assert moved == pytest.approx(inverse.future(65_000, 7.5e4, 6.8e4).pnl * 7.5e4)


def test_a_premium_in_coin_moves_with_the_price() -> None:
    leg = Leg(CALL, 1.0, 7e4, 0.0, 0.46, paid_coin=0.05)
    assert result([leg], [6e4, 1e5]).tolist() == [-3_000.0, 25_000.0]


@settings(max_examples=40)
@given(LEGS, st.floats(0.0, 0.3), st.floats(-0.1, 0.3))
def test_greeks_are_slopes_of_the_result(legs, on, shift) -> None:
    at = np.array([5.5e4, 6.9e4, 8.1e4])
    found = sums(legs, at, on, shift)
    h = 5.0
    alive = [leg for leg in legs if leg.kind == FUTURE or leg.years - on > 0.005]
    if len(alive) == len(legs):
        up, down = (result(legs, at + s * h, on, shift) for s in (1, -1))
        assert (up - down) / (2 * h) == pytest.approx(found.delta, abs=2e-3)
        more, less = (result(legs, at, on, shift + s * 1e-4) for s in (1, -1))
        if shift != 0.0:
            assert (more - less) / 2e-2 == pytest.approx(found.vega, rel=1e-3, abs=0.5)


@settings(max_examples=12)
@given(LEGS)
def test_the_worst_and_best_bound_the_curve(legs) -> None:
    found = payoff(legs, SPOT, 4e4, 1e5)
    room = 1e-6 * (1.0 + np.abs(found.at_end).max())
    assert found.max_loss <= found.at_end.min() + room
    assert found.max_win >= found.at_end.max() - room
    end = found.end_years
    for one in found.break_evens:
        assert abs(result(legs, [one], end)[0]) < 1e-3 * (1.0 + sum(abs(leg.qty) for leg in legs) * one * 1e-6)


@settings(max_examples=20)
@given(LEGS)
def test_many_legs_come_to_the_sum_of_each(legs) -> None:
    at = np.array([5e4, 7e4])
    assert result(legs, at) == pytest.approx(sum(result([one], at) for one in legs))


@pytest.mark.parametrize(
    "made",
    [
        lambda: payoff([], SPOT, 1.0, 2.0),
        lambda: payoff([call(7e4, 1.0, 0.0)], SPOT, 2.0, 1.0),
        lambda: result([Leg("X", 1.0, 7e4, 0.1, 0.5)], [SPOT]),
        lambda: result([call(0.0, 1.0, 0.0)], [SPOT]),
        lambda: result([call(7e4, math.nan, 0.0)], [SPOT]),
        lambda: sums([call(7e4, 1.0, 0.0)], [SPOT], -1.0),
    ],
)
def test_what_is_no_position_is_refused(made) -> None:
    with pytest.raises(ValueError, match=r"no (payoff|position)"):
        made()
