"""Kernel, host, writer and ledger together: what is asked at once comes to what is asked one by one."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
import pytest

from engine.core.commands import CreateMarket, Place, Role, SetLimit, TakeRole
from engine.core.events import Filled, Kept, Opened
from engine.core.ids import HOUSE, YOU, AccountId, embedded
from engine.core.order import Status
from engine.core.snapshot import CashRow
from engine.core.units import Leg, Money, Nanos, Side
from engine.host.host import Host
from engine.host.replay import replay
from engine.kernel.step import Kernel
from engine.orders import register
from engine.store import journal, load, migrations
from engine.store.writer import Writer
from engine.views import topics
from tests.engine.kernel.desk import FRESH, NOON, Desk, facts, high, rain
from tests.faults.disk import Disk
from tests.scale import scale

if TYPE_CHECKING:
    from pathlib import Path

    from engine.core.commands import AnyCommand
    from engine.core.errors import InvariantBroken

OTHERS = tuple(AccountId(f"sim-{n:02d}") for n in range(1, 6))
RICH = msgspec.structs.replace(
    FRESH,
    seed_cash=tuple(CashRow(account=a, amount=Money(Decimal(100_000))) for a in (YOU, HOUSE, *OTHERS)),
)


class NoonClock:
    """Time stands at noon, so that what is stamped does not depend on the machine."""

    def now(self) -> Nanos:
        return NOON

    def wait(self, until: Nanos) -> float:
        return 0.0 if until <= NOON else 3_600.0


class Running:
    """A host with a real writer on the running loop."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        loop = asyncio.get_running_loop()
        self.ledger, self.journal = folder / "ledger-paper.db", folder / "journal.db"
        migrations.apply(self.ledger)
        self.broken: list[InvariantBroken] = []
        connect = {} if disk is None else {"connect": disk.connect}
        self.writer = Writer(
            self.ledger,
            self.journal,
            on_kept=lambda what: loop.call_soon_threadsafe(self.host.kept, what),
            on_trouble=lambda ok, why: loop.call_soon_threadsafe(self.host.store_changed, ok, why),
            retry=0.005,
            **connect,
        )
        self.kernel = Kernel()
        self.events: list[object] = []
        self.host = Host(
            self.kernel, self.writer, NoonClock(), loop, changed=lambda topic: None, broken=self.broken.append
        )
        self.host.listen(self.events.append)
        known = load.load(self.ledger, RICH)
        self.writer.start()
        self.host.open(Opened(at=NOON, snapshot=known))

    def ask(self, *commands: AnyCommand) -> None:
        for command in commands:
            self.host.ask(command)

    async def until(self, done) -> None:
        while not done():  # noqa: ASYNC110 - the disk's answers come when they come
            await asyncio.sleep(0.002)

    async def quiet(self) -> None:
        """Wait until everything asked for is on disk and said."""
        state = self.kernel.state
        await self.until(lambda: not self.host.waiting and not self.writer.waiting and not state.released)

    def stop(self) -> None:
        self.host.stop()
        assert self.writer.stop()
        assert not self.broken


def opening() -> list[AnyCommand]:
    """Two markets, and limits wide enough for the crowd's own."""
    wide = [
        SetLimit(gate=code, value=Decimal(100_000), why="test")
        for code in ("ORDER_VALUE", "EVENT_EXPOSURE", "AT_RISK", "MARKET_POSITION")
    ]
    pace = [SetLimit(gate=code, value=Decimal(1_000), why="test") for code in ("RATE", "RATE_MINUTE", "OPEN_ORDERS")]
    markets = [
        CreateMarket(contract=rain(), b=200.0, fee_rate=Decimal("0.01")),
        CreateMarket(contract=high(), b=200.0),
    ]
    return [*wide, *pace, TakeRole(role=Role.OPERATOR), *markets]


