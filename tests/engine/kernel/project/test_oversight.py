"""What an operator answers for: the figures are the exchange's own."""

from __future__ import annotations

from engine.core.units import Side
from engine.views import topics
from engine.views.oversight import OversightView
from tests.engine.kernel.desk import SIM, Desk


def view(desk: Desk) -> OversightView:
    found = desk.kernel.view(topics.OVERSIGHT)
    assert isinstance(found, OversightView)
    return found


def test_the_house_can_pay_and_its_means_are_those_of_the_books() -> None:
    desk = Desk()
    desk.list()
    rows = {row.who: row for row in view(desk).rows}
    exchange = desk.kernel.state.exchange
    assert rows["Worst-case subsidies"].measured == f"${exchange.subsidies():,.2f}"
    assert rows["Dearest outcomes over their pots"].measured == "$0.00"
    assert rows["Dearest outcomes over their pots"].state == "OK"
    assert rows["Disputed markets"].measured == "0"
    assert view(desk).flags == 0


def test_a_large_position_is_reported_and_round_trips_are_flagged() -> None:
    desk = Desk()
    desk.list()
    desk.other(qty=300)
    (large,) = [row for row in view(desk).rows if row.kind == "POSITION"]
    assert (large.who, large.measured, large.share, large.state) == (SIM, "+300.00", 0.3, "OK")
    for _ in range(4):
        desk.other(qty=400)
        desk.other(qty=400, side=Side.SELL)
    first = view(desk).rows[0]
    assert (first.kind, first.state, first.who) == ("ROUND_TRIPS", "LOOK", SIM)
    assert view(desk).flags == 1
