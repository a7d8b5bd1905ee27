"""What holds of a ladder however it is asked, with real events on a real ladder and a kernel behind it.

Book of the market: bids 49 (5), 48 (9); asks 51 (4), 52 (8).
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from engine.core.commands import Cancel, Halt
from engine.core.effects import Look
from engine.core.events import CancelRefused, GridChanged, Lost
from engine.core.ids import KALSHI
from engine.core.instrument import Band
from engine.core.order import Status as S
from engine.core.units import Side, Ticks
from tests.widgets.ladder_rig import CTRL, LEFT, NONE, RIGHT, SHIFT, Rig
from widgets import theme
from widgets.keys_overlay import KeysOverlay
from widgets.ladder_keys import Column
from widgets.palette import Palette

KEY = Qt.Key
BID = Column.BID
QUIET_MENUS = pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)


def test_a_cancel_that_is_not_acknowledged_stays_on_screen(qtbot) -> None:
    rig = Rig(qtbot)
    order = rig.rest(47)
    rig.session.withdraws = lambda _session, _effect: None  # the venue never answers
    rig.session.answers = False
    rig.click(47, "mine", RIGHT)
    for _ in range(4):
        rig.settle(1)
        assert rig.mark(47) == ("10", "canceling")
    assert order.status is S.CANCELING
    assert rig.state.venue_loss == Decimal("4.7")  # still counts as exposure
    rig.session.trade(order, 10)
    rig.settle()
    assert order.status is S.FILLED  # it did trade after all


def test_a_refused_cancel_leaves_the_order_solid(qtbot) -> None:
    rig = Rig(qtbot)
    order = rig.rest(47)
    rig.session.withdraws = lambda _session, _effect: None
    rig.click(47, "mine", RIGHT)
    rig.show()
    assert rig.mark(47) == ("10", "canceling")
    rig.session.do(CancelRefused(at=rig.session.at, order=order.id, code="busy"))
    rig.show()
    assert rig.mark(47) == ("10", "working")


@pytest.mark.parametrize("gesture", ["click", "Enter", "B", "T", "Ctrl+click", "copy", "drag"])
def test_stale_books_refuse(qtbot, gesture) -> None:
    rig = Rig(qtbot)
    rig.rest(47)
    before = len(rig.orders)
    rig.session.drop("market", "reset")
    rig.session.run(10)
    rig.show()
    assert rig.panel.state == "stale"
    {
        "click": lambda: rig.click(48, "bid"),
        "Enter": lambda: rig.key(KEY.Key_Return),
        "B": lambda: rig.key(KEY.Key_B),
        "T": lambda: rig.key(KEY.Key_T),
        "Ctrl+click": lambda: rig.click(52, "bid", held=CTRL),
        "copy": lambda: rig.drag(47, 45, held=CTRL),
        "drag": lambda: rig.drag(47, 45),
    }[gesture]()
    assert rig.asked == []
    assert "stale" in rig.footer
    assert len(rig.orders) == before
    rig.click(47, "mine", RIGHT)  # what takes back is never refused
    assert [type(one) for one in rig.asked] == [Cancel]


def test_a_halt_refuses_what_opens_and_lets_cancels_pass(qtbot) -> None:
    rig = Rig(qtbot)
    rig.rest(47)
    rig.session.withdraws = lambda _session, _effect: None
    rig.session.ask(Halt(why="enough"))
    rig.show()
    rig.click(48, "bid")
    assert rig.asked == []
    assert "halted" in rig.footer
    rig.click(47, "mine", RIGHT)
    assert rig.asked == []  # its cancel is out
    assert "nothing to cancel at 47: canceling" in rig.footer


@QUIET_MENUS
def test_an_order_of_unknown_fate_is_marked_asked_about_and_blocks(qtbot) -> None:
    rig = Rig(qtbot)
    rig.session.sends = lambda s, effect: s.tell(Lost(at=s.at, order=effect.order.order, why="timed out"))
    rig.session.answers = False
    rig.rest(47)
    assert rig.mark(47) == ("10 ?", "lost")
    rig.hover(48, "bid")
    QTest.qWait(60)
    assert "UNKNOWN_ORDER" in rig.label
    looks = len(rig.session.sent(Look))
    rig.click(47, "mine", RIGHT)
    rig.pick("ladder.lost", f"Ask {KALSHI}")
    assert len(rig.session.sent(Look)) > looks


def test_a_refusal_is_written_over_its_row_and_stays_until_it_is_read(qtbot) -> None:
    rig = Rig(qtbot)
    rig.panel.set_size(5_000)
    rig.click(47, "bid")
    rig.show()
    assert rig.orders[0].status is S.REFUSED
    end = rig.grid.ends[4_700, BID]
    assert (end.text, end.said) == ("!", True)
    assert end.order.why.startswith("ORDER_QTY — ")
    assert rig.footer.startswith("BUY 5000 YES @ 47 refused: ORDER_QTY — ")
    QTest.qWait(450)
    assert (4_700, BID) in rig.grid.ends
    rig.click(47, "mine")  # read
    assert rig.grid.ends == {}
    assert len(rig.orders) == 1


@QUIET_MENUS
def test_a_refused_order_can_be_tried_again_in_the_ticket(qtbot) -> None:
    rig = Rig(qtbot)
    rig.panel.set_size(5_000)
    rig.click(47, "bid")
    rig.show()
    rig.click(47, "mine", RIGHT)
    rig.pick("ladder.end", "Try again")
    assert [(p.price, p.qty) for p in rig.tickets] == [(4_700, 5_000)]
    assert len(rig.orders) == 1


def test_a_fill_flashes_and_a_cancelled_order_fades(qtbot) -> None:
    rig = Rig(qtbot)
    order = rig.rest(47)
    other = rig.rest(46)
    rig.session.trade(order, 10)
    rig.session.ask(Cancel(order=other.id))
    rig.settle()
    assert {key: end.order.state for key, end in rig.grid.ends.items()} == {
        (4_700, BID): "filled", (4_600, BID): "canceled",
    }  # fmt: skip
    qtbot.waitUntil(lambda: (4_700, BID) not in rig.grid.ends)
    assert (4_600, BID) in rig.grid.ends
    qtbot.waitUntil(lambda: rig.grid.ends == {})


def test_with_reduced_motion_only_refusals_are_marked(qtbot, monkeypatch) -> None:
    monkeypatch.setattr(theme.current(), "reduced_motion", True)
    rig = Rig(qtbot)
    rig.session.trade(rig.rest(47), 10)
    rig.panel.set_size(5_000)
    rig.click(46, "bid")
    rig.settle()
    assert {end.order.state for end in rig.grid.ends.values()} == {"refused"}


def test_a_wash_offers_to_cancel_the_own_order_first(qtbot) -> None:
    rig = Rig(qtbot)
    rig.hold(10)
    sale = rig.rest(53, side=Side.SELL)
    rig.click(53, "bid")
    rig.show()
    assert rig.orders[-1].status is S.REFUSED
    assert rig.footer.startswith("WASH: cancel SELL 10 YES @ 53 first?")
    rig.key(KEY.Key_Return)
    rig.settle()
    assert sale.status is S.CANCELED
    assert len(rig.orders) == 3


def test_doubts_are_asked_once_in_place_where_money_is_real(qtbot) -> None:
    rig = Rig(qtbot)
    rig.panel.asks_on_paper = True  # the kernel of this test is on paper: what asks is the same
    rig.session.quote((((4_900, 500),), ((5_100, 400), (5_800, 800))))
    rig.show()
    rig.panel.set_size(40)
    rig.click(58, "bid", held=CTRL)
    assert "it crosses 7c, past the protect offset" in rig.footer
    assert rig.asked == []
    rig.key(KEY.Key_Escape)
    assert rig.panel.hand.question is None
    rig.click(58, "bid", held=CTRL)
    rig.click(58, "bid", held=CTRL)  # a second press answers nothing
    assert rig.asked == []
    rig.key(KEY.Key_Return)
    assert rig.placed() == [("BUY", "YES", 5_800, 12, "IOC")]


@pytest.mark.parametrize("change", ["less there", "stale", "another doubt"])
def test_what_was_asked_about_goes_only_as_it_was_asked(qtbot, change) -> None:
    rig = Rig(qtbot)
    rig.panel.asks_on_paper = True
    rig.session.quote((((4_900, 500),), ((5_100, 400), (5_800, 800))))
    rig.show()
    rig.panel.set_size(40)
    rig.click(58, "bid", held=CTRL)
    assert "past the protect offset" in rig.footer
    if change == "less there":
        rig.session.quote((((4_900, 500),), ((5_100, 400), (5_800, 100))))
        rig.show()
    elif change == "stale":
        rig.panel._show(replace(rig.panel.view, state="stale", why="no message 14 s"))
    else:
        rig.panel.card_of = lambda place: replace(rig.kernel.preview(place), warnings=("the book is thin",))
    rig.key(KEY.Key_Return)
    assert rig.placed() == []
    words = {"less there": "it would be BUY 5 YES @ 58 now", "stale": "refused: stale", "another doubt": "is thin"}
    assert words[change] in rig.footer
    rig.key(KEY.Key_Return)
    assert len(rig.placed()) == (change == "another doubt")  # Return asks for the cursor's cell anew, which is doubted


def test_a_selection_is_of_orders_and_not_of_their_row(qtbot) -> None:
    rig = Rig(qtbot)
    first = rig.rest(47)
    rig.click(47, "mine")
    rig.settle()
    rig.session.ask(Cancel(order=first.id), gap=3.0)
    rig.settle()
    assert rig.grid.chosen.cell is None
    other = rig.rest(47)
    rig.settle()
    rig.key(KEY.Key_Delete)
    rig.key(KEY.Key_Up, SHIFT)
    rig.settle()
    assert rig.working() == [(4_700, 10)]
    rig.click(47, "mine")
    rig.rest(47)
    rig.settle()
    rig.key(KEY.Key_Delete)
    rig.settle()
    assert other.status is S.CANCELED
    assert rig.working() == [(4_700, 10)]


def test_what_came_to_a_row_while_another_order_was_held_there_is_not_moved(qtbot) -> None:
    rig = Rig(qtbot)
    first = rig.rest(47)
    rig.lift(47, "mine")
    rig.carry(45, "mine")
    rig.session.ask(Cancel(order=first.id), gap=3.0)
    rig.rest(47)
    rig.settle()
    rig.let_go(45, "mine")
    rig.settle()
    assert rig.working() == [(4_700, 10)]
    assert "no order of yours there" in rig.footer


def test_live_disarms_on_a_refusal_and_on_a_lost_link(qtbot) -> None:
    rig = Rig(qtbot)
    rig.panel.set_mode("live")
    rig.panel.set_armed(True)
    rig.panel.set_size(5_000)
    rig.click(47, "bid")
    assert "it costs 24 % of the bankroll" in rig.footer
    rig.key(KEY.Key_Return)
    rig.show()
    assert rig.orders[0].status is S.REFUSED
    assert not rig.panel.armed
    rig.panel.set_armed(True)
    rig.panel.render(rig.topic, replace(rig.kernel.view(rig.topic), state="gap", why="resyncing"))
    assert not rig.panel.armed


@pytest.mark.parametrize("over", [Palette, KeysOverlay])
def test_no_key_of_a_ladder_acts_while_the_palette_or_the_keys_are_up(qtbot, over) -> None:
    """The keyboard may still be here, or in a window taken out: what is typed is meant for what lies over."""
    rig = Rig(qtbot)
    lies = over(rig.panel)
    lies.show()
    rig.key(KEY.Key_T)
    rig.key(KEY.Key_Return)
    assert rig.asked == []
    lies.hide()
    rig.key(KEY.Key_T)
    assert len(rig.asked) == 1


@pytest.mark.parametrize("way", ["drag", "nudge"])
def test_a_disarmed_live_ladder_moves_no_order(qtbot, way) -> None:
    """A moved order can cross the market like a new one; taking it back needs no arm."""
    rig = Rig(qtbot)
    rig.rest(40)
    rig.panel.set_mode("live")
    known = len(rig.asked)
    if way == "drag":
        rig.drag(40, 43)
    else:
        rig.key(KEY.Key_O)
        rig.key(KEY.Key_Up, SHIFT)
    assert rig.asked[known:] == []
    assert "disarmed: a moved order is sent anew. A arms" in rig.footer
    assert rig.working() == [(4_000, 10)]
    rig.panel.set_armed(True)
    rig.drag(40, 43)
    assert len(rig.asked) == known + 1


@pytest.mark.parametrize("venue", ["kalshi", "poly", "own"])
def test_a_drag_moves_one_order_whatever_the_venue_can(qtbot, venue) -> None:
    rig = Rig(qtbot, venue)
    order = rig.rest(40)
    rig.drag(40, 43)
    rig.settle(1)
    assert rig.working() == [(4_300, 10)]
    assert rig.mark(43) == ("10", "working")
    assert rig.mark(40) == ("", "")
    if venue == "kalshi":
        assert rig.requests() == {"new": 1, "amend": 1, "cancel": 0}
    elif venue == "poly":
        assert rig.requests() == {"new": 2, "amend": 0, "cancel": 1}
        assert [o.status for o in rig.orders] == [S.CANCELED, S.WORKING]
    else:
        assert order.status is S.WORKING
        assert len(rig.orders) == 1


def test_a_drag_on_a_venue_without_amendments_shows_both_places_until_the_venue_answers(qtbot) -> None:
    rig = Rig(qtbot, "poly")
    rig.rest(40)
    rig.drag(40, 43)
    rig.show()
    assert (rig.mark(40), rig.mark(43)) == (("10", "canceling"), ("10…", "amending"))
    rig.drag(40, 44)  # not twice
    assert "only a working order can be moved" in rig.footer
    rig.settle(1)
    assert rig.working() == [(4_300, 10)]


def test_rows_never_move_while_an_order_is_dragged(qtbot) -> None:
    rig = Rig(qtbot)
    rig.rest(47)
    rig.lift(47, "mine")
    rig.carry(45, "mine")
    rig.grid.inside = False  # as when the pointer leaves while the button is down
    first = rig.grid.first
    rig.session.quote((((500, 100),), ((900, 100),)))
    rig.show()
    assert rig.grid.first == first
    rig.let_go(45, "mine")
    rig.show()
    assert rig.grid.first != first


@pytest.mark.parametrize("where", [QPoint(-60, 0), QPoint(2_000, 0), QPoint(0, -2_000), QPoint(0, 2_000)])
def test_an_order_that_is_dragged_out_of_the_ladder_stays_where_it_is(qtbot, where) -> None:
    rig = Rig(qtbot)
    rig.rest(47)
    rig.lift(47, "mine")
    rig.carry(45, "mine")
    assert rig.grid.mouse.dragging is not None
    asked = len(rig.asked)
    beyond = QPoint(where.x() or rig.point(45, "mine").x(), where.y() or rig.point(45, "mine").y())
    QTest.mouseRelease(rig.grid, LEFT, NONE, beyond)
    rig.settle()
    assert len(rig.asked) == asked
    assert rig.working() == [(4_700, 10)]
    assert rig.grid.mouse.dragging is None


def test_an_order_whose_letting_go_nobody_told_of_is_held_no_more(qtbot) -> None:
    rig = Rig(qtbot)
    rig.rest(47)
    rig.lift(47, "mine")
    rig.carry(45, "mine")
    rig.hover(44, "mine")  # no button is down any more: it was let go in a window that came up
    assert rig.grid.mouse.dragging is None
    rig.lift(47, "mine")
    rig.carry(45, "mine")
    asked = len(rig.asked)
    QTest.mousePress(rig.grid, RIGHT, NONE, rig.point(43, "bid"))
    rig.let_go(43, "bid")
    rig.settle()
    assert len(rig.asked) == asked, "a second button lets go of it"
    assert rig.working() == [(4_700, 10)]


def test_a_press_outside_the_rows_asks_for_nothing(qtbot) -> None:
    rig = Rig(qtbot)
    QTest.mouseClick(rig.grid, LEFT, NONE, QPoint(100, 5))
    QTest.mouseClick(rig.grid, LEFT, NONE, rig.point(48, "price"))
    assert rig.asked == []


TENTHS = (Band(Ticks(10), Ticks(9_990), Ticks(10)),)


def test_a_grid_of_tenths_is_traded_by_the_tenth(qtbot) -> None:
    rig = Rig(qtbot, grid=TENTHS)
    assert len(rig.grid.view.rows) == 999
    rig.click(48.7, "bid")
    rig.settle()
    assert rig.placed() == [("BUY", "YES", 4_870, 10, "GTC")]
    rig.key(KEY.Key_B, SHIFT)
    assert rig.placed(1)[0][2] == 4_910
    rig.click(48.7, "mine")
    rig.key(KEY.Key_Up, SHIFT)
    rig.settle()
    assert (4_880, 10) in rig.working()
    rig.panel.grab()


def test_a_new_grid_says_nothing_to_a_hand_that_holds_nothing(qtbot) -> None:
    rig = Rig(qtbot)
    before = rig.footer
    rig.session.do(GridChanged(at=rig.session.at, instrument=rig.panel.instrument, grid=TENTHS))
    rig.show()
    assert rig.footer == before


def test_a_new_grid_voids_what_the_hand_holds_and_says_so(qtbot) -> None:
    rig = Rig(qtbot)
    rig.rest(47)
    rig.lift(47, "mine")
    rig.carry(45, "mine")
    rig.session.do(GridChanged(at=rig.session.at, instrument=rig.panel.instrument, grid=TENTHS))
    rig.show()
    assert rig.footer == "the prices of the rows have changed: nothing was sent"
    rig.let_go(50, "mine")
    assert rig.asked == []
    assert rig.working() == [(4_700, 10)]
    assert 48 <= rig.cursor <= 50
