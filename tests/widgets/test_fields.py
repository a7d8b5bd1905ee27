"""Fields of a form: choices by mouse and key, and the wheel where it counts."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from widgets import theme
from widgets.fields import Field, Segments

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def segments(qtbot, qapp):
    theme.install(qapp)
    made = Segments("Side", [("a", "BUY YES"), ("b", "BUY NO"), ("c", "SELL YES")], lines=2)
    qtbot.addWidget(made)
    made.resize(180, made.height())
    with qtbot.waitExposed(made):
        made.show()
    made.told = []
    made.chosen.connect(made.told.append)
    return made


def test_the_first_choice_is_taken_at_first_and_spoken(segments) -> None:
    assert segments.value() == "a"
    assert segments.accessibleName() == "Side: BUY YES"


def test_a_click_takes_a_choice_and_tells_once(segments) -> None:
    for _ in range(2):
        QTest.mouseClick(segments, LEFT, NONE, segments.rect_of("c").center())
    assert segments.told == ["c"]
    assert segments.accessibleName() == "Side: SELL YES"


def test_arrow_keys_stop_at_the_ends(segments) -> None:
    segments.setFocus()
    for _ in range(5):
        QTest.keyClick(segments, Qt.Key.Key_Right)
    assert segments.told == ["b", "c"]
    QTest.keyClick(segments, Qt.Key.Key_Left)
    assert segments.value() == "b"


def test_setting_a_value_tells_nobody_and_an_unknown_one_takes_none(segments) -> None:
    segments.set_value("b")
    segments.set_value("zzz")
    assert segments.value() == ""
    assert segments.told == []


def test_choices_do_not_overlap_and_stay_inside(segments) -> None:
    rects = [segments.rect_of(k) for k in "abc"]
    assert all(segments.rect().contains(r) for r in rects)
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[i + 1 :])


@pytest.mark.parametrize("counts", [True, False])
def test_the_wheel_counts_only_where_it_should(qtbot, qapp, counts) -> None:
    theme.install(qapp)
    field = Field("Price", unit="c")
    qtbot.addWidget(field)
    field.counts = counts
    told = []
    field.wheeled.connect(told.append)
    at = QPointF(field.rect().center())
    for way in (120, -120):
        turn = QWheelEvent(
            at, at, QPoint(), QPoint(0, way), Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False
        )
        QApplication.sendEvent(field, turn)
    assert told == ([1, -1] if counts else [])
