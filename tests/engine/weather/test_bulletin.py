from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.reading import ReportKind
from engine.core.when import instant, iso
from engine.weather import bulletin
from tests.shared import shared

JULY = instant("2026-07-06T12:00Z")


def read(text: str) -> bulletin.Reports:
    return bulletin.read(text, JULY)


def test_one_report_a_line() -> None:
    found = read("KNYC 061151Z 00000KT 18/16\nKMDW 061153Z 00000KT 20/16\n")
    assert [r.station for r in found.readings] == ["KNYC", "KMDW"]


@pytest.mark.parametrize("mark", ["2020-01-02T05:52Z ", "2020-01-02T05:52:00Z,", "2020-01-02 05:52\t"])
def test_a_line_may_begin_with_its_time(mark: str) -> None:
    found = read(f"{mark}METAR KATL 020552Z 28008KT 04/M02")
    assert iso(found.readings[0].measured_at) == "2020-01-02T05:52:00Z"


def test_indented_lines_go_on_and_an_equals_sign_ends() -> None:
    found = read("METAR\nKSPS 061152Z 10015KT 25/16 RMK AO2\n     T02500161=\nnoise\n")
    assert [(r.temp_tenths_c, r.kind) for r in found.readings] == [(250, ReportKind.ROUTINE)]


def test_what_cannot_be_read_is_named() -> None:
    found = read("KNYC 061151Z NIL=\n")
    assert found.readings == ()
    assert found.unreadable == ("the report was empty or NIL: KNYC 061151Z NIL=",)


@pytest.mark.parametrize(
    ("file", "readings"),
    [
        ("badchars.txt", 3),
        ("collective.txt", 11),
        ("collective2.txt", 35),
        ("first.txt", 2),
        ("kawn.txt", 3),
        ("kmwn.txt", 1),
        ("nullbyte.txt", 1),
        ("rtd_bbb.txt", 1),
        ("sa.txt", 0),
    ],
)
def test_real_bulletins(file: str, readings: int) -> None:
    found = read(shared(f"frames/weather/metar/{file}").read_text("latin-1"))
    assert len(found.readings) == readings


@given(st.text(max_size=500))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read(text)
