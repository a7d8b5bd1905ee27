"""The dock of alert rules and its dialogs."""

from decimal import Decimal

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from engine.core.units import Nanos
from engine.views import topics
from engine.views.alarms import (
    BELOW,
    CHANNEL_WORDS,
    CHANNELS,
    FIELDS,
    AlarmsView,
    ChannelLine,
    FiredLine,
    Hours,
    Kind,
    Rule,
    RuleLine,
    levelled,
)
from tests.widgets import account_views as views
from widgets import states
from widgets.alarm_dialog import HoursDialog, RuleDialog
from widgets.alarms import CHANNELS as CHANNELS_PART
from widgets.alarms import HISTORY, AlarmsPanel

PRICE = Rule(id="r1", kind=Kind.PRICE, field="bid", subject="kalshi/X", about="Chicago 86–87", level=Decimal(40))
LOST = Rule(id="r2", kind=Kind.ORDER, field="lost", urgent=True, channels=())
SUBJECTS = dict.fromkeys(Kind, (("kalshi/X", "Chicago 86–87"), ("kalshi/Y", "Chicago 88–89")))


def line(rule, **changes):
    made = {"state": "watching", "value": "38 c", "times": 0, "last_at": None, "held_back": 0, "wait_s": None}
    return RuleLine(rule=rule, **made | changes)


def channel(name, **changes):
    made = {"state": "ready", "detail": "", "sent": 0, "failed": 0, "waiting": 0, "last_at": None}
    return ChannelLine(name=name, title=CHANNEL_WORDS[name], keyed=name not in {"sound", "tray"}, **made | changes)


def view(**changes):
    made = AlarmsView(
        rules=(line(PRICE), line(LOST, state="holds", times=4, held_back=3)),
        channels=tuple(channel(name) for name in CHANNELS),
        history=(FiredLine(id=1, at=Nanos(views.NOW), rule="r1", name="<b>x</b>", text="bid 41 c", told="muted"),),
        hours=Hours(on=True, zone="America/Chicago"),
        quiet=False,
        muted_s=None,
    )
    return msgspec.structs.replace(made, **changes)


@pytest.fixture(scope="module")
def dock(qapp):
    dock = AlarmsPanel()
    dock.resize(1_000, 240)
    dock.render(topics.SPINE, views.spine())
    dock.render(topics.ALARMS, view())
    dock.show()
    yield dock
    dock.deleteLater()


def cells(table, key):
    at = [column.key for column in table.rows.columns].index(key)
    return [table.rows.cell(row, at).text for row in range(table.rows.rowCount())]


def pick(menu, words):
    next(one for one in menu.actions() if one.text() == words).trigger()


def menu_of(table, row, qtbot):
    menu = QMenu()
    qtbot.addWidget(menu)
    table.menu_actions(menu, table.rows.row(row))
    return menu


def test_rules_history_and_channels_are_shown_as_they_stand(dock):
    assert cells(dock.rules, "rule") == ["Chicago 86–87: bid at or above 40 c", "Any order: unknown at the venue"]
    assert cells(dock.rules, "state") == ["WATCHING", "HOLDS"]
    assert cells(dock.rules, "times") == ["—", "4 (3 held)"]
    assert cells(dock.rules, "channels") == ["Sound, Tray", "screen only"]
    assert cells(dock.history, "rule") == ["<b>x</b>"]
    assert cells(dock.channels, "channel") == ["Sound", "Tray", "Telegram", "ntfy", "Webhook"]


def test_each_part_has_its_own_button(dock):
    for part, shown in (("rules", dock.new), (HISTORY, dock.clear), (CHANNELS_PART, dock.test)):
        dock.show_part(part)
        assert [b for b in (dock.new, dock.clear, dock.test) if not b.isHidden()] == [shown]
    dock.show_part("rules")


def test_a_rule_is_switched_copied_and_deleted_from_its_menu(dock, qtbot):
    given, edited, deleted = [], [], []
    dock.given.connect(given.append)
    dock.edit_wanted.connect(edited.append)
    dock.deleted.connect(deleted.append)
    menu = menu_of(dock.rules, 0, qtbot)
    pick(menu, "Switch off")
    pick(menu, "Make another like it…")
    pick(menu, "Change…")
    pick(menu, "Delete…")
    assert deleted == []
    dock._dock_state.strip.pressed.emit("Delete")
    assert (given, edited, deleted) == (
        [msgspec.structs.replace(PRICE, on=False)],
        [msgspec.structs.replace(PRICE, id=""), PRICE],
        ["r1"],
    )


