"""What a venue says beyond all reason is left out: it stops no session, and no gate lets more through for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.core.events import Filled, Held, Pictured
from engine.core.units import Leg, Qty
from engine.orders import bearable
from engine.views import topics
from tests.engine.kernel.options.world import PERPETUAL, World, call

HOSTILE: tuple[dict[str, Any], ...] = (
    {"price": "1e17", "index": Decimal("1e17")},
    {"price": "-1"},
    {"index": Decimal("1e13")},
    {"index": Decimal("1e-18")},
    {"forward": Decimal("1e17")},
    {"delta": 1e308, "gamma": 0.1, "vega": 1.0, "theta": -1.0, "mark_iv": None},
    {"delta": 0.5, "gamma": 1e30, "vega": 1.0, "theta": -1.0, "mark_iv": None},
    {"delta": 0.5, "gamma": 0.1, "vega": 1.0, "theta": -1e308, "mark_iv": None},
)


@pytest.mark.parametrize("said", HOSTILE)
def test_a_mark_beyond_reason_is_left_out_and_said(said: dict[str, Any]) -> None:
    world = World()
    one = call()
    for name in (one, PERPETUAL):
        world.ready(name, "0.05" if name == one else "60000")
        assert world.buy(name, "1" if name == one else "100").filled
    before = world.state.listings[one].mark
    world.mark(one, **said)
    assert world.state.listings[one].mark is before
    assert "that cannot be, and is left out; 1 so far" in world.state.notices.view().rows[-1].text
    for name in (one, PERPETUAL):
        assert world.sell(name, "1" if name == one else "100").filled
    for topic in (topics.GREEKS, topics.SPINE, topics.GATES):
        assert world.kernel.view(topic) is not None


def test_marks_at_the_edge_of_reason_stop_nothing_and_let_nothing_new_through() -> None:
    world = World()
    one = call()
    world.ready(one)
    assert world.buy(one, "1").filled
    most = bearable.MOST_GREEK
    wild = {"index": bearable.MOST_PRICE, "delta": most, "gamma": most, "vega": most, "theta": -most, "mark_iv": None}
    world.mark(one, str(bearable.MOST_PRICE), **wild)
    mark = world.state.listings[one].mark
    assert mark is not None
    assert mark.delta == most
    assert not world.buy(one, "1", "0.06").filled
    world.run(70)
    assert world.kernel.view(topics.GREEKS) is not None


def test_a_delivery_price_beyond_reason_closes_nothing() -> None:
    world = World()
    one = call()
    world.ready(one)
    assert world.buy(one, "1").filled
    world.settle(one, "9" * 40)
    assert "without a delivery price that can be read" in world.state.notices.view().rows[-1].text
    assert world.state.book.get(one, Leg.YES).qty == 1


@pytest.mark.parametrize(
    "numbers", [{"fee": "1e24"}, {"cost": "1e30"}, {"price": "1e-20"}, {"qty": "1e20"}, {"price": "1e40"}]
)
def test_a_fill_beyond_what_sums_hold_is_not_booked_and_stops_nothing(numbers: dict[str, str]) -> None:
    world = World()
    world.ready(PERPETUAL, "60000")
    order = world.buy(PERPETUAL, "100", "50000")
    given = {"price": "50000", "qty": "10", "cost": "10", "fee": "0"} | numbers
    world.step(
        Filled(at=world.at, order=order.id, trade_id="wild", **{k: Decimal(v) for k, v in given.items()})  # type: ignore[arg-type]
    )
    assert "that cannot be" in world.state.notices.view().rows[-1].text
    assert world.state.book.get(PERPETUAL, Leg.YES).qty == 0
    assert world.buy(PERPETUAL, "10").filled or world.state.desks[PERPETUAL.venue].why


def test_an_account_beyond_what_sums_hold_is_taken_for_unread() -> None:
    world = World()
    world.ready(PERPETUAL, "60000")
    assert world.buy(PERPETUAL, "100").filled
    held = Held(instrument=PERPETUAL, leg=Leg.YES, qty=Qty(Decimal("1e30")), average=Decimal(1))
    for _ in range(3):
        world.step(Pictured(at=world.at, venue=PERPETUAL.venue, asked_at=world.at, positions=(held,)))
        world.run(1)
    assert world.state.book.get(PERPETUAL, Leg.YES).qty == 100
