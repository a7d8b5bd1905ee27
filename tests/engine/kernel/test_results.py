"""What every trade adds up anew is what one by one comes to."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.core.units import Leg, Side
from engine.kernel import probing
from engine.portfolio.book import PICO, PICOS
from tests.engine.kernel.desk import Desk, high, rain
from tests.scale import scale

if TYPE_CHECKING:
    from engine.core.ids import MarketId


def one_by_one(desk: Desk, market: MarketId) -> Decimal | None:
    """What our positions of a market are worth less what they cost."""
    prices, held = desk.state.exchange.markets[market].prices, desk.state.book.of_market(market)
    marks = [(prices[outcome] if leg is Leg.YES else 1.0 - prices[outcome], p) for outcome, leg, p in held]
    return sum([p.qty * (round(mark * PICOS) * PICO) - p.cost for mark, p in marks], Decimal(0)) if held else None


@pytest.mark.parametrize("seed", range(scale(30)))
def test_loss_worth_and_total_are_those_of_all_positions_after_every_trade(seed: int) -> None:
    chance, desk = random.Random(seed), Desk()
    desk.list(rain())
    desk.list(high())
    desk.list(rain("LATER"), phase=chance.choice((1, 2)))
    state = desk.state
    for _ in range(60):
        market, outcome = chance.choice((("RAIN", 0), ("RAIN", 0), ("HIGH", 0), ("HIGH", 2), ("LATER", 0)))
        side = chance.choice((Side.BUY, Side.BUY, Side.SELL))
        desk.holding = chance.random() < 0.3
        desk.ask(desk.order(side, chance.choice((Leg.YES, Leg.NO)), market, outcome, qty=chance.choice((1, 3, "0.5"))))
        if not desk.holding:
            desk.free()
        exchange, book = state.exchange, state.book
        losses = {name: probing.loss_of(state, one) for name, one in exchange.markets.items()}
        assert state.losses == {name: loss for name, loss in losses.items() if loss}
        assert state.loss == sum(losses.values())
        worth = {name: one_by_one(desk, name) for name in exchange.markets}
        assert state.worth == {name: value for name, value in worth.items() if value is not None}
        assert state.total == book.realised + state.unrealised.quantize(Decimal("0.000001")) - book.fees
    assert state.fills_known > 5
