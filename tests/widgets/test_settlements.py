"""The settlement docks: the queue, its chips and dots, rulings in place, evidence, the chain's lamp."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from PySide6.QtCore import Qt

from engine.core.commands import Resettle, Rule
from engine.core.ids import MarketId
from engine.views import topics
from tests.widgets import weather_sample as sample
from tests.widgets.docks import shown
from widgets import states, theme
from widgets.settlement_rows import short_hash, steps_words, tone_of
from widgets.settlements import ChainPanel, EvidencePanel, SettlementPanel, tally

T = topics.SETTLEMENTS
DISPUTED = MarketId("M2")


def view(**changes):
    given = sample.settlements_view(**changes)
    queue = tuple(
        msgspec.structs.replace(line, outcomes=("84-85", "86-87", "≥ 88")) if line.outcome == "DISPUTED" else line
        for line in given.queue
    )
    return msgspec.structs.replace(given, queue=queue)


@pytest.fixture
def dock(qtbot, qapp):
    theme.install(qapp)
    return shown(qtbot, SettlementPanel(), 760, 560)


def test_every_line_of_the_queue_is_listed(dock) -> None:
    dock.render(T, view())
    texts = [dock.table.rows.cell(row, 3).text for row in range(8)]
    assert texts == ["86-87", "NO", "DISPUTED", "YES", "PROVISIONAL", "WAITING", "OPEN", "VOID"]
    assert dock.count() == 8
    assert not dock.grab().isNull()


def test_unknown_is_a_dash_and_held_money_is_named(dock) -> None:
    dock.render(T, view())
    payouts = [dock.table.rows.cell(row, 6).text for row in range(8)]
    assert payouts == ["+14.76", "−4.70", "held 12.40", "+4.20", "—", "—", "—", "—"]


def test_the_tally_counts_what_stands_where() -> None:
    assert tally(view()) == "2 credited, 1 disputed, 2 waiting, 1 open"


def test_a_clicked_line_tells_its_market(dock, qtbot) -> None:
    dock.render(T, view())
    heard: list[str] = []
    dock.line_chosen.connect(heard.append)
    dock.selected.connect(heard.append)
    spot = dock.table.visualRect(dock.table.rows.index(2, 0)).center()
    qtbot.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert heard == [DISPUTED, DISPUTED]
    assert dock.line().market == DISPUTED
    assert dock.words.isVisible()


def test_a_line_picked_for_the_trader_turns_only_the_evidence(dock) -> None:
    lines: list[str] = []
    dock.line_chosen.connect(lines.append)
    turned: list[object] = []
    dock.selected.connect(turned.append)
    dock.render(T, view())
    dock.choose(DISPUTED)
    assert lines == ["M0", DISPUTED]
    assert turned == []


def test_evidence_of_a_record_can_be_exported_and_of_none_cannot(dock, qtbot) -> None:
    dock.render(T, view())
    dock.choose(DISPUTED)
    with qtbot.waitSignal(dock.export) as heard:
        qtbot.mouseClick(dock.export_button, Qt.MouseButton.LeftButton)
    assert heard.args == [1204]
    dock.choose("M6")
    assert not dock.export_button.isEnabled()


def test_verifying_is_asked_for(dock, qtbot) -> None:
    dock.render(T, view())
    with qtbot.waitSignal(dock.verify):
        qtbot.mouseClick(dock.verify_button, Qt.MouseButton.LeftButton)


def test_a_trader_sees_no_ruling(dock) -> None:
    dock.render(T, view(operator=False))
    dock.choose(DISPUTED)
    assert not dock.rule_button.isVisible()
    assert not dock.again_button.isVisible()


def test_only_disputes_can_be_ruled(dock) -> None:
    dock.render(T, view(operator=True))
    dock.choose("M0")
    assert not dock.rule_button.isEnabled()
    dock.choose(DISPUTED)
    assert dock.rule_button.isEnabled()


def test_a_settlement_that_a_later_report_contests_can_be_ruled_and_not_settled_again(dock) -> None:
    given = view(operator=True)
    first = msgspec.structs.replace(given.queue[0], outcomes=("84-85", "86-87", "≥ 88"))
    dock.render(T, msgspec.structs.replace(given, queue=(first, *given.queue[1:])))
    dock.choose(first.market)
    assert dock.rule_button.isEnabled()
    assert not dock.again_button.isEnabled()


def test_an_operator_settles_again(dock, qtbot) -> None:
    dock.render(T, view(operator=True))
    dock.choose(DISPUTED)
    with qtbot.waitSignal(dock.intent) as heard:
        qtbot.mouseClick(dock.again_button, Qt.MouseButton.LeftButton)
    assert heard.args == [Resettle(market=DISPUTED)]


@pytest.mark.parametrize(("key", "winner"), [("1", 1), ("VOID", None)])
def test_a_ruling_needs_an_outcome_and_a_reason(dock, qtbot, key, winner) -> None:
    dock.render(T, view(operator=True))
    dock.choose(DISPUTED)
    qtbot.mouseClick(dock.rule_button, Qt.MouseButton.LeftButton)
    form = dock.ruling
    assert form.isVisible()
    assert not form.confirm.isEnabled()
    qtbot.keyClicks(form.reason, "gauge of KARR was wrong")
    assert not form.confirm.isEnabled()
    qtbot.mouseClick(form.choice, Qt.MouseButton.LeftButton, pos=form.choice.rect_of(key).center())
    assert form.confirm.isEnabled()
    with qtbot.waitSignal(dock.intent) as heard:
        qtbot.mouseClick(form.confirm, Qt.MouseButton.LeftButton)
    assert heard.args == [Rule(market=DISPUTED, winner=winner, why="gauge of KARR was wrong")]
    assert not form.isVisible()


def test_enter_alone_rules_nothing(dock, qtbot) -> None:
    dock.render(T, view(operator=True))
    dock.choose(DISPUTED)
    dock.rule_button.click()
    with qtbot.assertNotEmitted(dock.intent):
        qtbot.keyClick(dock.ruling.reason, Qt.Key.Key_Return)


def test_the_form_closes_when_another_line_is_picked_or_the_dispute_ends(dock) -> None:
    dock.render(T, view(operator=True))
    dock.choose(DISPUTED)
    dock.rule_button.click()
    dock.choose("M0")
    assert not dock.ruling.isVisible()
    dock.choose(DISPUTED)
    dock.rule_button.click()
    given = view(operator=True)
    over = tuple(msgspec.structs.replace(line, outcome="VOID") for line in given.queue)
    dock.render(T, msgspec.structs.replace(given, queue=over))
    assert not dock.ruling.isVisible()


def test_the_form_keeps_what_is_typed_while_views_come(dock, qtbot) -> None:
    dock.render(T, view(operator=True))
    dock.choose(DISPUTED)
    dock.rule_button.click()
    qtbot.keyClicks(dock.ruling.reason, "why")
    dock.render(T, view(operator=True, count=1205))
    assert dock.ruling.isVisible()
    assert dock.ruling.reason.text() == "why"


def test_an_empty_queue_says_so(dock) -> None:
    assert dock.state == states.LOADING
    dock.render(T, sample.settlements_view(queue=()))
    assert dock.state == states.EMPTY


def test_a_low_dock_keeps_its_rows(dock, qapp) -> None:
    dock.render(T, view())
    dock.resize(900, 220)
    qapp.processEvents()
    assert not dock.words.isVisible()
    assert dock.table.height() > 120


def test_evidence_follows_the_queue(qtbot, qapp) -> None:
    dock = EvidencePanel()
    qtbot.addWidget(dock)
    dock.resize(640, 280)
    dock.show()
    dock.render(T, view())
    assert dock.state == states.EMPTY
    dock.show_market(DISPUTED)
    assert dock.state == states.LIVE
    assert [dock.table.rows.cell(row, 3).text for row in range(3)] == ["28.4", "34.6", "21.3"]
    assert not dock.grab().isNull()
    dock.render(T, sample.settlements_view(queue=()))
    assert dock.state == states.EMPTY


@pytest.mark.parametrize(
    ("chain", "word"), [("verified", "CHAIN VERIFIED"), ("broken", "CHAIN BROKEN"), ("checking", "CHECKING")]
)
def test_the_lamp_says_by_word_and_shape_how_the_chain_is(qtbot, qapp, chain, word) -> None:
    dock = ChainPanel()
    qtbot.addWidget(dock)
    dock.resize(640, 276)
    dock.show()
    dock.render(T, view(chain=chain))
    assert dock.lamp.accessibleName().startswith(word)
    picture = dock.lamp.grab().toImage()
    assert picture.pixelColor(36, 30) != picture.pixelColor(36, 12)
    with qtbot.waitSignal(dock.verify):
        qtbot.mouseClick(dock.button, Qt.MouseButton.LeftButton)


def test_records_are_newest_first_and_say_what_they_supersede(qtbot, qapp) -> None:
    dock = ChainPanel()
    qtbot.addWidget(dock)
    dock.resize(900, 276)
    dock.render(T, view())
    first = [dock.table.rows.cell(0, column).text for column in range(6)]
    assert first[0] == "1204"
    assert first[2].endswith("supersedes 1200")
    assert first[4] == "0000 3039 … 3039"
    with qtbot.waitSignal(dock.export) as heard:
        dock.table.opened.emit(dock.table.rows.row(1), "")
    assert heard.args == [1203]


def test_a_chain_without_records_is_empty_but_a_broken_one_is_shown(qtbot, qapp) -> None:
    dock = ChainPanel()
    qtbot.addWidget(dock)
    dock.render(T, view(records=(), count=0))
    assert dock.state == states.EMPTY
    dock.render(T, view(records=(), count=0, chain="broken"))
    assert dock.state == states.LIVE


def test_the_three_docks_share_one_topic(qtbot, qapp) -> None:
    for dock in (SettlementPanel(), EvidencePanel(), ChainPanel()):
        qtbot.addWidget(dock)
        assert dock.topics() == frozenset({T})


@pytest.mark.parametrize(
    ("steps", "words"), [(0, "—"), (1, "settled"), (2, "sealed"), (3, "credited"), (9, "credited")]
)
def test_steps_in_words(steps, words) -> None:
    assert steps_words(sample.settlement(0, "YES", steps=steps)) == words


def test_outcomes_have_colours_of_their_sides() -> None:
    assert [tone_of(o) for o in ("YES", "NO", "DISPUTED", "86-87")] == ["buy", "sell", "danger", "buy"]


def test_hashes_show_their_ends() -> None:
    assert short_hash("a41d09f2" + "0" * 52 + "77c0") == "a41d … 77c0"
    assert short_hash("short") == "short"


def test_hostile_names_are_drawn_plain(dock) -> None:
    bad = sample.settlement(0, "YES", name="<img src=x>\u202e" * 50, observed="9" * 99, source="\n" * 500,
                            payout=Decimal("1e9"))  # fmt: skip
    dock.render(T, sample.settlements_view(queue=(bad,)))
    assert not dock.grab().isNull()
    assert len(dock.table.rows.cell(0, 2).text) <= 20


def test_the_source_of_a_line_is_asked_for_from_queue_and_evidence(dock, qtbot, qapp) -> None:
    view = sample.settlements_view()
    dock.render(topics.SETTLEMENTS, view)
    with qtbot.waitSignal(dock.source_wanted) as wanted:
        dock.source_button.click()
    assert wanted.args == [view.queue[0].market]
    proof = EvidencePanel()
    qtbot.addWidget(proof)
    proof.render(topics.SETTLEMENTS, view)
    proof.show_market(view.queue[2].market)
    with qtbot.waitSignal(proof.source_wanted) as wanted:
        proof.source_button.click()
    assert wanted.args == [view.queue[2].market]
