from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from engine.core.events import StationForecast
from engine.core.ids import FamilyId, StationId
from engine.core.instrument import Strike
from engine.core.reading import HourQuantiles, Reading, ReportKind
from engine.core.source_terms import SourceKind, SourceTerms
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.views import topics
from engine.views.station import StationsView
from engine.views.weather import StationView
from tests.engine.kernel.desk import DAY_OPENS, MIDWAY, OPENS, Desk, climate, gust, high, hours, rain, report
from tests.engine.kernel.project import venue_day


@pytest.fixture
def desk() -> Desk:
    return Desk()


def station(desk: Desk, code: str = MIDWAY) -> StationView:
    found = desk.kernel.view(topics.station(code))
    assert isinstance(found, StationView)
    return found


def forecast(desk: Desk) -> None:
    told = tuple(HourQuantiles(valid_at=Nanos(OPENS + n * HOUR), p10=80, p50=82 + n, p90=86) for n in range(4))
    desk.do(StationForecast(at=desk.at, station=MIDWAY, run="TEST 18Z", hours=told))


def test_a_station_nobody_heard_of_waits_and_an_unknown_one_is_none(desk: Desk) -> None:
    view = station(desk)
    assert (view.state, view.unit, view.trace) == ("loading", "°F", ())
    assert (view.last, view.running, view.rain, view.gust) == (None,) * 4
    assert desk.kernel.view(topics.station("KXXX")) is None


def test_a_day_of_temperatures_is_what_a_station_shows_by_itself(desk: Desk) -> None:
    desk.list(high())
    desk.list(rain())
    forecast(desk)
    desk.observe([report(Nanos(OPENS + n * 10 * MINUTE), temp_tenths_c=270 + 5 * n) for n in range(4)])
    view = station(desk)
    assert (view.unit, view.running, view.last, view.state) == ("°F", 83, 83.0, "live")
    assert (view.day_from, view.day_to) == (DAY_OPENS, DAY_OPENS + DAY)
    assert [level[1:] for level in view.levels] == [(b.low, b.high) for b in high().brackets]
    assert len(view.fan) == 4
    assert view.rate == pytest.approx((83 - 81) / 0.5)


def test_the_official_value_comes_with_its_source(desk: Desk) -> None:
    desk.run(Nanos(DAY_OPENS + DAY - MINUTE))
    desk.observe([climate(91)])
    assert (station(desk).official, station(desk).official_source) == (91, "CLI")


def test_a_gauge_that_settles_a_rain_market_shows_what_gathered_in_inches(desk: Desk) -> None:
    desk.list(rain())
    forecast(desk)
    desk.observe([report(Nanos(OPENS - HOUR), precip_hundredths_in=50), *hours(2, 5)])
    view = station(desk)
    assert (view.unit, view.rain, view.threshold) == ("in", Decimal("0.07"), pytest.approx(0.0984, abs=1e-4))
    assert [p.value for p in view.trace] == [0.02, 0.07]
    assert (view.fan, view.levels, view.running, view.official) == ((), (), None, None)
    assert dict(view.facts)["Threshold"] == "2.5 mm = 0.098 in"
    assert dict(view.facts)["Window"] == "12:00 – 15:00 LST"
    assert view.rain > Decimal(repr(view.trace[0].value))


def test_a_special_report_adds_to_the_hour_that_is_open(desk: Desk) -> None:
    desk.list(rain())
    special = report(Nanos(OPENS + 70 * MINUTE), precip_hundredths_in=3)
    desk.observe([*hours(2), replace(special, kind=ReportKind.SPECIAL)])
    assert [p.value for p in station(desk).trace] == [0.02, 0.05]


