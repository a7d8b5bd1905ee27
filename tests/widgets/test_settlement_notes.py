"""The notes dock: what is typed stays with its market, and is kept when asked."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt

from engine.core.commands import NoteMarket
from engine.core.ids import MarketId
from engine.core.units import Nanos
from engine.views import topics
from tests.widgets import weather_sample as sample
from tests.widgets.docks import shown
from widgets import settlement_notes, states, theme
from widgets.settlement_notes import NotesPanel

T = topics.SETTLEMENTS
FIRST, SECOND = MarketId("M1"), MarketId("M2")
AT = Nanos(1_783_105_200_000_000_000)


def view(**notes):
    given = sample.settlements_view()
    queue = tuple(
        msgspec.structs.replace(one, note=notes[one.market], noted_at=AT) if one.market in notes else one
        for one in given.queue
    )
    return msgspec.structs.replace(given, queue=queue)


@pytest.fixture
def dock(qtbot, qapp):
    theme.install(qapp)
    dock = shown(qtbot, NotesPanel(), 500, 330)
    dock.render(T, view())
    return dock


def test_without_a_line_it_says_what_to_do(dock) -> None:
    assert dock.state == states.EMPTY
    dock.show_market("gone")
    assert dock.state == states.EMPTY
    dock.show_market(FIRST)
    assert dock.state == states.LIVE
    assert dock.words.text == "no note yet"
    assert not dock.keep.isEnabled()
    assert not dock.grab().isNull()


def test_what_is_typed_is_kept_by_button_and_by_key(dock, qtbot) -> None:
    dock.show_market(FIRST)
    heard: list[object] = []
    dock.intent.connect(heard.append)
    qtbot.keyClicks(dock.field, "Asked the office. ")
    assert dock.words.text == "not kept yet"
    qtbot.mouseClick(dock.keep, Qt.MouseButton.LeftButton)
    qtbot.keyClick(dock.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert heard == [NoteMarket(market=FIRST, note="Asked the office.")] * 2
    dock.render(T, view(M1="Asked the office."))
    assert dock.words.text == "kept 2026-07-03 19:00Z"
    assert not dock.keep.isEnabled()


def test_words_not_kept_stay_with_their_market_and_no_view_takes_them_away(dock, qtbot) -> None:
    dock.show_market(FIRST)
    qtbot.keyClicks(dock.field, "half a tho")
    dock.render(T, view(M2="of the second"))
    assert dock.field.toPlainText() == "half a tho"
    dock.show_market(SECOND)
    assert dock.field.toPlainText() == "of the second"
    dock.show_market(FIRST)
    assert dock.field.toPlainText() == "half a tho"
    assert dock.words.text == "not kept yet"


def test_too_long_a_note_is_said_and_not_sent(dock, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(settlement_notes, "LONGEST", 5)
    dock.show_market(FIRST)
    heard: list[object] = []
    dock.intent.connect(heard.append)
    qtbot.keyClicks(dock.field, "longer")
    qtbot.keyClick(dock.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert (dock.words.text, heard) == ("6 characters; a note has at most 5", [])


def test_drafts_are_bounded(dock, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(settlement_notes, "DRAFTS", 1)
    for market in (FIRST, SECOND):
        dock.show_market(market)
        qtbot.keyClicks(dock.field, "x")
    dock.show_market(FIRST)
    assert dock.field.toPlainText() == ""
