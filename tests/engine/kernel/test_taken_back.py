"""Fills that the venue takes back, and what is told of a fill after the session that heard of it has ended."""

from __future__ import annotations

import pytest

from engine.core.events import FillReversed
from engine.core.units import Nanos, Side
from engine.kernel.project import charting
from tests.engine.kernel.venue import Session, opened


@pytest.fixture(params=["paper", "live"])
def session(request) -> Session:
    made = Session(opened(request.param))
    made.state.session.armed_until = Nanos(made.at + 10**13) if request.param == "live" else None
    return made


def taken_back(session: Session) -> FillReversed:
    """Let four of ten trade and be taken back, and the session end; return the venue's word."""
    order = session.place()
    fill = session.trade(order, 4, "0.05")
    word = FillReversed(at=session.at, order=order.id, trade_id=fill.trade_id)
    session.tell(word)
    session.run(1)
    session.crash()
    return word


def test_a_fill_taken_back_does_not_count_in_its_order_after_a_restart(session) -> None:
    word = taken_back(session)
    one = session.state.register.get(word.order)
    assert (one.filled, one.cost, one.fee, one.rest) == (0, 0, 0, 10)


def test_a_fill_that_was_taken_back_in_an_earlier_session_is_not_taken_back_again(session) -> None:
    session.tell(taken_back(session))
    assert not list(session.state.book.held())
    assert (session.state.book.realised, session.state.book.fees) == (0, 0)


def test_a_chart_marks_no_fill_that_was_taken_back(session) -> None:
    order = session.place()
    gone, stays = (session.trade(order, qty) for qty in (4, 3))
    session.tell(FillReversed(at=session.at, order=order.id, trade_id=gone.trade_id))
    one = charting.find(session.state, order.place.instrument.symbol)
    assert one is not None
    assert [mark.qty for mark in charting.fills(session.state, one)] == [stays.qty]


def test_what_is_held_beside_a_fill_that_was_taken_back_has_cost_what_it_did(session) -> None:
    first, second = session.place(qty=10, price=4_000), session.place(qty=10, price=4_800)
    session.trade(first, 10)
    gone = session.trade(second, 10)
    session.tell(FillReversed(at=session.at, order=second.id, trade_id=gone.trade_id))
    (held,) = session.state.book.held()
    assert (held[2].qty, held[2].cost, held[2].realised) == (10, 4, 0)
    session.run(1)
    session.crash()
    (again,) = session.state.book.held()
    assert again == held


def test_a_sale_that_was_taken_back_earned_nothing(session) -> None:
    bought = session.place(qty=10, price=4_000)
    session.trade(bought, 10)
    sold = session.place(side=Side.SELL, qty=4, price=5_000)
    gone = session.trade(sold, 4)
    session.tell(FillReversed(at=session.at, order=sold.id, trade_id=gone.trade_id))
    (held,) = session.state.book.held()
    assert (held[2].qty, held[2].cost, held[2].realised) == (10, 4, 0)
