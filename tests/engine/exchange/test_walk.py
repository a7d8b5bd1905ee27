"""The way of an order through curve and book: as the model in floats and the golden cases have it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.commands import Tif
from engine.core.ids import YOU, MarketId, OrderId
from engine.core.units import Leg, Side, Ticks
from engine.exchange.answers import Declined, Quote
from engine.exchange.resting import Rest
from engine.maths import lmsr_hybrid
from tests.engine.exchange.hybrids import ask, hybrid
from tests.engine.exchange.listed import NOW, SIM, order
from tests.shared import shared


@st.composite
def takers(draw: st.DrawFn) -> tuple[Any, ...]:
    return (
        draw(st.sampled_from((50.0, 100.0, 500.0))),
        draw(st.booleans()),
        draw(st.sampled_from(Leg)),
        draw(st.integers(20, 9_980)),
        draw(st.integers(1, 150)),
        draw(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 30)), max_size=6)),
    )


@settings(max_examples=150, deadline=None)
@given(takers())
def test_an_order_trades_as_the_model_in_floats_says(case) -> None:
    b, buy, leg, limit, qty, book = case
    exchange = hybrid(b=b)
    pairs = ((YOU, Leg.YES), (YOU, Leg.NO), (SIM, Leg.YES), (SIM, Leg.NO))
    for account, held in pairs:  # both have both legs, in like numbers: the price stays even
        ask(exchange, f"h-{account}-{held.value}", Side.BUY, held, by=account, qty=200, tif=Tif.IOC)
    price = exchange.markets["RAIN"].leg_price(0, leg)
    waiting = [(c / 100, float(s)) for c, s in book if (c / 100 > price if buy else c / 100 < price)]
    for n, (at, shares) in enumerate(waiting):
        side = Side.SELL if buy else Side.BUY
        ask(exchange, f"r-{n}", side, leg, by=SIM, qty=Decimal(shares), price=round(at * 10_000), post_only=True)
    waiting.sort(key=lambda one: one[0] if buy else -one[0])
    model = lmsr_hybrid.match(
        price, b, limit / 10_000, float(qty), [lmsr_hybrid.Resting(*one) for one in waiting], buy=buy
    )
    said = exchange.quote(order(Side.BUY if buy else Side.SELL, leg, qty=qty, price=limit, tif=Tif.IOC), NOW)
    if isinstance(said, Declined):
        assert model.filled < 2e-6
        return
    assert float(said.qty) == pytest.approx(model.filled, abs=5e-6)
    assert float(said.cost) == pytest.approx(abs(model.cost), abs=2e-5)
    assert said.leg_after == pytest.approx(model.price, abs=1e-7)


def test_ten_shares_walk_curve_and_book_in_the_order_of_price() -> None:
    """The sheet's ladder: curve to 52, 5 at 52, curve to 56, 5 at 56, curve to 60, 5 at 60, curve."""
    exchange = hybrid()
    for cents in (60, 52, 56):
        ask(exchange, f"r-{cents}", Side.BUY, Leg.NO, by=SIM, qty=5, price=(100 - cents) * 100)
    done = ask(exchange, "o-1", qty=80, price=9_900, tif=Tif.IOC)
    mine = [(m.traded.qty, m.traded.cost, m.via) for m in done.met if m.traded.account == YOU]
    assert [via for _, _, via in mine] == [None, 0, None, 0, None, 0, None]
    assert [cost for _, cost, via in mine if via == 0] == [Decimal("2.6"), Decimal("2.8"), Decimal("3.0")]
    assert float(sum(cost for _, cost, _ in mine)) == pytest.approx(46.09081551427699, abs=1e-5)
    assert exchange.markets["RAIN"].prices[0] == pytest.approx(0.6570104626734988, abs=1e-8)
    assert exchange.total() == 35_000


def test_the_golden_walks_are_those_of_the_exchange() -> None:
    """Purchases of YES at even odds; their books are put there as they stand, even where no order would have rested."""
    cases = json.loads(shared("golden/models.json").read_text())["models"]["lmsr.hybrid_match"]["cases"]
    for case in cases:
        given, wanted = case["in"], case["out"]
        assert (given["side"], given["q"]) == ("BUY_YES", [0.0, 0.0])
        exchange = hybrid(b=given["b"])
        for n, (price, shares) in enumerate(given["book"]):
            mirrored = Ticks(10_000 - round(10_000 * price))
            name, lots = OrderId(f"r-{n}"), int(1e6 * shares)
            one = Rest(name, n + 1, NOW, SIM, MarketId("RAIN"), 0, Leg.NO, Side.BUY, mirrored, lots)
            assert exchange.hybrid.restore(one) == ""
        limit = round(10_000 * given["limit"])
        said = exchange.quote(order(qty=Decimal(str(given["qty"])), price=limit, tif=Tif.IOC), NOW)
        assert isinstance(said, Quote), case["name"]
        found = [("lmsr" if p.order is None else "book", float(p.lots) / 1e6, float(p.cost)) for p in said.parts]
        model = [(f["src"], f["shares"], f["cost"]) for f in wanted["fills"]]
        assert [src for src, _, _ in found] == [src for src, _, _ in model], case["name"]
        for (_, lots, cost), (_, shares, paid) in zip(found, model, strict=True):
            assert lots == pytest.approx(shares, abs=3e-6), case["name"]
            assert cost == pytest.approx(paid, abs=5e-6), case["name"]
        assert said.leg_after == pytest.approx(wanted["p_after"], abs=1e-7), case["name"]


def test_the_worst_price_of_an_order_counts_the_spread_and_what_rests() -> None:
    exchange = hybrid(phase=3)
    quote = exchange.quote(order(qty=20), NOW)
    assert isinstance(quote, Quote)
    assert quote.worst == pytest.approx(quote.leg_after + 0.005)
    ask(exchange, "rests", Side.BUY, Leg.NO, by=SIM, qty=20, price=4_970)
    within = exchange.quote(order(qty=20), NOW)
    assert isinstance(within, Quote)
    assert within.worst == 0.503
    ask(exchange, "hold", qty=40, tif=Tif.IOC)
    sold = exchange.quote(order(Side.SELL, qty=10), NOW)
    assert isinstance(sold, Quote)
    assert sold.worst == pytest.approx(sold.leg_after - 0.005)
