"""P11: fills, cancels and amendments of one order in any order, told once, twice, early or late."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from engine.core.commands import Amend, Cancel, Place
from engine.core.events import Accepted, Canceled, CancelRefused, Filled, FillReversed, Lost
from engine.core.ids import KALSHI, InstrumentId, OrderId, VenueOrderId
from engine.core.order import ENDS, Status
from engine.core.units import Money, Nanos, Qty, Side, Ticks
from engine.orders.register import Order, Register
from tests.scale import scale

ID = OrderId("o-000001")
AT = Nanos(1)
FULL = 100_000
S = Status


def parts(chance: random.Random, whole: int) -> list[int]:
    """Split a quantity in hundredths into fills that sum to it."""
    cuts = sorted(chance.sample(range(1, whole), min(chance.randint(0, 5), whole - 1)))
    return [b - a for a, b in zip([0, *cuts], [*cuts, whole], strict=True)]


def fill(number: int, hundredths: int, price: int) -> Filled:
    qty = Decimal(hundredths) / 100
    each = Decimal(price) / 10_000
    return Filled(
        at=AT, order=ID, trade_id=f"t-{number}", price=each, qty=Qty(qty), cost=Money(qty * each),
        fee=Money(Decimal(number) / 10_000),
    )  # fmt: skip


def play(seed: int) -> str:
    """Return what is wrong with one interleaving; empty when nothing is."""
    chance = random.Random(seed)
    whole, price = chance.randint(1, 2_000), chance.randint(1, 9_999)
    place = Place(
        instrument=InstrumentId(KALSHI, "X"), side=Side.BUY, qty=Qty(Decimal(whole) / 100), price=Ticks(price)
    )
    register = Register()
    order = Order(ID, place, AT, quantity=place.qty)
    register.add(order)
    fills = [fill(n, part, price) for n, part in enumerate(parts(chance, whole))]
    taken = fills[: chance.randint(0, len(fills))]
    cancels = len(taken) < len(fills)
    news: list[Any] = [Accepted(at=AT, order=ID, venue_order=VenueOrderId("v")), *taken]
    news += chance.choices(taken, k=chance.randint(0, 3)) if taken else []
    if cancels:
        news.append(Canceled(at=AT, order=ID))
    back = [f for f in taken if chance.random() < 0.1]
    chance.shuffle(news)
    if chance.random() < 0.3:
        news.insert(chance.randint(0, len(news)), Lost(at=AT, order=ID, why="?"))
    if not cancels and chance.random() < 0.3:
        news.insert(chance.randint(0, len(news)), CancelRefused(at=AT, order=ID, code="filled"))
    news += [FillReversed(at=AT, order=ID, trade_id=f.trade_id) for f in back]
    for one in news:
        if chance.random() < 0.2:
            register.ask(ID, chance.choice([Cancel, Amend]))
        register.apply(one)
        if order.filled > place.qty:  # type: ignore[operator]
            return "more was filled than asked for"
        if (order.id in {o.id for o in register.open()}) is order.ended:
            return f"{order.status.value} is open or not, wrongly"
    kept = [f for f in taken if f not in back]
    sums = tuple(sum((getattr(f, n) for f in kept), Decimal(0)) for n in ("qty", "cost", "fee"))
    if (order.filled, order.cost, order.fee) != sums:
        return f"the sums are {(order.filled, order.cost, order.fee)}, not {sums}"
    if cancels:
        return "" if order.status in {S.CANCELED, S.FILLED} else f"it ended as {order.status.value}"
    if back:
        return "" if order.status in ENDS else f"it ended as {order.status.value}"
    return "" if order.status is S.FILLED else f"all of it traded and it is {order.status.value}"


@pytest.mark.parametrize("part", range(2))
def test_p11_fills_sum_exactly_and_a_cancel_races_them_to_the_right_end(part: int) -> None:
    seeds = range(part * FULL, part * FULL + scale(FULL) // 2)
    print(f"seeds {seeds.start} to {seeds.stop - 1}")
    bad = {seed: why for seed in seeds if (why := play(seed))}
    assert not bad, dict(list(bad.items())[:5])
