"""The station dock: the figure that decides, exact and whole readings, rain, and what is not known."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.core.commands import Ring
from engine.core.ids import StationId
from engine.core.units import HOUR, MINUTE, SECOND, Nanos
from engine.views import topics
from engine.views.station import RainHour, StationRowLine, StationsView
from engine.views.weather import TracePoint
from tests.widgets import views_sample
from tests.widgets import weather_sample as sample
from tests.widgets.account_views import spine
from widgets import states, station_words, theme
from widgets.station_odds import edge_of
from widgets.weather import StationPanel

TOPIC = topics.station("KMDW")


@pytest.fixture
def dock(qtbot, qapp):
    theme.install(qapp)
    dock = StationPanel()
    qtbot.addWidget(dock)
    dock.set_station("KMDW")
    dock.resize(292, 480)
    dock.show()
    return dock


def test_without_a_station_it_asks_for_one(qtbot) -> None:
    dock = StationPanel()
    qtbot.addWidget(dock)
    assert dock.state == states.EMPTY
    assert dock.topics() == frozenset()


def test_another_station_asks_for_another_topic(dock, qtbot) -> None:
    dock.render(TOPIC, sample.station_view())
    with qtbot.waitSignal(dock.retargeted):
        dock.set_station("KORD")
    assert dock.topics() == frozenset({topics.station("KORD"), topics.SPINE})
    assert dock.state == states.LOADING
    dock.render(TOPIC, sample.station_view())
    assert dock.state == states.LOADING


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (sample.station_view(), ("84", "running high", "at least, since 12:54")),
        (sample.station_view(running=None, running_at=None), ("—", "running high", "")),
        (sample.station_view(official=85, official_source="CLI MDW"), ("85", "official high", "CLI MDW")),
        (sample.rain_view(), ("0.13", "accumulated", "routine sum")),
        (sample.rain_view(rain=None), ("—", "accumulated", "")),
        (sample.rain_view(rain=Decimal(0)), ("0.00", "accumulated", "routine sum")),
        (sample.rain_view(unit="kt", gust=31), ("31", "highest gust", "")),
        (sample.rain_view(unit="kt", gust=None), ("—", "highest gust", "")),
    ],
)
def test_the_large_figure_is_what_the_market_asks(view, expected) -> None:
    assert station_words.hero(view) == expected


def rows(**changes):
    return {name: value for name, value, _why in station_words.rows_of(sample.station_view(**changes))}


def test_what_may_still_come_goes_before_what_is_known() -> None:
    shown = rows(hazard_1h=0.891, hazard_3h=0.99999, hazard_day=1e-9, groups=sample.GROUPS)
    assert list(shown)[:3] == ["New high in 1 h · 3 h", "Official above 84", "Groups"]
    assert shown["New high in 1 h · 3 h"] == "89.1 % · > 99.9 %"
    assert shown["Official above 84"] == "< 0.1 %"
    assert shown["Groups"] == "17:53 · 23:53 + 24 h"
    assert rows(official=85, candidates=())["Running high was"] == "84 °F"


def test_a_low_is_told_as_a_low() -> None:
    view = sample.station_view(sign=-1, running=61, hazard_1h=0.1, hazard_3h=0.2, hazard_day=0.3)
    assert station_words.hero(view) == ("61", "running low", "at most, since 12:54")
    assert {"New low in 1 h · 3 h", "Official below 61"} <= {name for name, _, _ in station_words.rows_of(view)}


def test_each_number_says_where_it_is_from(dock) -> None:
    view = sample.station_view(
        groups=sample.GROUPS, notes=(("running high", "84 °F by T group, METAR 12:53 LST, IEM"),)
    )
    dock.render(TOPIC, view)
    told = {name: why for name, _, why in station_words.rows_of(view)}
    assert "6-hour group of 11:53–17:53 LST: exact high of its hours" in told["Groups"]
    assert "T group" in dock.hero.toolTip()
    axes, point = dock.trace.axes(view), view.trace[3]
    assert dock.trace.point_at(round(axes.x(point.at)), round(axes.y(point.value))) == point
    assert dock.trace.point_at(2, 2) is None
    feeds_top = 4 + 18 * len(dock.facts.shown()) + 8
    assert "KMDW 031953Z" in dock.facts.tip_at(feeds_top + 4)
    assert dock.facts.tip_at(feeds_top + 40) == ""


def test_the_state_is_the_stations_own(dock) -> None:
    dock.render(TOPIC, sample.station_view(state="stale", why="No report for 95 minutes"))
    assert (dock.state, dock.why) == (states.STALE, "No report for 95 minutes")


def test_readings_fan_brackets_and_threshold_fit_the_plot(dock) -> None:
    for view in (sample.station_view(), sample.rain_view()):
        dock.render(TOPIC, view)
        axes = dock.trace.axes(view)
        levels = [v for _label, low, high in view.levels for v in (low, high) if v is not None]
        shown = [point.value for point in view.trace] + levels
        shown += [] if view.threshold is None else [view.threshold]
        assert axes.low <= min(shown)
        assert axes.high > max(shown)
        assert axes.start <= view.trace[0].at
        assert axes.end == view.day_to


def test_rain_begins_at_zero(dock) -> None:
    assert dock.trace.axes(sample.rain_view()).low == 0.0


def test_exact_readings_are_discs_and_whole_degrees_are_rings(dock, qapp) -> None:
    view = sample.station_view(running=None, running_at=None, fan=(), levels=())
    dock.render(TOPIC, view)
    qapp.processEvents()
    axes, image = dock.trace.axes(view), dock.trace.grab().toImage()
    look = theme.current()

    def inside(point):
        return image.pixelColor(int(axes.x(point.at)), int(axes.y(point.value)))

    exact, whole = view.trace[3], view.trace[-1]
    assert inside(exact).lightness() > 200
    assert inside(whole).lightness() < inside(exact).lightness()
    assert look.colour("surface.dock").lightness() < 40


def test_nothing_measured_is_drawn_as_nothing(dock) -> None:
    dock.render(TOPIC, sample.station_view(trace=(), fan=(), running=None, running_at=None, last=None, last_at=None))
    assert not dock.grab().isNull()
    assert dock.hero.accessibleName().startswith("running high —")


def test_facts_stand_beside_the_chart_where_there_is_room(dock, qapp) -> None:
    dock.render(TOPIC, sample.station_view())
    qapp.processEvents()
    assert dock.facts.y() > dock.trace.geometry().bottom()
    dock.resize(900, 246)
    qapp.processEvents()
    assert dock.facts.x() > dock.trace.geometry().right()
    assert dock.trace.height() > 100


def test_hostile_words_stay_on_their_line(dock) -> None:
    dock.render(
        TOPIC, sample.station_view(facts=(("<b>x</b>\u202e" * 40, "y\n" * 90),), feeds=(("f" * 300, "?", "z"),))
    )
    assert not dock.grab().isNull()


def test_the_law_covers_what_is_likely_and_what_was_so_far(dock) -> None:
    dock.render(TOPIC, sample.station_view(**sample.LAW))
    shown = dock.odds.degrees()
    assert set(shown) >= {84, 85, 86, 87, 88}
    assert dock.odds.x_of(84) < dock.odds.x_of(85)
    told = dock.odds.tip_at(round(dock.odds.x_of(86.5)))
    assert told.startswith("86 °F: 40.0 %")
    assert "86-87 42.0 % (38.0–47.0)" in told
    assert "dead: running high 84 °F" in dock.odds.tip_at(round(dock.odds.x_of(83.5)))
    dock.render(TOPIC, sample.station_view())
    assert list(dock.odds.degrees()) == []
    assert not dock.grab().isNull()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sign": -1},
        {"official": 85},
        {"levels": (), "threshold": 85.0},
        {"pmf": tuple((d, 0.02) for d in range(50, 100))},
    ],
)
def test_highs_lows_thresholds_and_wide_laws_are_drawn(dock, changes) -> None:
    dock.render(TOPIC, sample.station_view(**(sample.LAW | changes)))
    assert not dock.grab().isNull()
    assert len(dock.odds.degrees()) <= 30


def test_rain_by_the_hour_keeps_a_gap_apart_from_nothing(dock) -> None:
    hours = tuple(
        RainHour(at=Nanos(sample.DAY_FROM + n * HOUR), inches=inches, trace=trace)
        for n, (inches, trace) in enumerate(((0.02, False), (None, False), (0.0, True), (1.21, False)))
    )
    one = sample.outcome(0, "> 2.5 mm", 2.5, None, 0.8, standing="locked", why="1.23 in gathered")
    dock.render(TOPIC, sample.rain_view(rain_hours=hours, outcomes=(one,)))
    assert not dock.grab().isNull()
    assert dock.odds.tip_at(40) == "> 2.5 mm 80.0 % (76.0–85.0), locked: 1.23 in gathered"


def test_a_frequent_feed_is_a_series_of_its_own(dock) -> None:
    often = tuple(
        TracePoint(at=Nanos(sample.NOW - n * 5 * MINUTE), value=82.4, exact=False, said="5 min") for n in range(6)
    )
    view = sample.station_view(often=often, trace=())
    dock.render(TOPIC, view)
    axes = dock.trace.axes(view)
    found = dock.trace.point_at(round(axes.x(often[3].at)), round(axes.y(82.4)))
    assert found is not None
    assert found.said == "5 min"
    assert not dock.grab().isNull()


def test_the_bell_asks_and_shows_only_what_the_engine_says(dock, qtbot) -> None:
    dock.render(TOPIC, sample.station_view(**sample.LAW))
    with qtbot.waitSignal(dock.intent) as asked:
        dock.tools.bell.click()
    assert asked.args == [Ring(station=StationId("KMDW"), on=True)]
    assert not dock.tools.bell.is_on()
    dock.render(TOPIC, sample.station_view(bell=True, **sample.LAW))
    with qtbot.waitSignal(dock.intent) as asked:
        dock.tools.bell.click()
    assert asked.args == [Ring(station=StationId("KMDW"), on=False)]
    dock.render(TOPIC, sample.station_view(levels=()))
    assert not dock.tools.bell.isEnabled()


def test_the_source_is_that_of_the_linked_market(dock, qtbot) -> None:
    dock.render(TOPIC, sample.station_view())
    assert not dock.tools.button.isEnabled()
    dock.render(TOPIC, sample.station_view(market=sample.MARKET, market_title="CHI high"))
    with qtbot.waitSignal(dock.source_wanted) as wanted:
        dock.tools.button.click()
    assert wanted.args == [sample.MARKET]


def test_a_market_turns_the_view_and_not_the_station(dock, qtbot) -> None:
    dock.render(TOPIC, sample.station_view())
    with qtbot.waitSignal(dock.retargeted):
        dock.set_station("KMDW", "kalshi:X")
    assert topics.station("KMDW", "kalshi:X") in dock.topics()
    assert dock.state == states.LIVE
    dock.render(TOPIC, sample.station_view(state="stale"))
    assert dock.state == states.LIVE


def test_a_few_letters_pick_a_station(dock, qtbot) -> None:
    names = (("KMDW", "Chicago Midway", 2), ("KORD", "Chicago O'Hare", 1), ("KDEN", "Denver", 0))
    found = StationsView(
        now=sample.NOW,
        rows=tuple(
            StationRowLine(id=StationId(code), name=name, last="84 °F", last_at=sample.NOW, markets=count)
            for code, name, count in names
        ),
    )
    with qtbot.waitSignal(dock.stations_wanted):
        dock.tools.pick.click()
    dock.show_stations(found)
    picker = dock.picker
    assert [row.id for row in picker.list.rows] == ["KMDW", "KORD", "KDEN"]
    QTest.keyClicks(picker.field, "chic")
    assert [row.id for row in picker.list.rows] == ["KMDW", "KORD"]
    assert picker.matches("kden")[0].name == "Denver"
    assert picker.matches("nowhere") == []
    assert not picker.grab().isNull()
    QTest.keyClick(picker, Qt.Key.Key_Down)
    QTest.keyClick(picker, Qt.Key.Key_Return)
    assert dock.station() == "KORD"
    assert not picker.isVisible()


def test_ages_are_asked_for_again_while_the_clock_runs_on(dock, qtbot, monkeypatch) -> None:
    dock.render(TOPIC, sample.station_view())
    monkeypatch.setattr("widgets.weather._AGAIN_MS", 0)
    with qtbot.waitSignal(dock.retargeted):
        dock.render(topics.SPINE, spine(now=Nanos(sample.NOW + 2 * SECOND)))
    with qtbot.assertNotEmitted(dock.retargeted):
        dock.render(topics.SPINE, spine(now=sample.NOW))


def test_a_low_place_is_not_forced_open(dock) -> None:
    dock.render(TOPIC, sample.station_view(groups=sample.GROUPS, **sample.LAW))
    assert dock.minimumSizeHint().height() < 200
    dock.resize(900, 190)
    assert not dock.grab().isNull()


def test_each_bracket_has_the_better_edge_of_the_linked_markets_books(dock, qtbot) -> None:
    with qtbot.waitSignal(dock.retargeted):
        dock.render(TOPIC, sample.station_view(market=sample.MARKET, **sample.LAW))
    assert topics.board(sample.MARKET) in dock.topics()
    bare = dock.odds.grab().toImage()
    one = views_sample.board().rows[0]
    rows = tuple(
        replace(one, instrument=line.instrument, edge_yes=edge, edge_no=-2.0)
        for line, edge in zip(sample.LAW["outcomes"], (1.0, 3.4, -5.0, None, 0.5, 0.5), strict=True)
    )
    dock.render(topics.board(sample.MARKET), replace(views_sample.board(), market=sample.MARKET, rows=rows))
    assert dock.odds.grab().toImage() != bare
    assert [edge_of(row) for row in rows[1:4]] == [(3.4, "YES"), (-2.0, "NO"), (-2.0, "NO")]
    assert edge_of(replace(one, edge_yes=None, edge_no=None)) is None
    dock.render(topics.board("other"), replace(views_sample.board(), market="other", rows=()))
    assert dock.odds.grab().toImage() != bare
    dock.render(TOPIC, sample.station_view(market=None, **sample.LAW))
    assert topics.board(sample.MARKET) not in dock.topics()


def test_the_day_can_be_seen_from_each_market_of_its_station(dock, qtbot) -> None:
    offered = ((sample.MARKET, "CHI high"), ("kalshi:LOW", "Kalshi <b>low</b> & rain"))
    dock.render(TOPIC, sample.station_view(market=sample.MARKET, market_title="CHI high", markets=offered))
    menu = dock.tools.seen.menu()
    assert [(one.text(), one.isChecked()) for one in menu.actions()] == [
        ("CHI high", True), ("Kalshi <b>low</b> && rain", False),
    ]  # fmt: skip
    with qtbot.waitSignal(dock.selected) as chosen:
        menu.actions()[1].trigger()
    assert chosen.args == ["kalshi:LOW"]
    assert topics.station("KMDW", "kalshi:LOW") in dock.topics()
    dock.set_link(0)
    with qtbot.assertNotEmitted(dock.selected):
        menu.actions()[0].trigger()
    assert topics.station("KMDW", sample.MARKET) in dock.topics()
    menu.deleteLater()


def test_beside_the_hours_of_the_day_stands_nothing_but_lst(dock) -> None:
    view = sample.station_view()
    dock.render(TOPIC, view)
    trace = dock.trace
    image, axes = trace.grab().toImage(), trace.axes(view)
    right = range(axes.plot.right() + 2, trace.width() - 1)
    inks = {image.pixel(x, axes.plot.bottom() + y) for x in right for y in range(4, 15)}
    assert len(inks) == 1, "the name of the clock was cut at the edge"
