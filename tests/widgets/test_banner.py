"""The banner: it says what its words make of the spine, until it is clicked away."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.views import topics
from tests.widgets import account_views as views
from widgets.banner import Banner

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def banner(qtbot) -> Banner:
    one = Banner()
    qtbot.addWidget(one)
    one.resize(900, one.height())
    return one


def _words(view) -> str:
    return "waiting" if view is None else f"unknown {view.unknown}"


def test_it_follows_the_spine_while_it_is_shown(banner) -> None:
    assert banner.isHidden()
    banner.say(_words)
    assert (banner.text(), banner.accessibleName()) == ("waiting", "waiting")
    banner.render(topics.SPINE, views.spine(unknown=2))
    assert banner.text() == "unknown 2"
    QTest.mouseClick(banner.dismiss, LEFT)
    assert banner.isHidden()
    banner.render(topics.SPINE, views.spine(unknown=0))
    assert banner.text() == "unknown 2"


def test_foreign_text_is_plain_and_its_button_is_told(banner, qtbot) -> None:
    banner.say(lambda _view: "<b>not bold</b>\n" + "x" * 500, "Details")
    assert "\n" not in banner.text()
    assert len(banner.text()) <= 300
    with qtbot.waitSignal(banner.pressed) as told:
        QTest.mouseClick(banner.button, LEFT)
    assert told.args == ["Details"]
    banner.say(_words)
    assert banner.button.isHidden()
