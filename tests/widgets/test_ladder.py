"""Clicks on the real ladder: what each asks for, which are one order, and where its rows stand."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from engine.core.commands import Cancel
from engine.core.units import Ticks
from tests.widgets import views_sample as sample
from tests.widgets.ladder_trader import CTRL, LEFT, MIDDLE, RIGHT, SHIFT, Trader
from widgets import ladder_hand
from widgets.ladder_keys import Column


@pytest.fixture
def book(qtbot):
    return Trader(qtbot, sample.book())


@pytest.fixture
def curve(qtbot):
    return Trader(qtbot, sample.curve())


def test_left_click_in_the_bid_column_buys_yes(book) -> None:
    book.click(42, "bid")
    assert book.places == [("BUY", 10, "YES", 4200)]
    assert book.asked[0].origin == "ladder"


def test_left_click_in_the_ask_column_sells_what_is_held(book) -> None:
    book.click(45, "ask")
    assert book.places == [("SELL", 10, "YES", 4500)]


def test_left_click_in_the_ask_column_of_a_flat_ladder_buys_no(curve) -> None:
    curve.click(42, "ask")
    assert curve.places == [("BUY", 10, "NO", 5800)]


def test_clicks_beside_the_sizes_do_nothing(book) -> None:
    for column in ("price", "sold", "bought", "cum", "edge", "exit"):
        book.click(42, column)
    assert book.asked == []


def test_a_click_too_far_through_is_refused_with_the_words(book) -> None:
    book.click(51, "bid")
    assert book.asked == []
    assert book.footer == "BUY 10 YES @ 51 refused: crosses 7c: Ctrl+click to take"


def test_ctrl_click_takes_what_is_there(book) -> None:
    book.panel.set_size(1000)
    book.click(45, "bid", held=CTRL)
    assert book.places == [("BUY", 405, "YES", 4500)]
    assert book.asked[0].tif.value == "IOC"


def test_shift_click_closes_the_position(book) -> None:
    book.click(44, "ask", held=SHIFT)
    assert book.places == [("SELL", 24, "YES", 4400)]


def test_right_click_on_an_own_order_cancels_it(book) -> None:
    book.click(40, "mine", RIGHT)
    book.click(48, "ask", RIGHT)
    assert [c.order for c in book.asked if isinstance(c, Cancel)] == ["b40", "a48"]


def test_an_order_whose_cancel_is_out_is_not_cancelled_again_and_stays_drawn(book) -> None:
    book.click(38, "mine", RIGHT)
    assert book.asked == []
    assert "nothing to cancel at 38: canceling" in book.footer
    assert book.grid.view.rows[99 - 38].mine_bid == "10"


def test_second_click_on_the_selected_order_cancels_it(book) -> None:
    book.click(40, "mine")
    assert book.asked == []
    assert book.grid.chosen.cell == (59, Column.BID)
    book.click(40, "mine")
    assert [type(c) for c in book.asked] == [Cancel]


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
def test_right_click_elsewhere_opens_choices_without_a_nested_loop(book, qtbot) -> None:
    book.click(33, "bid", RIGHT)
    menu = book.panel.findChild(QMenu, "ladder.choices")
    qtbot.waitUntil(menu.isVisible)
    assert [a.text() for a in menu.actions()][:3] == ["BUY 10 YES @ 33", "SELL 10 YES @ 33", "Open in ticket"]
    assert [a.isEnabled() for a in menu.actions()][:2] == [True, False]
    menu.actions()[0].trigger()
    menu.close()
    assert book.places == [("BUY", 10, "YES", 3300)]


def test_middle_click_recentres(book) -> None:
    book.grid.scroll_to(0)
    book.click(99, "price", MIDDLE)
    assert book.grid.first > 30


def test_wheel_scrolls_ctrl_wheel_zooms_shift_wheel_sizes(book) -> None:
    first = book.grid.first
    book.turn(1)
    assert book.grid.first == first - 1
    book.turn(1, CTRL)
    assert book.grid.row_height == 24
    book.turn(-1, CTRL)
    book.turn(-1, CTRL)
    book.turn(-1, CTRL)
    assert book.grid.row_height == 16
    book.turn(1, SHIFT)
    assert book.panel.size_now == 25


def test_two_presses_within_300_ms_are_one_order(book) -> None:
    book.double_click(42, "bid")
    keys = [p.intent for p in book.asked]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_they_are_one_order_whatever_is_drafted_between_them(book, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(ladder_hand, "SAME_MS", 60_000)
    book.hover(42, "bid")
    at = book.point(45, "bid")
    with qtbot.waitSignal(book.panel.draft):  # the card of a plain press is asked for between the two
        QTest.mouseClick(book.grid, LEFT, CTRL, at)
    QTest.mouseDClick(book.grid, LEFT, CTRL, at)
    keys = [p.intent for p in book.asked]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    for n in range(2):
        with qtbot.waitSignal(book.panel.draft):
            book.key(Qt.Key.Key_B)
        assert len({p.intent for p in book.asked}) == 2, n


def test_a_press_after_that_or_elsewhere_is_another_order(book, qtbot) -> None:
    book.click(42, "bid")
    book.click(41, "bid")
    book.click(42, "bid")
    qtbot.wait(320)
    book.click(42, "bid")
    assert len({p.intent for p in book.asked}) == 4


def test_intents_name_the_session(book) -> None:
    book.panel.session = "s7-"
    book.click(42, "bid")
    assert book.asked[0].intent.endswith(":4200:s7-0")


def test_the_draft_carries_the_intent_the_order_will_have(book, qtbot) -> None:
    book.hover(41, "bid")
    qtbot.waitUntil(lambda: bool(book.drafts) and book.drafts[-1].price == 4100)
    book.click(41, "bid")
    assert book.asked[0].intent == book.drafts[-1].intent


def best_moves_away(view):
    """The same rows, with five bid at 7 and five asked at 9 and nothing else."""
    sizes = {700: {"bid": sample.qty(5)}, 900: {"ask": sample.qty(5)}}
    rows = tuple(replace(r, **({"bid": None, "ask": None} | sizes.get(r.price, {}))) for r in view.rows)
    return replace(view, rows=rows, best_bid=Ticks(700), best_ask=Ticks(900))


def test_rows_do_not_move_under_the_pointer(book) -> None:
    first = book.grid.first
    book.hover(41, "bid")
    assert book.grid.inside
    book.show(best_moves_away(sample.book()))
    assert book.grid.first == first


def test_rows_recentre_when_both_sides_are_lost_and_the_pointer_is_away(book) -> None:
    book.grid.inside = False
    book.show(best_moves_away(sample.book()))
    assert book.grid.first + book.grid.visible_rows() >= 92


def test_rows_stay_when_one_side_is_still_in_view(book) -> None:
    book.grid.inside = False
    book.grid.scroll_to(57)
    book.show(sample.book(last=Ticks(4100)))
    assert book.grid.first == 57
