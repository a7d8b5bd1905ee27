"""Makers compared: the pool keeps its product, nobody loses more than was said, and only the ladder has a spread."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import makers

SIZES = st.floats(-500.0, 500.0, allow_nan=False)


@given(st.floats(1.0, 1e4), st.floats(1.0, 1e4), SIZES)
def test_a_pool_keeps_its_product_and_its_price_moves_with_the_trade(yes: float, no: float, shares: float) -> None:
    cost, y, n = makers.pool_trade(yes, no, shares)
    assert y > 0.0
    assert n > 0.0
    assert y * n == pytest.approx(yes * no, rel=1e-6)
    assert cost * shares >= 0.0
    assert abs(cost) <= abs(shares) * (1.0 + 1e-9)


@given(st.lists(SIZES, max_size=6))
def test_no_maker_loses_more_than_its_worst(trades: list[float]) -> None:
    for made in makers.compare(trades, 100.0):
        assert min(made.if_yes, made.if_no) >= -made.worst - 1e-6, made.name


def test_a_round_trip_is_free_but_in_the_ladder() -> None:
    pool, book, scored = makers.compare([40.0, -40.0], 100.0)
    assert pool.if_yes == pytest.approx(0.0, abs=1e-9)
    assert scored.if_yes == pytest.approx(0.0, abs=1e-9)
    assert book.if_yes == book.if_no == pytest.approx(20 * 0.51 + 20 * 0.53 - 20 * 0.49 - 20 * 0.47)


def test_a_ladder_ends_and_the_others_never_do() -> None:
    pool, book, scored = makers.compare([1_000.0, 1.0], 100.0)
    assert book.trades[0].shares == 160.0
    assert book.trades[1].shares == 0.0
    assert pool.trades[0].shares == scored.trades[0].shares == 1_000.0
    assert math.isclose(book.if_yes, -book.worst)


@pytest.mark.parametrize(("yes", "no", "shares"), [(0.0, 1.0, 1.0), (1.0, math.inf, 1.0), (1.0, 1.0, math.nan)])
def test_no_trade_with_an_empty_pool_or_for_no_number(yes: float, no: float, shares: float) -> None:
    with pytest.raises(ValueError, match="no trade"):
        makers.pool_trade(yes, no, shares)


def test_a_ladder_has_some_levels() -> None:
    with pytest.raises(ValueError, match="1 to 24"):
        makers.compare([1.0], 100.0, levels=0)
