"""Workspaces as a trader changes them: moved, closed, cloned, renamed, undone, exchanged, and opened again as left.

One window with every dock of the program, without a session behind it.
"""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app import drawn, hosts, layout
from app.desktop import LONGEST_TITLE, Desktop
from app.layout import Layout, WindowLayout, WorkspaceLayout
from app.screens import Screen
from app.window import Window
from engine.core.commands import Halt
from engine.core.errors import InputError
from engine.core.units import Nanos
from engine.views import topics
from tests.app.program import CTRL, LEFT, PLAIN, SHIFT
from tests.widgets import account_views as views

ALT = Qt.KeyboardModifier.AltModifier
TOLD = Qt.KeyboardModifier(CTRL | SHIFT)


DRAWN = len(drawn.workspaces(lambda: Nanos(0)))


class Desk:
    """A window, its desktop, and the file they are kept in."""

    def __init__(self, qtbot, path, docks=hosts.SPLITTERS) -> None:
        self.window = Window(lambda: Nanos(0), docks)
        assert self.window.without_docks == ""
        qtbot.addWidget(self.window)
        self.path = path
        self.window.resize(1920, 1080)
        self.window.choose(0)
        self.desktop = Desktop(self.window, path)
        self.window.arrange_with(self.desktop)
        self.wrong = self.desktop.restore()
        with qtbot.waitExposed(self.window):
            self.window.show()

    @property
    def here(self):
        return self.window.current()

    def key(self, key, modifier=PLAIN, widget=None) -> None:
        QTest.keyClick(widget or QApplication.focusWidget() or self.window, key, modifier)

    def places(self, key="tree") -> list[tuple[str, ...]]:
        from app.arrangement import only, places

        tree = only(self.here.tree(), self.here._shown())
        return [one.docks for one in places(tree)] if tree else []

    def heads(self) -> list[str]:
        """The first dock of each place."""
        return [docks[0] for docks in self.places()]

    def said(self) -> str:
        return self.window.toasts.toasts[-1].row.text if self.window.toasts.toasts else ""

    def out(self, name="ladder"):
        return self.window.moving.windows[self.here.name, name]

    def end(self) -> None:
        self.desktop._timer.stop()
        self.window.wind_up()


@pytest.fixture
def open_desk(qtbot, tmp_path):
    made = []

    def make(path=tmp_path / "layout.json", docks=hosts.SPLITTERS) -> Desk:
        made.append(Desk(qtbot, path, docks))
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def desk(open_desk) -> Desk:
    return open_desk()


def test_what_was_done_comes_back_and_what_was_not_is_as_drawn(open_desk, qtbot) -> None:
    desk = open_desk()
    one = desk.here
    one.unlocked = True
    one.move_dock("tape", "map", "right")
    one.close_dock("scenarios")
    one.docks["positions"]._header.tab_chosen.emit(2)
    one.take_out(WindowLayout(dock="ladder", x=30, y=40, width=500, height=420, screen="gone"))
    arranged, seen = one.sizes(), [one.name_of(panel) for panel in one.seen()]
    clone = desk.desktop.clone()
    desk.desktop.rename(clone, "Night shift")
    desk.desktop.save()
    desk.end()

    again = open_desk()
    assert again.wrong == ""
    assert [(w.name, w.title) for w in again.window.workspaces][-1] == ("Weather-2", "Night shift")
    assert again.here.name == "Weather-2"
    again.window.choose(0)
    found = again.here
    assert (found.sizes(), [found.name_of(panel) for panel in found.seen()]) == (arranged, seen)
    assert (found.closed(), found.out(), found.unlocked) == (["scenarios"], ["ladder"], True)
    assert again.out().isVisible()
    assert again.window.screen().availableGeometry().contains(again.out().geometry())  # its screen is gone
    for other in again.window.workspaces[1:DRAWN]:
        assert other.state() == WorkspaceLayout(name=other.name, base=other.name)


