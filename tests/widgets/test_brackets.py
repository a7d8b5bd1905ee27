"""The bracket board on screen: what its rows say, what its buttons ask for, what it refuses."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.core.commands import Place, Tif
from engine.core.units import MINUTE, Leg, Nanos, Side
from engine.views import topics as t
from tests.widgets import views_sample as sample
from tests.widgets.account_views import spine
from widgets import board_lines, board_paint, formats, paint, theme
from widgets.board_paint import PAD, Columns
from widgets.brackets import BoardPanel

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class Trader:
    """A board on screen and everything it asked for."""

    def __init__(self, qtbot, width=1046, height=248, **changes):
        self.panel = BoardPanel()
        self.panel.focus_guard_ms = 0
        self.grid = self.panel.grid
        self.asked: list[Place] = []
        self.selected: list[object] = []
        self.tickets: list[Place] = []
        self.panel.intent.connect(self.asked.append)
        self.panel.selected.connect(self.selected.append)
        self.panel.ticket.connect(self.tickets.append)
        qtbot.addWidget(self.panel)
        self.panel.resize(width, height)
        self.panel.set_market(sample.CHI)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.show(**changes)

    def show(self, **changes):
        self.panel.render(t.board(sample.CHI), sample.board(**changes))

    def press(self, index, word):
        rect = self.grid.row_rect(index)
        QTest.mouseClick(self.grid, LEFT, NONE, self.grid.columns.button(word, rect.y(), rect.height()).center())

    def click(self, index):
        QTest.mouseClick(self.grid, LEFT, NONE, self.grid.row_rect(index).center())

    def key(self, key):
        QTest.keyClick(self.grid, key)


@pytest.fixture
def board(qtbot):
    return Trader(qtbot)


def test_b_buys_yes_on_the_curve_at_most_3c_past_the_ask(board) -> None:
    board.panel.set_size(25)
    board.press(2, "B")
    place = board.asked[0]
    assert (place.instrument, place.side, place.leg, place.price, place.qty) == (
        sample.bracket(2), Side.BUY, Leg.YES, 4700, 25,
    )  # fmt: skip
    assert (place.tif, place.origin) == (Tif.IOC, "board")


def test_s_buys_no_on_the_curve_at_most_3c_past_the_bid(board) -> None:
    board.press(2, "S")
    place = board.asked[0]
    assert (place.leg, place.price) == (Leg.NO, 6100)
    assert board.panel.words(board.grid.rows[2], "S") == "BUY 10 NO @ 61"


def test_a_press_selects_the_row_for_the_other_docks(board) -> None:
    board.click(3)
    assert board.selected == [sample.bracket(3)]
    assert board.asked == []
    board.press(2, "B")
    assert board.selected[-1] == sample.bracket(2)


def test_two_presses_at_once_are_one_order(board, qtbot) -> None:
    board.press(2, "B")
    board.press(2, "B")
    board.press(2, "S")
    qtbot.wait(320)
    board.press(2, "S")
    assert board.asked[0].intent == board.asked[1].intent
    assert len({p.intent for p in board.asked}) == 3


def test_keys_select_and_trade(board) -> None:
    board.grid.setFocus()
    board.key(Qt.Key.Key_Down)
    board.key(Qt.Key.Key_Down)
    assert board.selected[-1] == sample.bracket(1)
    board.key(Qt.Key.Key_B)
    board.key(Qt.Key.Key_S)
    assert [p.leg for p in board.asked] == [Leg.YES, Leg.NO]


def test_keys_do_not_repeat_and_wait_for_the_window(board) -> None:
    board.grid.setFocus()
    board.click(2)
    QApplication.sendEvent(board.grid, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_B, NONE, "b", True))
    board.panel.focus_guard_ms = 60_000
    QApplication.sendEvent(board.panel, QEvent(QEvent.Type.WindowActivate))
    board.key(Qt.Key.Key_B)
    assert board.asked == []


def test_a_dead_bracket_has_no_buttons_and_says_why(board) -> None:
    board.press(0, "B")
    assert board.asked == []
    assert board.panel.refusal(board.grid.rows[0], "B") == "≤ 83 is dead: running high 84"


@pytest.mark.parametrize("state", ["stale", "halted", "gap", "error"])
def test_what_is_not_live_is_refused_in_place(qtbot, state) -> None:
    board = Trader(qtbot, state=state, why="no message 14 s")
    board.press(2, "B")
    assert board.asked == []
    assert board.grid.said == f"{state}: no message 14 s"


def test_a_settled_market_takes_no_orders(qtbot) -> None:
    board = Trader(qtbot, status="settled")
    board.press(2, "B")
    assert board.asked == []
    assert board.grid.said == "market settled: no orders"


def test_outside_paper_a_button_opens_the_ticket(board) -> None:
    board.panel.set_mode("live")
    board.press(2, "B")
    assert board.asked == []
    assert [p.price for p in board.tickets] == [4700]


def test_sums_name_a_set_that_pays_only_when_it_does() -> None:
    said = {name: (value, tone) for name, value, tone in board_lines.sums(sample.board())}
    assert said["overround"][0] == "+4.0c"
    assert said["underround"][0] == "−3.0c"
    assert said["mids used"][0] == "5/5 alive"
    assert said["buy all YES"] == ("1.0892 > 1  no arb", "text.muted")
    assert said["sell all"] == ("0.9235 < 1  no arb", "text.muted")
    pays = {n: v for n, v, _ in board_lines.sums(sample.board(buy_set=0.97, sell_set=1.02))}
    assert pays["buy all YES"].endswith("pays")
    assert pays["sell all"].endswith("pays")


def test_unknown_sums_are_dashes() -> None:
    bare = sample.board(sum_bid=None, sum_mid=None, sum_ask=None, buy_set=None, sell_set=None)
    assert [v for n, v, _ in board_lines.sums(bare) if n != "mids used"] == ["—"] * 7


def test_the_foot_says_centre_pace_and_ends() -> None:
    said = {name: value for name, value, _ in board_lines.foot(sample.board(), "10:26:53")}
    assert said == {
        "μ": "86.6 °F", "dμ/dt": "+0.18 °F/h ▲", "running": "84 °F", "left": "10:26:53",
        "worst": "84–85 −$19.80", "best": "86–87 +$20.20",
    }  # fmt: skip


@pytest.mark.parametrize("width", [440, 640, 902, 1044, 1300])
def test_columns_fill_the_width_and_numbers_fit_them(qapp, width) -> None:
    look = theme.install(qapp)
    columns = Columns(width)
    assert sum(w for _, w in columns.spans.values()) == width
    for row in sample.board().rows:
        for name, (_, wide) in columns.spans.items():
            if name not in {"outcome", "bar", "buttons"}:
                said = board_paint.cell(row, name)
                px = 12 if name in {"bid", "ask"} else 11
                assert paint.width(said.text, look.number(px, said.weight)) <= wide - PAD + 1, (name, said.text)
                assert paint.width(board_paint.HEADERS[name], look.ui(10, 500)) <= wide


def test_the_large_set_is_complete_and_the_small_one_is_not(qapp) -> None:
    theme.install(qapp)
    assert set(Columns(1044).spans) == set(board_paint.HEADERS)
    assert not {"average", "mid", "change"} & set(Columns(902).spans)
    assert {"bid", "ask", "buttons", "bar", "edgeYes"} <= set(Columns(640).spans)


def test_sizes_of_a_curve_show_parts_of_a_share() -> None:
    row = msgspec.structs.replace(
        sample.board().rows[2], bid_size=Decimal("0.31"), ask_size=None, position=Decimal("9.5")
    )
    assert [board_paint.cell(row, name).text for name in ("bidSize", "askSize", "position")] == [".31", "—", "+9.5"]


def test_the_scale_of_the_bars_grows_once_and_returns_late() -> None:
    def board(model):
        rows = sample.board().rows
        return sample.board(
            rows=(*rows[:2], msgspec.structs.replace(rows[2], model=model, model_high=model), *rows[3:])
        )

    first, second = board_paint.SCALES
    assert board_paint.scale_of(board(0.48), first) == first
    assert board_paint.scale_of(board(0.81), first) == second
    assert board_paint.scale_of(board(0.55), second) == second
    assert board_paint.scale_of(board(0.45), second) == first


def test_positions_are_blank_where_nothing_is_held() -> None:
    flat = sample.board().rows[3]
    assert board_paint.cell(flat, "position").text == ""
    assert board_paint.cell(flat, "average").text == ""
    held = sample.board().rows[2]
    assert board_paint.cell(held, "position").text == "+24"


def test_it_paints_in_both_sizes(qtbot) -> None:
    for width, height in ((1046, 248), (446, 225)):
        board = Trader(qtbot, width, height)
        image = board.panel.grab().toImage()
        assert image.width() == width
        assert len({image.pixel(x, y) for x in range(0, width, 7) for y in range(0, height, 5)}) > 8


def test_another_market_waits_for_its_view(board) -> None:
    board.panel.set_market("ATMX-KAUS")
    assert board.panel.state == "loading"
    board.show()
    assert board.grid.view is None


def test_a_board_in_which_all_has_changed_is_painted_in_two_parts(board, qapp) -> None:
    qapp.processEvents()
    areas: list[QRect] = []

    class Seen(QObject):
        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.Paint:
                areas.append(event.rect())
            return False

    seen = Seen()
    board.grid.installEventFilter(seen)
    before = board.grid.grab().toImage()
    areas.clear()
    rows = tuple(replace(row, ask_size=sample.qty(77)) for row in sample.board().rows)
    board.show(sum_ask=104.5, mean=81.5, rows=rows)
    qapp.processEvents()
    qapp.processEvents()
    upper, lower = areas
    assert upper.top() == 0
    assert lower.top() == upper.bottom() + 1
    assert lower.bottom() == board.grid.rect().bottom()
    assert 0.3 < upper.height() / board.grid.height() < 0.75
    assert board.grid.grab().toImage() != before


def test_inputs_say_how_old_they_are(board) -> None:
    view = sample.board(
        age_s=2.0, asked_at=Nanos(100 * MINUTE), report="METAR KMDW", report_at=Nanos(61 * MINUTE), run="HRRR 18Z",
        run_at=None,
    )  # fmt: skip
    assert board_lines.ages(view) == "book 2.0 s · METAR KMDW 39 m · HRRR 18Z —"
    assert board_lines.ages(sample.board(age_s=None)) == ""


def test_a_locked_bracket_says_why_and_can_be_traded(board) -> None:
    rows = sample.board().rows
    before = board.grid.grab().toImage()
    board.show(rows=(*rows[:-1], msgspec.structs.replace(rows[-1], locked="running high 92 °F")))
    assert board.grid.grab().toImage() != before
    board.press(len(rows) - 1, "B")
    assert len(board.asked) == 1


def test_the_source_of_the_board_is_asked_for(board, qtbot) -> None:
    assert board.grid.source.isVisible()
    with qtbot.waitSignal(board.panel.source_wanted) as wanted:
        board.grid.source.click()
    assert wanted.args == [sample.CHI]
    board.panel.set_market(None)
    assert not board.grid.source.isVisible()


def test_a_doubt_about_the_model_is_said_in_the_foot(board) -> None:
    assert board_lines.foot(sample.board(doubt="its rules name another"), "1:00:00")[0][1] == "of the official value"
    board.show(doubt="its rules name another")
    assert "its rules name another" in board.grid.toolTip()
    board.show()
    assert board.grid.toolTip() == ""


def test_who_gains_most_while_a_neighbour_gives_way_leads() -> None:
    view = sample.board()
    still = [replace(row, change_5m=0.0, dead=False) for row in view.rows]
    assert board_paint.leads(replace(view, rows=tuple(still))) is None
    moved = list(still)
    moved[2] = replace(still[2], change_5m=2.0)
    assert board_paint.leads(replace(view, rows=tuple(moved))) is None  # nobody gives way
    moved[1] = replace(still[1], change_5m=-1.5)
    assert board_paint.leads(replace(view, rows=tuple(moved))) == (2, 1)
    moved[2] = replace(still[2], change_5m=None)
    assert board_paint.leads(replace(view, rows=tuple(moved))) is None


def test_the_way_of_the_centre_is_drawn_with_an_arrow_where_it_went(board) -> None:
    def foot() -> QImage:
        board.panel.grab()
        rect = board.panel.grid.foot()
        return board.panel.grid.grab(rect).toImage()

    board.show(mean_trail=())
    without = foot()
    rising = tuple((Nanos(n), 80.0 + n) for n in range(5))
    board.show(mean_trail=rising)
    up = foot()
    board.show(mean_trail=tuple((at, -value) for at, value in rising))
    assert up != without
    assert up != foot()


def test_the_worst_and_the_best_end_are_such_as_can_still_happen() -> None:
    dead = next(row for row in sample.board().rows if row.dead)
    view = sample.board(
        worst=sample.money("-90"), worst_label=dead.label, best=sample.money("90"), best_label=dead.label
    )
    said = {name: value for name, value, _ in board_lines.foot(view, "1:00:00")}
    alive = [row for row in view.rows if not row.dead and row.if_wins is not None]
    worst, best = min(alive, key=lambda row: row.if_wins), max(alive, key=lambda row: row.if_wins)
    assert said["worst"] == f"{worst.label} {formats.money(worst.if_wins, signed=True)}"
    assert said["best"] == f"{best.label} {formats.money(best.if_wins, signed=True)}"


def test_the_foot_says_that_a_window_is_over(qtbot) -> None:
    board = Trader(qtbot)
    closes = board.grid.view.closes
    board.panel.render(t.SPINE, spine(now=Nanos(closes - MINUTE)))
    assert board.grid.left == "0:01:00"
    board.panel.render(t.SPINE, spine(now=closes))
    assert board.grid.left == "over"


def test_a_low_board_shows_whole_rows_and_the_chosen_one_among_them(board) -> None:
    grid = board.grid
    board.click(4)
    assert grid.chosen_row() is grid.rows[4]
    tall = grid.height()
    board.panel.resize(board.panel.width(), board.panel.height() - 2 * grid.row_height - grid.row_height // 2)
    QApplication.processEvents()
    assert grid.height() < tall
    seen = list(grid.in_sight())
    assert len(seen) == grid.visible_rows() < len(grid.rows)
    assert 4 in seen
    below = grid.row_rect(seen[-1] + 1)
    assert grid.cell_at(200, below.y() + 1) == (-1, "")


def test_mids_of_dead_brackets_that_prices_stand_on_are_counted_among_all(board) -> None:
    """Of a venue's books: two mids of one bracket alive cannot be."""
    rows = sample.board().rows
    one = next(at for at, row in enumerate(rows) if not row.dead)
    dead = tuple(row if at == one else replace(row, dead="running high 88 °F") for at, row in enumerate(rows))
    known = sum(row.mid is not None for row in dead)
    said = {name: (value, tone) for name, value, tone in board_lines.sums(sample.board(rows=dead, mids_used=known))}
    assert said["mids used"] == (f"{known}/{len(rows)}", "warn")
    said = {name: (value, tone) for name, value, tone in board_lines.sums(sample.board(rows=dead, mids_used=1))}
    assert said["mids used"] == ("1/1 alive", "text.default")
