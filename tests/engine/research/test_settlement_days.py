from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.research import settlement, settlement_days
from engine.research.settlement import Measure, Tally
from engine.weather import climate_day, observed
from tests.shared import shared

STATED = {
    "station": "KATL",
    "date": "2020-01-01",
    "lst_utc_offset_hours": -5,
    "official_high_f": 57,
    "official_low_f": 36,
    "official_precip": "T",
    "reports": [
        ["2020-01-01T04:52Z", "METAR KATL 010452Z 28008KT 10SM FEW250 04/M02 A3003 RMK AO2 T02001017"],
        ["2020-01-01T05:52Z", "METAR KATL 010552Z 28008KT 10SM FEW250 04/M02 A3003 RMK AO2 T00441017 10089"],
        ["2020-01-01T06:52Z", "METAR KATL 010652Z 28008KT 10SM -RA FEW250 05/M02 A3003 RMK AO2 P0003 T00501017"],
        ["2020-01-01T07:10Z", "SPECI KATL 010710Z 28008KT 10SM -RA FEW250 07/M02 A3003 RMK AO2 P0001 T00721017"],
        ["2020-01-01T07:20Z", "not a report"],
        ["2020-01-01T11:52Z", "METAR KATL 011152Z 28008KT 10SM FEW250 06/M02 A3003 RMK AO2 60003 T00611017 10111"],
        ["2020-01-02T04:52Z", "METAR KATL 020452Z 28008KT 10SM FEW250 06/M02 A3003 RMK AO2 T00611017 401390022"],
    ],
}


def of(stated: object) -> tuple[settlement_days.StationDay, ...]:
    return settlement_days.read(json.dumps(stated), "days.json")


def atlanta() -> tuple[settlement_days.StationDay, ...]:
    file = shared("frames/weather/lcd/settlement_pairs_KATL_2020.json")
    return settlement_days.read(file.read_text(), file.name)


def by_rule(days: tuple[settlement_days.StationDay, ...], measure: Measure) -> dict[str, Tally]:
    return {tally.rule: tally for tally in settlement.tallies(settlement_days.arrays(days, measure))}


def test_reports_go_to_their_hour_and_only_groups_inside_the_day_count() -> None:
    years = settlement_days.arrays(of([STATED]), Measure.HIGH)
    specials, groups = (dict(years.further)[name] for name in ("specials", "groups"))
    assert {h: round(float(t), 1) for h, t in enumerate(years.hours[0, :, 0]) if t == t} == {
        0: 4.4,
        1: 5.0,
        6: 6.1,
        23: 6.1,
    }
    assert [round(float(t), 1) for t in specials[0, :, 0] if t == t] == [7.2]
    assert [round(float(t), 1) for t in groups[0, :, 0] if t == t] == [11.1]  # that of 05:52Z began the day before
    assert float(years.official[0, 0]) == 57.0
    assert float(dict(years.alone)["midnight"][0, 0]) == pytest.approx(13.9)


def test_rain_is_what_routine_reports_say_and_a_trace_is_nothing() -> None:
    years = settlement_days.arrays(of([STATED]), Measure.RAIN)
    assert float(np.nansum(years.hours)) == pytest.approx(0.03)
    assert float(years.official[0, 0]) == 0.0


def test_stations_with_fewer_days_end_in_days_without_anything() -> None:
    other = STATED | {"station": "KMDW", "date": "2020-01-02", "official_high_f": None}
    years = settlement_days.arrays(of([STATED, STATED | {"date": "2020-01-03"}, other]), Measure.HIGH)
    assert years.stations == ("KATL", "KMDW")
    assert years.hours.shape == (2, 24, 2)
    assert np.isnan(years.hours[1, :, 1]).all()
    assert [tally.days for tally in settlement.tallies(years) if tally.rule == "hourly"] == [2, 0]


