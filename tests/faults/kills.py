"""One kill -9 after another: a child trades through the real writer until it is killed, then its ledger is read.

Run as a program, since children are forked from a process with one thread and no Qt in it::

    python -m tests.faults.kills FOLDER ROUNDS SEED
"""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import sqlite3
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from engine.core.errors import StoreError
from engine.store import load, migrations
from engine.store.checkpoint import Checkpoint
from engine.store.journal import Recording
from engine.store.profile import Lock
from engine.store.writer import Writer
from tests.faults.work import SESSION, Work, opening

KEY = bytes(range(32))
LIVES = 8
"""Kills that one ledger lives through."""
LONGEST_S = 0.03
SOON_S, PATIENCE_S, OPENING = 0.04, 5.0, 0.1
"""How long the first acknowledgement is waited for: hardly, in one life of ten, so that some die while they open."""


@dataclass
class Kills:
    """What many kills came to."""

    kills: int = 0
    acked: int = 0
    settled: int = 0
    """Of these, settlement records."""
    lost: int = 0
    damaged: int = 0
    journal_short: int = 0
    """Journals that lacked an event whose keep was acknowledged."""
    slowest_reopen_ms: float = 0.0
    faults: list[str] = field(default_factory=list)


def run(folder: Path, rounds: int, seed: int) -> Kills:
    """Kill `rounds` children at random moments."""
    result = Kills()
    chance = random.Random(seed)
    for number in range(rounds):
        profile = folder / f"profile-{number // LIVES}"
        if number % LIVES == 0:
            profile.mkdir()
        _one(profile, number, chance, result)
        if number % LIVES == LIVES - 1:
            shutil.rmtree(profile)
    return result


def _one(profile: Path, number: int, chance: random.Random, result: Kills) -> None:
    events = profile / f"{number}.db"
    seed, delay = chance.randrange(1 << 30), chance.random() * LONGEST_S
    patience = SOON_S if chance.random() < OPENING else PATIENCE_S
    mine, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(mine)
        _live(profile, events, seed, theirs)
    os.close(theirs)
    told = _kill_after(child, mine, delay, patience)
    result.kills += 1
    result.acked += len(told)
    result.settled += sum(1 for what in told if what.startswith("s:"))
    _judge(profile, events, told, result)


def _live(profile: Path, events: Path, seed: int, pipe: int) -> None:
    """Trade until killed; never returns."""
    try:
        ledger = profile / "ledger-paper.db"
        with Lock(profile / "lock"):
            migrations.apply(ledger)
            known = load.load(ledger, SESSION)
            waiting: list[int] = [0]

            def kept(what: list[str]) -> None:
                waiting[0] -= len(what)
                os.write(pipe, "".join(f"{one}\n" for one in what).encode())

            writer = Writer(
                ledger, events, on_kept=kept, on_trouble=_ignore, checkpoint=Checkpoint(ledger, KEY), lap=0.005
            )
            writer.start()
            if not known.markets:
                writer.keep(opening(), "")
            work, event = Work(seed, known), 0
            while True:
                event += 1
                writer.journal(event, event, "Due", b"body", b"digest")
                rows, then = work.next()
                waiting[0] += 1
                writer.keep(rows, f"{then}@{event}")
                while waiting[0] > 32:
                    time.sleep(0.0002)
    finally:
        os._exit(1)


def _kill_after(child: int, pipe: int, delay: float, patience: float) -> list[str]:
    """Read acknowledgements until `delay` after the first (or `patience` without any), then kill; return all."""
    told = b""
    end = time.monotonic() + delay + patience
    while (left := end - time.monotonic()) > 0:
        if not select.select([pipe], [], [], left)[0]:
            break
        if not told:
            end = time.monotonic() + delay
        part = os.read(pipe, 1 << 16)
        if not part:
            break
        told += part
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    while part := os.read(pipe, 1 << 16):
        told += part
    os.close(pipe)
    assert os.WIFSIGNALED(status), f"a child ended by itself: {status}"
    return told.decode().split("\n")[:-1] if told else []


def _judge(profile: Path, events: Path, told: list[str], result: Kills) -> None:
    """Open the ledger as the next start would, and count what is missing."""
    ledger = profile / "ledger-paper.db"
    began = time.perf_counter()
    try:
        with Lock(profile / "lock"):
            migrations.apply(ledger)
            known = load.load(ledger, SESSION, checkpoint=Checkpoint(ledger, KEY))
            result.slowest_reopen_ms = max(result.slowest_reopen_ms, (time.perf_counter() - began) * 1e3)
            there = _there(ledger) | {f"s:{row.seq}" for row in known.settlements}
    except StoreError as e:
        result.damaged += 1
        result.faults.append(str(e))
        return
    wanted = {what.partition("@")[0] for what in told}
    result.lost += len(wanted - there)
    if not known.chain_ok or known.next_trade - 1 != sum(1 for what in there if what.startswith("t:")):
        result.damaged += 1
        result.faults.append(f"chain_ok={known.chain_ok}, next trade {known.next_trade}")
    if told:
        last = max(int(what.partition("@")[2]) for what in told)
        result.journal_short += sum(1 for _ in Recording(events)) < last


def _there(ledger: Path) -> set[str]:
    """Return the trades whose every row is there."""
    with sqlite3.connect(ledger) as connection:
        query = """SELECT trades.seq FROM trades JOIN orders ON orders.id = trades.order_id
            JOIN fills ON fills.order_id = orders.id
            WHERE (SELECT COUNT(*) FROM cash WHERE ref = trades.order_id) = 2"""
        found = {f"t:{seq}" for (seq,) in connection.execute(query)}
    connection.close()
    return found


def _ignore(*_: object) -> None:
    return


if __name__ == "__main__":
    print(json.dumps(asdict(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))))
