"""A window comes back where it was, or wholly on a screen that is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QWidget

from app import screens
from app.layout import WindowLayout
from app.screens import Screen, fitted, under

MAIN, LEFT = Screen("main", QRect(0, 0, 1920, 1050)), Screen("left", QRect(-1366, 200, 1366, 740))
WHERE = st.integers(-100_000, 100_000)
PIXELS = st.integers(0, 100_000)


def test_on_its_screen_it_stands_as_it_was() -> None:
    where = WindowLayout(x=40, y=60, width=600, height=500, screen="left", screen_width=1366, screen_height=740)
    assert fitted(where, [MAIN, LEFT]) == QRect(-1326, 260, 600, 500)


def test_of_a_screen_that_is_gone_it_comes_to_the_main_one() -> None:
    where = WindowLayout(x=1200, y=700, width=900, height=500, screen="gone", screen_width=2560, screen_height=1440)
    assert fitted(where, [MAIN, LEFT]) == QRect(1020, 550, 900, 500)


@given(x=WHERE, y=WHERE, width=PIXELS, height=PIXELS, screen=st.sampled_from(["main", "left", "gone", ""]))
def test_whatever_a_file_says_it_is_wholly_on_a_screen(x, y, width, height, screen) -> None:
    where = WindowLayout(x=x, y=y, width=width, height=height, screen=screen)
    found = fitted(where, [MAIN, LEFT])
    assert any(one.room.contains(found) for one in (MAIN, LEFT))
    assert (found.width(), found.height()) >= screens.LEAST


@pytest.mark.parametrize(
    ("at", "screen"),
    [((5, 5), MAIN), ((-5, 300), LEFT), ((-5, 10), MAIN), ((-900, 1_000), LEFT), ((1900, 1070), MAIN),
     ((9_999, 0), MAIN)],
)  # fmt: skip
def test_a_point_is_on_a_screen_or_nearest_to_one(at, screen) -> None:
    assert under(QPoint(*at), [MAIN, LEFT]) is screen


def test_where_a_window_is_can_be_given_back(qtbot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.setGeometry(50, 60, 400, 300)
    widget.show()
    found = screens.placed(widget, "ladder")
    assert (found.dock, found.x, found.y, found.width, found.height) == ("ladder", 50, 60, 400, 300)
    assert fitted(found, screens.attached()) == widget.geometry()
