from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.when import iso
from engine.sources import cf6
from engine.weather.climate_day import window
from tests.shared import shared

TABLE = """
CXUS53 KLOT 050920
CF6MDW
PRELIMINARY LOCAL CLIMATOLOGICAL DATA (WS FORM: F-6)

                                          STATION:   CHICAGO-MIDWAY
                                          MONTH:     FEBRUARY
                                          YEAR:      2026

==================================================
DY MAX MIN AVG DEP HDD CDD  WTR  SNW DPTH SPD SPD DIR MIN PSBL S-S WX    SPD DR
==================================================

 1 100  -2  33  13  28   0 0.07  0.3    8 10.3 17 230   M    M   8 1      23 230
 2   M  33  44  20  21   0    T    T    6  7.7 20 310   M    M   3        24 310
 3  36 -10 -25 -16  33   0    M    M    3 16.1 25  20   M    M   7        34  20
 4M   M   M                M      M    M  0.0  M   M   M    M   M         M     M
31  36  29  33   9  32   0 0.00  0.0    3 16.1 25  20   M    M   7        34  20
==================================================
SM  760  364       862   0  0.21     2.7 228.0          M      123
"""
EXPECTED = {
    # file: days, first (day, high, low, rain, snow), last, issued; read off the products by eye
    "CF6ANC.txt": (25, (1, 55, 43, 11, 0), (25, 63, 53, 1, 0), "2023-06-26T16:26:00Z"),
    "CF6DSM.txt": (22, (1, 42, 32, 0, 0), (22, 53, 27, 0, 0), "2020-02-23T09:20:00Z"),
    "CF6DSM_empty.txt": (0, None, None, None),
    "CF6FYV_future.txt": (2, (1, 78, 61, 76, 0), (2, 76, 63, 1, 0), "2024-05-03T11:59:00Z"),
    "CF6GRR.txt": (1, (1, 51, 20, 0, 0), (1, 51, 20, 0, 0), "2020-03-02T10:17:00Z"),
    "CF6MKK.txt": (20, (1, 81, 62, 0, 0), (20, 82, 62, 0, 0), "2020-04-21T12:50:00Z"),
    "CF6WYS.txt": (23, (1, 32, 25, 0, None), (23, 34, -15, 0, None), "2020-02-24T09:15:00Z"),
}


def test_a_table_states_its_days() -> None:
    first, second, third = cf6.parse(TABLE)
    assert (first.place, first.day, first.high_f, first.low_f) == ("MDW", date(2026, 2, 1), 100, -2)
    assert (first.precip_hundredths_in, first.snow_tenths_in) == (7, 3)
    assert (second.high_f, second.precip_hundredths_in, second.trace, second.snow_tenths_in) == (None, 0, True, 0)
    assert (third.low_f, third.precip_hundredths_in, third.snow_tenths_in) == (-10, None, None)
    assert iso(first.issued_at or 0) == "2026-02-05T09:20:00Z"


@pytest.mark.parametrize(("file", "stated"), EXPECTED.items())
def test_every_table_of_the_reference_set_reads_as_written_down(file: str, stated) -> None:
    count, first, last, issued = stated
    days = cf6.parse(shared(f"frames/weather/cf6/{file}").read_bytes())
    assert len(days) == count
    for found, expected in ((days[0], first), (days[-1], last)) if days else ():
        rain, snow = found.precip_hundredths_in, found.snow_tenths_in
        assert (found.day.day, found.high_f, found.low_f, rain, snow) == expected
        assert iso(found.issued_at or 0) == issued


def test_the_set_holds_no_table_without_an_expectation() -> None:
    files = {file.name for file in shared("frames/weather/cf6").iterdir()}
    assert files == {*EXPECTED, "CF6WYS_error.txt"}


def test_an_offices_error_message_is_refused() -> None:
    with pytest.raises(BadReport, match="no month and year"):
        cf6.parse(shared("frames/weather/cf6/CF6WYS_error.txt").read_bytes())


def test_days_to_come_are_left_out() -> None:
    days = cf6.parse(shared("frames/weather/cf6/CF6FYV_future.txt").read_bytes())
    assert max(found.day for found in days) == date(2024, 5, 2)


def test_a_whole_month_was_issued_in_the_next() -> None:
    rows = "\n".join(f"{day:2d}  36  29  33   9  32   0 0.00  0.0    3" for day in range(1, 29))
    head, _, rest = TABLE.partition(" 1 100")
    days = cf6.parse(head.replace("050920", "031159") + rows + rest[rest.index("\n===") :])
    assert iso(days[-1].issued_at or 0) == "2026-03-03T11:59:00Z"
    assert days[-1].final(window(date(2026, 2, 28), -6)[1])


def test_a_table_that_holds_the_running_day_was_issued_on_it() -> None:
    evening = TABLE.replace("CXUS53 KLOT 050920", "CXUS53 KLOT 032310").replace("31  36  29", "SM  36  29")
    last = cf6.parse(evening)[-1]
    assert (last.day, iso(last.issued_at or 0)) == (date(2026, 2, 3), "2026-02-03T23:10:00Z")
    assert not last.final(window(last.day, -6)[1])


def test_a_table_of_other_things_is_refused() -> None:
    with pytest.raises(BadReport, match="no CF6"):
        cf6.parse("hello")
    with pytest.raises(BadReport, match="no table"):
        cf6.parse(TABLE.replace("====", ""))
    with pytest.raises(BadReport, match="longer"):
        cf6.parse("x" * (cf6.LARGEST + 1))


@given(st.text(max_size=200) | st.lists(st.sampled_from(TABLE.splitlines()), max_size=30).map("\n".join))
def test_no_text_raises_anything_but_bad_report(text: str) -> None:
    with suppress(BadReport):
        cf6.parse(text)