def test_the_other_dock_host_shows_the_same_layout(open_desk, qtbot) -> None:
    pytest.importorskip("PySide6QtAds")
    ads = open_desk(docks=hosts.ADS)
    one = ads.here
    one.unlocked = True
    as_drawn = ads.places()
    one.move_dock("tape", "map", "right")
    one.docks["positions"]._header.tab_chosen.emit(2)
    one.take_out(WindowLayout(dock="ladder", width=400, height=300))
    one.close_dock("scenarios")
    assert "fills" in [one.name_of(panel) for panel in one.seen()]
    ads.desktop.delete(ads.desktop.clone())
    ads.window.choose(0)
    for width in (1366, 1920):
        ads.window.resize(width, 1000)
        assert all(panel.isVisible() for panel in one.seen())
    moved = ads.places()
    ads.desktop.save()
    ads.end()
    again = open_desk()
    assert again.places() == moved
    assert [again.here.name_of(panel) for panel in again.here.seen()] == [one.name_of(panel) for panel in one.seen()]
    while ads.desktop.undo():
        pass
    assert ads.places() == as_drawn


def test_a_file_of_the_first_schema_gives_its_borders(open_desk, tmp_path) -> None:
    from tests.app.test_layout import OLD

    path = tmp_path / "layout.json"
    path.write_bytes((OLD / "schema-1.json").read_bytes())
    desk = open_desk(path)
    assert desk.wrong == ""
    assert desk.here.name == "Settle"
    assert set(desk.window.stars()) == {"KXHIGHCHI-26JUL03", "KXHIGHAUS-26JUL03"}
    desk.window.choose(0)
    assert desk.here.sizes()[0][::2] == [352, 562]