def test_a_mast_that_settles_a_gust_market_shows_the_strongest_wind(desk: Desk) -> None:
    desk.list(gust())
    gusts = enumerate((None, 22, 31))
    desk.observe([report(Nanos(OPENS + n * 20 * MINUTE), wind_kt=8 + n, gust_kt=knots) for n, knots in gusts])
    view = station(desk)
    assert (view.unit, view.gust, view.threshold) == ("kt", 31, 25.0)
    assert [p.value for p in view.trace] == [8.0, 22.0, 31.0]
    assert view.fan == ()


def test_a_silent_station_ages(desk: Desk) -> None:
    desk.observe([report(desk.at)])
    moods = []
    for minutes in (1, 66, 5):
        desk.run(Nanos(desk.at + minutes * MINUTE))
        moods.append(station(desk).state)
    assert moods == ["live", "ageing", "stale"]
    assert "No report for" in station(desk).why


def test_only_the_deciding_station_of_a_market_takes_its_look(desk: Desk) -> None:
    desk.list(rain())
    assert station(desk, StationId("KORD")).unit == "°F"


def f(whole: int) -> int:
    return ((whole - 32) * 100 + 9) // 18


def at_hour(hour: float, **values: Any) -> Reading:
    return report(Nanos(int(DAY_OPENS + hour * HOUR)), **values)


def test_a_venues_family_gives_the_day_its_brackets_dead_holding_and_open(desk: Desk) -> None:
    venue_day.listed(desk)
    forecast(desk)
    desk.observe([at_hour(11.88, temp_tenths_c=f(82))])
    view = station(desk)
    assert (view.market, view.market_title) == (venue_day.FAMILY, "Kalshi Chicago Jul 3 high")
    assert [level[0] for level in view.levels] == ["≤ 79", "80–81", "82–83", "≥ 84"]
    assert [(one.standing, one.why) for one in view.outcomes] == [
        ("dead", "running high 82 °F"), ("dead", "running high 82 °F"), ("holds", ""), ("open", ""),
    ]  # fmt: skip
    assert sum(one.model for one in view.outcomes) == pytest.approx(1.0)  # type: ignore[misc]


def test_a_venues_family_that_goes_by_readings_has_no_bracket_dead_or_won_by_an_extreme(desk: Desk) -> None:
    venue_day.listed(desk)
    terms = SourceTerms(kind=SourceKind.TIME_SERIES, station=MIDWAY, measure="high")
    desk.state.families[venue_day.FAMILY] = replace(desk.state.families[venue_day.FAMILY], terms=terms)
    desk.observe([at_hour(11.88, temp_tenths_c=f(82), max6_tenths_c=f(86))])
    assert {(one.standing, one.why) for one in station(desk).outcomes} == {("", "")}


def test_the_law_is_the_one_that_prices_the_brackets(desk: Desk) -> None:
    venue_day.listed(desk)
    forecast(desk)
    desk.observe([at_hour(11.88, temp_tenths_c=f(80))])
    view = station(desk)
    for one in view.outcomes:
        inside = [p for d, p in view.pmf if (one.low is None or d >= one.low) and (one.high is None or d <= one.high)]
        assert one.model == pytest.approx(sum(inside), abs=0.01)
    assert view.hazard_day == pytest.approx(sum(p for d, p in view.pmf if d > 80), abs=0.005)
    assert view.hazard_1h is not None
    assert view.hazard_3h is not None
    assert 0.0 <= view.hazard_1h <= view.hazard_3h <= view.hazard_day


def test_a_day_without_reports_has_the_forecasts_law_and_no_hazard(desk: Desk) -> None:
    venue_day.listed(desk)
    forecast(desk)
    view = station(desk)
    assert view.pmf
    assert sum(p for _, p in view.pmf) == pytest.approx(1.0, abs=0.01)
    assert (view.hazard_1h, view.hazard_3h, view.hazard_day) == (None, None, None)


