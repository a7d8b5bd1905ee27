"""A settlement record written out with its evidence: anybody can hash it, and read what decided."""

from __future__ import annotations

import hashlib
import json

import pytest

from app import evidence
from engine.core.errors import InputError


def test_the_file_is_what_was_hashed(day, tmp_path) -> None:
    for row in day.document["settlements"]:
        path = evidence.export(day.ledger, row["seq"], tmp_path / "out")
        assert hashlib.sha256(path.read_bytes()).hexdigest() == row["hash"]
        assert path.with_suffix(".sha256").read_text() == f"{row['hash']}  {path.name}\n"
        said = json.loads(path.read_text("utf-8"))
        assert said["payload"]["contract"]["id"] == row["market"]
        assert said["prev"] == row["prev"]


def test_a_second_export_replaces_the_first(day, tmp_path) -> None:
    first = evidence.export(day.ledger, 0, tmp_path)
    content = first.read_bytes()
    assert evidence.export(day.ledger, 0, tmp_path) == first
    assert first.read_bytes() == content


def test_the_record_of_another_ledger_is_not_written_over(day, tmp_path) -> None:
    other = tmp_path / "settlement-0.json"
    other.write_text("of the live desk")
    paths = [evidence.export(day.ledger, 0, tmp_path) for _ in range(2)]
    assert [path.name for path in paths] == ["settlement-0-2.json"] * 2
    assert other.read_text() == "of the live desk"
    stated = paths[0].with_suffix(".sha256").read_text()
    assert stated == f"{hashlib.sha256(paths[0].read_bytes()).hexdigest()}  settlement-0-2.json\n"


def test_a_record_that_is_not_there_is_named(day, tmp_path) -> None:
    with pytest.raises(InputError, match="no settlement record 999"):
        evidence.export(day.ledger, 999, tmp_path)
    assert list(tmp_path.iterdir()) == []
