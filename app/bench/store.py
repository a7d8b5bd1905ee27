"""The durable path: an order asked for, on disk with full sync, and said to be filled; and the journal."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from app.bench import engine, figures
from engine.core.commands import CreateMarket, Place, SetLimit
from engine.core.events import Kept, Opened
from engine.core.ids import MarketId, embedded
from engine.core.units import DAY, Nanos, Qty, Side
from engine.host.clock import WallClock
from engine.host.host import Host
from engine.kernel.step import Kernel
from engine.store import journal, migrations
from engine.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.bench.figures import Figure
    from engine.core.commands import AnyCommand
    from engine.core.contract import Contract
    from engine.core.events import Event

TRADES = 2_000
BURST = 1_000


@contextlib.contextmanager
def durable(loop: asyncio.AbstractEventLoop) -> Iterator[Host]:
    """Give a host over a real kernel, a real ledger with full sync and a real journal, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="atmx-bench-") as name:
        folder = Path(name)
        ledger = folder / "ledger-paper.db"
        migrations.apply(ledger)
        clock = WallClock()
        path = journal.new_session(folder, clock.now())

        def kept(what: list[str]) -> None:
            loop.call_soon_threadsafe(host.kept, what)

        def trouble(ok: bool, why: str) -> None:
            loop.call_soon_threadsafe(host.store_changed, ok, why)

        writer = Writer(ledger, path, on_kept=kept, on_trouble=trouble)
        kernel = Kernel()
        host = Host(kernel, writer, clock, loop, changed=lambda _: None, broken=_raise)
        writer.start()
        try:
            host.open(Opened(at=clock.now(), snapshot=engine.opening(1_000_000)))
            host.ask(CreateMarket(by=engine.OPERATOR, contract=_open_now(clock.now()), b=1_000.0))
            for code in engine.LOOSE:
                host.ask(SetLimit(gate=code, value=Decimal(100_000), why="benchmark"))
            yield host
        finally:
            host.stop()
            writer.stop(30.0)


def _raise(error: Exception) -> None:
    raise error


def _open_now(now: Nanos) -> Contract:
    return replace(engine.contract(), opens=now, closes=Nanos(now + DAY))


class Waiter:
    """Turns `Kept` events of a host into futures."""

    def __init__(self, host: Host, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.kept = 0
        self._wanted = 0
        self._done: asyncio.Future[None] | None = None
        host.listen(self._heard)

    def _heard(self, event: Event) -> None:
        if isinstance(event, Kept) and event.what.startswith("trade:"):
            self.kept += 1
            if self._done is not None and not self._done.done() and self.kept >= self._wanted:
                self._done.set_result(None)

    async def until(self, count: int) -> None:
        """Wait until this many trades in all are safe and told."""
        if self.kept >= count:
            return
        self._wanted, self._done = count, self._loop.create_future()
        await self._done


def order(number: int) -> AnyCommand:
    """Return the next order: buys and sells in turn."""
    side = Side.BUY if number % 2 else Side.SELL
    return Place(
        instrument=embedded(MarketId(engine.contract().id), 0), side=side, qty=Qty(Decimal(1)), intent=f"d{number}"
    )


async def _one_by_one(count: int) -> list[float]:
    loop = asyncio.get_running_loop()
    samples = []
    with durable(loop) as host:
        waiter = Waiter(host, loop)
        await asyncio.sleep(0.05)
        for number in range(1, count + 1):
            began = time.perf_counter_ns()
            host.ask(order(number))
            await waiter.until(number)
            samples.append((time.perf_counter_ns() - began) / 1e6)
    return samples


async def _in_bursts(count: int, size: int) -> list[float]:
    loop = asyncio.get_running_loop()
    rates = []
    with durable(loop) as host:
        waiter = Waiter(host, loop)
        await asyncio.sleep(0.05)
        done = 0
        for _ in range(count):
            began = time.perf_counter_ns()
            for number in range(done + 1, done + size + 1):
                host.ask(order(number))
            done += size
            await waiter.until(done)
            rates.append(size * 1e9 / (time.perf_counter_ns() - began))
    return rates


def trade_durable(count: int = TRADES) -> Figure:
    """One order after another: asked, traded, committed with full sync, told as filled."""
    return figures.of(asyncio.run(_one_by_one(count)), "ms", bar=10.0, note="design promise 100 ms")


def trade_durable_rate() -> Figure:
    """A thousand orders asked at once, all on disk and told; trades a second in groups."""
    return figures.of(asyncio.run(_in_bursts(5, BURST)), "trades/s", note="bar 20 000/s, higher is better")


def journal_append() -> Figure:
    """Events through the writer until they are on disk, events a second."""
    body, digest = b"x" * 120, b"d" * 16
    count = 50_000

    def work() -> int:
        with tempfile.TemporaryDirectory(prefix="atmx-bench-") as name:
            writer = Writer(None, Path(name) / "j.db", on_kept=lambda _: None, on_trouble=lambda _ok, _why: None)
            writer.start()
            for seq in range(1, count + 1):
                writer.journal(seq, seq, "Observed", body, digest)
            writer.stop(60.0)
        return count

    return figures.of(figures.rounds(work, 5), "events/s", note="bar 50 000/s, higher is better")


ALL = {"trade_durable": trade_durable, "trade_durable_rate": trade_durable_rate, "journal_append": journal_append}
