"""Orders that rest beside the curve: whose turn it is, what is set aside, how b falls, and how it ends."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.commands import Tif
from engine.core.ids import HOUSE, YOU, MarketId, OrderId
from engine.core.units import Leg, Nanos, Side
from engine.exchange.answers import Declined, Quote
from tests.engine.exchange.hybrids import ACCOUNTS, OTHER, ask, declined, hybrid
from tests.engine.exchange.listed import NOW, SIM, funded, high, order, rain
from tests.engine.exchange.test_recovery import restarted


def test_the_older_of_two_at_one_price_trades_first_and_keeps_its_place_when_it_shrinks() -> None:
    exchange = hybrid()
    ask(exchange, "r-1", by=SIM, qty=10, price=4_900)
    ask(exchange, "r-2", by=OTHER, qty=10, price=4_900)
    exchange.hybrid.amend(OrderId("r-1"), 4_900, 8_000_000, NOW)
    ask(exchange, "h", qty=60, tif=Tif.IOC)
    ask(exchange, "g", leg=Leg.NO, by=OTHER, qty=60, tif=Tif.IOC)  # back to 50
    done = ask(exchange, "o-1", Side.SELL, qty=50, price=4_000, tif=Tif.IOC)
    assert [m.traded.order for m in done.met if m.via == 1] == ["r-1", "r-2"]
    assert [m.traded.qty for m in done.met if m.via == 1] == [8, 10]


def test_a_larger_size_or_another_price_goes_to_the_end_of_the_queue() -> None:
    exchange = hybrid()
    for n, account in enumerate((SIM, OTHER)):
        ask(exchange, f"r-{n}", by=account, qty=10, price=4_900)
    exchange.hybrid.amend(OrderId("r-0"), 4_900, 12_000_000, NOW)
    assert [r.order for r in exchange.markets["RAIN"].book.side(0, up=True)] == ["r-1", "r-0"]


def test_an_account_never_trades_with_itself_in_either_leg() -> None:
    exchange = hybrid()
    ask(exchange, "r-1", Side.BUY, Leg.NO, qty=10, price=4_500)  # sells YES at 55
    ask(exchange, "r-2", Side.BUY, Leg.NO, by=SIM, qty=10, price=4_500)
    done = ask(exchange, "o-1", qty=100, price=6_000, tif=Tif.IOC)
    assert [r.order for r in done.ousted] == ["r-1"]
    assert [m.traded.account for m in done.met if m.via == 1] == [SIM]
    assert exchange.hybrid.get(OrderId("r-1")) is None


def test_yes_against_no_makes_a_pair_and_yes_against_yes_hands_one_on() -> None:
    exchange = hybrid()
    market = exchange.markets["RAIN"]
    pot = market.pot
    ask(exchange, "r-1", Side.BUY, Leg.NO, by=SIM, qty=10, price=5_000)
    ask(exchange, "o-1", qty=10, price=5_000, tif=Tif.IOC)
    assert (market.pot - pot, market.sold, market.prices[0]) == (10, (10, 10), 0.5)
    ask(exchange, "r-2", Side.SELL, qty=4, price=5_000)
    ask(exchange, "o-2", qty=4, price=5_000, tif=Tif.IOC, by=OTHER)
    assert (market.pot - pot, market.sold) == (10, (10, 10))
    ask(exchange, "r-3", Side.SELL, Leg.NO, by=SIM, qty=6, price=5_000)
    ask(exchange, "o-3", Side.SELL, qty=6, price=5_000, tif=Tif.IOC)
    assert (market.pot - pot, market.sold, market.volume) == (4, (4, 4), 20)


def test_an_order_inside_the_quoted_spread_comes_before_the_curve() -> None:
    exchange = hybrid(phase=3)
    ask(exchange, "r-1", Side.BUY, Leg.NO, by=SIM, qty=3, price=4_980)  # sells YES at 50.2: the curve asks 50.5
    done = ask(exchange, "o-1", qty=10, price=6_000, tif=Tif.IOC)
    mine = [m for m in done.met if m.traded.account == YOU]
    assert [(m.via, m.traded.qty) for m in mine] == [(0, 3), (None, 7)]
    assert float(mine[1].traded.cost) == pytest.approx(7 * 0.505 + 49 * 0.25 / 200, abs=1e-4)


def test_another_outcomes_trade_lets_a_resting_order_trade_with_the_curve() -> None:
    exchange = hybrid(contract=high(), b=50.0)
    ask(exchange, "r-1", by=SIM, qty=20, price=2_400, market="HIGH", outcome=1)
    done = ask(exchange, "o-1", qty=60, price=9_000, market="HIGH", outcome=0, tif=Tif.IOC)
    theirs = [m.traded for m in done.met if m.traded.account == SIM]
    assert theirs
    assert all(t.cost <= Decimal("0.24") * t.qty for t in theirs)
    price = exchange.markets["HIGH"].prices[1]
    assert price == pytest.approx(0.24, abs=1e-4) or sum(t.qty for t in theirs) == 20


def test_what_is_set_aside_cannot_be_spent_twice() -> None:
    exchange = hybrid()
    ask(exchange, "r-1", qty=800, price=4_000)
    exchange.hybrid.amend(OrderId("r-1"), 4_000, 900_000_000, NOW)
    assert exchange._books.free(YOU) == 5_000 - 360
    ask(exchange, "h", qty=20, tif=Tif.IOC)
    ask(exchange, "r-2", Side.SELL, qty=15, price=9_000)
    assert declined(exchange, Side.SELL, qty=6, tif=Tif.IOC) == "NOT_HELD"
    assert declined(exchange, qty=200, price=3_000) == "PER_CELL"  # 900 wait, 20 are held


def test_orders_that_cannot_rest_are_refused() -> None:
    exchange = hybrid()
    assert declined(exchange, price=4_000) == "BAD_TERMS"
    assert declined(exchange, qty=1, price=4_000, tif=Tif.GTD) == "BAD_TERMS"
    assert declined(exchange, qty=1, price=4_000, tif=Tif.GTD, until=NOW) == "BAD_TERMS"
    assert declined(exchange, qty=1, price=4_000, until=Nanos(NOW + 1)) == "BAD_TERMS"
    assert declined(exchange, qty=1, price=5) == "PRICE_BAND"
    assert declined(exchange, qty=1, price=6_000, post_only=True) == "POST_ONLY"
    assert declined(exchange, qty=1, price=4_000, tif=Tif.IOC, post_only=True) == "BAD_TERMS"
    plain = hybrid(phase=1)
    assert declined(plain, qty=1, price=4_000) == "TIF"


def test_a_phase_only_goes_up_and_orders_rest_from_the_second_on() -> None:
    exchange = hybrid(phase=1)
    market = exchange.markets["RAIN"]
    assert market.book is None
    assert exchange.hybrid.advance(market, 2) is None
    assert ask(exchange, "r-1", qty=10, price=4_000).rested is not None
    said = exchange.hybrid.advance(market, 1)
    assert isinstance(said, Declined)
    assert said.code == "PHASE"
    assert exchange.hybrid.advance(market, 3) is None
    assert market.phase == 3


def test_b_falls_with_what_people_trade_with_each_other_and_never_rises_again() -> None:
    exchange = hybrid(phase=3)
    market = exchange.markets["RAIN"]
    assert not exchange.hybrid.decay(market, NOW)
    for n in range(5):
        ask(exchange, f"r-{n}", Side.BUY, Leg.NO, by=SIM, qty=100, price=5_000)
        ask(exchange, f"o-{n}", qty=100, price=5_000, tif=Tif.IOC)
    assert exchange.hybrid.organic(market, NOW) == 500
    assert exchange.hybrid.decay(market, NOW)
    assert market.b == pytest.approx(72.17514421272202)
    assert market.prices == (0.5, 0.5)
    later = Nanos(NOW + 86_400_000_000_001)
    assert exchange.hybrid.organic(market, later) == 0
    assert not exchange.hybrid.decay(market, later)
    assert market.b == pytest.approx(72.17514421272202)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from((0.05, 0.3, 0.5)),
    st.lists(st.tuples(st.booleans(), st.integers(1, 120), st.floats(0.3, 1.0)), min_size=1, max_size=25),
    st.integers(0, 1),
)
def test_the_house_never_loses_more_than_it_put_up_however_b_falls(prior, trades, winner) -> None:
    exchange = funded(*ACCOUNTS)
    made = exchange.create(rain(), 100.0, (prior, 1 - prior), Decimal(0), NOW, phase=3)
    assert not isinstance(made, Declined)
    market = exchange.markets["RAIN"]
    house = exchange.cash[HOUSE] + made.subsidy
    for n, (yes, qty, share) in enumerate(trades):
        said = exchange.quote(order(Side.BUY, Leg.YES if yes else Leg.NO, by=ACCOUNTS[n % 3], qty=qty), NOW)
        if isinstance(said, Quote):
            exchange.hybrid.submit(said, NOW, OrderId(f"o-{n}"))
        market.lower(max(5.0, market.b * share))
    exchange.settle(market.id, winner, NOW)
    assert house - exchange.cash[HOUSE] <= made.subsidy


def test_a_reversed_settlement_takes_out_the_orders_that_it_left_without_cash() -> None:
    exchange = funded(SIM, OTHER, amount=60)
    for name in ("RAIN", "LATER"):
        exchange.create(rain(name), 100.0, (), Decimal(0), NOW, phase=2)
    ask(exchange, "o-1", by=SIM, qty=50, tif=Tif.IOC)
    exchange.settle(MarketId("RAIN"), 0, NOW)
    ask(exchange, "r-1", by=SIM, qty=150, price=4_500, market="LATER")
    ask(exchange, "r-2", by=OTHER, qty=10, price=4_500, market="LATER")
    back = exchange.reverse(MarketId("RAIN"), NOW)
    assert [one.order for one in back.ousted] == ["r-1"]
    assert [one.order for one in exchange.hybrid] == ["r-2"]
    assert exchange.free(SIM) == exchange.cash[SIM]


def test_a_void_market_gives_back_what_was_set_aside() -> None:
    exchange = hybrid()
    ask(exchange, "o-1", qty=10, tif=Tif.IOC)
    ask(exchange, "r-1", Side.SELL, qty=10, price=8_000)
    ask(exchange, "r-2", by=SIM, qty=10, price=3_000)
    done = exchange.settle(MarketId("RAIN"), None, NOW)
    assert [one.order for one in done.ousted] == ["r-1", "r-2"]
    assert exchange.free(SIM) == exchange.free(YOU) == 5_000


def test_what_is_tried_on_a_sketch_leaves_book_and_accounts_as_they_are() -> None:
    exchange = hybrid()
    ask(exchange, "r-1", Side.BUY, Leg.NO, by=SIM, qty=10, price=4_500)
    before = restarted(exchange).total(), exchange.free(SIM), exchange.markets["RAIN"].prices
    sketch = exchange.sketch(YOU, [MarketId("RAIN")])
    bought = sketch.execute(order(qty=50), NOW, OrderId("try"))
    assert not isinstance(bought, Declined)
    assert (bought.qty, bought.order) == (50, "try")
    assert sketch.hybrid.get(OrderId("r-1")) is None
    assert exchange.hybrid.get(OrderId("r-1")).lots == 10_000_000
    assert before == (exchange.total(), exchange.free(SIM), exchange.markets["RAIN"].prices)
    assert ask(exchange, "o-1", qty=50, tif=Tif.IOC).met[0].traded.cost < bought.cost
