from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.maths import lmsr

B = st.floats(1.0, 1e4)
PRICE = st.floats(0.001, 0.999)
SHARES = st.floats(-1e4, 1e4)
MARKET = st.lists(SHARES, min_size=2, max_size=12)
WEIGHTS = st.lists(st.floats(0.01, 1.0), min_size=2, max_size=12)
BAD = (math.nan, math.inf, -math.inf)


def test_even_market_of_two_can_lose_69_31() -> None:
    assert lmsr.max_loss((0.5, 0.5), 100.0) == pytest.approx(69.314718, abs=1e-6)
    assert lmsr.cost((0.0, 0.0), 100.0) == pytest.approx(69.314718, abs=1e-6)


def test_a_fifth_to_four_fifths_can_lose_160_94() -> None:
    assert lmsr.max_loss((0.2, 0.8), 100.0) == pytest.approx(160.943791, abs=1e-6)


@given(MARKET, B)
def test_prices_are_a_distribution(q, b) -> None:
    prices = lmsr.prices(q, b)
    assert len(prices) == len(q)
    assert all(0.0 <= p <= 1.0 for p in prices)
    assert math.fsum(prices) == pytest.approx(1.0)
    assert lmsr.price(q, 1, b) == prices[1]


@given(WEIGHTS, B)
def test_a_market_opens_on_its_prior(weights, b) -> None:
    whole = sum(weights)
    assert lmsr.prices(lmsr.opening_shares(weights, b), b) == pytest.approx([w / whole for w in weights])


@given(WEIGHTS, B, st.floats(-1e5, 1e5), st.floats(-20.0, 20.0), st.data())
def test_a_trade_costs_what_it_adds_to_the_cost_function(weights, b, sold, turns, data) -> None:
    q = [x + sold for x in lmsr.opening_shares(weights, b)]
    i, shares = data.draw(st.integers(0, len(q) - 1)), turns * b
    after = [x + shares if n == i else x for n, x in enumerate(q)]
    difference = lmsr.cost(after, b) - lmsr.cost(q, b)
    cost, price = lmsr.step(lmsr.price(q, i, b), shares, b)
    assert cost == pytest.approx(difference, rel=1e-9, abs=1e-8 + 1e-9 * b)
    assert price == pytest.approx(lmsr.price(after, i, b), rel=1e-6, abs=1e-12)


@given(PRICE, PRICE, B, st.floats(-10.0, 10.0))
def test_cost_does_not_depend_on_the_path(price, between, b, turns) -> None:
    first, second = lmsr.shares_to_price(price, between, b), turns * b
    in_two = lmsr.trade_cost(price, first, b) + lmsr.trade_cost(between, second, b)
    assert in_two == pytest.approx(lmsr.trade_cost(price, first + second, b), rel=1e-9, abs=1e-9 * b)


def test_a_small_trade_keeps_its_digits_however_many_shares_are_sold() -> None:
    at = lmsr.price((1e9, 1e9), 0, 100.0)
    assert lmsr.trade_cost(at, 0.001, 100.0) == pytest.approx(0.00050000125, rel=1e-9)


@given(PRICE, B, st.floats(1e-3, 1e6))
def test_buying_costs_more_than_the_price_and_less_than_the_shares(price, b, shares) -> None:
    cost = lmsr.trade_cost(price, shares, b)
    assert shares * price * (1 - 1e-9) <= cost <= shares * (1 + 1e-12)


@given(PRICE, B)
def test_buy_and_sell_price_meet_as_the_size_goes_to_nothing(price, b) -> None:
    for size in (1e-3, 1e-6, 1e-9):
        bought = lmsr.trade_cost(price, size, b) / size
        sold = lmsr.trade_cost(price, -size, b) / -size
        assert bought >= sold * (1 - 1e-12)
        assert bought - sold <= size / b + 1e-12
        assert sold == pytest.approx(price, abs=size)


