from __future__ import annotations

import stat
import sys

import pytest

from engine.core.errors import StoreDamaged, StoreError
from engine.store import backup, database


def make(path, *values):
    connection = database.connect(path, full=True)
    connection.execute("CREATE TABLE IF NOT EXISTS t (a)")
    for value in values:
        connection.execute("INSERT INTO t VALUES (?)", (value,))
    return connection


def content(path):
    with database.reader(path) as connection:
        return [a for (a,) in connection.execute("SELECT a FROM t")]


def test_a_copy_holds_what_is_committed_while_the_original_is_open(tmp_path):
    connection = make(tmp_path / "a.db", 1, 2)
    connection.execute("BEGIN")
    connection.execute("INSERT INTO t VALUES (3)")
    backup.copy(tmp_path / "a.db", tmp_path / "backups" / "b.db")
    connection.execute("ROLLBACK")
    connection.close()
    assert content(tmp_path / "backups" / "b.db") == [1, 2]
    assert [path.name for path in (tmp_path / "backups").iterdir()] == ["b.db"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_copy_is_its_owners_alone(tmp_path):
    make(tmp_path / "a.db").close()
    backup.copy(tmp_path / "a.db", tmp_path / "b.db")
    assert stat.S_IMODE((tmp_path / "b.db").stat().st_mode) == 0o600


def test_a_damaged_original_gives_no_copy(tmp_path):
    connection = make(tmp_path / "a.db", *(f"{n}" * 500 for n in range(200)))
    connection.close()
    content = bytearray((tmp_path / "a.db").read_bytes())
    content[3 * 4096 : 4 * 4096] = bytes(4096)
    (tmp_path / "a.db").write_bytes(content)
    with pytest.raises(StoreDamaged):
        backup.copy(tmp_path / "a.db", tmp_path / "b.db")
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]


def test_what_is_not_there_or_not_writable_is_said(tmp_path):
    with pytest.raises(StoreError):
        backup.copy(tmp_path / "none.db", tmp_path / "b.db")
    make(tmp_path / "a.db").close()
    (tmp_path / "b.db").mkdir()
    with pytest.raises(StoreError):
        backup.copy(tmp_path / "a.db", tmp_path / "b.db")


def test_restoring_keeps_what_was_there(tmp_path):
    make(tmp_path / "a.db", 1).close()
    backup.copy(tmp_path / "a.db", tmp_path / "b.db")
    make(tmp_path / "a.db", 2).close()
    aside = backup.restore(tmp_path / "b.db", tmp_path / "a.db")
    assert content(tmp_path / "a.db") == [1]
    assert aside is not None
    assert content(aside) == [1, 2]
    again = backup.restore(tmp_path / "b.db", tmp_path / "a.db")
    assert again not in (None, aside)
    assert backup.restore(tmp_path / "b.db", tmp_path / "new.db") is None
