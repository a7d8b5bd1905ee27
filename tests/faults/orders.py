"""One kill -9 after another on an exchange where orders rest: a child trades through kernel and writer until it dies.

Before it has anything written the child tells what the exchange will be by then: every resting order, its place in
the queue, what is set aside for it, and all cash. What the ledger holds after the kill must be one of these moments,
and none before the last that was acknowledged. Run as a program, for the reason that `kills` gives::

    python -m tests.faults.orders FOLDER ROUNDS SEED
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import select
import signal
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.core.commands import Amend, Cancel, CreateMarket, Place, Role, TakeRole, Tif
from engine.core.effects import Keep
from engine.core.errors import StoreError
from engine.core.events import Asked, Kept, Opened
from engine.core.ids import YOU, AccountId, MarketId, embedded
from engine.core.units import SECOND, Leg, Nanos, Qty, Side, Ticks
from engine.exchange.exchange import Exchange
from engine.kernel.step import Kernel
from engine.store import load, migrations
from engine.store.profile import Lock
from engine.store.writer import Writer
from tests.engine.kernel.desk import FRESH, NOON, SIM, high, rain

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.commands import AnyCommand
    from engine.core.events import Event

OTHER = AccountId("sim-02")
LONGEST_S = 0.04
LIVES = 40
"""Kills that one ledger lives through."""
WAITING = 16
"""Keeps under way at most."""


@dataclass
class Found:
    """What many kills came to."""

    kills: int = 0
    acked: int = 0
    """Operations that were told to be on disk."""
    rested: int = 0
    """Orders found resting after the kills, all told."""
    lost: int = 0
    damaged: int = 0
    faults: list[str] = field(default_factory=list)


def picture(exchange: Exchange) -> str:
    """Return what stands for all resting orders, their places and reservations, and all cash."""
    orders = sorted(exchange.hybrid, key=lambda one: one.place)
    rows = [(*map(str, msgspec.structs.astuple(one)), str(one.reserved.normalize())) for one in orders]
    cash = [(who, f"{amount.normalize():f}") for who, amount in sorted(exchange.cash.items()) if amount]
    curves = [(m.id, m.phase, m.b, m.prices) for m in exchange.markets.values()]
    return hashlib.sha256(repr((rows, cash, curves)).encode()).hexdigest()[:16]


class Session:
    """Kernel and writer over one ledger."""

    def __init__(self, ledger: Path, tell: Callable[[str], None]) -> None:
        migrations.apply(ledger)
        self.kernel, self.tell = Kernel(), tell
        self.step_number = self.under_way = 0
        self.safe: deque[str] = deque()
        known = load.load(ledger, FRESH)
        self.at = Nanos(NOON + known.next_trade * SECOND)
        self.writer = Writer(ledger, None, on_kept=self._kept, on_trouble=lambda *_: None)
        self.writer.start()
        self.step(Opened(at=self.at, snapshot=known))

    def _kept(self, what: list[str]) -> None:
        """In the writer's thread: say at once what is safe."""
        self.tell("".join(f"a {one.rpartition('@')[2]}\n" for one in what))
        self.safe.extend(what)

    def step(self, event: Event) -> None:
        """Step an event, tell what the exchange is now, and only then have it written."""
        self.step_number += 1
        keeps = [one for one in self.kernel.step(event) if isinstance(one, Keep)]
        if keeps:
            self.tell(f"d {self.step_number} {picture(self.kernel.state.exchange)}\n")
        for keep in keeps:
            self.under_way += 1
            self.writer.keep(keep.rows, f"{keep.then}@{self.step_number}")

    def ask(self, command: AnyCommand) -> None:
        """Put a command, once the disk has not too much to do; and take in what it has done."""
        while self.under_way > WAITING:
            self.hear()
            time.sleep(0.0002)
        self.hear()
        self.at = Nanos(self.at + SECOND)
        self.step(Asked(at=self.at, command=command, pressed_at=Nanos(self.at * 4)))

    def hear(self) -> None:
        """Take in what the disk says."""
        while self.safe:
            self.under_way -= 1
            then = self.safe.popleft().rpartition("@")[0]
            if then:
                self.step(Kept(at=self.at, what=then))


