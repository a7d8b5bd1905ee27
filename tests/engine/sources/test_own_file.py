from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.core.reading import Reading
from engine.core.units import HOUR, MINUTE, Nanos
from engine.core.when import instant
from engine.sources.own_file import OwnFile

NOON = instant("2026-07-03T12:00:00Z")
HEAD = "station,time,value,unit,quality\n"


class Clock:
    at = NOON

    def now(self) -> Nanos:
        return self.at


def look(own: OwnFile) -> Sequence[Reading]:
    return asyncio.run(own.look())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "mine.csv"
    made.write_text(f"{HEAD}KMDW,2026-07-03T11:00Z,80,F,\nKMDW,2026-06-01T11:00Z,70,F,\n")
    return made


def test_rows_are_told_once_and_old_ones_never(file: Path) -> None:
    own = OwnFile(file, Clock().now)
    assert [reading.raw[:21] for reading in look(own)] == ["KMDW,2026-07-03T11:00"]
    assert look(own) == ()
    with file.open("a") as out:
        out.write("KMDW,2026-07-03T11:05Z,81,F,good\nKMDW,2026-07-03T14:00Z,99,F,good\n")
    assert [reading.raw[:21] for reading in look(own)] == ["KMDW,2026-07-03T11:05"]  # the other is to come


def test_what_an_earlier_session_told_is_no_news(file: Path) -> None:
    first = OwnFile(file, Clock().now)
    told = look(first)
    again = OwnFile(file, Clock().now)
    again.know(told)
    assert list(look(again)) == []


def test_a_file_that_is_not_there_or_wrong_says_so_and_is_tried_again(file: Path) -> None:
    own = OwnFile(file.with_name("none.csv"), Clock().now)
    assert look(own) == ()
    assert own.why == "none.csv cannot be read (No such file or directory)"
    wrong = OwnFile(file, Clock().now)
    good = file.read_text()
    file.write_text("a,b\n1,2\n")
    assert look(wrong) == ()
    assert "no header station,time,value,unit,quality" in wrong.why
    file.write_text(good)
    assert len(look(wrong)) == 1
    assert wrong.why == ""


def test_a_row_that_cannot_be_read_is_named_and_hinders_no_other(file: Path) -> None:
    with file.open("a") as out:
        out.write("KMDW,noon,81,F,\n")
    own = OwnFile(file, Clock().now)
    assert len(look(own)) == 1
    assert own.why == "mine.csv: line 4: no time: 'noon'"


def test_a_file_replaced_by_one_of_the_same_length_is_read_again(file: Path) -> None:
    own = OwnFile(file, Clock().now)
    look(own)
    file.write_text(file.read_text().replace("11:00Z,80", "11:30Z,81"))
    stat = file.stat()
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 10**9))
    (found,) = look(own)
    assert found.measured_at == NOON - HOUR + 30 * MINUTE
