"""What a venue reckons beyond all reason is left out: it stops no session, and no gate lets more through for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.core.units import Leg
from engine.options import marks
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
    most = marks.LARGEST
    wild = {"index": marks.MOST, "delta": most, "gamma": most, "vega": most, "theta": -most, "mark_iv": None}
    world.mark(one, str(marks.MOST), **wild)
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
