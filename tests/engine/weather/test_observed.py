from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.weather import climate_day, observed
from engine.weather.observed import Observed, settled
from tests.engine.weather import katl

MIDWAY = StationId("KMDW")
OPENS, CLOSES = climate_day.window(date(2026, 7, 3), -6)


def at(hour: int, minute: int = 53, **fields: object) -> Reading:
    when = Nanos(OPENS + hour * HOUR + minute * MINUTE)
    stated = {"kind": ReportKind.ROUTINE, "source": "METAR", "raw": "", **fields}
    return Reading(station=MIDWAY, measured_at=when, **stated)  # type: ignore[arg-type] # fields of a reading by name


def special(hour: int, minute: int, **fields: object) -> Reading:
    return at(hour, minute, kind=ReportKind.SPECIAL, **fields)


def test_a_report_is_news_once() -> None:
    store = Observed()
    assert store.add(at(3, temp_tenths_c=200))
    assert not store.add(at(3, temp_tenths_c=200))


def test_the_last_report_of_a_time_holds() -> None:
    store = Observed()
    store.add(at(3, temp_tenths_c=200))
    assert store.add(at(3, temp_tenths_c=210))
    assert [r.temp_tenths_c for r in store.readings(MIDWAY, OPENS, CLOSES)] == [210]


def test_a_correction_is_replaced_by_a_correction_only() -> None:
    store = Observed()
    store.add(at(3, temp_tenths_c=210, corrected=True))
    assert not store.add(at(3, temp_tenths_c=200))
    assert store.add(at(3, temp_tenths_c=220, corrected=True))
    assert store.high(MIDWAY, OPENS, CLOSES).bound == 72


def test_a_special_beside_a_routine_report_keeps_both() -> None:
    assert len(settled([at(3), special(3, 53)])) == 2


HOURS = st.lists(st.tuples(st.integers(0, 23), st.integers(100, 300), st.booleans()), max_size=30)


@given(HOURS)
def test_the_store_and_the_sequence_agree(reports: list[tuple[int, int, bool]]) -> None:
    readings = [at(hour, temp_tenths_c=tenths, corrected=corrected) for hour, tenths, corrected in reports]
    store = Observed()
    for reading in readings:
        store.add(reading)
    assert store.readings(MIDWAY, OPENS, CLOSES) == settled(readings)


@given(st.lists(st.tuples(st.integers(0, 23), st.integers(-100, 400), st.integers(0, 50)), max_size=20))
def test_what_a_window_came_to_is_asked_again_after_every_report(reports) -> None:
    seen, opens, closes = Observed(), OPENS, CLOSES
    for number, (hour, tenths, wind) in enumerate(reports):
        seen.add(at(hour, temp_tenths_c=tenths, wind_kt=wind, precip_hundredths_in=wind))
        if number % 5 == 4:
            seen.forget(Nanos(opens + hour * HOUR))
        held = seen.readings(MIDWAY, opens, closes)
        for _ in range(2):
            assert seen.high(MIDWAY, opens, closes) == climate_day.high(held, opens, closes)
            assert seen.low(MIDWAY, opens, closes) == climate_day.low(held, opens, closes)
            assert seen.rain(MIDWAY, opens, closes) == observed.rain(held, opens, closes)
            assert seen.gust(MIDWAY, opens, closes) == observed.gust(held, opens, closes)


def test_a_window_holds_its_reports_and_those_that_close_its_day() -> None:
    store = Observed()
    for reading in (at(-1), at(0), at(23), at(24, 0, kind=ReportKind.CLIMATE, high_f=88), at(24)):
        store.add(reading)
    assert len(store.readings(MIDWAY, OPENS, CLOSES)) == 3
    assert store.high(MIDWAY, OPENS, CLOSES).official == 88


def test_the_latest_is_a_report_not_the_days_summary() -> None:
    store = Observed()
    assert store.latest(MIDWAY) is None
    store.add(at(23))
    store.add(at(24, 0, kind=ReportKind.CLIMATE))
    assert store.latest(MIDWAY) == at(23)
    assert store.stations() == (MIDWAY,)


def test_what_is_forgotten_is_gone() -> None:
    store = Observed()
    store.add(at(3))
    store.add(at(4))
    store.forget(at(4).measured_at)
    assert store.readings(MIDWAY, OPENS, CLOSES) == (at(4),)


def test_rain_counts_each_clock_hour_once_and_specials_not_at_all() -> None:
    reports = [
        at(3, precip_hundredths_in=5),
        special(3, 20, precip_hundredths_in=9),
        at(4, 52, precip_hundredths_in=7),
        at(4, precip_hundredths_in=7),
    ]
    assert observed.rain(reports, OPENS, CLOSES).total == 12


def test_the_open_hour_is_the_most_since_the_last_routine_report() -> None:
    reports = [at(3, precip_hundredths_in=5), special(4, 20, precip_hundredths_in=9), special(4, 30)]
    found = observed.rain(reports, OPENS, CLOSES)
    assert (found.total, found.open_hour) == (5, 9)