def orders(count: int, seed: int = 1) -> list[Place]:
    """Orders of six accounts in all legs; some find no price, some sell what is not held."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        by = chance.choice((YOU, *OTHERS))
        market, outcome = chance.choice((("RAIN", 0), ("HIGH", chance.randrange(4))))
        made.append(
            Place(
                by=by,
                instrument=embedded(market, outcome),  # type: ignore[arg-type]
                side=Side.BUY if chance.random() < 0.75 else Side.SELL,
                leg=chance.choice((Leg.YES, Leg.NO)),
                qty=Decimal(chance.randint(1, 4_000_000)).scaleb(-6),  # type: ignore[arg-type]
                intent=f"i-{number}",
            )
        )
    return made


def state_of(kernel: Kernel) -> dict[str, object]:
    """What must not depend on when the disk answered; a desk's facts, of a kernel without one."""
    holder = object.__new__(Desk)
    holder.kernel, holder.state = kernel, kernel.state
    return facts(holder)


@pytest.mark.limit(60)
async def test_trades_asked_at_once_are_the_serial_sum_and_each_is_acknowledged_once(tmp_path, monkeypatch) -> None:
    asked = orders(1_000)
    told: list[tuple[str, bool]] = []
    """Each acknowledgement: the order, and whether some of it did not trade."""
    traded = register.Register.traded

    def noted(self: register.Register, event: Filled, rest: str) -> str:
        told.append((event.order, bool(rest)))
        return traded(self, event, rest)

    monkeypatch.setattr(register.Register, "traded", noted)
    at_once = Running(tmp_path)
    at_once.ask(*opening(), *asked)
    await at_once.quiet()
    at_once.stop()
    monkeypatch.undo()

    desk = Desk(RICH)
    for command in (*opening(), *asked):
        desk.ask(command, Nanos(0))
    ours = [o for o in at_once.kernel.state.register if o.status in {Status.FILLED, Status.CANCELED}]
    assert len(ours) > 80
    assert {o.status for o in at_once.kernel.state.register} <= {Status.FILLED, Status.CANCELED, Status.REFUSED}
    assert Counter(told) == Counter((o.id, o.status is Status.CANCELED) for o in ours)
    kept = [what for e in at_once.events if isinstance(e, Kept) for what in e.each]
    assert len(kept) == len(set(kept))
    live = state_of(at_once.kernel)
    assert live == facts(desk)
    again = Kernel()
    again.step(Opened(at=NOON, snapshot=load.load(at_once.ledger, FRESH)))
    read = state_of(again)
    assert {k: v for k, v in read.items() if k != "orders"} == {k: v for k, v in live.items() if k != "orders"}


async def test_the_journal_on_disk_replays_to_the_same_effects(tmp_path) -> None:
    running = Running(tmp_path)
    running.ask(*opening(), *orders(scale(500)))
    await running.quiet()
    running.stop()
    rows = [(e.seq, e.at, e.kind, e.body, e.digest) for e in journal.Recording(running.journal)]
    assert len(rows) == running.host.sequence
    again = Kernel()
    found = replay(rows, again)
    assert (found.differs_at, found.stopped) == (None, "")
    assert state_of(again) == state_of(running.kernel)


async def test_a_full_disk_closes_trading_and_opens_it_by_itself(tmp_path) -> None:
    disk = Disk()
    running = Running(tmp_path, disk)
    running.ask(*opening())
    await running.quiet()
    disk.fails = lambda call: True
    first, second = orders(2, seed=5)
    buy = msgspec.structs.replace(first, by=YOU, side=Side.BUY)
    running.ask(buy)
    await running.until(lambda: not running.kernel.state.session.storage_ok)
    running.ask(msgspec.structs.replace(second, by=YOU, side=Side.BUY))
    await running.until(lambda: len(running.kernel.state.register) == 2)
    one, other = list(running.kernel.state.register)
    assert (one.status, other.status) == (Status.SENT, Status.REFUSED)
    assert other.why.startswith("STORAGE — ")
    assert not running.kernel.view(topics.SPINE).storage_ok
    disk.fails = lambda call: False
    await running.until(lambda: running.kernel.state.session.storage_ok and one.status is Status.FILLED)
    await running.quiet()
    running.ask(msgspec.structs.replace(second, by=YOU, side=Side.BUY, intent="again"))
    await running.until(lambda: len(running.kernel.state.register) == 3)
    await running.quiet()
    assert list(running.kernel.state.register)[-1].status is Status.FILLED
    running.stop()
    disk.end()
    assert [o.status for o in load.load(running.ledger, FRESH).orders] == ["filled", "refused", "filled"]
