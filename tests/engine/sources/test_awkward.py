"""The list of awkward facts: one test for each line that concerns how reports are read, named by its number.

Lines of settlement, of brackets, of maps and of models have theirs beside what they concern.
"""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, HOUR, Nanos
from engine.core.when import instant, iso
from engine.sources import awc, cli, iem, iem_json, nws_alerts, nws_grid, nws_observations, nws_places, visual_crossing
from engine.sources.files import Known, observations
from engine.weather import climate_day, metar, observed
from tests.engine.sources.recorded import nws
from tests.shared import shared

HEAD = "station,valid,tmpf,p01i,metar"
NYC, MDW = StationId("KNYC"), StationId("KMDW")


def rows(*lines: str, head: str = HEAD) -> tuple[Reading, ...]:
    return iem.parse("\n".join([head, *lines, ""]), {NYC: 51}).readings


def test_03_debug_lines_before_the_header_are_passed_over() -> None:
    debug = "#DEBUG: Format Typ    -> comma\n" * 5
    made = iem.parse(f"{debug}{HEAD}\nNYC,2025-04-01 00:51,59.00,0.00,M")
    assert [(r.station, climate_day.fahrenheit(r.temp_tenths_c or 0)) for r in made.readings] == [("KNYC", 59)]
    assert iem.looks_like(f"{debug}{HEAD}\n")


@pytest.mark.parametrize("mark", ["T", "0.0001", "0.00010"])
def test_04_a_trace_is_data_and_not_missing(mark: str) -> None:
    (made,) = rows(f"NYC,2025-04-01 00:51,59.00,{mark},M")
    assert (made.precip_hundredths_in, made.trace) == (0, True)
    (missing,) = rows("NYC,2025-04-01 00:51,59.00,M,M")
    assert (missing.precip_hundredths_in, missing.trace) == (None, False)


def test_05_the_running_total_of_specials_is_not_added_up() -> None:
    made = rows(
        "NYC,2025-04-01 00:20,59.00,0.10,M", "NYC,2025-04-01 00:40,59.00,0.25,M", "NYC,2025-04-01 00:51,59.00,0.30,M",
        "NYC,2025-04-01 01:51,59.00,0.05,M",
    )  # fmt: skip
    opens = instant("2025-04-01T00:00:00Z")
    assert observed.rain(made, opens, Nanos(opens + 2 * HOUR)).total == 35


def test_06_five_minute_rows_mixed_in_are_told_apart() -> None:
    made = rows(
        "NYC,2025-04-01 00:50,M,M,KNYC 010050Z AUTO 15/12 RMK MADISHF T01500120",
        "NYC,2025-04-01 00:51,59.00,0.00,KNYC 010051Z AUTO 15/12 A2957 RMK AO2 T01500122",
    )
    assert [(r.kind, r.temp_tenths_c, r.temp_whole_c) for r in made] == [
        (ReportKind.FIVE_MINUTE, None, 15), (ReportKind.ROUTINE, 150, 15),
    ]  # fmt: skip


def test_07_times_without_an_offset_are_utc_and_the_k_comes_back() -> None:
    (made,) = rows("NYC,2025-04-01 00:51,59.00,0.00,M")
    assert (made.station, iso(made.measured_at)) == ("KNYC", "2025-04-01T00:51:00Z")
    (far,) = rows("PANC,2025-04-01 00:53,59.00,0.00,M")
    assert far.station == "PANC"
    assert rows() == ()  # an unknown station is a header and nothing else


def test_08_whole_celsius_is_a_set_and_the_t_group_is_exact() -> None:
    made = metar.parse("KNYC 061151Z 18/16 RMK AO2 T01830156 10206 20178", instant("2026-07-06T12:00:00Z"))
    assert climate_day.fahrenheit(made.temp_tenths_c or 0) == 65
    assert [climate_day.fahrenheit(g or 0) for g in (made.max6_tenths_c, made.min6_tenths_c)] == [69, 64]
    assert (climate_day.fahrenheit_set(22), climate_day.fahrenheit_set(25)) == ((71, 72), (77,))


