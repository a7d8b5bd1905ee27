"""Orders with a time of their own, taken up on paper by a session after the one that sent them."""

from __future__ import annotations

import pytest

from engine.core.commands import Tif
from engine.core.events import Listed
from engine.core.ids import KALSHI
from engine.core.units import SECOND, Nanos
from engine.kernel.inflight import ends_of, known_of
from engine.orders.simulate import Latency, Simulator
from tests.engine.kernel.venue import Session, family, instrument

AT_ONCE = Latency(out=0, back=0, jitter=0)


@pytest.mark.parametrize("listed", [True, False])
def test_an_order_of_an_earlier_session_ends_when_its_time_runs_out(listed: bool) -> None:
    session = Session()
    until = Nanos(session.at + 600 * SECOND)
    order = session.place(tif=Tif.GTD, until=until)
    kept = session.place(price=4_700)
    session.crash()
    mine = [session.state.register.get(one.id) for one in (order, kept)]
    paper = Simulator(KALSHI, lambda: 0.0, AT_ONCE)
    paper.resume([known_of(one) for one in mine], session.at, ends_of(mine))
    if listed:
        paper.step(Listed(at=session.at, family=family(), instruments=(instrument(0),)), session.at)
    assert paper.due(Nanos(until - 1)) == []
    (end,) = paper.due(until)
    assert (type(end).__name__, end.order) == ("Expired", order.id)
