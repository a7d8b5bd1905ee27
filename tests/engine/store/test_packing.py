"""Packed sessions: smaller, and in every way the journal they were."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from engine.core.events import Trade
from engine.core.units import DAY, Nanos
from engine.host.player import Player
from engine.store import journal, packing, past
from engine.store.journal import Recording
from tests.engine.host.recorded import EVENTS, START, rows, write


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "20260703T150000Z.db")


def test_a_packed_session_is_the_same_and_smaller(path) -> None:
    before, decided, size = list(Recording(path)), Recording(path).decisions(), journal.size(path)
    extent = journal.extent(path)
    assert packing.pack(path)
    recording = Recording(path)
    assert list(recording) == before
    assert recording.cut == ""
    assert recording.decisions() == decided
    assert journal.extent(path) == extent
    assert journal.size(path) < size / 3
    assert [entry.seq for entry in recording.read(EVENTS - 7)] == list(range(EVENTS - 6, EVENTS + 1))
    assert not packing.pack(path), "once is enough"
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name]


def test_it_is_played_all_the_same(path) -> None:
    packing.pack(path)
    player = Player(Recording(path))
    player.scan()
    assert (player.scanned, player.differences) == (EVENTS, 0)
    player.seek(EVENTS // 2)
    assert player.position == EVENTS // 2


def test_parts_are_packed_one_by_one(tmp_path) -> None:
    path = tmp_path / "20260703T150000Z.db"
    events, _ = rows()
    for file, some in ((path, events[:700]), (journal.next_part(path), events[700:])):
        with closing(journal.create(file)) as connection:
            journal.append(connection, some)
    before = list(Recording(path))
    files = packing.due(tmp_path, START + 3 * DAY, 2)
    assert [file.name for file in files] == [path.name, "20260703T150000Z.0002.part"]
    assert packing.tidy(files) == 2
    assert list(Recording(path)) == before
    assert packing.due(tmp_path, START + 3 * DAY, 2) == []


def test_only_old_sessions_are_due_and_never_the_one_that_runs(path) -> None:
    folder = path.parent
    assert packing.due(folder, START + DAY, 2) == []
    assert packing.due(folder, START + 3 * DAY, 2, keep=path) == []
    assert packing.due(folder, START + 3 * DAY, 2) == [path]


def test_a_journal_with_a_gap_is_left_as_it_is(path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM events WHERE seq = 100")
    whole = path.read_bytes()
    assert not packing.pack(path)
    assert path.read_bytes() == whole
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name]


def test_packing_can_be_stopped_and_leaves_nothing(path) -> None:
    assert not packing.pack(path, stop=lambda: True)
    assert packing.tidy([path], stop=lambda: True) == 0
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name]


def test_what_is_no_journal_is_not_touched(tmp_path) -> None:
    other = tmp_path / "20260703T150000Z.db"
    other.write_text("mine")
    assert packing.due(tmp_path, START + 3 * DAY, 2) == []
    assert packing.tidy([other]) == 0
    assert other.read_text() == "mine"


def test_a_damaged_block_ends_the_reading_and_says_so(path) -> None:
    packing.pack(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE blocks SET body = x'00'")
    recording = Recording(path)
    assert list(recording) == []
    assert "unreadable block" in recording.cut


def test_charts_find_trades_in_packed_sessions_too(path) -> None:
    events = [entry.event() for entry in Recording(path)]
    trades = [one for one in events if isinstance(one, Trade)]
    name, before = trades[-1].instrument, trades[-1].at

    def found():
        return past.trades(path.parent / "none.db", path.parent, name, before, 1.0, 1.0)

    plain = found()
    assert plain.prints
    packing.pack(path)
    assert found() == plain
    assert len(plain.prints) == sum(one.instrument == name and one.at < before for one in trades)


def test_the_oldest_go_when_all_take_too_much(tmp_path) -> None:
    made = [write(tmp_path / f"2026070{n}T150000Z.db") for n in (1, 2, 3)]
    each = journal.size(made[0])
    assert journal.expire(tmp_path, Nanos(START + 3 * DAY), 30, most_bytes=3 * each) == []
    assert journal.expire(tmp_path, Nanos(START + 3 * DAY), 30, keep=made[0], most_bytes=2 * each) == [made[1]]
    assert journal.sessions(tmp_path) == [made[0], made[2]]
