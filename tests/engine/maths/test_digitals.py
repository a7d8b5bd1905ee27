from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.black_arrays import price
from engine.maths.digitals import bracket, by_spread, digitals

FORWARD = 63_000.0
STRIKE = st.floats(4e4, 9e4)
VOL = st.floats(0.1, 1.5)
YEARS = st.floats(0.005, 1.0)


@given(STRIKE, VOL, YEARS, st.floats(-0.05, 0.2))
def test_both_sides_together_pay_one(strike, vol, years, r) -> None:
    up, down = (digitals(FORWARD, strike, vol, years, side, r) for side in (False, True))
    assert up.price + down.price == pytest.approx(np.exp(-r * years))
    assert up.delta == pytest.approx(-down.delta)
    assert up.gamma == pytest.approx(-down.gamma)


@given(STRIKE, VOL, YEARS, st.floats(0.0, 0.2), st.booleans())
def test_greeks_are_slopes_of_the_price(strike, vol, years, r, down) -> None:
    found = digitals(FORWARD, strike, vol, years, down, r)

    def slope(field, h, f=0.0, v=0.0, t=0.0):
        up, low = (digitals(FORWARD + s * f, strike, vol + s * v, years + s * t, down, r) for s in (1, -1))
        return (getattr(up, field) - getattr(low, field)) / (2.0 * h)

    wide = 1e-4 * FORWARD * vol * years**0.5
    scale = 1.0 / (FORWARD * vol * years**0.5)
    assert slope("price", wide, f=wide) == pytest.approx(found.delta, rel=1e-4, abs=1e-6 * scale)
    assert slope("delta", wide, f=wide) == pytest.approx(found.gamma, rel=1e-4, abs=1e-6 * scale**2)
    assert slope("price", 1e-5, v=1e-5) == pytest.approx(found.vega, rel=1e-4, abs=1e-5)
    assert -slope("price", 1e-4 * years, t=1e-4 * years) / 365 == pytest.approx(found.theta_day, rel=1e-4, abs=1e-6)


@given(STRIKE, VOL, YEARS, st.floats(-1e-5, 1e-5))
def test_under_a_smile_it_is_what_a_spread_of_calls_costs(strike, vol, years, slope) -> None:
    found = digitals(FORWARD, strike, vol, years, slope=slope).price[0]
    spread = by_spread(FORWARD, strike, years, lambda k: vol + slope * (k - strike), width=1.0)
    assert found == pytest.approx(spread, abs=1e-4)


def test_a_bracket_is_the_difference_of_its_edges() -> None:
    low, high = digitals(FORWARD, 6e4, 0.5, 0.1), digitals(FORWARD, 6.6e4, 0.5, 0.1)
    inside = bracket(low, high)
    assert inside.price == pytest.approx(low.price - high.price)
    assert 0.0 < inside.price[0] < 1.0


def test_decided_without_time_and_unknown_for_no_number() -> None:
    found = digitals(FORWARD, np.array([6e4, 6.3e4, 6.6e4, np.nan]), 0.5, 0.0)
    assert found.price[:3].tolist() == [1.0, 0.0, 0.0]
    assert found.gamma[:3].tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(found.price[3])
    assert digitals(FORWARD, 6.3e4, 0.5, 0.0, True).price[0] == 1.0


@pytest.mark.parametrize("width", [0.0, -1.0, 6.5e4])
def test_a_spread_without_a_width_is_refused(width) -> None:
    with pytest.raises(ValueError, match="needs a width"):
        by_spread(FORWARD, 6.5e4, 0.1, lambda k: np.full(k.shape, 0.5), width=width)


def test_it_is_minus_the_slope_of_calls_by_the_strike() -> None:
    ups = digitals(FORWARD, 6.5e4, 0.52, 0.04).price[0]
    calls = price(FORWARD, np.array([64_999.0, 65_001.0]), 0.52, 0.04)
    assert ups == pytest.approx((calls[0] - calls[1]) / 2.0, rel=1e-6)
