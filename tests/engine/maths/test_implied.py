from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.maths.black_arrays import price
from engine.maths.implied import REASONS, Why, implied_vols

FORWARD = 63_000.0


@given(st.floats(1e4, 4e5), st.floats(0.02, 4.0), st.floats(0.001, 3.0), st.booleans(), st.floats(-0.05, 0.2))
def test_the_volatility_comes_back_where_the_price_can_tell(strike, vol, years, put, r) -> None:
    worth = price(FORWARD, strike, vol, years, put, r)
    extra = worth[0] - math.exp(-r * years) * max((strike - FORWARD) if put else (FORWARD - strike), 0.0)
    assume(extra > 1e-7 * FORWARD and worth[0] < 0.98 * (strike if put else FORWARD) * math.exp(-r * years))
    found = implied_vols(worth, FORWARD, strike, years, put, r)
    assert found.known.all()
    assert found.vol[0] == pytest.approx(vol, rel=1e-7)


@given(st.floats(6.4e4, 6e5), st.floats(0.05, 2.0), st.floats(0.003, 1.0))
def test_out_of_the_money_the_smallest_price_still_tells(strike, vol, years) -> None:
    """A price out of the money is all value of time, so nothing is lost before the numbers end."""
    worth = price(FORWARD, strike, vol, years)
    assume(worth[0] > 1e-280)
    assert implied_vols(worth, FORWARD, strike, years).vol[0] == pytest.approx(vol, rel=1e-7)


@pytest.mark.parametrize(
    ("worth", "strike", "years", "put", "why"),
    [
        (math.nan, 6e4, 0.1, False, Why.UNKNOWN),
        (100.0, 0.0, 0.1, False, Why.UNKNOWN),
        (100.0, math.inf, 0.1, False, Why.UNKNOWN),
        (4_000.0, 6e4, 0.0, False, Why.EXPIRED),
        (2_000.0, 6e4, 0.1, False, Why.BELOW_INTRINSIC),
        (3_000.0, 6e4, 0.1, False, Why.NO_TIME_VALUE),
        (0.0, 6e4, 0.1, True, Why.NO_TIME_VALUE),
        (3_000.4, 6e4, 0.1, False, Why.NO_TIME_VALUE),
        (63_000.0, 6e4, 0.1, False, Why.TOO_DEAR),
        (60_000.0, 6e4, 0.1, True, Why.TOO_DEAR),
    ],
)
def test_a_price_that_tells_none_is_refused_with_a_reason(worth, strike, years, put, why) -> None:
    found = implied_vols(worth, FORWARD, strike, years, put, least=0.5)
    assert Why(int(found.why[0])) is why
    assert np.isnan(found.vol).all()
    assert not found.known.any()
    assert found.reason(0) == REASONS[why] != ""


def test_one_bad_price_leaves_the_others_alone() -> None:
    strikes = np.array([5.5e4, 6.3e4, 7e4])
    worth = price(FORWARD, strikes, 0.5, 0.1)
    found = implied_vols(np.where(strikes == 6.3e4, np.nan, worth), FORWARD, strikes, 0.1)
    assert found.known.tolist() == [True, False, True]
    assert found.vol[[0, 2]] == pytest.approx(0.5)
    assert found.reason(0) == ""


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=5, max_size=5))
def test_no_number_raises(given_) -> None:
    worth, forward, strike, years, r = given_
    found = implied_vols(worth, forward, strike, years, r=r)
    assert found.known[0] == np.isfinite(found.vol[0])


def test_oracles_find_the_same() -> None:
    """vollib's implied volatility by Jäckel's own method, and QuantLib's."""
    ql = pytest.importorskip("QuantLib")
    black = pytest.importorskip("vollib.black.implied_volatility")
    rng = np.random.default_rng(6)
    n = 60
    strikes, vols, years = FORWARD * np.exp(rng.normal(0, 0.3, n)), rng.uniform(0.2, 1.5, n), rng.uniform(0.05, 1.0, n)
    put = strikes < FORWARD
    worth = price(FORWARD, strikes, vols, years, put)
    found = implied_vols(worth, FORWARD, strikes, years, put).vol
    for i in range(n):
        if worth[i] < 1e-4 * FORWARD:
            continue
        flag, kind = ("p", ql.Option.Put) if put[i] else ("c", ql.Option.Call)
        theirs = black.implied_volatility(float(worth[i]), FORWARD, float(strikes[i]), 0.0, float(years[i]), flag)
        assert found[i] == pytest.approx(theirs, rel=1e-8)
        spread = ql.blackFormulaImpliedStdDevLiRS(kind, float(strikes[i]), FORWARD, float(worth[i]), 1.0, 0.0)
        assert found[i] == pytest.approx(spread / math.sqrt(years[i]), abs=1e-3)
