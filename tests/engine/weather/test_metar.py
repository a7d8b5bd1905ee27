from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from metar.Metar import Metar, ParserError

from engine.core.errors import BadReport
from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, MINUTE, Nanos
from engine.core.when import instant, iso
from engine.weather import metar
from engine.weather.climate_day import fahrenheit
from tests.engine.weather import katl
from tests.shared import shared

JULY = instant("2026-07-06T12:00Z")
CENTRAL_PARK = "KNYC 061151Z 06004KT 10SM BKN024 18/16 A2999 RMK AO2 SLP146 T01830156 10206 20178 51023"
WINDY = (
    "METAR KBTV 312354Z 18013G21KT 10SM BKN041 OVC060 M05/M13 A2986 RMK AO2 PK WND 18028/2322 SNB03E43 SLP119"
    " 4/001 P0000 60000 T10501133 11044 21067 56034"
)
NEW_YEAR = instant("2020-01-01T00:00Z")


def read(text: str, near: Nanos = JULY, **known: int) -> Reading:
    return metar.parse(text, near, **known)


def test_a_real_central_park_report() -> None:
    found = read(CENTRAL_PARK)
    assert iso(found.measured_at) == "2026-07-06T11:51:00Z"
    assert (found.station, found.kind, found.temp_tenths_c, found.temp_whole_c) == (
        "KNYC",
        ReportKind.ROUTINE,
        183,
        18,
    )
    assert [fahrenheit(t) for t in (183, found.max6_tenths_c or 0, found.min6_tenths_c or 0)] == [65, 69, 64]


def test_a_real_winter_report_with_everything() -> None:
    found = read(WINDY, NEW_YEAR)
    assert (found.temp_tenths_c, found.temp_whole_c) == (-50, -5)
    assert (found.max6_tenths_c, found.min6_tenths_c) == (-44, -67)
    assert (found.wind_kt, found.gust_kt, found.peak_wind_kt) == (13, 21, 28)
    assert found.peak_wind_at == instant("2019-12-31T23:22Z")
    assert (found.precip_hundredths_in, found.trace, found.precip_missing) == (0, True, False)


def test_sign_digit_one_is_minus() -> None:
    assert read("KMDW 061153Z 00000KT M00/M06 RMK AO2 T10041061").temp_tenths_c == -4


def test_the_24_hour_group_is_not_snow_depth() -> None:
    found = read("KATL 060452Z 00000KT 18/16 RMK AO2 4/003 402560178")
    assert (found.max24_tenths_c, found.min24_tenths_c) == (256, 178)
    assert read("KATL 060452Z 00000KT 18/16 RMK AO2 4/003").max24_tenths_c is None


def test_six_hour_groups_are_read_at_their_hours_only() -> None:
    assert read("KNYC 061051Z 00000KT 18/16 RMK AO2 T01830156 10206 20178").max6_tenths_c is None


def test_rain_is_the_p_group() -> None:
    assert read("KMIA 061353Z 00000KT -RA 18/16 RMK AO2 P0046").precip_hundredths_in == 46


def test_a_dry_routine_report_of_a_station_with_a_rain_sensor_is_zero() -> None:
    assert read("KMIA 061353Z 00000KT 18/16 RMK AO2").precip_hundredths_in == 0


@pytest.mark.parametrize(
    "groups", ["18/16 RMK AO2 PNO", "-RA 18/16 RMK AO2", "18/16 RMK AO2 RAB05E12", "18/16 RMK AO2 P9999"]
)
def test_a_gauge_that_is_out_or_silent_in_rain_is_a_gap(groups: str) -> None:
    found = read(f"KMIA 061353Z 00000KT {groups}")
    assert (found.precip_hundredths_in, found.precip_missing) == (None, True)


def test_a_station_without_a_rain_sensor_says_nothing_of_rain() -> None:
    found = read("KDMH 061354Z AUTO 00/M06 A3012 RMK AO1 T00001061")
    assert (found.precip_hundredths_in, found.precip_missing) == (None, False)


def test_the_type_word_decides_and_else_the_minute_of_the_station() -> None:
    assert read("SPECI KNYC 061151Z 00000KT 18/16").kind is ReportKind.SPECIAL
    assert read("METAR KNYC 061120Z 00000KT 18/16").kind is ReportKind.ROUTINE
    assert read("KNYC 061120Z 00000KT 18/16", routine_minute=20).kind is ReportKind.ROUTINE
    assert read("KNYC 061151Z 00000KT 18/16", routine_minute=20).kind is ReportKind.SPECIAL
    assert read("KNYC 061200Z 00000KT 18/16", routine_minute=59).kind is ReportKind.ROUTINE
    assert read("KNYC 061132Z 00000KT 18/16").kind is ReportKind.SPECIAL


def test_the_five_minute_feed_makes_up_its_t_group() -> None:
    found = read("KNYC 061155Z AUTO 00000KT 18/16 A2999 RMK T01800160 MADISHF")
    assert (found.kind, found.temp_tenths_c, found.temp_whole_c) == (ReportKind.FIVE_MINUTE, None, 18)


@pytest.mark.parametrize("text", ["METAR COR KNYC 061151Z 00000KT 18/16", "KNYC 061151Z COR 00000KT 18/16"])
def test_a_correction_says_so(text: str) -> None:
    assert read(text).corrected


def test_the_maintenance_sign_does_not_matter() -> None:
    assert read(CENTRAL_PARK + " $").temp_tenths_c == 183


def test_metres_a_second_become_knots() -> None:
    assert read("UUEE 061130Z 18010G15MPS 18/16 Q1013").gust_kt == 29


