from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.commands import Tif
from engine.core.units import Leg, Side, is_money
from engine.exchange.answers import Quote
from tests.engine.exchange.listed import buy, open_rain, order, refusal

LEGS = st.sampled_from(Leg)
BUDGET = st.decimals(Decimal("0.00001"), 400, places=6)
QTY = st.decimals(Decimal("0.000001"), 400, places=6)
LIMIT = st.integers(1, 9_999)
FEE = st.decimals(0, Decimal("0.1"), places=3)


@given(LEGS, BUDGET, FEE, st.none() | st.integers(5_001, 9_999))
def test_a_budget_is_never_overspent_and_hardly_underspent(leg, budget, fee_rate, price) -> None:
    exchange = open_rain(fee_rate=fee_rate)
    quote = exchange.quote(order(leg=leg, budget=budget, price=price))
    assert isinstance(quote, Quote), quote
    assert quote.total <= budget
    assert is_money(quote.qty)
    if price is None:
        assert budget - quote.total <= Decimal("0.00001")


@given(LEGS, QTY, LIMIT, st.sampled_from((Tif.IOC, Tif.FOK)))
def test_a_purchase_never_goes_beyond_its_limit(leg, qty, price, tif) -> None:
    quote = open_rain().quote(order(leg=leg, qty=qty, price=price, tif=tif))
    if isinstance(quote, Quote):
        assert quote.leg_after <= price / 10_000 * (1 + 1e-12)
        assert quote.qty == qty or (tif is Tif.IOC and quote.qty < qty)
    else:
        assert quote.code in ("PRICE", "PRICE_BAND", "MIN_QTY")


@given(LEGS, QTY, LIMIT, st.sampled_from((Tif.IOC, Tif.FOK)))
def test_a_sale_never_goes_beyond_its_limit(leg, qty, price, tif) -> None:
    exchange = open_rain()
    buy(exchange, leg, qty=400)
    quote = exchange.quote(order(Side.SELL, leg, qty=qty, price=price, tif=tif))
    if isinstance(quote, Quote):
        assert quote.leg_after >= price / 10_000 * (1 - 1e-12)
        assert quote.qty == qty or (tif is Tif.IOC and quote.qty < qty)
    else:
        assert quote.code in ("PRICE", "PRICE_BAND", "MIN_QTY")


def test_ten_dollars_buy_19_09_shares_of_an_even_market() -> None:
    done = buy(open_rain(), budget=10)
    assert done.qty == pytest.approx(Decimal("19.090282"), abs=Decimal("0.000002"))
    assert Decimal("9.999998") <= done.cost <= 10


def test_a_price_alone_moves_the_market_to_it() -> None:
    exchange = open_rain()
    assert buy(exchange, price=6_000).qty == Decimal("40.546510")
    assert exchange.markets["RAIN"].ticks(0) == 6_000


def test_no_price_alone_moves_no_in_its_own_terms() -> None:
    exchange = open_rain()
    buy(exchange, Leg.NO, price=6_000)
    assert exchange.markets["RAIN"].ticks(0) == 4_000


def test_a_sale_to_a_price_sells_at_most_what_is_held() -> None:
    exchange = open_rain()
    buy(exchange, qty=30)
    assert exchange.quote(order(Side.SELL, price=5_500)).qty == pytest.approx(Decimal("9.93"), abs=Decimal("0.01"))
    assert exchange.quote(order(Side.SELL, price=100)).qty == 30
    assert refusal(exchange, order(Side.SELL, price=100, tif=Tif.FOK)).code == "NOT_HELD"


def test_a_sale_to_a_price_of_nothing_held_is_refused() -> None:
    assert refusal(open_rain(), order(Side.SELL, price=100)).code == "NOT_HELD"


