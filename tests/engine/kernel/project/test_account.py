from __future__ import annotations

import random
from decimal import Decimal

import msgspec
import pytest

from engine.core.commands import Place
from engine.core.ids import OrderId
from engine.core.order import Status
from engine.core.units import Leg, Side
from engine.kernel.diary import ROOM as DIARY_ROOM
from engine.kernel.project.account import ROWS
from engine.kernel.state import FILLS_ROOM
from engine.orders.register import Order
from engine.views import topics
from tests.engine.kernel.desk import Desk, high, hours, rain

TINY = Decimal("0.00001")


@pytest.fixture
def desk() -> Desk:
    """A session with positions in three outcomes, some sold again, at prices others moved."""
    made, chance = Desk(), random.Random(3)
    made.list(fee_rate=Decimal("0.02"))
    made.list(high())
    for _ in range(12):
        made.place(market="HIGH", outcome=chance.randrange(4), leg=chance.choice((Leg.YES, Leg.NO)), qty=3)
        made.place(qty=2)
        made.other(leg=chance.choice((Leg.YES, Leg.NO)), qty=9)
    made.place(Side.SELL, qty=7)
    return made


def test_the_total_of_the_positions_is_their_sum(desk: Desk) -> None:
    view = desk.kernel.view(topics.POSITIONS)
    assert len(view.rows) > 3
    assert abs(sum(row.unrealised for row in view.rows) - view.unrealised) < TINY
    assert sum(row.realised for row in view.rows) == view.realised == desk.state.book.realised
    assert sum(row.fees for row in view.rows) == view.fees > 0
    assert view.net == view.unrealised + view.realised - view.fees
    assert view.max_loss == sum(desk.state.losses.values())


def test_flat_positions_leave_the_table_and_stay_in_the_sum(desk: Desk) -> None:
    before = len(desk.kernel.view(topics.POSITIONS).rows)
    desk.place(Side.SELL, qty=17)
    view = desk.kernel.view(topics.POSITIONS)
    assert len(view.rows) == before - 1
    assert view.realised == desk.state.book.realised


def test_the_result_is_the_sum_of_its_markets_and_of_its_parts(desk: Desk) -> None:
    view = desk.kernel.view(topics.PNL)
    assert view.total == view.realised + view.unrealised - view.fees
    assert abs(sum(made for _, made in view.by_market) - view.total) < TINY
    assert view.points[-1].total == pytest.approx(float(view.total))
    assert [p.at for p in view.points] == sorted(p.at for p in view.points)


def test_two_markets_of_one_name_are_two_lines_of_the_result() -> None:
    desk = Desk()
    for name in ("ONE", "TWO", "OTHER"):
        desk.list(rain(name, title="Rain" if name != "OTHER" else "Other rain"))
        desk.other(market=name, qty=9)
        desk.place(market=name, qty=3 if name == "ONE" else 5)
    desk.other(market="ONE", leg=Leg.NO, qty=9)
    made = dict(desk.kernel.view(topics.PNL).by_market)
    assert made.keys() == {"Rain · ONE", "Rain · TWO", "Other rain"}
    assert made["Rain · ONE"] != made["Rain · TWO"]


def test_equity_is_cash_and_positions_at_their_marks(desk: Desk) -> None:
    spine = desk.kernel.view(topics.SPINE)
    positions = desk.kernel.view(topics.POSITIONS)
    marked = sum(row.qty * Decimal(row.mark) / 100 for row in positions.rows)
    assert abs(spine.cash + marked - spine.equity) < TINY
    assert abs(spine.equity - 1_000 - positions.net) < TINY
    assert spine.open == len(positions.rows)
    assert spine.day == desk.state.total


def test_the_blotter_and_the_fills_are_newest_first(desk: Desk) -> None:
    desk.place(qty=100_000)
    orders, fills = desk.kernel.view(topics.ORDERS).rows, desk.kernel.view(topics.FILLS).rows
    assert orders[0].word == "Refused"
    assert (orders[0].average, orders[0].filled, orders[0].ends) == (None, 0, True)
    assert [row.at for row in orders] == sorted((row.at for row in orders), reverse=True)
    assert [row.at for row in fills] == sorted((row.at for row in fills), reverse=True)
    assert fills[0].side == "SELL YES"
    assert fills[0].realised == desk.state.fills[-1].realised
    assert sum(row.fee for row in fills) == desk.state.book.fees


def test_a_settled_market_is_in_the_result_and_not_in_the_positions(desk: Desk) -> None:
    desk.observe(hours(0, 20, 0))
    desk.settle()
    assert all(row.market != "RAIN" for row in desk.kernel.view(topics.POSITIONS).rows)
    view = desk.kernel.view(topics.PNL)
    assert abs(sum(made for _, made in view.by_market) - view.total) < TINY


def test_an_order_that_can_still_trade_stays_in_the_blotter_however_many_came_after_it(desk: Desk) -> None:
    register = desk.state.register
    waits = register.newest(1)[0]
    register.add(msgspec.structs.replace(waits, id=OrderId("waits"), status=Status.WORKING, place=_unnamed(waits)))
    for n in range(10 * ROWS):
        register.add(msgspec.structs.replace(waits, id=OrderId(f"o{n}"), place=_unnamed(waits)))
    view = desk.kernel.view(topics.ORDERS)
    assert len(view.rows) == ROWS + 1
    assert view.rows[-1].id == "waits"
    assert view.rows[0].id == f"o{10 * ROWS - 1}"
    assert view.older == len(register) - ROWS - 1


def test_fills_and_journal_say_how_many_they_let_go(desk: Desk) -> None:
    state, fill = desk.state, desk.state.fills[-1]
    assert desk.kernel.view(topics.FILLS).older == 0
    assert state.fills_known == len(state.fills)
    while state.fills_known < 10 * FILLS_ROOM:
        state.fills.append(fill)
        state.fills_known += 1
    view = desk.kernel.view(topics.FILLS)
    assert (len(view.rows), view.older) == (FILLS_ROOM, 9 * FILLS_ROOM)
    diary, entry = state.diary, next(iter(state.diary.entries.values()))
    for n in range(2 * DIARY_ROOM):
        diary.put(msgspec.structs.replace(entry, order=f"j{n}"))
    journal = desk.kernel.view(topics.JOURNAL)
    assert len(diary.entries) == DIARY_ROOM
    assert len(journal.rows) + journal.older == diary.gone + DIARY_ROOM


def _unnamed(order: Order) -> Place:
    return msgspec.structs.replace(order.place, intent="")