def test_10_the_24_hour_group_is_read() -> None:
    made = metar.parse("KATL 020452Z 08/07 RMK AO2 T00830067 401560033", instant("2020-01-02T05:00:00Z"))
    assert [climate_day.fahrenheit(g or 0) for g in (made.max24_tenths_c, made.min24_tenths_c)] == [60, 38]


def test_11_an_eastern_six_hour_group_across_midnight_counts_for_neither_day() -> None:
    made = metar.parse("METAR KNYC 060551Z 18/16 RMK AO2 T01830156 10306 20178", instant("2026-07-06T06:00:00Z"))
    for day in (date(2026, 7, 5), date(2026, 7, 6)):
        bound = climate_day.high([made], *climate_day.window(day, -5)).bound
        assert bound in (None, 65)  # the T group alone


def test_12_the_day_is_standard_time_in_summer_too() -> None:
    assert iso(climate_day.window(date(2026, 7, 6), -7)[0]) == "2026-07-06T07:00:00Z"


@pytest.mark.parametrize("file", ["CLIACT", "CLIOLF", "CLIDRT", "CLIALO", "CLIDSM2"])
def test_13_an_afternoon_report_is_never_final(file: str) -> None:
    assert [r.final for r in cli.parse(shared(f"frames/weather/cli/{file}.txt").read_bytes())] == [False]


@pytest.mark.parametrize("file", ["CLIFMY", "CLIICT", "CLIMSO", "CLISAD"])
def test_13_a_report_without_a_maximum_has_none(file: str) -> None:
    assert {r.high_f for r in cli.parse(shared(f"frames/weather/cli/{file}.txt").read_bytes())} == {None}


def test_13_a_kept_afternoon_row_is_told_by_its_products_time() -> None:
    row = {"station": "KNYC", "valid": "2025-04-01", "high": 61, "product": "202504012030-KOKX-CDUS41-CLINYC"}
    (made,) = iem_json.climate(json.dumps({"results": [row]}).encode())
    assert not made.final(climate_day.window(made.day, -5)[1])


def test_14_numbers_may_be_letters_null_or_absent() -> None:
    row = {"station": "KNYC", "valid": "2025-04-01", "high": "M", "low": None, "precip": "T"}
    (made,) = iem_json.climate(json.dumps({"results": [row]}).encode())
    assert (made.high_f, made.low_f, made.precip_hundredths_in, made.snow_tenths_in) == (None, None, 0, None)


def test_14_units_are_read_from_each_value() -> None:
    old = nws_observations.parse(nws("pynws_stations_observations_alternate_units.json"))
    new = nws_observations.parse(nws("official/obs_KALB_real.json"))
    assert [r.wind_kt for r in (*old.readings, *new.readings)] == [5, 12]  # the METAR's, then km/h


def test_15_most_alerts_have_no_polygon_no_end_and_some_come_twice() -> None:
    found = nws_alerts.parse(nws("official/alerts_national_real.json"))
    assert sum(alert.cells is None for alert in found.alerts) / len(found.alerts) == pytest.approx(0.82, abs=0.01)
    assert sum(alert.ends is None for alert in found.alerts) / len(found.alerts) == pytest.approx(0.37, abs=0.01)
    assert found.doubled == 3


def test_16_a_merged_span_that_began_before_the_window_is_found() -> None:
    values = [{"validTime": "2026-07-01T00:00:00+00:00/P3DT14H", "value": 30}]
    body = {
        "properties": {"updateTime": "2026-07-01T00:00:00Z", "temperature": {"uom": "wmoUnit:degC", "values": values}}
    }
    grid = nws_grid.parse(json.dumps(body).encode())
    assert grid.layers["temperature"].at(instant("2026-07-04T12:00:00Z")) == 30


def test_24_central_park_has_no_five_minute_feed_and_says_so() -> None:
    assert "once an hour" in visual_crossing.refused(NYC)
    assert visual_crossing.refused(MDW) == ""


