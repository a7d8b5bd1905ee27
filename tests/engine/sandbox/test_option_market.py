"""The simulated options: one surface without arbitrage, quotes around it on the venue's grid, the same for all."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.book.grid import lies_on
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.units import DAY, HOUR, MINUTE, SECOND, Nanos
from engine.sandbox import option_market as market
from engine.sandbox.coin import Coin
from engine.sandbox.option_market import PERPETUAL, YEAR, OptionMarket, Terms

START = Nanos(1_790_000_000 * SECOND)
MARKET = OptionMarket(7, Coin(7, START))
MINUTES = st.integers(0, 200)


@settings(max_examples=40)
@given(MINUTES, st.integers(0, 3))
def test_calls_fall_with_the_strike_and_bend_upwards(minute: int, which: int) -> None:
    at = Nanos(START + minute * MINUTE)
    expires = market.expiries(at)[which]
    some = market.strikes(MARKET.forward(expires, at), (expires - at) / YEAR)
    calls = [MARKET.value(Terms(expires, strike, put=False), at).found.price for strike in some]
    slopes = [(b - a) / (some[1] - some[0]) for a, b in pairwise(calls)]
    assert all(-1.0 <= slope <= 1e-9 for slope in slopes)
    assert all(b >= a - 1e-6 for a, b in pairwise(slopes))
    for strike, call in zip(some, calls, strict=True):
        put = MARKET.value(Terms(expires, strike, put=True), at)
        assert call - put.found.price == pytest.approx(put.forward - strike, abs=1e-6)


@settings(max_examples=40)
@given(MINUTES)
def test_a_later_expiry_has_more_variance(minute: int) -> None:
    at = Nanos(START + minute * MINUTE)
    totals = []
    for expires in market.expiries(at):
        strike = round(MARKET.forward(expires, at))
        totals.append(MARKET.vol(Terms(expires, strike, put=False), at) ** 2 * (expires - at))
    assert totals == sorted(totals)


@settings(max_examples=60)
@given(MINUTES, st.integers(0, 3), st.integers(0, 14), st.booleans())
def test_quotes_lie_on_the_grid_around_the_value(minute: int, which: int, strike: int, put: bool) -> None:
    at = Nanos(START + minute * MINUTE)
    expires = market.expiries(at)[which]
    terms = Terms(expires, market.strikes(MARKET.forward(expires, at), (expires - at) / YEAR)[strike], put)
    one = market.option(terms)
    book, mark = MARKET.book(one.id, at), MARKET.marked(one.id, at)
    assert all(lies_on(one.grid, price) and lots > 0 for price, lots in (*book.bids, *book.asks))
    assert all(a > b for (a, _), (b, _) in pairwise(book.bids))
    assert all(a < b for (a, _), (b, _) in pairwise(book.asks))
    assert mark.price is not None
    assert mark.ask is not None
    assert mark.ask * one.unit > mark.price
    if mark.bid is not None:
        assert mark.bid * one.unit < mark.price
    assert MARKET.book(one.id, at) == OptionMarket(7, Coin(7, START)).book(one.id, at)


def test_there_are_four_expiries_at_eight_and_names_say_which() -> None:
    found = market.expiries(START)
    assert len(found) == 4
    assert all(one % DAY == 8 * HOUR for one in found)
    terms = Terms(found[0], 80_000, put=True)
    assert market.name(terms) == "BTC-22SEP26-80000-P"
    assert market.terms_of(market.name(terms)) == terms
    assert market.expiries(Nanos(found[0] - 1))[0] == found[0]
    assert market.expiries(found[0])[0] == found[0] + DAY


def test_the_day_after_lists_no_more_than_it_must() -> None:
    before, after = (set(market.expiries(Nanos(START + n * DAY))) for n in range(2))
    assert len(before & after) >= 2


def test_delivery_is_the_average_of_the_last_half_hour() -> None:
    end = Nanos(START + 2 * HOUR)
    some = [MARKET.index(Nanos(end - second * SECOND)) for second in range(1_800)]
    assert float(MARKET.delivery(end)) == pytest.approx(sum(some) / len(some), rel=1e-4)


def test_the_perpetual_is_quoted_near_the_index() -> None:
    mark = MARKET.marked(PERPETUAL, START)
    assert mark.price is not None
    assert mark.index is not None
    assert abs(mark.price / mark.index - 1) < Decimal("0.001")


@pytest.mark.parametrize("name", ["BTC-PERPETUAL", "ETH-22SEP26-80000-P", "BTC-22SEP26-80000-X", "x"])
def test_another_name_is_none_of_ours(name: str) -> None:
    with pytest.raises(ValueError, match="no option"):
        market.terms_of(InstrumentId(DERIBIT, name).symbol)
