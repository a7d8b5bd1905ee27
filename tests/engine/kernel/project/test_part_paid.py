"""A market that a venue resolves to a part of a dollar: each leg is worth its part, wherever that is shown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.events import StatusChanged
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import Leg
from engine.views import topics
from tests.engine.kernel.venue import SYMBOLS, Session, opened

ONE = InstrumentId(KALSHI, SYMBOLS[0])


@pytest.mark.parametrize("leg", list(Leg))
def test_a_position_is_worth_its_part_in_every_view(leg: Leg) -> None:
    session = Session(opened())
    session.trade(session.place(qty=10, price=4_800, leg=leg), 10)
    session.tell(StatusChanged(at=session.at, instrument=ONE, status="determined", result="0.25"))
    session.run(2)
    made = Decimal("-2.3") if leg is Leg.YES else Decimal("2.7")
    assert session.state.unrealised == made
    view = session.kernel.view(topics.POSITIONS)
    (row,) = view.rows
    assert (row.mark_from, row.mark) == ("settled", 25.0 if leg is Leg.YES else 75.0)
    assert row.unrealised == made == view.unrealised
    pnl = session.kernel.view(topics.PNL)
    assert sum(one for _, one in pnl.by_market) == pnl.total
