from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.options.quoter import apr, around, walk

PRICE = st.floats(0.5, 5_000.0)
BOOK = st.lists(st.tuples(PRICE, st.floats(0.1, 50.0)), min_size=1, max_size=8).map(sorted)


@given(BOOK, st.floats(0.1, 200.0))
def test_a_walk_fills_what_there_is_at_no_better_than_the_best(levels, size) -> None:
    found = walk(levels, size)
    assert found.filled + found.missing == pytest.approx(size)
    assert found.filled <= sum(there for _, there in levels) + 1e-9
    assert levels[0][0] - 1e-9 <= found.average <= levels[-1][0] + 1e-9
    assert (found.slippage_bps is None) == (found.missing > 0)
    if found.slippage_bps is not None:
        assert found.slippage_bps >= 0.0
        assert levels[0][0] * (1 + found.slippage_bps / 1e4) == pytest.approx(found.average)


@given(BOOK, st.floats(0.1, 100.0), st.floats(0.1, 100.0))
def test_more_never_trades_at_a_better_average(levels, one, other) -> None:
    small, large = sorted((one, other))
    assert walk(levels, small).average <= walk(levels, large).average + 1e-9


def test_an_empty_book_fills_nothing() -> None:
    assert walk([], 1.0) == (0.0, None, 1.0, None)


@pytest.mark.parametrize(
    ("levels", "size"),
    [([(1.0, 1.0)], 0.0), ([(0.0, 1.0)], 1.0), ([(1.0, 0.0)], 1.0), ([(1.0, 1.0), (2.0, 1.0), (1.5, 1.0)], 1.0),
     ([(math.nan, 1.0)], 1.0)],
)  # fmt: skip
def test_a_book_out_of_order_has_no_price(levels, size) -> None:
    with pytest.raises(ValueError, match=r"size must|no price or|not in order"):
        walk(levels, size)


@given(PRICE, PRICE, PRICE, st.floats(0.5, 400.0), st.booleans())
def test_time_value_is_what_is_paid_above_the_inside(price, strike, spot, days, put) -> None:
    found = apr(price, strike, spot, days, put=put)
    inside = max(strike - spot if put else spot - strike, 0.0)
    assert found.time_value == pytest.approx(max(price - inside, 0.0))
    base = strike if put else spot
    assert found.apr_pct * base * days / 36_500 == pytest.approx(found.time_value)


@pytest.mark.parametrize("bad", [(-1.0, 1.0, 1.0, 1.0), (1.0, math.nan, 1.0, 1.0), (1.0, 1.0, 1.0, math.inf)])
def test_nonsense_yields_nothing(bad) -> None:
    with pytest.raises(ValueError, match="no yield"):
        apr(*bad, put=False)


@given(st.floats(10.0, 1_000.0), st.floats(0.0, 50.0), st.floats(-1.0, 3.0), st.sampled_from([None, 0.05, 0.5]))
def test_our_quotes_keep_the_least_spread(bid, wide, aggression, tick) -> None:
    found = around(bid, bid + wide, aggression, tick=tick)
    assert found.ask - found.bid >= found.mid * 5e-4 - 1e-9
    assert found.bid <= found.mid <= found.ask


@given(st.floats(10.0, 1_000.0), st.floats(1.0, 50.0), st.floats(0.0, 0.9), st.floats(0.0, 0.9))
def test_more_aggression_is_nearer_the_middle(bid, wide, one, other) -> None:
    shy, bold = (around(bid, bid + wide, a, min_spread_bps=0.0) for a in sorted((one, other)))
    assert bid - 1e-9 <= shy.bid <= bold.bid + 1e-9
    assert bold.ask - 1e-9 <= shy.ask


def test_without_a_price_there_is_no_quote() -> None:
    assert around(0.0, 0.0, 0.5) is None
    assert around(100.0, 0.0, 0.5) is None
    assert around(0.0, 0.0, 0.0, mark=100.0) == pytest.approx((99.75, 100.25, 100.0))


@pytest.mark.parametrize("bad", [(-1.0, 2.0, 0.5), (1.0, math.nan, 0.5), (1.0, 2.0, math.inf)])
def test_nonsense_is_not_quoted_around(bad) -> None:
    with pytest.raises(ValueError, match="no quotes"):
        around(*bad)


def test_a_tick_is_positive() -> None:
    with pytest.raises(ValueError, match="no quotes"):
        around(1.0, 2.0, 0.5, tick=0.0)
