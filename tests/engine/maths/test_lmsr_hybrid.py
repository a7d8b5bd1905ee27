from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import lmsr
from engine.maths.lmsr_hybrid import Resting, cross, match

PRICE = st.floats(0.02, 0.98)
B = st.floats(5.0, 500.0)
TICKED = st.integers(20, 980).map(lambda ticks: ticks / 1_000)
"""Two floats a last digit apart may become one in 1 - p; no venue has prices so near."""
SHARES = st.floats(0.0, 300.0)
BOOK = st.lists(st.builds(Resting, PRICE, st.floats(0.5, 80.0)), max_size=6)


def ordered(book, rising):
    return sorted(book, key=lambda one: one.price if rising else -one.price)


@given(PRICE, B, PRICE, SHARES, BOOK, st.booleans(), st.sampled_from([0.0, 0.01]))
def test_shares_are_kept_and_nobody_trades_beyond_a_limit(price, b, limit, shares, book, buy, half) -> None:
    resting = ordered(book, buy)
    found = match(price, b, limit, shares, resting, buy=buy, half=half)
    sign = 1 if buy else -1
    assert found.filled + found.unfilled == pytest.approx(shares, abs=1e-8)
    given_by = [0.0] * len(resting)
    for fill in found.fills:
        assert fill.shares > 0.0
        assert sign * (sign * fill.cost / fill.shares - limit) <= 1e-9
        if fill.resting is not None:
            given_by[fill.resting] += fill.shares
            assert sign * fill.cost == pytest.approx(fill.shares * resting[fill.resting].price)
    assert all(gave <= one.shares + 1e-8 for gave, one in zip(given_by, resting, strict=True))
    moved = sum(fill.shares for fill in found.fills if fill.resting is None)
    assert found.price == pytest.approx(lmsr.price_after(price, sign * moved, b), abs=1e-9)


@given(PRICE, B, PRICE, SHARES, BOOK, st.booleans())
def test_it_is_never_worse_than_the_curve_alone(price, b, limit, shares, book, buy) -> None:
    both = match(price, b, limit, shares, ordered(book, buy), buy=buy)
    alone = match(price, b, limit, shares, [], buy=buy)
    assert both.filled >= alone.filled - 1e-7
    sign = 1 if buy else -1
    assert both.cost <= lmsr.trade_cost(price, sign * both.filled, b) + 1e-7


@given(TICKED, B, TICKED, SHARES, st.lists(st.builds(Resting, TICKED, st.floats(0.5, 80.0)), max_size=6))
def test_buying_no_is_selling_yes_at_the_other_price(price, b, limit, shares, book) -> None:
    sold = match(price, b, limit, shares, ordered(book, rising=False), buy=False)
    other = [Resting(1.0 - one.price, one.shares) for one in ordered(book, rising=False)]
    bought = match(1.0 - price, b, 1.0 - limit, shares, other)
    assert bought.filled == pytest.approx(sold.filled, abs=1e-6)
    assert bought.cost == pytest.approx(sold.filled + sold.cost, abs=1e-6)
    assert bought.price == pytest.approx(1.0 - sold.price, abs=1e-9)


@given(PRICE, B, SHARES, BOOK)
def test_better_resting_orders_go_first_and_the_older_at_one_price(price, b, shares, book) -> None:
    found = match(price, b, 1.0, shares, ordered([*book, *book], rising=True))
    places = [fill.resting for fill in found.fills if fill.resting is not None]
    assert places == sorted(places)
    assert found.unfilled <= 1e-8


@given(PRICE, B, st.floats(1.0, 100.0))
def test_an_order_inside_the_quoted_spread_comes_before_the_curve(price, b, shares) -> None:
    inside = Resting(min(price + 0.01, 0.99), shares)
    assert match(price, b, 1.0, shares, [inside]).fills[0].resting is None
    first = match(price, b, 1.0, shares, [inside], half=0.02).fills[0]
    assert (first.resting, first.shares) == (0, shares)


@given(PRICE, B, BOOK, BOOK)
def test_after_crossing_no_order_is_crossed(price, b, buys, sells) -> None:
    best = max((one.price for one in buys), default=0.0)
    buys, sells = ordered(buys, rising=False), ordered([one for one in sells if one.price > best], rising=True)
    bought, sold = cross(price, b, buys, sells)
    for done, book, sign in ((bought, buys, 1), (sold, sells, -1)):
        filled = {fill.resting: fill.shares for fill in done.fills}
        for n, one in enumerate(book):
            if filled.get(n, 0.0) < one.shares - 1e-6:
                assert sign * (one.price - sold.price) <= 1e-6
        for fill in done.fills:
            assert sign * (abs(fill.cost) / fill.shares - book[fill.resting].price) <= 1e-9
    assert not (bought.fills and sold.fills)


def test_a_resting_purchase_lifts_the_curve_to_its_limit_and_no_further() -> None:
    bought, sold = cross(0.5, 100.0, [Resting(0.6, 30.0), Resting(0.55, 30.0), Resting(0.4, 5.0)], [])
    assert [fill.resting for fill in bought.fills] == [0]
    assert 0.55 < bought.price < 0.6
    assert sold.price == bought.price
    bought, _ = cross(0.5, 100.0, [Resting(0.6, 100.0)], [])
    assert bought.price == 0.6
    assert bought.fills[0].shares == pytest.approx(100.0 * math.log(1.5))


@pytest.mark.parametrize(
    "bad",
    [
        (1.0, 100.0, 0.5, 1.0, []),
        (0.5, 100.0, 1.1, 1.0, []),
        (0.5, 100.0, 0.9, -1.0, []),
        (0.5, 100.0, 0.9, math.inf, []),
        (0.5, 100.0, 0.9, 1.0, [Resting(0.6, 1.0), Resting(0.5, 1.0)]),
        (0.5, 100.0, 0.9, 1.0, [Resting(0.6, 0.0)]),
        (0.5, 100.0, 0.9, 1.0, [Resting(1.0, 1.0)]),
        (0.5, 0.0, 0.9, 1.0, []),
    ],
)
def test_nonsense_is_refused(bad) -> None:
    with pytest.raises(ValueError, match=r"must|no match"):
        match(*bad)
