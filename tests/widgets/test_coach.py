"""The coach strip: each step is marked when it was done, it can be dismissed, and it is there for paper alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt

from engine.core.commands import CancelAll
from engine.views import topics
from engine.views.account import FillsView
from tests.widgets import account_views as views
from tests.widgets import views_sample as sample
from widgets import keymap
from widgets.coach import FILL, ORDER, PICK, CoachStrip
from widgets.ladder_keys import Column, offer


@pytest.fixture
def strip(qtbot):
    strip = CoachStrip()
    qtbot.addWidget(strip)
    strip.resize(1900, strip.height())
    strip.render(topics.SPINE, views.spine(mode="demo"))
    yield strip
    keymap.current().reset()


def place():
    view = sample.book()
    return offer(view, view.rows[40], Column.BID, 10).place


def fills(count):
    return FillsView(rows=tuple(SimpleNamespace() for _ in range(count)))


def test_it_is_hidden_until_a_first_run_begins_it(strip) -> None:
    assert strip.isHidden()
    strip.begin()
    assert not strip.isHidden()
    assert strip.text().startswith("Pick a bracket: on the board")


def test_each_step_is_marked_when_it_was_done_and_then_it_says_what_is_next(qtbot, strip) -> None:
    told, wanted = [], []
    strip.begin()
    strip.changed.connect(lambda: told.append(strip.state()))
    strip.wanted.connect(wanted.append)
    strip.render(topics.FILLS, fills(3))
    strip.picked()
    strip.picked()
    strip.asked(CancelAll())
    assert strip.state() == ("open", (PICK,))
    strip.grab()
    strip.asked(place())
    assert strip.state() == ("open", (PICK, ORDER))
    strip.render(topics.FILLS, fills(3))
    assert FILL not in strip.state()[1]
    strip.render(topics.FILLS, fills(4))
    assert strip.state() == ("open", (PICK, ORDER, FILL))
    assert len(told) == 3
    assert "Next" in strip.text()
    strip.grab()
    for button in strip.buttons:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert wanted == ["connections", "gates"]
    qtbot.mouseClick(strip.dismiss, Qt.MouseButton.LeftButton)
    assert strip.isHidden()
    strip.begin()
    assert strip.isHidden()
    strip.again()
    assert not strip.isHidden()


def test_what_was_done_comes_back_and_what_is_unknown_is_passed_over(strip) -> None:
    strip.restore("open", [PICK, "fly"])
    assert strip.state() == ("open", (PICK,))
    strip.restore("over", [])
    strip.begin()
    assert strip.isHidden()
    strip.restore("nonsense", [])
    assert strip.state() == ("", ())


@pytest.mark.parametrize("mode", ["live", "replay"])
def test_it_teaches_nobody_with_real_money(strip, mode) -> None:
    strip.begin()
    strip.render(topics.SPINE, replace(views.spine(), mode=mode))
    assert strip.isHidden()
    strip.picked()
    assert strip.state() == ("open", ())


def test_it_names_the_key_of_now(strip) -> None:
    keymap.current().set_keys("ladder.join_bid", ("Q",))
    assert "Press Q in the ladder" in strip.text()
    keymap.current().set_keys("ladder.join_bid", ())
    assert "Click the ladder's bid column" in strip.text()


@pytest.mark.parametrize("width", [1360, 1900])
def test_buttons_and_steps_find_room(strip, width) -> None:
    strip.resize(width, strip.height())
    strip.restore("open", [PICK, ORDER, FILL])
    places = [button.geometry() for button in (*strip.buttons, strip.dismiss)]
    assert all(strip.rect().contains(place) for place in places)
    assert not any(one.intersects(other) for n, one in enumerate(places) for other in places[n + 1 :])
    strip.grab()


def test_it_hears_of_fills_only_while_it_waits_for_one(qtbot, strip) -> None:
    assert strip.topics() == {topics.SPINE}
    with qtbot.waitSignal(strip.retargeted) as told:
        strip.begin()
    assert told.args == [strip]
    assert strip.topics() == {topics.SPINE, topics.FILLS}
    strip.asked(place())
    strip.render(topics.FILLS, fills(3))
    strip.render(topics.FILLS, fills(4))
    assert strip.topics() == {topics.SPINE}
    strip.again()
    assert topics.FILLS in strip.topics()
    with qtbot.waitSignal(strip.retargeted):
        strip.end()
    assert strip.topics() == {topics.SPINE}
    with qtbot.waitSignal(strip.retargeted):
        strip.restore("open", ())
    assert topics.FILLS in strip.topics()
