"""The hedge dialog: it drafts, shows the basket, and buys only what was answered."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import h3
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.core.contract import Metric, Unit
from engine.core.ids import embedded
from engine.core.units import Leg
from engine.views.hedge import HedgeDone, HedgeDraft, HedgeLeg, HedgeLine, HedgeView
from engine.weather import cells
from tests.widgets.docks import Drafts
from widgets.hedge import MOST_LINES, HedgeDialog, became, facts, results, told
from widgets.hedge_terms import PLACES, Found, Typed, terms, where
from widgets.market_terms import Unfit

LEFT = Qt.MouseButton.LeftButton
CELL = "87265929effffff"
HOSTILE = '<img src="file:///etc/passwd"> <b>free money</b>'


def line(**changes: object) -> HedgeLine:
    whole = HedgeLine(
        instrument=embedded("RAIN", 0),
        market="RAIN",
        title="CHI rain > 2.5 mm",
        cell=CELL,
        leg=Leg.YES,
        km=1.234,
        weight=0.6,
        qty=Decimal(60),
        cost=Decimal("34.10"),
        fee=Decimal("0.68"),
        average=56.83,
        before=50.0,
        after=64.6,
        station="KMDW, 4.8 km",
    )
    return msgspec.structs.replace(whole, **changes)


def view(**changes: object) -> HedgeView:
    whole = HedgeView(
        refused="",
        lines=(line(), line(qty=Decimal(40), cost=Decimal("21.90"), weight=0.4)),
        cells=2,
        cost=Decimal(56),
        fee=Decimal("1.12"),
        total=Decimal("57.12"),
        at_the_touch=Decimal(50),
        pays_all=Decimal(100),
        pays_any=Decimal(40),
        pays_none=Decimal(0),
        notes=("What counts is measured at KMDW, 4.8 km from the cell, not at the place.",),
    )
    return msgspec.structs.replace(whole, **changes)


class Trader:
    """The dialog on screen and what it told."""

    def __init__(self, qtbot) -> None:
        self.qtbot = qtbot
        self.dialog = HedgeDialog()
        self.drafts: Drafts[HedgeDraft] = Drafts()
        self.confirmed: list[HedgeDraft] = []
        self.dialog.draft.connect(self.drafts.append)
        self.dialog.confirmed.connect(self.confirmed.append)
        qtbot.addWidget(self.dialog)
        with qtbot.waitExposed(self.dialog):
            self.dialog.open()
        self.dialog.set_cell(CELL, "Midway")

    def type(self, field, text: str) -> None:
        field.setFocus()
        field.selectAll()
        QTest.keyClick(field, Qt.Key.Key_Delete)
        QTest.keyClicks(field, text)

    def choose(self, segments, key: str) -> None:
        QTest.mouseClick(segments, LEFT, Qt.KeyboardModifier.NoModifier, segments.rect_of(key).center())

    def drafted(self) -> HedgeDraft:
        return self.drafts.newest(self.qtbot, self.dialog.read)

    def said(self, words: str) -> None:
        self.qtbot.waitUntil(lambda: self.dialog.why.text() == words)


@pytest.fixture
def trader(qtbot):
    return Trader(qtbot)


def test_it_is_not_modal(trader) -> None:
    assert trader.dialog.windowModality() is Qt.WindowModality.NonModal


def test_the_maps_cell_and_the_fields_make_a_draft(trader) -> None:
    trader.type(trader.dialog.level, "20")
    trader.type(trader.dialog.loss, "250.5")
    trader.type(trader.dialog.budget, "60")
    trader.choose(trader.dialog.cells, "2")
    trader.choose(trader.dialog.side, "below")
    assert trader.drafted() == HedgeDraft(
        cell=CELL,
        place=None,
        metric=Metric.PRECIPITATION,
        unit=Unit.MM,
        above=False,
        level=Decimal(20),
        loss=Decimal("250.5"),
        budget=Decimal(60),
        most_cells=2,
    )


def test_a_typed_place_is_latitude_and_longitude(trader) -> None:
    trader.type(trader.dialog.place, "41.79, -87.75")
    draft = trader.drafted()
    assert (draft.cell, draft.place) == (None, (41.79, -87.75))


def test_the_metric_decides_the_units(trader) -> None:
    trader.dialog.set_metric(Metric.TEMP_MAX, Unit.CELSIUS)
    draft = trader.drafted()
    assert (draft.metric, draft.unit, trader.dialog.level.unit) == (Metric.TEMP_MAX, Unit.CELSIUS, "°C")
    trader.dialog.set_metric(Metric.WIND_GUST, Unit.CELSIUS)
    assert trader.drafted().unit is Unit.KNOT


def test_nothing_can_be_bought_before_the_answer(trader) -> None:
    trader.drafted()
    assert not trader.dialog.buy.isEnabled()
    assert {value for _, value, _ in facts(trader.dialog.basket.view)} == {"—"}


def test_the_answer_is_shown_and_can_be_bought(trader) -> None:
    draft = trader.drafted()
    trader.dialog.show_view(view())
    shown = {name: value.replace("\u00a0", " ") for name, value, _ in facts(trader.dialog.basket.view)}
    assert shown["You pay, and lose at most"] == "$57.12"
    assert shown["Pays if it happens in every cell"] == "$100.00"
    assert shown["Pays at least if in one cell"] == "$40.00"
    assert shown["Pays if in none"] == "$0.00"
    assert trader.dialog.buy.text() == "Buy basket $57.12"
    assert "not at the place" in trader.dialog.notes.text()
    assert trader.dialog.shown == view()
    QTest.mouseClick(trader.dialog.buy, LEFT)
    assert trader.confirmed == [draft]
    assert trader.dialog.isVisible()  # what each purchase did is shown here
    assert (trader.dialog.buy.text(), trader.dialog.buy.isEnabled()) == ("Buying…", False)


def leg(**changes: object) -> HedgeLeg:
    whole = HedgeLeg(title="CHI rain > 2.5 mm", leg=Leg.YES, qty=Decimal(60), state="bought", bought=Decimal(60),
                     cost=Decimal("34.10"), fee=Decimal("0.68"))  # fmt: skip
    return msgspec.structs.replace(whole, **changes)


def finished(*legs: HedgeLeg, words: str = "The hedge is bought.") -> HedgeDone:
    return HedgeDone(legs=legs, over=True, paid=Decimal("34.78"), pays_all=Decimal(60), words=words)


def test_what_each_purchase_did_takes_the_place_of_the_basket(trader) -> None:
    trader.drafted()
    trader.dialog.show_view(view())
    QTest.mouseClick(trader.dialog.buy, LEFT)
    trader.dialog.show_done(finished(leg(), leg(state="waiting", bought=Decimal(0), cost=None, fee=None)))
    said = trader.dialog.basket.accessibleDescription()
    assert "bought 60, fee $0.68" in said
    assert "sent, not yet confirmed" in said
    assert trader.dialog.notes.text() == "The hedge is bought."
    trader.dialog.basket.grab()


def test_a_hedge_that_stayed_in_part_says_so_as_a_warning(trader) -> None:
    trader.drafted()
    trader.dialog.show_view(view())
    QTest.mouseClick(trader.dialog.buy, LEFT)
    refused = leg(state="refused", why="CASH — " + HOSTILE, bought=Decimal(0), cost=None, fee=None)
    unsent = leg(state="unsent", why="an order before it was not filled")
    trader.dialog.show_done(finished(leg(), refused, unsent, words="The hedge is not complete."))
    assert trader.dialog.why.text() == "The hedge is not complete."
    assert became(refused)[0].startswith("refused: CASH — ")
    assert became(unsent) == ("not sent: an order before it was not filled", "danger.text")
    assert became(leg(state="unsure"))[0] == "outcome not known yet"
    assert results(finished(leg(), refused, unsent))[0][:2] == ("Bought", "1 of 3")
    trader.dialog.basket.grab()


def test_a_change_after_a_purchase_begins_anew(trader) -> None:
    trader.drafted()
    trader.dialog.show_view(view())
    QTest.mouseClick(trader.dialog.buy, LEFT)
    trader.dialog.show_done(finished(leg()))
    trader.choose(trader.dialog.cells, "1")
    assert trader.dialog.basket.done is None
    assert trader.dialog.shown is None
    trader.dialog.show_done(finished(leg()))  # the end of a purchase nobody looks at any more
    assert trader.dialog.basket.done is None


def test_a_refusal_says_why_and_cannot_be_bought(trader) -> None:
    trader.drafted()
    words = "You would be 5 200 shares to one side in this neighbourhood; the limit is 5 000."
    trader.dialog.show_view(view(refused=words, cost=None, fee=None, total=None, lines=(line(), line(cost=None))))
    assert trader.dialog.why.text() == words
    QTest.mouseClick(trader.dialog.buy, LEFT)
    assert trader.confirmed == []


def test_a_change_forgets_the_answer(trader) -> None:
    trader.drafted()
    trader.dialog.show_view(view())
    trader.choose(trader.dialog.cells, "1")
    assert not trader.dialog.buy.isEnabled()
    assert trader.dialog.buy.text() == "Buy basket"
    trader.dialog.show_view(view())  # an answer to the draft before
    assert not trader.dialog.buy.isEnabled()


def test_it_can_be_asked_again_while_prices_move(trader) -> None:
    draft = trader.drafted()
    trader.dialog.refresh()
    assert trader.drafts[-2:] == [draft, draft]


def test_what_cannot_be_read_says_why_in_place(trader) -> None:
    trader.type(trader.dialog.loss, "much")
    trader.said("the loss must be a number")
    assert trader.dialog.loss.wrong
    trader.type(trader.dialog.loss, "100")
    trader.type(trader.dialog.place, "Chicago")
    trader.said(PLACES)
    assert trader.dialog.place.wrong


def test_without_a_place_it_asks_for_one(trader) -> None:
    trader.type(trader.dialog.place, "")
    trader.said("pick a cell on the map, or type latitude and longitude")
    assert not trader.dialog.place.wrong


def test_hostile_titles_are_plain_text_and_many_lines_stay_in_the_picture(trader) -> None:
    trader.drafted()
    hostile = line(title=HOSTILE * 20, station=HOSTILE * 20)
    trader.dialog.show_view(view(lines=(hostile,) * 30, notes=(HOSTILE,), refused=HOSTILE))
    assert trader.dialog.notes.textFormat() is Qt.TextFormat.PlainText
    assert "<img" not in trader.dialog.why.toolTip()
    assert len(trader.dialog.basket.view.lines) > MOST_LINES
    trader.dialog.basket.grab()  # paints without a complaint
    assert all(len(words) < 160 for words in told(hostile))


def test_a_purchase_says_its_price_distance_and_station() -> None:
    what, rests = told(line())
    assert what == "60 YES · CHI rain > 2.5 mm"
    assert rests.replace("\u00a0", " ") == "60 % · 1.2 km · KMDW, 4.8 km · 56.83 c, 50.0 to 64.6 c"
    assert told(line(average=None, after=None))[1].endswith("· —")


def typed(**changes: object) -> Typed:
    given = {
        "place": CELL,
        "metric": Metric.SNOW,
        "unit": Unit.INCH,
        "above": True,
        "level": "",
        "loss": "1",
        "budget": "",
        "most_cells": 3,
    } | changes
    return Typed(**given)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("place", "91, 0", "latitude goes from -90 to 90"),
        ("place", "1, x", "a coordinate must be a number"),
        ("loss", "0", "the loss must be above 0"),
        ("loss", "9999999999", "at most a billion"),
        ("loss", "NaN", "the loss must be a number"),
        ("loss", "1e5", "the loss must be a number"),
        ("budget", "-5", "the budget must be above 0"),
        ("level", "１２", "the level must be a number"),
    ],
)
def test_each_field_is_refused_by_name(field: str, text: str, words: str) -> None:
    with pytest.raises(Unfit, match=words) as refused:
        terms(typed(**{field: text}))
    assert refused.value.field == field


@given(st.text(max_size=30), st.sampled_from(["place", "loss", "budget", "level"]))
def test_any_text_is_a_draft_or_unfit(text: str, field: str) -> None:
    with suppress(Unfit):
        assert isinstance(terms(typed(**{field: text})), HedgeDraft)


def test_names_are_looked_up_and_numbers_are_not() -> None:
    known = {"KMDW": Found(None, (41.79, -87.75), "Chicago Midway (KMDW)"), "rain > 5, ORD": Found(CELL, None, "rain")}

    def find(text: str) -> Found | str:
        return known.get(text, f"“{text}” is not known here")

    assert where(" KMDW ", find) == known["KMDW"]
    assert where("rain > 5, ORD", find) == known["rain > 5, ORD"]
    assert where("41.5, −87.5", find).place == (41.5, -87.5)
    with pytest.raises(Unfit, match="“Atlantis” is not known here"):
        where("Atlantis", find)
    with pytest.raises(Unfit, match="latitude goes"):
        where("95, 3", find)


def test_cells_of_other_sizes_are_a_markets_cell_or_their_centre() -> None:
    coarse, fine = h3.cell_to_parent(CELL, 6), h3.cell_to_center_child(CELL, 9)
    assert where(coarse).place == cells.center(coarse)
    assert where(fine).cell == CELL
    assert where(CELL) == Found(CELL, None, CELL)
    with pytest.raises(Unfit, match="is no H3 cell"):
        where("8" * 15)
