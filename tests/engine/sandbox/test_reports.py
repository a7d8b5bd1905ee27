"""What the stations say is what the sky did, read back by the parser that reads real reports."""

from __future__ import annotations

from itertools import islice

import pytest

from engine.core.reading import ReportKind
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.sandbox import day, reports, sky
from engine.weather import climate_day, metar
from engine.weather.climate_day import fahrenheit

TODAY, _ = divmod(sky.minute_of(day.START) - 360, sky.DAY_MINUTES)
SEEDS = range(4)


@pytest.fixture(scope="module", params=SEEDS)
def weather(request, world):
    return world(request.param)[0]


def said(found, later=0):
    first = found.midnight(TODAY + later)
    return [event for hour in range(24) for event in reports.hour(found, first + 60 * hour)]


def by_station(found, later=0):
    spoken = {row.id: [] for row in found.region.stations}
    for event in said(found, later):
        spoken[event.reading.station].append(event.reading)
    return spoken


def test_each_report_carries_the_exact_degrees_of_its_minute(weather) -> None:
    for found in weather:
        index = {row.id: i for i, row in enumerate(found.region.stations)}
        for event in said(found):
            truth, column = found.at(event.reading.measured_at // MINUTE)
            seen = truth.fahrenheit[index[event.reading.station], column]
            assert fahrenheit(event.reading.temp_tenths_c) == seen
            assert seen in climate_day.fahrenheit_set(event.reading.temp_whole_c)


def test_a_report_reads_back_from_its_own_text(weather) -> None:
    for event in said(weather[0]):
        told = event.reading
        assert metar.parse(told.raw, told.measured_at, source="DEMO") == told
        assert told.source == "DEMO"


def test_routine_reports_come_each_hour_at_the_stations_minute(weather) -> None:
    for found in weather:
        for row in found.region.stations:
            minutes = [r.measured_at // MINUTE % 60 for r in by_station(found)[row.id] if r.kind is ReportKind.ROUTINE]
            assert set(minutes) == {row.routine_minute}
            assert len(minutes) >= 23


def test_one_report_a_day_is_lost_and_never_one_of_a_market(weather) -> None:
    chicago = by_station(weather[0])
    routine = {name: sum(r.kind is ReportKind.ROUTINE for r in told) for name, told in chicago.items()}
    assert sum(24 - count for count in routine.values()) == 1
    assert all(routine[name] == 24 for name in ("KMDW", "KORD", "KPWK"))


def test_rain_of_routine_reports_adds_up_to_the_gauge(weather) -> None:
    found = weather[0]
    for index, row in enumerate(found.region.stations[:3]):
        told = [r for r in by_station(found)[row.id] if r.kind is ReportKind.ROUTINE]
        total = sum(r.precip_hundredths_in for r in told)
        first, last = (told[i].measured_at // MINUTE for i in (0, -1))
        assert total == found.tips(index, first - 60, last)
        assert not any(r.precip_missing for r in told)


def test_a_special_repeats_what_fell_since_the_last_routine_report(world) -> None:
    found = world(1)[0][0]
    specials = [e.reading for e in said(found) if e.reading.kind is ReportKind.SPECIAL]
    assert specials
    for special in specials:
        following = next(
            r for r in by_station(found)[special.station]
            if r.kind is ReportKind.ROUTINE and r.measured_at > special.measured_at
        )  # fmt: skip
        assert special.precip_hundredths_in is not None
        assert special.precip_hundredths_in <= following.precip_hundredths_in


def test_the_midnight_group_and_the_climate_report_give_the_days_high(weather) -> None:
    for found in weather:
        told = by_station(found)[found.region.home.id]
        opens, closes = (sky.nanos_of(found.midnight(TODAY + step)) for step in (0, 1))
        official = reports.climate(found, TODAY)
        high = climate_day.high([*told, official.reading], opens, closes)
        truth = int(found.truth(TODAY).fahrenheit[0].max())
        assert (high.midnight, high.climate, high.official) == (truth, truth, truth)
        assert high.bound <= truth
        assert official.at > closes == official.reading.measured_at


def test_the_running_bound_never_exceeds_the_high(weather) -> None:
    for found in weather:
        opens, closes = (sky.nanos_of(found.midnight(TODAY + step)) for step in (0, 1))
        for index, told in enumerate(by_station(found).values()):
            truth = found.truth(TODAY).fahrenheit[index]
            for known in range(1, len(told) + 1):
                assert climate_day.high(told[:known], opens, closes).bound <= truth.max()
                assert climate_day.low(told[:known], opens, closes).bound >= truth.min()


def test_reports_arrive_in_order_soon_after_they_are_made(weather) -> None:
    arrived = list(islice(reports.observations(weather, day.START), 600))
    assert [e.at for e in arrived] == sorted(e.at for e in arrived)
    fresh = [e for e in arrived if e.at > day.START]
    assert all(30 * 10**9 <= e.at - e.reading.measured_at < 4 * MINUTE for e in fresh)


def test_what_was_reported_before_the_start_is_there_at_the_start(weather) -> None:
    arrived = list(islice(reports.observations(weather, day.START), 300))
    early = [e.reading for e in arrived if e.at == day.START]
    home = [r for r in early if r.station == "KMDW" and r.kind is ReportKind.ROUTINE]
    assert [r.measured_at // HOUR % 24 for r in home][-13:] == [*range(6, 19)]
    assert all(r.measured_at <= day.START for r in early)
    assert all(day.START - r.measured_at < DAY for r in early)


def test_the_faulty_station_says_that_it_needs_a_check(weather) -> None:
    told = by_station(weather[0])
    assert all(r.raw.endswith(" $") for r in told["KPWK"])
    assert not any(r.raw.endswith(" $") for r in told["KORD"])


def test_a_climate_report_says_that_it_is_simulated(weather) -> None:
    for found in weather:
        told = reports.climate(found, TODAY).reading
        assert told.kind is ReportKind.CLIMATE
        assert "SIMULATED" in told.raw
        assert told.high_f >= told.low_f
        assert f"MAXIMUM      {told.high_f:6d}" in told.raw


def test_climate_reports_follow_day_by_day(weather) -> None:
    first, second = islice(reports.climates(weather[0], day.START), 2)
    assert second.reading.measured_at - first.reading.measured_at == DAY
    assert first.at >= Nanos(day.START)
