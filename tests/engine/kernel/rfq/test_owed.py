"""What stops new risk does not hold back the hedge of a trade that binds; everything else does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from engine.core.commands import Halt, Place, ReduceOnly, SetLimit
from engine.core.units import SECOND, Nanos, Qty, Side, Ticks
from engine.kernel.options import sensing
from engine.kernel.rfq import hedge_orders
from tests.engine.kernel.rfq.world import CALL, HEDGE_CALL, SPOT, World


def losing(qty: str = "1") -> World:
    """Short on the hedge's venue and losing there, with a second quote live that would make it shorter."""
    world = World()
    world.request(side=Side.BUY)
    world.taken(world.signed[0])
    world.fills(world.orders[0])
    world.request(side=Side.BUY, name="r-2", qty=qty)
    assert len(world.signed) == 2
    world.spot = SPOT + 200
    world.quote()
    world.run(Nanos(world.at + 21 * SECOND))
    world.alive()
    world.quote()
    assert dict(sensing.stops(world.state))[HEDGE_CALL] > world.state.limits["STOP_LOSS"]
    return world


def sell(world: World, **terms: Any) -> str:
    """Sell more of what loses by hand; return the gate that refused it."""
    best = world.state.listings[HEDGE_CALL].book.best_bid
    given = {"origin": "ladder", "intent": "by-hand"} | terms
    world.ask(Place(instrument=HEDGE_CALL, side=Side.SELL, qty=Qty(Decimal(1)), price=Ticks(best or 0), **given))
    return list(world.state.register)[-1].why


def test_the_stop_loss_lets_the_hedge_of_a_taken_quote_pass_and_nothing_else() -> None:
    world = losing()
    assert sell(world).startswith("STOP_LOSS")
    assert sell(world, origin="hedge", intent="rysk:none#0#1").startswith("STOP_LOSS"), "no trade wants it"
    assert len(world.orders) == 1
    world.alive()
    world.quote()
    world.taken(world.signed[1], "t-2")
    assert len(world.orders) == 2, list(world.state.rfq.trades.values())[-1].why
    hedge = world.orders[1]
    assert (hedge.order.place.instrument, hedge.order.place.side, hedge.order.place.qty) == (HEDGE_CALL, Side.SELL, 1)
    assert "STOP_LOSS" not in hedge.order.gates
    assert {"KILL", "COIN_POSITION", "STRESS", "AT_RISK", "MARK_COLLAR", "BOOK_STALE"} <= {*hedge.order.gates}
    trade = list(world.state.rfq.trades.values())[-1]
    twice = hedge.order.place
    assert hedge_orders.owed(world.state, twice)
    world.fills(hedge)
    assert trade.state == "HEDGED"
    assert not hedge_orders.owed(world.state, twice), "it is done"
    assert sell(world, intent="again").startswith("STOP_LOSS")


@pytest.mark.parametrize(
    ("stop", "sent"),
    [
        (ReduceOnly(on=True), True),
        (Halt(why="enough"), False),
        (SetLimit(gate="COIN_POSITION", value=Decimal(1), why="t"), False),
    ],
)  # fmt: skip
def test_only_what_reduces_lets_it_pass_a_kill_and_a_limit_on_size_do_not(stop: Any, sent: bool) -> None:
    world = losing()
    world.ask(stop)
    world.taken(world.signed[1], "t-2")
    assert (len(world.orders) == 2) is sent
    if not sent:
        trade = list(world.state.rfq.trades.values())[-1]
        assert trade.why.startswith(("KILL", "COIN_POSITION"))


def test_an_order_for_more_than_is_left_or_the_other_way_is_no_hedge() -> None:
    world = losing()
    world.taken(world.signed[1], "t-2")
    place = world.orders[1].order.place
    for other in (
        replace(place, qty=Qty(Decimal(2))), replace(place, side=Side.BUY), replace(place, instrument=CALL),
        replace(place, origin="ladder"), replace(place, intent=place.intent.replace("#0#", "#7#")),
        replace(place, intent=""), replace(place, qty=None),
    ):  # fmt: skip
        assert not hedge_orders.owed(world.state, other)


def test_a_hedge_that_could_lose_more_does_not_pass() -> None:
    world = losing()
    world.state.options.owed = lambda place: True
    assert sell(world).startswith("STOP_LOSS"), "nothing was taken: more of it would only add"
