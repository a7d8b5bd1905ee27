from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.contract import Bracket, Metric, Unit, Verdict
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, Nanos
from engine.oracle.resolve import provisional, resolve
from engine.weather.climate_day import tenths_celsius
from engine.weather.observed import settled
from tests.engine.oracle.cases import CLOSES, MIDWAY, OHARE, OPENS, at, contract, day, rain, station
from tests.engine.weather import katl

TWO = (station(MIDWAY, weight="0.5"), station(OHARE, weight="0.5"))
HIGH = {"metric": Metric.TEMP_MAX, "unit": Unit.FAHRENHEIT, "threshold": Decimal(88)}
BRACKETS = (
    Bracket(label="≤ 84", low=None, high=84),
    Bracket(label="85-86", low=85, high=86),
    Bracket(label="≥ 89", low=89, high=None),
)


def settle(readings: list[Reading], **terms: object) -> Verdict:
    by_station = {name: [r for r in readings if r.station == name] for name in (MIDWAY, OHARE)}
    return resolve(contract(**terms), by_station)


def high(whole_f: int, *, name: object = MIDWAY, **fields: object) -> list[Reading]:
    """Return a day of reports whose last carries the 24-hour group."""
    group = {"max24_tenths_c": tenths_celsius(whole_f), "min24_tenths_c": tenths_celsius(whole_f - 20)}
    temperature = {"temp_tenths_c": tenths_celsius(whole_f - 10)}
    return [*day(range(23), name=name, **temperature), at(23, name=name, **temperature, **group, **fields)]  # type: ignore[arg-type] # a station id


def climate(high_f: int | None, low_f: int | None = None) -> Reading:
    return at(24, 0, kind=ReportKind.CLIMATE, high_f=high_f, low_f=low_f)


def test_above_the_threshold_is_yes() -> None:
    found = settle(rain(10))
    assert (found.outcome, found.winner, found.reason, found.value) == ("YES", 0, None, Decimal("2.54"))
    assert found.detail == "2.54 mm at KMDW is above 2.5 mm."


def test_equal_to_the_threshold_is_no_in_the_stations_unit() -> None:
    found = settle(rain(98), threshold=Decimal("24.892"))  # in floats 25.4 * 0.98 is a little more
    assert (found.outcome, found.winner) == ("NO", 1)
    assert settle(rain(99), threshold=Decimal("24.892")).outcome == "YES"


def test_no_station_is_disputed() -> None:
    assert settle([], stations=()).reason == "no_stations"


def test_no_report_is_an_outage() -> None:
    found = settle([])
    assert (found.outcome, found.winner, found.reason, found.value) == ("DISPUTED", None, "outage", None)


def test_21_of_24_routine_reports_are_too_few() -> None:
    found = settle(rain(10, hours=range(21)))
    assert (found.reason, found.stations[0].reports, found.stations[0].expected) == ("coverage", 21, 24)
    assert found.detail == "Too few routine reports: KMDW 21 of 24; 90% are needed."
    assert settle(rain(10, hours=range(22))).outcome == "YES"


def test_gaps_of_the_gauge_are_no_coverage() -> None:
    gaps = [at(hour, precip_missing=True) for hour in range(3)]
    assert settle([*rain(10)[3:], *gaps]).reason == "coverage"


def test_specials_are_no_coverage_and_no_rain() -> None:
    specials = [at(hour, 10, kind=ReportKind.SPECIAL, precip_hundredths_in=50) for hour in range(24)]
    assert settle(specials).reason == "outage"
    assert settle([*rain(5), *specials]).outcome == "NO"


def test_a_station_without_a_gauge_is_an_outage_whatever_it_reports() -> None:
    assert settle(day(temp_tenths_c=200)).reason == "outage"


def test_too_few_stations_with_a_value() -> None:
    found = settle(rain(10), stations=TWO, min_stations=2)
    assert (found.reason, [s.used for s in found.stations]) == ("min_stations", [True, False])


def test_an_incomplete_station_is_left_out_of_the_mean() -> None:
    found = settle([*rain(10), *rain(90, name=OHARE, hours=range(12))], stations=TWO)
    assert (found.outcome, found.value) == ("YES", Decimal("2.54"))
    assert found.stations[1].note == "too few reports"


def test_stations_too_far_apart_conflict() -> None:
    found = settle([*rain(120), *rain(80, name=OHARE)], stations=TWO)
    assert (found.reason, found.spread, found.value) == ("conflict", Decimal("0.4000"), Decimal("25.4"))


def test_a_spread_a_little_over_the_limit_is_not_told_as_the_limit() -> None:
    found = settle([*rain(1_103), *rain(902, name=OHARE)], stations=TWO)
    assert (found.reason, found.spread) == ("conflict", Decimal("0.2005"))
    assert found.detail == "Stations differ by 20.1% of their mean; at most 20% is allowed."
    strict = settle([*rain(300), *rain(290, name=OHARE)], stations=TWO, max_spread=Decimal("0.005"))
    assert strict.detail == "Stations differ by 3.4% of their mean; at most 0.5% is allowed."
    thin = settle(rain(30, hours=range(23)), coverage=Decimal("0.995"))
    assert "99.5% are needed" in thin.detail