def test_a_dragged_dock_comes_where_it_is_let_go(desk) -> None:
    one = desk.here
    one.unlocked = True
    header, target = one.docks["markets"]._header, one.docks["map"]
    at = target.mapToGlobal(QPoint(target.width() - 10, target.height() // 2))
    QTest.mousePress(header, LEFT, PLAIN, QPoint(20, 8))
    QTest.mouseMove(header, QPoint(60, 30))
    QTest.mouseMove(header, header.mapFromGlobal(at))
    assert desk.window.moving._hint.isVisible()
    QTest.mouseRelease(header, LEFT, PLAIN, header.mapFromGlobal(at))
    assert not desk.window.moving._hint.isVisible()
    assert desk.heads()[:4] == ["station", "map", "markets", "board"]


def test_a_dock_let_go_on_another_screen_opens_there(desk, monkeypatch) -> None:
    two = [Screen("main", QRect(0, 0, 1920, 1080)), Screen("right", QRect(1920, 100, 2560, 1400))]
    monkeypatch.setattr("app.screens.attached", lambda: two)
    desk.here.unlocked = True
    header = desk.here.docks["ladder"]._header
    at = QPoint(2_400, 300)
    QTest.mousePress(header, LEFT, PLAIN, QPoint(60, 10))
    QTest.mouseMove(header, QPoint(60, 60))
    QTest.mouseRelease(header, LEFT, PLAIN, header.mapFromGlobal(at))
    assert desk.out().geometry().topLeft() == at


def test_locked_nothing_is_dragged_moved_or_closed(desk) -> None:
    one = desk.here
    before = one.tree()
    header, target = one.docks["markets"]._header, one.docks["map"]
    QTest.mousePress(header, LEFT, PLAIN, QPoint(20, 8))
    QTest.mouseMove(header, QPoint(80, 60))
    assert not desk.window.moving._hint.isVisible()
    QTest.mouseRelease(header, LEFT, PLAIN, header.mapFromGlobal(target.mapToGlobal(target.rect().center())))
    assert "locked" in desk.said()
    desk.window.reach("markets")
    desk.key(Qt.Key.Key_Right, Qt.KeyboardModifier(CTRL | ALT))
    desk.key(Qt.Key.Key_W, TOLD)
    assert (one.tree(), one.closed()) == (before, [])
    desk.key(Qt.Key.Key_L, TOLD)
    assert one.unlocked
    desk.key(Qt.Key.Key_W, TOLD)
    assert one.closed() == ["markets"]


def test_keys_send_a_dock_behind_a_tab_and_beside(desk) -> None:
    desk.here.unlocked = True
    desk.window.reach("markets")
    desk.key(Qt.Key.Key_Right, Qt.KeyboardModifier(CTRL | ALT))
    assert any({"map", "markets"} <= set(docks) for docks in desk.places())
    assert desk.here.docks["markets"].isAncestorOf(QApplication.focusWidget())
    desk.key(Qt.Key.Key_Left, Qt.KeyboardModifier(CTRL | ALT | SHIFT))
    assert desk.heads()[:3] == ["markets", "station", "map"]
    desk.window.reach("positions")
    desk.key(Qt.Key.Key_Down, Qt.KeyboardModifier(CTRL | ALT | SHIFT))  # nothing below: off its own tabs
    assert ("positions",) in desk.places()


def test_a_closed_dock_comes_back_to_its_place_by_menu_and_by_its_key(desk, qtbot) -> None:
    desk.here.unlocked = True
    before = desk.places()
    sizes = desk.here.sizes()
    desk.window.reach("ladder")
    desk.key(Qt.Key.Key_W, TOLD)
    assert "closed" in desk.said()
    assert ("ladder",) not in desk.places()
    menu = QMenu(desk.window)
    desk.window.layouts.fill(menu)
    sub = next(a.menu() for a in menu.actions() if a.text() == "Open a closed dock")
    (entry,) = sub.actions()
    entry.trigger()
    assert (desk.places(), desk.here.sizes()) == (before, sizes)
    desk.window.reach("ladder")
    desk.key(Qt.Key.Key_W, TOLD)
    desk.key(Qt.Key.Key_L, CTRL, widget=desk.window)
    assert desk.places() == before
    assert desk.here.docks["ladder"].isVisible()


def test_with_every_dock_closed_a_page_opens_them_again(desk) -> None:
    before = desk.places()
    for name in list(desk.here.docks):
        desk.here.close_dock(name)
    assert desk.places() == []
    assert desk.here._nothing.isVisible()
    assert desk.here.middle().isEmpty()
    desk.key(Qt.Key.Key_F6, widget=desk.window)
    desk.here._nothing.pressed.emit("")
    assert desk.places() == before
    assert not desk.here._nothing.isVisible()


def test_a_dock_in_its_own_window_shows_the_mode_and_halts(desk, qtbot) -> None:
    desk.window.render(topics.SPINE, views.spine(mode="live"))
    desk.window.reach("ladder")
    desk.key(Qt.Key.Key_O, TOLD)
    window = desk.out()
    assert window.isVisible()
    qtbot.waitUntil(lambda: window.isAncestorOf(QApplication.focusWidget()))
    assert "LIVE" in window.windowTitle()
    assert "LIVE" in window.strip.words()
    asked = []
    desk.window.risk.intent.connect(asked.append)
    desk.key(Qt.Key.Key_K, TOLD, widget=window)  # the key of the whole program, from here
    assert [type(one) for one in asked] == [Halt]
    desk.window.intent.connect(asked.append)
    with qtbot.waitSignal(desk.window.intent):
        QTest.mousePress(window.strip.kill, LEFT)
    QTest.mouseRelease(window.strip.kill, LEFT)
    assert [type(one) for one in asked] == [Halt, Halt]
    desk.window.render(topics.SPINE, views.spine(mode="live", halted_by="DAILY_LOSS"))
    assert "HALTED" in window.windowTitle()
    desk.window.choose(1)
    assert window.isVisible()  # another workspace is another page, not another desk
    assert desk.window.reach("gates")
    desk.window.choose(0)
    window.close()
    assert desk.here.out() == []
    assert desk.here.docks["ladder"].isVisible()


def test_its_key_brings_a_window_to_the_front_and_its_place_is_kept(desk, qtbot) -> None:
    desk.window.reach("ladder")
    desk.key(Qt.Key.Key_O, TOLD)
    desk.window.reach("map")
    desk.key(Qt.Key.Key_L, CTRL, widget=desk.window)
    window = desk.out()
    qtbot.waitUntil(lambda: window.isAncestorOf(QApplication.focusWidget()))
    window.setGeometry(20, 30, 520, 400)
    qtbot.waitUntil(lambda: desk.here.state().windows[0].x == 20)
    (where,) = desk.here.state().windows
    assert (where.dock, where.y, where.width, where.height) == ("ladder", 30, 520, 400)
    desk.key(Qt.Key.Key_O, TOLD, widget=window)
    assert desk.here.state().windows == ()


def test_both_arrangements_leave_out_what_is_out(desk) -> None:
    desk.window.reach("ladder")
    desk.key(Qt.Key.Key_O, TOLD)
    desk.window.resize(1366, 768)
    assert all("ladder" not in docks for docks in desk.places())
    assert desk.out().isVisible()
    desk.here.open("ladder")
    assert any({"ladder", "ticket"} <= set(docks) for docks in desk.places())


def test_undo_goes_back_step_by_step(desk) -> None:
    one = desk.here
    one.unlocked = True
    as_drawn = desk.places()
    one.move_dock("tape", "map", "above")
    moved = desk.places()
    one.close_dock("board")
    one.take_out(WindowLayout(dock="ladder", width=400, height=300))
    clone = desk.desktop.clone()
    desk.desktop.delete(clone)
    assert len(desk.window.workspaces) == DRAWN
    desk.key(Qt.Key.Key_Z, TOLD, widget=desk.window)
    assert [w.title for w in desk.window.workspaces][-1] == "Weather 2"
    desk.key(Qt.Key.Key_Z, TOLD, widget=desk.window)
    assert len(desk.window.workspaces) == DRAWN
    assert one.out() == ["ladder"]
    desk.desktop.undo()
    assert (one.out(), one.closed()) == ([], ["board"])
    assert one.docks["ladder"].window() is desk.window
    desk.desktop.undo()
    assert desk.places() == moved
    desk.desktop.undo()
    assert desk.places() == as_drawn
    assert one.unlocked
    desk.key(Qt.Key.Key_Z, TOLD, widget=desk.window)
    assert "no change" in desk.said()


def test_reset_is_as_drawn_and_can_be_taken_back(desk) -> None:
    one = desk.here
    as_drawn, sizes = desk.places(), one.sizes()
    one.move_dock("tape", "map", "left")
    one.take_out(WindowLayout(dock="ladder", width=400, height=300))
    moved = desk.places()
    desk.desktop.reset()
    assert (desk.places(), one.sizes()) == (as_drawn, sizes)
    assert desk.window.moving.windows == {}
    desk.desktop.undo()
    assert desk.places() == moved


def test_a_clone_has_docks_of_its_own_and_a_key(desk) -> None:
    made = []
    desk.window.adopted.connect(made.append)
    clone = desk.desktop.clone()
    assert made == [clone]
    assert desk.here is clone
    assert set(clone.docks) == set(desk.window.workspaces[0].docks)
    assert not set(clone.docks.values()) & set(desk.window.workspaces[0].docks.values())
    desk.key(Qt.Key.Key_1, CTRL, widget=desk.window)
    assert desk.here.name == "Weather"
    desk.key(Qt.Key.Key_7, CTRL, widget=desk.window)
    assert desk.here is clone
    desk.desktop.clone()
    desk.desktop.clone()
    with pytest.raises(InputError, match="delete a clone"):
        desk.desktop.clone()
    with pytest.raises(InputError, match="no clone"):
        desk.desktop.delete(desk.window.workspaces[0])


def test_a_name_is_typed_over_the_tab(desk) -> None:
    desk.window.layouts.rename()
    field = desk.window.layouts.title
    assert field.isVisible()
    QTest.keyClicks(field, "Dawn")
    desk.key(Qt.Key.Key_Return, widget=field)
    assert desk.window.layouts.title is None
    assert (desk.here.title, desk.window.top.tabs[0].text()) == ("Dawn", "Dawn")
    desk.window.layouts.rename()
    QTest.keyClicks(desk.window.layouts.title, "never")
    desk.key(Qt.Key.Key_Escape, widget=desk.window.layouts.title)
    assert desk.here.title == "Dawn"
    with pytest.raises(InputError, match="characters"):
        desk.desktop.rename(desk.here, "x" * (LONGEST_TITLE + 1))
    with pytest.raises(InputError, match="characters"):
        desk.desktop.rename(desk.here, "a\nb")
    desk.desktop.rename(desk.here, "")
    assert desk.here.title == "Weather"


def test_a_workspace_goes_to_a_file_and_comes_as_a_clone(desk, tmp_path) -> None:
    desk.here.move_dock("tape", "map", "right")
    moved = desk.places()
    path = tmp_path / "mine.layout.json"
    desk.desktop.export(path, whole=False)
    desk.desktop.reset()
    assert "came from" in desk.desktop.bring(path)
    assert desk.places() == moved
    whole = tmp_path / "all.layout.json"
    desk.desktop.export(whole, whole=True)
    desk.desktop.delete(desk.here)
    assert "takes it back" in desk.desktop.bring(whole)
    assert len(desk.window.workspaces) == DRAWN + 1
    desk.desktop.undo()
    assert len(desk.window.workspaces) == DRAWN


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"{", "no layout"), (b'{"schema": 9}', "schema is 9"), (b'{"schema": 2}', "no workspace"), (None, "not there")],
)
def test_a_file_that_is_no_layout_changes_nothing(desk, tmp_path, content, words) -> None:
    path = tmp_path / "strange.json"
    if content is not None:
        path.write_bytes(content)
    before = desk.desktop.state()
    with pytest.raises(InputError, match=words):
        desk.desktop.bring(path)
    assert desk.desktop.state() == before
    assert content is None or path.read_bytes() == content


