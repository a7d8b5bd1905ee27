"""Journal dock: what rows say, what nobody knows, whose scorecard, and notes that reach the engine as one command."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from engine.core.commands import Annotate
from engine.views import topics
from tests.widgets import account_views
from tests.widgets.journal_views import card, line, view
from widgets.journal import JournalPanel

UNKNOWN = line(
    2, fair=None, edge=None, average=None, book_age_s=None, report_age_s=None, later=None, line=None, won=None,
    result=None, brier=None,
)  # fmt: skip


@pytest.fixture
def panel(qtbot):
    panel = JournalPanel()
    qtbot.addWidget(panel)
    panel.resize(1_500, 400)
    panel.render(topics.SPINE, account_views.spine())
    tagged = card("#metar", brier=None, brier_market=None, skill=None, line=-0.7, fee_share=None, result=None, bins=())
    panel.render(topics.JOURNAL, view(line(1, tags=("metar",), note="why"), UNKNOWN, cards=(card(), tagged)))
    panel.show()
    return panel


def cells(panel, key):
    at = [column.key for column in panel.table.rows.columns].index(key)
    return [panel.table.rows.cell(row, at) for row in range(panel.table.rows.rowCount())]


def test_what_a_row_says_and_what_nobody_knows_is_a_dash(panel) -> None:
    said = {key: [cell.text for cell in cells(panel, key)] for key in (
        "price", "fair", "edge", "book", "report", "line", "later", "won", "result", "tags", "note",
    )}  # fmt: skip
    assert said == {
        "price": ["42.8", "43.0"], "fair": ["46.8", "—"], "edge": ["+3.4", "—"], "book": ["0.4 s", "—"],
        "report": ["14 m", "—"], "line": ["+1.4", "—"], "later": ["+0.6", "—"], "won": ["yes", "—"],
        "result": ["+5.55", "—"], "tags": ["metar", "—"], "note": ["why", "—"],
    }  # fmt: skip
    assert cells(panel, "line")[0].colour == "profit"


def test_the_scorecard_is_of_all_or_of_the_tag_that_was_chosen(panel) -> None:
    assert {name: text for name, text, _ in panel.card.figures()}["Skill vs market"] == "+5.1 %"
    panel.whose.setCurrentText("#metar")
    figures = {name: (text, tone) for name, text, tone in panel.card.figures()}
    assert figures["Brier, model"][0] == "—"
    assert figures["Skill vs market"] == ("—", "text.dim")
    assert figures["CLV, mean"] == ("−0.7 c", "loss")
    panel.render(topics.JOURNAL, view(line(1), cards=(card(), card("#metar", line=2.0), card("ladder"))))
    assert panel.whose.currentText() == "#metar", "new cards do not change what was chosen"
    assert {name: text for name, text, _ in panel.card.figures()}["CLV, mean"] == "+2.0 c"
    panel.grab()


def test_enter_sends_note_and_tags_of_the_chosen_order_and_typing_survives_news(qtbot, panel) -> None:
    panel.table.select("o-000001")
    assert (panel.note.note.text(), panel.note.tags.text()) == ("why", "metar")
    panel.note.note.setFocus()
    panel.note.note.clear()
    qtbot.keyClicks(panel.note.note, "Book thin above 35.")
    panel.render(topics.JOURNAL, view(line(1, note="why"), UNKNOWN))
    assert panel.note.note.text() == "Book thin above 35."
    panel.note.tags.setText("thin, #jump")
    with qtbot.waitSignal(panel.intent) as told:
        qtbot.keyClick(panel.note.note, Qt.Key.Key_Return)
    assert told.args == [Annotate(order=line(1).order, note="Book thin above 35.", tags=("thin", "jump"))]


def test_a_note_that_was_typed_is_kept_when_another_order_is_chosen(qtbot, panel) -> None:
    asked = []
    panel.intent.connect(asked.append)
    panel.table.select(line(1).order)
    panel.note.note.selectAll()
    qtbot.keyClicks(panel.note.note, "Chased it")
    panel.table.select(UNKNOWN.order)
    assert asked == [Annotate(order=line(1).order, note="Chased it", tags=("metar",))]
    assert panel.note.note.text() == ""
    panel.table.select(line(1).order)
    assert len(asked) == 1


def test_without_an_order_there_is_a_sentence_and_nothing_to_write_to(panel) -> None:
    panel.render(topics.JOURNAL, view())
    assert panel.state == "empty"
    assert not panel.note.isEnabled()
    panel.render(topics.JOURNAL, view(line(1)))
    assert panel.state == "live"


def test_a_choice_turns_the_linked_docks(qtbot, panel) -> None:
    with qtbot.waitSignal(panel.selected) as told:
        panel.table.select("o-000001")
    assert told.args == [line(1).instrument]


def test_tags_that_were_typed_stay_while_the_note_is_written(qtbot, panel) -> None:
    panel.activateWindow()
    panel.table.select(panel.table.rows.row(1).order)
    panel.note.tags.setFocus()
    qtbot.keyClicks(panel.note.tags, "fog")
    panel.note.note.setFocus()
    qtbot.waitUntil(panel.note.note.hasFocus)
    panel.render(topics.JOURNAL, view(line(1), UNKNOWN, cards=(card(),)))
    assert panel.note.tags.text() == "fog"
    asked = []
    panel.intent.connect(asked.append)
    qtbot.keyClicks(panel.note.note, "it lifted late")
    qtbot.keyClick(panel.note.note, Qt.Key.Key_Return)
    assert [(one.note, one.tags) for one in asked] == [("it lifted late", ("fog",))]
