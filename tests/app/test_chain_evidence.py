"""`atmx chain evidence`: an exported record convinces by itself, and a changed one does not."""

from __future__ import annotations

import json

import pytest

from app import cli, evidence


@pytest.fixture
def records(day, tmp_path):
    return [evidence.export(day.ledger, row["seq"], tmp_path) for row in day.document["settlements"]]


def test_every_record_of_the_day_hashes_and_resolves_as_it_says(records, capsys) -> None:
    assert records
    for path in records:
        assert cli.run(["chain", "evidence", str(path), "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["ok"]
        assert answer["hash"] == answer["stated_hash"]
        assert answer["resolved"] == answer["outcome"]


def test_a_changed_outcome_is_found_without_its_hash(records, capsys) -> None:
    path = records[0]
    record = json.loads(path.read_text("utf-8"))
    record["payload"]["outcome"] = "YES" if record["payload"]["outcome"] != "YES" else "NO"
    path.write_text(json.dumps(record), "utf-8")
    path.with_suffix(".sha256").unlink()
    assert cli.run(["chain", "evidence", str(path), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["stated_hash"] is None
    assert answer["resolved"] != answer["outcome"]


def test_a_changed_byte_is_found_by_its_hash(records, capsys) -> None:
    path = records[0]
    path.write_bytes(path.read_bytes() + b" ")
    assert cli.run(["chain", "evidence", str(path)]) == 1
    assert "NOT the hash" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"[]", b'{"payload": 3}', b'{"payload": {}}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_record_is_refused_in_one_sentence(tmp_path, capsys, content) -> None:
    path = tmp_path / "settlement-0.json"
    path.write_bytes(content)
    assert cli.run(["chain", "evidence", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert path.name in said.err


def test_a_file_that_is_not_there_is_named(tmp_path, capsys) -> None:
    assert cli.run(["chain", "evidence", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err