def test_a_title_out_of_a_file_turns_no_text_around(desk, tmp_path) -> None:
    path = tmp_path / "odd.json"
    base = desk.here.name
    odd = WorkspaceLayout(name=f"{base}-2", base=base, title="\u202eLive\u2066")
    layout.save(path, layout.Layout(workspaces=(odd,)))
    desk.desktop.bring(path)
    assert desk.here.title == "Live"
    assert [tab.text() for tab in desk.window.top.tabs][-1] == "Live"


def test_a_file_of_more_clones_than_there_are_keys_gives_those_that_have_one(desk, tmp_path) -> None:
    path = tmp_path / "many.json"
    base = desk.here.name
    some = tuple(WorkspaceLayout(name=f"{base}-{n}", base=base) for n in range(2, 9))
    layout.save(path, layout.Layout(workspaces=some))
    assert "takes it back" in desk.desktop.bring(path)
    assert len(desk.window.workspaces) == DRAWN + 3


def test_the_menu_exports_and_imports_through_its_dialogs(desk, tmp_path) -> None:
    menu = desk.window.layouts
    path = tmp_path / "out.layout.json"
    menu.export(whole=False)
    assert QApplication.activeModalWidget() is None
    menu.files.fileSelected.emit(str(path))
    menu.files.close()
    assert path.exists()
    assert path.name in desk.said()
    menu.bring()
    assert menu.files.isVisible()
    assert QApplication.activeModalWidget() is None  # KILL works over it
    menu.files.fileSelected.emit(str(path))
    menu.files.close()
    assert desk.here.is_clone
    menu.bring()
    menu.files.fileSelected.emit(str(tmp_path / "none.json"))
    menu.files.close()
    assert "not there" in desk.said()


