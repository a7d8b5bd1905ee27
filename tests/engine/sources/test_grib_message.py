"""GRIB messages as bytes, made here octet by octet from the manual; recorded files against a table of expectations."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.sources import grib_message
from tests.shared import shared

FILES = {  # messages, and stray bytes: whoever cut the files asked for one byte more than a message has
    "hrrr_20201214_t00z_wrfsfcf12_APCP_subset.grib2": ((887_243, 644_938), 2),
    "hrrr_srad.grib2": ((212, 212, 212, 212), 4),
    "cfstmpk.grib2": ((32_317,), 0),
    "synthetic_mini_hrrr_like.grib2": ((728, 728, 860, 806), 0),
}


def section(number: int, content: bytes) -> bytes:
    return (5 + len(content)).to_bytes(4, "big") + bytes([number]) + content


GRID = section(3, bytes(1) + (432).to_bytes(4, "big") + bytes(10))
FIELD = [section(n, bytes([n]) * 12) for n in (4, 5, 6, 7)]
OTHER = [section(n, bytes([10 * n]) * 20) for n in (4, 5, 6, 7)]


def message(*sections: bytes, edition: int = 2, size: int | None = None, end: bytes = b"7777") -> bytes:
    body = b"".join(sections)
    said = 20 + len(body) if size is None else size
    return b"GRIB" + bytes([0, 0, 0, edition]) + said.to_bytes(8, "big") + body + end


WHOLE = message(section(1, bytes(16)), GRID, *FIELD)
TWO = message(section(1, bytes(16)), GRID, *FIELD, *OTHER)


@pytest.mark.parametrize("name", FILES)
def test_recorded_files_are_cut_into_their_messages(name: str) -> None:
    found, other = grib_message.messages(shared(f"frames/weather/grib/{name}").read_bytes())
    assert (tuple(map(len, found)), other) == FILES[name]
    assert all(one[:4] == b"GRIB" and one[-4:] == b"7777" for one in found)


def test_every_recorded_message_is_in_the_table() -> None:
    assert {file.name for file in shared("frames/weather/grib").glob("*.grib2")} == FILES.keys()


def test_a_message_of_one_field_is_handed_on_as_it_came() -> None:
    assert grib_message.one(WHOLE) == WHOLE


def test_each_field_of_a_message_of_two_is_a_message_of_its_own() -> None:
    assert grib_message.one(TWO) == WHOLE
    assert grib_message.one(TWO, 2) == message(section(1, bytes(16)), GRID, *OTHER)
    with pytest.raises(BadReport, match="a GRIB message of 2 fields, not 3"):
        grib_message.one(TWO, 3)


def test_the_last_message_of_a_file_is_cut_by_its_own_length() -> None:
    with pytest.raises(BadReport, match=f"of {len(WHOLE)} bytes of which {len(WHOLE) + 3} came"):
        grib_message.one(WHOLE + b"GRI")
    assert grib_message.one(WHOLE + b"GRI", exact=False) == WHOLE


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "does not begin with GRIB"),
        (b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", "does not begin with GRIB"),
        (message(edition=1), "edition 1, not 2"),
        (WHOLE[:-1], "of which"),
        (message(section(1, bytes(16)), end=b"777x"), "does not end with 7777"),
        (message(size=10**12), "says it has 1000000000000 bytes"),
        (message(section(9, bytes(9))), "sections do not fit, at byte 16"),
        (message(bytes(7)), "sections do not fit"),
        (message(section(1, bytes(16)), section(3, bytes(1) + bytes(4) + bytes(9))), "says it has 0 points"),
        (message(section(3, bytes(1) + (10**9).to_bytes(4, "big") + bytes(9))), "says it has 1000000000 points"),
        (message(section(1, bytes(16)), *FIELD), "without all of its sections"),
        (message(section(1, bytes(16)), GRID), "of 0 fields, not 1"),
    ],
)  # fmt: skip
def test_what_is_no_whole_message_is_refused_before_it_is_decoded(body: bytes, why: str) -> None:
    with pytest.raises(BadReport, match=why):
        grib_message.one(body)


def test_a_file_without_a_message_is_refused() -> None:
    with pytest.raises(BadReport, match="no GRIB message in it"):
        grib_message.messages(b"BUFR")


@given(st.binary(max_size=400), st.integers(0, len(TWO) - 1))
@example(b"\xff" * 40, 16)
def test_no_bytes_raise_anything_but_bad_report(noise: bytes, at: int) -> None:
    for body in (noise, WHOLE[:16] + noise, TWO[:at] + noise + TWO[at + len(noise) :], TWO[:at]):
        with suppress(BadReport):
            grib_message.messages(body)
        with suppress(BadReport):
            assert grib_message.one(body, 2)[:4] == b"GRIB"
