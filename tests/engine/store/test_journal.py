from __future__ import annotations

import shutil
from contextlib import closing

import pytest

from engine.core import codec
from engine.core.errors import StoreDamaged, StoreError, StoreTooNew
from engine.core.events import Due
from engine.core.units import DAY, SECOND, Nanos
from engine.store import database, journal
from engine.store.journal import Entry, Recording

NOON = Nanos(1_783_080_000 * SECOND)


def record(path, count, start=1):
    with closing(journal.create(path)) as connection:
        rows = [
            (n, n * 10, "Due", codec.encode(Due(at=Nanos(n * 10), what=f"w{n}")), b"d") for n in range(start, count + 1)
        ]
        journal.append(connection, rows)


def test_what_was_written_is_read_back_in_its_order(tmp_path):
    path = tmp_path / "a.db"
    record(path, 1_000)
    found = list(Recording(path))
    assert [entry.seq for entry in found] == list(range(1, 1_001))
    assert found[6] == Entry(7, Nanos(70), "Due", codec.encode(Due(at=Nanos(70), what="w7")), b"d")
    assert found[6].event() == Due(at=Nanos(70), what="w7")


def test_rows_written_twice_are_there_once(tmp_path):
    path = tmp_path / "a.db"
    record(path, 10)
    record(path, 20)
    recording = Recording(path)
    assert len(list(recording)) == 20
    assert recording.cut == ""


def test_reading_stops_at_a_gap_and_says_where(tmp_path):
    path = tmp_path / "a.db"
    record(path, 10)
    record(path, 20, start=15)
    recording = Recording(path)
    assert [entry.seq for entry in recording] == list(range(1, 11))
    assert recording.cut == "entry 11 is missing"


@pytest.mark.parametrize(
    ("column", "value"),
    [("seq", "'x'"), ("at", "'x'"), ("at", "NULL"), ("kind", "x'05'"), ("body", "'x'"), ("digest", "NULL")],
)
def test_a_row_of_other_kinds_is_damage(tmp_path, column, value):
    """Of a file that somebody else made: nothing holds its columns to what we write."""
    path = tmp_path / "a.db"
    record(path, 10)
    with closing(database.connect(path, full=False)) as connection:
        connection.execute("CREATE TABLE loose AS SELECT * FROM events")
        connection.execute("DROP TABLE events")
        connection.execute("ALTER TABLE loose RENAME TO events")
        connection.execute(f"UPDATE events SET {column} = {value} WHERE seq = 5")
    recording = Recording(path)
    assert [entry.seq for entry in recording] == [1, 2, 3, 4]
    assert recording.cut


def test_a_cut_file_is_read_as_far_as_it_goes(tmp_path):
    path = tmp_path / "a.db"
    record(path, 3_000)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 // 4096 * 4096])
    recording = Recording(path)
    read = [entry.seq for entry in recording]
    assert read == list(range(1, len(read) + 1))
    assert len(read) < 3_000
    assert recording.cut.startswith(f"unreadable after {len(read)} entries")


def test_what_is_no_journal_is_refused(tmp_path):
    path = tmp_path / "a.db"
    with pytest.raises(StoreError):
        Recording(path)
    path.write_bytes(b"text" * 2_000)
    with pytest.raises(StoreDamaged):
        Recording(path)


@pytest.mark.parametrize("rows", ["", "('mode', 'paper')", "('version', 'x')", "('version', NULL)"])
def test_another_database_is_told_to_be_no_journal(tmp_path, rows):
    """Of a ledger it was said that a 'NoneType' object is not subscriptable."""
    path = tmp_path / "ledger.db"
    with closing(database.connect(path, full=True)) as connection:
        connection.execute("CREATE TABLE meta (key TEXT, value TEXT)")
        if rows:
            connection.execute(f"INSERT INTO meta VALUES {rows}")
    with pytest.raises(StoreError, match=r"ledger\.db is no journal \(it names no version of one\)$"):
        Recording(path)


def test_events_of_a_later_version_are_refused(tmp_path):
    path = tmp_path / "a.db"
    with closing(journal.create(path)) as connection:
        connection.execute("UPDATE meta SET value = '99'")
    with pytest.raises(StoreTooNew, match="99"):
        Recording(path)


def test_a_body_that_is_no_event_is_damage(tmp_path):
    with pytest.raises(StoreDamaged):
        Entry(1, Nanos(1), "Due", b"\xc1", b"").event()


def test_sessions_are_named_by_their_time_and_never_twice(tmp_path):
    first = journal.new_session(tmp_path, NOON)
    assert first.name == "20260703T120000Z.db"
    record(first, 1)
    second = journal.new_session(tmp_path, NOON)
    record(second, 1)
    assert second.name == "20260703T120000Z-2.db"
    assert journal.sessions(tmp_path) == sorted([first, second])
    assert journal.sessions(tmp_path / "none") == []


@pytest.mark.parametrize("name", ["day [1].db", "[a-z].db", "a.db"])
def test_the_parts_of_a_session_are_found_whatever_it_is_called(tmp_path, name):
    """Of a copy called "day [1]" only the first file was read, and it counted as whole."""
    path = tmp_path / name
    record(path, 10)
    record(journal.next_part(path), 20, start=11)
    other = path.with_stem(f"{path.stem}.b")
    record(other, 5)
    record(journal.next_part(other), 9, start=6)
    recording = Recording(path)
    assert [entry.seq for entry in recording] == list(range(1, 21))
    assert recording.cut == ""
    assert len(list(Recording(other))) == 9
    journal.remove(path)
    assert len(journal.parts(other)) == 2
    assert not path.exists()


def test_old_sessions_go_and_others_stay(tmp_path):
    old = journal.new_session(tmp_path, Nanos(NOON - 10 * DAY))
    record(old, 1)
    shutil.copy(old, old.with_name(old.name + "-wal"))
    current = journal.new_session(tmp_path, Nanos(NOON - 9 * DAY))
    young = journal.new_session(tmp_path, NOON)
    other = tmp_path / "mine.db"
    for path in (current, young, other):
        record(path, 1)
    assert journal.expire(tmp_path, NOON, 7, keep=current) == [old]
    assert sorted(tmp_path.iterdir()) == sorted([current, young, other])


def test_a_journal_is_idle_unless_a_connection_is_open(tmp_path):
    writing = journal.create(tmp_path / "a.db")
    try:
        assert not journal.idle(tmp_path / "a.db")
    finally:
        writing.close()
    assert journal.idle(tmp_path / "a.db")
    assert [file.name for file in tmp_path.iterdir()] == ["a.db"]
