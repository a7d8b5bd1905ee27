"""The operator's dialog: it drafts, shows the answer, and confirms only what was answered."""

from __future__ import annotations

import pytest
from msgspec import UNSET
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.core.contract import Metric, Unit
from engine.core.units import HOUR
from engine.maths import inventory
from engine.views.market import MarketDraft
from tests.widgets import views_sample as sample
from tests.widgets.docks import Drafts
from widgets.create_market import CreateMarketDialog, facts, kinds

LEFT = Qt.MouseButton.LeftButton
CELL = "87265929effffff"


class Operator:
    """The dialog on screen and what it told."""

    def __init__(self, qtbot):
        self.qtbot = qtbot
        self.dialog = CreateMarketDialog()
        self.drafts: Drafts[MarketDraft] = Drafts()
        self.confirmed: list[MarketDraft] = []
        self.dialog.draft.connect(self.drafts.append)
        self.dialog.confirmed.connect(self.confirmed.append)
        qtbot.addWidget(self.dialog)
        self.dialog.set_clock(sample.NOW, -6)
        with qtbot.waitExposed(self.dialog):
            self.dialog.open()
        self.dialog.set_cell(CELL, "Midway")
        self.type(self.dialog.levels, "84-85, 86-87")

    def type(self, field, text):
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)

    def choose(self, segments, key):
        QTest.mouseClick(segments, LEFT, Qt.KeyboardModifier.NoModifier, segments.rect_of(key).center())

    def drafted(self):
        return self.drafts.newest(self.qtbot, self.dialog.read)

    def said(self, words):
        self.qtbot.waitUntil(lambda: self.dialog.why.text() == words)


@pytest.fixture
def operator(qtbot):
    return Operator(qtbot)


def test_it_is_not_modal(operator) -> None:
    assert operator.dialog.windowModality() is Qt.WindowModality.NonModal


def test_the_fields_make_a_draft(operator) -> None:
    draft = operator.drafted()
    assert (draft.cell, draft.metric, draft.unit) == (CELL, Metric.TEMP_MAX, Unit.FAHRENHEIT)
    assert [b.label for b in draft.brackets] == ["≤ 83", "84–85", "86–87", "≥ 88"]
    assert draft.closes - draft.opens == 24 * HOUR
    assert draft.opens > sample.NOW
    assert (draft.b, draft.prior) == (None, None)


def test_nothing_can_be_confirmed_before_the_answer(operator) -> None:
    operator.drafted()
    assert not operator.dialog.confirm.isEnabled()
    assert all("—" in value for _, value, _ in facts(operator.dialog.consequences.view))


def test_the_answer_is_shown_and_can_be_confirmed(operator) -> None:
    draft = operator.drafted()
    operator.dialog.show_preview(sample.subsidy())
    shown = {name: value.replace("\u00a0", " ") for name, value, _ in facts(operator.dialog.consequences.view)}
    assert shown["Liquidity b"] == "43.2 shares"
    assert shown["Worst-case subsidy"] == "$77.40"
    assert shown["All subsidies"] == "$812.55 of $2 000.00"
    assert "KMDW decides" in operator.dialog.rule.text()
    QTest.mouseClick(operator.dialog.confirm, LEFT)
    assert operator.confirmed == [draft]
    assert not operator.dialog.isVisible()


def test_a_refusal_names_the_nearest_station_and_cannot_be_confirmed(operator) -> None:
    operator.drafted()
    words = "No station within 40 km: the nearest is KGYY, 46.2 km away."
    operator.dialog.show_preview(sample.subsidy(refused=words))
    assert operator.dialog.why.text() == words
    QTest.mouseClick(operator.dialog.confirm, LEFT)
    assert operator.confirmed == []


def test_a_sum_over_the_limit_cannot_be_confirmed(operator) -> None:
    operator.drafted()
    operator.dialog.show_preview(sample.subsidy(subsidies_after=sample.money(2001)))
    assert not operator.dialog.confirm.isEnabled()
    assert "would pass its limit" in operator.dialog.why.text()


