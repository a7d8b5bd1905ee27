from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.core.commands import Flatten, Halt, SetLimit
from engine.core.units import Leg
from engine.kernel.project import gates
from engine.risk.gates import GATES
from engine.risk.limits import SPECS
from engine.views import topics
from tests.engine.kernel.desk import Desk, rain
from tests.engine.kernel.venue import FACTS, SYMBOLS, Session, opened


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.list()
    return made


def test_every_gate_is_a_lamp_with_its_limit_and_its_self_test(desk: Desk) -> None:
    rows = desk.kernel.view(topics.GATES).rows
    assert [row.code for row in rows] == [gate.code for gate in GATES]
    assert {row.state for row in rows} == {"OK"}
    assert all(row.self_test == "ok" for row in rows)
    assert {row.code for row in rows if row.value is not None} == set(SPECS)
    assert all(row.last_refusal == "" and row.last_refusal_at is None for row in rows)


def test_what_is_used_nears_its_limit(desk: Desk) -> None:
    desk.ask(SetLimit(gate="AT_RISK", value=Decimal(7)))
    desk.place(qty=10)
    lamp = desk.gate("AT_RISK")
    assert (lamp.used, lamp.limit, lamp.state) == ("5.12", "7.00", "NEAR")
    assert lamp.share == pytest.approx(5.124948 / 7)
    assert desk.gate("EVENT_EXPOSURE").used == "5.12"
    assert desk.gate("CELL_EXPOSURE").used == "10 ct"
    spine = desk.kernel.view(topics.SPINE)
    assert (spine.gates_near, spine.gates_refusing) == (1, 0)
    assert spine.gates_ok == len(GATES) - 1


def test_trades_that_wait_for_the_disk_are_in_the_lamp(desk: Desk) -> None:
    desk.holding = True
    desk.place(qty=10)
    assert desk.gate("AT_RISK").used == "5.12"
    assert desk.gate("OPEN_ORDERS").used == "1 orders"
    assert desk.kernel.view(topics.SPINE).working == 1


def test_the_ladder_of_a_venue_that_takes_no_orders_says_that_it_refuses() -> None:
    """Live without keys, its gates were told as those of no venue at all: all passed, and each order was refused."""
    session = Session(opened("live", venues=(msgspec.structs.replace(FACTS, trades=False),)))
    assert session.place().why.startswith("ARMED — ")
    paper = Session(opened(venues=(msgspec.structs.replace(FACTS, trades=False),)))
    assert paper.place().why == "VENUE_LINK — the venue's link is down: it takes no orders"
    told = [one.kernel.view(topics.ladder(SYMBOLS[0])).refusing for one in (session, paper)]
    assert told == ["ARMED", "VENUE_LINK"]


def test_a_halt_shows_what_flattening_would_cost(desk: Desk) -> None:
    desk.list(rain("SECOND", threshold=Decimal(5)), fee_rate=Decimal("0.02"))
    desk.place(qty=10)
    desk.place(leg=Leg.NO, market="SECOND", qty=10)
    desk.ask(Halt(why="lunch"))
    view = desk.kernel.view(topics.GATES)
    assert (view.halted_by, view.halted_why, view.open) == ("you", "lunch", 2)
    marks = sum(row.qty * Decimal(row.mark) / 100 for row in desk.kernel.view(topics.POSITIONS).rows)
    before = desk.state.exchange.cash["you"]
    cost = view.flatten_cost
    desk.ask(Flatten())
    got = desk.state.exchange.cash["you"] - before
    assert marks - got == pytest.approx(cost, abs=Decimal("0.0001"))


def test_flattening_what_cannot_be_sold_has_no_price(desk: Desk) -> None:
    desk.place(qty=10)
    desk.run(desk.market().contract.closes)
    assert desk.kernel.view(topics.GATES).flatten_cost is None


def test_coins_that_are_a_quotient_are_told_to_a_step_that_a_column_has_room_for() -> None:
    told = gates._text(Decimal("5.295824048090957249875123456"), "coins")
    assert told == "5.2958 coins"
    assert gates._text(Decimal("0.00001"), "coins") == "< 0.0001 coins"
    assert gates._text(Decimal("10.00"), "ct") == "10 ct"
