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


@given(grids(), SIZES)
def test_an_immediate_sale_keeps_the_price_and_gets_four_decimals(grid, size) -> None:
    tick, price = grid
    if size < 1:
        size += 1
    money, shares = sides(Side.SELL, amounts.immediate(Side.SELL, price, size, tick))
    assert (money % 100, shares % 10_000) == (0, 0)
    assert Fraction(money, shares) == Fraction(price)
    assert 0 <= Fraction(size) - Fraction(shares, 10**6) < 1


@given(grids(), SIZES)
def test_an_immediate_purchase_gives_whole_cents_and_never_asks_for_more(grid, size) -> None:
    tick, price = grid
    if size * price < Decimal("0.01"):
        size += 1 / price
    money, shares = sides(Side.BUY, amounts.immediate(Side.BUY, price, size, tick))
    assert (money % 10_000, shares % 100) == (0, 0), "two decimals of money, four of shares"
    assert 0 <= Fraction(money, shares) - Fraction(price) <= Fraction(price) * 100 / shares, "rounded shares alone"
    assert Fraction(money, 10**6) <= Fraction(size) * Fraction(price)
    assert 0 <= Fraction(size) - Fraction(shares, 10**6) < max(1, Fraction("0.0101") / Fraction(price))


@pytest.mark.parametrize(
    ("price", "size", "tick", "expected"),
    [
        ("0.57", "12.5", "0.01", (6_840_000, 12_000_000)),
        ("0.35", "42.85", "0.01", (14_980_000, 42_800_000)),
        ("0.762", "114.49", "0.001", (87_240_000, 114_488_100)),
        ("0.573", "7", "0.001", (4_010_000, 6_998_200)),
        ("0.57", "100", "0.01", (57_000_000, 100_000_000)),
    ],
)
def test_a_purchase_that_would_be_refused_for_its_digits_is_made_a_little_smaller(price, size, tick, expected) -> None:
    assert amounts.immediate(Side.BUY, Decimal(price), Decimal(size), Decimal(tick)) == expected


@pytest.mark.parametrize(("tick", "price"), [("0.001", "0.985"), ("0.005", "0.255"), ("0.0001", "0.9999")])
def test_a_sum_buys_shares_of_four_decimals_whatever_the_tick(tick, price) -> None:
    got = amounts.market(Side.BUY, Decimal(price), Decimal("9.98"), Decimal(tick), decimals=amounts.TAKING)
    assert (got.maker, got.taker % 100) == (9_980_000, 0)
    assert Fraction(got.maker, got.taker) >= Fraction(price)


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
