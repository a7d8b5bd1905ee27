"""Where docks stand: every dock at any width, borders kept, the dock in front kept in front."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtWidgets import QWidget

from app import arrangement as trees
from app import hosts, workspaces
from app.layout import WindowLayout, WorkspaceLayout
from app.workspace import SETTLE, SETTLE_SMALL, WEATHER, WEATHER_SMALL, Drawn, tree_of
from app.workspaces import Workspace
from widgets import theme
from widgets.fields import Field
from widgets.panel import Panel

WIDE, SMALL = 1920, 1366


class _Dock(Panel):
    def topics(self):
        return frozenset()

    def render(self, topic, view):
        """Nothing to draw."""


def _names(arrangement) -> list[str]:
    return [name for column in arrangement for place in column.places for name in place.docks]


def _dock(name) -> _Dock:
    dock = _Dock(name)
    dock.set_body(QWidget())
    return dock


def _made(name, wide, small, host=None) -> Workspace:
    def docks():
        return {one: partial(_dock, one) for one in _names(wide)}

    return Workspace(
        Drawn(digit="1", name=name, title=name, wide=tree_of(wide), small=tree_of(small), docks=docks), host=host
    )


@pytest.fixture(params=hosts.KINDS)
def weather(request, qtbot) -> Workspace:
    make, missing = hosts.choose(request.param)
    if missing:
        pytest.skip(missing)
    one = _made("Weather", WEATHER, WEATHER_SMALL, make())
    qtbot.addWidget(one)
    one.resize(WIDE, 1000)
    one.arrange(WIDE)
    with qtbot.waitExposed(one):
        one.show()
    return one


def test_the_small_arrangement_loses_no_dock_and_gives_all_back(weather, qtbot) -> None:
    for width in (SMALL, WIDE, workspaces.SMALL_BELOW - 1, workspaces.SMALL_BELOW):
        weather.arrange(width)
        assert sorted(trees.docks(weather.tree())) == sorted(weather.docks)
        assert all(weather.isAncestorOf(panel) for panel in weather.seen())
        assert all(weather.show_dock(name) for name in weather.docks)
        qtbot.waitUntil(lambda: all(panel.isVisible() for panel in weather.seen()))


def test_every_dock_can_be_brought_to_the_front(weather) -> None:
    for width in (WIDE, SMALL):
        weather.arrange(width)
        for name, dock in weather.docks.items():
            assert weather.show_dock(name)
            assert dock in weather.seen()
    assert not weather.show_dock("no such dock")


def test_the_dock_in_front_stays_in_front(weather) -> None:
    weather.show_dock("fills")
    weather.arrange(SMALL)
    assert weather.docks["fills"] in weather.seen()
    weather.show_dock("ticket")
    weather.arrange(WIDE)
    assert {weather.docks[name] for name in ("fills", "ladder", "ticket")} <= set(weather.seen())


def test_what_nobody_brought_to_the_front_hides_nothing_in_another_arrangement(weather) -> None:
    weather.arrange(SMALL)
    seen = {weather.name_of(panel) for panel in weather.seen()}
    assert {"map", "ladder"} <= seen


def test_fixed_parts_have_their_pixels_and_the_rest_grows(weather) -> None:
    left, _, right = weather.sizes()[0]
    assert (left, right) == (292, 562)
    weather.resize(2400, 1000)
    assert weather.sizes()[0][::2] == [292, 562]
    assert weather.middle().width() == weather.sizes()[0][1]


def test_room_is_made_in_the_middle_by_the_dock_that_takes_the_rest(weather, qtbot) -> None:
    board, below = weather.docks["board"].height(), weather.docks["positions"].height()
    top = weather.docks["map"].mapTo(weather, weather.docks["map"].rect().topLeft()).y()
    weather.make_room(154)
    moved = weather.docks["map"]
    qtbot.waitUntil(lambda: moved.mapTo(weather, moved.rect().topLeft()).y() == top + 154)
    assert (weather.docks["board"].height(), weather.docks["positions"].height()) == (board, below)
    weather.arrange(SMALL)
    weather.arrange(WIDE)
    qtbot.waitUntil(lambda: moved.mapTo(weather, moved.rect().topLeft()).y() == top + 154)
    weather.make_room(0)
    qtbot.waitUntil(lambda: moved.mapTo(weather, moved.rect().topLeft()).y() == top)


def test_sizes_of_another_arrangement_are_not_taken(weather) -> None:
    before = weather.sizes()
    borders = {"wide": ((1, 2), (3,), (4, 5, 6, 7), ()), "huge": ((1,),)}
    weather.take(WorkspaceLayout(name="Weather", base="Weather", borders=borders))
    assert weather.sizes() == before


def test_docks_end_with_their_workspace(qtbot) -> None:
    one = _made("Settle", SETTLE, SETTLE_SMALL)
    qtbot.addWidget(one)
    assert all(dock.parent() is one and dock.isHidden() for dock in one.docks.values())


def test_controls_keep_the_colours_of_a_theme_chosen_later_when_their_docks_move(qtbot, qapp) -> None:
    theme.install(qapp, "dark")
    try:
        one = _made("Weather", WEATHER, WEATHER_SMALL)
        qtbot.addWidget(one)
        fields = {name: Field(name) for name in one.docks}
        for name, dock in one.docks.items():
            dock.set_body(fields[name])
        one.resize(WIDE, 1000)
        with qtbot.waitExposed(one):
            one.show()
        for width in (WIDE, SMALL, WIDE):
            one.arrange(width)
            qapp.processEvents()
        theme.install(qapp, "light")
        one.arrange(SMALL)
        qapp.processEvents()
        wanted = theme.current().colour("text.strong").name()
        assert {field.palette().text().color().name() for field in fields.values()} == {wanted}
    finally:
        theme.install(qapp, "dark")


def test_a_workspace_that_nobody_saw_makes_no_dock_and_forgets_nothing(qtbot) -> None:
    one, made = _made("Settle", SETTLE, SETTLE_SMALL), []
    qtbot.addWidget(one)
    one.made.connect(lambda: made.append(sorted(one.docks_made())))
    left = WorkspaceLayout(
        name="Settle", base="Settle", title="Mine", closed=("notes",), front=("oversight",), unlocked=True
    )
    one.take(left)
    assert (one.state(), one.title, one.unlocked) == (left, "Mine", True)
    assert (one.docks_made(), one.beside("map"), one.areas()) == ({}, [], {""})
    assert made == []
    one.resize(WIDE, 1000)
    one.arrange(WIDE)
    assert made == [sorted(one.names())]
    assert one.closed() == ["notes"]
    assert one.docks["oversight"] in one.seen()
    assert one.state() == left


def test_docks_are_made_one_by_one_and_told_when_all_are_there(qtbot) -> None:
    one, made = _made("Settle", SETTLE, SETTLE_SMALL), []
    qtbot.addWidget(one)
    one.made.connect(lambda: made.append(one.is_made))
    for _ in one.names()[1:]:
        one.make_one()
        assert one.docks_made() == {}
    assert made == []
    one.make_one()
    one.make_all()
    assert made == [True]
    assert set(one.docks_made()) == set(one.names())


def test_a_dock_left_in_a_window_of_its_own_is_made_at_once(qtbot) -> None:
    one, out = _made("Settle", SETTLE, SETTLE_SMALL), []
    qtbot.addWidget(one)
    one.taken_out.connect(out.append)
    where = WindowLayout(dock="chain", x=1, y=2, width=300, height=200)
    one.take(WorkspaceLayout(name="Settle", base="Settle", windows=(where,)))
    assert out == [where]
    assert one.out() == ["chain"]