def test_what_a_newer_version_had_is_left_out(open_desk, tmp_path) -> None:
    from app.arrangement import place, row

    path = tmp_path / "layout.json"
    odd = WorkspaceLayout(
        name="Weather",
        base="Weather",
        trees={"wide": row(place("map", "hologram"), place("ladder", "map")), "huge": row(place("map"))},
        closed=("hologram",),
        windows=(WindowLayout(dock="hologram", width=10, height=10),),
        front=("hologram", "ticket"),
    )
    gone = WorkspaceLayout(name="Moon-2", base="Moon")
    layout.save(path, Layout(workspace="Moon-2", workspaces=(odd, gone)))
    desk = open_desk(path)
    assert desk.wrong == ""
    assert desk.here.name == "Weather"
    assert len(desk.window.workspaces) == DRAWN
    assert sorted(name for docks in desk.places() for name in docks) == sorted(desk.here.docks)


def test_nothing_touched_writes_no_file(open_desk, tmp_path) -> None:
    desk = open_desk()
    desk.window.resize(1366, 768)
    assert desk.desktop.state() == Layout(workspace="Weather")
    desk.desktop.save()
    assert not (tmp_path / "layout.json").exists()


def test_without_a_file_everything_works_and_nothing_is_kept(open_desk, tmp_path) -> None:
    desk = open_desk(None)
    desk.here.close_dock("tape")
    desk.desktop.save()
    assert desk.desktop.undo()
    assert list(tmp_path.iterdir()) == []


