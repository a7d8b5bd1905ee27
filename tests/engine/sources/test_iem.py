from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.reading import ReportKind
from engine.core.when import iso
from engine.sources import iem
from engine.weather.climate_day import fahrenheit
from tests.shared import shared

HEADER = "station,valid,tmpf,p01i,sknt,gust,peak_wind_gust,peak_wind_time"
ROW = "NYC,2025-04-01 00:51,59.00,0.12,3.00,M,41.00,2025-04-01 00:20"


def parse(*lines: str) -> iem.Batch:
    return iem.parse("\n".join(lines) + "\n")


def test_a_row_of_numbers() -> None:
    found = parse(HEADER, ROW).readings[0]
    assert (found.station, iso(found.measured_at), found.kind) == ("KNYC", "2025-04-01T00:51:00Z", ReportKind.ROUTINE)
    assert (found.temp_tenths_c, found.precip_hundredths_in, found.wind_kt, found.gust_kt) == (150, 12, 3, None)
    assert (found.peak_wind_kt, iso(found.peak_wind_at or found.measured_at)) == (41, "2025-04-01T00:20:00Z")


def test_the_metar_column_counts_and_knows_its_groups() -> None:
    real = iem.parse(shared("frames/weather/iem/asos_nyc_real_row.csv").read_bytes())
    assert [r.raw[:12] for r in real.readings] == ["KNYC 010051Z"]
    assert real.readings[0].temp_tenths_c == 150


def test_an_unreadable_metar_column_leaves_the_numbers() -> None:
    found = parse("station,valid,tmpf,metar", "NYC,2025-04-01 00:51,59.00,garbage").readings[0]
    assert found.temp_tenths_c == 150


@pytest.mark.parametrize("stated", ["020051", "310051", "010551"])
def test_a_report_that_misstates_its_time_is_not_filed_under_another_day(stated: str) -> None:
    row = f"NYC,2025-04-01 00:51,59.00,KNYC {stated}Z AUTO 00000KT 16/12 A2990 RMK AO2 T01560122"
    (found,) = parse("station,valid,tmpf,metar", row).readings
    assert (iso(found.measured_at), found.temp_tenths_c) == ("2025-04-01T00:51:00Z", 150)


def test_debug_lines_come_before_the_header() -> None:
    assert len(parse("#DEBUG: Format Typ    -> comma", "#DEBUG: Time Period", HEADER, ROW).readings) == 1


def test_tabs_separate_as_well() -> None:
    assert len(parse(HEADER.replace(",", "\t"), ROW.replace(",", "\t")).readings) == 1


def test_stations_outside_the_states_keep_four_letters() -> None:
    assert parse(HEADER, ROW.replace("NYC", "PANC")).readings[0].station == "PANC"


@pytest.mark.parametrize("mark", ["T", "0.0001"])
def test_a_trace_is_zero_and_says_so(mark: str) -> None:
    found = parse(HEADER, ROW.replace("0.12", mark)).readings[0]
    assert (found.precip_hundredths_in, found.trace) == (0, True)


@pytest.mark.parametrize("mark", ["M", "", "null", "NaN", "1e9", "--"])
def test_a_missing_number_is_none(mark: str) -> None:
    assert parse(HEADER, ROW.replace("0.12", mark)).readings[0].precip_hundredths_in is None


def test_millimetres_become_hundredths_of_an_inch() -> None:
    assert parse("station,valid,p01m", "ORD,2010-10-23 14:51,1.52").readings[0].precip_hundredths_in == 6


@given(st.integers(-60, 130))
def test_whole_fahrenheit_is_kept_exactly(whole_f: int) -> None:
    found = parse(HEADER, ROW.replace("59.00", f"{whole_f}.00")).readings[0]
    assert found.temp_tenths_c is not None
    assert fahrenheit(found.temp_tenths_c) == whole_f


def test_celsius_that_lies_on_no_whole_fahrenheit_is_lossy() -> None:
    found = parse("station,valid,tmpc", "ORD,2010-10-23 15:35,13.00", "ORD,2010-10-23 15:51,12.20").readings
    assert [(r.temp_whole_c, r.temp_tenths_c) for r in found] == [(13, None), (None, 122)]


def test_numbers_that_nobody_has_ever_measured_are_none() -> None:
    row = "NYC,2025-04-01 00:51,{},{},{},M,{},M"
    found = parse(HEADER, row.format("999.00", "99.99", "999.00", "999.00"), row.format("-999.00", "21.00", "M", "M"))
    for reading in found.readings:
        assert (reading.temp_tenths_c, reading.temp_whole_c, reading.precip_hundredths_in) == (None, None, None)
        assert (reading.wind_kt, reading.peak_wind_kt) == (None, None)