def test_a_channel_is_tested_by_its_button_and_given_its_key(dock, qtbot):
    tested, keys, switched = [], [], []
    dock.test_wanted.connect(tested.append)
    dock.keys_wanted.connect(keys.append)
    dock.switched.connect(lambda *said: switched.append(said))
    dock.show_part(CHANNELS_PART)
    qtbot.mouseClick(dock.test, Qt.MouseButton.LeftButton)
    assert tested == []
    dock.channels.select("ntfy")
    qtbot.mouseClick(dock.test, Qt.MouseButton.LeftButton)
    dock.channels.opened.emit(dock.channels.rows.row(2), "")
    pick(menu_of(dock.channels, 2, qtbot), "Switch off")
    dock.channels.opened.emit(dock.channels.rows.row(0), "")
    assert (tested, keys, switched) == (["ntfy", "sound"], ["telegram"], [("telegram", False)])
    dock.show_part("rules")


def test_a_mute_is_asked_for_and_ended_by_the_same_button(dock, qtbot):
    asked = []
    dock.muted.connect(asked.append)
    qtbot.mouseClick(dock.mute, Qt.MouseButton.LeftButton)
    dock.render(topics.ALARMS, view(muted_s=1_800.0))
    assert dock.mute.text().startswith("Muted")
    qtbot.mouseClick(dock.mute, Qt.MouseButton.LeftButton)
    assert asked == [3_600.0, 0.0]
    dock.render(topics.ALARMS, view())


def test_a_file_that_was_set_aside_is_an_error_of_the_dock(dock):
    dock.render(topics.ALARMS, view(note="alerts.json was set aside"))
    assert (dock.state, dock.why) == (states.ERROR, "alerts.json was set aside")
    dock.render(topics.ALARMS, view())
    assert dock.state == states.LIVE


@pytest.mark.parametrize("kind", list(Kind))
def test_the_dialog_makes_a_rule_of_every_kind_and_gives_it_back_unchanged(qtbot, kind):
    for field, _ in FIELDS[kind]:
        level = Decimal("-1.5") if levelled(kind, field) else None
        subject = ("", "") if kind is Kind.PNL else ("kalshi/Y", "Chicago 88–89")
        rule = Rule(
            id="r9", kind=kind, field=field, subject=subject[0], about=subject[1], way=BELOW, level=level, name="mine",
            urgent=True, channels=("telegram",), on=False,
        )  # fmt: skip
        dialog = RuleDialog(rule, SUBJECTS)
        qtbot.addWidget(dialog)
        assert msgspec.structs.replace(dialog.rule(), way=BELOW) == rule
        given = []
        dialog.given.connect(given.append)
        dialog.keep.click()
        assert len(given) == 1


def test_a_subject_that_is_gone_stays_the_rules_own(qtbot):
    dialog = RuleDialog(PRICE, {})
    qtbot.addWidget(dialog)
    assert dialog.rule() == PRICE


def test_a_rule_without_a_level_is_refused_in_place(qtbot):
    dialog = RuleDialog(None, SUBJECTS)
    qtbot.addWidget(dialog)
    given = []
    dialog.given.connect(given.append)
    for words in ("", "forty", "NaN", "1e99"):
        dialog.level.setText(words)
        dialog.keep.click()
    assert given == []
    assert dialog.why.text() == "Price: give a level in c, within a million"
    dialog.level.setText("40,5")
    dialog.keep.click()
    assert given[0].level == Decimal("40.5")


def test_quiet_hours_are_typed_as_times_of_day(qtbot):
    dialog = HoursDialog(Hours(zone="UTC"), ["UTC", "Asia/Tokyo"])
    qtbot.addWidget(dialog)
    given = []
    dialog.given.connect(given.append)
    dialog.starts.setText("25:00")
    dialog.keep.click()
    assert "no time of day" in dialog.why.text()
    dialog.on.click()
    dialog.starts.setText("23:30")
    dialog.zone.setEditText("Asia/Tokyo")
    dialog.keep.click()
    assert given == [Hours(on=True, zone="Asia/Tokyo", starts=23 * 60 + 30, ends=7 * 60)]


def test_times_follow_the_clock_they_are_told_by(qtbot):
    panel = AlarmsPanel()
    qtbot.addWidget(panel)
    panel.render(topics.ALARMS, view())
    times = []
    for hours in (-6, -5):
        panel.render(topics.SPINE, views.spine(utc_offset_hours=hours))
        times.append(panel.history.rows.cell(0, 0).text)
    assert times[0][:2] != times[1][:2]
    assert times[0][2:] == times[1][2:]
