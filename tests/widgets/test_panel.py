import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPlainTextEdit

from widgets import paint, theme
from widgets.controls import FlatButton
from widgets.header import Header
from widgets.panel import Panel
from widgets.states import STATES


class Sample(Panel):
    def __init__(self, title="Board"):
        super().__init__(title, help_text="What it is")
        body = QPlainTextEdit("42")
        body.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.set_body(body)

    def topics(self):
        return frozenset()

    def render(self, topic, view):
        self.set_subtitle(str(view))

    def order_areas(self):
        return (QRect(10, 10, 40, 40),)


@pytest.fixture
def panel(qtbot):
    panel = Sample()
    qtbot.addWidget(panel)
    panel.resize(420, 300)
    panel.show()
    return panel


def buttons(panel):
    return {b.text(): b for b in panel.findChildren(FlatButton) if b.isVisible()}


@pytest.mark.parametrize("state", STATES)
def test_no_state_moves_or_resizes_the_body(panel, state):
    before = panel.body().geometry()
    panel.grab()
    panel.set_state(state, "A sentence.", age_s=14, actions=("Retry now",), code="401")
    image = panel.grab().toImage()
    assert panel.body().geometry() == before == QRect(1, 25, 418, 274)
    assert (image.width(), image.height()) == (420, 300)


@pytest.mark.parametrize("state", [s for s in STATES if s != "live"])
def test_every_state_looks_different_from_live(qtbot, panel, state):
    panel.set_link(1)
    live = panel.grab().toImage()
    panel.set_state(state, "A sentence.", age_s=14)
    qtbot.waitUntil(lambda: panel.grab().toImage() != live)


@pytest.mark.parametrize(
    ("state", "chip"),
    [
        ("live", ""),
        ("ageing", "2.4 s"),
        ("stale", "STALE 2.4 s"),
        ("gap", "RESYNC"),
        ("disconnected", "2.4 s OLD"),
        ("halted", "HALTED"),
    ],
)
def test_the_chip_says_what_is_wrong(panel, state, chip):
    panel.set_state(state, age_s=2.4 if state != "live" else 0.4)
    assert panel._header.chip == chip


def test_demo_and_replay_give_way_to_what_is_wrong(panel):
    panel.set_demo(True)
    assert panel._header.chip == "DEMO"
    panel.set_replay("19:04:11Z")
    assert panel._header.chip == "19:04:11Z"
    assert panel._header.corner
    panel.set_state("stale", age_s=14)
    assert panel._header.chip == "STALE 14 s"


def test_words_of_the_chip_can_be_given(panel):
    panel.set_state("disconnected", chip="AS OF 14:31:52")
    assert panel._header.chip == "AS OF 14:31:52"


def test_an_unknown_state_is_an_error(panel):
    with pytest.raises(ValueError, match="no state of a dock: 'odd'"):
        panel.set_state("odd")


def test_an_empty_dock_offers_one_button(qtbot, panel):
    panel.set_state("empty", "No event is open.", actions=("Open Chicago",))
    with qtbot.waitSignal(panel.acted) as told:
        qtbot.mouseClick(buttons(panel)["Open Chicago"], Qt.MouseButton.LeftButton)
    assert told.args == ["empty", "Open Chicago"]


