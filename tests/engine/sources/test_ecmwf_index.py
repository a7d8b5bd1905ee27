"""Indexes of ECMWF's open data, made by their documented keys: none was recorded."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.when import iso
from engine.sources import ecmwf_index
from engine.sources.grib_index import Step, hours, select
from tests.shared import shared

ROW = {
    "domain": "g", "date": "20260701", "time": "0000", "expver": "0001", "class": "od", "type": "fc", "stream": "oper",
    "step": "24", "levtype": "sfc", "param": "2t", "_offset": 17_459_800, "_length": 609_046,
}  # fmt: skip


def body(*changes: dict[str, object]) -> bytes:
    return "\n".join(json.dumps({**ROW, **change}) for change in changes).encode()


def test_a_line_holds_its_own_length() -> None:
    (found,) = ecmwf_index.parse(body({}))
    assert (found.first, found.last, found.length) == (17_459_800, 18_068_845, 609_046)
    assert (iso(found.run), found.variable, found.level, found.step) == (
        "2026-07-01T00:00:00Z",
        "2t",
        "sfc",
        Step(1440, 1440),
    )
    assert shared("frames/weather/hrrr/ecmwf_index_format_note.txt").read_text().count("_offset+_length") == 1


def test_rain_is_a_total_since_the_run_began() -> None:
    found = ecmwf_index.parse(body({"param": "tp"}, {"param": "tp", "step": "21"}))
    assert select(found, "tp", "sfc", hours(24, 0, "acc")).words == "24"
    with pytest.raises(BadReport, match="no tp at sfc, 21-24 h acc"):
        select(found, "tp", "sfc", hours(24, 21, "acc"))


def test_an_extreme_over_hours_nobody_counts_is_never_chosen() -> None:
    found = ecmwf_index.parse(body({"param": "mx2t6"}, {"param": "10fg"}))
    assert [e.step for e in found] == [None, None]


def test_members_follow_the_step() -> None:
    found = ecmwf_index.parse(body({"number": "7", "type": "pf"}, {"number": "8", "type": "pf"}))
    assert select(found, "2t", "sfc", hours(24), "member 8").number == 2
    with pytest.raises(BadReport, match="no 2t"):
        select(found, "2t", "sfc", hours(24))


@pytest.mark.parametrize(
    "change",
    [{"_offset": -1}, {"_length": 0}, {"_offset": "9"}, {"step": "x"}, {"step": "-24"}, {"step": ""}, {"date": "2026"},
     {"time": "2500"}, {"param": None}, {"step": str(10**9)}],
)  # fmt: skip
def test_a_line_that_is_none_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadReport, match=r"no line of an index|no time of a run"):
        ecmwf_index.parse(body({}, change))


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.dictionaries(st.text(), st.integers()).map(lambda d: json.dumps(d).encode())
)
def test_no_bytes_raise_anything_but_bad_report(raw: bytes) -> None:
    with suppress(BadReport):
        ecmwf_index.parse(raw)