def test_a_spread_of_exactly_the_limit_settles() -> None:
    assert settle([*rain(110), *rain(90, name=OHARE)], stations=TWO).outcome == "YES"


def test_drizzle_is_not_disputed_by_its_ratio() -> None:
    found = settle([*rain(10), *rain(2, name=OHARE)], stations=TWO)
    assert (found.outcome, found.spread) == ("NO", None)


def test_the_mean_is_by_the_frozen_weights() -> None:
    weighted = (station(MIDWAY, weight="0.75"), station(OHARE, weight="0.25"))
    assert settle([*rain(12), *rain(8, name=OHARE)], stations=weighted).value == Decimal("2.794")


def test_stations_without_any_weight_count_alike() -> None:
    weightless = (station(MIDWAY, weight="0"), station(OHARE, weight="0"))
    assert settle([*rain(12), *rain(8, name=OHARE)], stations=weightless).value == Decimal("2.54")


def test_the_24_hour_group_decides_a_high() -> None:
    found = settle(high(89), **HIGH)
    assert (found.outcome, found.value, found.stations[0].note) == ("YES", Decimal(89), "24-hour group")
    assert settle(high(88), **HIGH).outcome == "NO"


def test_a_low_is_decided_by_its_own_group() -> None:
    found = settle(high(89), **(HIGH | {"metric": Metric.TEMP_MIN, "threshold": Decimal(69)}))
    assert (found.outcome, found.value) == ("NO", Decimal(69))


def test_a_climate_report_stands_without_any_metar() -> None:
    assert settle([climate(90)], **HIGH).value == Decimal(90)


def test_a_climate_report_that_agrees_settles() -> None:
    assert settle([*high(89), climate(89)], **HIGH).stations[0].note == "climate report"


def test_sources_that_disagree_are_disputed() -> None:
    found = settle([*high(89), climate(90)], **HIGH)
    assert found.reason == "sources"
    assert found.detail == "Sources of KMDW disagree: climate report 90 °F, 24-hour group 89 °F."


LOW = HIGH | {"metric": Metric.TEMP_MIN, "threshold": Decimal(68)}


@pytest.mark.parametrize(("low_f", "outcome"), [(69, "YES"), (68, "NO"), (70, "DISPUTED"), (67, "DISPUTED")])
def test_a_low_may_fall_a_degree_in_the_minutes_after_its_24_hour_group(low_f: int, outcome: str) -> None:
    found = settle([*high(89), climate(89, low_f)], **LOW)
    assert found.outcome == outcome
    assert found.reason == ("sources" if outcome == "DISPUTED" else None)


def test_a_report_after_the_24_hour_group_that_goes_beyond_it_leaves_the_climate_report_to_say() -> None:
    after = at(23, 58, kind=ReportKind.SPECIAL, temp_tenths_c=tenths_celsius(67))
    found = settle([*high(89), after], **LOW)
    assert (found.reason, found.detail) == ("provisional", "No official value came: KMDW 67 °F so far, not official.")
    assert [settle([*high(89), after, climate(89, low)], **LOW).reason for low in (65, 66, 67, 68)] == [
        "sources", None, None, "sources",
    ]  # fmt: skip
    warm = at(23, 58, kind=ReportKind.SPECIAL, temp_tenths_c=tenths_celsius(90))
    assert settle([*high(89), warm], **HIGH).reason == "provisional"
    assert settle([*high(89), warm, climate(90)], **HIGH).outcome == "YES"


def test_an_official_high_below_what_was_reported_is_disputed() -> None:
    assert settle([*high(89), at(12, 10, temp_tenths_c=tenths_celsius(91))], **HIGH).reason == "sources"


def test_reports_alone_are_provisional_even_above_the_threshold() -> None:
    found = settle(day(temp_tenths_c=tenths_celsius(95)), **HIGH)
    assert (found.outcome, found.reason) == ("DISPUTED", "provisional")
    assert found.detail == "No official value came: KMDW 95 °F so far, not official."


def test_temperatures_conflict_from_more_than_two_kelvin() -> None:
    three_f = settle([*high(89), *high(86, name=OHARE)], stations=TWO, **HIGH)
    four_f = settle([*high(90), *high(86, name=OHARE)], stations=TWO, **HIGH)
    assert (three_f.outcome, three_f.value) == ("NO", Decimal(88))
    assert (four_f.reason, four_f.spread) == ("conflict", Decimal("2.2222"))


def test_celsius_thresholds_compare_with_whole_fahrenheit() -> None:
    celsius = HIGH | {"unit": Unit.CELSIUS}
    assert settle(high(88), **(celsius | {"threshold": Decimal("31.1")})).outcome == "YES"  # 87.98 F
    assert settle(high(88), **(celsius | {"threshold": Decimal("31.2")})).outcome == "NO"


