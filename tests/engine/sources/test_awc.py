from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.reading import ReportKind
from engine.core.when import iso
from engine.sources import awc
from engine.weather.climate_day import fahrenheit
from tests.shared import shared


def test_reports_are_dated_by_themselves_not_by_the_rounded_time() -> None:
    routine, special, undated = awc.parse(shared("frames/weather/awc/metar_knyc_real.json").read_bytes())
    assert [iso(r.measured_at) for r in (routine, special, undated)] == [
        "2026-02-23T19:51:00Z", "2026-02-23T21:08:00Z", "2026-05-21T18:51:00Z",
    ]  # fmt: skip
    assert [r.kind for r in (routine, special, undated)] == [
        ReportKind.ROUTINE, ReportKind.SPECIAL, ReportKind.ROUTINE,
    ]  # fmt: skip
    assert [fahrenheit(r.temp_tenths_c or 0) for r in (routine, special, undated)] == [32, 33, 58]


def test_a_report_that_cannot_be_read_does_not_hide_the_others() -> None:
    good = b'{"rawOb":"KMDW 031753Z 20010KT 10SM CLR 31/18 A3001 RMK AO2 T03110178","obsTime":1783101180}'
    bad = b'{"rawOb":"nonsense","obsTime":1}', b"3", b'{"rawOb":"","reportTime":"never"}'
    assert [r.station for r in awc.parse(b"[" + b",".join([*bad, good]) + b"]")] == ["KMDW"]


def test_a_report_of_a_year_that_no_journal_holds_is_left_out() -> None:
    far = b'[{"rawOb":"KMDW 031753Z 20010KT 10SM CLR 31/18 A3001","obsTime":250000000000}]'
    assert awc.parse(far) == ()


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(BadReport, match="not a list"):
        awc.parse(b'{"error": "no"}')


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_bad_report(body: bytes) -> None:
    with suppress(BadReport):
        awc.parse(body)
    with suppress(BadReport):
        awc.parse(b'[{"rawOb":"' + body.hex().encode() + b'","obsTime":99999999999999999}]')
