"""Hotkeys on disk: kept with the profile, read as far as they are sound, and handed on as a file or refused."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app import hotkeys
from app.hotkeys import Hotkeys
from engine.core.errors import InputError
from tests.app.program import CALM, CTRL, program
from widgets import keymap
from widgets.actions import ACTIONS


@pytest.fixture(autouse=True)
def _first_keys(qapp):
    yield
    keymap.current().reset()
    keymap.current().load({})


def _write(path, keys, schema=1) -> None:
    path.write_text(json.dumps({"schema": schema, "keys": keys}))


def test_what_is_saved_is_restored_with_what_another_version_knows(tmp_path) -> None:
    path = tmp_path / "hotkeys.json"
    _write(path, {"ladder.take": ["Q"], "radar.zoom": ["Z"]})
    assert hotkeys.restore(path) == ""
    assert keymap.current().keys("ladder.take") == ("Q",)
    assert hotkeys.save(path) == ""
    assert json.loads(path.read_text()) == {"schema": 1, "keys": {"ladder.take": ["Q"], "radar.zoom": ["Z"]}}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"ladder.take": "Q"}, "keys.ladder.take: a list of keys is wanted"),
        ({"ladder.take": [7]}, "keys.ladder.take[0]: a key is text"),
        ({"ladder.take": ["Blorp"]}, "keys.ladder.take: 'Blorp' is no key"),
        ({"ladder.take": ["S"], "ladder.join_ask": ["S"]}, "keys.ladder.take: S already means “Join the best ask”"),
        ({"window.kill": ["K"]}, "keys.window.kill: K alone means something in fields and docks"),
    ],
)
def test_a_bad_value_is_named_and_costs_itself_alone(tmp_path, keys, words) -> None:
    path = tmp_path / "hotkeys.json"
    _write(path, {"board.buy": ["Q"], **keys})
    assert words in hotkeys.restore(path)
    assert keymap.current().keys("board.buy") == ("Q",)
    with pytest.raises(InputError, match=r"hotkeys\.json: keys"):
        hotkeys.import_from(path)
    assert keymap.current().keys("board.buy") == ("Q",)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "truncated"), (b"{", "truncated"), (b"[]", "Expected `object`"), (b'{"keys": {}}', "schema"),
     (b'{"schema": 9}', "its schema is 9, this version reads 1"), (b'{"schema": 1, "keys": 3}', "$.keys"),
     (b" " * (1 << 20) + b"{}", "larger than")],
)  # fmt: skip
def test_what_is_no_file_of_hotkeys_is_refused_and_set_aside_in_a_profile(tmp_path, content, why) -> None:
    path = tmp_path / "hotkeys.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        hotkeys.import_from(path)
    assert why in str(refused.value)
    assert str(refused.value).startswith("hotkeys.json: ")
    said = hotkeys.restore(path)
    assert "set aside as hotkeys.json.bad-1" in said
    assert (tmp_path / "hotkeys.json.bad-1").read_bytes() == content
    assert not path.exists()


def test_an_exported_file_has_every_action_and_comes_back(tmp_path) -> None:
    keymap.current().set_keys("ladder.take", ("Q",))
    path = tmp_path / "mine.json"
    assert hotkeys.export_to(path) == len(ACTIONS)
    keymap.current().reset()
    assert hotkeys.import_from(path) == 1
    assert keymap.current().keys("ladder.take") == ("Q",)
    assert json.loads(path.read_text())["keys"]["window.kill"] == ["Ctrl+Shift+K"]


def test_a_file_that_is_not_there_or_cannot_be_written_is_said(tmp_path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        hotkeys.import_from(tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot be written"):
        hotkeys.export_to(tmp_path / "no" / "folder.json")
    assert "not saved" in hotkeys.save(tmp_path / "no" / "hotkeys.json")


@pytest.mark.limit(60)
async def test_a_changed_key_works_at_once_and_in_the_next_session(tmp_path) -> None:
    _write(tmp_path / "hotkeys.json", {"ladder.take": ["Q"]})
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        assert keymap.current().keys("ladder.take") == ("Q",)
        assert desk.window.registry.run("window.hotkeys")
        editor = desk.window.findChild(Hotkeys)
        listed = editor.dialog.list
        await desk.until(editor.dialog.isVisible)
        listed.at = next(n for n, line in enumerate(listed.lines) if line.action is ACTIONS["window.dock_fills"])
        QTest.keyClick(listed, Qt.Key.Key_Return)
        QTest.keyClick(listed, Qt.Key.Key_I, CTRL)
        assert desk.profile.hotkeys.exists()
        editor.give(tmp_path / "mine.json")
        editor.take(tmp_path / "none.json")
        assert "cannot be read" in editor.dialog.message.words
        assert "cannot be read" in desk.window.toasts.toasts[-1].row.text
        editor.take(tmp_path / "mine.json")
        assert "2 of" in editor.dialog.message.words
        QTest.mouseClick(editor.dialog.bring, Qt.MouseButton.LeftButton)
        await desk.until(editor.files.isVisible)
        editor.files.fileSelected.emit(str(tmp_path / "mine.json"))
        editor.files.reject()
        editor.dialog.close()
        desk.window.activateWindow()
        await desk.until(desk.window.isActiveWindow)
        desk.key(Qt.Key.Key_I, CTRL, widget=desk.window)
        assert desk.dock("fills") in desk.window.current().seen()
    kept = json.loads((tmp_path / "hotkeys.json").read_text())["keys"]
    assert kept == {"ladder.take": ["Q"], "window.dock_fills": ["Ctrl+I"]}
