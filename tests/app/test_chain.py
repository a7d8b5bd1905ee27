from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app import cli
from tests.old_ledgers import make

OLD = Path(make.__file__).with_name("m001_first.db")


@pytest.fixture
def ledger(tmp_path):
    return shutil.copy(OLD, tmp_path / "ledger-paper.db")


def verify(capsys, *words):
    code = cli.run(["chain", "verify", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_sound_chain_is_a_yes_in_words_and_as_json(ledger, capsys):
    code, out, err = verify(capsys, ledger)
    assert (code, err) == (0, "")
    assert "3 settlement records hold" in out
    code, out, _ = verify(capsys, ledger, "--json")
    answer = json.loads(out)
    assert set(answer) == {"ok", "records", "first_bad", "head", "checkpoint"}
    assert (code, answer["ok"], answer["records"], answer["first_bad"], answer["checkpoint"]) == (
        0,
        True,
        3,
        None,
        None,
    )
    assert len(answer["head"]) == 64


def test_a_changed_record_is_a_no_and_named(ledger, capsys):
    with closing(sqlite3.connect(ledger, isolation_level=None)) as connection:
        connection.execute("UPDATE settlements SET body = replace(body, 'YES', 'NO') WHERE seq = 1")
    code, out, _ = verify(capsys, ledger, "--json")
    assert (code, json.loads(out)["ok"], json.loads(out)["first_bad"]) == (1, False, 1)
    assert "NOT what was sealed, from record 1 on" in verify(capsys, ledger)[1]


def test_verifying_leaves_the_folder_as_it_was(ledger, capsys, tmp_path):
    before = ledger.read_bytes()
    verify(capsys, ledger)
    assert [path.name for path in tmp_path.iterdir()] == ["ledger-paper.db"]
    assert ledger.read_bytes() == before


def test_what_is_no_ledger_is_bad_input_in_one_line(tmp_path, capsys):
    text, photos = tmp_path / "notes.txt", tmp_path / "photos.db"
    text.write_text("hello")
    with closing(sqlite3.connect(photos)) as connection:
        connection.execute("CREATE TABLE photos (name)")
    for path in (text, photos, tmp_path, tmp_path / "nowhere.db"):
        code, out, err = verify(capsys, path)
        assert (code, out) == (2, "")
        assert str(path) in err
        assert err.count("\n") == 1


@pytest.mark.parametrize("from_page", [0, 1, 5])
def test_a_ledger_that_cannot_be_read_is_a_no(from_page, ledger, capsys):
    content = bytearray(ledger.read_bytes())
    start = max(from_page * 4096, 100)  # the file still begins as a database
    content[start:] = b"\xff" * (len(content) - start)
    ledger.write_bytes(content)
    assert verify(capsys, ledger)[0] == 1
