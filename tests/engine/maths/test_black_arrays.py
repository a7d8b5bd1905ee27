from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import black as scalar
from engine.maths.black_arrays import Greeks, black, price, scholes

FORWARD = 63_000.0
STRIKES = st.lists(st.floats(2e4, 2e5), min_size=1, max_size=8).map(np.array)
VOL = st.floats(0.05, 2.5)
YEARS = st.floats(0.002, 2.0)
RATE = st.floats(-0.05, 0.2)


@given(STRIKES, VOL, YEARS, RATE, st.booleans())
def test_arrays_say_what_the_formula_for_one_says(strikes, vol, years, r, put) -> None:
    found = black(FORWARD, strikes, vol, years, put, r)
    for n, strike in enumerate(strikes):
        one = scalar.option(FORWARD, strike, vol, years, put=put, r=r)
        for name, value in one._asdict().items():
            assert getattr(found, name)[n] == pytest.approx(value, rel=1e-9, abs=1e-9 * max(1.0, one.price)), name


@given(STRIKES, VOL, YEARS, RATE, st.booleans())
def test_prices_alone_are_those_with_greeks(strikes, vol, years, r, put) -> None:
    assert price(FORWARD, strikes, vol, years, put, r) == pytest.approx(
        black(FORWARD, strikes, vol, years, put, r).price
    )


@given(STRIKES, VOL, YEARS, st.floats(0.0, 0.2), st.floats(0.0, 0.2), st.booleans())
def test_greeks_by_the_spot_are_slopes_of_the_price(strikes, vol, years, r, carry, put) -> None:
    found = scholes(FORWARD, strikes, vol, years, put, r, carry)

    def slope(field, h, spot=0.0, v=0.0, t=0.0, rate=0.0):
        up, down = (
            scholes(FORWARD + s * spot, strikes, vol + s * v, years + s * t, put, r + s * rate, carry) for s in (1, -1)
        )
        return (getattr(up, field) - getattr(down, field)) / (2.0 * h)

    wide = 1e-4 * FORWARD * vol * math.sqrt(years)
    assert slope("price", wide, spot=wide) == pytest.approx(found.delta, abs=1e-5)
    assert slope("delta", wide, spot=wide) == pytest.approx(found.gamma, rel=1e-3, abs=1e-9)
    assert slope("price", 1e-5, v=1e-5) == pytest.approx(found.vega, rel=1e-4, abs=1e-2)
    assert slope("delta", 1e-5, v=1e-5) == pytest.approx(found.vanna, rel=1e-3, abs=1e-4)
    assert slope("vega", 1e-5, v=1e-5) == pytest.approx(found.volga, rel=1e-3, abs=1.0)
    assert slope("price", 1e-5, rate=1e-5) == pytest.approx(found.rho, rel=1e-4, abs=1e-1)
    later = 1e-4 * years
    assert -slope("price", later, t=later) / scalar.DAYS == pytest.approx(found.theta_day, rel=1e-3, abs=1e-2)


def test_far_out_of_the_money_prices_keep_their_digits() -> None:
    """A difference of two probabilities would be rounding here: neither above 0 nor in order."""
    far = price(1.0, 4.0, 0.1, 1.0)[0]
    assert 0.0 < far < 1e-40
    assert price(1.0, 4.01, 0.1, 1.0)[0] < far


def test_what_is_no_option_is_not_a_number_and_the_rest_stands() -> None:
    found = black(FORWARD, np.array([0.0, -1.0, np.nan, 6.5e4]), np.array([0.5, 0.5, 0.5, 0.52]), 0.1)
    for name in Greeks._fields:
        assert np.isnan(getattr(found, name)).tolist() == [True, True, True, False]
    assert np.isnan(black(FORWARD, 6e4, np.nan, 0.1).price).all()
    assert np.isnan(price(FORWARD, [6e4, 6e4], [-0.1, 0.5], 0.1)).tolist() == [True, False]


def test_without_time_or_volatility_only_what_is_inside_is_left() -> None:
    found = black(FORWARD, np.array([6e4, 6.6e4, 6e4, 6.6e4]), 0.5, 0.0, np.array([False, False, True, True]))
    assert found.price.tolist() == [3_000.0, 0.0, 0.0, 3_000.0]
    assert found.delta.tolist() == [1.0, 0.0, 0.0, -1.0]
    for name in ("gamma", "vega", "theta_day", "vanna", "volga"):
        assert getattr(found, name).tolist() == [0.0] * 4
    assert black(FORWARD, 6e4, 1e-12, 0.5).price[0] == 3_000.0


def test_shapes_broadcast() -> None:
    grid = price(np.linspace(5e4, 7e4, 5)[:, None], np.array([6e4, 6.5e4])[None, :], 0.5, 0.1)
    assert grid.shape == (5, 2)
    assert (np.diff(grid, axis=0) > 0).all()


def test_oracles_agree() -> None:
    """QuantLib's calculator and vollib's greeks, an option at a time."""
    ql = pytest.importorskip("QuantLib")
    analytical = pytest.importorskip("vollib.black.greeks.analytical")
    rng = np.random.default_rng(5)
    n = 60
    strikes, vols, years = FORWARD * np.exp(rng.normal(0, 0.3, n)), rng.uniform(0.2, 1.5, n), rng.uniform(0.01, 1.0, n)
    put, r = rng.random(n) < 0.5, 0.03
    found = black(FORWARD, strikes, vols, years, put, r)
    for i in range(n):
        kind = ql.Option.Put if put[i] else ql.Option.Call
        calculator = ql.BlackCalculator(
            ql.PlainVanillaPayoff(kind, float(strikes[i])), FORWARD, float(vols[i] * math.sqrt(years[i])),
            math.exp(-r * years[i]),
        )  # fmt: skip
        assert found.price[i] == pytest.approx(calculator.value(), rel=1e-10, abs=1e-8)
        assert found.delta[i] == pytest.approx(calculator.deltaForward(), abs=1e-12)
        assert found.gamma[i] == pytest.approx(calculator.gammaForward(), rel=1e-9)
        assert found.vega[i] == pytest.approx(calculator.vega(float(years[i])), rel=1e-9)
        flag = "p" if put[i] else "c"
        args = (flag, FORWARD, float(strikes[i]), float(years[i]), r, float(vols[i]))
        assert found.theta_day[i] == pytest.approx(analytical.theta(*args), rel=1e-6, abs=1e-8)
        assert found.vega[i] / 100.0 == pytest.approx(analytical.vega(*args), rel=1e-9)
