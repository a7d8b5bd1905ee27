"""The station dock: the figure that decides, exact and whole readings, rain, and what is not known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.views import topics
from tests.widgets import weather_sample as sample
from widgets import panel, theme, weather
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
    assert dock.state == panel.EMPTY
    assert dock.topics() == frozenset()


def test_another_station_asks_for_another_topic(dock, qtbot) -> None:
    dock.render(TOPIC, sample.station_view())
    with qtbot.waitSignal(dock.retargeted):
        dock.set_station("KORD")
    assert dock.topics() == frozenset({topics.station("KORD")})
    assert dock.state == panel.LOADING
    dock.render(TOPIC, sample.station_view())
    assert dock.state == panel.LOADING


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
    assert weather.hero(view) == expected


def test_what_the_official_high_can_still_be_is_a_fact() -> None:
    assert weather.rows_of(sample.station_view(candidates=(84, 85)))[0] == ("Official high can be", "84 · 85")
    assert weather.rows_of(sample.station_view(official=85, candidates=()))[0] == ("Running high was", "84 °F")


def test_the_state_is_the_stations_own(dock) -> None:
    dock.render(TOPIC, sample.station_view(state="stale", why="No report for 95 minutes"))
    assert (dock.state, dock.why) == (panel.STALE, "No report for 95 minutes")


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
