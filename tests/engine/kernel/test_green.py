from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from engine.core.commands import Halt, Place, ReduceOnly, Release, SetLimit, Tif
from engine.core.effects import Approved
from engine.core.events import StoreChanged
from engine.core.ids import InstrumentId, OrderId, VenueId
from engine.core.order import Status
from engine.core.units import Leg, Nanos, Side
from engine.kernel import green
from engine.kernel.probing import probe
from engine.orders.register import Order
from engine.risk import gates
from engine.risk.limits import SPECS
from tests.engine.kernel.desk import Desk, high, rain
from tests.scale import scale

ORDER = OrderId("o-999999")


def agree(desk: Desk, place: Place, pressed: Nanos) -> str:
    """Hold the quick word against the gates' and say which it was; it may doubt, and never let more pass."""
    quick = green.quote(desk.state, place, pressed)
    found, slow = probe(desk.state, place, pressed)
    answer = gates.check(ORDER, found, desk.state.limits)
    if quick is None:
        return "doubted" if isinstance(answer, Approved) else answer.gate
    assert isinstance(answer, Approved), answer
    assert quick == slow
    return "passed"


def anything(chance: random.Random) -> dict[str, Any]:
    """Terms of an order, sound ones mostly."""
    side = Side.SELL if chance.random() < 0.3 else Side.BUY
    terms: dict[str, Any] = {"side": side, "leg": Leg.NO if chance.random() < 0.3 else Leg.YES}
    markets = (("RAIN", 0), ("HIGH", 0), ("HIGH", 2), ("DRY", 0), ("NONE", 0))
    terms["market"], terms["outcome"] = chance.choices(markets, (8, 4, 4, 4, 1))[0]
    kind = chance.random()
    if kind < 0.75:
        sizes = (1, 2, 10, 90, 240, 300, "0.0000001", 0, "1e12")
        terms["qty"] = chance.choices(sizes, (8, 8, 8, 4, 2, 1, 1, 1, 1))[0]
    elif kind < 0.9:
        terms["budget"] = chance.choice((1, 20, 400, "0.0000001"))
    if chance.random() < 0.15:
        terms["price"] = chance.choice((1, 3_000, 5_100, 9_999, 10_000))
    terms["tif"] = chance.choices((Tif.IOC, Tif.FOK, Tif.GTC), (16, 4, 1))[0]
    return terms


def unsettle(desk: Desk, chance: random.Random) -> None:
    """Do what makes gates close and open again."""
    what = chance.random()
    if what < 0.02:
        desk.ask(Halt(why="test"))
    elif what < 0.14:
        desk.ask(Release(typed="paper"))
    elif what < 0.2:
        desk.ask(ReduceOnly(on=chance.random() < 0.3))
    elif what < 0.25:
        desk.holding = not desk.holding
    elif what < 0.3:
        desk.do(StoreChanged(at=desk.at, ok=chance.random() < 0.9))
    elif what < 0.5:
        code = chance.choice(list(SPECS))
        spec = SPECS[code]
        desk.ask(SetLimit(gate=code, value=chance.choice((spec.lowest, spec.start, spec.highest)), why="test"))
    elif what < 0.55 and not desk.holding:
        desk.free()


@pytest.mark.parametrize("seed", range(scale(100)))
def test_what_is_told_in_one_go_the_gates_let_pass_with_the_same_quote(seed) -> None:
    chance, desk = random.Random(seed), Desk()
    desk.list(rain())
    desk.list(high())
    desk.list(rain("DRY", threshold=Decimal(9)), prior=(0.1, 0.9))
    for _ in range(60):
        if chance.random() < 0.2:
            unsettle(desk, chance)
        place = desk.order(**anything(chance))
        gap = Nanos(chance.choice((0, 1, 2, 4)) * 1_000_000_000)
        agree(desk, place, Nanos(desk.pressed + gap))
        desk.ask(place, gap)
        if desk.holding and chance.random() < 0.3:
            desk.free()


def test_the_usual_orders_are_told_in_one_go() -> None:
    desk = Desk()
    desk.list(rain())
    desk.list(high())
    said: Counter[str] = Counter()
    for number in range(40):
        market, outcome = (("RAIN", 0), ("HIGH", number % 4))[number % 2]
        place = desk.order(Side.SELL if number % 8 > 5 else Side.BUY, market=market, outcome=outcome, qty=2)
        said[agree(desk, place, Nanos(desk.pressed + 3_000_000_000))] += 1
        desk.ask(place)
    assert said["passed"] >= 30
    assert said["doubted"] == 0


def test_an_order_that_waits_on_a_venue_makes_it_doubt() -> None:
    desk = Desk()
    desk.list(rain())
    place = desk.order(qty=1)
    assert agree(desk, place, Nanos(0)) == "passed"
    there = InstrumentId(VenueId("kalshi"), "KXRAIN")
    waiting = Order(OrderId("o-1"), Place(instrument=there, side=Side.BUY), Nanos(0), Status.WORKING)
    desk.state.register.add(waiting)
    assert agree(desk, place, Nanos(0)) == "doubted"


def test_every_gate_of_an_embedded_order_is_seen_to() -> None:
    met = {gate.code for gate in gates.GATES if not (gate.warns or gate.venue or gate.automated)}
    assert met == green.SEEN_TO


def test_a_gate_it_does_not_know_makes_it_doubt_everything(monkeypatch) -> None:
    desk = Desk()
    desk.list(rain())
    monkeypatch.setattr(green, "WHOLE", False)
    assert agree(desk, desk.order(qty=1), Nanos(0)) == "doubted"
