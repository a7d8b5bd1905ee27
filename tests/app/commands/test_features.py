"""`atmx features`: of a session's journal the table that its events give, refusals in one sentence."""

from __future__ import annotations

import csv
import json

import pytest

from app import cli
from engine.core import codec
from engine.core.events import Due
from engine.research.training import collect, look, season, sessions, table
from engine.store import journal

DIGEST = b"0123456789abcdef"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A profile with two sessions, each a day of the made-up season with what else a journal holds between."""
    profile = tmp_path_factory.mktemp("profile")
    (profile / "sessions").mkdir()
    for name, part in zip(("2025-05-01", "2025-05-02"), season.parts(1, 2, hours=0.3), strict=True):
        events = [one for event in part.events() for one in (event, Due(at=event.at, what="beat"))]
        connection = journal.create(profile / "sessions" / f"{name}{journal.SUFFIX}")
        rows = [(n, e.at, type(e).__name__, codec.encode(e), DIGEST) for n, e in enumerate(events, 1)]
        for start in range(0, len(rows), 100):
            journal.append(connection, rows[start : start + 100])
        connection.close()
    return profile


def test_a_journal_gives_the_table_that_its_events_give(recorded, tmp_path, capsys) -> None:
    out = tmp_path / "f.npz"
    assert cli.run(["features", str(recorded), "--out", str(out), "--horizon", "30", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    definition, absent = collect.definition(sessions.NAME, 10.0, 30.0)
    days = [look.build(part.events(), definition, collect.grouping(sessions.NAME, part))
            for part in season.parts(1, 2, hours=0.3)]  # fmt: skip
    whole = table.join(days)
    assert said["rows"] == len(whole.at) > 0
    assert said["digest"] == whole.digest == table.load(out).digest
    assert said["absent"] == list(absent)
    assert said["data"] == "sessions"


def test_a_csv_says_the_same_rows_and_one_session_is_enough(recorded, tmp_path, capsys) -> None:
    out, session = tmp_path / "f.csv", recorded / "sessions" / "2025-05-01.db"
    assert cli.run(["features", str(session), "--out", str(out)]) == 0
    assert "features in" in capsys.readouterr().out
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert rows
    assert set(rows[0]) >= {"at", "event", "group", "move", "ahead", "share"}
    assert all(row["at"] for row in rows)


def test_a_model_is_trained_on_sessions(recorded, capsys) -> None:
    line = ["train", str(recorded), "--windows", "1:1", "--horizon", "30", "--kinds", "online", "--trials", "1"]
    assert cli.run([*line, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["models"][0]["kind"] == "online"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere", "--out", "f.npz"], "nowhere: no such folder or file"),
        ([".", "--out", "f.pickle"], "--out: must end in .npz or .csv"),
        ([".", "--out", "f.npz", "--horizon", "65"], "--cadence, --horizon"),
        ([".", "--out", "f.npz"], "no such data set"),
    ],
)
def test_bad_usage_is_one_sentence(words, sentence, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["features", *words]) == cli.BAD_INPUT
    told = capsys.readouterr().err
    assert sentence in told
    assert "Traceback" not in told
