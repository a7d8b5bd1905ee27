from __future__ import annotations

from decimal import Decimal

from engine.core.commands import Place
from engine.core.events import Asked
from engine.core.ids import MarketId, embedded
from engine.core.order import Status
from engine.core.units import Nanos, Qty, Side
from tests.engine.kernel.desk import CLOSES, Desk


def test_a_sale_that_is_asked_for_before_the_close_rings_is_refused_by_the_exchange() -> None:
    """At the close the timer and the order are both due; whichever comes first, nothing trades after the window."""
    desk = Desk()
    desk.list()
    desk.place(qty=10)
    sale = Place(instrument=embedded(MarketId("RAIN"), 0), side=Side.SELL, qty=Qty(Decimal(10)), intent="late")
    desk.do(Asked(at=CLOSES, command=sale, pressed_at=Nanos(desk.pressed + 10**10)))
    late = list(desk.state.register)[-1]
    assert (late.status, late.filled) == (Status.REFUSED, 0)
    assert late.why.startswith("EXCHANGE — CLOSED")
    assert desk.market().status == "open"  # the timer has not rung yet
