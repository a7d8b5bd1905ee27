"""Where an option is quoted: the table of the specification, skew, volatility, missing sides and limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.options.making import Market, Terms, Two, quotes

BOOK = Market(((100.0, 5.0),), ((105.0, 5.0),), None)
PLAIN = Terms(min_spread_bps=0.0, skew=0.0)


def at(market: Market = BOOK, held: float = 0.0, **terms: float) -> Two:
    found = quotes(market, held, PLAIN._replace(**terms))
    assert isinstance(found, Two)
    return found


@pytest.mark.parametrize(
    ("aggression", "bid", "ask"),
    [(0.0, 100.0, 105.0), (0.5, 101.25, 103.75), (0.9, 102.25, 102.75), (1.0, 100.1, 104.9)],
)
def test_the_table_of_the_specification(aggression, bid, ask) -> None:
    found = at(aggression=aggression)
    assert (found.bid, found.ask) == pytest.approx((bid, ask))


def test_a_best_price_counts_from_the_reference_size_on() -> None:
    deep = Market(((100.0, 0.5), (99.5, 1.2)), ((105.0, 0.3), (105.5, 1.5)), None)
    found = at(deep, aggression=1.0, reference=1.0)
    assert (found.bid, found.ask) == pytest.approx((99.6, 105.4))


def test_a_missing_side_is_made_up_from_the_mark_and_without_it_there_is_no_quote() -> None:
    one = at(Market(((100.0, 5.0),), (), 102.0), aggression=0.0, spread_bps=100.0)
    assert (one.bid, one.ask, one.mid) == pytest.approx((100.0, 102.51, 102.0))
    assert isinstance(quotes(Market((), (), None), 0.0, PLAIN), str)


def test_volatility_widens_and_a_position_leans_against_itself() -> None:
    wide = at(BOOK._replace(vega=400.0, vol=0.6), vol_share=100.0, refresh_s=86_400.0)
    assert wide.half > at().half
    long, short = at(held=5.0, skew=0.5), at(held=-5.0, skew=0.5)
    assert long.bid < at().bid < short.bid  # type: ignore[operator]
    assert long.ask < at().ask < short.ask  # type: ignore[operator]


def test_near_the_limit_only_the_side_that_reduces_is_left() -> None:
    assert (at(held=9.0).bid, at(held=-9.0).ask) == (None, None)
    assert at(held=9.0).ask is not None
    assert at(held=-9.0).bid is not None
    assert at(held=10.0).ask is not None


@given(st.floats(-10, 10), st.floats(0, 2), st.floats(0, 1))
def test_our_bid_is_always_below_our_ask(held, aggression, skew) -> None:
    found = quotes(BOOK, held, Terms(aggression=aggression, skew=skew))
    assert isinstance(found, Two)
    if found.bid is not None and found.ask is not None:
        assert found.bid < found.ask


def test_the_middle_is_of_the_best_prices_however_little_stands_there() -> None:
    thin = Market(((100.0, 0.5), (90.0, 1.2)), ((105.0, 0.3), (105.5, 1.5)), None)
    found = at(thin, aggression=0.5, reference=1.0)
    assert (found.bid, found.ask, found.mid) == pytest.approx((96.25, 104.0, 102.5))


def test_a_side_on_which_too_little_stands_is_made_up_from_the_middle_without_a_mark() -> None:
    found = at(Market(((100.0, 0.5),), ((105.0, 5.0),), None), aggression=0.0, reference=1.0, spread_bps=100.0)
    assert (found.bid, found.ask, found.mid) == pytest.approx((102.5 - 0.5125, 105.0, 102.5))
