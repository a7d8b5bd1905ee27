from __future__ import annotations

from engine.core.units import MINUTE, Leg, Nanos
from engine.views import topics
from tests.engine.kernel.desk import Desk


def test_trades_are_newest_first_and_ours_are_marked() -> None:
    desk = Desk()
    desk.list()
    desk.place(qty=10)
    desk.other(leg=Leg.NO, qty=4)
    view = desk.kernel.view(topics.tape("RAIN/0"))
    assert [(row.qty, row.bought, row.mine) for row in view.rows] == [(4, False, False), (10, True, True)]
    assert (view.bought, view.sold) == (10, 4)
    assert view.rows[0].price == desk.market().last


def test_sums_are_of_ten_minutes_and_rows_stay() -> None:
    desk = Desk()
    desk.list()
    desk.place(qty=10)
    desk.run(Nanos(desk.at + 12 * MINUTE))
    view = desk.kernel.view(topics.tape("RAIN/0"))
    assert (view.bought, view.sold, len(view.rows)) == (0, 0, 1)


def test_what_does_not_exist_has_no_tape() -> None:
    desk = Desk()
    desk.list()
    for symbol in ("", "RAIN", "RAIN/1", "NOWHERE/0"):
        assert desk.kernel.view(topics.tape(symbol)) is None