def test_a_gap_is_counted_and_a_trace_is_kept_apart_from_zero() -> None:
    found = observed.rain([at(3, precip_missing=True), at(4, precip_hundredths_in=0, trace=True)], OPENS, CLOSES)
    assert (found.total, found.gaps, found.trace) == (0, 1, True)


def test_no_gauge_is_no_rain_known() -> None:
    assert observed.rain([at(3)], OPENS, CLOSES).total is None


def test_a_peak_before_the_window_does_not_count() -> None:
    before = Nanos(OPENS - MINUTE)
    assert observed.gust([at(0, wind_kt=12, peak_wind_kt=40, peak_wind_at=before)], OPENS, CLOSES) == 12
    assert observed.gust([at(0, wind_kt=12, gust_kt=20, peak_wind_kt=40)], OPENS, CLOSES) == 40


def test_snowfall_is_the_climate_reports_else_the_six_hour_groups() -> None:
    groups = [at(5, snow_tenths_in=40), at(11, snow_tenths_in=10), at(17, snow_tenths_in=5)]
    assert observed.snowfall(groups, OPENS, CLOSES) == 15  # the first began before the day
    official = at(24, 0, kind=ReportKind.CLIMATE, snow_tenths_in=21)
    assert observed.snowfall([*groups, official], OPENS, CLOSES) == 21
    assert observed.snowfall([at(5)], OPENS, CLOSES) is None


def test_coverage_counts_hours_with_a_routine_report() -> None:
    found = observed.coverage([at(0), at(1), at(1, 52), special(2, 10)], OPENS, CLOSES, lambda _: True)
    assert (found.reports, found.expected) == (2, 24)
    assert found.share == pytest.approx(2 / 24)


def test_real_rain_of_routine_groups_is_within_a_hundredth_on_22_of_24_wet_days() -> None:
    wet = [day for day in katl.days() if day.rain_in not in ("0", "T", "")]
    off = [
        abs((observed.rain(settled(d.readings), d.opens, d.closes).total or 0) - round(float(d.rain_in) * 100))
        for d in wet
    ]
    assert (len(off), sum(error <= 1 for error in off)) == (24, 22)


def test_real_days_have_every_routine_report() -> None:
    shares = [
        observed.coverage(d.readings, d.opens, d.closes, lambda r: r.temp_tenths_c is not None).share
        for d in katl.days()
    ]
    assert min(shares) >= 0.90


def test_a_relayed_report_gives_way_and_makes_nothing_certain() -> None:
    held = Observed()
    opens, closes = climate_day.window(date(2026, 7, 3), -6)
    at = Nanos(opens + 14 * HOUR)

    def five(source: str, whole_c: int) -> Reading:
        kind = ReportKind.FIVE_MINUTE
        return Reading(station=MIDWAY, measured_at=at, kind=kind, source=source, raw=source, temp_whole_c=whole_c)

    relayed, own, other = five("VC", 31), five("IEM", 30), five("NWS", 29)
    assert held.add(relayed)
    assert held.high(MIDWAY, opens, closes).bound is None
    assert (held.latest(MIDWAY), held.relayed(MIDWAY)) == (None, relayed)
    assert [held.add(one) for one in (own, relayed, other)] == [True, False, True]  # the other is kept against it
    assert held.heard(MIDWAY, opens, closes) == (own, other, relayed)
    assert held.high(MIDWAY, opens, closes).bound == 86
    assert (held.latest(MIDWAY), held.relayed(MIDWAY)) == (own, None)


TOLD = ("IEM", "AWC", "NWS", "METAR")
WORDS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(TOLD), st.none() | st.integers(100, 300), st.booleans()),
    max_size=12,
    unique_by=lambda word: (word[0], word[1], word[3]),
)


@given(WORDS, st.randoms())
def test_which_of_several_sources_holds_does_not_depend_on_who_came_first(words, order) -> None:
    readings = [
        at(hour, source=source, temp_tenths_c=tenths, corrected=corrected) for hour, source, tenths, corrected in words
    ]
    mixed = list(readings)
    order.shuffle(mixed)
    one, other = Observed(), Observed()
    for mine, theirs in zip(readings, mixed, strict=True):
        one.add(mine)
        other.add(theirs)
    assert one.readings(MIDWAY, OPENS, CLOSES) == other.readings(MIDWAY, OPENS, CLOSES) == settled(mixed)
    assert one.heard(MIDWAY, OPENS, CLOSES) == other.heard(MIDWAY, OPENS, CLOSES)
    assert observed.witnessed(readings) == observed.witnessed(mixed)


def test_of_two_sources_the_one_that_states_more_holds_then_the_one_with_the_report_verbatim() -> None:
    cut, whole = at(3, source="IEM"), at(3, source="NWS", temp_tenths_c=200)
    assert settled([cut, whole]) == settled([whole, cut]) == (whole,)
    iem = at(3, source="IEM", temp_tenths_c=210)
    assert settled([iem, whole]) == settled([whole, iem]) == (iem,)
    assert observed.witnessed([iem, whole, at(4)]) == ((iem, (whole,)), (at(4), ()))
    corrected = at(3, source="NWS", temp_tenths_c=200, corrected=True)
    assert observed.witnessed([iem, corrected]) == ((corrected, ()),)
