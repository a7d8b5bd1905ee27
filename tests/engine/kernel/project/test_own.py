"""Our own orders on a ladder: what works, where it goes, and what became of what ended."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.commands import Amend, Cancel, Tif
from engine.core.events import Rejected
from engine.core.units import Leg, Qty, Side, Ticks
from engine.views import topics
from engine.views.ladder import ENDED
from tests.engine.kernel.desk import Desk
from tests.engine.kernel.venue import SYMBOLS, Session, opened


@pytest.fixture
def session() -> Session:
    return Session()


def ladder(session, index=0):
    return session.kernel.view(topics.ladder(SYMBOLS[index]))


def mine(view):
    rows = {r.price: (r.mine_bid, r.mine_bid_state) for r in view.rows if r.mine_bid_state}
    return rows | {r.price: (r.mine_ask, r.mine_ask_state) for r in view.rows if r.mine_ask_state}


def test_working_orders_say_what_they_are(session) -> None:
    session.place(qty=10, price=4_800)
    session.place(side=Side.BUY, leg=Leg.NO, qty=5, price=4_500)
    first, second = ladder(session).orders
    assert (first.row, first.rises, first.price, first.qty, first.state) == (4_800, True, 4_800, 10, "working")
    assert (second.row, second.rises, second.leg, second.price) == (5_500, False, Leg.NO, 4_500)


def test_what_ended_is_told_with_its_reason_and_only_where_it_was(session) -> None:
    order = session.place()
    session.ask(Cancel(order=order.id))
    session.run(1)
    other = session.place()
    session.do(Rejected(at=session.at, order=other.id, code="post_only", text="it would have traded"))
    refused = session.place(qty=5_000)
    gone = ladder(session).ended
    assert [(one.id, one.state) for one in gone] == [
        (order.id, "canceled"), (other.id, "rejected"), (refused.id, "refused"),
    ]  # fmt: skip
    assert gone[1].why == "post_only — it would have traded"
    assert gone[2].why.startswith("ORDER_QTY — ")
    assert ladder(session, 1).ended == ()


def test_only_so_many_and_none_of_an_earlier_session(session) -> None:
    for _ in range(ENDED + 4):
        session.place(qty=5_000, gap=3.0, settle=0)
    assert len(ladder(session).ended) == ENDED
    session.crash()
    assert ladder(session).ended == ()


@pytest.mark.parametrize("can", [("AMEND",), ()])
def test_an_order_on_its_way_stands_where_it_was_and_where_it_goes(can) -> None:
    base = opened()
    session = Session(replace(base, venues=(replace(base.venues[0], can=can),)))
    order = session.place()
    session.ask(Amend(order=order.id, price=Ticks(4_600), qty=Qty(Decimal(10))))
    assert mine(ladder(session)) == {4_800: ("10", "moved" if can else "canceling"), 4_600: ("10…", "amending")}
    session.run(1)
    assert mine(ladder(session)) == {4_600: ("10", "working")}


def test_our_own_exchange_shows_an_order_on_its_way_until_it_is_on_disk() -> None:
    desk = Desk()
    desk.list(phase=2)
    order = desk.place(Side.BUY, Leg.YES, qty=10, price=4_000, tif=Tif.GTC)
    topic = topics.ladder(order.place.instrument.symbol)
    desk.holding = True
    desk.ask(Amend(order=order.id, price=Ticks(4_200), qty=Qty(Decimal(10))))
    assert mine(desk.kernel.view(topic)) == {4_000: ("10", "moved"), 4_200: ("10…", "amending")}
    desk.free()
    assert mine(desk.kernel.view(topic)) == {4_200: ("10", "working")}
    assert [one.row for one in desk.kernel.view(topic).orders] == [4_200]


def test_an_order_without_an_answer_for_three_seconds_is_said_to_be_unknown(session) -> None:
    session.sends = lambda _session, _effect: None
    session.answers = False
    session.place()
    assert ladder(session).orders[0].word == "Sending"
    session.run(4)
    assert (ladder(session).orders[0].state, ladder(session).orders[0].word) == ("sent", "Unknown — reconciling")