def command(session: Session, chance: random.Random) -> AnyCommand:
    """Return something to do in one of the markets."""
    state = session.kernel.state
    by = chance.choice((YOU, SIM, OTHER))
    name, outcome = chance.choice((("RAIN", 0), ("HIGH", chance.randrange(4))))
    own = [one.order for one in state.exchange.hybrid.of(YOU)]
    market, leg, side = state.exchange.markets[MarketId(name)], chance.choice(list(Leg)), chance.choice(list(Side))
    price = Ticks(100 * min(98, max(2, round(100 * market.leg_price(outcome, leg)) + chance.randint(-4, 4))))
    if own and by == YOU and chance.random() < 0.4:
        if chance.random() < 0.5:
            return Cancel(order=chance.choice(own))
        return Amend(order=chance.choice(own), price=price, qty=Qty(Decimal(chance.randint(1, 20))))
    held = state.exchange.holding(by, MarketId(name), outcome, leg).qty
    if not held:
        side = Side.BUY
    qty = held if side is Side.SELL else Qty(Decimal(chance.randint(1, 9)))
    intent = f"i-{session.at}-{chance.random()}"
    tif = chance.choice((Tif.GTC, Tif.GTC, Tif.IOC))
    return Place(
        by=by, instrument=embedded(MarketId(name), outcome), side=side, leg=leg, price=price, qty=qty, tif=tif,
        intent=intent,
    )  # fmt: skip


def prepare(ledger: Path) -> str:
    """Make a ledger with two markets where orders may rest, and return its picture."""
    session = Session(ledger, lambda _: None)
    session.ask(TakeRole(role=Role.OPERATOR))
    session.ask(CreateMarket(contract=rain(), b=60.0, phase=2))
    session.ask(CreateMarket(contract=high(), b=40.0, phase=3))
    if not session.writer.stop():
        msg = f"{ledger} was not written"
        raise RuntimeError(msg)
    return picture(session.kernel.state.exchange)


def run(folder: Path, rounds: int, seed: int) -> Found:
    """Kill `rounds` children at random moments; one ledger lives through many of them."""
    found, chance, before = Found(), random.Random(seed), ""
    for number in range(rounds):
        profile = folder / f"profile-{number // LIVES}"
        ledger = profile / "ledger-paper.db"
        if number % LIVES == 0:
            profile.mkdir()
            before = prepare(ledger)
        before = _one(profile, ledger, chance, before, found)
    return found


def _one(folder: Path, ledger: Path, chance: random.Random, before: str, found: Found) -> str:
    seed, delay = chance.randrange(1 << 30), chance.random() * LONGEST_S
    mine, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(mine)
        _live(folder, ledger, seed, theirs)
    os.close(theirs)
    told = _kill_after(child, mine, delay)
    found.kills += 1
    return _judge(ledger, told, before, found)


def _live(folder: Path, ledger: Path, seed: int, pipe: int) -> None:
    """Trade until killed; never returns."""
    try:
        with Lock(folder / "lock"):
            session, chance = Session(ledger, lambda text: _write(pipe, text)), random.Random(seed)
            while True:
                session.ask(command(session, chance))
    finally:
        os._exit(1)


def _write(pipe: int, text: str) -> None:
    os.write(pipe, text.encode())


def _kill_after(child: int, pipe: int, delay: float) -> list[str]:
    """Read what is told until `delay` after the first acknowledgement of an order, then kill; return all of it."""
    told, end = b"", time.monotonic() + 5.0
    began = False
    while (left := end - time.monotonic()) > 0 and select.select([pipe], [], [], left)[0]:
        part = os.read(pipe, 1 << 16)
        if not part:
            break
        told += part
        if not began and told.count(b"a ") > 4:  # its opening is on disk: it trades
            began, end = True, time.monotonic() + delay
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    while part := os.read(pipe, 1 << 16):
        told += part
    os.close(pipe)
    assert os.WIFSIGNALED(status), f"a child ended by itself: {status}"
    return told.decode().split("\n")[:-1]


def _judge(ledger: Path, told: list[str], before: str, found: Found) -> str:
    """Open the ledger as the next start would; it must hold one of the moments that were told."""
    moments = {0: before}
    safe = 0
    for line in told:
        kind, number, *rest = line.split(" ")
        if kind == "d":
            moments[int(number)] = rest[0]
        else:
            safe, found.acked = max(safe, int(number)), found.acked + 1
    exchange = Exchange()
    try:
        migrations.apply(ledger)
        known = load.load(ledger, FRESH)
        exchange.restore(known)
    except StoreError as e:
        found.damaged += 1
        found.faults.append(str(e))
        return before
    now = picture(exchange)
    if now not in {moment for number, moment in moments.items() if number >= safe}:
        found.lost += 1
        found.faults.append(f"after step {safe} the ledger holds {now}, which no step told")
    working = {row.id for row in known.orders if row.status in {"working", "partial"}}
    resting = {one.order for one in exchange.hybrid.of(YOU)}
    if working != resting:
        found.damaged += 1
        found.faults.append(f"orders {sorted(working ^ resting)} rest in one table alone")
    found.rested += len(list(exchange.hybrid))
    return now


if __name__ == "__main__":
    print(json.dumps(asdict(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))))