def test_the_market_named_is_the_one_it_is_seen_from_if_the_station_decides_it(desk: Desk) -> None:
    desk.list(high())
    low = FamilyId("kalshi:KXLOWTCHI-26JUL03")
    venue_day.listed(desk)
    venue_day.listed(desk, low, title="Lowest temperature in Chicago on Jul 3, 2026?", group="Weather · low")
    desk.observe([at_hour(5.88, temp_tenths_c=f(80)), at_hour(6.88, temp_tenths_c=f(85))])
    assert station(desk).market == "HIGH"
    assert station(desk).markets == (
        ("HIGH", high().title), (venue_day.FAMILY, "Kalshi Chicago Jul 3 high"), (low, "Kalshi Chicago Jul 3 low"),
    )  # fmt: skip
    seen = desk.kernel.view(topics.station(MIDWAY, low))
    assert isinstance(seen, StationView)
    assert (seen.market, seen.sign, seen.running) == (low, -1, 80)
    assert [one.standing for one in seen.outcomes] == ["open", "holds", "dead", "dead"]
    assert seen.other is not None
    assert (seen.other.sign, seen.other.bound) == (1, 85)
    for elsewhere in ("RAIN", "kalshi:NONE"):
        other = desk.kernel.view(topics.station(MIDWAY, elsewhere))
        assert isinstance(other, StationView)
        assert other.market == "HIGH"


def test_an_hours_temperature_is_not_taken_for_a_days(desk: Desk) -> None:
    venue_day.listed(desk, title="Temperature in Chicago at 3pm?", group="Weather · hourly")
    assert station(desk).market is None


def test_a_venues_rain_is_seen_as_rain(desk: Desk) -> None:
    family = FamilyId("kalshi:KXRAINCHI-26JUL03")
    one = replace(venue_day.members(family)[0], strike=Strike(low=1, unit="0.01 in"))
    venue_day.listed(
        desk, family, (one,), title="Will it rain in Chicago?", group="Weather · rain", unit="0.01 in",
        exclusive=False, exhaustive=False,
    )  # fmt: skip
    desk.observe([at_hour(1.88, precip_hundredths_in=0, trace=True)])
    view = station(desk)
    assert (view.unit, view.threshold, view.rain) == ("in", 0.0, Decimal(0))
    assert [(o.label, o.standing) for o in view.outcomes] == [("> 0 in", "open")]
    desk.observe([at_hour(2.88, precip_hundredths_in=2)])
    view = station(desk)
    assert [(o.standing, o.why) for o in view.outcomes] == [("locked", "0.02 in gathered")]
    assert [hour.inches for hour in view.rain_hours] == [0.0, 0.02]


def test_a_market_of_tomorrow_shows_tomorrow(desk: Desk) -> None:
    venue_day.listed(desk, closes=Nanos(venue_day.CLOSES + DAY))
    desk.observe([at_hour(11.88, temp_tenths_c=f(90))])
    view = station(desk)
    assert (view.day_from, view.running, view.trace) == (DAY_OPENS + DAY, None, ())
    assert {one.standing for one in view.outcomes} == {"open"}


def test_frequent_readings_are_apart_and_never_exact(desk: Desk) -> None:
    often = [
        replace(at_hour(11 + n / 12, temp_tenths_c=None, temp_whole_c=27), kind=ReportKind.FIVE_MINUTE, source="SYN")
        for n in range(3)
    ]
    desk.observe([at_hour(10.88, temp_tenths_c=f(80)), *often])
    view = station(desk)
    assert (len(view.trace), len(view.often)) == (1, 3)
    assert {point.exact for point in view.often} == {False}
    assert view.often[0].said == "5 min 11:00 LST, SYN: 27 °C, which is 80 or 81 °F"
    assert (view.running, view.candidates) == (80, (80, 81))
    assert [(line.name, line.provider) for line in view.inputs] == [("METAR KMDW", "IEM"), ("5-min obs", "SYN")]
    assert view.extreme is not None
    assert view.extreme.by == "80 °F by T group, METAR 10:52 LST, IEM"


