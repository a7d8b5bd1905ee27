from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from widgets.keys import Given, KeyField, KeysDialog

CANARY = "CANARY-5d1f"
FIELDS = (KeyField("key_id", "Key id", secret=False), KeyField("private_key", "Private key", lines=True))


@pytest.fixture
def dialog(qtbot):
    dialog = KeysDialog("kalshi", "Kalshi", FIELDS, ("keyring", "file", "session"))
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def fill(dialog):
    dialog.inputs["key_id"].setText("abc")
    dialog.inputs["private_key"].setPlainText(f"{CANARY}\nsecond line\n")


def test_what_is_given_is_handed_on_once_and_forgotten(dialog, qtbot):
    found = []
    dialog.given.connect(found.append)
    assert not dialog.save.isEnabled()
    fill(dialog)
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    values = {"key_id": "abc", "private_key": f"{CANARY}\nsecond line"}
    assert found == [Given("kalshi", values, "keyring", "")]
    assert CANARY not in repr(found[0])
    assert dialog._values() == {}
    assert not dialog.save.isEnabled()


def test_a_file_needs_a_passphrase(dialog):
    fill(dialog)
    dialog.place.setCurrentIndex(1)
    assert not dialog.save.isEnabled()
    assert dialog.passphrase.isEnabled()
    dialog.passphrase.setText("words")
    assert dialog.save.isEnabled()


def test_closing_forgets_what_was_typed(dialog):
    fill(dialog)
    dialog.reject()
    assert dialog._values() == {}


def test_secrets_are_dots(qtbot):
    dialog = KeysDialog("polymarket", "Polymarket", (KeyField("pk", "Private key"),), ("session",))
    qtbot.addWidget(dialog)
    field = dialog.inputs["pk"]
    assert isinstance(field, QLineEdit)
    assert field.echoMode() is QLineEdit.EchoMode.Password
    assert not isinstance(field, QPlainTextEdit)


@pytest.mark.parametrize(
    ("source", "words", "test", "forget"),
    [
        ("", "No keys: prices only, paper orders.", False, False),
        ("keyring", "In use: kept in the system's keyring.", True, True),
        ("environment", "In use: from environment variables.", True, False),
    ],
)
def test_the_source_of_the_keys_is_named(dialog, source, words, test, forget):
    dialog.show_source(source)
    assert dialog.source.text() == words
    assert (dialog.test.isEnabled(), dialog.forget.isEnabled()) == (test, forget)


def test_a_test_s_findings_are_told_as_words(dialog):
    dialog.show_found([("balance read: $12.00", True), ("<b>401</b>", False)])
    assert dialog.found.lines == (("balance read: $12.00", True), ("<b>401</b>", False))
    assert dialog.found.accessibleDescription() == "balance read: $12.00; <b>401</b>"


def test_the_buttons_ask(dialog, qtbot):
    asked = []
    dialog.tested.connect(lambda venue: asked.append(("test", venue)))
    dialog.forgotten.connect(lambda venue: asked.append(("forget", venue)))
    dialog.show_source("file")
    for button in (dialog.test, dialog.forget, dialog.forget):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.keyClick(dialog.inputs["key_id"], Qt.Key.Key_Return)
    assert asked == [("test", "kalshi"), ("forget", "kalshi")]
    assert dialog.isVisible()


def test_keys_are_deleted_by_no_single_press_no_double_click_and_not_long_after(dialog, qtbot):
    """A wallet's key may be kept nowhere else, and Forget lies beside Test."""
    gone = []
    dialog.forgotten.connect(gone.append)
    dialog.show_source("keyring")
    dialog.activateWindow()
    qtbot.mouseClick(dialog.forget, Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(dialog.forget, Qt.MouseButton.LeftButton)
    assert gone == []
    assert dialog.forget.text() == "Delete them for good?"
    dialog.test.setFocus()
    qtbot.waitUntil(lambda: not dialog.forget.asking)
    qtbot.mouseClick(dialog.forget, Qt.MouseButton.LeftButton)
    qtbot.keyClick(dialog.forget, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert (gone, dialog.forget.text()) == ([], "Forget")
