"""Bands around a delta, and the two orders that wait at its edges."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Side
from engine.options import bands, ddh
from engine.options.ddh import Stand


def test_each_kind_of_band_has_its_width() -> None:
    assert bands.half_width("fixed", fixed=0.2) == 0.2
    assert bands.half_width("percent", share=0.1, gross=30.0) == pytest.approx(3.0)
    found = bands.half_width("whalley", gamma=0.02, spot=3_000.0, cost=0.0005, aversion=0.001)
    assert found == pytest.approx((1.5 * 0.0005 * 3_000 * 0.02**2 / 0.001) ** (1 / 3))
    with pytest.raises(ValueError, match="no band"):
        bands.half_width("wide")
    with pytest.raises(ValueError, match="no band"):
        bands.half_width("fixed", fixed=math.nan)


@given(st.floats(-100, 100), st.floats(0, 10))
def test_a_hedge_to_the_edge_or_the_centre_ends_there(net, half) -> None:
    edge, centre = bands.trade(net, half), bands.trade(net, half, to="centre")
    if abs(net) <= half:
        assert edge == centre == 0.0
    else:
        assert abs(net + edge) == pytest.approx(half)
        assert net + centre == 0.0


STAND = Stand(mark=3_000.0, bid=2_999.0, ask=3_001.0, tick=0.5)


def test_the_case_of_the_specification() -> None:
    assert ddh.change(0.3, 0.01, -0.1, 20.0) == (-20.0, pytest.approx(0.1))
    assert ddh.order(Side.BUY, 0.3, 0.01, STAND, most_delta=0.1, most_move=20.0) is None
    sell = ddh.order(Side.SELL, 0.3, 0.01, STAND, most_delta=0.1, most_move=20.0)
    assert sell is not None
    assert sell.amount == pytest.approx(0.3)
    assert sell.price >= max(STAND.bid + STAND.tick, 3_000.0)


def test_long_gamma_waits_on_both_sides_and_short_gamma_trades_what_there_is_at_the_mark() -> None:
    buy = ddh.order(Side.BUY, 0.0, 0.01, STAND, most_delta=0.1, most_move=20.0)
    sell = ddh.order(Side.SELL, 0.0, 0.01, STAND, most_delta=0.1, most_move=20.0)
    assert buy is not None
    assert sell is not None
    assert (buy.price, buy.amount, sell.price, sell.amount) == pytest.approx((2_990.0, 0.1, 3_010.0, 0.1))
    short = ddh.order(Side.SELL, 0.05, -0.01, STAND, most_delta=0.1, most_move=20.0)
    assert short is not None
    assert (short.price, short.amount) == pytest.approx((3_000.0, 0.05))


def test_half_way_through_the_settlement_average_half_is_left() -> None:
    assert [ddh.share(s) for s in (-1.0, 0.0, 900.0, 1_800.0, 9e9)] == [0.0, 0.0, 0.5, 1.0, 1.0]
