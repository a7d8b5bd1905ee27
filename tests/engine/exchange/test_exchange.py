from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import EMBEDDED, FEES, HOUSE, YOU, InstrumentId, VenueId, embedded
from engine.core.units import Leg, Side
from engine.exchange.answers import Created, Declined, Quote
from tests.engine.exchange.listed import (
    CLOSES,
    NOW,
    ORDER,
    SIM,
    buy,
    funded,
    high,
    open_rain,
    order,
    rain,
    refusal,
    sell,
)


def test_ten_shares_of_an_even_market_cost_5_124948() -> None:
    done = buy(open_rain(), qty=10)
    assert (done.cost, done.fee, done.before, done.after) == (Decimal("5.124948"), 0, 5000, 5250)
    assert done.average == Decimal("0.51249480")
    assert [(m.account, m.amount, m.kind, m.ref) for m in done.moves] == [
        ("you", Decimal("-5.124948"), "cost", "o-1"),
        ("pot:RAIN", Decimal("5.124948"), "cost", "o-1"),
    ]


def test_selling_them_again_returns_less_by_rounding_alone() -> None:
    exchange = open_rain()
    bought, sold = buy(exchange, qty=10), sell(exchange, qty=10)
    assert sold.cost == bought.cost - Decimal("0.000001")
    assert sold.realised == Decimal("-0.000001")
    assert exchange.markets["RAIN"].prices == (0.5, 0.5)


def test_a_fee_is_booked_on_its_own_line_and_rounded_up() -> None:
    exchange = open_rain(fee_rate=Decimal("0.02"))
    bought = buy(exchange, qty=10)
    assert bought.fee == Decimal("0.102499")
    assert [m.kind for m in bought.moves] == ["cost", "cost", "fee", "fee"]
    sold = sell(exchange, qty=10)
    assert exchange.cash[FEES] == bought.fee + sold.fee
    assert exchange.cash[YOU] == 5000 - bought.cost - bought.fee + sold.cost - sold.fee
    assert exchange.holding(YOU, sold.market, sold.outcome, sold.leg).fees == bought.fee + sold.fee


@given(
    st.sampled_from([(), (0.2, 0.8), (0.001, 0.999)]),
    st.sampled_from(Leg),
    st.floats(10.0, 1000.0),
)
def test_a_new_market_trades_at_once(prior, leg, b) -> None:
    exchange = open_rain(prior=prior, b=b)
    quote = exchange.quote(order(leg=leg, qty="0.01"))
    assert isinstance(quote, Quote) or quote.code == "PRICE_BAND"
    assert isinstance(exchange.quote(order(qty="0.01")), Quote)


@given(st.lists(st.tuples(st.sampled_from(Leg), st.decimals(Decimal("0.01"), 20, places=2)), min_size=1, max_size=6))
def test_many_trades_cost_what_one_does_but_for_rounding(trades) -> None:
    in_parts = open_rain()
    spent = sum(buy(in_parts, leg, qty=qty).cost for leg, qty in trades)
    yes = sum((q for leg, q in trades if leg is Leg.YES), Decimal(0))
    no = sum((q for leg, q in trades if leg is Leg.NO), Decimal(0))
    at_once = open_rain()
    cost = sum(buy(at_once, leg, qty=q).cost for leg, q in ((Leg.YES, yes), (Leg.NO, no)) if q)
    assert abs(spent - cost) <= Decimal("0.000001") * (len(trades) + 2)
    assert in_parts.markets["RAIN"].sold == at_once.markets["RAIN"].sold
    assert in_parts.markets["RAIN"].prices == at_once.markets["RAIN"].prices


@given(st.sampled_from(Leg), st.decimals(1, 300, places=6))
def test_a_quote_is_what_executing_does(leg, qty) -> None:
    exchange = open_rain(fee_rate=Decimal("0.01"))
    quote = exchange.quote(order(leg=leg, qty=qty))
    assert isinstance(quote, Quote)
    done = buy(exchange, leg, qty=qty)
    assert (quote.qty, quote.cost, quote.fee, quote.average) == (done.qty, done.cost, done.fee, done.average)
    assert (quote.before, quote.after) == (done.before, done.after)


def test_a_quote_and_a_refusal_change_nothing() -> None:
    exchange = open_rain()
    before = (dict(exchange.cash), exchange.markets["RAIN"].prices, exchange.total())
    exchange.quote(order(qty=10))
    refusal(exchange, order(qty="NaN"))
    refusal(exchange, order(Side.SELL, qty=1))
    exchange.quote(order(qty=200_000))
    assert (dict(exchange.cash), exchange.markets["RAIN"].prices, exchange.total()) == before
    assert list(exchange.holdings(YOU)) == []


