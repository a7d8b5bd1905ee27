from __future__ import annotations

import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.maths.black import implied_vol, option
from tests.shared import shared

FORWARD = 3_000.0
STRIKE = st.floats(1_500.0, 6_000.0)
VOL = st.floats(0.05, 2.5)
YEARS = st.floats(0.01, 2.0)
RATE = st.floats(-0.05, 0.2)


@given(STRIKE, VOL, YEARS, RATE)
def test_a_call_less_a_put_is_the_forward(strike, vol, years, r) -> None:
    call, put = (option(FORWARD, strike, vol, years, put=put, r=r) for put in (False, True))
    discount = math.exp(-r * years)
    assert call.price - put.price == pytest.approx(discount * (FORWARD - strike), abs=1e-8)
    assert call.delta - put.delta == pytest.approx(discount)
    assert (call.gamma, call.vega, call.vanna, call.volga) == (put.gamma, put.vega, put.vanna, put.volga)


@given(STRIKE, VOL, YEARS, RATE, st.booleans())
def test_the_greeks_are_the_slopes_of_the_price(strike, vol, years, r, put) -> None:
    found = option(FORWARD, strike, vol, years, put=put, r=r)

    def slope(field, h, **more):
        up, down = (
            option(
                FORWARD + s * more.get("f", 0.0), strike, vol + s * more.get("v", 0.0), years + s * more.get("t", 0.0),
                put=put, r=r,
            )
            for s in (1, -1)
        )  # fmt: skip
        return (getattr(up, field) - getattr(down, field)) / (2 * h)

    f, v, t = 0.3, 1e-4 * vol, 1e-5 * years
    assert slope("price", f, f=f) == pytest.approx(found.delta, abs=1e-4)
    assert slope("delta", f, f=f) == pytest.approx(found.gamma, rel=1e-3, abs=1e-8)
    assert slope("price", v, v=v) == pytest.approx(found.vega, rel=1e-4, abs=1e-3)
    assert slope("delta", v, v=v) == pytest.approx(found.vanna, rel=1e-3, abs=1e-4)
    assert slope("vega", v, v=v) == pytest.approx(found.volga, rel=1e-3, abs=1e-1)
    assert -slope("price", t, t=t) / 365 == pytest.approx(found.theta_day, rel=1e-3, abs=1e-3)


@given(STRIKE, VOL, YEARS, st.booleans())
def test_implied_volatility_gives_the_price_back(strike, vol, years, put) -> None:
    found = option(FORWARD, strike, vol, years, put=put)
    assume(found.vega > 1e-3)  # less than that, and the price no longer says
    back = implied_vol(found.price, FORWARD, strike, years, put=put)
    assert option(FORWARD, strike, back, years, put=put).price == pytest.approx(found.price, rel=1e-9, abs=1e-9)
    assert back == pytest.approx(vol, abs=1e-8 / min(found.vega, 1.0) + 1e-9)


@given(STRIKE, st.booleans())
def test_without_time_or_volatility_it_is_worth_what_is_inside(strike, put) -> None:
    inside = max(strike - FORWARD if put else FORWARD - strike, 0.0)
    for vol, years in ((0.6, 0.0), (0.0, 0.5)):
        found = option(FORWARD, strike, vol, years, put=put)
        assert found.price == inside
        assert abs(found.delta) == (1.0 if inside else 0.0)
        assert found.gamma == found.vega == 0.0


@pytest.mark.parametrize("price", [0.0, 99.0, 3_000.0, math.nan])
def test_a_price_outside_what_an_option_can_be_worth_implies_nothing(price) -> None:
    with pytest.raises(ValueError, match="no volatility"):
        implied_vol(price, FORWARD, 2_900.0, 0.1)


def test_an_expired_option_implies_nothing() -> None:
    with pytest.raises(ValueError, match="no volatility"):
        implied_vol(110.0, FORWARD, 2_900.0, 0.0)


@pytest.mark.parametrize(
    "bad", [(0.0, 1.0, 0.5, 1.0), (1.0, -1.0, 0.5, 1.0), (1.0, 1.0, -0.5, 1.0), (1.0, 1.0, 0.5, math.nan)]
)
def test_what_is_no_option_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="no option"):
        option(*bad)


@pytest.mark.parametrize("kind", ["call", "put"])
def test_the_reference_values_hold(kind) -> None:
    """The file tells vega, vanna and volga by the point of volatility."""
    known = json.loads(shared("golden/options_math.json").read_text(encoding="utf-8"))
    given_, want = known["inputs"], known[kind]
    years = given_["T"]
    found = option(
        given_["F"], given_["K"], given_["sigma"], years, put=kind == "put", r=-math.log(given_["df"]) / years
    )
    assert found.price == pytest.approx(want["price"])
    assert found.delta == pytest.approx(want["delta"])
    assert found.gamma == pytest.approx(want["gamma"])
    assert found.theta_day == pytest.approx(want["theta_day"])
    assert found.vega / 1e2 == pytest.approx(want["vega"])
    assert found.vanna / 1e2 == pytest.approx(want["vanna"])
    assert found.volga / 1e4 == pytest.approx(want["volga"])
