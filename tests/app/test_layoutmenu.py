"""Workspaces as a trader changes them: undone, reset, cloned, renamed, exchanged as files."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app import drawn, layout
from app.desktop import LONGEST_TITLE
from app.layout import WindowLayout, WorkspaceLayout
from engine.core.errors import InputError
from engine.core.units import Nanos
from tests.app.desktop_rig import Desk, desks
from tests.app.program import CTRL, SHIFT

ALT = Qt.KeyboardModifier.AltModifier

TOLD = Qt.KeyboardModifier(CTRL | SHIFT)

DRAWN = len(drawn.workspaces(lambda: Nanos(0)))


@pytest.fixture
def open_desk(qtbot, tmp_path):
    yield from desks(qtbot, tmp_path)


@pytest.fixture
def desk(open_desk) -> Desk:
    return open_desk()


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
