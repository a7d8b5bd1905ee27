"""What the registry of strategies shows of a line that trades derivatives."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.core.commands import SetStrategy, StrategyState
from engine.risk.limits import SPECS
from engine.sandbox.option_market import PERPETUAL
from engine.strategies import option_making
from engine.views import topics
from tests.engine.kernel.options.world import EASY, World, call, put

WIDE = (*EASY, ("CORRELATED", SPECS["CORRELATED"].highest))


def traded(one: Any, price: str, qty: str, *, sold: bool, then: str) -> World:
    """Return a session in which the options maker bought or sold, and the price went elsewhere."""
    world = World(limits=WIDE)
    world.ready(one, price)
    world.ask(SetStrategy(strategy=option_making.NAME, to=StrategyState.PAPER))
    trade = world.sell if sold else world.buy
    order = trade(one, qty, strategy=option_making.NAME)
    assert order.filled == Decimal(qty), order.why
    world.ready(one, then)
    world.run(2)
    return world


@pytest.mark.parametrize("sold", [True, False])
@pytest.mark.parametrize(
    ("one", "price", "qty", "then"),
    [(put(), "0.05", "0.5", "0.04"), (call(), "0.05", "0.5", "0.06"), (PERPETUAL, "60000", "100", "61000")],
)
def test_what_a_line_holds_long_or_short_is_worth_what_the_account_says(
    one: Any, price: str, qty: str, then: str, sold: bool
) -> None:
    world = traded(one, price, qty, sold=sold, then=then)
    row = next(r for r in world.kernel.view(topics.STRATEGIES).rows if r.name == option_making.NAME)
    assert world.state.unrealised
    assert row.unrealised == world.state.unrealised
