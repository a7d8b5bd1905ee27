import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from engine.views import topics
from tests.widgets import account_views as views
from widgets.log import LogPanel


@pytest.fixture
def panel(qtbot):
    panel = LogPanel()
    qtbot.addWidget(panel)
    panel.resize(900, 240)
    panel.show()
    panel.render(topics.SPINE, views.spine())
    panel.render(
        topics.NOTICES,
        views.notices(
            views.notice(1, 20, "", "started"),
            views.notice(2, 30, "STALE_BOOK", "no message for 14 s", times=3),
            views.notice(3, 40, "DAILY_LOSS", "halted <b>now</b>"),
        ),
    )
    return panel


def ids(panel):
    return [row.id for row in panel.table.rows.rows()]


def cell(panel, at, key):
    return panel.table.rows.cell(at, [column.key for column in panel.table.rows.columns].index(key))


def test_oldest_first_with_levels_in_words(panel):
    assert ids(panel) == [1, 2, 3]
    assert [cell(panel, at, "level").text for at in range(3)] == ["info", "warn", "danger"]
    assert [cell(panel, at, "times").text for at in range(3)] == ["", "3", ""]
    assert cell(panel, 0, "at").text == "13:32:08.000"
    assert cell(panel, 2, "text").text == "halted <b>now</b>"


@pytest.mark.parametrize(("level", "shown"), [("20", [1, 2, 3]), ("30", [2, 3]), ("40", [3])])
def test_levels(panel, level, shown):
    panel.level.set_value(level)
    panel.level.chosen.emit(level)
    assert ids(panel) == shown


@pytest.mark.parametrize(("words", "shown"), [("stale", [2]), ("kmdw HALTED", [3]), ("nothing", [])])
def test_words(panel, words, shown):
    panel.words.setText(words)
    assert ids(panel) == shown


def test_it_follows_the_end_until_told_not_to(qtbot, panel):
    many = [views.notice(i, 20, "", f"line {i}") for i in range(200)]
    panel.render(topics.NOTICES, views.notices(*many))
    bar = panel.table.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    qtbot.mouseClick(panel.follow, Qt.MouseButton.LeftButton)
    bar.setValue(0)
    panel.render(topics.NOTICES, views.notices(*many, views.notice(200)))
    assert bar.value() == 0
    qtbot.mouseClick(panel.follow, Qt.MouseButton.LeftButton)
    assert bar.value() == bar.maximum()


def test_copy_takes_what_is_shown(qtbot, panel):
    panel.words.setText("stale")
    qtbot.mouseClick(panel.copy, Qt.MouseButton.LeftButton)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[1].split("\t") == ["13:32:09.000", "warn", "STALE_BOOK", "KMDW", "no message for 14 s", "3"]
    assert len(lines) == 2


def test_empty(panel):
    panel.render(topics.NOTICES, views.notices())
    assert panel.state == "empty"


def test_the_programs_own_log_is_shown_and_grows(panel, qtbot):
    lines = [views.notice(0, 20, "engine.host", "began"), views.notice(1, 30, "qt", "a warning of Qt")]
    panel.set_program(lambda: lines)
    qtbot.mouseClick(panel.source, Qt.MouseButton.LeftButton, pos=panel.source.rect_of("program").center())
    assert [cell(panel, at, "code").text for at in range(2)] == ["engine.host", "qt"]
    lines.append(views.notice(2, 40, "app.crash", "Nobody caught it"))
    panel.look()
    assert ids(panel) == [0, 1, 2]
    panel.words.setText("qt")
    assert ids(panel) == [1]
    panel.words.clear()
    qtbot.mouseClick(panel.source, Qt.MouseButton.LeftButton, pos=panel.source.rect_of("session").center())
    panel.look()
    assert ids(panel) == [1, 2, 3]
    with qtbot.waitSignal(panel.folder_wanted):
        qtbot.mouseClick(panel.folder, Qt.MouseButton.LeftButton)
