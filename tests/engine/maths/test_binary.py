from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.maths import binary

STRIKE = 68_000.0
SPOT = st.floats(67_000.0, 69_000.0)
SIGMA = st.floats(2e-5, 5e-4)
TAU = st.floats(5.0, 14_400.0)


@given(SPOT, SIGMA, TAU)
def test_up_and_down_share_one(spot, sigma, tau) -> None:
    found = binary.digital(spot, STRIKE, sigma, tau)
    assert found.p_up + found.p_down == pytest.approx(1.0)
    assert min(found.p_up, found.p_down) >= 0.0


@given(SPOT, SIGMA, TAU)
def test_the_greeks_are_the_slopes_of_the_value(spot, sigma, tau) -> None:
    found = binary.digital(spot, STRIKE, sigma, tau)
    assume(abs(found.z) < 5.0)

    def up(ds=0.0, dv=0.0, dt=0.0):
        return binary.digital(spot + ds, STRIKE, sigma + dv, tau + dt)

    h = 1e-3 * spot * sigma * math.sqrt(tau)
    scale = found.delta + 0.4 / (spot * sigma * math.sqrt(tau)) * 1e-3
    assert (up(h).p_up - up(-h).p_up) / (2 * h) == pytest.approx(found.delta, rel=1e-4, abs=1e-3 * scale)
    assert (up(h).delta - up(-h).delta) / (2 * h) == pytest.approx(found.gamma, rel=1e-3, abs=1e-4 * scale / h)
    v = 1e-4 * sigma
    assert (up(dv=v).p_up - up(dv=-v).p_up) / (2 * v) == pytest.approx(found.vega, rel=1e-4, abs=1e-5 / sigma)
    t = 1e-4 * tau
    assert (up(dt=-t).p_up - up(dt=t).p_up) / (2 * t) == pytest.approx(found.theta_per_s, rel=1e-4, abs=1e-5 / tau)


@given(SPOT, st.sampled_from([(0.0, 60.0), (1e-4, 0.0)]))
def test_without_time_or_volatility_all_is_decided_and_a_tie_is_up(spot, still) -> None:
    found = binary.digital(spot, STRIKE, *still)
    assert found.p_up == (1.0 if spot >= STRIKE else 0.0)
    assert (found.delta, found.gamma, found.vega, found.theta_per_s) == (0.0, 0.0, 0.0, 0.0)
    assert binary.digital(STRIKE, STRIKE, *still)[:4] == (0.0, 0.0, 1.0, 0.0)


def test_the_lower_tail_keeps_its_digits() -> None:
    up = binary.digital(69_000.0, 68_000.0, 6e-5, 60.0)
    assert 0.0 < up.p_down < 1e-200
    assert up.p_up == 1.0


def test_a_price_far_from_the_strike_loses_nothing() -> None:
    v, distance = binary.spread(1.0, 1e6, 1e-4, 100.0)
    assert (v, distance) == pytest.approx((1e-3, -math.log(1e6)))


@pytest.mark.parametrize(
    "bad",
    [(0.0, 1.0, 1e-4, 1.0), (1.0, -1.0, 1e-4, 1.0), (1.0, 1.0, -1e-4, 1.0), (1.0, 1.0, 1e-4, -1.0),
     (math.nan, 1.0, 1e-4, 1.0), (1.0, math.inf, 1e-4, 1.0), (1.0, 1.0, math.nan, 1.0), (1.0, 1.0, 1e-4, math.nan)],
)  # fmt: skip
def test_what_is_no_market_has_no_value(bad) -> None:
    with pytest.raises(ValueError, match="no value"):
        binary.digital(*bad)


@given(SPOT, SIGMA, TAU)
def test_implied_volatility_gives_the_price_back(spot, sigma, tau) -> None:
    price = binary.digital(spot, STRIKE, sigma, tau).p_up
    assume(1e-9 < price < 1.0 - 1e-9)
    try:
        found = binary.implied_vol(price, spot, STRIKE, tau)
    except ValueError:
        assert spot <= STRIKE  # only there can rounding at the extreme leave no root
        return
    assert found <= sigma * (1 + 1e-6)
    assert binary.digital(spot, STRIKE, found, tau).p_up == pytest.approx(price, rel=1e-6)


@given(st.floats(STRIKE + 1.0, 69_000.0), SIGMA, TAU)
def test_above_the_strike_there_is_one_volatility(spot, sigma, tau) -> None:
    price = binary.digital(spot, STRIKE, sigma, tau).p_up
    assume(1e-9 < price < 1.0 - 1e-9)
    assert binary.implied_vol(price, spot, STRIKE, tau) == pytest.approx(sigma, rel=1e-4)


@pytest.mark.parametrize(
    "bad", [(0.6, 67_950.0, 120.0), (0.5, STRIKE, 300.0), (1.0, 68_010.0, 60.0), (0.0, 68_010.0, 60.0),
            (0.4, 67_950.0, 0.0)],
)  # fmt: skip
def test_where_no_volatility_gives_the_price_it_is_said(bad) -> None:
    price, spot, tau = bad
    with pytest.raises(ValueError, match="no volatility"):
        binary.implied_vol(price, spot, STRIKE, tau)


@given(st.floats(-3.0, 3.0), st.floats(0.1, 100.0), st.floats(1.0, 1e4))
def test_the_expected_swing_is_the_mean_move_of_the_value(d2, dt, tau) -> None:
    swing = binary.expected_swing(d2, dt, tau)
    assert 0.0 < swing == pytest.approx(binary.expected_swing(-d2, dt, tau))
    assert binary.expected_swing(d2, 4 * dt, tau) == pytest.approx(2 * swing)


@pytest.mark.parametrize("bad", [(0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.0, math.nan, 1.0)])
def test_a_swing_needs_time(bad) -> None:
    with pytest.raises(ValueError, match="swing"):
        binary.expected_swing(*bad)


@given(st.floats(0.0, 1e5), st.floats(0.0, 1.0), st.floats(0.0, 0.1))
def test_the_fee_is_the_same_on_either_leg_and_peaks_in_the_middle(shares, p, rate) -> None:
    fee = binary.taker_fee(shares, p, rate)
    assert fee == pytest.approx(binary.taker_fee(shares, 1.0 - p, rate), abs=1e-9)
    assert 0.0 <= fee <= shares * rate / 4 + 1e-9


def test_a_fee_of_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="no fee"):
        binary.taker_fee(1.0, 1.5, 0.07)


@given(st.lists(st.tuples(st.floats(1.0, 1e5), st.floats(1.0, 1e5)), max_size=9), st.floats(-50, 50))
def test_the_basis_is_the_middle_difference(pairs, beta) -> None:
    assert binary.basis([(seen + beta, seen) for _, seen in pairs]) == pytest.approx(beta if pairs else 0.0, abs=1e-9)
    assert binary.basis([(1.0, 0.0), (3.0, 0.0)]) == 2.0


def test_the_oracle_is_later_and_time_never_ends_entirely() -> None:
    assert binary.as_oracle(100.0, 60.0, beta=1.5) == (101.5, 62.0)
    assert binary.as_oracle(100.0, -5.0).tau_s == 1e-3


def test_a_year_of_a_root_second() -> None:
    assert binary.annual(0.30 / math.sqrt(binary.YEAR_S)) == pytest.approx(0.30)
