"""A quote is never better than its hedge after every cost; units are kept to the last digit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.options.rfq_price import Answer, Edge, Fair, answer, on_grid

FAIR = Fair(3_000.0, 3_000.0, 0.6, 0.1, put=False)
WORTH = 226.74176343998792
BIDS, ASKS = ((225.0, 2.0), (224.0, 5.0)), ((228.0, 2.0), (229.0, 5.0))


def test_what_we_buy_is_below_the_bids_walked_and_what_we_sell_above_the_asks_walked() -> None:
    bought = answer(BIDS, 4.0, 0.9, FAIR, Edge(bps=100, vol=0.0, inventory_bps=0), buy=True)
    sold = answer(ASKS, 4.0, 0.9, FAIR, Edge(bps=100, vol=0.0, inventory_bps=0), buy=False)
    assert isinstance(bought, Answer)
    assert isinstance(sold, Answer)
    assert (bought.hedge, sold.hedge) == (224.5, 228.5)
    assert bought.price == pytest.approx(224.5 * 0.99 - 0.9)
    assert sold.price == pytest.approx(228.5 * 1.01 + 0.9)
    assert bought.model == pytest.approx(WORTH)


def test_a_book_that_is_too_thin_has_no_price() -> None:
    assert answer(BIDS, 8.0, 0.0, FAIR, Edge(), buy=True) == "the hedge's book holds 7 of 8"


def test_the_model_with_its_volatility_moved_bounds_the_price() -> None:
    rich = answer(((400.0, 9.0),), 1.0, 0.0, FAIR, Edge(bps=0, vol=0.01, inventory_bps=0), buy=True)
    cheap = answer(((100.0, 9.0),), 1.0, 0.0, FAIR, Edge(bps=0, vol=0.01, inventory_bps=0), buy=False)
    assert isinstance(rich, Answer)
    assert isinstance(cheap, Answer)
    assert rich.price < WORTH < cheap.price


SIZES = st.floats(0.1, 6.9)


@given(SIZES, st.floats(0, 5), st.floats(0, 500), st.floats(0, 0.2), st.floats(-1, 1), st.booleans())
def test_no_quote_is_better_than_its_hedge_with_its_fee(qty, fee, bps, vol, filling, buy) -> None:
    found = answer(BIDS if buy else ASKS, qty, fee, FAIR, Edge(bps, vol, 100.0), buy=buy, filling=filling)
    if isinstance(found, Answer):
        assert found.edge >= -1e-9
        assert found.price <= found.hedge - fee + 1e-9 if buy else found.price >= found.hedge + fee - 1e-9


@given(SIZES, SIZES)
def test_more_is_never_cheaper(a, b) -> None:
    small, large = sorted((a, b))
    one, other = (answer(ASKS, q, 0.0, FAIR, Edge(), buy=False) for q in (small, large))
    assert isinstance(one, Answer)
    assert isinstance(other, Answer)
    assert other.price >= one.price - 1e-9


@pytest.mark.parametrize(
    ("price", "dollars", "unit", "buy", "found"),
    [
        (8.2, "1", "0.000001", True, "8.200000"),
        (1.005, "1", "0.01", True, "1.00"),
        (1.005, "1", "0.01", False, "1.01"),
        (150.0, "3000", "0.0005", True, "0.0500"),
        (150.1, "3000", "0.0005", False, "0.0505"),
    ],
)
def test_prices_go_down_where_we_buy_and_up_where_we_sell(price, dollars, unit, buy, found) -> None:
    assert on_grid(price, Decimal(dollars), Decimal(unit), buy=buy) == Decimal(found)


def test_what_is_less_than_a_step_is_no_price() -> None:
    with pytest.raises(ValueError, match="less than one step"):
        on_grid(0.004, Decimal(1), Decimal("0.01"), buy=True)