@given(PRICE, B, st.floats(-1e6, 1e6))
def test_both_forms_of_a_step_agree(price, b, shares) -> None:
    near = lmsr.LARGE * b
    assert lmsr.trade_cost(price, near, b) == pytest.approx(lmsr.trade_cost(price, near * (1 + 1e-12), b), rel=1e-9)
    assert lmsr.trade_cost(price, -near, b) == pytest.approx(lmsr.trade_cost(price, -near * (1 + 1e-12), b), rel=1e-9)
    assert 0.0 <= lmsr.price_after(price, shares, b) <= 1.0


def test_a_price_of_nothing_or_one_does_not_move() -> None:
    assert lmsr.step(0.0, 1e9, 10.0) == (0.0, 0.0)
    assert lmsr.step(1.0, -1e9, 10.0) == (-1e9, 1.0)


@given(PRICE, B, st.floats(0.0, 1e6))
def test_a_budget_is_spent_exactly(price, b, budget) -> None:
    shares = lmsr.shares_for_budget(price, b, budget)
    assert lmsr.trade_cost(price, shares, b) == pytest.approx(budget, rel=1e-9, abs=1e-9)


def test_no_sale_brings_more_than_the_market_can_pay() -> None:
    assert lmsr.shares_for_budget(0.5, 100.0, -69.0) < -500.0
    with pytest.raises(ValueError, match="never brings"):
        lmsr.shares_for_budget(0.5, 100.0, -69.4)


@given(PRICE, PRICE, B)
def test_shares_to_a_price_reach_it_at_the_stated_cost(price, target, b) -> None:
    shares = lmsr.shares_to_price(price, target, b)
    cost, after = lmsr.step(price, shares, b)
    assert after == pytest.approx(target, rel=1e-9)
    assert cost == pytest.approx(lmsr.cost_to_price(price, target, b), rel=1e-9, abs=1e-9 * b)


@given(WEIGHTS, B, st.lists(st.tuples(st.integers(0, 11), PRICE), max_size=20), st.integers(0, 11))
def test_the_maker_never_loses_more_than_the_bound(prior, b, targets, winner) -> None:
    q, trades = list(lmsr.opening_shares(prior, b)), []
    for outcome, target in targets:
        i = outcome % len(prior)
        shares = lmsr.shares_to_price(lmsr.price(q, i, b), target, b)
        q[i] += shares
        trades.append((i, shares))
    came = lmsr.maker_result(prior, b, trades, winner % len(prior))
    assert came.pnl >= came.bound - 1e-9 * b
    assert came.bound == -lmsr.max_loss(prior, b)


def test_a_winner_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no outcome 2"):
        lmsr.maker_result((0.5, 0.5), 100.0, (), 2)


@given(st.floats(0.0, 50.0), st.floats(0.0, 50.0), st.floats(0.1, 100.0))
def test_b_rises_with_the_interquartile_range(low, more, median) -> None:
    narrow = lmsr.b_from_uncertainty(median, median, median + low, 100.0)
    wide = lmsr.b_from_uncertainty(median, median, median + low + more, 100.0)
    assert wide.b >= narrow.b
    assert 10.0 <= narrow.b <= 1000.0
    assert lmsr.b_from_reference(low + more, median, 100.0).b >= lmsr.b_from_reference(low, median, 100.0).b


def test_b_of_a_temperature_is_the_base_when_the_forecast_is_as_wide_as_the_climate() -> None:
    assert lmsr.b_from_reference(6.0, 6.0, 100.0) == (100.0, 1.0)


@pytest.mark.parametrize(
    ("p25", "p50", "p75", "base"),
    [(3.0, 2.0, 1.0, 100.0), (math.nan, 2.0, 3.0, 100.0), (1.0, 2.0, math.inf, 100.0), (1.0, 2.0, 3.0, 0.0)],
)
def test_a_forecast_without_sense_makes_no_market(p25, p50, p75, base) -> None:
    with pytest.raises(ValueError, match=r"percentiles|base"):
        lmsr.b_from_uncertainty(p25, p50, p75, base)


