"""Clicks and keys on the real ladder: what it asks for, what it refuses, and what it says."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from engine.core.commands import Cancel, CancelAll, Flatten, Place
from engine.core.units import Ticks
from engine.views import topics as t
from tests.widgets import views_sample as sample
from widgets import ladder_hand, theme
from widgets.header import Header
from widgets.ladder import LadderPanel
from widgets.ladder_keys import Column

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


class Trader:
    """A ladder on screen, and everything it asked for."""

    def __init__(self, qtbot, view, width=562, height=660):
        self.panel = LadderPanel()
        self.panel.focus_guard_ms = 0
        qtbot.addWidget(self.panel)
        self.panel.resize(width, height)
        self.panel.set_instrument(view.instrument)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.panel.render(t.ladder(view.instrument.symbol), view)
        self.asked: list[object] = []
        self.drafts: list[Place] = []
        self.tickets: list[Place] = []
        self.panel.intent.connect(self.asked.append)
        self.panel.draft.connect(self.drafts.append)
        self.panel.ticket.connect(self.tickets.append)
        self.panel.grid.setFocus()
        self.grid = self.panel.grid

    def point(self, cents, column):
        index = next(i for i, r in enumerate(self.grid.view.rows) if r.price == cents * 100)
        return self.grid.cell_rect(index, column).center()

    def click(self, cents, column, button=LEFT, held=NONE):
        QTest.mouseClick(self.grid, button, held, self.point(cents, column))

    def hover(self, cents, column):
        at = QPointF(self.point(cents, column))
        move = QMouseEvent(
            QEvent.Type.MouseMove, at, self.grid.mapToGlobal(at), Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, NONE
        )
        QApplication.sendEvent(self.grid, move)

    def double_click(self, cents, column):
        QTest.mouseClick(self.grid, LEFT, NONE, self.point(cents, column))
        QTest.mouseDClick(self.grid, LEFT, NONE, self.point(cents, column))

    def key(self, key, held=NONE):
        QTest.keyClick(self.grid, key, held)

    def turn(self, way, held=NONE):
        middle = self.grid.rect().center()
        event = QWheelEvent(
            QPointF(middle), self.grid.mapToGlobal(QPointF(middle)), QPoint(), QPoint(0, 120 * way),
            Qt.MouseButton.NoButton, held, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.grid, event)

    def show(self, view):
        self.panel.render(t.ladder(view.instrument.symbol), view)

    @property
    def places(self):
        return [(p.side.name, p.qty, p.leg.value, p.price) for p in self.asked if isinstance(p, Place)]

    @property
    def footer(self):
        return self.panel.footer.text()

    @property
    def cursor_price(self):
        return self.grid.view.rows[self.grid.caret.row].price // 100


@pytest.fixture
def book(qtbot):
    return Trader(qtbot, sample.book())


@pytest.fixture
def curve(qtbot):
    return Trader(qtbot, sample.curve())


# Mouse


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


# Rows stand still


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


# Keys


def test_cursor_keys(book) -> None:
    assert book.cursor_price == 42
    book.key(Qt.Key.Key_Up)
    assert book.cursor_price == 43
    book.key(Qt.Key.Key_Down)
    book.key(Qt.Key.Key_PageDown)
    assert book.cursor_price == 32
    book.key(Qt.Key.Key_PageUp)
    book.key(Qt.Key.Key_Home)
    assert book.cursor_price == 44
    book.key(Qt.Key.Key_End)
    assert book.cursor_price == 42
    book.key(Qt.Key.Key_Right)
    assert book.grid.caret.side is Column.ASK
    book.key(Qt.Key.Key_Left)
    assert book.grid.caret.side is Column.BID
    book.grid.scroll_to(0)
    book.key(Qt.Key.Key_C)
    assert book.grid.first > 30


def test_a_cursor_nobody_moved_stays_where_an_order_would_trade(curve) -> None:
    assert curve.cursor_price == 46  # 43.3 asks 44 first; ten shares take three rows
    curve.show(sample.curve(70.4))
    assert curve.cursor_price == 73
    assert curve.footer.startswith("Enter BUY 10 YES @ 73")
    curve.panel.set_size(1)
    assert curve.cursor_price == 71
    curve.key(Qt.Key.Key_Right)
    assert curve.cursor_price == 70
    curve.key(Qt.Key.Key_Left)
    assert curve.cursor_price == 71


def test_a_cursor_that_was_moved_stands_still(curve) -> None:
    curve.key(Qt.Key.Key_Up)
    at = curve.cursor_price
    curve.show(sample.curve(60.4))
    curve.panel.set_size(1)
    assert curve.cursor_price == at
    assert not curve.footer.startswith("Enter")
    assert "cannot rest on the curve" in curve.footer


def test_enter_places_at_the_cursor(book) -> None:
    book.key(Qt.Key.Key_Up)
    book.key(Qt.Key.Key_Return)
    assert book.places == [("BUY", 10, "YES", 4300)]


def test_join_improve_and_take_on_a_book(book, qtbot) -> None:
    book.key(Qt.Key.Key_B)
    book.key(Qt.Key.Key_S)
    book.key(Qt.Key.Key_B, SHIFT)
    book.key(Qt.Key.Key_S, SHIFT)
    book.key(Qt.Key.Key_T)
    assert book.places == [
        ("BUY", 10, "YES", 4200),
        ("SELL", 10, "YES", 4400),
        ("BUY", 10, "YES", 4300),
        ("SELL", 10, "YES", 4300),
        ("BUY", 10, "YES", 4400),
    ]


def test_b_and_s_on_a_curve_reach_as_far_as_the_size_needs(curve) -> None:
    curve.key(Qt.Key.Key_B)
    curve.key(Qt.Key.Key_S)
    assert curve.places == [("BUY", 10, "YES", 4600), ("BUY", 10, "NO", 6000)]


def test_size_keys(book) -> None:
    for key, size in zip("123456", (1, 5, 10, 25, 50, 100), strict=True):
        book.key(Qt.Key(ord(key)))
        assert book.panel.size_now == size
    book.key(Qt.Key.Key_Minus)
    assert book.panel.size_now == 50
    book.key(Qt.Key.Key_Plus)
    assert book.panel.size_now == 100


def test_delete_cancels_the_selected_order_and_backspace_all(book) -> None:
    book.key(Qt.Key.Key_Delete)
    assert book.asked == []
    book.click(48, "mineAsk")
    book.key(Qt.Key.Key_Delete)
    book.key(Qt.Key.Key_Backspace)
    assert book.asked == [Cancel(order="a48"), CancelAll(market=sample.BOOK.symbol)]


def test_flatten_asks_first(curve) -> None:
    curve.key(Qt.Key.Key_F)
    assert curve.asked == []
    assert curve.footer.startswith("FLATTEN sells every position of this market")
    curve.key(Qt.Key.Key_Escape)
    curve.key(Qt.Key.Key_F)
    assert curve.asked == []
    curve.key(Qt.Key.Key_F)
    assert curve.asked == [Flatten(market=sample.CHI)]


def test_columns_can_be_hidden(book) -> None:
    book.key(Qt.Key.Key_U)
    assert "cum" not in book.grid.columns.spans
    book.key(Qt.Key.Key_E)
    assert "edge" not in book.grid.columns.spans


def test_money_keys_do_not_repeat(book) -> None:
    for key in (Qt.Key.Key_Return, Qt.Key.Key_B, Qt.Key.Key_T, Qt.Key.Key_Backspace, Qt.Key.Key_F):
        QApplication.sendEvent(book.grid, QKeyEvent(QEvent.Type.KeyPress, key, NONE, "", True))
    assert book.asked == []


def test_money_keys_wait_after_the_window_came_to_the_front(book) -> None:
    book.panel.focus_guard_ms = 60_000
    QApplication.sendEvent(book.panel, QEvent(QEvent.Type.WindowActivate))
    book.key(Qt.Key.Key_Return)
    assert book.asked == []
    assert "only just come here" in book.footer


@pytest.mark.parametrize("typed", ["", "0", "00"])
def test_a_size_box_that_holds_no_size_shows_the_one_that_is_sent(book, typed) -> None:
    box = book.panel.size_strip.box
    book.panel.set_size(25)
    box.setFocus()
    box.selectAll()
    QTest.keyClick(box, Qt.Key.Key_Backspace)
    QTest.keyClicks(box, typed)
    book.grid.setFocus()
    assert (box.text(), book.panel.size_now) == ("25", 25)


def test_keys_typed_into_the_size_box_do_not_trade(book, qtbot) -> None:
    box = book.panel.size_strip.box
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "25bst")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert book.asked == []
    assert book.panel.size_now == 25
    assert book.grid.hasFocus()


# Arming


def test_paper_is_always_armed_and_live_begins_disarmed(book) -> None:
    assert book.panel.armed
    book.panel.set_mode("live")
    assert not book.panel.armed
    book.click(42, "bid")
    assert book.asked == []
    assert [p.price for p in book.tickets] == [4200]
    book.key(Qt.Key.Key_A)
    assert book.panel.armed
    book.click(41, "bid")
    assert book.places == [("BUY", 10, "YES", 4100)]
    book.key(Qt.Key.Key_Escape)
    assert not book.panel.armed


def test_live_disarms_when_the_window_loses_the_front(book) -> None:
    book.panel.set_mode("live")
    book.panel.set_armed(True)
    QApplication.sendEvent(book.panel, QEvent(QEvent.Type.WindowDeactivate))
    assert not book.panel.armed


def test_a_key_that_is_held_or_came_too_soon_does_not_arm(book) -> None:
    book.panel.set_mode("live")
    book.panel.focus_guard_ms = 60_000
    book.panel.hold_off()
    book.key(Qt.Key.Key_A)
    assert not book.panel.armed
    book.panel.focus_guard_ms = 0
    book.key(Qt.Key.Key_A)
    assert book.panel.armed
    held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, NONE, "a", autorep=True)
    QApplication.sendEvent(book.grid, held)
    assert book.panel.armed


def test_what_was_asked_while_armed_is_void_once_disarmed(book) -> None:
    book.panel.set_mode("live")
    book.panel.set_armed(True)
    for cents in (40, 41, 42):
        book.click(cents, "bid")
    assert len(book.asked) == 3
    book.click(39, "bid")
    assert book.panel.hand.question is not None
    QApplication.sendEvent(book.panel, QEvent(QEvent.Type.WindowDeactivate))
    book.key(Qt.Key.Key_Return)
    assert len(book.asked) == 3


# States and words


@pytest.mark.parametrize("state", ["stale", "halted", "gap", "disconnected", "error"])
def test_an_opening_click_is_refused_in_place_with_the_reason(book, state) -> None:
    book.show(sample.book(state=state, why="no message 14 s"))
    book.click(42, "bid")
    assert book.asked == []
    assert book.footer == f"BUY 10 YES @ 42 refused: {state}: no message 14 s"


def test_a_halted_ladder_still_reduces_and_cancels(book) -> None:
    book.show(sample.book(state="halted", why="by hand", refusing="KILL"))
    assert book.footer == "Only cancels and reducing orders pass.  Backspace cancels all here."
    book.click(44, "ask")
    book.click(40, "mine", RIGHT)
    assert [type(c) for c in book.asked] == [Place, Cancel]
    assert book.asked[0].reduce_only


def test_a_halt_shows_as_disarmed_until_it_is_over(book) -> None:
    strip = book.panel.arm_strip
    assert strip.arm.isChecked()
    book.show(sample.book(state="halted", why="by hand", refusing="KILL"))
    assert (strip.arm.isChecked(), strip.words()) == (False, "HALTED KILL")
    book.show(sample.book())
    assert strip.arm.isChecked()


def test_a_disk_that_takes_nothing_is_not_called_stale(book) -> None:
    book.show(sample.book(state="stale", why="The disk takes no writes.", refusing="STORAGE"))
    assert book.panel.findChild(Header).chip == "NOT SAVED"


def test_a_market_that_is_over_is_named_by_its_status(book) -> None:
    book.show(sample.book(state="stale", status="settled", why="The market is settled: its last prices."))
    assert book.panel.findChild(Header).chip == "SETTLED"
    book.click(42, "bid")
    assert book.footer == "BUY 10 YES @ 42 refused: market settled: no orders"


def test_the_footer_names_order_cost_and_edge(book) -> None:
    book.hover(43, "bid")
    assert book.footer == "BUY 10 YES @ 43 ≤ $4.30 edge +3.40c"


def test_the_footer_shows_the_card_when_it_answers(book, qtbot) -> None:
    book.hover(43, "bid")
    qtbot.waitUntil(lambda: bool(book.drafts) and book.drafts[-1].price == 4300)
    book.panel.show_preview(sample.preview(instrument=sample.BOOK, intent=book.drafts[-1].intent))
    assert book.footer == "BUY 10 YES @ 43 = $4.30 + fee 0.04 avg 43.0c worst 43.2c edge +3.37c"
    book.panel.show_preview(sample.preview(instrument=sample.BOOK, intent="another"))
    assert "≤ $4.30" in book.footer


def test_the_footer_names_the_gate_that_would_refuse(book, qtbot) -> None:
    qtbot.waitUntil(lambda: bool(book.drafts))
    card = sample.preview(
        instrument=sample.BOOK, intent=book.drafts[-1].intent, refused_by="CASH", refused_why="no cash"
    )
    book.panel.show_preview(card)
    assert book.footer == "BUY 10 YES @ 42 CASH: no cash"


def test_the_footer_says_how_much_a_row_of_the_curve_fills(curve) -> None:
    curve.hover(44, "bid")
    assert curve.footer == "BUY 10 YES @ 44 ≤ $4.40 fills 2.8 edge +2.80c"


def test_hostile_words_stay_one_plain_line(book) -> None:
    book.show(sample.book(state="error", why="<b>x</b>\n" * 100))
    book.click(42, "bid")
    assert "\n" not in book.footer
    assert len(book.footer) <= 240


def test_turning_to_another_instrument_waits_for_its_view(book) -> None:
    book.panel.set_instrument(sample.CURVE)
    assert book.panel.state == "loading"
    assert book.panel.topics() == frozenset({t.SPINE, t.ladder(sample.CURVE.symbol)})
    book.show(sample.book())
    assert book.panel.view is None
    book.key(Qt.Key.Key_Return)
    assert book.asked == []


def test_two_legs_fit_beside_the_presets(qtbot) -> None:
    text = "24 YES @ 38.5 · 16 NO @ 34.0"
    for width in (446, 562):
        trader = Trader(qtbot, sample.book(position_text=text), width)
        assert trader.panel.size_strip.words() == (text, "▲ +$1.08")
        trader.panel.grab()


def test_resting_orders_are_underlined_in_the_bars_of_curve_and_book(qtbot) -> None:
    def underlined(view) -> int:
        one = Trader(qtbot, view)
        image = one.panel.grid.grab().toImage()
        buy = theme.current().colour("buy").rgb()
        return sum(image.pixel(x, y) == buy for x in range(image.width()) for y in range(image.height()))

    later = sample.curve(phase=2, curve=False)
    at = next(i for i, row in enumerate(later.rows) if row.price == 4_200)
    rests = msgspec.structs.replace(later.rows[at], bid=sample.qty(200), rest_bid=sample.qty(190))
    rows = (*later.rows[:at], rests, *later.rows[at + 1 :])
    plain = msgspec.structs.replace(rests, rest_bid=None)
    without = (*later.rows[:at], plain, *later.rows[at + 1 :])
    told = underlined(msgspec.structs.replace(later, rows=rows))
    assert told > underlined(msgspec.structs.replace(later, rows=without)) + 40


def test_a_narrow_footer_leaves_out_what_does_not_fit_with_its_name(book) -> None:
    footer = book.panel.footer
    parts = (("Enter", "text.muted", 400, False), ("BUY 10 YES @ 51", "buy", 600, False),
             ("edge", "text.muted", 400, False), ("−25.11c", "loss", 600, False))  # fmt: skip
    footer.say(*parts)
    assert footer.fitting(400) == parts
    assert [words for words, *_ in footer.fitting(150)] == ["Enter", "BUY 10 YES @ 51"]
    refused = (("BUY 10 YES @ 51 refused: the book is older than the limit allows", "danger.text", 500, False),)
    footer.say(*refused)
    assert footer.fitting(100) == refused  # a sentence is cut at its end
