"""Risk models are registered by name, and agree where they must."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import black
from engine.options.risk_models import MODELS, Book, Held, register

CALL = Held(2.0, 3_000.0, 3_000.0, 0.6, 0.1, put=False)


def test_each_is_found_by_its_name_and_no_name_is_taken_twice() -> None:
    assert set(MODELS) == {"black76", "coin", "scenario", "minimum-variance"}
    with pytest.raises(ValueError, match="registered"):
        register("black76")(MODELS["coin"])


@given(st.floats(2_000, 4_000), st.floats(-5, 5), st.floats(-3, 3), st.booleans())
def test_the_scenario_comes_to_blacks_delta_as_far_as_one_per_cent_shows_it(strike, coins, linear, put) -> None:
    book = Book((Held(coins, 3_000.0, strike, 0.6, 0.1, put),), linear, 3_000.0)
    assert MODELS["scenario"](book) == pytest.approx(MODELS["black76"](book), abs=0.01 * abs(coins) + 1e-6)


def test_without_a_slope_the_minimum_variance_delta_is_blacks_and_a_falling_volatility_takes_some_of_it() -> None:
    assert MODELS["minimum-variance"](Book((CALL,), 0.0, 3_000.0)) == MODELS["black76"](Book((CALL,), 0.0, 3_000.0))
    vega = black.option(3_000.0, 3_000.0, 0.6, 0.1).vega
    found = MODELS["minimum-variance"](Book((CALL,), 0.0, 3_000.0, slope=-0.5))
    assert found == pytest.approx(MODELS["black76"](Book((CALL,), 0.0, 3_000.0)) - 2.0 * vega * 0.5 / 3_000.0)


def test_in_coin_what_the_premium_is_worth_comes_off() -> None:
    one = black.option(3_000.0, 3_000.0, 0.6, 0.1)
    book = Book((CALL._replace(inverse=True),), 0.5, 3_000.0)
    assert MODELS["coin"](book) == pytest.approx(0.5 + 2.0 * (one.delta - one.price / 3_000.0))
