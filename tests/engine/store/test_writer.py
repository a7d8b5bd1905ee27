from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing

import pytest

from engine.core.effects import Row
from engine.core.errors import StoreError
from engine.store import database, journal, load, migrations
from engine.store import writer as module
from engine.store.checkpoint import Checkpoint
from engine.store.journal import Recording
from engine.store.tally import Rotation
from engine.store.writer import Writer
from tests.faults.disk import Disk
from tests.faults.work import SESSION, Work, cash, opening

KEY = bytes(32)


class Heard:
    """What a writer said, and in which thread."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.trouble: list[tuple[bool, str]] = []
        self.threads: set[str] = set()
        self.moved = threading.Condition()

    def on_kept(self, what):
        with self.moved:
            self.kept += what
            self.threads.add(threading.current_thread().name)
            self.moved.notify_all()

    def on_trouble(self, ok, why):
        with self.moved:
            self.trouble.append((ok, why))
            self.moved.notify_all()

    def wait(self, done):
        with self.moved:
            assert self.moved.wait_for(done, timeout=10)


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def start(tmp_path, heard):
    """Start writers on a ledger and a journal in `tmp_path`; stop them in the end."""
    started = []
    migrations.apply(tmp_path / "ledger-paper.db")

    def start(**options):
        writer = Writer(
            options.pop("ledger", tmp_path / "ledger-paper.db"),
            options.pop("journal", tmp_path / "journal.db"),
            on_kept=heard.on_kept,
            on_trouble=heard.on_trouble,
            retry=0.001,
            **options,
        )
        writer.start()
        started.append(writer)
        return writer

    yield start
    for writer in started:
        writer.stop()


def until(done):
    """Wait for another thread."""
    for _ in range(10_000):
        if done():
            return
        time.sleep(0.001)
    raise AssertionError("it never came")


def entries(path):
    return [entry.seq for entry in Recording(path)]


def test_keeps_are_told_in_their_order_once_they_are_safe(start, heard, tmp_path):
    writer, work, wanted = start(), Work(7, SESSION), []
    writer.keep(opening(), "opening")
    for _ in range(200):
        rows, then = work.next()
        writer.keep(rows, then)
        wanted.append(then)
    heard.wait(lambda: len(heard.kept) == 201)
    assert heard.kept == ["opening", *wanted]
    assert heard.threads == {"store-writer"}
    known = load.load(tmp_path / "ledger-paper.db", SESSION)  # while the writer still has it open
    assert known.next_trade - 1 + known.chain_next == 200


def test_a_keep_takes_the_journal_before_it_along(start, heard, tmp_path):
    writer = start(lap=3_600)
    for number in range(1, 400):
        writer.journal(number, number, "Due", b"body", b"digest")
    writer.keep(opening(), "opening")
    heard.wait(lambda: heard.kept == ["opening"])
    assert entries(tmp_path / "journal.db") == list(range(1, 400))


def test_what_is_held_is_written_together_when_the_hold_ends(start, heard):
    writer, work = start(lap=3_600), Work(7, SESSION)
    writer.hold(True)
    writer.keep(opening(), "opening")
    for _ in range(20):
        writer.keep(*work.next())
    assert writer.waiting == 21
    writer.hold(False)
    heard.wait(lambda: len(heard.kept) == 21)


def test_a_hold_that_gathered_nothing_wakes_nobody(start, heard):
    writer = start(lap=3_600)
    writer.hold(True)
    writer.journal(1, 1, "Due", b"body", b"digest")
    writer.hold(False)
    assert writer.waiting == 1
    writer.keep(opening(), "opening")
    heard.wait(lambda: heard.kept == ["opening"])


def test_the_journal_alone_is_written_after_a_lap(start, tmp_path):
    writer = start(lap=0.01)
    writer.journal(1, 1, "Due", b"body", b"digest")
    for _ in range(1_000):
        if not writer.waiting:
            break
        threading.Event().wait(0.01)
    assert entries(tmp_path / "journal.db") == [1]


def test_rows_of_the_journal_that_are_company_enough_wait_for_no_more(start, tmp_path):
    writer, path = start(lap=3_600), tmp_path / "journal.db"
    writer.hold(True)
    for number in range(1, module.COMPANY + 3):
        writer.journal(number, number, "Due", b"body", b"digest")
    assert writer.waiting == module.COMPANY + 2
    writer.hold(False)
    until(lambda: not writer.waiting)
    assert entries(path) == list(range(1, module.COMPANY + 3))
    for number in range(module.COMPANY + 3, 2 * module.COMPANY + 3):
        writer.journal(number, number, "Due", b"body", b"digest")
    until(lambda: not writer.waiting)
    assert entries(path) == list(range(1, 2 * module.COMPANY + 3))


def test_stopping_writes_what_is_queued_and_leaves_one_file_each(start, tmp_path):
    writer, work = start(lap=3_600), Work(7, SESSION)
    writer.keep(opening(), "")
    for number in range(1, 50):
        writer.journal(number, number, "Due", b"body", b"digest")
        writer.keep(*work.bought())
    writer.journal(50, 50, "Due", b"body", b"digest")
    assert writer.stop()
    assert load.load(tmp_path / "ledger-paper.db", SESSION).next_trade == 50
    assert entries(tmp_path / "journal.db") == list(range(1, 51))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.db", "ledger-paper.db"]


def test_without_a_ledger_a_keep_is_told_at_once(start, heard):
    writer = start(ledger=None, journal=None)
    writer.journal(1, 1, "Due", b"", b"")
    writer.keep(opening(), "opening")
    heard.wait(lambda: heard.kept == ["opening"])


def test_a_keep_without_rows_is_safe_and_one_without_a_name_is_not_told(start, heard):
    writer = start()
    writer.keep(opening(), "")
    writer.keep((), "nothing")
    heard.wait(lambda: heard.kept == ["nothing"])


@pytest.mark.parametrize(
    "bad",
    [
        (Row("photos", {"id": 1}),),
        cash(1, "", ("you", "1", "deposit")),
        (Row("orders", {"id": "o-9", "status": "filled"}),),
        (Row("meta", {"key": "a", "value": "\ud800"}),),
        (Row("pnl", {"at": 1 << 70, "realised": "0", "unrealised": "0", "fees": "0"}),),
        (Row("pnl", {"at": "noon", "realised": "0", "unrealised": "0", "fees": "0"}),),
    ],
)
def test_what_can_never_be_written_is_dropped_whole_and_said(bad, start, heard, tmp_path):
    writer, work = start(), Work(7, SESSION)
    writer.keep(opening(), "opening")
    writer.keep(work.bought()[0] + bad, "bad")
    writer.keep((Row("meta", {"key": "after", "value": "1"}),), "after")
    heard.wait(lambda: len(heard.kept) == 3)
    assert heard.kept == ["opening", "failed:bad", "after"]
    assert [ok for ok, _ in heard.trouble] == [False]
    assert load.load(tmp_path / "ledger-paper.db", SESSION).next_trade == 1


def test_a_record_that_does_not_continue_the_chain_is_dropped_with_its_payments(start, heard, tmp_path):
    writer, work = start(), Work(7, SESSION)
    writer.keep(opening(), "opening")
    writer.keep(*work.settlement())
    work.link, work.head = 5, "0" * 64
    writer.keep(work.settlement()[0], "forked")
    heard.wait(lambda: len(heard.kept) == 3)
    assert heard.kept == ["opening", "s:0", "failed:forked"]
    known = load.load(tmp_path / "ledger-paper.db", SESSION)
    assert (known.chain_next, known.chain_ok) == (1, True)
    assert {row.account: row.amount for row in known.cash}["you"] == 100_000 + known.settlements[0].paid


def test_nothing_is_settled_onto_a_log_that_was_changed_underneath(start, heard, tmp_path):
    ledger = tmp_path / "ledger-paper.db"
    writer, work = start(checkpoint=Checkpoint(ledger, KEY)), Work(7, SESSION)
    writer.keep(opening(), "opening")
    for _ in range(3):
        writer.keep(*work.settlement())
    heard.wait(lambda: len(heard.kept) == 4)
    with closing(sqlite3.connect(ledger, isolation_level=None)) as other:
        other.execute("DELETE FROM settlements WHERE seq = 2")
        work.link, work.head = other.execute("SELECT seq + 1, hash FROM settlements ORDER BY seq DESC").fetchone()
    writer.keep(work.settlement()[0], "after the cut")
    heard.wait(lambda: len(heard.kept) == 5)
    assert heard.kept[-1] == "failed:after the cut"
    assert heard.trouble[0][0] is False


def test_trouble_is_said_once_when_it_starts_and_once_when_it_ends(start, heard, tmp_path):
    disk = Disk()
    writer = start(connect=disk.connect)
    disk.fails = lambda _: True
    writer.keep(opening(), "opening")
    heard.wait(lambda: heard.trouble)
    writer.journal(1, 1, "Due", b"body", b"digest")
    before = disk.calls
    for _ in range(1_000):
        if disk.calls > before + 10:
            break
        threading.Event().wait(0.01)
    assert [ok for ok, _ in heard.trouble] == [False]
    assert "disk full" in heard.trouble[0][1]
    assert heard.kept == []
    disk.fails = lambda _: False
    heard.wait(lambda: heard.kept == ["opening"])
    assert heard.trouble[1:] == [(True, "")]
    assert writer.stop()
    disk.end()


def test_stopping_on_a_full_disk_says_that_not_everything_is_safe(start, heard):
    disk = Disk()
    writer = start(connect=disk.connect)
    disk.fails = lambda _: True
    writer.keep(opening(), "opening")
    heard.wait(lambda: heard.trouble)
    assert not writer.stop()
    assert writer.waiting == 1
    disk.end()


def test_a_journal_that_outgrows_its_room_ends_there_without_a_gap(start, heard, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROOM", 10)
    disk = Disk()
    writer = start(connect=disk.connect)
    disk.fails = lambda _: True
    for number in range(1, 31):
        writer.journal(number, number, "Due", b"body", b"digest")
    writer.keep(opening(), "opening")
    heard.wait(lambda: heard.trouble)
    disk.fails = lambda _: False
    writer.journal(31, 31, "Due", b"body", b"digest")
    heard.wait(lambda: heard.kept == ["opening"])
    assert heard.trouble[-1] == (True, "the journal of this session ends at entry 10")
    assert writer.stop()
    assert entries(tmp_path / "journal.db") == list(range(1, 11))
    disk.end()


def test_a_start_that_cannot_open_its_files_says_so(start, tmp_path):
    with pytest.raises(StoreError):
        start(journal=tmp_path / "nowhere" / "journal.db")


def test_the_checkpoint_follows_every_record(start, heard, tmp_path):
    ledger = tmp_path / "ledger-paper.db"
    checkpoint = Checkpoint(ledger, KEY)
    writer, work = start(checkpoint=checkpoint), Work(7, SESSION)
    writer.keep(opening(), "")
    for number in range(5):
        writer.keep(*work.settlement())
        heard.wait(lambda number=number: len(heard.kept) == number + 1)
    assert writer.stop()
    assert load.load(ledger, SESSION, checkpoint=checkpoint).chain_ok
    with database.reader(ledger) as connection:
        assert checkpoint.hold(module.records.walk(connection))


def test_a_full_journal_goes_on_in_the_next_file_and_is_read_as_one(tmp_path, heard):
    path = tmp_path / "20260703T130000Z.db"
    full = Rotation(3_000, 3_600.0)
    one = Writer(None, path, on_kept=heard.on_kept, on_trouble=heard.on_trouble, lap=60.0, rotate=full)
    one.start()
    for number in range(1, 201):
        one.journal(number, number * 10, "Due", b"x" * 30, b"d" * 16)
        if number % 50 == 0:
            one.keep((), f"k{number}")
            heard.wait(lambda want=f"k{number}": want in heard.kept)
    assert one.stop()
    assert len(journal.parts(path)) == one.tally.parts > 1
    assert journal.sessions(tmp_path) == [path]
    recording = Recording(path)
    assert [entry.seq for entry in recording] == list(range(1, 201))
    assert [entry.seq for entry in recording.read(120)] == list(range(121, 201))
    assert (one.tally.rows, one.tally.lost, one.tally.kinds["Due"]) == (200, 0, 200)
    assert (one.tally.first_at, one.tally.last_at) == (10, 2_000)
    journal.remove(path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_decided_about_orders_stands_in_the_journal_too(tmp_path):
    path = tmp_path / "a.db"
    one = Writer(None, path, on_kept=lambda _: None, on_trouble=lambda *_: None, lap=0.001)
    one.start()
    values = {"id": "o-1", "at": 5, "venue": "kalshi", "symbol": "M", "side": "buy", "leg": "yes", "price": 4_300}
    values |= {"qty": "10", "tif": "IOC", "origin": "ladder", "status": "sent", "why": ""}
    one.journal(1, 5, "Asked", b"", b"")
    one.keep((Row("orders", values),), "sent:o-1")
    one.keep((Row("orders", values | {"status": "working"}),), "")
    one.keep((Row("orders", values | {"price": 4_400}),), "")
    one.journal(2, 6, "Due", b"", b"")
    assert one.stop()
    found = Recording(path).decisions()
    assert found is not None
    assert [(d.order, d.who, d.price, d.qty) for d in found] == [
        ("o-1", "ladder", 4_300, "10"), ("o-1", "ladder", 4_400, "10"),
    ]  # fmt: skip
