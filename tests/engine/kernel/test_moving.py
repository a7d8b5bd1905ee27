"""Orders moved on a venue that cannot amend: never two of them out, and never more bought than was wanted."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.commands import Amend, Cancel, CancelAll, Flatten, Halt
from engine.core.effects import Submit, Withdraw
from engine.core.events import Canceled, CancelRefused, Lost
from engine.core.ids import StrategyId
from engine.core.order import Status as S
from engine.core.units import Qty, Ticks
from tests.engine.kernel.venue import Session, cancels, opened


@pytest.fixture
def session() -> Session:
    """A session with a venue that knows no amendments."""
    base = opened()
    return Session(replace(base, venues=(replace(base.venues[0], can=()),)))


def ask(session, order, price=4_700, qty=10):
    session.ask(Amend(order=order.id, price=Ticks(price), qty=Qty(Decimal(qty))))


def newest(session):
    return list(session.state.register)[-1]


def working(session):
    return [(o.price, o.qty - o.filled) for o in session.exchange.orders.values() if o.status == "working"]


def test_it_is_taken_back_first_and_placed_anew_on_the_venues_word(session) -> None:
    order = session.place()
    ask(session, order)
    assert order.status is S.CANCELING
    assert len(session.sent(Submit)) == 1
    session.run(1)
    assert order.status is S.CANCELED
    assert working(session) == [(4_700, 10)]
    assert (newest(session).status, newest(session).place.price) == (S.WORKING, 4_700)
    assert newest(session).place.origin == order.place.origin
    assert not session.state.shifting


def test_what_trades_meanwhile_is_not_bought_again(session) -> None:
    order = session.place(qty=10)
    ask(session, order, qty=12)
    session.trade(order, 4)
    session.run(1)
    assert working(session) == [(4_700, 8)]
    assert session.differs() == ""


def test_a_fill_that_only_the_account_tells_of_is_not_bought_again(session) -> None:
    order = session.place(qty=10)
    ask(session, order)
    session.trade(order, 7, told=False)  # the stream never says so
    session.run(1)
    assert (order.status, order.filled) == (S.CANCELED, 7)
    assert working(session) == [(4_700, 3)]


def test_an_order_that_traded_more_than_its_fills_tell_is_not_moved(session) -> None:
    order = session.place(qty=10)
    ask(session, order)
    session.trade(order, 7, told=False)
    picture = session.exchange.picture
    session.exchange.picture = lambda *some, **more: replace(picture(*some, **more), fills=())  # they come later
    session.run(5)
    assert (order.status, working(session)) == (S.CANCELED, [])
    assert any("traded more there than its fills tell" in note.text for note in session.said)
    assert not session.state.shifting


def test_nothing_is_placed_where_all_of_it_traded(session) -> None:
    order = session.place(qty=10)
    ask(session, order)
    session.trade(order, 10)
    session.run(2)
    assert order.status is S.FILLED
    assert working(session) == []
    assert "was not moved: it is filled" in session.said[-1].text


def test_a_refused_cancel_leaves_the_order_where_it_was(session) -> None:
    session.withdraws = lambda s, effect: s.after(
        s.LATENCY, lambda: s.tell(CancelRefused(at=s.at, order=effect.order, code="busy"))
    )
    order = session.place()
    ask(session, order)
    session.run(1)
    assert order.status is S.WORKING
    assert working(session) == [(4_800, 10)]
    assert "the venue did not take it back (busy)" in session.said[-1].text
    session.run(40)
    assert len(session.sent(Withdraw)) == 1


def test_an_order_that_had_to_be_asked_back_twice_is_moved_all_the_same(session) -> None:
    tries = []

    def second(s, effect) -> None:
        tries.append(effect)
        if len(tries) == 2:
            cancels(s, effect)

    session.withdraws = second  # the first one is lost on its way
    order = session.place()
    ask(session, order)
    session.run(28)
    assert (order.status, len(tries)) == (S.CANCELED, 2)
    assert working(session) == [(4_700, 10)]


def test_a_cancel_of_unknown_fate_places_nothing(session) -> None:
    session.withdraws = lambda s, effect: s.after(
        s.LATENCY, lambda: s.tell(Lost(at=s.at, order=effect.order, why="timed out"))
    )
    order = session.place()
    ask(session, order)
    session.run(0.5)
    assert len(session.sent(Submit)) == 1
    assert not session.state.shifting


def test_without_a_picture_of_the_account_nothing_is_placed(session) -> None:
    order = session.place()
    session.answers = False
    ask(session, order)
    session.run(50)
    assert order.status is S.CANCELED
    assert len(session.sent(Submit)) == 1
    assert any("silent for too long" in note.text for note in session.said)


@pytest.mark.parametrize("then", [CancelAll(), Halt(why="enough"), Flatten(), None])
def test_whoever_takes_everything_back_gets_no_new_order(session, then) -> None:
    held = session.place(qty=5, price=5_100)
    session.trade(held, 5)
    order = session.place()
    session.answers = False
    ask(session, order)
    session.run(0.2)
    assert order.status is S.CANCELED
    session.ask(then or Cancel(order=order.id))
    session.answers = True
    session.run(30)
    assert working(session) in ([], [(4_000, 5)])  # the flattening sale
    assert not session.state.shifting


def test_what_a_gate_would_refuse_is_not_even_taken_back(session) -> None:
    order = session.place()
    ask(session, order, qty=5_000)
    assert (order.status, session.codes()[-1]) == (S.WORKING, "ORDER_QTY")
    assert not session.sent(Withdraw)


def test_what_would_be_sent_twice_is_not_even_taken_back(session) -> None:
    order = session.place(settle=0.3)
    session.ask(Amend(order=order.id, price=Ticks(4_700), qty=Qty(Decimal(10))), gap=0.4)
    session.run(0.5)
    session.ask(Amend(order=newest(session).id, price=Ticks(4_800), qty=Qty(Decimal(10))), gap=0.3)
    session.run(1)
    assert session.codes()[-1] == "DUPLICATE"
    assert working(session) == [(4_700, 10)]


def test_a_strategys_order_is_not_moved_this_way(session) -> None:
    order = session.place()
    order.place = replace(order.place, strategy=StrategyId("s1"))
    ask(session, order)
    assert order.status is S.WORKING
    assert "cannot amend" in session.said[-1].text


def test_a_late_word_of_the_venue_changes_nothing(session) -> None:
    order = session.place()
    ask(session, order)
    session.run(1)
    session.do(Canceled(at=session.at, order=order.id, why="again"))
    session.run(1)
    assert len(session.sent(Submit)) == 2


def test_a_restart_says_what_was_not_sent(session) -> None:
    order = session.place()
    ask(session, order)
    session.run(0.01)
    session.crash()
    session.run(3)
    texts = [one.text for one in session.said if "was being moved" in one.text]
    assert len(texts) == 1
    assert "47" in texts[0]
    assert working(session) == []
    session.crash()
    session.run(3)
    assert len([one for one in session.said if "was being moved" in one.text]) == 1
