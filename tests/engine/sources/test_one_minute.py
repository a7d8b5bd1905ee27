from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.reading import ReportKind
from engine.core.when import iso
from engine.sources import one_minute
from engine.weather.climate_day import fahrenheit
from tests.shared import shared

BODY = """station,station_name,valid(UTC),tmpf,dwpf,sknt,gust_sknt,precip
MDW,CHICAGO, MIDWAY,2026-01-01 06:00,-3,-11,12,19,0.0
MDW,CHICAGO, MIDWAY,2026-01-01 06:01,M,M,M,M,M
MDW,CHICAGO, MIDWAY,2026-01-01 06:02,28,20,12,19,0.02
"""


def test_minutes_of_a_table() -> None:
    found = one_minute.parse(BODY)
    first, second, third = found.rows
    assert (first.station, iso(first.at), first.temp_f, first.dew_f) == ("KMDW", "2026-01-01T06:00:00Z", -3, -11)
    assert (first.wind_kt, first.gust_kt, third.precip_hundredths_in) == (12, 19, 2)
    assert (second.temp_f, second.precip_hundredths_in) == (None, None)
    assert (found.skipped, found.cut_short) == (0, False)


def test_a_reading_keeps_the_degree_and_leaves_the_minutes_rain_out() -> None:
    _, empty, third = one_minute.parse(BODY).rows
    made = one_minute.reading(third)
    assert made is not None
    assert fahrenheit(made.temp_tenths_c or 0) == 28
    assert (made.kind, made.precip_hundredths_in) == (ReportKind.ONE_MINUTE, None)
    assert one_minute.reading(empty) is None


def test_a_body_that_broke_off_says_so() -> None:
    found = one_minute.parse(BODY[:-20])
    assert (found.cut_short, found.skipped, len(found.rows)) == (True, 1, 2)


def test_times_of_another_zone_are_refused() -> None:
    with pytest.raises(BadReport, match="not in UTC"):
        one_minute.parse(BODY.replace("(UTC)", "(America/Chicago)"))
    with pytest.raises(BadReport, match="no header"):
        one_minute.parse("Unknown variable X specified in request.")


def test_the_archives_second_page() -> None:
    found = one_minute.parse_archive(shared("frames/weather/iem/asos1min_p2_examples.txt").read_bytes())
    assert (len(found.rows), found.skipped) == (30, 0)
    stated = [(m.station, iso(m.at), m.temp_f, m.dew_f, m.precip_hundredths_in, m.suspect) for m in found.rows]
    assert stated[0] == ("KDBQ", "2012-02-07T19:19:00Z", 29, 23, 0, True)
    assert stated[3] == ("KFSD", "2010-02-01T05:59:00Z", 7, 2, 0, False)  # the line's date is the local one
    assert stated[14] == ("KSUX", "2010-01-01T06:00:00Z", -2, -7, 0, False)
    assert ("KFSD", "2013-12-18T06:08:00Z", 38, 14, 0, True) in stated
    assert sum(m.temp_f is None for m in found.rows) == 6


@pytest.mark.parametrize(
    ("station", "local", "utc", "at"),
    [
        ("41415PGUM GUM", "201002010500", "1900", "2010-01-31T19:00:00Z"),  # ten hours east of UTC
        ("41415PGUM GUM", "201002011500", "0500", "2010-02-01T05:00:00Z"),
        ("41606PWAK AWK", "201002011100", "2300", "2010-01-31T23:00:00Z"),
        ("61705NSTU PPG", "201002011400", "0100", "2010-02-02T01:00:00Z"),  # eleven hours west
        ("61705NSTU PPG", "201002010100", "1200", "2010-02-01T12:00:00Z"),
        ("14944KFSD FSD", "201001312359", "0559", "2010-02-01T05:59:00Z"),
    ],
)
def test_the_archives_day_is_the_local_one_on_either_side_of_utc(station, local, utc, at) -> None:
    line = shared("frames/weather/iem/asos1min_p2_examples.txt").read_text().splitlines()[0]
    (found,) = one_minute.parse_archive(f"{station}{local}{utc}{line[29:]}\n").rows
    assert iso(found.at) == at


def test_what_the_archive_holds_suspect_makes_no_reading() -> None:
    found = one_minute.parse_archive(shared("frames/weather/iem/asos1min_p2_examples.txt").read_bytes())
    assert one_minute.reading(found.rows[0]) is None
    assert one_minute.reading(found.rows[3]) is not None


def test_the_archives_first_page_is_refused_with_the_reason() -> None:
    with pytest.raises(BadReport, match="visibility and wind, no temperature"):
        one_minute.parse_archive(shared("frames/weather/iem/asos1min_p1_examples.txt").read_bytes())


@given(st.text(max_size=200) | st.lists(st.sampled_from(BODY.split(",")), max_size=30).map(",".join))
def test_no_text_raises_anything_but_bad_report(text: str) -> None:
    with suppress(BadReport):
        one_minute.parse(text)
    with suppress(BadReport):
        one_minute.parse_archive(text)