@pytest.mark.parametrize("leg", Leg)
def test_nothing_is_sold_that_is_not_held(leg) -> None:
    exchange = open_rain()
    assert refusal(exchange, order(Side.SELL, leg, qty=1)).code == "NOT_HELD"
    buy(exchange, leg, qty=10)
    said = refusal(exchange, order(Side.SELL, leg, qty="10.000001"))
    assert (said.code, said.limit) == ("NOT_HELD", 10)
    assert refusal(exchange, order(Side.SELL, leg, qty=1, by=SIM)).code == "NOT_HELD"
    other = Leg.NO if leg is Leg.YES else Leg.YES
    assert refusal(exchange, order(Side.SELL, other, qty=1)).code == "NOT_HELD"
    sell(exchange, leg, qty=10)


@pytest.mark.parametrize(
    "instrument",
    [
        embedded("NONE", 0),
        embedded("RAIN", 1),
        InstrumentId(EMBEDDED, "RAIN"),
        InstrumentId(EMBEDDED, "RAIN/²"),
        InstrumentId(EMBEDDED, "x" * 10_000),
        InstrumentId(VenueId("kalshi"), "RAIN/0"),
    ],
)
def test_an_instrument_that_is_not_listed_is_unknown(instrument) -> None:
    place = order(qty=1)
    said = refusal(open_rain(), type(place)(instrument=instrument, side=place.side, qty=place.qty))
    assert said.code == "UNKNOWN"
    assert len(said.text) < 200


def test_trading_ends_with_the_window_or_when_it_is_closed() -> None:
    exchange = open_rain()
    late = exchange.execute(order(qty=1), CLOSES, ORDER)
    assert isinstance(late, Declined)
    assert late.code == "CLOSED"
    exchange.close("RAIN")
    assert refusal(exchange, order(qty=1)).code == "CLOSED"
    exchange.dispute("RAIN")
    assert refusal(exchange, order(qty=1)).code == "NOT_OPEN"


def test_creating_a_market_moves_the_subsidy_into_its_pot() -> None:
    exchange = funded()
    made = exchange.create(high(), 100.0, (), Decimal(0), NOW)
    assert isinstance(made, Created)
    assert made.subsidy == Decimal("138.629437")
    assert made.prices == (0.25,) * 4
    assert [(m.account, m.amount, m.kind) for m in made.moves] == [
        (HOUSE, -made.subsidy, "subsidy"),
        ("pot:HIGH", made.subsidy, "subsidy"),
    ]
    assert exchange.markets["HIGH"].pot == exchange.subsidies() == made.subsidy


def test_a_preview_changes_nothing_and_refuses_bad_terms() -> None:
    exchange = funded()
    exchange.preview_create(rain(), 100.0, ())
    assert exchange.markets == {}
    said = exchange.preview_create(rain(), 1.0, ())
    assert isinstance(said, Declined)


def test_a_deposit_comes_from_outside() -> None:
    exchange = funded()
    before = exchange.total()
    moves = exchange.deposit(YOU, Decimal("12.5"))
    assert [(m.account, m.amount, m.kind) for m in moves] == [
        ("you", Decimal("12.5"), "deposit"),
        ("outside", Decimal("-12.5"), "deposit"),
    ]
    assert exchange.total() == before + Decimal("12.5")


@pytest.mark.parametrize(
    ("account", "amount"),
    [(YOU, "0"), (YOU, "-1"), (YOU, "NaN"), (YOU, "Infinity"), (YOU, "0.0000001"), (FEES, "1"), ("pot:RAIN", "1")],
)
def test_a_deposit_that_makes_no_sense_is_refused(account, amount) -> None:
    with pytest.raises(ValueError, match="cannot deposit"):
        funded().deposit(account, Decimal(amount))


def test_holdings_come_by_market_outcome_and_leg_and_keep_what_was_realised() -> None:
    exchange = open_rain()
    exchange.create(high(), 100.0, (), Decimal(0), NOW)
    buy(exchange, Leg.NO, qty=1)
    buy(exchange, qty=2)
    buy(exchange, qty=5, by=SIM)
    sell(exchange, qty=2)
    buy(exchange, market="HIGH", outcome=3, qty=3)
    buy(exchange, market="HIGH", outcome=1, qty=4, by=SIM)
    held = [(h.market, h.outcome, h.leg, h.position.qty) for h in exchange.holdings(YOU)]
    assert held == [("HIGH", 3, Leg.YES, 3), ("RAIN", 0, Leg.YES, 0), ("RAIN", 0, Leg.NO, 1)]
    assert exchange.holding(YOU, "RAIN", 0, Leg.NO).qty == 1
    assert exchange.holding(YOU, "RAIN", 1, Leg.NO).qty == 0
    assert exchange.holding(YOU, "NONE", 0, Leg.NO).qty == 0


def test_depth_is_what_it_takes_to_move_the_price() -> None:
    exchange = open_rain()
    asks, bids = exchange.depth("RAIN", 0, (5_100, 6_000)), exchange.depth("RAIN", 0, (4_900, 4_000))
    assert 0 < asks[0] < asks[1]
    assert 0 > bids[0] > bids[1]
    assert buy(exchange, price=6_000).qty == pytest.approx(Decimal(asks[1]), abs=Decimal("0.000002"))
    assert exchange.depth("RAIN", 0, (exchange.markets["RAIN"].ticks(0),))[0] == pytest.approx(0.0, abs=0.01)
