"""Baskets over the brackets of a board: bought leg by leg, stopped by what fails, unwound by one key."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import QEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.core.events import BookSnapshot
from engine.core.units import Leg, Lots, Ticks
from engine.views import topics as t
from tests.widgets import views_sample as sample
from tests.widgets.board_rig import KEY, Rig
from tests.widgets.ladder_rig import CTRL, NONE
from widgets import basket, basket_legs
from widgets.basket_legs import Kind
from widgets.basket_run import DONE, FAILED, STUCK, UNWOUND, WAITS


def test_a_basket_is_bought_leg_by_leg_the_worst_first(qtbot) -> None:
    rig = Rig(qtbot)
    one = rig.session.order(index=2).instrument
    rig.session.do(
        BookSnapshot(
            at=rig.session.at, instrument=one, bids=((Ticks(4_900), Lots(500)),), asks=((Ticks(5_100), Lots(100)),)
        )
    )
    rig.basket(Kind.EQUAL, size=3)
    assert rig.ticket.legs.lines()[0][1].endswith("53-54")  # one share stands there, four elsewhere
    rig.key(KEY.Key_Return, CTRL, rig.ticket)
    assert len(rig.orders) == 1
    for n in range(4):
        assert rig.ticket.told == ("nothing is bought" if not n else f"leg risk: {n} of 4 filled")
        assert len(rig.orders) == n + 1
        rig.settle(0.3)
        rig.fill()
    assert rig.ticket.told == "whole: 4 of 4 filled"
    assert [p[0] for p in rig.placed()] == [2, 0, 1, 3]
    assert {p[1:3] + p[4:] for p in rig.placed()} == {("BUY", "YES", 3, "IOC")}
    rig.settle()
    assert len(rig.orders) == 4


def test_a_leg_that_fails_stops_the_basket_and_one_key_unwinds_it(qtbot) -> None:
    rig = Rig(qtbot)
    rig.basket(Kind.EQUAL, size=3)
    rig.key(KEY.Key_Return, CTRL, rig.ticket)
    rig.settle(0.3)
    rig.fill()
    rig.settle(0.3)
    rig.fill(1)
    assert [one.state for one in rig.ticket.run.legs] == [DONE, FAILED, WAITS, WAITS]
    assert rig.ticket.told == "leg risk: 1 of 4 filled · 51-52: nothing more stood there"
    rig.settle(2)
    QTest.keyClicks(rig.ticket, "reduce buy unwind")  # meant for another window
    QTest.keyClick(rig.ticket, KEY.Key_Return)
    rig.settle()
    assert len(rig.orders) == 2
    rig.key(KEY.Key_F9, NONE, rig.ticket)
    sales = rig.placed(2)
    assert [(p[0], p[1], p[4]) for p in sales] == [(0, "SELL", 3), (1, "SELL", 1)]
    rig.key(KEY.Key_F9, NONE, rig.ticket)  # while they are on their way nothing is sold twice
    assert len(rig.orders) == 4
    rig.settle(0.3)
    for order in rig.orders[2:]:
        rig.session.trade(order, order.place.qty, price=4_900)
    rig.settle()
    assert {one.state for one in rig.ticket.run.legs} == {UNWOUND}
    assert rig.ticket.told == "unwound: nothing is left of it"
    assert not [p for _, _, p in rig.state.book.held() if p.qty]


def test_what_could_not_be_unwound_is_not_forgotten_for_the_next_basket(qtbot) -> None:
    rig = Rig(qtbot)
    rig.basket(Kind.EQUAL, size=3)
    rig.ticket.go()
    rig.settle(0.3)
    rig.fill()
    rig.settle(0.3)
    rig.fill(0)
    rig.key(KEY.Key_F9, NONE, rig.ticket)
    rig.settle(0.3)
    rig.fill(1)
    run = rig.ticket.run
    assert [one.state for one in run.legs] == [STUCK, UNWOUND, UNWOUND, UNWOUND]
    rig.basket(Kind.FLAT, size=7)
    assert rig.ticket.run is run, "two shares of it are still held"
    assert rig.ticket.told.startswith("unwinding: 2 shares left")
    assert rig.ticket.send.text() == "not all is sold"
    rig.key(KEY.Key_F9, NONE, rig.ticket)
    assert rig.placed()[-1][:2] + rig.placed()[-1][4:5] == (0, "SELL", 2)
    rig.settle(0.3)
    rig.fill()
    assert rig.ticket.told == "unwound: nothing is left of it"
    rig.basket(Kind.EQUAL, size=3)
    assert rig.ticket.run is None


def test_what_a_failed_leg_lacks_can_be_bought_and_the_rest_follows(qtbot) -> None:
    rig = Rig(qtbot)
    ticked = [rig.session.order(index=n).instrument for n in (0, 1)]
    rig.basket(Kind.EQUAL, ticked, 3)
    rig.ticket.send.click()
    rig.settle(0.3)
    rig.fill(1)
    assert rig.ticket.send.isEnabled()
    rig.ticket.send.click()
    assert rig.placed()[-1][4] == 2
    rig.settle(0.3)
    rig.fill()
    rig.settle(0.3)
    rig.fill()
    assert rig.ticket.told == "whole: 2 of 2 filled"


def test_a_leg_that_a_gate_refuses_stops_the_basket_with_its_reason(qtbot) -> None:
    rig = Rig(qtbot)
    rig.basket(Kind.EQUAL, size=5_000)
    rig.ticket.go()
    rig.settle()
    first = rig.ticket.run.legs[0]
    assert (first.state, first.why.partition(" ")[0]) == (FAILED, "ORDER_QTY")
    assert len(rig.orders) == 1


def test_nothing_is_bought_of_a_board_that_is_stale_halted_or_closed(qtbot) -> None:
    rig = Rig(qtbot)
    rig.basket(Kind.EQUAL, size=3)
    view = rig.ticket._view
    for changes, words in (
        ({"state": "stale", "why": "no message for 14 s"}, "stale: no message for 14 s"),
        ({"state": "halted", "why": "KILL"}, "halted: KILL"),
        ({"status": "closed"}, "market closed: no orders"),
    ):
        rig.ticket.render(t.board(rig.ticket.market), replace(view, **changes))
        assert rig.ticket.told == words
        assert not rig.ticket.send.isEnabled()
        QTest.keyClick(rig.ticket, KEY.Key_Return, CTRL)
        rig.ticket.go()
    assert rig.ticket.run is None


def test_what_every_outcome_comes_to_is_seen_however_many_legs_there_are(qtbot) -> None:
    rig = Rig(qtbot)
    rig.basket(Kind.EQUAL, size=3)
    legs, basket = rig.ticket.legs, rig.ticket.basket()
    many = basket_legs.Basket(legs=basket.legs * 4)
    legs.show_legs(many, None, legs.ends * 4)
    qtbot.waitUntil(lambda: legs.height() >= legs.tall())
    assert legs.tall() > 20 + 16 * 22


def test_a_size_is_digits_and_nothing_else(qtbot) -> None:
    rig = Rig(qtbot)
    rig.basket(Kind.EQUAL, size=3)
    rig.ticket.size_box.clear()
    QTest.keyClicks(rig.ticket.size_box, "+1,000")  # a comma that parts thousands ended in a crash report
    assert rig.ticket.size_box.text() == "1000"
    assert {leg.qty for leg in rig.ticket.basket().legs} == {1_000}


def test_a_half_bought_basket_is_not_left_without_a_word(qtbot) -> None:
    rig = Rig(qtbot)
    rig.basket(Kind.EQUAL, size=3)
    rig.ticket.go()
    rig.ticket.close()
    assert rig.ticket.isVisible()
    assert rig.ticket.told == "nothing is bought and a leg is on its way. Close again leaves it so"
    rig.settle(0.3)
    rig.fill(1)
    rig.ticket.close()
    assert rig.ticket.isVisible()
    assert "Close again leaves it so" in rig.ticket.told
    rig.ticket.close()
    assert not rig.ticket.isVisible()
    rig.settle(2)
    assert len(rig.orders) == 1


def test_a_hedge_to_flat_makes_every_outcome_come_to_the_same(qtbot) -> None:
    rig = Rig(qtbot)
    rig.hold(1, 10)
    rig.basket(Kind.FLAT)
    legs = rig.ticket.basket().legs
    assert [(leg.label, leg.leg, leg.qty) for leg in legs] == [("51-52", Leg.NO, 10)]  # cheaper than three purchases
    ends = basket_legs.results(rig.kernel.view(rig.topic), legs)
    assert len(set(ends)) == 1
    rig.ticket.go()
    rig.settle(0.3)
    rig.fill()
    wins = [row.if_wins for row in rig.kernel.view(rig.topic).rows]
    assert len(set(wins)) == 1


def test_a_model_weighted_basket_gives_the_likeliest_the_whole_size() -> None:
    view = sample.board()
    found = basket_legs.basket(view, Kind.MODEL, (), 10)
    rows = {row.instrument: row for row in view.rows}
    likeliest = max(found.legs, key=lambda leg: rows[leg.instrument].model or 0)
    assert likeliest.qty == 10
    assert all(leg.qty <= 10 for leg in found.legs)
    assert not any(rows[leg.instrument].dead for leg in found.legs)


def test_there_is_no_basket_where_a_price_or_a_position_is_missing() -> None:
    view = sample.board()
    no_ask = tuple(sample.msgspec.structs.replace(row, ask=None) if n == 2 else row for n, row in enumerate(view.rows))
    found = basket_legs.basket(sample.board(rows=no_ask), Kind.EQUAL, (), 10)
    assert (found.legs, found.why) == ((), "86–87 has no ask")
    flat = tuple(sample.msgspec.structs.replace(row, if_wins=None) for row in view.rows)
    assert basket_legs.basket(sample.board(rows=flat), Kind.FLAT, (), 10).why == "nothing is held in this event"


def test_a_leg_that_is_not_sold_is_in_the_colour_of_trouble() -> None:
    assert basket.tone_of(f"{STUCK} 1/3: nobody bids") == "danger.text"
    assert basket.tone_of(f"{FAILED}: nothing more stood there") == "danger.text"
    assert basket.tone_of(f"{DONE} 3/3") == "profit"
    assert basket.tone_of(WAITS) == "text.muted"


def test_a_key_in_the_moment_that_the_ticket_comes_to_the_front_sends_nothing(qtbot) -> None:
    rig = Rig(qtbot)
    rig.basket(Kind.EQUAL, size=3)
    rig.ticket.focus_guard_ms = 60_000
    QApplication.sendEvent(rig.ticket, QEvent(QEvent.Type.WindowActivate))
    rig.key(KEY.Key_Return, CTRL, rig.ticket)
    assert not rig.orders
    assert rig.ticket.told == "Key ignored: the keyboard has only just come here."
    rig.ticket.focus_guard_ms = 0
    rig.key(KEY.Key_Return, CTRL, rig.ticket)
    assert len(rig.orders) == 1
    rig.settle(0.3)
    rig.fill()
    rig.settle(0.3)
    rig.fill(1)
    rig.settle(2)
    rig.ticket.focus_guard_ms = 60_000
    QApplication.sendEvent(rig.ticket, QEvent(QEvent.Type.WindowActivate))
    rig.key(KEY.Key_F9, NONE, rig.ticket)
    assert len(rig.orders) == 2
