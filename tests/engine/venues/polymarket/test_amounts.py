"""Order amounts: exact, on the venue's grid, never more than was asked for."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Side
from engine.venues.polymarket import amounts

SIDES = st.sampled_from(Side)
SIZES = st.integers(1, 10**9).map(lambda n: Decimal(n) / 100)


@st.composite
def grids(draw) -> tuple[Decimal, Decimal]:
    tick = draw(st.sampled_from(sorted(amounts.ROUNDINGS)))
    return tick, tick * draw(st.integers(1, int(1 / tick) - 1))


def sides(side: Side, got: amounts.Amounts) -> tuple[int, int]:
    """Return money and shares."""
    return (got.maker, got.taker) if side is Side.BUY else (got.taker, got.maker)


@given(SIDES, grids(), SIZES)
def test_a_limit_order_costs_its_size_times_its_price_exactly(side, grid, size) -> None:
    tick, price = grid
    money, shares = sides(side, amounts.limit(side, price, size, tick))
    assert Fraction(shares, 10**6) == Fraction(size)
    assert Fraction(money, 10**6) == Fraction(size) * Fraction(price)


@given(SIDES, grids(), SIZES)
def test_an_immediate_order_keeps_the_price_and_four_decimals(side, grid, size) -> None:
    tick, price = grid
    if size < 1:
        size += 1
    money, shares = sides(side, amounts.immediate(side, price, size, tick))
    assert money % 100 == 0
    assert Fraction(money, shares) == Fraction(price)
    assert 0 <= Fraction(size) - Fraction(shares, 10**6) < 1


@given(grids(), SIZES)
def test_a_purchase_for_a_sum_never_asks_a_worse_price_than_it_says(grid, money) -> None:
    tick, price = grid
    got = amounts.market(Side.BUY, price, money + 5, tick)
    assert Fraction(got.maker, 10**6) == Fraction(money + 5)
    assert Fraction(got.maker, got.taker) >= Fraction(price)


@pytest.mark.parametrize(
    ("price", "tick"),
    [("0.555", "0.01"), ("0", "0.01"), ("1", "0.01"), ("0.5", "0.02"), ("NaN", "0.01"), ("Infinity", "0.01")],
)
def test_a_price_off_the_grid_is_refused(price, tick) -> None:
    for compute in (amounts.limit, amounts.immediate):
        with pytest.raises(ValueError, match=r"price must be|no tick size"):
            compute(Side.BUY, Decimal(price), Decimal(10), Decimal(tick))


@pytest.mark.parametrize("size", ["0", "-5", "0.001", "NaN", "1e30"])
def test_nothing_and_nonsense_are_refused(size) -> None:
    for compute in (amounts.limit, amounts.market):
        with pytest.raises(ValueError, match=r"nothing left|no amount"):
            compute(Side.SELL, Decimal("0.5"), Decimal(size), Decimal("0.01"))
