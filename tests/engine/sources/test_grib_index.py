"""Indexes of NOAA's forecast files: the recorded ones against what their format says, and every trap of rain."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.units import HOUR, Nanos
from engine.core.when import instant, iso
from engine.sources import ecmwf_index, grib_index
from engine.sources.grib_index import Step, hours, parse, select, step_of
from tests.shared import shared

SFC, TWO = "surface", "2 m above ground"
FULL = """\
1:0:d=2026070112:TMP:2 m above ground:2 hour fcst:
2:1000:d=2026070112:APCP:surface:0-2 hour acc fcst:
3:1900:d=2026070112:APCP:surface:1-2 hour acc fcst:
4.1:2500:d=2026070112:UGRD:10 m above ground:2 hour fcst:
4.2:2500:d=2026070112:VGRD:10 m above ground:2 hour fcst:
5:4000:d=2026070112:GUST:surface:2 hour fcst:
"""

RECORDED = {  # file: run, fields, and of some the offsets of their first and last byte, by number
    "hrrr.20210820.t00z.wrfsfcf01.trimmed.idx": (
        "2021-08-20T00:00:00Z", 20,
        {71: (43912124, 45130572), 9: (3341423, 4483026), 77: (51271891, 53653505), 170: (153023287, None)},
    ),
    "gefs_20221211_00_c00_f006.surface.idx": (
        "2022-12-11T00:00:00Z", 8, {63: (11595236, 11831142), 69: (13024472, 13116115), 70: (13116116, None)},
    ),
    "nbm_f042_12z_20220703.sample.idx": (
        "2022-07-03T12:00:00Z", 5, {325: (453890124, 459291539), 329: (475498479, None)},
    ),
}  # fmt: skip


def index(text: str = FULL) -> tuple[grib_index.Entry, ...]:
    return parse(text.encode())


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_indexes_say_which_bytes_to_ask_for(name: str) -> None:
    run, count, ranges = RECORDED[name]
    found = parse(shared(f"frames/weather/hrrr/{name}").read_bytes())
    assert ({iso(e.run) for e in found}, len(found)) == ({run}, count)
    assert {e.number: (e.first, e.last) for e in found if e.number in ranges} == ranges
    assert all(e.step is not None for e in found)


def test_every_recorded_file_is_read_or_refused() -> None:
    folder, grib = shared("frames/weather/hrrr"), shared("frames/weather/grib")
    notes = {"ecmwf_index_format_note.txt"}
    assert {file.name for file in folder.iterdir()} == RECORDED.keys() | notes
    assert {file.name for file in grib.glob("*.idx")} == {"synthetic_mini_hrrr_like.grib2.idx"}
    for name in notes:  # words about a format, no index of it
        for read in (parse, ecmwf_index.parse):
            with pytest.raises(BadReport, match="no line of an index"):
                read((folder / name).read_bytes())


def test_a_recorded_temperature_is_as_long_as_the_sheet_measured() -> None:
    found = parse(shared("frames/weather/hrrr/hrrr.20210820.t00z.wrfsfcf01.trimmed.idx").read_bytes())
    assert select(found, "TMP", TWO, hours(1)).length == 1_218_449
    assert select(found, "GUST", SFC, hours(1)).length == 1_141_604


def test_a_field_whose_followers_were_left_out_of_a_recorded_index_is_refused() -> None:
    found = parse(shared("frames/weather/hrrr/hrrr.20210820.t00z.wrfsfcf01.trimmed.idx").read_bytes())
    with pytest.raises(BadReport, match="TMP at surface, 1 h ends is not known: lines behind it are missing"):
        select(found, "TMP", SFC, hours(1))


def test_recorded_members_and_percentiles_are_told_apart_by_what_follows_the_step() -> None:
    ensemble = parse(shared("frames/weather/hrrr/gefs_20221211_00_c00_f006.surface.idx").read_bytes())
    with pytest.raises(BadReport, match="no APCP at surface, 0-6 h acc; there is 0-6 hour acc fcst ENS=low-res ctl"):
        select(ensemble, "APCP", SFC, hours(6, 0, "acc"))
    assert select(ensemble, "APCP", SFC, hours(6, 0, "acc"), "ENS=low-res ctl").number == 69
    blend = parse(shared("frames/weather/hrrr/nbm_f042_12z_20220703.sample.idx").read_bytes())
    tenth = select(blend, "TMP", TWO, hours(42, 24, "max"), "10% level")
    assert (tenth.number, tenth.length) == (325, 5_401_416)
    assert select(blend, "TMP", TWO, hours(42, 24, "StdDev")).number == 329
    with pytest.raises(BadReport, match="4 fields are TMP"):
        select(blend, "TMP", TWO, hours(42, 24, "max"), None)


def test_the_lines_of_a_made_index_end_before_the_next_other_offset() -> None:
    found = parse(shared("frames/weather/grib/synthetic_mini_hrrr_like.grib2.idx").read_bytes())
    assert [(e.first, e.last) for e in found] == [(0, 727), (728, 1455), (1456, 2315), (2316, None)]


def test_17_rain_of_an_hour_and_rain_since_the_run_began_are_two_fields() -> None:
    assert select(index(), "APCP", SFC, hours(2, 1, "acc")).number == 3
    assert select(index(), "APCP", SFC, hours(2, 0, "acc")).number == 2


def test_the_first_hour_holds_one_total_twice() -> None:
    lines = "1:0:d=2026070112:APCP:surface:0-1 hour acc fcst:\n2:9:d=2026070112:APCP:surface:0-1 hour acc fcst:\n"
    assert select(index(lines), "APCP", SFC, hours(1, 0, "acc")).number == 1
    other = lines.replace("0-1 hour acc", "1-2 hour acc")
    with pytest.raises(BadReport, match="2 fields are APCP at surface, 1-2 h acc"):
        select(index(other), "APCP", SFC, hours(2, 1, "acc"))


def test_hour_nought_has_no_rain_to_choose() -> None:
    (zero,) = index("1:0:d=2026070112:APCP:surface:0-0 day acc fcst:\n")
    assert zero.step == Step(0, 0, "acc")
    with pytest.raises(ValueError, match="no span of a forecast"):
        hours(0, 0, "acc")


def test_totals_of_whole_days_are_the_same_span_in_hours() -> None:
    (day,) = index("1:0:d=2026070112:APCP:surface:0-1 day acc fcst:\n")
    assert select([day], "APCP", SFC, hours(24, 0, "acc")) == day


def test_fields_of_one_message_share_its_bytes() -> None:
    u, v = index()[3:5]
    assert ((u.first, u.last, u.sub), (v.first, v.last, v.sub)) == ((2500, 3999, 1), (2500, 3999, 2))
    assert select(index(), "VGRD", "10 m above ground", hours(2)).sub == 2


def test_a_probability_is_no_percentile() -> None:
    lines = (
        "1:0:d=2022070312:TMP:2 m above ground:24-42 hour max fcst:prob <233:prob fcst 255/255\n"
        "2:9:d=2022070312:TMP:2 m above ground:24-42 hour max fcst:50% level\n"
    )
    found = index(lines)
    assert found[0].more == "prob <233:prob fcst 255/255"
    assert select(found, "TMP", TWO, hours(42, 24, "max"), "50% level").number == 2
    with pytest.raises(BadReport, match="no TMP"):
        select(found, "TMP", TWO, hours(42, 24, "max"))


def test_a_run_other_than_the_one_asked_for_is_not_taken() -> None:
    with pytest.raises(BadReport, match="no TMP"):
        select(index(), "TMP", TWO, hours(2), run=instant("2026-07-01T13:00:00Z"))


@pytest.mark.parametrize(
    ("words", "step"),
    [
        ("anl", Step(0, 0)), ("12 hour fcst", Step(720, 720)), ("15 min fcst", Step(15, 15)),
        ("0-15 min ave fcst", Step(0, 15, "ave")), ("0-1 hour max fcst", Step(0, 60, "max")),
        ("1-2 day acc fcst", Step(1440, 2880, "acc")), ("24-42 hour StdDev fcst", Step(1440, 2520, "StdDev")),
        ("6-12 hour ave anl", None), ("2-1 hour acc fcst", None), ("999999 day fcst", None), ("", None),
    ],
)  # fmt: skip
def test_steps_as_the_inventory_words_them(words: str, step: Step | None) -> None:
    assert step_of(words) == step


@pytest.mark.parametrize(
    "text",
    [
        "", "\n\n", "<html>", "1:0:d=2026070112:TMP", "1:0:d=20261301:TMP:a:anl:", "1:-5:d=2026070112:TMP:a:anl:",
        "2:5:d=2026070112:TMP:a:anl:\n1:9:d=2026070112:TMP:a:anl:",
        "1:9:d=2026070112:TMP:a:anl:\n2:5:d=2026070112:TMP:a:anl:",
        "1:5:d=2026070112:TMP:a:anl:\n1:9:d=2026070112:TMP:a:anl:", f"1:{1 << 41}:d=2026070112:TMP:a:anl:",
    ],
)  # fmt: skip
def test_what_is_no_index_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadReport) as caught:
        index(text)
    assert "\n" not in str(caught.value)


def test_an_index_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(BadReport, match="more than"):
        parse(bytes(grib_index.LARGEST + 1))


@given(st.binary() | st.text().map(str.encode))
@example(b"1:0:d=2026070112:TMP:2 m above ground:99999999999999 hour fcst:")
@example(b"1:0:d=0000000000:TMP:a:anl:")
def test_no_bytes_raise_anything_but_bad_report(raw: bytes) -> None:
    with suppress(BadReport):
        parse(raw)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5_000_000)), min_size=1, max_size=60))
def test_ranges_cover_a_file_without_a_hole_and_without_overlap(messages: list[tuple[int, int]]) -> None:
    lines, at = [], 0
    for number, (fields, size) in enumerate(messages, 1):
        for sub in range(1, fields + 1):
            name = f"{number}.{sub}" if fields > 1 else f"{number}"
            lines.append(f"{name}:{at}:d=2026070112:TMP:{sub} mb:{number} hour fcst:")
        at += size
    found = parse("\n".join(lines).encode())
    spans = sorted({(e.first, at - 1 if e.last is None else e.last) for e in found})
    assert (spans[0][0], spans[-1][1]) == (0, at - 1)
    assert all(after[0] == before[1] + 1 for before, after in pairwise(spans))
    assert all(e.known_end for e in found)
    assert [e.last for e in found if e.number == len(messages)] == [None] * messages[-1][0]


def test_a_window_is_counted_in_whole_hours_of_its_run() -> None:
    run = instant("2026-07-01T12:00:00Z")
    assert grib_index.run_hours(Nanos(run + 3 * HOUR), Nanos(run + 6 * HOUR), run) == (3, 6)
    for opens, closes in ((-HOUR, HOUR), (HOUR, HOUR), (HOUR // 2, HOUR)):
        with pytest.raises(ValueError, match="no whole hours of the run"):
            grib_index.run_hours(Nanos(run + opens), Nanos(run + closes), run)
