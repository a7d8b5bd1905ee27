from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from widgets import formats
from widgets.fields import Choice, Segments
from widgets.setting_card import MASK, SettingRow
from widgets.settings import SettingsDialog


def row(key: str, kind: str = "text", value: str = "", **more) -> SettingRow:
    page, _, name = key.partition(".")
    given = {
        "page": page.capitalize(), "title": name.capitalize(), "help": f"About {name}.", "default": "none",
        "allowed": "anything", "variable": f"ATMX_{name.upper()}",
    } | more  # fmt: skip
    return SettingRow(key=key, kind=kind, value=value, **given)


ROWS = (
    row("look.theme", "choice", "dark", choices=("dark", "light")),
    row("look.motion", "bool", "off"),
    row("look.city", "choice", "", choices=("", "A", "B", "C", "D"), help="Where it rains."),
    row("feeds.stations", "list", "KMDW", source="from environment STATION_ID", variable="STATION_ID", locked=True),
    row("feeds.contact", "text", "me@example.org", source="file", resets=True),
    row("feeds.rows", "path", ""),
    row("risk.at_risk", "limit", "100", unit="$"),
    row("risk.daily_loss", "limit", "-30", unit="$", loss=True),
    row("accounts.key", "secret", MASK, source="kept in the system's keyring"),
    row("accounts.none", "secret", "", source="not given"),
)


@pytest.fixture
def dialog(qtbot) -> SettingsDialog:
    made = SettingsDialog("settings.toml")
    qtbot.addWidget(made)
    made.show_rows(ROWS, {"Risk": "Tighter at once."})
    made.show()
    return made


def heard(signal) -> list[tuple]:
    found: list[tuple] = []
    signal.connect(lambda *parts: found.append(parts))
    return found


def test_a_page_shows_its_settings_and_the_list_turns_it(dialog) -> None:
    assert list(dialog.cards) == ["look.theme", "look.motion", "look.city"]
    QTest.keyClick(dialog.pages, Qt.Key.Key_Down)
    assert list(dialog.cards) == ["feeds.stations", "feeds.contact", "feeds.rows"]


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("rains", ["look.city"]),
        ("STATION_ID", ["feeds.stations"]),
        ("daily", ["risk.daily_loss"]),
        ("look motion", ["look.motion"]),
        ("nothing of the kind", []),
    ],
)
def test_the_search_looks_at_names_help_keys_and_variables_of_every_page(dialog, typed, keys) -> None:
    QTest.keyClicks(dialog.search, typed)
    assert list(dialog.cards) == keys


def test_a_choice_and_a_switch_are_changed_by_a_key(dialog) -> None:
    told = heard(dialog.changed)
    theme, motion = dialog.cards["look.theme"], dialog.cards["look.motion"]
    assert isinstance(theme.editor, Segments)
    QTest.keyClick(theme.editor, Qt.Key.Key_Right)
    QTest.keyClick(motion.editor, Qt.Key.Key_Left)
    city = dialog.cards["look.city"].editor
    assert isinstance(city, Choice)
    QTest.keyClick(city, Qt.Key.Key_Down)
    assert told == [("look.theme", "light"), ("look.motion", "on"), ("look.city", "A")]


def test_a_text_counts_on_enter_and_once(dialog) -> None:
    told = heard(dialog.changed)
    dialog.turn("Feeds")
    field = dialog.cards["feeds.contact"].editor
    field.selectAll()
    QTest.keyClicks(field, "you@example.org")
    assert told == []
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert told == [("feeds.contact", "you@example.org")]
    assert dialog.isVisible()
    dialog.show_row(ROWS[4]._replace(value="you@example.org"))
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert len(told) == 1


def test_what_the_environment_says_is_named_and_cannot_be_changed_here(dialog) -> None:
    dialog.turn("Feeds")
    card = dialog.cards["feeds.stations"]
    assert card.source.words == "from environment STATION_ID"
    assert not card.editor.isEnabled()
    assert not card.back.isEnabled()
    assert "STATION_ID" in card.facts.text()


def test_one_value_is_reset_and_only_where_the_file_says_it(dialog) -> None:
    told = heard(dialog.reset)
    dialog.turn("Feeds")
    dialog.cards["feeds.rows"].back.click()
    dialog.cards["feeds.contact"].back.click()
    assert told == [("feeds.contact",)]


