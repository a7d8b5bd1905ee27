"""The first page writes what is chosen on it, and says why where it cannot."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app import first_run
from app.setting_store import Store


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.resize(1366, 768)
    qtbot.addWidget(window)
    window.show()
    return window


def _choose(page, key, value) -> None:
    segments = page.segments[key]
    QTest.mouseClick(segments, Qt.MouseButton.LeftButton, pos=segments.rect_of(value).center())


def test_a_choice_is_a_setting_and_is_there_the_next_time(window, tmp_path) -> None:
    store = Store(tmp_path / "settings.toml")
    page = first_run.page("here", window, store, "")
    assert {key: one.value() for key, one in page.segments.items()} == {
        "format.zone": "market", "look.theme": "dark", "look.rises": "blue",
    }  # fmt: skip
    _choose(page, "format.zone", "utc")
    _choose(page, "look.rises", "red")
    again = first_run.page("here", window, Store(tmp_path / "settings.toml"), "")
    assert (again.segments["format.zone"].value(), again.segments["look.rises"].value()) == ("utc", "red")


def test_what_the_command_line_says_stays_and_is_said(window, tmp_path) -> None:
    store = Store(tmp_path / "settings.toml", typed={"look.theme": "light"})
    page = first_run.page("here", window, store, "")
    _choose(page, "look.theme", "contrast")
    assert page.segments["look.theme"].value() == "light"
    assert "the command line" in page._note