@pytest.mark.parametrize(("whole_f", "winner"), [(60, 0), (84, 0), (85, 1), (86, 1), (89, 2), (120, 2)])
def test_brackets_hold_both_their_ends(whole_f: int, winner: int) -> None:
    found = settle(high(whole_f), **(HIGH | {"threshold": None, "brackets": BRACKETS}))
    assert (found.outcome, found.winner) == (BRACKETS[winner].label, winner)


def test_a_value_between_brackets_is_disputed() -> None:
    assert settle(high(87), **(HIGH | {"threshold": None, "brackets": BRACKETS})).reason == "no_bracket"


def test_part_of_a_day_is_decided_by_its_reports() -> None:
    terms = HIGH | {"closes": Nanos(OPENS + 6 * HOUR)}
    assert settle(day(range(6), temp_tenths_c=tenths_celsius(89)), **terms).outcome == "YES"


def test_gusts_settle_in_knots() -> None:
    terms = {"metric": Metric.WIND_GUST, "unit": Unit.KNOT, "threshold": Decimal(30)}
    assert settle([*day(wind_kt=10), at(5, 20, kind=ReportKind.SPECIAL, gust_kt=31)], **terms).outcome == "YES"
    assert settle(day(range(20), wind_kt=10), **terms).reason == "coverage"


def test_snow_needs_a_measurement() -> None:
    terms = {"metric": Metric.SNOW, "unit": Unit.INCH, "threshold": Decimal(2)}
    assert settle(day(), **terms).reason == "outage"
    assert settle([*day(range(23)), at(23, snow_tenths_in=21)], **terms).outcome == "YES"
    assert settle([at(24, 0, kind=ReportKind.CLIMATE, high_f=30, snow_tenths_in=20)], **terms).outcome == "NO"


def test_a_metric_without_a_source_is_never_decided() -> None:
    assert settle(rain(10), metric=Metric.AQI).reason == "no_source"


READINGS = st.lists(st.tuples(st.integers(-2, 26), st.integers(0, 59), st.integers(0, 200), st.booleans()), max_size=60)


@given(READINGS, st.randoms(use_true_random=False))
def test_the_order_of_the_reports_does_not_matter(
    rows: list[tuple[int, int, int, bool]],
    random: object,
) -> None:
    readings = settled(at(h, m, precip_hundredths_in=p, precip_missing=gap) for h, m, p, gap in rows)
    shuffled = list(readings)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis' own generator
    assert settle(list(readings)) == settle(shuffled)


@given(READINGS)
def test_a_verdict_has_a_winner_or_a_reason_never_both(rows: list[tuple[int, int, int, bool]]) -> None:
    found = settle([at(h, m, precip_hundredths_in=p, precip_missing=gap) for h, m, p, gap in rows])
    assert (found.winner is None) == (found.reason is not None) == (found.outcome == "DISPUTED")


def test_provisional_says_what_it_would_be_now() -> None:
    now = Nanos(OPENS + 5 * HOUR + 30 * 60_000_000_000)
    known = {MIDWAY: [at(3, precip_hundredths_in=8), at(5, 20, kind=ReportKind.SPECIAL, precip_hundredths_in=3)]}
    found = provisional(contract(), known, now)
    assert (found.outcome, found.winner, found.reason, found.value) == ("YES", 0, "provisional", Decimal("2.794"))
    assert provisional(contract(), known, Nanos(OPENS + 4 * HOUR)).outcome == "NO"


def test_provisional_is_open_before_any_report_and_without_a_source() -> None:
    assert provisional(contract(), {}, OPENS).reason == "no_reports"
    assert provisional(contract(metric=Metric.AQI), {}, OPENS).reason == "no_source"


def test_provisional_high_and_low_are_bounds_until_official() -> None:
    terms = contract(**HIGH)
    assert provisional(terms, {MIDWAY: [at(5, temp_tenths_c=tenths_celsius(80))]}, CLOSES).value == Decimal(80)
    assert provisional(terms, {MIDWAY: high(89)}, Nanos(CLOSES + HOUR)).value == Decimal(89)
    low = contract(**(HIGH | {"metric": Metric.TEMP_MIN}))
    assert provisional(low, {MIDWAY: high(89)}, Nanos(CLOSES + HOUR)).value == Decimal(69)


def test_52_real_days_settle_as_the_official_high_says() -> None:
    for real in katl.days():
        terms = contract(
            **(HIGH | {"threshold": Decimal(real.high_f - 1)}),
            opens=real.opens,
            closes=real.closes,
            stations=(station(real.readings[0].station),),
        )
        found = resolve(terms, {real.readings[0].station: real.readings})
        assert (found.outcome, found.value) == ("YES", Decimal(real.high_f)), real.date