def test_a_value_that_was_not_taken_says_why_until_another_is(dialog) -> None:
    dialog.turn("Feeds")
    card = dialog.cards["feeds.contact"]
    dialog.show_wrong("feeds.contact", "Contact has 'a b'; an address is allowed")
    assert card.note.isVisible()
    assert card.editor.wrong
    dialog.show_row(ROWS[4]._replace(value="new@example.org"))
    assert not card.note.isVisible()
    assert not card.editor.wrong


def test_what_waits_for_the_next_start_says_so(dialog) -> None:
    dialog.show_row(ROWS[0]._replace(waits=True, source="file"))
    assert dialog.cards["look.theme"].source.words == "file · at the next start"


def test_a_secret_is_a_mask_or_a_dash_and_never_a_field(dialog) -> None:
    told = heard(dialog.opened)
    dialog.turn("Accounts")
    assert dialog.cards["accounts.key"].dots.text() == MASK
    assert dialog.cards["accounts.none"].dots.text() == formats.DASH
    dialog.cards["accounts.key"].editor.click()
    assert told == [("accounts.key",)]
    assert dialog.cards["accounts.key"].text() == ""


def test_a_tighter_limit_is_given_at_once_and_a_looser_one_asks_for_a_reason(dialog) -> None:
    told = heard(dialog.limited)
    dialog.turn("Risk")
    risk, loss = dialog.cards["risk.at_risk"], dialog.cards["risk.daily_loss"]
    risk.editor.setText("80")
    assert risk.give.text() == "Tighten"
    assert not risk.why.isVisible()
    QTest.keyClick(risk.editor, Qt.Key.Key_Return)
    risk.editor.setText("120")
    assert risk.give.text() == "Loosen"
    assert risk.why.isVisible()
    risk.give.click()
    assert "reason" in risk.note.text()
    QTest.keyClicks(risk.why, "a larger account")
    risk.give.click()
    loss.editor.setText("-40")
    assert loss.give.text() == "Loosen"
    loss.editor.setText("−20")
    QTest.keyClick(loss.editor, Qt.Key.Key_Return)
    assert told == [
        ("risk.at_risk", Decimal(80), ""),
        ("risk.at_risk", Decimal(120), "a larger account"),
        ("risk.daily_loss", Decimal(-20), ""),
    ]
    loss.editor.setText("much")
    QTest.keyClick(loss.editor, Qt.Key.Key_Return)
    assert "number" in loss.note.text()


def test_what_is_being_typed_stays_while_the_engine_tells_anew(dialog) -> None:
    dialog.turn("Feeds")
    card = dialog.cards["feeds.contact"]
    card.editor.setFocus()
    card.editor.setText("half")
    dialog.show_rows(ROWS)
    if card.editor.hasFocus():  # the platform of the test may give none
        assert card.editor.text() == "half"
    dialog.show_row(ROWS[4]._replace(value="else"))
    assert card.editor.text() == "else"


@pytest.mark.parametrize("leave", ["escape", "close"])
def test_who_leaves_by_escape_keeps_no_half_typed_value(dialog, qtbot, leave) -> None:
    dialog.turn("Feeds")
    field = dialog.cards["feeds.contact"].editor
    dialog.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    found = heard(dialog.changed)
    field.selectAll()
    QTest.keyClicks(field, "half")
    if leave == "escape":
        QTest.keyClick(field, Qt.Key.Key_Escape)
        assert found == []
        dialog.show()
        assert dialog.cards["feeds.contact"].editor.text() == "me@example.org"
    else:
        QTest.mouseClick(dialog.close_button, Qt.MouseButton.LeftButton)
        assert found == [("feeds.contact", "half")], "a click elsewhere keeps what was typed, as everywhere"
    assert not dialog.isVisible() or leave == "escape"


def test_return_closes_nothing_and_escape_does(dialog) -> None:
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_limit_that_was_typed_stays_while_its_reason_is(qtbot, dialog) -> None:
    dialog.turn("Risk")
    dialog.activateWindow()
    card = dialog.cards["risk.at_risk"]
    card.editor.setFocus()
    card.editor.selectAll()
    QTest.keyClicks(card.editor, "150")
    card.why.setFocus()
    qtbot.waitUntil(card.why.hasFocus)
    QTest.keyClicks(card.why, "more")
    rows = [one._replace(value="-20") if one.key == "risk.daily_loss" else one for one in ROWS]
    dialog.show_rows(rows)  # the kernel has changed another limit meanwhile
    assert card.editor.text() == "150"
    assert dialog.cards["risk.daily_loss"].editor.text() == "-20"
    limited = heard(dialog.limited)
    card.give.click()
    assert limited == [("risk.at_risk", Decimal(150), "more")]
