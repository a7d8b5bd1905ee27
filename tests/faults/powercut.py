"""One power cut after another: the real writer on a disk that loses power at some write, then what is left is read."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from engine.core.errors import StoreError
from engine.store import load, migrations
from engine.store.checkpoint import Checkpoint
from engine.store.writer import Writer
from tests.faults.disk import Disk
from tests.faults.work import SESSION, Work, opening

KEY = bytes(range(32))
LEDGER = "ledger-paper.db"


@dataclass
class Cuts:
    """What many power cuts came to."""

    cuts: int = 0
    acked: int = 0
    lost: int = 0
    """Acknowledged keeps that were gone."""
    damaged: int = 0
    """Ledgers that could not be opened, or whose cash or chain did not hold."""
    runs_that_lost: int = 0
    unacked_found: int = 0
    """Keeps that were there though nobody had been told: allowed, and a sign that cuts fall between."""
    faults: list[str] = field(default_factory=list)


def run(folder: Path, cuts: int, seed: int, *, careless: bool = False) -> Cuts:
    """Cut the power `cuts` times; `careless` opens the ledger with synchronous=NORMAL, as a ledger must not be."""
    template = _template(folder)
    result = Cuts()
    for number in range(cuts):
        one = folder / str(number)
        _one(template, one, random.Random(f"{seed}/{number}"), result, careless=careless)
        shutil.rmtree(one)
    return result


def _template(folder: Path) -> Path:
    """Return a folder with a ledger that a first session has opened and closed."""
    template = folder / "template"
    template.mkdir()
    ledger = template / LEDGER
    migrations.apply(ledger)
    writer = Writer(ledger, None, on_kept=_nothing, on_trouble=_nothing)
    writer.start()
    writer.keep(opening(), "opening")
    assert writer.stop()
    return template


def _one(template: Path, folder: Path, chance: random.Random, result: Cuts, *, careless: bool) -> None:
    before, after = folder / "before", folder / "after"
    shutil.copytree(template, before)
    after.mkdir()
    checkpoint = before / "checkpoint.json"
    disk = Disk(at_cut=lambda: checkpoint.exists() and shutil.copy(checkpoint, after))
    disk.cut_after = chance.randint(1, 400)
    acked = _work(before, disk, chance, careless=careless)
    disk.leave(after, chance)
    result.cuts += 1
    result.acked += len(acked)
    _judge(after, acked, result)
    disk.end()


def _work(folder: Path, disk: Disk, chance: random.Random, *, careless: bool) -> list[str]:
    """Trade until the power goes; return what was acknowledged before it went."""
    acked: list[str] = []
    gone = threading.Event()
    told = threading.Semaphore(0)

    def kept(what: list[str]) -> None:
        if not disk.off:
            acked.extend(what)
        for _ in what:
            told.release()

    def trouble(ok: bool, why: str) -> None:
        if disk.off:
            gone.set()
        told.release(8)

    ledger = folder / LEDGER
    work = Work(chance.randrange(1 << 30), load.load(ledger, SESSION))
    writer = Writer(
        ledger,
        folder / "journal.db",
        on_kept=kept,
        on_trouble=trouble,
        connect=disk.careless if careless else disk.connect,
        checkpoint=Checkpoint(ledger, KEY),
        retry=0.001,
    )
    with suppress(StoreError, sqlite3.Error):  # the power may go while it opens
        writer.start()
        event = 0
        while not disk.off and not gone.is_set():
            for _ in range(chance.randint(1, 4)):
                event += 1
                writer.journal(event, event, "Due", b"body", b"digest")
                rows, then = work.next()
                writer.keep(rows, f"{then}@{event}")
            told.acquire(timeout=5)
        writer.stop()
    return acked


def _judge(folder: Path, acked: list[str], result: Cuts) -> None:
    """Open what is left as the next start would, and count what is missing."""
    ledger = folder / LEDGER
    try:
        migrations.apply(ledger)
        known = load.load(ledger, SESSION, checkpoint=Checkpoint(ledger, KEY))
        with sqlite3.connect(ledger) as connection:
            there = {f"t:{seq}" for (seq,) in connection.execute("SELECT seq FROM trades")}
        connection.close()
    except StoreError as e:
        result.damaged += 1
        result.faults.append(str(e))
        return
    there |= {f"s:{row.seq}" for row in known.settlements}
    told = {what.partition("@")[0] for what in acked}
    missing = told - there
    result.lost += len(missing)
    result.runs_that_lost += bool(missing)
    result.unacked_found += len(there - told)
    if not known.chain_ok and not missing:
        result.damaged += 1
        result.faults.append(f"chain or checkpoint of {known.chain_next} records does not hold")
    if (whole := known.next_trade - 1) != sum(1 for what in there if what[0] == "t"):
        result.damaged += 1
        result.faults.append(f"a gap within {whole} trades")


def _nothing(*_: object) -> None:
    return
