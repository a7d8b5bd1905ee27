"""The chart dock: what it asks for, what it reads out, keys, clocks, holes, orders that are dragged."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent

from engine.core.commands import Amend
from engine.core.ids import InstrumentId, OrderId
from engine.core.units import HOUR, MINUTE, SECOND, Nanos, Qty, Ticks
from engine.maths.bars import INTERVALS
from engine.views import topics
from tests.widgets.chart_sample import BUY, CHICAGO, NOW, ONE, SELL, ZONES, line, view
from widgets import actions, chart_paint, formats, states, theme
from widgets.chart_panel import ChartPanel
from widgets.crosshair import Pointed
from widgets.plot_panel import next_zone


@pytest.fixture
def dock(qtbot):
    one = ChartPanel()
    qtbot.addWidget(one)
    one.resize(900, 460)
    one.set_instrument(ONE)
    one.show()
    one.render(topic(one), view())
    return one


def topic(dock: ChartPanel):
    return next(iter(dock.topics()))


def words(dock: ChartPanel) -> list[str]:
    return [one for one, _ in dock.canvas.read_out()]


def press(qtbot, dock, key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(dock.canvas, key, modifier)


def at_price(dock, price: float, x: int = 300) -> QPoint:
    return QPoint(x, round(dock.canvas.axes().y(price)))


def test_it_asks_for_bars_of_an_interval_by_the_stations_clock_until_one_is_chosen(dock) -> None:
    assert dock.topics() == {topics.chart(ONE.symbol, "1m", "station")}
    dock.set_interval("4h")
    dock.set_zone("utc")
    assert dock.topics() == {topics.chart(ONE.symbol, "4h", "utc")}
    dock.set_interval("7m")
    assert dock.interval == "4h"


def test_without_a_market_it_says_what_to_do(qtbot) -> None:
    one = ChartPanel()
    qtbot.addWidget(one)
    assert one.topics() == frozenset()
    assert one.state == states.EMPTY


def test_another_markets_bars_or_intervals_are_not_shown(dock) -> None:
    before = dock.canvas.view
    dock.render(topic(dock), view(instrument=InstrumentId(ONE.venue, "OTHER")))
    dock.render(topic(dock), view(interval="5m"))
    assert dock.canvas.view is before
    dock.render(topic(dock), None)
    assert dock.state == states.EMPTY


def test_a_stale_market_is_said_to_be(dock) -> None:
    dock.render(topic(dock), view(state="stale", why="Book stale: a gap"))
    assert (dock.state, dock.why) == (states.STALE, "Book stale: a gap")


def test_what_is_not_known_yet_is_waited_for(dock) -> None:
    none = np.array([])
    blank = dict.fromkeys(("open", "high", "low", "close", "volume", "signed"), none)
    ints = {name: none.astype(np.int64) for name in ("at", "ends", "trades")}
    nothing = line("mid", "c", [0], [0.0])
    gone = type(nothing)(name="mid", unit="c", at=nothing.at[:0], value=nothing.value[:0], joined=nothing.joined[:0])
    dock.render(topic(dock), view(under=None, mid=gone, fair=gone, last=None, **blank, **ints))
    assert dock.state == states.LOADING
    assert not dock.grab().isNull()
    assert words(dock) == []


def test_the_last_bar_is_read_out_with_price_and_probability(dock) -> None:
    shown = view()
    last = shown.close[-1]
    read = words(dock)
    assert read[0].endswith("CDT")
    assert f"C {last:.1f}" in read
    assert f"= {last:.1f} %" in read
    assert "fair 46.0" in read
    press_percent = dock.acts()["chart.percent"]
    press_percent()
    assert f"C {last:.1f} %" in words(dock)


def test_the_crosshair_goes_by_keys_and_tells_the_docks_beside(dock, qtbot) -> None:
    told = []
    dock.pointed.connect(told.append)
    press(qtbot, dock, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    press(qtbot, dock, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert [one.at for one in told] == [NOW, NOW - MINUTE]
    assert CHICAGO.wall(NOW - MINUTE).strftime("%H:%M") in words(dock)[0]
    assert words(dock)[0] in dock.canvas.accessibleDescription()
    press(qtbot, dock, Qt.Key.Key_Escape)
    assert told[-1] is None
    assert dock.canvas.crosshair() == (None, None)


def test_what_another_dock_points_at_is_shown(dock) -> None:
    dock.show_pointed(Pointed(ONE, Nanos(NOW - 10 * MINUTE), 45.0))
    assert dock.canvas.crosshair() == (NOW - 10 * MINUTE, 45.0)
    dock.show_pointed(Pointed(InstrumentId(ONE.venue, "OTHER"), Nanos(NOW - 5 * MINUTE), 45.0))
    assert dock.canvas.crosshair() == (NOW - 5 * MINUTE, None)
    assert not dock.grab().isNull()


def test_the_pointer_reads_out_its_bar_and_a_hole_its_reason(dock, qtbot) -> None:
    shown = view()
    axes = dock.canvas.axes()
    bar = 20
    middle = (int(shown.at[bar]) + int(shown.ends[bar])) // 2
    qtbot.mouseMove(dock.canvas, QPoint(round(axes.x(middle)), 200))
    at, price = dock.canvas.crosshair()
    assert abs(at - middle) < MINUTE
    assert axes.low < price < axes.high
    hole = dock.canvas.view.holes[0]
    dock.render(topic(dock), view(at=shown.at[:60], ends=shown.ends[:60], **{
        name: getattr(shown, name)[:60] for name in ("open", "high", "low", "close", "trades", "volume", "signed")
    }))  # fmt: skip
    dock.canvas._mine = QPointF(dock.canvas.axes().x((hole.start + hole.end) // 2), 200)
    assert words(dock) == ["nothing known: a gap in the sequence"]
    assert dock.canvas.words_at(dock.canvas._mine) == "Nothing known: a gap in the sequence"


@pytest.mark.parametrize(
    ("key", "change"),
    [(Qt.Key.Key_Plus, 0.8), (Qt.Key.Key_Minus, 1.25)],
)
def test_keys_zoom_around_now(dock, qtbot, key, change) -> None:
    before = dock.canvas.window_
    press(qtbot, dock, key)
    assert dock.canvas.window_.span == pytest.approx(before.span * change, rel=1e-6)
    assert dock.canvas.window_.follow


def test_keys_go_to_earlier_and_back_to_now(dock, qtbot) -> None:
    end = dock.canvas.window_.end
    press(qtbot, dock, Qt.Key.Key_Left)
    assert dock.canvas.window_.end < end
    assert not dock.follows.isChecked()
    dock.render(topic(dock), view(now=Nanos(NOW + HOUR)))
    assert dock.canvas.window_.end < end
    press(qtbot, dock, Qt.Key.Key_F)
    assert dock.follows.isChecked()
    assert dock.canvas.window_.end > NOW + HOUR
    press(qtbot, dock, Qt.Key.Key_Home)
    assert dock.canvas.window_.start <= dock.canvas.first()


def test_what_is_over_is_shown_as_it_ended(dock) -> None:
    shown = view()
    dock.render(topic(dock), view(now=Nanos(NOW + 48 * HOUR), state="stale", why="The market is settled."))
    window = dock.canvas.window_
    assert window.start < int(shown.at[-1]) < window.end
    assert dock.canvas.now() == int(shown.ends[-1])


def test_keys_change_interval_and_clock(dock, qtbot) -> None:
    press(qtbot, dock, Qt.Key.Key_BracketRight)
    assert dock.interval == "5m"
    for _ in range(20):
        press(qtbot, dock, Qt.Key.Key_BracketLeft)
    assert dock.interval == "1s"
    press(qtbot, dock, Qt.Key.Key_Z)
    assert dock.zone == "utc"
    assert [next_zone(ZONES, one).code for one in ZONES] == ["utc", "station", "local"]


def test_the_axis_says_which_clock_it_is_of(dock) -> None:
    assert dock.clock.text() == "local CDT"
    dock.render(topic(dock), view(zone=ZONES[2]))
    assert dock.clock.text() == "KMDW LST UTC−6"


def test_the_wheel_zooms_where_the_pointer_is_and_dragging_moves(dock, qtbot) -> None:
    canvas = dock.canvas
    canvas.follow(on=False)
    axes = canvas.axes()
    x = axes.plot.x() + axes.plot.width() // 4
    held = axes.start + (axes.end - axes.start) // 4
    where = QPointF(x, 100)
    canvas.wheelEvent(QWheelEvent(
        where, where, QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    ))  # fmt: skip
    assert abs(canvas.axes().x(held) - x) < 2
    end = canvas.window_.end
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(400, 60))
    qtbot.mouseMove(canvas, QPoint(500, 60))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(500, 60))
    assert canvas.window_.end < end


def test_an_order_that_is_dragged_is_asked_about_once_and_then_moved(dock, qtbot) -> None:
    asked = []
    dock.intent.connect(asked.append)
    qtbot.mousePress(dock.canvas, Qt.MouseButton.LeftButton, pos=at_price(dock, BUY.price))
    qtbot.mouseMove(dock.canvas, at_price(dock, 42.0))
    assert dock.canvas.moving.price == 42.0
    assert not dock.grab().isNull()
    qtbot.mouseRelease(dock.canvas, Qt.MouseButton.LeftButton, pos=at_price(dock, 42.0))
    assert asked == []
    dock._act("Move")
    assert asked == [Amend(order=OrderId("o1"), price=Ticks(4_200), qty=Qty(BUY.qty))]
    dock._act("Move")
    assert len(asked) == 1


def test_an_order_of_no_moves_to_the_other_side_of_the_price(dock) -> None:
    asked = []
    dock.intent.connect(asked.append)
    dock.canvas.move_wanted.emit(SELL, 45.0)
    dock._act("Move")
    assert asked == [Amend(order=OrderId("o2"), price=Ticks(5_500), qty=Qty(SELL.qty))]


@pytest.mark.parametrize("beyond", [QPoint(0, 3_000), QPoint(0, -3_000), QPoint(4_000, 0), QPoint(-4_000, 0)])
def test_an_order_that_is_dragged_out_of_the_chart_stays_where_it_is(dock, qtbot, beyond) -> None:
    wanted = []
    dock.canvas.move_wanted.connect(lambda *what: wanted.append(what))
    qtbot.mousePress(dock.canvas, Qt.MouseButton.LeftButton, pos=at_price(dock, BUY.price))
    qtbot.mouseMove(dock.canvas, at_price(dock, 42.0))
    qtbot.mouseRelease(dock.canvas, Qt.MouseButton.LeftButton, pos=at_price(dock, 42.0) + beyond)
    assert (wanted, dock.canvas.moving) == ([], None)
    qtbot.mousePress(dock.canvas, Qt.MouseButton.LeftButton, pos=at_price(dock, BUY.price))
    qtbot.mouseMove(dock.canvas, at_price(dock, 42.0))
    qtbot.mouseRelease(dock.canvas, Qt.MouseButton.RightButton, pos=at_price(dock, 42.0))
    assert (wanted, dock.canvas.moving) == ([], None), "another button lets go of it"


def test_what_waits_for_an_answer_cannot_be_dragged_and_esc_lets_go(dock, qtbot) -> None:
    qtbot.mousePress(dock.canvas, Qt.MouseButton.LeftButton, pos=at_price(dock, SELL.price))
    assert dock.canvas.moving is None
    qtbot.mouseRelease(dock.canvas, Qt.MouseButton.LeftButton)
    qtbot.mousePress(dock.canvas, Qt.MouseButton.LeftButton, pos=at_price(dock, BUY.price))
    press(qtbot, dock, Qt.Key.Key_Escape)
    qtbot.mouseRelease(dock.canvas, Qt.MouseButton.LeftButton, pos=at_price(dock, 45.0))
    assert dock.state == states.LIVE
    assert not dock._dock_state.asks


def test_marks_of_ours_say_what_they_are(dock) -> None:
    canvas, axes = dock.canvas, dock.canvas.axes()
    fill = canvas.view.fills[0]
    assert canvas.words_at(QPointF(at_price(dock, BUY.price))) == "BUY 6 YES @ 40, partial. Drag it to move it."
    assert canvas.words_at(QPointF(at_price(dock, SELL.price))) == "BUY 10 NO @ 52, canceling"
    spot = QPointF(axes.x(fill.at), axes.y(fill.price) + 8)
    assert canvas.words_at(spot).startswith("Bought 10 YES at 41, ")
    dock._switch("mine")
    assert canvas.words_at(QPointF(at_price(dock, BUY.price))) == ""


def test_what_is_hidden_takes_no_room(dock) -> None:
    canvas = dock.canvas
    assert canvas.panes().under.height() > 0
    assert canvas.panes().volume.height() > 0
    dock._switch("under")
    dock._switch("volume")
    assert canvas.panes().under.height() == canvas.panes().volume.height() == 0
    assert not dock.switches["under"].isChecked()
    dock.resize(446, 120)
    assert not dock.grab().isNull()


def test_lines_part_where_nothing_is_known(dock) -> None:
    told, axes = view().mid, dock.canvas.axes()
    drawn = chart_paint.runs(told, axes.start, axes.end)
    assert [points[0][0] for points in drawn] == [int(told.at[0]), int(told.at[60])]


def test_a_line_of_what_is_no_number_is_not_drawn(dock) -> None:
    shown = view()
    broken = line("mid", "c", shown.at, np.full(len(shown.at), np.nan))
    dock.render(topic(dock), view(mid=broken))
    assert not dock.grab().isNull()


def test_what_was_chosen_comes_back(dock, qtbot) -> None:
    dock.set_interval("1h")
    dock.set_zone("utc")
    dock._switch("volume")
    dock.canvas.set_percent(True)
    other = ChartPanel()
    qtbot.addWidget(other)
    other.apply_settings(dock.settings())
    assert other.settings() == dock.settings()
    other.apply_settings({"interval": "9y", "zone": 7, "hidden": 3, "percent": "yes"})
    assert (other.interval, other.canvas.percent) == ("1h", False)


def test_every_action_of_its_area_does_something(dock) -> None:
    assert set(dock.acts()) == {name for name, one in actions.ACTIONS.items() if one.area == "chart"}
    assert set(INTERVALS) == {name for name, _ in dock.intervals._choices}


def test_bars_of_seconds_and_days_are_painted(dock) -> None:
    for interval in ("1s", "1d"):
        dock.set_interval(interval)
        dock.render(topic(dock), view(interval=interval))
        assert not dock.grab().isNull()
    assert NOW % SECOND == 0


def test_a_chart_that_stays_hidden_lets_its_picture_go_and_comes_back_as_it_was(dock, qtbot) -> None:
    before = dock.canvas.grab().toImage()
    dock.canvas._unseen.setInterval(1)
    dock.hide()
    qtbot.waitUntil(lambda: dock.canvas._picture.isNull())
    dock.show()
    assert not dock.canvas._unseen.isActive()
    assert dock.canvas.grab().toImage() == before


def test_a_chart_is_painted_anew_where_numbers_are_written_otherwise(dock, qapp) -> None:
    before = formats.style()
    dock.canvas.grab()
    try:
        formats.use(formats.Style(decimal=formats.COMMA))
        theme.redraw(qapp)
        written = dock.canvas.grab().toImage()
        dock.canvas.forget_picture()
        assert written == dock.canvas.grab().toImage()
    finally:
        formats.use(before)
