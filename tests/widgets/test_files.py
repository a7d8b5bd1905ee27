"""The dialog of files: what is missing is named, what is there is asked about, and nothing holds the loop up."""

from __future__ import annotations

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QFileDialog, QLineEdit, QMessageBox, QWidget

from widgets.files import FileDialog
from widgets.keys_overlay import KeysOverlay
from widgets.palette import Palette

AnyFile, Existing = QFileDialog.FileMode.AnyFile, QFileDialog.FileMode.ExistingFile


@pytest.fixture
def shown(qtbot, tmp_path):
    def show(mode: QFileDialog.FileMode, name: str) -> tuple[FileDialog, list[str]]:
        dialog = FileDialog(None, "A file")
        qtbot.addWidget(dialog)
        dialog.setFileMode(mode)
        if mode is AnyFile:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        taken: list[str] = []
        dialog.fileSelected.connect(taken.append)
        dialog.setDirectory(str(tmp_path))
        dialog.open()
        field = dialog.findChild(QLineEdit)
        field.setText(str(tmp_path / name))
        qtbot.keyClick(field, Qt.Key.Key_Return)  # Qt's own dialog would not come back from it
        return dialog, taken

    return show


def test_a_file_that_is_missing_is_named_and_the_dialog_stays(shown, qtbot) -> None:
    dialog, taken = shown(Existing, "none.json")
    assert "none.json" in dialog.box.text()
    assert (taken, dialog.isVisible()) == ([], True)
    dialog.box.accept()
    assert dialog.box is None


def test_what_it_says_holds_nothing_up_and_is_answered_first(shown) -> None:
    dialog, taken = shown(Existing, "none.json")
    box = dialog.box
    assert not box.isModal()  # KILL works over it
    dialog.accept()
    assert dialog.box is box
    assert taken == []
    box.accept()


@pytest.mark.parametrize("yes", [True, False])
def test_a_file_that_is_there_is_written_over_only_when_asked(shown, tmp_path, yes) -> None:
    (tmp_path / "old.json").write_text("{}", encoding="utf-8")
    dialog, taken = shown(AnyFile, "old.json")
    assert "Write over it?" in dialog.box.text()
    buttons = QMessageBox.StandardButton
    dialog.box.button(buttons.Yes if yes else buttons.No).click()
    assert len(taken) == yes
    assert dialog.isVisible() is not yes


def test_what_is_new_or_there_is_taken_at_once(shown, tmp_path) -> None:
    (tmp_path / "one.json").write_text("{}", encoding="utf-8")
    assert [len(shown(AnyFile, "new.json")[1]), len(shown(Existing, "one.json")[1])] == [1, 1]


def test_it_deletes_and_renames_nothing(shown) -> None:
    dialog, _ = shown(Existing, "none.json")
    assert dialog.testOption(QFileDialog.Option.ReadOnly)
    none = Qt.ContextMenuPolicy.NoContextMenu
    assert {one.contextMenuPolicy() for one in dialog.findChildren(QAbstractItemView)} >= {none}


@pytest.mark.parametrize("kind", [KeysOverlay, Palette])
def test_what_lies_over_the_window_closes_when_the_field_that_had_the_keyboard_is_gone(qtbot, kind) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    over, dialog = kind(window), FileDialog(window, "A file")
    dialog.open()
    dialog.activateWindow()
    QTest.qWait(0)
    assert isinstance(QApplication.focusWidget(), QLineEdit)  # Qt's own, that Python does not watch
    over.open("", "") if kind is KeysOverlay else over.open([], [])
    closed: list[bool] = []
    over.closed.connect(lambda: closed.append(True))
    shiboken6.delete(dialog)
    over.close_up()
    assert closed == [True]
