from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Migrations

from engine.core.errors import StoreError, StoreTooNew
from engine.store import database, load, migrations
from engine.store.tables import TABLES
from tests.faults.disk import Disk
from tests.faults.work import SESSION

OLD = sorted((Path(__file__).parents[2] / "old_ledgers").glob("*.db"))


def next_schema():
    """Return today's steps and two that a later version might add."""
    later = Migrations("ledger")
    for step in migrations.LEDGER.pending(migrations.nothing()):
        later(name=step.name)(step.fn)

    @later()
    def m900_notes(db):
        db.execute("CREATE TABLE notes (at INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")

    @later()
    def m901_note(db):
        db.execute("INSERT INTO notes SELECT COUNT(*), 'settled' FROM settlements")

    return later


def content(path):
    with database.reader(path) as connection:
        return [connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES]


def columns(path):
    with database.reader(path) as connection:
        tables = [name for name in TABLES if connection.execute(f"PRAGMA table_info({name})").fetchall()]
        return {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in tables}


def kept(path, of):
    """What these columns hold, whatever a migration added."""
    with database.reader(path) as connection:
        return {
            name: connection.execute(f"SELECT {', '.join(c)} FROM {name} WHERE {c[0]} <> 'salt'").fetchall()
            for name, c in of.items()
        }


def test_the_first_run_makes_the_schema_and_the_next_does_nothing(tmp_path):
    path = tmp_path / "ledger.db"
    assert migrations.apply(path) == migrations.names()
    before = path.read_bytes()
    assert migrations.apply(path) == []
    assert path.read_bytes() == before


def test_the_schema_and_the_writing_rules_name_the_same_columns(tmp_path):
    path = tmp_path / "ledger.db"
    migrations.apply(path)
    with database.reader(path) as connection:
        for name, table in TABLES.items():
            info = connection.execute(f"PRAGMA table_info({name})").fetchall()
            assert tuple(row[1] for row in info) == table.columns
            key = [row[1] for row in sorted(info, key=lambda row: row[5]) if row[5]]
            assert tuple(key) == table.key
            needed = {row[1] for row in info if row[3] or (row[5] and row[2] == "INTEGER")}
            assert needed == set(table.columns) - table.optional | ({"seq"} if name in {"cash", "traces"} else set()), (
                name
            )
        made = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        strict = {row[1] for row in connection.execute("PRAGMA table_list") if row[5]}
    assert made - {"_sqlite_migrations"} == set(TABLES) == strict - {"_sqlite_migrations"}


def test_there_is_an_old_ledger_for_every_schema():
    assert [path.stem for path in OLD] == migrations.names()


@pytest.mark.parametrize("old", OLD, ids=lambda path: path.stem)
def test_every_old_ledger_opens_and_keeps_its_rows(old, tmp_path):
    path = tmp_path / "ledger-paper.db"
    shutil.copy(old, path)
    old_columns = columns(path)
    before = kept(path, old_columns)
    migrations.apply(path)
    assert kept(path, old_columns) == before
    known = load.load(path, SESSION)
    assert (known.next_trade, known.chain_next, known.chain_ok) == (21, 3, True)


def test_a_copy_is_made_before_a_ledger_is_changed(tmp_path):
    path = tmp_path / "ledger-paper.db"
    shutil.copy(OLD[-1], path)
    before = content(path)
    assert migrations.apply(path, steps=next_schema()) == ["m900_notes", "m901_note"]
    assert content(path) == before
    copied = tmp_path / "backups" / "ledger-paper-before-m900_notes.db"
    assert content(copied) == before
    assert migrations.applied(copied) == migrations.names()


def test_a_copy_of_before_is_not_overwritten_by_the_next_one(tmp_path):
    """Such as of a ledger that was put back and is brought up to date a second time."""
    path, copies = tmp_path / "ledger-paper.db", tmp_path / "backups"
    for number in (1, 2, 3):
        shutil.copy(OLD[-1], path)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("INSERT INTO meta VALUES ('copy', ?)", [str(number)])
        migrations.apply(path, steps=next_schema())
    names = [f"ledger-paper-before-m900_notes{more}.db" for more in ("", "-2", "-3")]
    assert sorted(one.name for one in copies.iterdir()) == sorted(names)
    for number, name in enumerate(names, 1):
        with closing(sqlite3.connect(copies / name)) as connection:
            assert connection.execute("SELECT value FROM meta WHERE key = 'copy'").fetchone() == (str(number),)


def test_a_ledger_of_a_newer_program_is_refused_and_not_touched(tmp_path):
    path = tmp_path / "ledger-paper.db"
    migrations.apply(path, steps=next_schema())
    before = path.read_bytes(), sorted(tmp_path.iterdir())
    with pytest.raises(StoreTooNew, match="m900_notes, m901_note"):
        migrations.apply(path)
    assert (path.read_bytes(), sorted(tmp_path.iterdir())) == before


def test_another_database_is_not_made_a_ledger(tmp_path):
    path = tmp_path / "ledger-paper.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photos (name)")
    with pytest.raises(StoreError, match="no ledger"):
        migrations.apply(path)


def test_dying_at_any_write_of_a_migration_leaves_the_old_or_the_new_schema(tmp_path):
    steps = next_schema()
    number, whole = 0, False
    while not whole:
        number += 1
        folder = tmp_path / str(number)
        (folder / "after").mkdir(parents=True)
        path = folder / "ledger-paper.db"
        shutil.copy(OLD[-1], path)
        before = content(path)
        disk = Disk()
        disk.cut_after = number
        try:
            migrations.apply(path, steps=steps, connect=disk.connect)
            whole = not disk.off
        except StoreError:
            pass
        disk.leave(folder / "after", random.Random(number))
        left = folder / "after" / path.name
        assert content(left) == before
        assert migrations.apply(left, steps=steps) in ([], ["m900_notes", "m901_note"])
        with database.reader(left) as connection:
            assert connection.execute("SELECT * FROM notes").fetchall() == [(3, "settled")]
        disk.end()
    assert number > 5


def test_every_ledger_has_a_salt_of_its_own(tmp_path):
    salts = set()
    for number in range(3):
        path = tmp_path / f"{number}.db"
        migrations.apply(path)
        salts.add(load.load(path, SESSION).salt)
    assert len(salts) == 3
    assert all(len(salt) == 2 * migrations.SALT_BYTES and int(salt, 16) >= 0 for salt in salts)
