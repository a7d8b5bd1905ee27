"""The sheet from source to price: foreign words stay plain, reports say if they count, outcomes have their edge."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.core.ids import InstrumentId, MarketId, StationId
from engine.core.units import HOUR, SECOND, Nanos
from engine.views import topics
from engine.views.station import EvidenceLine, RainHour, SourceView, StationLine
from tests.widgets import views_sample
from tests.widgets import weather_sample as sample
from tests.widgets.account_views import spine
from widgets import source_rows, source_sheet, theme
from widgets.source_sheet import SourceSheet
from widgets.tables import Cell

KEY = MarketId("kalshi:KXHIGHCHI-26JUL03")
LOCKED = sample.outcome(0, "> 1 mm", 1, None, 1.0, standing="locked", why="0.5 in gathered")
HOSTILE = "<b>YES</b>\u202e if <img src=x>\x07\nsecond line"


def evidence(n: int, **changes: object) -> EvidenceLine:
    given = EvidenceLine(
        at=Nanos(sample.NOW - n * HOUR), station=StationId("KMDW"), kind="METAR", provider="IEM", value="84 °F",
        says="T group", counts=True, corrected=False, raw="METAR KMDW 031953Z T02890222",
    )  # fmt: skip
    return replace(given, **changes)


def source(**changes: object) -> SourceView:
    outcomes = tuple(
        replace(one, instrument=InstrumentId(one.instrument.venue, f"{n}"))
        for n, one in enumerate(sample.LAW["outcomes"])
    )
    given = SourceView(
        market=KEY, title="Chicago Jul 3", venue="Kalshi", status="open", now=sample.NOW, opens=sample.DAY_FROM,
        closes=Nanos(sample.DAY_FROM + 24 * HOUR), trading_ends=Nanos(sample.NOW + 10 * HOUR), utc_offset_hours=-6,
        unit="°F", question="The highest temperature at KMDW", measured="The climate day",
        rules=tuple((one.label, f"{HOSTILE} {one.label}") for one in outcomes), source="The Weather Company",
        source_note="As its rules name it.", tier="",
        stations=(StationLine(id=StationId("KMDW"), name="Chicago Midway", lat=41.786, lon=-87.752, km="", weight=""),),
        fee="taker 0.07·p·(1−p)", extreme=sample.extreme(), over=False, outcomes=outcomes, pmf=sample.LAW["pmf"],
        quantiles=(84.4, 86.5, 88.5), run="HRRR 18Z", run_at=sample.NOW, groups=sample.GROUPS,
        inputs=sample.station_view().inputs, evidence=(evidence(0), evidence(1, counts=False, says="6-hour group")),
        evidence_count=2,
    )  # fmt: skip
    return replace(given, **changes)


@pytest.fixture
def sheet(qtbot, qapp):
    theme.install(qapp)
    sheet = SourceSheet()
    qtbot.addWidget(sheet)
    sheet.set_market(KEY)
    sheet.show()
    return sheet


def test_it_asks_for_its_market_and_its_books(sheet, qtbot) -> None:
    assert sheet.topics() == frozenset({topics.source(KEY), topics.board(KEY), topics.SPINE})
    with qtbot.waitSignal(sheet.retargeted):
        sheet.set_market("other")
    sheet.render(topics.source(KEY), source())
    assert sheet.question.text() == ""
    assert SourceSheet().topics() == frozenset()


def test_nothing_of_the_market_before_stands_under_another(sheet) -> None:
    sheet.render(topics.source(KEY), source())
    assert sheet.evidence.rows.rowCount()
    sheet.set_market("kalshi:KXHIGHNY-26JUL03")
    assert (sheet.question.text(), sheet.measured.text(), sheet.verbatim.toPlainText()) == ("", "", "")
    assert not any(part.isVisible() for part in (sheet.whose, sheet.verbatim, sheet.note, sheet.odds, sheet.sofar))
    assert (sheet.evidence.rows.rowCount(), sheet.prices.rows.rowCount()) == (0, 0)
    assert "Chicago" not in sheet.windowTitle() + sheet.settles.accessibleDescription()
    assert not sheet.grab().isNull()


def test_the_venues_text_is_shown_plain_and_whole(sheet) -> None:
    sheet.render(topics.source(KEY), source())
    shown = sheet.verbatim.toPlainText()
    assert shown.startswith("<b>YES</b>")
    assert "<img src=x>" in shown
    assert "\u202e" not in shown
    assert shown.count("\n") == 1
    assert sheet.verbatim.isReadOnly()
    assert source_sheet.block("x\n" * 9_000).count("\n") < source_sheet.LINES_ROOM
    assert sheet.whose.text() == "Kalshi's own words, ≤ 83"


def test_the_chosen_outcome_has_its_own_text(sheet) -> None:
    view = source()
    sheet.render(topics.source(KEY), view)
    sheet.set_market(KEY, view.outcomes[2].instrument)
    assert sheet.whose.text().endswith("86-87")
    sheet._choose(view.outcomes[3].instrument)
    assert sheet.verbatim.toPlainText().endswith("88-89")


def test_a_contract_without_foreign_text_shows_none(sheet) -> None:
    sheet.render(topics.source(KEY), source(rules=()))
    assert not sheet.verbatim.isVisible()
    assert not sheet.whose.isVisible()


def test_who_settles_where_and_when() -> None:
    rows = dict(source_rows.settles(source(tier="A: a station within 5 km")))
    assert rows["Settled by"] == "The Weather Company"
    assert rows["KMDW"] == "Chicago Midway · 41.7860, −87.7520"
    assert rows["Window"] == "03 Jul 00:00 – 04 Jul 00:00 LST"
    unknown = dict(source_rows.settles(source(source="", opens=None, closes=None, trading_ends=None, fee="")))
    assert {unknown[name] for name in ("Settled by", "Window", "Trading ends", "Fee")} == {"—"}


def test_reports_say_what_counts_and_how_old_they_are(sheet) -> None:
    sheet.render(topics.source(KEY), source())
    rows = sheet.evidence.rows
    text = [[rows.cell(n, c).text for c in range(rows.columnCount())] for n in range(rows.rowCount())]
    assert text[0] == ["13:32", "KMDW", "METAR", "84 °F", "T group", "IEM", "0 ms"]
    assert text[1][4] == "6-hour group: not counted"
    assert "T02890222" in rows.cell(0, 4).tip
    assert sheet.counted.text() == "Evidence so far · 2 lines"


def test_readings_in_a_row_are_one_line_with_their_span() -> None:
    line = evidence(0, kind="5 min", times=7, since=Nanos(sample.NOW - HOUR), corrected=True)
    shown = source_rows.Shown(line, sample.NOW, -6)
    assert [column.show(shown).text for column in source_rows.EVIDENCE][:3] == ["12:32–13:32", "KMDW", "5 min ×7 COR"]


def test_outcomes_have_their_books_beside_what_they_are_worth(sheet) -> None:
    view = source()
    board = views_sample.board()
    rows = tuple(replace(board.rows[0], instrument=one.instrument, bid=4_200, ask=4_400, edge_yes=1.5, edge_no=None)
                 for one in view.outcomes)  # fmt: skip
    sheet.render(topics.board(KEY), replace(board, market=KEY, rows=rows))
    sheet.render(topics.source(KEY), view)
    table = sheet.prices.rows
    text = [table.cell(1, c).text for c in range(table.columnCount())]
    assert text == ["84-85", "holds it now", "45.0", "41.0–50.0", "45.0", "42", "44", "+1.50", "—"]
    assert table.cell(0, 1).text == "dead: running high 84 °F"
    assert source_rows._edge(12.6) == Cell("+12.60", "text.dim", tip="Too good to be true until checked")
    assert source_rows._edge(7.9).colour == "profit"


def test_a_market_that_is_not_read_still_has_its_books(sheet) -> None:
    board = views_sample.board()
    sheet.render(topics.source(KEY), source(outcomes=(), pmf=(), extreme=None, evidence=(), evidence_count=0))
    sheet.render(topics.board(KEY), replace(board, market=KEY))
    assert sheet.prices.rows.rowCount() == len(board.rows)
    assert not sheet.odds.isVisible()
    assert not sheet.sofar.isVisible()
    assert sheet.prices.rows.cell(0, 1).text == "—"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "T group, METAR 12:53 LST, IEM. So far it can be 84 or 85, or higher between reports."
             " Groups still to come: 17:53 · 23:53 + 24 h."),
        ({"extreme": sample.extreme(capped=True), "groups": ()}, "nothing beyond that was."),
        ({"extreme": sample.extreme(bound=None)}, "No report of its window yet."),
        ({"extreme": sample.extreme(official=85, named=("85 °F by climate report",))}, "85 °F by climate report"),
        ({"extreme": None, "outcomes": (LOCKED,)}, "> 1 mm is locked: 0.5 in gathered"),
        ({"extreme": None, "outcomes": ()}, ""),
    ],
)  # fmt: skip
def test_what_the_reports_say_so_far_is_one_sentence(changes, words) -> None:
    assert source_rows.so_far(source(**changes)).endswith(words)


def test_rain_is_drawn_by_the_hour(sheet) -> None:
    one = sample.outcome(0, "> 2.5 mm", 2.5, None, 0.8)
    hours = (RainHour(at=sample.NOW, inches=0.04, trace=False),)
    sheet.render(topics.source(KEY), source(unit="mm", outcomes=(one,), pmf=(), extreme=None, rain_hours=hours))
    assert sheet.odds.isVisible()
    assert not sheet.grab().isNull()


def test_ages_are_asked_for_again(sheet, qtbot, monkeypatch) -> None:
    sheet.render(topics.source(KEY), source())
    monkeypatch.setattr("widgets.source_sheet._AGAIN_MS", 0)
    with qtbot.waitSignal(sheet.retargeted):
        sheet.render(topics.SPINE, spine(now=Nanos(sample.NOW + 2 * SECOND)))


def test_it_is_painted_and_closed_by_its_button(sheet, qapp) -> None:
    sheet.render(topics.source(KEY), source())
    qapp.processEvents()
    assert not sheet.grab().isNull()
    sheet.close_button.click()
    assert not sheet.isVisible()


@pytest.mark.parametrize(
    ("ends", "words"),
    [(sample.NOW + HOUR, "1:00:00 left"), (sample.NOW, "trading is over"), (sample.NOW - HOUR, "trading is over"),
     (None, "— left")],
)  # fmt: skip
def test_its_head_says_that_trading_is_over(sheet, qapp, monkeypatch, ends, words) -> None:
    said = []
    drawn = source_sheet.paint.text
    monkeypatch.setattr(source_sheet.paint, "text", lambda *a, **k: said.append(a[2]) or drawn(*a, **k))
    sheet.render(topics.source(KEY), source(status="closed", trading_ends=ends))
    sheet.grab()
    assert f"closed · {words}" in said


def test_inputs_end_with_what_the_model_leans_on() -> None:
    rows = source_rows.inputs(source())
    assert rows[0][0] == "METAR KMDW"
    assert rows[-1] == ("p10 · p50 · p90, HRRR 18Z", "live", "84.4 · 86.5 · 88.5 °F")
    assert source_rows.inputs(source(quantiles=None, inputs=())) == ()
