"""The depth heat dock: shades, columns, holes, bubbles; keys, clocks, the market in sight, what it reads out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent

from engine.core.ids import InstrumentId
from engine.core.units import SECOND, Nanos
from engine.views import topics
from tests.widgets.chart_sample import NOW, ONE, heat
from widgets import actions, heat_image, states
from widgets.crosshair import Pointed
from widgets.heat import FEWEST, HeatPanel

GROUND = (20, 23, 28)
RAMPS = (heat_image.ramp(GROUND, (0, 0, 255)), heat_image.ramp(GROUND, (255, 160, 0)))


@given(st.lists(st.integers(0, 300), max_size=40).map(sorted), st.integers(1, 9), st.integers(1, 60))
def test_each_column_shows_the_newest_book_that_still_holds(moments, every, wide) -> None:
    at = np.array(moments, np.int64)
    found = heat_image.columns(at, every, 0, 300, wide)
    for x in range(wide):
        moment = int((x + 0.5) * (300 / wide))  # in the order in which they are worked out, to the last bit
        older = [n for n, one in enumerate(moments) if one <= moment]
        holds = bool(older) and moment - moments[older[-1]] < int(heat_image.HOLDS * every)
        assert found[x] == (older[-1] if holds else -1)


def test_larger_is_never_darker_and_nothing_is_the_ground() -> None:
    sizes = np.array([[0.0, 0.01, 1.0, 10.0, 500.0, 1e6]], np.float32)
    levels = heat_image.shaded(heat(1, bids=sizes, asks=np.zeros_like(sizes))).bids[0].tolist()
    assert levels[0] == 0
    assert levels[1] >= 1
    assert levels == sorted(levels)
    assert levels[-1] == heat_image.SHADES - 1
    assert int(RAMPS[0][0]) == 0xFF14171C
    assert int(RAMPS[1][-1]) == 0xFFFFA000


def test_no_book_at_all_has_no_shades() -> None:
    nothing = np.zeros((2, 99), np.float32)
    shades = heat_image.shaded(heat(2, bids=nothing, asks=nothing))
    assert not shades.bids.any()
    assert shades.most == 0.0


def test_the_picture_has_the_highest_price_on_top_and_holes_in_the_ground() -> None:
    view = heat()
    shades = heat_image.shaded(view)
    start, end = int(view.at[0]), int(view.at[-1]) + SECOND
    pixels = heat_image.picture(shades, start, end, 80, (40, 50), RAMPS, 7)
    assert pixels.shape == (11, 80)
    assert (pixels[:, 0] != 7).all()
    assert int(pixels[-1, 0]) == int(RAMPS[0][shades.bids[0, 39]])
    assert int(pixels[0, 0]) == int(RAMPS[1][shades.asks[0, 49]])
    dark = np.flatnonzero((pixels == 7).all(axis=0))
    assert 5 <= len(dark) <= 12
    assert np.array_equal(dark, np.arange(dark[0], dark[-1] + 1))


def test_a_picture_of_nothing_is_ground() -> None:
    none = np.zeros((0, 99), np.float32)
    empty = heat(1, at=np.array([], np.int64), bids=none, asks=none)
    assert (heat_image.picture(heat_image.shaded(empty), 0, 10, 5, (1, 99), RAMPS, 7) == 7).all()


def test_trades_close_together_are_one_bubble_of_the_larger_side() -> None:
    at = NOW - np.array([9, 9, 9, 1]) * SECOND
    view = heat(
        trades_at=at.astype(np.int64), trades_price=np.array([44, 44, 45, 44], np.float32),
        trades_qty=np.array([3, 5, 2, 1], np.float32), trades_side=np.array([1, -1, 1, 0], np.int8),
    )  # fmt: skip
    found = heat_image.gathered(view, NOW - 10 * SECOND, NOW, 100, 8, 10)
    assert [(price, qty, side) for _, price, qty, side in found] == [(44.0, 8.0, -1), (45.0, 2.0, 1), (44.0, 1.0, 0)]
    assert [round(share, 2) for share, *_ in found] == [0.1, 0.1, 0.9]
    assert [qty for _, _, qty, _ in heat_image.gathered(view, NOW - 10 * SECOND, NOW, 100, 8, 1)] == [8.0]
    assert heat_image.gathered(view, 0, 5, 100, 8, 10) == []


@pytest.fixture
def dock(qtbot):
    one = HeatPanel()
    qtbot.addWidget(one)
    one.resize(560, 320)
    one.set_instrument(ONE)
    one.show()
    one.render(next(iter(one.topics())), heat())
    return one


def press(qtbot, dock, key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(dock.canvas, key, modifier)


def test_it_asks_for_the_books_of_its_instrument(dock) -> None:
    assert dock.topics() == {topics.heat(ONE.symbol, "station")}
    dock.turn_zone()
    assert dock.topics() == {topics.heat(ONE.symbol, "utc")}
    assert dock.state == states.LIVE
    dock.render(next(iter(dock.topics())), heat(instrument=InstrumentId(ONE.venue, "OTHER")))
    assert dock.canvas.view.instrument == ONE
    dock.render(next(iter(dock.topics())), None)
    assert dock.state == states.EMPTY
    dock.set_instrument(None)
    assert dock.topics() == frozenset()


def test_the_market_stays_in_sight_until_the_trader_looks_elsewhere(dock, qtbot) -> None:
    low, high = dock.canvas.shown_rows()
    assert low < 43 < 45 < high
    press(qtbot, dock, Qt.Key.Key_Up)
    moved = dock.canvas.shown_rows()
    assert moved[0] == low + 1
    higher = heat(best_bid=np.full(60, 80.0, np.float32), best_ask=np.full(60, 82.0, np.float32))
    dock.render(next(iter(dock.topics())), higher)
    assert dock.canvas.shown_rows() == moved
    press(qtbot, dock, Qt.Key.Key_F)
    low, high = dock.canvas.shown_rows()
    assert low < 80 < 82 < high <= 99


def test_the_stretch_of_time_grows_with_what_is_known_until_the_trader_chooses(dock, qtbot) -> None:
    few = dock.canvas.window_.span
    dock.render(next(iter(dock.topics())), heat(200))
    grown = dock.canvas.window_.span
    assert grown > few
    press(qtbot, dock, Qt.Key.Key_Plus)
    chosen = dock.canvas.window_.span
    assert chosen < grown
    dock.render(next(iter(dock.topics())), heat(400))
    assert dock.canvas.window_.span == chosen


@pytest.mark.parametrize(("key", "steps"), [(Qt.Key.Key_PageUp, 20), (Qt.Key.Key_PageDown, 20)])
def test_more_and_fewer_prices_within_bounds(dock, qtbot, key, steps) -> None:
    for _ in range(steps):
        press(qtbot, dock, key)
    low, high = dock.canvas.shown_rows()
    assert high - low + 1 == (99 if key is Qt.Key.Key_PageUp else FEWEST)
    assert (low >= 1, high <= 99) == (True, True)


def test_the_wheel_with_ctrl_shows_fewer_prices(dock) -> None:
    before, where = dock.canvas.rows, QPointF(100, 100)
    dock.canvas.wheelEvent(QWheelEvent(
        where, where, QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    ))  # fmt: skip
    assert dock.canvas.rows < before


def test_it_reads_out_the_book_under_the_crosshair(dock, qtbot) -> None:
    assert dock.canvas.read_out().endswith("43 / 45")
    dock.show_pointed(Pointed(ONE, NOW, 40.2))
    assert dock.canvas.read_out().endswith("43 / 45  110 bid at 40")
    dock.show_pointed(Pointed(ONE, Nanos(NOW - 36 * SECOND), 40.0))
    assert dock.canvas.read_out() == "not known"
    press(qtbot, dock, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert dock.canvas.accessibleDescription() == dock.canvas.read_out()
    press(qtbot, dock, Qt.Key.Key_Escape)
    assert dock.canvas.crosshair() == (None, None)


def test_marks_of_ours_say_what_they_are(dock) -> None:
    canvas, axes = dock.canvas, dock.canvas.axes()
    fill = canvas.view.fills[0]
    assert canvas.words_at(QPointF(100, axes.y(40.0))) == "BUY 6 YES @ 40, partial"
    assert canvas.words_at(QPointF(axes.x(fill.at), axes.y(43.0))).startswith("Bought 10 YES at 43, ")


def test_pixels_follow_the_books(dock) -> None:
    canvas, axes = dock.canvas, dock.canvas.axes()
    dock.marks.click()
    image = canvas.grab().toImage()
    x = round(axes.x(NOW)) - 3
    bid, spread, ask = (image.pixelColor(x, round(axes.y(cent))) for cent in (42.0, 44.0, 46.0))
    assert bid.blue() > bid.red()
    assert ask.red() > ask.blue()
    assert max(spread.red(), spread.green(), spread.blue()) < 60


def test_what_was_chosen_comes_back(dock, qtbot) -> None:
    dock.set_zone("utc")
    dock.canvas.more_rows(2)
    dock.marks.click()
    other = HeatPanel()
    qtbot.addWidget(other)
    other.apply_settings(dock.settings())
    assert other.settings() == dock.settings()
    assert not other.marks.isChecked()
    other.apply_settings({"rows": 10_000, "zone": "utc"})
    assert other.canvas.rows == dock.canvas.rows


def test_every_action_of_its_area_does_something(dock, qtbot) -> None:
    assert set(dock.acts()) == {name for name, one in actions.ACTIONS.items() if one.area == "heat"}
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_T):
        press(qtbot, dock, key)
    assert not dock.canvas.trades
    dock.resize(200, 80)
    assert not dock.grab().isNull()
