"""P10: what becomes of an order or a cancel whose answer never came, each case by name; most are a peer's outage."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Cancel, Conclude, Halt
from engine.core.effects import Look, Withdraw
from engine.core.events import Canceled, CancelRefused, Lost, Rejected
from engine.core.units import Side
from tests.engine.kernel.outages import S, blink, live, lost_reply, never
from tests.engine.kernel.venue import Session, opened


@pytest.fixture(params=["paper", "live"])
def session(request) -> Session:
    return live() if request.param == "live" else Session(opened(request.param))


def test_hummingbot_493_a_timeout_is_not_a_rejection_and_is_never_repeated(session) -> None:
    session.sends = lost_reply
    asked = session.order()
    session.ask(asked)
    session.run(1.1)
    order = session.state.register.get("o-000001")
    assert (order.status, order.why) == (S.LOST, "timed out")
    session.ask(asked)
    assert session.codes()[-1] == "SAME_ORDER"
    session.run(5)
    assert order.status is S.WORKING
    assert len(session.exchange.submitted) == 1


def test_catalyst_317_the_market_stays_shut_while_an_order_in_it_is_unknown(session) -> None:
    session.sends = never
    first = session.place(settle=1.5)
    assert first.status is S.LOST
    before = session.state.venue_loss
    assert before == Decimal("4.8")
    assert session.place(Side.BUY, 1, 4_700, gap=0.1).why.startswith("UNKNOWN_ORDER — ")
    assert session.place(Side.BUY, 1, 4_700, index=1, gap=0.1).status is not S.REFUSED
    assert session.state.venue_loss > before


def test_an_order_that_never_arrived_takes_six_looks_the_last_for_it_alone(session) -> None:
    session.sends = never
    order = session.place(settle=1.5)
    looks = len(session.sent(Look))
    while order.status is S.LOST:
        session.run(1)
    assert (order.status, order.why) == (S.REJECTED, "absent — the venue was asked 6 times and never had it")
    some = session.sent(Look)[looks:]
    assert len(some) >= 6
    assert [one.order for one in some[-1].orders] == [order.id]
    assert session.at - order.sent_at < 60 * 10**9
    assert session.state.venue_loss == 0
    session.quote()
    assert not session.place().why


def test_ccxt_2599_an_order_accepted_after_the_timeout_is_found(session) -> None:
    def slow(session, effect) -> None:
        never(session, effect)
        session.after(8 * 10**9, lambda: session.exchange.submit(effect.order.client, effect.order.place))

    session.sends = slow
    order = session.place(settle=20)
    assert (order.status, order.venue_order) == (S.WORKING, "v-1")


def test_an_order_that_turns_up_after_it_was_given_up_is_taken_back(session) -> None:
    session.sends = never
    order = session.place(settle=60)
    assert order.status is S.REJECTED
    session.exchange.submit(order.client, order.place)
    session.run(10)
    blink(session)
    assert "STRAY_ORDER" in session.codes()
    session.run(1)
    assert session.truth(order).status == "canceled"


def test_an_order_written_down_and_not_sent_before_a_crash_is_unknown_then_absent() -> None:
    session = Session()
    session.sends = lambda *_: None
    order = session.place(settle=0.1)
    session.crash()
    found = session.state.register.get(order.id)
    assert found.status is S.LOST
    session.run(60)
    assert (found.status, found.why[:6]) == (S.REJECTED, "absent")


def test_freqtrade_4403_an_order_not_found_does_not_loop_for_ever(session) -> None:
    order = session.place()
    del session.exchange.orders[order.client]
    blink(session)
    session.run(90)
    assert (order.status, order.why) == (S.CANCELED, "the venue no longer has it")
    looks = len(session.sent(Look))
    session.run(300)
    assert len(session.sent(Look)) == looks


def test_hummingbot_5896_a_cancel_that_got_lost_is_asked_again_and_ends(session) -> None:
    order = session.place()
    heard = session.withdraws
    session.withdraws = lambda *_: None
    session.ask(Cancel(order=order.id))
    session.run(4)
    session.withdraws = heard
    assert order.status is S.CANCELING
    session.run(30)
    assert order.status is S.CANCELED
    assert len(session.sent(Withdraw)) >= 2


def test_hummingbot_1804_a_cancel_of_an_order_that_filled_ends_as_filled(session) -> None:
    order = session.place()
    session.trade(order, 10, told=False)
    session.ask(Cancel(order=order.id))
    session.run(30)
    assert (order.status, order.filled) == (S.FILLED, 10)
    assert session.differs() == ""


def test_the_trader_concludes_what_no_venue_settles(session) -> None:
    session.sends = never
    order = session.place(settle=1.5)
    session.ask(Conclude(order=order.id, why="  "))
    assert order.status is S.LOST
    session.ask(Conclude(order=order.id, why="not on the website"))
    assert (order.status, order.why) == (S.REJECTED, "concluded — concluded by you: not on the website")
    session.ask(Conclude(order=order.id, why="again"))
    assert session.codes()[-1] == "CONCLUDE"


def test_late_words_about_an_order_that_ended_move_nothing(session) -> None:
    order = session.place()
    session.ask(Cancel(order=order.id))
    session.run(1)
    for late in (Lost(at=session.at, order=order.id, why="late"), Canceled(at=session.at, order=order.id)):
        session.tell(late)
    session.tell(Rejected(at=session.at, order=order.id, code="late", text="late"))
    assert order.status is S.CANCELED


def test_a_cancel_that_the_venue_refused_is_asked_again_until_the_order_is_gone(session) -> None:
    """Asked too often is no reason to leave an order working that was wanted back, by a halt least of all."""
    order = session.place()
    refusals = []

    def refuses(session, effect) -> None:
        refusals.append(effect)
        at = session.at
        session.after(10**8, lambda: session.tell(CancelRefused(at=at, order=effect.order, code="throttled")))

    session.withdraws, taken = refuses, session.withdraws
    session.ask(Halt(why="test"))
    session.run(1)
    assert order.status is S.WORKING
    session.withdraws = taken
    session.run(20)
    assert order.status is S.CANCELED
    assert session.truth(order).status == "canceled"
