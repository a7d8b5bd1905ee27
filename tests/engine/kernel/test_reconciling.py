"""P10: the account after a gap in the link, held against the venue's, each case by name."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.commands import Reconcile
from engine.core.effects import Look
from engine.core.events import Due, Held, Pictured
from engine.core.ids import KALSHI
from engine.core.units import SECOND, Leg, Money, Nanos, Qty, Side
from tests.engine.kernel.outages import ONE, S, blink, live, never
from tests.engine.kernel.venue import Session, filled, opened


@pytest.fixture(params=["paper", "live"])
def session(request) -> Session:
    return live() if request.param == "live" else Session(opened(request.param))


def test_an_order_that_is_not_ours_is_shown_and_stands_in_the_way_of_ours(session) -> None:
    foreign = session.order(Side.SELL, 7, 5_000)
    session.exchange.submit("someone-else", foreign)
    blink(session)
    assert [seen.client for seen in session.state.desks[KALSHI].external.values()] == ["someone-else"]
    assert session.codes().count("EXTERNAL_ORDER") == 1
    blink(session)
    assert session.codes().count("EXTERNAL_ORDER") == 1
    assert session.place(Side.BUY, 1, 5_000).why.startswith("WASH — ")
    session.exchange.cancel("someone-else")
    blink(session)
    assert not session.state.desks[KALSHI].external


def test_an_offline_close_elsewhere_is_booked_visibly_after_two_pictures() -> None:
    session = live()
    session.trade(session.place(), 10)
    foreign = session.exchange.submit("elsewhere", session.order(Side.SELL, 10, 5_200))
    session.exchange.fill(foreign, Decimal(10), session.at)
    session.run(2)
    session.drop()
    session.connect("account")
    session.run(0.2)
    desk = session.state.desks[KALSHI]
    assert not desk.reconciled
    assert "10 YES here, 0 there" in desk.why
    assert session.place(gap=0.1).why.startswith("RECONCILED — ")
    session.run(5)
    assert desk.reconciled
    assert "POSITION_DIFFERS" in session.codes()
    assert session.differs() == ""


def test_a_trade_elsewhere_that_the_gateway_hears_of_is_booked_without_a_gap_in_the_link() -> None:
    session = live()
    foreign = session.exchange.submit("elsewhere", session.order(Side.SELL, 10, 5_200))
    session.exchange.fill(foreign, Decimal(10), session.at)
    session.run(2)
    assert session.differs()
    session.tell(Pictured(at=session.at, venue=KALSHI, asked_at=session.at, ok=False, why="somebody else traded"))
    assert session.place(gap=0.1).why == (
        "RECONCILED — the account is not reconciled with the venue: somebody else traded"
    )
    session.run(5)
    assert session.state.desks[KALSHI].reconciled
    assert session.differs() == ""


def test_a_difference_where_we_just_traded_is_looked_at_once_more() -> None:
    session = live()
    order = session.place()
    foreign = session.exchange.submit("elsewhere", session.order(Side.SELL, 10, 5_200))
    session.exchange.fill(foreign, Decimal(10), session.at)
    session.drop()
    session.connect("account")
    session.run(0.01)
    session.trade(order, 4)  # after the picture was asked for
    session.run(10)
    assert session.state.desks[KALSHI].reconciled
    assert session.differs() == ""


def test_cash_that_was_read_while_we_traded_is_read_once_more() -> None:
    session = live()
    order = session.place(qty=10, price=4_800)
    session.answers = False
    session.drop()
    session.connect("account")
    asked_at, before = session.at, session.exchange.cash  # of what is read, cash is read just before it trades
    session.run(0.1)
    session.trade(order, 10)
    told = session.exchange.picture((), session.at, asked_at, live=True)
    session.answers = True
    session.tell(replace(told, cash=Money(before)))
    assert session.state.desks[KALSHI].reconciled
    session.run(10)
    assert session.differs() == ""


def test_cash_that_had_a_trade_in_it_which_was_told_later_is_read_once_more() -> None:
    session = live()
    order = session.place(qty=10, price=4_800)
    session.answers = False
    session.drop()
    session.connect("account")
    told = session.exchange.picture((), session.at, session.at, live=True)
    fill = session.trade(order, 10, told=False)
    session.tell(replace(told, cash=Money(session.exchange.cash)))  # of what is read, cash comes last
    session.run(0.2)
    session.tell(filled(fill, order.id))
    session.answers = True
    session.run(10)
    assert session.differs() == ""


def test_a_position_flip_elsewhere_is_booked_with_the_right_sign() -> None:
    session = live()
    session.trade(session.place(), 10)
    foreign = session.exchange.submit("elsewhere", session.order(Side.SELL, 25, 5_200))
    session.exchange.fill(foreign, Decimal(25), session.at)
    session.run(2)
    blink(session)
    session.run(10)
    assert {leg: session.state.book.get(ONE, leg).qty for leg in Leg} == {Leg.YES: 0, Leg.NO: 15}
    assert session.differs() == ""


def test_hummingbot_8250_each_reconnect_is_reconciled_before_anything_new_passes(session) -> None:
    for _ in range(3):
        session.drop(why="closed 1000")
        assert session.place(gap=0.1).why.startswith("VENUE_LINK — ")
        session.answers = False
        session.connect("account")
        assert session.place(gap=0.1).why.startswith("RECONCILED — ")
        session.answers = True
        session.run(60)
        assert session.state.desks[KALSHI].reconciled


def test_a_picture_that_fails_keeps_the_gate_shut_and_is_asked_for_again(session) -> None:
    session.answers = False
    session.drop()
    session.connect("account")
    asked = session.sent(Look)[-1]
    for _ in range(3):
        session.tell(Pictured(at=session.at, venue=KALSHI, asked_at=session.at, ok=False, why="503"))
        assert not session.state.desks[KALSHI].reconciled
        session.run(31)
    assert session.sent(Look)[-1] is not asked
    session.answers = True
    session.run(60)
    assert session.state.desks[KALSHI].reconciled


def test_a_picture_asked_for_before_the_gap_opens_nothing(session) -> None:
    session.answers = False
    before = session.at
    session.drop()
    session.run(1)
    session.connect("account")
    session.tell(session.exchange.picture((), session.at, before, live=session.live))
    assert not session.state.desks[KALSHI].reconciled


def test_the_trader_can_have_the_account_looked_at(session) -> None:
    looks = len(session.sent(Look))
    session.ask(Reconcile(venue=KALSHI))
    assert len(session.sent(Look)) == looks + 1


def test_positions_are_not_corrected_while_an_order_in_them_is_unknown() -> None:
    session = live()
    session.sends = never
    session.place(settle=1.2)
    for _ in range(3):
        at = session.at
        session.tell(
            Pictured(at=at, venue=KALSHI, asked_at=at, cash=Money(Decimal(10_000)),
                positions=(Held(instrument=ONE, leg=Leg.YES, qty=Qty(Decimal(10))),))
        )  # fmt: skip
    assert "POSITION_DIFFERS" not in session.codes()
    assert not list(session.state.book.held())


def test_an_older_picture_that_comes_after_a_newer_one_doubts_nothing(session) -> None:
    asked_at = session.at
    session.ask(Reconcile(venue=KALSHI))
    session.run(1)
    assert session.state.desks[KALSHI].reconciled
    session.tell(session.exchange.picture((), session.at, asked_at, live=session.state.session.mode == "live"))
    assert session.state.desks[KALSHI].reconciled


def test_a_picture_that_is_due_is_not_put_off_by_the_beat_of_the_same_moment(session) -> None:
    """Both come once a second: the beat before the picture put it off for another second, and so for ever."""
    session.sends = never
    order = session.place(settle=1.1)
    assert order.status is S.LOST
    order.moved_at = Nanos(order.moved_at - 10 * SECOND)  # nothing was heard of it for a while
    desk = session.state.desks[KALSHI]
    due = desk.look_due
    assert due is not None
    asked = len(session.sent(Look))
    session.do(Due(at=Nanos(due + 1), what="beat"))
    session.do(Due(at=Nanos(due + 2), what=f"look:{KALSHI}"))
    assert len(session.sent(Look)) == asked + 1