def test_a_t_group_that_contradicts_the_body_is_dropped_with_it() -> None:
    found = read("KNYC 061151Z 00000KT 18/16 RMK AO2 T11830156")
    assert (found.temp_tenths_c, found.temp_whole_c) == (None, None)


@pytest.mark.parametrize("group", ["99/50", "XX/16", "//16"])
def test_impossible_temperatures_are_none(group: str) -> None:
    assert read(f"KNYC 061151Z 00000KT {group} A2999").temp_whole_c is None


def test_month_and_year_come_from_the_reference_time() -> None:
    assert iso(read("KNYC 312351Z 00000KT 18/16", NEW_YEAR).measured_at) == "2019-12-31T23:51:00Z"
    assert iso(read("KNYC 010051Z 00000KT 18/16", NEW_YEAR).measured_at) == "2020-01-01T00:51:00Z"


@given(st.integers(0, 30_000), st.integers(-13 * 24 * 60, 13 * 24 * 60))
def test_any_report_within_13_days_finds_its_day(day: int, minutes_off: int) -> None:
    at = Nanos(day * DAY + 11 * 60 * MINUTE)
    near = Nanos(at + minutes_off * MINUTE)
    stated = datetime.fromisoformat(iso(at)).strftime("%d%H%M")
    assert read(f"KNYC {stated}Z 00000KT 18/16", near).measured_at == at


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("KNYC 061151Z NIL", "NIL"),
        ("KNYC 061151Z NIL=", "NIL"),
        ("KNYC 061151Z", "empty"),
        ("KNYC 062451Z 00000KT", "no such time"),
        ("KNYC 321151Z 00000KT", "no such day"),
        ("KNYC 06115", "no station"),
        ("", "no station"),
        ("K" * 2_000, "longer"),
    ],
)
def test_what_is_no_report_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadReport, match=why):
        read(text)


def test_february_30_does_not_exist() -> None:
    with pytest.raises(BadReport, match="no such day"):
        read("KNYC 321151Z 00000KT 18/16", instant("2026-02-15"))


@given(st.binary(max_size=300) | st.text(max_size=300), st.integers(-(2**70), 2**70))
@example("KNYC 061151Z ٠٦٠٠٤KT ١٨/١٦ RMK T٠١٨٣", int(JULY))
@example("KNYC 061151Z 18/16 RMK WND PK WND 18028/2399", int(JULY))
@example("KNYC 061151Z 18/16 RMK PK WND 18028/2360 P//// T", int(JULY))
@example("KNYC 061151Z OOOOOKT -/16 RMK 1", int(JULY))
def test_no_bytes_raise_anything_but_bad_report(raw: str | bytes, near: int) -> None:
    with suppress(BadReport):
        metar.parse(raw, Nanos(near))


WORDS = """
METAR SPECI COR KNYC 061151Z AUTO NIL RMK AO2 T0183 T11830156 10206 4 402560178 4/003 P0012 PNO P//// PK WND
18028/2322 18028/99 18013G21KT //////KT M18/M16 18/ $ = TEMPO 931012 RAB05 -RA 99/99 \x00 \xff
"""
GROUPS = st.sampled_from(WORDS.split())


@given(st.lists(GROUPS, max_size=25))
def test_no_order_of_real_groups_raises_anything_but_bad_report(groups: list[str]) -> None:
    with suppress(BadReport):
        metar.parse("KNYC 061151Z " + " ".join(groups), JULY)


@given(st.lists(GROUPS, max_size=25))
def test_what_is_kept_as_raw_reads_the_same_again(groups: list[str]) -> None:
    with suppress(BadReport):
        found = metar.parse("KNYC 061151Z " + " ".join(groups), JULY)
        assert metar.parse(found.raw, JULY) == found


def test_python_metar_reads_the_real_reports_the_same() -> None:
    for day in katl.days()[:12]:
        for found in day.readings:
            other = _strictly(found.raw, day.date.month)
            if other is None:
                continue
            assert other.station_id == found.station
            body = None if found.temp_whole_c is None else 10 * found.temp_whole_c
            assert _tenths(other.temp) == (body if found.temp_tenths_c is None else found.temp_tenths_c)
            assert _tenths(other.max_temp_24hr) == found.max24_tenths_c
            assert _tenths(other.max_temp_6hr) == found.max6_tenths_c
            assert _tenths(other.min_temp_6hr) == found.min6_tenths_c
            assert _knots(other.wind_gust) == found.gust_kt
            assert _knots(other.wind_speed_peak) == found.peak_wind_kt


def _strictly(raw: str, month: int) -> Metar | None:
    """Return the library's reading; None where a garbled group makes it refuse the whole report."""
    try:
        return Metar(raw, month=month, year=2020, strict=True)
    except ParserError:
        return None


def _tenths(value: object) -> int | None:
    return None if value is None else round(value.value("C") * 10)  # type: ignore[attr-defined] # untyped library


def _knots(value: object) -> int | None:
    return None if value is None else round(value.value("KT"))  # type: ignore[attr-defined] # untyped library


def test_every_real_report_keeps_its_stated_time() -> None:
    for day in katl.days():
        assert [r.measured_at for r in day.readings] == [instant(at) for at, _ in day.reports]


def test_awc_times_agree_with_the_reports_they_carry() -> None:
    for stated in json.loads(shared("frames/weather/awc/metar_knyc_real.json").read_text()):
        at = stated.get("obsTime", None)
        found = metar.parse(stated["rawOb"], instant(stated["reportTime"]))
        assert at is None or found.measured_at == at * 1_000_000_000
        assert found.temp_tenths_c == round(stated["temp"] * 10)