def test_hours_of_a_model_are_held_against_the_official_high() -> None:
    warm = [50.0] * 14 + [61.5] + [50.0] * 9
    days = [("KXHIGHNY", date(2025, 1, 2), warm, 62), ("KXHIGHNY", date(2025, 1, 1), warm, 63)]
    (hourly,) = settlement.tallies(settlement_days.hourly(days))
    assert (hourly.days, hourly.right, hourly.differences) == (2, 1, (0, 0, 1, 1, 0, 0, 0))


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({}, "a list of 1 to 200000 station-days is needed, was dict"),
        ([], "a list of 1"),
        ([1], "day 0: a station-day is an object, was int"),
        ([{}], "day 0: KeyError"),
        ([STATED, STATED | {"date": "2020-13-01"}], "day 1: ValueError"),
        ([STATED | {"lst_utc_offset_hours": None}], "day 0: TypeError"),
        ([STATED | {"reports": [["2020-01-01T05:52Z"]]}], "day 0: ValueError"),
        ([STATED | {"reports": 7}], "day 0: TypeError"),
    ],
)
def test_what_is_no_station_day_is_named(stated: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        of(stated)


@given(st.text(max_size=40))
def test_no_text_raises_anything_but_bad_input(text: str) -> None:
    with pytest.raises(InputError):
        settlement_days.read(text, "days.json")


def test_a_daily_table_stands_alone_and_only_new_yorks_rows_count() -> None:
    text = "city,DATE,ncei_tmax_f,meteostat_tmax_c\nny,2020-01-15,50.0,10.0\nny,2020-01-16,49.0,9.0\nil,x,?,?\n"
    found = {tally.rule: tally for tally in settlement.tallies(settlement_days.daily(text, "daily.csv"))}
    assert found["greatest hour"].differences == (0, 0, 1, 1, 0, 0, 0)
    assert list(found) == ["greatest hour"]
    with pytest.raises(InputError, match=r"daily.csv: row 1: ValueError"):
        settlement_days.daily(text.replace("49.0", "?"), "daily.csv")
    with pytest.raises(InputError, match="KeyError"):
        settlement_days.daily("a,b\n1,2\n", "daily.csv")


def test_new_yorks_five_years_come_out_as_they_were_measured() -> None:
    file = shared("frames/weather/lcd/meteostat_vs_ncei_daily_pairs.csv")
    found = settlement.tallies(settlement_days.daily(file.read_text(), file.name))
    (tally,) = [one for one in found if one.rule == "greatest hour"]
    assert tally.days == 1_459
    shares = [count / tally.days for count in tally.differences]
    assert shares[3] == pytest.approx(0.38, abs=0.01)
    assert shares[2] == pytest.approx(0.39, abs=0.01)
    assert shares[1] == pytest.approx(0.12, abs=0.01)
    assert shares[0] == pytest.approx(0.026, abs=0.002)
    assert sum(shares[4:]) == pytest.approx(0.075, abs=0.01)


def test_atlantas_winter_comes_out_as_it_was_measured() -> None:
    found = by_rule(atlanta(), Measure.HIGH)
    assert {rule: tally.differences for rule, tally in found.items()} == {
        "whole_c": (0, 9, 19, 21, 3, 0, 0),
        "hourly": (0, 3, 22, 27, 0, 0, 0),
        "specials": (0, 3, 20, 29, 0, 0, 0),
        "groups": (0, 1, 2, 49, 0, 0, 0),
        "midnight": (0, 0, 0, 52, 0, 0, 0),
    }
    assert all((tally.days, tally.disputed) == (52, 0) for tally in found.values())


def test_the_last_rule_is_the_terminals_own_bound() -> None:
    days = atlanta()
    bounds = [climate_day.high(observed.settled(d.readings), d.opens, d.closes).bound for d in days]
    right = sum(bound == day.high for bound, day in zip(bounds, days, strict=True))
    assert by_rule(days, Measure.HIGH)["groups"].right == right


def test_rain_is_what_the_terminal_would_settle_on() -> None:
    days = atlanta()
    totals = [observed.rain(observed.settled(d.readings), d.opens, d.closes).total for d in days]
    right = sum(total == round((day.rain or 0) * 100) for total, day in zip(totals, days, strict=True))
    assert by_rule(days, Measure.RAIN)["hourly"].right == right


def test_on_wet_days_specials_added_up_are_far_too_much() -> None:
    wet = tuple(day for day in atlanta() if day.rain)
    found = by_rule(wet, Measure.RAIN)
    assert {rule: (tally.days, tally.right, tally.near) for rule, tally in found.items()} == {
        "hourly": (24, 14, 22),
        "most of each hour": (24, 13, 21),
        "every row": (24, 0, 4),
    }


def test_rain_of_a_special_is_in_the_gross_rules_alone() -> None:
    years = settlement_days.arrays(of([STATED]), Measure.RAIN)
    gross = {name: round(float(values[0, 0]), 2) for name, values in years.alone}
    assert gross == {"most of each hour": 0.04, "every row": 0.04}
    assert round(float(np.nansum(years.hours[0, :, 0])), 2) == 0.03
