from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.reading import ReportKind
from engine.core.when import iso
from engine.sources import madis

HEAD = "stationName,timeObs,temperature,temperatureDD,windSpeed,windSpeedDD,windGust,windGustDD"


def parse(*lines: str) -> madis.Rows:
    return madis.parse("\n".join([HEAD, *lines]))


def test_a_row_in_kelvin_and_metres_a_second() -> None:
    (made,) = parse("KMDW,1783101000,295.15,V,5.144,V,10.3,C").readings
    assert (made.station, iso(made.measured_at), made.kind, made.source) == (
        "KMDW", "2026-07-03T17:50:00Z", ReportKind.FIVE_MINUTE, "MADIS",
    )  # fmt: skip
    assert (made.temp_whole_c, made.temp_tenths_c, made.wind_kt, made.gust_kt) == (22, None, 10, 20)


def test_tenths_are_kept_where_there_are_any() -> None:
    (made,) = parse("KMDW,2026-07-03T17:53Z,295.45,S,,,,").readings
    assert (made.temp_whole_c, made.temp_tenths_c) == (22, 223)


@pytest.mark.parametrize("word", ["X", "Q", "B"])
def test_what_failed_its_checks_is_left_out_and_counted(word: str) -> None:
    found = parse(f"KMDW,1783101000,295.15,{word},5.0,V,,")
    assert (found.readings[0].temp_whole_c, found.readings[0].wind_kt, found.failed) == (None, 10, 1)
    assert parse(f"KMDW,1783101000,295.15,{word},,,,").skipped == 1


def test_json_holds_the_same_rows() -> None:
    row = {"stationName": "KMDW", "timeObs": 1783101000, "temperature": 295.15, "temperatureDD": "V", "more": [1]}
    for body in ([row], {"observations": [row, 7]}):
        found = madis.parse(json.dumps(body))
        assert [r.temp_whole_c for r in found.readings] == [22]
    assert found.skipped == 1


@pytest.mark.parametrize(
    "line",
    [
        "MDW,1783101000,295.15,V,,,,", "KMDW,,295.15,V,,,,", "KMDW,1783101000,,,,,,", "KMDW,1783101000,99999,V,,,,",
        "KMDW,-1,295.15,V,,,,", "KMDW,1783101000,NaN,V,,,,", "KMDW,1783101000,,,900,V,,",
    ],
)  # fmt: skip
def test_a_row_without_station_time_or_value_is_skipped(line: str) -> None:
    found = parse(line)
    assert (found.readings, found.skipped) == ((), 1)


@pytest.mark.parametrize("text", ["", "a,b\n1,2", "{}", "[1]", '{"stationName": "KMDW", "timeObs": 1}'])
def test_what_is_no_such_text_is_refused(text: str) -> None:
    with pytest.raises(BadReport):
        madis.parse(text)


@given(st.text(max_size=300))
def test_no_text_raises_anything_but_bad_report(text: str) -> None:
    for body in (text, f"{HEAD}\n{text}", f'[{{"stationName": 1, "timeObs": 2, {text}'):
        with suppress(BadReport):
            madis.parse(body)
