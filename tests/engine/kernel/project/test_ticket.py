from __future__ import annotations

import random
from decimal import Decimal

import pytest

from engine.core.commands import CreateMarket
from engine.core.order import Status
from engine.core.units import Leg, Side
from engine.kernel.project import ticket
from tests.engine.kernel.desk import Desk, high, rain
from tests.scale import scale


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.list(fee_rate=Decimal("0.02"))
    return made


def test_the_card_of_a_purchase(desk: Desk) -> None:
    card = desk.preview(desk.order(qty=10))
    assert (card.qty, card.cost, card.fee, card.refused_by) == (10, Decimal("5.124948"), Decimal("0.102499"), "")
    assert (card.max_loss, card.max_win) == (Decimal("-5.227447"), Decimal("4.772553"))
    assert card.words == "BUY 10 YES @ 51.2  $5.23"
    assert card.fee_words == "2.00 % of cost"
    assert card.breakeven == pytest.approx(0.5227447)
    assert card.position_after == "10 YES @ 51.2"
    assert (card.model, card.edge, card.kelly) == (None, None, None)


def test_the_card_of_a_sale(desk: Desk) -> None:
    desk.place(qty=10)
    card = desk.preview(desk.order(Side.SELL, qty=10))
    assert card.cost < 0
    assert card.max_loss == 0
    assert card.position_after == "flat"
    assert desk.preview(desk.order(Side.SELL, qty=4)).position_after.startswith("6 YES")


def test_the_card_of_part_of_a_share_says_how_much_is_held_after(desk: Desk) -> None:
    assert desk.preview(desk.order(qty="0.4")).position_after.startswith("0.40 YES @")
    assert desk.preview(desk.order(budget="10")).position_after.startswith("18.73 YES @")
    assert desk.preview(desk.order(qty="0.003")).words.startswith("BUY 0.003 YES")
    desk.place(qty="0.4")
    assert desk.preview(desk.order(Side.SELL, qty=4)).position_after == "0.40 YES"


def test_a_card_of_what_cannot_trade_says_who_refuses_and_knows_no_numbers(desk: Desk) -> None:
    card = desk.preview(desk.order(Side.SELL, qty=4))
    assert (card.refused_by, card.qty, card.cost, card.max_loss) == ("EXCHANGE", None, None, None)
    assert card.words == "SELL 4 YES"
    nowhere = desk.preview(desk.order(market="NOWHERE", qty=4))
    assert (nowhere.refused_by, nowhere.words) == ("MARKET_STATE", "BUY 4 YES")


@pytest.mark.parametrize("qty", ["NaN", "Infinity", "-1", "0", "1E+30"])
def test_a_card_of_an_impossible_amount(desk: Desk, qty: str) -> None:
    assert desk.preview(desk.order(qty=qty)).refused_by == "ORDER_FORM"


def test_a_large_order_is_doubted(desk: Desk) -> None:
    for _ in range(5):
        desk.place(qty=2)
    assert any("times your median of 2" in w for w in desk.preview(desk.order(qty=7)).warnings)
    assert not any("median" in w for w in desk.preview(desk.order(qty=6)).warnings)


@pytest.mark.parametrize("seed", range(scale(30)))
def test_what_the_card_says_is_what_then_happens(seed: int) -> None:
    """Cost, fee, quantity, the gate that refuses and the price it leaves; pace alone is judged when it is sent."""
    chance, desk = random.Random(seed), Desk()
    desk.list(fee_rate=Decimal(chance.choice(("0", "0.02"))))
    desk.list(high(), b=chance.choice((20.0, 150.0)))
    for _ in range(30):
        market = chance.choice(("RAIN", "HIGH"))
        outcome = chance.randrange(4) if market == "HIGH" else 0
        terms = chance.choice((
            {"qty": chance.randint(1, 300)}, {"qty": Decimal(chance.randint(1, 9_000_000)).scaleb(-6)},
            {"budget": str(chance.randint(1, 150))}, {"price": chance.randint(0, 10_000)},
            {"qty": 30, "price": chance.randint(1, 9_999)}, {},
        ))  # fmt: skip
        side = Side.BUY if chance.random() < 0.7 else Side.SELL
        place = desk.order(side, chance.choice((Leg.YES, Leg.NO)), market, outcome, **terms)
        desk.run(desk.at + 3_000_000_000)
        card = desk.preview(place)
        desk.ask(place)
        order = list(desk.state.register)[-1]
        if card.refused_by:
            assert order.status is Status.REFUSED
            assert order.why == f"{card.refused_by} — {card.refused_why}"
            continue
        assert order.status is not Status.REFUSED, order.why
        signed = order.cost if side is Side.BUY else -order.cost
        assert (card.qty, card.cost, card.fee) == (order.filled, signed, order.fee)
        yes = desk.market(market).prices[outcome]
        assert card.worst == pytest.approx(100 * (yes if place.leg is Leg.YES else 1 - yes))
        if chance.random() < 0.5:
            desk.other(leg=chance.choice((Leg.YES, Leg.NO)), market=market, outcome=outcome, qty=chance.randint(1, 60))


def test_what_creating_a_market_would_cost_is_what_it_costs(desk: Desk) -> None:
    command = CreateMarket(contract=rain("SECOND", threshold=Decimal(7)), b=60.0, prior=(0.2, 0.8))
    before = desk.state.exchange.subsidies()
    card = ticket.subsidy(desk.state, command, "")
    assert card.refused == ""
    assert card.subsidies_after == before + card.subsidy
    assert card.prices == (("YES", 0.2), ("NO", 0.8))
    assert card.stations == ("KMDW  1.2 km  weight 1",)
    assert card.rule
    desk.ask(command)
    assert desk.market("SECOND").subsidy == card.subsidy
    assert desk.state.exchange.subsidies() == card.subsidies_after


def test_a_market_that_cannot_be_listed_says_why(desk: Desk) -> None:
    assert ticket.subsidy(desk.state, None, "no station").refused == "no station"
    far = ticket.subsidy(desk.state, CreateMarket(contract=rain("FAR", stations=()), b=60.0), "")
    assert "No station lies within 40 km" in far.refused
    assert far.subsidy is None
    deep = ticket.subsidy(desk.state, CreateMarket(contract=rain("DEEP"), b=5_000.0), "")
    assert "Liquidity must be" in deep.refused
