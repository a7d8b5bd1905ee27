from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.when import instant
from engine.sources import dsm
from tests.shared import shared

NOV = instant("2015-11-27T06:16:00Z")
LINE = "KMDW DS 03/07 871455/ 660412// 87/ 66//0021509/45/00/T/00/-/="


def one(text: str, near=NOV):
    (found,) = dsm.parse(text, near).days
    return found


def test_a_message() -> None:
    found = one(LINE, instant("2026-07-04T06:00:00Z"))
    assert (found.place, found.day, found.high_f, found.low_f) == ("KMDW", date(2026, 7, 3), 87, 66)
    assert (found.high_time, found.low_time) == ("1455", "0412")
    assert (found.precip_hundredths_in, found.trace, found.interim) == (45, False, False)


@pytest.mark.parametrize(
    ("words", "high", "low"),
    [("1021512/-50416//", 102, -5), ("-121512/-300416//", -12, -30), ("M/ M//", None, None), ("91512/M//", 9, None)],
)
def test_temperatures_run_into_their_times(words: str, high, low) -> None:
    found = one(LINE.replace("871455/ 660412//", words))
    assert (found.high_f, found.low_f) == (high, low)


def test_a_trace_is_data() -> None:
    found = one(LINE.replace("/45/", "/T/"))
    assert (found.precip_hundredths_in, found.trace) == (0, True)


def test_an_interim_message_and_a_correction_say_so() -> None:
    assert one(LINE.replace("DS 03", "DS 1600 03")).interim
    assert one(LINE.replace("DS 03", "DS COR 03")).corrected


@pytest.mark.parametrize("between", ["\n", " ", "\n\nCDUS27 KORD 040616\nDSMORD\n"])
def test_a_message_without_its_end_keeps_no_other_from_being_read(between: str) -> None:
    found = dsm.parse(LINE.removesuffix("=") + between + LINE.replace("KMDW", "KORD"), NOV)
    assert [one.place for one in found.days] == ["KMDW", "KORD"]
    assert not found.unreadable
    broken = dsm.parse("KMDW DS 03/07 87" + between + LINE.replace("KMDW", "KORD"), NOV)
    assert [one.place for one in broken.days] == ["KORD"]
    assert len(broken.unreadable) == 1


def test_a_december_message_read_in_january_is_last_years() -> None:
    assert one(LINE.replace("03/07", "31/12"), instant("2026-01-01T06:00:00Z")).day == date(2025, 12, 31)
    assert one(LINE.replace("03/07", "01/01"), instant("2025-12-31T23:00:00Z")).day == date(2026, 1, 1)


@pytest.mark.parametrize("near", ["2027-03-01T06:00:00Z", "2026-12-01T06:00:00Z"])
def test_a_leap_day_of_a_year_without_one_is_no_day(near: str) -> None:
    found = dsm.parse(LINE.replace("03/07", "29/02"), instant(near))
    assert (found.days, found.unreadable[0][:22]) == ((), "no such day: 29/02: KM")
    assert one(LINE.replace("03/07", "29/02"), instant("2028-03-01T06:00:00Z")).day == date(2028, 2, 29)


def test_the_collective_of_the_reference_set() -> None:
    found = dsm.parse(shared("frames/weather/dsm/DSM.txt").read_bytes(), NOV)
    assert (len(found.days), found.unreadable) == (23, ())
    stated = {d.place: (d.high_f, d.low_f, d.precip_hundredths_in, d.trace, d.high_time) for d in found.days}
    assert {d.day for d in found.days} == {date(2015, 11, 26)}
    assert stated["KHKS"] == (66, 47, 45, False, "1152")
    assert stated["KFSM"] == (59, 46, 0, True, "1546")
    assert stated["KGWO"] == (63, 45, 61, False, "2307")
    assert stated["KLLQ"] == (65, 43, 0, True, "1650")


def test_a_message_of_nothing_but_missing_states_nothing() -> None:
    found = dsm.parse(shared("frames/weather/dsm/DSM_allmissing.txt").read_bytes(), NOV)
    assert [(d.place, d.empty) for d in found.days] == [("KHKS", True), ("KXXX", True)]


def test_what_cannot_be_read_is_told() -> None:
    assert dsm.parse("KMDW DS WHAT IS THIS=", NOV).unreadable == (
        "no date, high, low and rain at its head: KMDW DS WHAT IS THIS=",
    )
    assert dsm.parse(LINE.replace("03/07", "31/02"), NOV).unreadable[0].startswith("no such day: 31/02")
    with pytest.raises(BadReport, match="no daily summary"):
        dsm.parse("hello", NOV)


@given(st.text(max_size=200) | st.lists(st.sampled_from(LINE.split("/")), max_size=20).map("/".join))
def test_no_text_raises_anything_but_bad_report(text: str) -> None:
    with suppress(BadReport):
        dsm.parse(text, NOV)
