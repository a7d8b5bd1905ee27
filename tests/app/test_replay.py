"""`atmx replay`: a journal stepped again does the same, and says where it does not."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from app import cli
from engine.store import journal


@pytest.fixture
def recorded(day_copy):
    return journal.sessions(day_copy / "journal")[-1]


def _replayed(capsys, path) -> tuple[int, dict]:
    code = cli.run(["replay", str(path), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_day_stepped_again_has_the_same_effects(capsys, recorded) -> None:
    code, found = _replayed(capsys, recorded)
    assert (code, found["same"], found["differs_at"]) == (0, True, None)
    assert found["events"] > 100
    assert found["effects"] > found["events"]
    assert _replayed(capsys, recorded)[1]["digest"] == found["digest"]


def test_another_effect_is_found_at_its_event(capsys, recorded) -> None:
    with closing(sqlite3.connect(recorded)) as connection, connection:
        connection.execute("UPDATE events SET digest = zeroblob(length(digest)) WHERE seq = 50")
    code, found = _replayed(capsys, recorded)
    assert (code, found["same"], found["differs_at"]) == (1, False, 50)


def test_a_journal_that_lacks_an_event_is_told_to_end_there(capsys, recorded) -> None:
    with closing(sqlite3.connect(recorded)) as connection, connection:
        connection.execute("DELETE FROM events WHERE seq = 50")
    code, found = _replayed(capsys, recorded)
    assert (code, found["events"], found["stopped"]) == (0, 49, "entry 50 is missing")
    assert cli.run(["replay", str(recorded)]) == 0
    assert "the journal ends early: entry 50 is missing" in capsys.readouterr().out


def test_of_a_journal_without_a_sound_event_it_is_said_why(capsys, recorded) -> None:
    with closing(sqlite3.connect(recorded)) as connection, connection:
        connection.execute("INSERT OR REPLACE INTO blocks VALUES (1, 1, 0, 0, x'00')")
    assert cli.run(["replay", str(recorded)]) == 2
    assert "unreadable block of a journal" in capsys.readouterr().err


def test_people_read_a_sentence(capsys, recorded) -> None:
    assert cli.run(["replay", str(recorded)]) == 0
    assert "the same effects" in capsys.readouterr().out


def test_what_is_no_journal_is_bad_input(capsys, tmp_path) -> None:
    assert cli.run(["replay", str(tmp_path / "none.db")]) == 2
    other = tmp_path / "other.db"
    other.write_text("not a journal")
    assert cli.run(["replay", str(other)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 2
    assert "other.db" in said