def test_all_or_nothing_is_nothing_when_the_limit_is_near() -> None:
    exchange = open_rain()
    assert buy(exchange, qty=100, price=5_500).qty == Decimal("20.067069")
    assert refusal(exchange, order(qty=100, price=5_600, tif=Tif.FOK)).code == "PRICE"
    assert refusal(exchange, order(budget=100, price=5_600, tif=Tif.FOK)).code == "PRICE"


def test_a_limit_below_the_price_buys_nothing() -> None:
    said = refusal(open_rain(), order(qty=1, price=4_999))
    assert (said.code, said.limit, said.would_be) == ("PRICE", Decimal("0.4999"), Decimal("0.5"))


@pytest.mark.parametrize("leg", Leg)
def test_an_order_for_more_than_the_band_has_room_for_stops_at_it(leg) -> None:
    exchange = open_rain()
    done = buy(exchange, leg, qty=900)
    assert done.qty == Decimal("690.675477")
    assert exchange.markets["RAIN"].leg_price(0, leg) == pytest.approx(0.999)
    assert refusal(exchange, order(leg=leg, qty=1)).code in ("PRICE_BAND", "MIN_QTY")


@pytest.mark.parametrize("terms", [{"qty": 900}, {"budget": 900}, {"price": 9_995}])
def test_all_or_nothing_is_nothing_when_it_would_leave_the_band(terms) -> None:
    assert refusal(open_rain(), order(tif=Tif.FOK, **terms)).code == "PRICE_BAND"


def test_a_market_outside_the_band_trades_towards_it() -> None:
    exchange = open_rain(b=10.0, prior=(0.001, 0.999))
    assert refusal(exchange, order(leg=Leg.NO, qty=1)).code == "PRICE_BAND"
    assert buy(exchange, qty=1).after > 10


@pytest.mark.parametrize(
    "bad", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity"), 10, 10.0, "10", True]
)
@pytest.mark.parametrize("name", ["qty", "budget"])
def test_what_is_no_finite_decimal_is_refused_before_it_is_compared(name, bad) -> None:
    place = order()
    place = type(place)(instrument=place.instrument, side=place.side, **{name: bad})
    assert refusal(open_rain(), place).code == "BAD_TERMS"


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({}, "BAD_TERMS"),
        ({"qty": 0}, "MIN_QTY"),
        ({"qty": -5}, "MIN_QTY"),
        ({"qty": "0.0000001"}, "MIN_QTY"),
        ({"qty": "1.0000001"}, "MIN_QTY"),
        ({"qty": "1.00000000000000000000000000000000000001"}, "MIN_QTY"),
        ({"qty": "1000000000.000001"}, "MAX_QTY"),
        ({"qty": "1e999999"}, "MAX_QTY"),
        ({"qty": "1e-999999"}, "MIN_QTY"),
        ({"budget": 0}, "MIN_QTY"),
        ({"budget": -1}, "MIN_QTY"),
        ({"budget": "1e50"}, "MAX_QTY"),
        ({"qty": 1, "budget": 1}, "BAD_TERMS"),
        ({"qty": 1, "price": 0}, "BAD_TERMS"),
        ({"qty": 1, "price": 10_000}, "BAD_TERMS"),
        ({"qty": 1, "price": -1}, "BAD_TERMS"),
        ({"qty": 1, "price": True}, "BAD_TERMS"),
        ({"qty": 1, "price": 5_500.5}, "BAD_TERMS"),
        ({"qty": 1, "tif": Tif.GTC}, "TIF"),
        ({"qty": 1, "tif": Tif.GTD}, "TIF"),
        ({"qty": 1, "post_only": True}, "TIF"),
        ({"side": Side.SELL, "budget": 1}, "BAD_TERMS"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(terms, code) -> None:
    said = refusal(open_rain(), order(**terms))
    assert said.code == code
    assert said.text.endswith(".")


def test_a_budget_too_small_for_one_lot_is_refused() -> None:
    assert refusal(open_rain(fee_rate=Decimal("0.1")), order(budget="0.000001")).code == "MIN_QTY"