def test_an_error_can_be_copied_and_retried(qtbot, panel):
    panel.set_state("error", "Keys live in Settings.", code="401 key rejected")
    qtbot.mouseClick(buttons(panel)["Copy"], Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "401 key rejected Keys live in Settings."
    with qtbot.waitSignal(panel.acted) as told:
        qtbot.mouseClick(buttons(panel)["Retry"], Qt.MouseButton.LeftButton)
    assert told.args == ["error", "Retry"]


def test_the_details_of_an_error_are_told(qtbot, panel):
    panel.set_state("error", "Keys live in <b>Settings</b>.", code="401")
    qtbot.mouseClick(buttons(panel)["Details"], Qt.MouseButton.LeftButton)
    assert panel._tip.text() == "401 Keys live in <b>Settings</b>."
    assert panel._tip.textFormat() == Qt.TextFormat.PlainText
    qtbot.mouseClick(panel._tip, Qt.MouseButton.LeftButton)
    assert not panel._tip.isVisible()


def test_loading_names_its_wait_only_after_a_while(qtbot, panel):
    panel.set_state("loading", "Waiting for the snapshot")
    assert not panel._dock_state.strip.isVisible()
    qtbot.waitUntil(panel._dock_state.strip.isVisible, timeout=theme.current().motion("waitNamedAfterMs") + 2000)


def test_halt_is_said_once_for_all_unless_a_dock_wants_it(panel):
    panel.set_state("halted", "HALTED by DAILY_LOSS")
    assert not panel._dock_state.strip.isVisible()
    panel.halt_strip = True
    panel.set_state("halted", "HALTED by DAILY_LOSS at 14:12")
    assert panel._dock_state.strip.isVisible()


@pytest.mark.parametrize(("answer", "done"), [("Flatten", [1]), ("Keep", [])])
def test_a_question_is_asked_in_place_and_answered_once(qtbot, panel, answer, done):
    called = []
    panel.ask("Sell it?", "Flatten", lambda: called.append(1))
    qtbot.mouseClick(buttons(panel)[answer], Qt.MouseButton.LeftButton)
    assert called == done
    assert not panel._dock_state.strip.isVisible()


def test_foreign_titles_are_plain_text(panel):
    panel.render(None, "<b>x</b>\n\u202eevil")
    assert panel._header.subtitle == "<b>x</b> evil"


def test_tools_can_be_reached_by_key_and_have_names(panel):
    header = panel._header
    for tool in (header.link, header.gear, header.pop, header.help):
        assert tool.accessibleName()
        assert tool.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert panel.accessibleName() == "Board"


def test_the_focused_dock_has_a_blue_border(qtbot, panel):
    panel.body().clearFocus()
    panel.activateWindow()
    panel.setFocus()
    qtbot.waitUntil(panel.body().hasFocus)
    assert panel.grab().toImage().pixelColor(0, 100) == theme.current().colour("buy")


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # offscreen, any menu
def test_the_gear_menu_changes_the_link_group(qtbot, panel):
    qtbot.mouseClick(panel._header.gear, Qt.MouseButton.LeftButton)
    menu = next(m for m in panel.findChildren(QMenu) if m.title() == "Link group")
    with qtbot.waitSignal(panel.link_changed) as told:
        menu.actions()[3].trigger()
    assert told.args == [3]
    assert panel.link() == 3
    menu.parent().close()


def test_help_and_pop_out(qtbot, panel):
    qtbot.mouseClick(panel._header.help, Qt.MouseButton.LeftButton)
    assert panel.findChild(QLabel).text() == "What it is"
    qtbot.mouseClick(panel._header.help, Qt.MouseButton.LeftButton)
    assert not panel._tip.isVisible()
    assert not panel._header.pop.isVisible()
    panel.offer_pop_out()
    with qtbot.waitSignal(panel.pop_out) as told:
        qtbot.mouseClick(panel._header.pop, Qt.MouseButton.LeftButton)
    assert told.args == [panel]


def test_showing_is_told_so_that_it_is_drawn(qtbot):
    panel = Sample()
    qtbot.addWidget(panel)
    with qtbot.waitSignal(panel.shown):
        panel.show()


def test_a_dock_without_a_body_says_so(qtbot):
    class Bare(Sample):
        def __init__(self):
            Panel.__init__(self, "Bare")

    panel = Bare()
    qtbot.addWidget(panel)
    with pytest.raises(ValueError, match="dock 'Bare' has no body"):
        panel.body()


def test_titles_of_neighbours_stand_as_tabs_in_the_header(qtbot, panel):
    panel.set_tabs((("Positions", 7), ("Blotter", 4), ("Fills", None)), 0)
    x, wide = panel._header._tab_places()[1]
    with qtbot.waitSignal(panel.tab_chosen) as told:
        qtbot.mouseClick(panel._header, Qt.MouseButton.LeftButton, pos=QRect(x, 0, wide, 24).center())
    assert told.args == [1]
    panel.grab()


def test_a_count_is_told_to_whoever_names_the_tabs(qtbot, panel):
    with qtbot.waitSignal(panel.title_changed):
        panel.set_count(4)
    assert panel.count() == 4


def test_the_hatch_of_a_halt_follows_the_places_of_orders(qtbot, panel):
    panel.set_state("halted", "HALTED")
    before = panel.grab().toImage()
    panel.order_areas = lambda: (QRect(200, 100, 40, 40),)
    panel.resize(420, 301)
    after = panel.grab().toImage()

    def hatched(image, x, y):
        area = [image.pixelColor(i, j) for i in range(x, x + 20) for j in range(y + 25, y + 45)]
        return any(abs(c.red() - c.blue()) > 30 for c in area)

    assert hatched(before, 12, 12)
    assert not hatched(after, 12, 12)
    assert hatched(after, 205, 105)


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # offscreen, any menu
def test_tabs_that_do_not_fit_are_in_a_menu_and_the_one_in_front_is_seen(qtbot, panel):
    header = panel._header
    names = [f"Dock number {n}" for n in range(12)]
    panel.resize(700, 200)
    panel.set_tabs([(name, None) for name in names], 11)
    places = header._tab_places()
    shown = [i for i, (_, wide) in enumerate(places) if wide]
    assert 11 in shown
    assert 1 < len(shown) < 12
    end = max(x + wide for x, wide in places)
    assert end <= header.link.x()
    qtbot.mouseClick(header, Qt.MouseButton.LeftButton, pos=QPoint(end + 8, 10))
    menu = QApplication.activePopupWidget()
    assert [action.text() for action in menu.actions()] == [names[i] for i in range(12) if i not in shown]
    with qtbot.waitSignal(panel.tab_chosen) as told:
        menu.actions()[-1].trigger()
    assert told.args == [max(i for i in range(12) if i not in shown)]
    menu.close()
    panel.resize(2400, 200)
    assert all(wide for _, wide in header._tab_places())


@pytest.mark.parametrize("chip", ["", "STALE 24 s", "DISCONNECTED", "REDUCE-ONLY 12:34:56"])
def test_no_tab_nor_the_way_to_the_others_lies_under_the_chip(qtbot, chip) -> None:
    header = Header("one")
    qtbot.addWidget(header)
    header.tabs = tuple((name, None) for name in ("Positions", "Blotter", "Fills", "Tape", "Scenarios", "Alerts"))
    header.show()
    header.show_chip(chip, "warn", "")
    for width in range(300, 700):
        header.resize(width, header.height())
        places = header._tab_places()
        end = max(x + wide for x, wide in places)
        more = 0 if all(wide for _, wide in places) else 26
        assert end + more <= header.tools_from(), width
        assert places[0][1]


def test_a_strip_in_a_narrow_dock_is_as_tall_as_its_words(qtbot):
    dock = Sample()
    qtbot.addWidget(dock)
    dock.resize(260, 300)
    dock.show()
    dock.set_state("error", "The venue refused the key that signs requests; give another one.", code="401")
    strip = dock._dock_state.strip
    assert strip.height() > theme.current().size("strip")
    with paint.watched() as cut:
        strip.grab()
    assert cut == []
    dock.resize(900, 300)
    assert strip.height() == theme.current().size("strip")


@pytest.mark.parametrize(("wide", "tall"), [(620, 150), (320, 220), (900, 120), (220, 480)])
def test_the_help_of_a_low_dock_is_told_whole(qtbot, wide, tall):
    panel = Sample()
    panel.help_text = "Net greeks of all venues against their bands: inside them nothing is done. " * 6
    qtbot.addWidget(panel)
    panel.resize(wide, tall)
    panel.show()
    panel.tell(panel.help_text)
    tip = panel._tip
    assert panel.rect().contains(tip.geometry())
    assert tip.heightForWidth(tip.width()) <= tip.height()