@pytest.mark.parametrize(("iqr", "reference"), [(-1.0, 5.0), (math.nan, 5.0), (1.0, 0.0), (1.0, math.nan)])
def test_a_reference_without_sense_makes_no_market(iqr, reference) -> None:
    with pytest.raises(ValueError, match="range"):
        lmsr.b_from_reference(iqr, reference, 100.0)


def test_a_clip_out_of_order_is_refused() -> None:
    with pytest.raises(ValueError, match="clipped"):
        lmsr.b_from_reference(1.0, 1.0, 100.0, b_min=20.0, b_max=10.0)


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=12), st.floats(1e-4, 0.05))
def test_a_floored_distribution_has_nothing_below_the_floor(weights, least) -> None:
    assume(sum(weights) > 0.01)
    floored = lmsr.floored(weights, least)
    assert math.fsum(floored) == pytest.approx(1.0)
    assert min(floored) >= least * (1 - 1e-12)
    whole = sum(weights)
    assert all(f == least or f <= w / whole * (1 + 1e-9) for f, w in zip(floored, weights, strict=True))


def test_what_the_floor_pushes_below_itself_is_lifted_too() -> None:
    assert lmsr.floored((0.0, 0.01001, 0.98999), 0.01) == pytest.approx((0.01, 0.01, 0.98))


def test_a_distribution_above_the_floor_stays_as_it_is() -> None:
    assert lmsr.floored((1.0, 3.0), 0.01) == pytest.approx((0.25, 0.75))


@pytest.mark.parametrize(("weights", "least"), [((0.0, 0.0), 0.01), ((-1.0, 2.0), 0.01), ((0.5, 0.5), 0.5)])
def test_a_floor_that_cannot_be_is_refused(weights, least) -> None:
    with pytest.raises(ValueError, match=r"probabilities|outcomes"):
        lmsr.floored(weights, least)


@pytest.mark.parametrize("b", [0.0, -1.0, *BAD])
def test_liquidity_must_be_positive_and_finite(b) -> None:
    for call in (
        lambda: lmsr.cost((0.0, 0.0), b),
        lambda: lmsr.prices((0.0, 0.0), b),
        lambda: lmsr.trade_cost(0.5, 1.0, b),
        lambda: lmsr.trade_cost(0.0, 1.0, b),
        lambda: lmsr.shares_for_budget(0.5, b, 1.0),
        lambda: lmsr.shares_to_price(0.5, 0.6, b),
        lambda: lmsr.cost_to_price(0.5, 0.6, b),
        lambda: lmsr.opening_shares((0.5, 0.5), b),
    ):
        with pytest.raises(ValueError, match="b must be"):
            call()


@pytest.mark.parametrize("amount", BAD)
def test_no_amount_is_without_end(amount) -> None:
    with pytest.raises(ValueError, match="finite"):
        lmsr.trade_cost(0.5, amount, 100.0)
    with pytest.raises(ValueError, match="finite"):
        lmsr.shares_for_budget(0.5, 100.0, amount)
    with pytest.raises(ValueError, match="finite"):
        lmsr.cost((0.0, amount), 100.0)


@pytest.mark.parametrize("price", [-0.1, 1.1, *BAD])
def test_no_price_is_outside_its_range(price) -> None:
    for call in (
        lambda: lmsr.trade_cost(price, 1.0, 100.0),
        lambda: lmsr.shares_for_budget(price, 100.0, 1.0),
        lambda: lmsr.shares_to_price(0.5, price, 100.0),
        lambda: lmsr.logit(price),
    ):
        with pytest.raises(ValueError, match=r"must be in"):
            call()


@pytest.mark.parametrize("prior", [(), (1.0,), (0.0, 1.0), (0.5, math.nan), (0.5, -0.5)])
def test_a_prior_needs_two_positive_weights(prior) -> None:
    with pytest.raises(ValueError, match=r"two outcomes|probability"):
        lmsr.opening_shares(prior, 100.0)


def test_a_market_of_one_outcome_has_no_price() -> None:
    with pytest.raises(ValueError, match="two outcomes"):
        lmsr.prices((1.0,), 100.0)
