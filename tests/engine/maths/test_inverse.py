from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import black_arrays, inverse
from engine.maths.inverse import Flat

PRICE = st.floats(2e4, 1.5e5)
STRIKE = st.floats(2e4, 1.5e5)
VOL = st.floats(0.1, 1.5)
YEARS = st.floats(0.01, 1.0)


def coin(at, strike, vol, years, put):
    return float(inverse.in_coin(black_arrays.price(at, strike, vol, years, put), at)[0])


@given(PRICE, STRIKE, VOL, YEARS, st.booleans())
def test_the_net_delta_is_how_coin_moves_with_the_price(at, strike, vol, years, put) -> None:
    delta = black_arrays.black(at, strike, vol, years, put).delta[0]
    h = 1e-4 * at * vol * math.sqrt(years)
    moved = at * (coin(at + h, strike, vol, years, put) - coin(at - h, strike, vol, years, put)) / (2.0 * h)
    found = float(inverse.net_transaction_delta(delta, coin(at, strike, vol, years, put)))
    assert found == pytest.approx(moved, abs=1e-5 * (1.0 + strike / at))


@given(PRICE, STRIKE, VOL, YEARS, st.booleans(), st.floats(-5.0, 5.0))
def test_dollars_are_flat_after_the_hedge_in_dollars(at, strike, vol, years, put, size) -> None:
    """Equity of an account that paid the premium from 1 coin, hedged with an inverse future at its entry."""
    first = coin(at, strike, vol, years, put)
    delta = black_arrays.black(at, strike, vol, years, put).delta
    ntd = inverse.net_transaction_delta(delta, first)
    sold = inverse.to_hedge([size], ntd, 0.0, 1.0, Flat.USD)

    def dollars(price):
        held = size * (coin(price, strike, vol, years, put) - first) + inverse.future(-sold * at, price, at).pnl
        return (1.0 + held) * price

    h = 1e-5 * at
    slope = (dollars(at + h) - dollars(at - h)) / (2.0 * h)
    assert slope == pytest.approx(0.0, abs=1e-3 * (1.0 + abs(size)) * (1.0 + strike / at) / (vol * math.sqrt(years)))


def test_coin_is_flat_without_the_equity() -> None:
    assert inverse.to_hedge([2.0, -1.0], [0.4, -0.3], 0.1, 5.0, Flat.COIN) == pytest.approx(1.2)
    assert inverse.to_hedge([2.0, -1.0], [0.4, -0.3], 0.1, 5.0) == pytest.approx(6.2)


@given(PRICE, PRICE, st.floats(-1e6, 1e6))
def test_a_future_gains_coin_by_the_difference_of_inverses(now, then, usd) -> None:
    found = inverse.future(usd, now, then)
    h = 1e-4 * now
    worth = [inverse.future(usd, now + s * h, then).pnl for s in (1, -1)]
    assert (worth[0] - worth[1]) / (2 * h) * now == pytest.approx(found.delta, rel=1e-6, abs=1e-9)
    deltas = [usd / (now + s * h) ** 2 for s in (1, -1)]
    assert (deltas[0] - deltas[1]) / (2 * h) == pytest.approx(found.gamma, rel=1e-6, abs=1e-18)


@pytest.mark.parametrize("bad", [(math.nan, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, -1.0)])
def test_what_is_no_future_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="no future"):
        inverse.future(*bad)


@given(st.floats(1.0, 1e6), st.floats(1.0, 1e6))
def test_an_inverse_call_never_pays_more_than_a_coin(at, strike) -> None:
    assert 0.0 <= inverse.payoff(at, strike) < 1.0
    assert inverse.payoff(at, strike) - inverse.payoff(at, strike, True) == pytest.approx((at - strike) / at)


def test_both_dollars_of_a_result_are_told() -> None:
    found = inverse.brought(2.0, 0.02, 0.03, 60_000.0, 66_000.0)
    assert found.coin == pytest.approx(0.02)
    assert found.usd_now == pytest.approx(1_320.0)
    assert found.usd_then == pytest.approx(2.0 * (0.03 * 66_000 - 0.02 * 60_000))


def test_prices_go_to_coin_and_back() -> None:
    assert inverse.in_quote(inverse.in_coin([100.0, 200.0], 5e4), 5e4) == pytest.approx([100.0, 200.0])


def test_what_is_averaged_already_no_longer_moves() -> None:
    assert inverse.averaging(np.array([3_600.0, 900.0, 0.0, -5.0])).tolist() == [1.0, 0.5, 0.0, 0.0]
