from __future__ import annotations

import json
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.sources import iem_json
from engine.weather.climate_day import window

ROW = {
    "station": "KNYC", "valid": "2025-04-01", "state": "NY", "wfo": "OKX", "name": "CENTRAL PARK NY",
    "product": "202504020619-KOKX-CDUS41-CLINYC", "high": 61, "high_record_years": [1917], "high_time": "301 PM",
    "low": "M", "precip": "T", "precip_month": 0.12, "snow": 0.3, "snowdepth": "M",
}  # fmt: skip


def rows(*made, **more):
    body = json.dumps({"generated_at": "2025-04-02T07:00:00Z", "results": [*made, {**ROW, **more}]}).encode()
    return iem_json.climate(body)


def test_a_row_of_a_climate_report() -> None:
    (found,) = rows()
    assert (found.place, found.day, found.high_f, found.low_f) == ("KNYC", date(2025, 4, 1), 61, None)
    assert (found.precip_hundredths_in, found.trace, found.snow_tenths_in) == (0, True, 3)
    assert found.final(window(date(2025, 4, 1), -5)[1])


def test_the_afternoons_report_is_not_final_whatever_it_looks_like() -> None:
    (found,) = rows(product="202504012030-KOKX-CDUS41-CLINYC")
    assert not found.final(window(date(2025, 4, 1), -5)[1])
    (unknown,) = rows(product=None)
    assert not unknown.final(window(date(2025, 4, 1), -5)[1])


@pytest.mark.parametrize("value", ["M", "T", None, 1e9, 61.5, -999, "61"])
def test_a_high_that_is_no_whole_degree_is_missing(value) -> None:
    assert rows(high=value)[0].high_f is None


def test_a_row_that_cannot_be_read_does_not_hide_the_others() -> None:
    assert len(rows({"station": 3}, {"valid": "never"}, {"station": "x" * 90, "valid": "2025-04-01"})) == 1


def test_stations_of_a_network() -> None:
    feature = {
        "id": "MDW", "geometry": {"type": "Point", "coordinates": [-87.7522, 41.7841]},
        "properties": {"sname": "CHICAGO/MIDWAY", "elevation": 188.0, "tzname": "America/Chicago", "online": True,
                       "network": "IL_ASOS", "ugc_county": "ILC031", "ugc_zone": "ILZ104"},
    }  # fmt: skip
    far = {**feature, "id": "PANC", "geometry": {"coordinates": [-987.0, 41.0]}}
    (found,) = iem_json.network(json.dumps({"features": [feature, far, {"id": 3}]}).encode())
    assert (found.id, found.lat, found.lon, found.zone, found.county) == (
        "KMDW", 41.7841, -87.7522, "America/Chicago", "ILC031",
    )  # fmt: skip


@given(st.binary(max_size=100) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(ROW)), inner, max_size=4),
).map(lambda made: json.dumps({"results": [made], "features": [made]}).encode()))  # fmt: skip
def test_no_bytes_raise_anything_but_bad_report(body: bytes) -> None:
    with suppress(BadReport):
        iem_json.climate(body)
    with suppress(BadReport):
        iem_json.network(body)
