import pytest
from PySide6.QtCore import Qt

from engine.core.units import HOUR, SECOND, Nanos
from engine.views import topics
from tests.widgets import account_views as views
from tests.widgets.pictures import OnScreen, differing
from widgets import paint, theme
from widgets.topbar import TopBar


@pytest.fixture
def bar(qtbot):
    bar = TopBar([("1", "Weather"), ("6", "Settle")], search=True)
    qtbot.addWidget(bar)
    bar.resize(1914, bar.height())
    bar.render(topics.SPINE, views.spine())
    bar.show()
    return bar


def test_it_is_as_high_as_the_token_says(bar):
    assert bar.height() == theme.current().size("topBar") == 36


def test_clicking_a_tab_chooses_its_workspace(qtbot, bar):
    with qtbot.waitSignal(bar.workspace_chosen) as told:
        qtbot.mouseClick(bar.tabs[1], Qt.MouseButton.LeftButton)
    assert told.args == [1]
    assert bar.tabs[1].isChecked()
    assert not bar.tabs[0].isChecked()


def test_control_and_the_digit_choose_too(qtbot, bar):
    bar.activateWindow()
    with qtbot.waitSignal(bar.workspace_chosen) as told:
        qtbot.keyClick(bar, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
    assert told.args == [1]


def test_choosing_from_outside_is_not_told_back(qtbot, bar):
    with qtbot.assertNotEmitted(bar.workspace_chosen):
        bar.choose(1)
    assert bar.tabs[1].isChecked()


def test_search_shows_only_where_somebody_answers(qtbot, bar):
    assert bar.search.isVisible()
    with qtbot.waitSignal(bar.search_pressed):
        qtbot.mouseClick(bar.search, Qt.MouseButton.LeftButton)
    other = TopBar([("1", "Weather")])
    qtbot.addWidget(other)
    assert other.search.isHidden()


def test_the_clocks_are_those_of_the_session(bar):
    assert bar.accessibleDescription() == "PAPER Chicago 13:32:07"


def test_a_live_session_says_whether_orders_leave_and_for_how_long(bar):
    now = views.spine().now
    pictures = []
    for until, words in ((None, "LIVE disarmed"), (Nanos(now + 8 * HOUR), "LIVE 8:00:00"), (now, "LIVE 0:00:00")):
        bar.render(topics.SPINE, views.spine(mode="live", armed_until=until))
        assert bar.accessibleDescription().startswith(f"{words} Chicago ")
        pictures.append(bar.grab().toImage())
    assert pictures[0] != pictures[1] != pictures[2]
    for mode in ("paper", "demo", "replay"):
        bar.render(topics.SPINE, views.spine(mode=mode))
        assert "armed" not in bar.accessibleDescription()


@pytest.mark.parametrize("mode", ["paper", "demo", "live", "replay"])
@pytest.mark.parametrize("width", [1366, 1914])
def test_no_part_covers_another(bar, mode, width):
    bar.resize(width, bar.height())
    bar.render(topics.SPINE, views.spine(mode=mode, place="A place with a very long name indeed, <b>far</b> away"))
    bar.grab()
    right = min(bar.search.geometry().right(), bar.menu.x())
    assert bar.tabs[-1].geometry().right() < bar.search.x() < right < bar.width()


def test_other_views_are_passed_over(bar):
    bar.render(topics.SPINE, object())
    assert bar.topics() == {topics.SPINE}


def test_a_tab_is_framed_only_when_a_key_brought_the_focus(qtbot, bar):
    bar.activateWindow()
    blue = theme.current().colour("buy")
    for reason, framed in ((Qt.FocusReason.ActiveWindowFocusReason, False), (Qt.FocusReason.TabFocusReason, True)):
        bar.tabs[0].clearFocus()
        bar.tabs[0].setFocus(reason)
        assert (bar.tabs[0].grab().toImage().pixelColor(0, 10) == blue) is framed


@pytest.mark.parametrize("width", [700, 1366, 1914])
def test_only_what_looks_different_is_painted_and_the_picture_is_the_same(qtbot, bar, width):
    bar.resize(width, bar.height())
    screen = OnScreen(bar)
    screen.settle()
    first = views.spine()
    for changed in (
        {"now": first.now + 7 * SECOND},
        {"now": first.now + 7 * SECOND, "place": "Denver"},
        {"mode": "live"},
        {"mode": "live", "armed_until": first.now},
        {"mode": "replay", "utc_offset_hours": 3},
        {"mode": "demo", "place": "A place with a very long name indeed, far away"},
    ):
        bar.render(topics.SPINE, views.spine(**changed))
        assert not screen.settle().isEmpty()
        assert differing(screen.picture(), screen.whole()) == []
        screen.settle()
        bar.render(topics.SPINE, views.spine(**changed, working=9, last_sequence=7))
        assert screen.settle().isEmpty()


def test_a_second_that_passes_paints_no_tab(bar):
    screen = OnScreen(bar)
    screen.settle()
    bar.render(topics.SPINE, views.spine(now=views.spine().now + SECOND))
    assert screen.settle().boundingRect().x() > bar.search.geometry().right()


@pytest.mark.parametrize("wide", [900, 1366, 1920])
def test_no_tab_lies_over_the_mode_however_many_there_are_and_however_long(qtbot, wide):
    bar = TopBar([(str(n), f"A workspace with a long name {n}") for n in range(1, 10)], search=True)
    qtbot.addWidget(bar)
    bar.resize(wide, bar.height())
    bar.render(topics.SPINE, views.spine(mode="live"))
    bar.show()
    look = theme.current()
    words = max(paint.width(word, look.ui(12, 700)) for word in ("PAPER", "REPLAY")) + 52  # and the chip of a demo
    live = paint.width("LIVE", look.ui(12, 700)) + 6 + paint.width("disarmed", look.number(11, 600))
    begins = bar.menu.x() - 6 - (max(words, live) + 38)  # the pill
    assert bar.more.geometry().right() < begins
    assert all(tab.width() > 20 for tab in bar.tabs)