def test_24_what_the_future_is_filled_with_is_no_high() -> None:
    opens = instant("2026-01-18T06:00:00Z")
    minutes = [{"datetimeEpoch": opens // 10**9 + 300 * n, "temp": 0.0, "stations": None} for n in range(3)]
    hours = [{"datetimeEpoch": opens // 10**9, "minutes": minutes}]
    found = visual_crossing.trace(json.dumps({"days": [{"datetime": "2026-01-18", "hours": hours}]}).encode(), MDW)
    assert found.high_f(opens, Nanos(opens + DAY)) is None


def test_28_a_report_is_dated_by_itself_and_not_by_the_rounded_hour() -> None:
    made = awc.parse(shared("frames/weather/awc/metar_knyc_real.json").read_bytes())
    assert [r.measured_at // 60_000_000_000 % 60 for r in made] == [51, 8, 51]


def test_33_snow_is_not_in_the_routine_sums() -> None:
    made = metar.parse("KLNK 161154Z M05/M07 RMK AO2 P0003 60010 931015 T10501072", instant("2023-02-16T12:00:00Z"))
    assert (made.precip_hundredths_in, made.snow_tenths_in) == (3, 15)


def test_34_every_climate_report_of_the_set_is_read() -> None:
    files = sorted(shared("frames/weather/cli").glob("CLI*.txt"))
    assert all(cli.parse(file.read_bytes()) for file in files)


READ_AS_TABLES = {"asos_CLE.txt": 150, "asos_GRB.txt": 206, "asos_MSP.txt": 237, "asos_ORD.txt": 165,
                  "asos_nyc_real_row.csv": 1}  # fmt: skip
READ_ELSEWHERE = {"asos1min_p1_examples.txt", "asos1min_p2_examples.txt"}


def test_every_table_of_the_set_is_read_or_refused() -> None:
    folder = shared("frames/weather/iem")
    assert {file.name for file in folder.iterdir()} == READ_AS_TABLES.keys() | READ_ELSEWHERE
    for name, count in READ_AS_TABLES.items():
        found = iem.parse((folder / name).read_bytes())
        assert (len(found.readings), found.skipped, found.cut_short) == (count, 0, False), name


NOT_METAR = {"sa.txt"}
"""A bulletin of the Canadian SA form, which is older than METAR: nothing in it is one."""


def test_every_bulletin_of_the_set_is_read_or_refused() -> None:
    near = instant("2015-11-27T06:16:00Z")
    for file in sorted(shared("frames/weather/metar").iterdir()):
        text = file.read_text("latin-1")
        if file.name in NOT_METAR:
            with pytest.raises(Exception, match="none could be read"):
                observations(text, file.name, near, Known())
        else:
            assert observations(text, file.name, near, Known())


NWS_READERS = {  # the first that a file's name matches
    r"problems\.json": None,  # statuses with their bodies: read by the client's tests
    r"alerts": nws_alerts.parse,
    r"obs": nws_observations.parse,
    r"gridpoints.*stations|stations_ALY": nws_places.stations,
    r"detailed": nws_grid.parse,
    r"hourly|forecast": nws_grid.periods,
    r"gridpoints": nws_grid.parse,
    r"points": nws_places.point,
    r"products": nws_places.products,
    r"product": nws_places.product,
}


def test_every_document_of_the_weather_service_is_read_by_its_reader() -> None:
    folder = shared("frames/weather/nws")
    files = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.json"))
    assert len(files) == 48
    for name in files:
        read = next(read for pattern, read in NWS_READERS.items() if re.search(pattern, name))
        if read is not None:
            read(nws(name))


def test_what_is_none_of_these_is_refused_in_one_sentence() -> None:
    for read in (*filter(None, NWS_READERS.values()), awc.parse, iem_json.climate, visual_crossing.days):
        with pytest.raises(BadReport) as caught:
            read(b"<html>503</html>")
        assert "\n" not in str(caught.value)
        assert caught.value.raw == "<html>503</html>"
