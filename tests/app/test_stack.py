"""Docks behind tabs: one is seen, its header names all."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget

from app.stack import Stack
from widgets.panel import Panel


class _Dock(Panel):
    def topics(self):
        return frozenset()

    def render(self, topic, view):
        """Nothing to draw."""


@pytest.fixture
def home(qtbot) -> QWidget:
    home = QWidget()
    qtbot.addWidget(home)
    return home


@pytest.fixture
def docks(home) -> list[_Dock]:
    made = [_Dock(name, parent=home) for name in ("Ladder", "Ticket", "Risk gates")]
    for dock in made:
        dock.set_body(QWidget())
    return made


def _tabs(dock) -> tuple:
    return dock._header.tabs


def test_the_dock_seen_names_them_all(qtbot, docks) -> None:
    stack = Stack(docks)
    qtbot.addWidget(stack)
    assert stack.current() is docks[0]
    assert [title for title, _ in _tabs(docks[0])] == ["Ladder", "Ticket", "Risk gates"]
    docks[0].tab_chosen.emit(2)
    assert stack.current() is docks[2]
    assert docks[2]._header.tab == 2


def test_a_count_shows_in_the_tab_of_a_dock_that_is_hidden(qtbot, docks) -> None:
    stack = Stack(docks)
    qtbot.addWidget(stack)
    docks[1].set_count(7)
    assert dict(_tabs(docks[0]))["Ticket"] == 7


def test_a_single_dock_has_no_tabs(qtbot, docks) -> None:
    stack = Stack(docks[:1])
    qtbot.addWidget(stack)
    assert _tabs(docks[0]) == ()
    assert stack.show_panel(docks[0])
    assert not stack.show_panel(docks[1])


@pytest.mark.parametrize("place", [-1, 3])
def test_a_place_that_is_not_there_changes_nothing(qtbot, docks, place) -> None:
    stack = Stack(docks)
    qtbot.addWidget(stack)
    stack.choose(place)
    assert stack.current() is docks[0]


def test_released_docks_are_another_stacks(qtbot, docks, home) -> None:
    first = Stack(docks)
    qtbot.addWidget(first)
    first.release(home)
    assert all(dock.parent() is home and _tabs(dock) == () for dock in docks)
    second = Stack(docks[1:])
    qtbot.addWidget(second)
    docks[1].tab_chosen.emit(1)
    assert second.current() is docks[2]
    assert [title for title, _ in _tabs(docks[2])] == ["Ticket", "Risk gates"]
