from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.reading import ReportKind
from engine.core.when import iso
from engine.sources import private
from engine.weather.climate_day import fahrenheit

HEAD = "station,time,value,unit,quality"


def parse(*lines: str) -> private.Rows:
    return private.parse("\n".join([HEAD, *lines]))


def test_a_row_is_a_reading_of_its_own_kind() -> None:
    (made,) = parse("KMDW,2026-07-03T12:50:00-05:00,82.5,F,good").readings
    assert (made.station, iso(made.measured_at), made.kind, made.source) == (
        "KMDW", "2026-07-03T17:50:00Z", ReportKind.PRIVATE, "PRIVATE",
    )  # fmt: skip
    assert fahrenheit(made.temp_tenths_c or 0) == 83  # halves up, as stations round


@pytest.mark.parametrize(
    ("value", "unit", "field", "stated"),
    [
        ("-40", "F", "temp_tenths_c", -400), ("-0.5", "C", "temp_tenths_c", -5), ("22.25", "C", "temp_tenths_c", 223),
        ("31", "kt", "gust_kt", 31), ("10", "m/s", "gust_kt", 19), ("0.255", "in", "precip_hundredths_in", 26),
        ("25.4", "mm", "precip_hundredths_in", 100),
    ],
)  # fmt: skip
def test_units_say_what_is_measured(value: str, unit: str, field: str, stated: int) -> None:
    (made,) = parse(f"KMDW,2026-07-03T17:50:00Z,{value},{unit},").readings
    assert getattr(made, field) == stated


def test_rows_of_one_time_are_one_report() -> None:
    (made,) = parse("KMDW,2026-07-03T17:50Z,80,F,", "KMDW,2026-07-03T17:50Z,0.1,in,").readings
    assert (fahrenheit(made.temp_tenths_c or 0), made.precip_hundredths_in) == (80, 10)
    assert made.raw.count(";") == 1


def test_what_is_doubtful_is_left_out_and_counted() -> None:
    found = parse("KMDW,2026-07-03T17:50Z,80,F,suspect", "KMDW,2026-07-03T17:55Z,81,F,GOOD", "")
    assert (len(found.readings), found.doubtful, found.skipped) == (1, 1, ())


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("MDW,2026-07-03T17:50Z,80,F,", "no station code: 'MDW'"),
        ("KMDW,noon,80,F,", "no time: 'noon'"),
        ("KMDW,2026-07-03T17:50Z,nan,F,", "no number: 'nan'"),
        ("KMDW,2026-07-03T17:50Z,1e5,F,", "no number: '1e5'"),
        ("KMDW,2026-07-03T17:50Z,999,F,", "no temperature: 999 F"),
        ("KMDW,2026-07-03T17:50Z,-1,in,", "no rain: -1 in"),
        ("KMDW,2026-07-03T17:50Z,900,kt,", "no wind: 900 kt"),
        ("KMDW,2026-07-03T17:50Z,80,K,", "no unit that is known: 'K'"),
        ("KMDW,2026-07-03T17:50Z,80,F", "4 columns, 5 are needed"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(line: str, why: str) -> None:
    found = parse(line)
    assert found.readings == ()
    assert found.skipped == (f"line 2: {why}",)


def test_another_header_is_refused() -> None:
    with pytest.raises(BadReport, match="no header station,time,value,unit,quality"):
        private.parse("station,valid,tmpf\nMDW,2026-07-03 17:53,80")
    assert not private.looks_like("")


@given(st.text(max_size=300))
def test_no_text_raises_anything_but_bad_report(text: str) -> None:
    for body in (text, f"{HEAD}\n{text}"):
        with suppress(BadReport):
            private.parse(body)