def test_the_gear_menu_of_a_dock_moves_it(desk) -> None:
    one = desk.here
    one.unlocked = True
    menu = QMenu(desk.window)
    one.docks["ladder"].menu_opening.emit(one.docks["ladder"], menu)
    texts = [action.text() for action in menu.actions()]
    assert texts == ["Open in its own window", "Move", "Close this dock"]
    left = next(a.menu() for a in menu.actions()[1].menu().actions() if a.text() == "Left of")
    next(a for a in left.actions() if a.text() == one.docks["map"].title).trigger()
    assert desk.heads()[2:4] == ["ladder", "map"]
    menu.actions()[0].trigger()
    assert one.out() == ["ladder"]


def test_what_was_chosen_in_a_chart_is_kept_and_taken_back(open_desk, tmp_path) -> None:
    path = tmp_path / "layout.json"
    desk = open_desk(path)
    chart, heat = desk.here.docks["chart"], desk.here.docks["heat"]
    chart.set_interval("5m")
    chart.set_zone("utc")
    chart.canvas.set_percent(True)
    heat.marks.click()
    desk.desktop.save()
    again = open_desk(path)
    assert again.wrong == ""
    assert again.here.docks["chart"].settings() == chart.settings()
    assert not again.here.docks["heat"].canvas.trades
    again.desktop.reset()
    assert again.here.docks["chart"].interval == "1m"
    again.desktop.save()
    assert layout.read(path).workspaces == ()


def test_columns_are_as_they_were_left(open_desk, tmp_path) -> None:
    path = tmp_path / "layout.json"
    desk = open_desk(path)
    table = desk.here.docks["positions"].table
    table.hide_column("fees")
    at = [column.key for column in table.rows.columns].index("average")
    table.horizontalHeader().resizeSection(at, 111)
    alarms = desk.here.docks["rules"]
    alarms.history.hide_column("told")
    assert desk.desktop._timer.isActive()
    desk.desktop.save()
    again = open_desk(path)
    assert again.wrong == ""
    found = again.here.docks["positions"].table
    assert found.horizontalHeader().sectionSize(at) == 111
    assert found.columns_state() == table.columns_state() != []
    assert again.here.docks["rules"].history.columns_state() == alarms.history.columns_state() != []
    again.desktop.reset()
    assert again.here.docks["positions"].table.columns_state() == []
    again.desktop.save()
    assert layout.read(path).workspaces == ()


def test_what_a_file_says_of_a_dock_that_cannot_be_is_left_out(open_desk, tmp_path) -> None:
    path = tmp_path / "layout.json"
    odd = WorkspaceLayout(
        name="Weather",
        base="Weather",
        docks={"chart": {"interval": "9y", "hidden": ["volume", "moon"]}, "heat": {"rows": 10_000}, "moon": {"a": 1}},
    )
    layout.save(path, Layout(workspaces=(odd,)))
    desk = open_desk(path)
    assert desk.wrong == ""
    assert desk.here.docks["chart"].interval == "1m"
    assert desk.here.docks["heat"].settings() == open_desk(None).here.docks["heat"].settings()


def test_every_workspace_follows_the_window_to_another_size(desk) -> None:
    window = desk.window
    for place in range(len(window.workspaces)):
        window.choose(place)
    window.resize(1366, 768)
    assert {one.arrangement() for one in window.workspaces} == {"small"}  # one left wide would want more height
    window.resize(1920, 1080)
    assert {one.arrangement() for one in window.workspaces} == {"wide"}