def test_a_change_forgets_the_answer(operator) -> None:
    operator.drafted()
    operator.dialog.show_preview(sample.subsidy())
    operator.choose(operator.dialog.prior, "even")
    assert not operator.dialog.confirm.isEnabled()
    assert operator.drafted().prior == ()


def test_an_answer_without_a_draft_is_dropped(operator) -> None:
    operator.dialog.changed()  # a slow machine has drafted by now
    operator.dialog.show_preview(sample.subsidy())
    assert operator.dialog.consequences.view is None


def test_liquidity_by_hand(operator) -> None:
    assert not operator.dialog.b.isEnabled()
    operator.choose(operator.dialog.liquidity, "manual")
    assert operator.drafted().b == 100.0


def test_what_cannot_be_read_says_why_in_place(operator) -> None:
    operator.type(operator.dialog.levels, "84-85, 88-89")
    operator.said("85 is followed by 88: ranges must meet, without gap or overlap")
    assert operator.dialog.levels.wrong
    operator.type(operator.dialog.hours, "0")
    operator.type(operator.dialog.levels, "84-85")
    operator.said("the window must last 1 to 336 hours")
    assert operator.dialog.hours.wrong


def test_without_a_cell_it_asks_for_one(operator) -> None:
    operator.dialog.set_cell(None)
    operator.said("pick a cell on the map first")


def test_the_metric_decides_the_units(operator) -> None:
    operator.dialog.measured.setCurrentIndex(operator.dialog.measured.findData(Metric.PRECIPITATION))
    operator.choose(operator.dialog.kind, "threshold")
    operator.type(operator.dialog.levels, "25")
    draft = operator.drafted()
    assert (draft.metric, draft.unit, draft.threshold, draft.brackets) == (Metric.PRECIPITATION, Unit.MM, 25, ())


def test_who_settles_is_chosen_and_drafted(operator) -> None:
    operator.dialog.settles.setCurrentIndex(2)
    assert operator.drafted().sources.least == 2
    operator.dialog.settles.setCurrentIndex(0)
    operator.qtbot.waitUntil(lambda: operator.drafts[-1].sources is UNSET)


def test_phase_and_marchetype_go_with_the_draft(operator) -> None:
    first = operator.drafted()
    assert (first.phase, first.kind) == (1, "")
    operator.choose(operator.dialog.phase, "2")
    operator.choose(operator.dialog.known, "high")
    operator.choose(operator.dialog.ends, "anytime")
    found = operator.drafted()
    assert (found.phase, found.kind) == (2, "a3")


def test_all_six_marchetypes_are_shown_and_the_chosen_one_is_marked() -> None:
    rows = kinds(sample.subsidy(), "e2")
    assert [name.split()[0] for name, _, _ in rows] == ["a1", "a2", "a3", "e1", "e2", "e3"]
    assert [chosen for _, _, chosen in rows] == [False, False, False, False, True, False]
    price = max(price for _, price in sample.subsidy().prices)
    alone, crowd = (
        inventory.structure(price, many, beta=1.0, alpha=1.5, reference=50.0).factor for many in (0.0, 50.0)
    )
    assert rows[4][1] == f"β 1.00  α 1.5  λ {alone:.2f} → {crowd:.2f} at  50"
    assert alone > crowd
    assert all("λ — → — at" in shown for _, shown, _ in kinds(None, ""))


def test_a_chosen_day_stays_when_the_cell_lies_in_another_zone(operator) -> None:
    operator.dialog.day.setCurrentIndex(3)
    before = operator.drafted()
    operator.dialog.set_clock(sample.NOW, -5)
    after = operator.drafted()
    assert after.opens == before.opens - HOUR
    assert operator.dialog.day.currentIndex() == 3
