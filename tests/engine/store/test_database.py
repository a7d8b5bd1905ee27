from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys

import pytest

from engine.core.errors import StoreDamaged, StoreError
from engine.store import database


def pragma(connection, name):
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.parametrize(("full", "level"), [(True, 2), (False, 1)])
def test_ledgers_sync_every_commit_and_journals_do_not(full, level, tmp_path):
    connection = database.connect(tmp_path / "a.db", full=full)
    assert pragma(connection, "journal_mode") == "wal"
    assert pragma(connection, "synchronous") == level
    assert pragma(connection, "foreign_keys") == 1
    assert pragma(connection, "busy_timeout") == database.BUSY_MS
    connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_new_database_is_its_owners_alone(tmp_path):
    connection = database.connect(tmp_path / "a.db", full=True)
    connection.execute("CREATE TABLE t (a)")
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    connection.close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "a.db"
    path.write_bytes(b"not a database, but long enough to look at" * 50)
    before = path.read_bytes()
    with pytest.raises(StoreDamaged):
        database.connect(path, full=True)
    assert path.read_bytes() == before
    assert not database.is_database(path)


def test_what_cannot_be_opened_is_a_store_error(tmp_path):
    with pytest.raises(StoreError):
        database.connect(tmp_path / "nowhere" / "a.db", full=True)
    with pytest.raises(StoreError), database.reader(tmp_path / "a.db"):
        pass


def test_a_reader_cannot_write_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "a.db"
    connection = database.connect(path, full=True)
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError), database.reader(path) as reading:
        reading.execute("INSERT INTO t VALUES (1)")
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.db"]


def test_a_reader_sees_what_a_writer_has_committed(tmp_path):
    path = tmp_path / "a.db"
    connection = database.connect(path, full=True)
    connection.execute("CREATE TABLE t (a)")
    with database.transaction(connection):
        connection.execute("INSERT INTO t VALUES (1)")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO t VALUES (2)")
    with database.reader(path) as reading:
        assert reading.execute("SELECT a FROM t").fetchall() == [(1,)]
    connection.execute("ROLLBACK")
    connection.close()


def test_a_transaction_is_all_or_nothing(tmp_path):
    connection = database.connect(tmp_path / "a.db", full=True)
    connection.execute("CREATE TABLE t (a UNIQUE)")

    def twice():
        with database.transaction(connection):
            connection.execute("INSERT INTO t VALUES (1)")
            connection.execute("INSERT INTO t VALUES (1)")

    with pytest.raises(sqlite3.IntegrityError):
        twice()
    assert connection.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)
    assert not connection.in_transaction
    connection.close()


LIMITED = """
import resource, signal, sys
from pathlib import Path
from engine.store import database, journal, migrations
path = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
act = {"connect": lambda: database.connect(path, full=True), "journal": lambda: journal.create(path),
       "migrations": lambda: migrations.apply(path)}[sys.argv[3]]
try:
    act()
except Exception as e:
    print(type(e).__name__, e)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX's")
@pytest.mark.parametrize("act", ["connect", "journal", "migrations"])
def test_a_disk_that_takes_no_more_is_no_damage(act, tmp_path):
    """A session that was begun on a full disk said that the ledger was no usable database."""
    path = tmp_path / "ledger.db"
    if act == "connect":
        database.connect(path, full=True).close()
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), "8192", act], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith(f"StoreError {path} cannot be written ("), done
