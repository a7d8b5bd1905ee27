from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.reading import ReportKind
from engine.core.when import iso
from engine.sources import nws_observations
from engine.weather.climate_day import fahrenheit, fahrenheit_set
from tests.engine.sources.recorded import nws
from tests.shared import shared

EXPECTED = {
    # file: station, F by the T group (or whole C of a row without METAR), knots; rows that say nothing
    "official/obs_KALB_real.json": ([("KALB", None, 25, 12)], 0),
    "official/obs_KBHM.json": ([("KBHM", 57, 14, 3)], 0),
    "official/obs_KDAL.json": ([("KDAL", 79, 26, 13)], 0),
    "official/obs_KFLG.json": ([("KFLG", 44, 7, 14)], 0),
    "official/obs_KLIT.json": ([("KLIT", 55, 13, 3)], 0),
    "official/obs_KOAK.json": ([("KOAK", 52, 11, 4)], 0),
    "official/obs_PHNL.json": ([("PHNL", 71, 22, 7)], 0),
    "pynws_stations_observations.json": ([("KFLL", 78, 26, 5)], 0),
    "pynws_stations_observations_alternate_units.json": ([("KFLL", 78, 26, 5)], 0),
    "pynws_stations_observations_empty.json": ([], 1),
    "pynws_stations_observations_latest.json": ([("KFLL", 73, 23, 4)], 0),
    "pynws_stations_observations_metar.json": ([("KFLL", 78, 26, 5)], 0),
    "pynws_stations_observations_metar_noparse.json": ([], 1),
    "pynws_stations_observations_missing_value.json": ([], 1),
    "pynws_stations_observations_multiple.json": ([("KFLL", 78, 26, 5)] * 2, 0),
    "pynws_stations_observations_multiple_unsorted.json": ([("KFLL", 78, 26, 5)] * 2, 0),
    "pynws_stations_observations_noprop.json": ([], 0),
    "pynws_stations_observations_other_unitcode.json": ([("KFLL", 78, 26, 5)], 0),
    "pynws_stations_observations_relative_icon.json": ([("KFLL", 78, 26, 5)], 0),
    "pynws_stations_observations_strings.json": ([("KFLL", 78, 26, 5)], 0),
}


def row(**facts) -> bytes:
    made = {"timestamp": "2026-07-03T17:50:00+00:00", "station": "https://api.weather.gov/stations/KMDW", **facts}
    return json.dumps({"features": [{"properties": made}]}).encode()


def one(**facts):
    (found,) = nws_observations.parse(row(**facts)).readings
    return found


def celsius(value, unit: str = "wmoUnit:degC", flag: str = "V") -> dict[str, object]:
    return {"unitCode": unit, "value": value, "qualityControl": flag}


@pytest.mark.parametrize("file", EXPECTED)
def test_every_recorded_body_reads_as_written_down(file: str) -> None:
    stated, skipped = EXPECTED[file]
    found = nws_observations.parse(nws(file))
    exact = [None if r.temp_tenths_c is None else fahrenheit(r.temp_tenths_c) for r in found.readings]
    rest = [(r.station, r.temp_whole_c, r.wind_kt) for r in found.readings]
    assert [(s, f, c, k) for (s, c, k), f in zip(rest, exact, strict=True)] == stated
    assert found.skipped == skipped


def test_the_set_holds_no_observation_without_an_expectation() -> None:
    folder = shared("frames/weather/nws")
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*obs*.json")}
    assert files == set(EXPECTED)


def test_the_metar_counts_not_the_values_beside_it() -> None:
    text = "KMDW 031753Z 20010KT 10SM CLR 31/18 A3001 RMK AO2 T03110178"
    found = one(rawMessage=text, temperature=celsius(99))
    assert (fahrenheit(found.temp_tenths_c or 0), found.kind) == (88, ReportKind.ROUTINE)
    assert iso(found.measured_at) == "2026-07-03T17:53:00Z"


def test_a_row_without_metar_is_whole_celsius_and_ambiguous() -> None:
    found = one(rawMessage="", temperature=celsius(22), windSpeed=celsius(18.52, "wmoUnit:km_h-1"))
    assert (found.kind, found.temp_tenths_c, found.wind_kt) == (ReportKind.FIVE_MINUTE, None, 10)
    assert fahrenheit_set(found.temp_whole_c or 0) == (71, 72)


@pytest.mark.parametrize(
    ("quantity", "whole"),
    [
        (celsius(71.6, "wmoUnit:degF"), 22),
        (celsius(295.15, "unit:K"), 22),
        (celsius("22"), 22),
        (celsius(-40), -40),
        (celsius(22.4), None),
        (celsius(22, flag="X"), None),
        (celsius(22, flag="qc:Q"), None),
        (celsius(None, flag="Z"), None),
        (celsius(22, "wmoUnit:furlong"), None),
        (celsius(400), None),
        (celsius("hot"), None),
        (None, None),
    ],
)
def test_temperatures_by_their_unit_and_their_flag(quantity, whole) -> None:
    assert one(temperature=quantity, windSpeed=celsius(0, "wmoUnit:km_h-1")).temp_whole_c == whole


@pytest.mark.parametrize(("unit", "knots"), [("unit:m_s-1", 19), ("wmoUnit:km_h-1", 5), ("wmoUnit:kn", 10)])
def test_wind_by_its_unit(unit: str, knots: int) -> None:
    assert one(windSpeed=celsius(10, unit)).wind_kt == knots


def test_what_is_no_observation_is_refused() -> None:
    for body in (b"[]", b"{}", b'{"features": 3}', b"<html>", b"\xff\xfe"):
        with pytest.raises(BadReport):
            nws_observations.parse(body)


NAMES = st.sampled_from(["temperature", "value", "unitCode", "rawMessage", "timestamp"])


@given(
    st.recursive(
        st.none() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner),
    )
)
def test_no_document_raises_anything_but_bad_report(made) -> None:
    with suppress(BadReport):
        nws_observations.parse(json.dumps({"features": [{"properties": made}]}).encode())
    with suppress(BadReport):
        nws_observations.parse(json.dumps(made).encode())
    if isinstance(made, dict):
        with suppress(BadReport):
            nws_observations.parse(row(**made))
