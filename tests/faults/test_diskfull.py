"""A disk that refuses the n-th write, for every n: nothing lost, nothing doubled, nothing half, and it goes on."""

from __future__ import annotations

import random
import shutil
import threading

import pytest

from engine.store import load, migrations
from engine.store.checkpoint import Checkpoint
from engine.store.journal import Recording
from engine.store.writer import Writer
from tests.faults.disk import Disk
from tests.faults.work import SESSION, Work, opening
from tests.scale import FULL, scale

KEY = bytes(range(32))
KEEPS = 120 if FULL else 40


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A ledger as a first start leaves it."""
    folder = tmp_path_factory.mktemp("template")
    migrations.apply(folder / "ledger-paper.db")
    return folder


class Heard:
    """What a writer said."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.trouble: list[bool] = []
        self.moved = threading.Condition()

    def on_kept(self, what: list[str]) -> None:
        with self.moved:
            self.kept += what
            self.moved.notify_all()

    def on_trouble(self, ok: bool, why: str) -> None:
        with self.moved:
            self.trouble.append(ok)
            self.moved.notify_all()

    def wait(self, done) -> None:
        with self.moved:
            assert self.moved.wait_for(done, timeout=20), (len(self.kept), self.trouble[-4:])


def trade(folder, disk, *, sure=True):
    """Keep a fixed amount of work on a disk, one after the other; return what was said."""
    ledger, heard = folder / "ledger-paper.db", Heard()
    writer = Writer(
        ledger,
        folder / "journal.db",
        on_kept=heard.on_kept,
        on_trouble=heard.on_trouble,
        connect=disk.connect,
        checkpoint=Checkpoint(ledger, KEY),
        retry=0.001,
    )
    writer.start()
    disk.ready = disk.calls
    writer.keep(opening(), "opening")
    work = Work(7, SESSION)
    for number in range(KEEPS):
        writer.journal(number + 1, number, "Due", b"body", b"digest")
        rows, then = work.next()
        writer.keep(rows, then)
        if number % 4 == 0:
            heard.wait(lambda number=number: len(heard.kept) > number)
    heard.wait(lambda: len(heard.kept) == KEEPS + 1)
    assert writer.stop() or not sure
    return heard


def expected():
    work = Work(7, SESSION)
    return ["opening", *(work.next()[1] for _ in range(KEEPS))]


def reference(template, folder):
    """Return what the ledger holds when nothing fails, and between which calls of the disk the work lay."""
    shutil.copytree(template, folder)
    disk = Disk()
    trade(folder, disk)
    known = load.load(folder / "ledger-paper.db", SESSION)
    calls = (disk.ready, disk.calls)
    disk.end()
    return known, calls


def test_a_disk_that_is_full_for_a_while_loses_and_doubles_nothing(template, tmp_path):
    whole, (first, last) = reference(template, tmp_path / "reference")
    points = range(first + 1, last)
    assert len(points) > 100
    seen = 0
    for number in points:
        folder = tmp_path / str(number)
        shutil.copytree(template, folder)
        disk = Disk()
        disk.fails = lambda call, number=number: number <= call < number + 5
        heard = trade(folder, disk)
        disk.end()
        known = load.load(folder / "ledger-paper.db", SESSION, checkpoint=Checkpoint(folder / "ledger-paper.db", KEY))
        assert heard.kept == expected(), number
        assert known == whole, number
        recording = Recording(folder / "journal.db")
        assert [entry.seq for entry in recording] == list(range(1, KEEPS + 1)), (number, recording.cut)
        seen += heard.trouble.count(False)
        assert heard.trouble == [False, True] * (len(heard.trouble) // 2), number
        shutil.rmtree(folder)
    assert seen > 0


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_a_disk_that_fails_now_and_then_only_slows_it(share, template, tmp_path):
    whole, (first, _) = reference(template, tmp_path / "reference")
    chance = random.Random(7)
    for number in range(scale(40)):
        folder = tmp_path / str(number)
        shutil.copytree(template, folder)
        disk = Disk()
        disk.fails = lambda call: call > first and chance.random() < share
        heard = trade(folder, disk, sure=False)
        disk.end()
        assert heard.kept == expected()
        assert load.load(folder / "ledger-paper.db", SESSION) == whole