def test_flags_say_what_is_wrong_with_the_reports(desk: Desk) -> None:
    good = at_hour(9.88)
    bad = replace(
        at_hour(10.88, temp_tenths_c=None, temp_whole_c=22, precip_hundredths_in=None, precip_missing=True),
        raw="METAR KMDW 031653Z 22/ RMK AO2 PNO $", corrected=True,
    )  # fmt: skip
    desk.observe([good])
    assert station(desk).flags == ()
    desk.observe([bad])
    flags = dict(station(desk).flags)
    assert list(flags) == ["$", "whole °C", "COR", "PNO"]
    assert flags["whole °C"].endswith("22 °C is 71 or 72 °F")


def test_groups_to_come_say_what_they_can_tell(desk: Desk) -> None:
    desk.observe([at_hour(11.88, temp_tenths_c=f(82))])
    found = station(desk).groups
    assert [(g.hours, g.tells) for g in found] == [
        (6, "exact high of its hours: the day's is 82 or more"),
        (6, "exact high of its hours"),
        (24, "names the official high"),
    ]


def test_a_day_that_ended_waits_for_no_group_and_locks_what_is_named(desk: Desk) -> None:
    desk.list(high())
    desk.run(Nanos(DAY_OPENS + DAY + HOUR))
    desk.observe([at_hour(23.88, temp_tenths_c=f(70), max24_tenths_c=f(82), min24_tenths_c=f(60)), climate(82)])
    seen = desk.kernel.view(topics.station(MIDWAY, "HIGH"))
    assert isinstance(seen, StationView)
    assert (seen.over, seen.groups, seen.hazard_1h) == (True, (), None)
    assert sorted(one.standing for one in seen.outcomes) == ["dead", "dead", "dead", "locked"]
    assert seen.extreme is not None
    assert seen.extreme.named == (
        "82 °F by 24-hour group, METAR 23:52 LST, IEM",
        "82 °F by climate report, CLI 00:00 LST, CLI",
    )


def test_the_list_of_stations_begins_with_those_that_decide_something(desk: Desk) -> None:
    desk.observe([report(desk.at, StationId("KORD"), temp_tenths_c=None, temp_whole_c=22)])
    view = desk.kernel.view(topics.STATIONS)
    assert isinstance(view, StationsView)
    assert [(row.id, row.last, row.markets) for row in view.rows] == [("KORD", "71 or 72 °F", 0), ("KMDW", "—", 0)]
    venue_day.listed(desk)
    view = desk.kernel.view(topics.STATIONS)
    assert isinstance(view, StationsView)
    assert [(row.id, row.markets) for row in view.rows] == [("KMDW", 1), ("KORD", 0)]


def test_who_settles_is_named_in_short(desk: Desk) -> None:
    assert "Settles by" not in dict(station(desk).facts)
    desk.list(high())
    assert dict(station(desk).facts)["Settles by"] == "CLI, else 24 h group"
    venue_day.listed(desk)
    seen = desk.kernel.view(topics.station(MIDWAY, venue_day.FAMILY))
    assert isinstance(seen, StationView)
    assert dict(seen.facts)["Settles by"] == "The Weather Company"
    venue_day.listed(
        desk, terms=SourceTerms(kind=SourceKind.CLIMATE_REPORT, station="KMDW", product="CLIMDW", measure="high")
    )
    seen = desk.kernel.view(topics.station(MIDWAY, venue_day.FAMILY))
    assert isinstance(seen, StationView)
    assert dict(seen.facts)["Settles by"] == "NWS CLIMDW"
    assert "The model is of" not in dict(seen.facts)
    hourly = SourceTerms(kind=SourceKind.TIME_SERIES, station="KMDW", measure="high")
    venue_day.listed(desk, terms=hourly)
    seen = desk.kernel.view(topics.station(MIDWAY, venue_day.FAMILY))
    assert isinstance(seen, StationView)
    assert dict(seen.facts)["Settles by"] == "weather.gov series"
    assert dict(seen.facts)["The model is of"] == "the official value"
