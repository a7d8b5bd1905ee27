"""The first page: one button, and Enter presses it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from widgets.welcome import Ask, Welcome


@pytest.fixture
def page(qtbot):
    window = QWidget()
    window.resize(1366, 768)
    qtbot.addWidget(window)
    page = Welcome("share/atmx", window)
    with qtbot.waitExposed(window):
        window.show()
    return page


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_starts(qtbot, page, key) -> None:
    page.setFocus()
    with qtbot.waitSignal(page.started):
        QTest.keyClick(page.start, key)


def test_the_button_starts_and_says_what_money_it_is(qtbot, page) -> None:
    assert "PAPER" in page.start.text()
    assert "DEMO" in page.start.text()
    with qtbot.waitSignal(page.started):
        QTest.mouseClick(page.start, Qt.MouseButton.LeftButton)


def test_it_covers_the_window_whatever_its_size(page) -> None:
    window = page.parentWidget()
    for size in ((1366, 768), (1920, 1080), (800, 600)):
        window.resize(*size)
        assert page.geometry() == window.rect()
        assert page.rect().contains(page.start.geometry())
    assert not page.grab().isNull()


def test_the_desk_is_one_button_further_and_enter_never_opens_it(qtbot, page) -> None:
    wanted = []
    page.desk_wanted.connect(wanted.append)
    with qtbot.waitSignal(page.started):
        QTest.keyClick(page.start, Qt.Key.Key_Return)
    assert wanted == []
    for button in (page.paper, page.live):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert wanted == ["paper", "live"]
    assert not page.start.geometry().intersects(page.paper.geometry())
    assert not page.paper.geometry().intersects(page.live.geometry())


def test_why_it_is_shown_again_is_shown_as_words(qtbot) -> None:
    window = QWidget()
    window.resize(1366, 768)
    qtbot.addWidget(window)
    page = Welcome("share/atmx", window, note="<b>settings.toml</b>: venues.on has 'nyse'")
    assert not page.grab().isNull()


def test_what_it_asks_is_told_at_once_and_enter_still_starts(qtbot) -> None:
    window = QWidget()
    window.resize(1366, 768)
    qtbot.addWidget(window)
    asks = [
        Ask("look.theme", "Theme", (("dark", "Dark"), ("light", "Light")), "dark", "a note that is far too long " * 9)
    ]
    page = Welcome("share/atmx", window, asks=asks)
    with qtbot.waitExposed(window):
        window.show()
    told = []
    page.chosen.connect(lambda *what: told.append(what))
    segments = page.segments["look.theme"]
    QTest.mouseClick(segments, Qt.MouseButton.LeftButton, pos=segments.rect_of("light").center())
    assert told == [("look.theme", "light")]
    page.show_value("look.theme", "dark")
    assert segments.value() == "dark"
    with qtbot.waitSignal(page.started):
        QTest.keyClick(segments, Qt.Key.Key_Return)
    for size in ((1366, 768), (800, 600)):
        window.resize(*size)
        parts = [page.start, segments, page.paper, page.live]
        assert all(page.rect().contains(part.geometry()) for part in parts)
        assert not any(a.geometry().intersects(b.geometry()) for n, a in enumerate(parts) for b in parts[n + 1 :])
    page.tell("<b>no</b>")
    assert not page.grab().isNull()
