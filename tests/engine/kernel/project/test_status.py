from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.units import MINUTE, Nanos
from engine.kernel.project.status import age
from engine.views import topics
from tests.engine.kernel.desk import CLOSES, Desk, hours, rain, report


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.list()
    return made


def test_the_spine_of_a_session_that_has_done_nothing() -> None:
    spine = Desk().kernel.view(topics.SPINE)
    assert (spine.mode, spine.account_name, spine.role, spine.place) == ("paper", "paper", "trader", "Chicago")
    assert (spine.cash, spine.equity, spine.day, spine.at_risk) == (1_000, 1_000, 0, 0)
    assert (spine.next_close, spine.next_close_at, spine.halted_by, spine.storage_ok) == ("", None, "", True)
    assert (spine.at_risk_limit, spine.day_limit, spine.week_limit) == (150, -30, -80)


def test_the_next_close_is_of_our_own_positions_first(desk: Desk) -> None:
    desk.list(rain("LATER", closes=Nanos(CLOSES + 60 * MINUTE), threshold=Decimal(4)))
    assert desk.kernel.view(topics.SPINE).next_close_at == CLOSES
    desk.place(market="LATER", qty=1)
    assert desk.kernel.view(topics.SPINE).next_close_at == CLOSES + 60 * MINUTE


def test_each_station_of_an_open_market_has_a_chip(desk: Desk) -> None:
    chips = {chip.name: chip for chip in desk.kernel.view(topics.FEEDS).chips}
    assert (chips["KMDW"].state, chips["KMDW"].text) == ("off", "—")
    assert (chips["Exchange"].state, chips["Exchange"].text) == ("live", "1 open")
    desk.observe([report(desk.at)])
    assert desk.kernel.view(topics.FEEDS).chips[1].state == "live"
    desk.run(Nanos(desk.at + 72 * MINUTE))
    assert desk.kernel.view(topics.FEEDS).chips[1].state == "stale"
    desk.observe(hours(0, 20, 0))
    desk.settle()
    assert [chip.name for chip in desk.kernel.view(topics.FEEDS).chips] == ["Exchange"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (60, "1 m"), (5_399, "90 m"), (5_400, "1.5 h")]
)
def test_ages_are_in_the_largest_fitting_unit(seconds: int, text: str) -> None:
    assert age(Nanos(0), Nanos(seconds * 1_000_000_000)) == text
    assert age(Nanos(5), Nanos(0)) == "0 s"


def test_the_same_notice_in_a_row_is_counted() -> None:
    desk = Desk()
    before = len(desk.kernel.view(topics.NOTICES).rows)
    for _ in range(3):
        desk.place(qty=1, intent="")
    rows = desk.kernel.view(topics.NOTICES).rows
    assert len(rows) == before + 1
    assert rows[-1].times == 3
    assert desk.kernel.view(topics.NOTICES).warnings >= 3


def test_the_log_is_bounded() -> None:
    desk = Desk()
    for number in range(600):
        desk.place(qty=number + 1, gap=Nanos(0))
    rows = desk.kernel.view(topics.NOTICES).rows
    assert len(rows) <= 500
    assert [row.id for row in rows] == sorted(row.id for row in rows)