def test_a_body_that_broke_off_says_so_and_loses_its_last_row() -> None:
    found = parse(HEADER, ROW, ROW[:30])
    assert (len(found.readings), found.skipped, found.cut_short) == (1, 1, True)


def test_a_report_that_breaks_off_is_half_of_one_and_not_believed() -> None:
    wet = "KNYC 010051Z AUTO 18010KT 10SM OVC020 15/12 A2990 RMK AO2 RAE40 SLP120 P0012 T01500122"
    whole = f"station,valid,tmpf,p01i,metar\nNYC,2025-04-01 00:51,59.00,0.12,{wet}\n"
    for cut in range(whole.index("KNYC"), len(whole)):
        found = iem.parse(whole[:cut])
        assert found.cut_short
        assert [(r.temp_tenths_c, r.precip_hundredths_in) for r in found.readings] == [(150, 12)]
    assert not iem.parse(whole).cut_short


def test_an_empty_window_is_a_header_alone() -> None:
    assert parse(HEADER) == iem.Batch((), 0, cut_short=False)


@pytest.mark.parametrize("text", ["Too many requests from your IP address, slow down.", "", "#DEBUG"])
def test_the_services_errors_are_no_table(text: str) -> None:
    with pytest.raises(BadReport, match="no header"):
        iem.parse(text)


def test_an_endless_body_is_refused() -> None:
    with pytest.raises(BadReport, match="longer"):
        iem.parse("x" * (iem.LARGEST + 1))


def test_the_stations_own_minute_comes_before_the_commonest() -> None:
    rows = [f"ORD,2010-10-23 {hour:02}:30,13.00" for hour in range(5)] + ["ORD,2010-10-23 15:51,12.20"]
    kinds = [r.kind for r in iem.parse("\n".join(["station,valid,tmpc", *rows]), {StationId("KORD"): 51}).readings]
    assert kinds == [ReportKind.SPECIAL] * 5 + [ReportKind.ROUTINE]


@pytest.mark.parametrize("known", [{StationId("KMDW"): 53}, {}])
@pytest.mark.parametrize("minute", [51, 52, 54])
def test_a_routine_report_a_minute_or_two_off_is_one_among_many_five_minute_rows(known, minute) -> None:
    rows = [
        f"MDW,2026-07-03 {hour}:{n:02},M,KMDW 03{hour}{n:02}Z AUTO 30/18 RMK MADISHF"
        for hour in (16, 17)
        for n in range(0, 60, 5)
    ]
    rows.append(f"MDW,2026-07-03 17:{minute},M,KMDW 0317{minute}Z AUTO 30/18 A3001 RMK AO2 T03000178 10311 20233")
    found = iem.parse("\n".join(["station,valid,tmpf,metar", *rows, ""]), known).readings
    (routine,) = (r for r in found if r.kind is ReportKind.ROUTINE)
    assert routine.max6_tenths_c == 311


def test_five_minute_rows_do_not_pass_for_the_hourly_one() -> None:
    minutes = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 51, 55]
    rows = [f"ORD,2010-10-23 {hour:02}:{minute:02},13.00" for hour in range(3) for minute in minutes]
    found = parse("station,valid,tmpc", *rows).readings
    assert {r.measured_at // 60_000_000_000 % 60 for r in found if r.kind is ReportKind.ROUTINE} <= {50, 51}


@pytest.mark.parametrize(
    ("station", "routine", "special", "rain"),
    [("CLE", 142, 8, 10), ("GRB", 139, 67, 54), ("MSP", 144, 93, 104), ("ORD", 144, 21, 39)],
)
def test_real_downloads_of_2010(station: str, routine: int, special: int, rain: int) -> None:
    found = iem.parse(shared(f"frames/weather/iem/asos_{station}.txt").read_bytes())
    assert Counter(r.kind for r in found.readings) == {ReportKind.ROUTINE: routine, ReportKind.SPECIAL: special}
    assert sum(r.precip_hundredths_in is not None for r in found.readings) == rain
    assert (found.skipped, found.cut_short) == (0, False)
    assert all(r.temp_tenths_c is not None or r.temp_whole_c is not None for r in found.readings)


@given(st.binary(max_size=400) | st.text(max_size=400))
@example("station,valid\nNYC,9999-12-31T23:59-14:00\n")
@example("station,valid,metar\nNYC,2025-04-01 00:51,KNYC 010051Z 18/16\n")
@example("station,valid,tmpf\nNYC,2025-04-01 00:51,٥٩\n")
def test_no_bytes_raise_anything_but_bad_report(body: str | bytes) -> None:
    with suppress(BadReport):
        iem.parse(body)


@given(st.lists(st.text(max_size=12), min_size=3, max_size=8))
def test_no_row_under_a_header_raises(fields: list[str]) -> None:
    iem.parse(HEADER + "\nNYC,2025-04-01 00:51," + ",".join(fields))
