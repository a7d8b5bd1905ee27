"""What a settlement rests on: lines of its stations, the rule, how far they lie apart, and the record."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QApplication

from engine.core.ids import MarketId, StationId
from engine.core.units import HOUR, Nanos
from engine.views import topics
from engine.views.station import StationLine
from tests.widgets import weather_sample as sample
from tests.widgets.docks import shown
from tests.widgets.test_source_sheet import LOCKED, evidence, source
from widgets import theme
from widgets.evidence import AXIS, HEAD, LEAST, series, strike
from widgets.settlement_rows import stations_of
from widgets.settlements import EvidencePanel

MARKET = MarketId("M2")
PLACES = tuple(
    StationLine(id=StationId(code), name=code, lat=None, lon=None, km="4", weight="0.5") for code in ("KMDW", "KORD")
)


def rain(**changes):
    """A window of six hours with three reports of one station, two of another, and one from before it."""
    opens = Nanos(sample.NOW - 6 * HOUR)
    told = [("KMDW", 1, 2.0), ("KMDW", 2, 0.5), ("KMDW", 4, 1.0), ("KORD", 2, 3.0), ("KORD", 5, None), ("KMDW", 7, 9.0)]
    lines = tuple(evidence(n, station=StationId(code), number=mm) for code, n, mm in told)
    given = source(
        market=MARKET, opens=opens, closes=sample.NOW, unit="mm", evidence=lines, evidence_count=len(lines),
        stations=PLACES, outcomes=(LOCKED,),
    )  # fmt: skip
    return replace(given, **changes)


@pytest.fixture
def dock(qtbot, qapp):
    theme.install(qapp)
    dock = shown(qtbot, EvidencePanel(), 640, 560)
    dock.render(topics.SETTLEMENTS, sample.settlements_view())
    dock.show_market(MARKET)
    return dock


def test_rain_is_summed_from_the_beginning_of_the_window() -> None:
    first, second = series(rain())
    assert (first.station, [value for _, value in first.points]) == ("KMDW", [1.0, 1.5, 3.5])
    assert (second.station, [value for _, value in second.points]) == ("KORD", [3.0])
    assert [at for at, _ in first.points] == sorted(at for at, _ in first.points)


def test_a_temperature_stands_as_reported_and_brackets_have_no_strike() -> None:
    warm = rain(unit="°F", outcomes=source().outcomes)
    assert [value for _, value in series(warm)[0].points] == [1.0, 0.5, 2.0]
    assert strike(warm) is None
    assert strike(rain()) == 1
    assert series(rain(opens=None)) == ()


def test_the_dock_asks_for_the_source_of_its_market_and_takes_no_others(dock, qtbot) -> None:
    assert dock.topics() == frozenset({topics.SETTLEMENTS, topics.source(MARKET)})
    dock.render(topics.source(MARKET), replace(rain(), market=MarketId("other")))
    assert dock.chart.lines == ()
    empty = dock.chart.grab().toImage()
    dock.render(topics.source(MARKET), rain())
    assert [one.station for one in dock.chart.lines] == ["KMDW", "KORD"]
    assert dock.chart.grab().toImage() != empty
    with qtbot.waitSignal(dock.retargeted):
        dock.show_market(MarketId("M0"))
    assert dock.chart.view is None


def test_words_say_rule_reports_spread_and_record(dock) -> None:
    dock.render(topics.source(MARKET), rain(question="YES if more\u202e than <b>1</b> mm fell"))
    said = dict(dock.words.rows)
    assert "\u202e" not in dock.words.rule
    assert said["Reports"] == "6 of 6 count"
    assert said["Spread"] == "—"
    assert said["Comes to"] == "28.1 mm · DISPUTED"
    assert said["Record"].startswith("1204 · ")
    assert not dock.grab().isNull()


def test_stations_stand_beside_what_all_come_to() -> None:
    line = next(one for one in sample.settlements_view().queue if one.market == MARKET)
    told = replace(line, apart=(0.01, 0.23, -0.24), spread="47% of their mean apart, 20% allowed")
    *rows, total = stations_of(told)
    assert [one.apart for one in rows] == [0.01, 0.23, -0.24]
    assert all(one.share for one in rows)
    assert (total.value, total.note) == ("28.1 mm", "47% of their mean apart, 20% allowed")
    assert len(stations_of(line)) == 3, "nothing is summed up where nothing is known"


def test_the_table_writes_shares_in_percent_and_degrees_as_they_are(dock) -> None:
    given = sample.settlements_view()
    queue = tuple(replace(one, apart=(0.01, 0.23, None)) if one.market == MARKET else one for one in given.queue)
    dock.render(topics.SETTLEMENTS, replace(given, queue=queue))
    at = next(n for n, one in enumerate(dock.table.rows.columns) if one.key == "apart")
    assert [dock.table.rows.cell(n, at).text for n in range(4)] == ["+1 %", "+23 %", "—", ""]


def test_the_reports_are_drawn_on_a_small_screen_too(dock) -> None:
    dock.resize(520, 352)
    QApplication.processEvents()
    assert dock.chart.height() - HEAD - 4 - AXIS >= LEAST
