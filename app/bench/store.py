"""The durable path: an order asked for, on disk with full sync, and said to be filled; and the journal.

The kernel, its gates, the host, the writer's thread, ledger and journal are the program's own. Only the pace is made
up: orders carry pressing times three seconds apart, since RATE would rightly refuse thousands a second by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from app.bench import engine, figures
from app.turns import switching
from engine.core.commands import CreateMarket, SetLimit
from engine.core.events import Asked, Kept, Opened
from engine.core.units import DAY, Nanos
from engine.host.clock import WallClock
from engine.host.host import Host
from engine.kernel.step import Kernel
from engine.risk.limits import SPECS
from engine.store import journal, migrations
from engine.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.bench.figures import Figure
    from engine.core.contract import Contract
    from engine.core.events import Event

TRADES: Final = 10_000
BURST: Final = 500
"""Orders at once; the gate OPEN_ORDERS allows 1,000 at most."""
BURSTS: Final = 10
LONGEST_S: Final = 18.0
"""A benchmark ends after this long, with what it has."""


class Bench:
    """A host over a real kernel, a real ledger with full sync and a real journal, in a folder of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, folder: Path) -> None:
        ledger = folder / "ledger-paper.db"
        migrations.apply(ledger)
        self.clock = WallClock()
        self.kernel = Kernel()
        self.writer = Writer(
            ledger,
            journal.new_session(folder, self.clock.now()),
            on_kept=self._kept,
            on_trouble=self._trouble,
        )
        self.host = Host(self.kernel, self.writer, self.clock, loop, changed=lambda _: None, broken=_raise)
        self._loop = loop
        self._sent = 0
        self._told = 0
        self._done: asyncio.Future[None] | None = None

    def open(self) -> None:
        """Start a session with one market and as many open orders as the gate allows."""
        self.writer.start()
        self.host.open(Opened(at=self.clock.now(), snapshot=engine.opening(1_000_000)))
        self.host.ask(CreateMarket(by=engine.OPERATOR, contract=_open_now(self.clock.now()), b=1_000.0))
        self.host.ask(SetLimit(gate="OPEN_ORDERS", value=SPECS["OPEN_ORDERS"].highest, why="benchmark"))
        self.host.listen(self._heard)

    async def trade(self, count: int) -> None:
        """Ask for orders at once and wait until every one is on disk and told as filled."""
        for number in range(self._sent + 1, self._sent + count + 1):
            asked = engine.order(number)
            pressed = Nanos(number * engine.PRESSED_APART)
            self.host.emit(Asked(at=self.clock.now(), command=asked, pressed_at=pressed))
        self._sent += count
        self._done = self._loop.create_future()
        async with asyncio.timeout(LONGEST_S):
            await self._done

    def close(self) -> None:
        """Write everything and let the folder go."""
        self.host.stop()
        self.writer.stop(30.0)

    def _kept(self, what: list[str]) -> None:
        self._loop.call_soon_threadsafe(self.host.kept, what)

    def _trouble(self, ok: bool, why: str) -> None:
        self._loop.call_soon_threadsafe(self.host.store_changed, ok, why)

    def _heard(self, event: Event) -> None:
        if isinstance(event, Kept):
            self._told += sum(what.startswith("trade:") for what in event.each)
            if self._told >= self._sent and self._done is not None and not self._done.done():
                self._done.set_result(None)


@contextlib.contextmanager
def _bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="atmx-bench-") as name:
        one = Bench(asyncio.get_running_loop(), Path(name))
        one.open()
        try:
            yield one
        finally:
            one.close()


def _raise(error: Exception) -> None:
    raise error


def _open_now(now: Nanos) -> Contract:
    return replace(engine.contract(), opens=now, closes=Nanos(now + DAY))


async def _timed(count: int, size: int) -> list[float]:
    """Return the seconds of up to `count` rounds of `size` orders each, as many as there is time for."""
    samples: list[float] = []
    with switching(), _bench() as one:
        await one.trade(2)
        end = time.monotonic() + LONGEST_S
        while len(samples) < count and time.monotonic() < end:
            began = time.perf_counter_ns()
            await one.trade(size)
            samples.append((time.perf_counter_ns() - began) / 1e9)
    return samples


def trade_durable() -> Figure:
    """One order after another: asked, traded, committed with full sync, told as filled."""
    samples = [1e3 * seconds for seconds in asyncio.run(_timed(TRADES, 1))]
    return figures.of(samples, "ms", bar=10.0, moonshot=0.5, note="the design's promise is 100 ms")


def trade_durable_rate() -> Figure:
    """Orders asked for at once, all on disk and told, in groups."""
    rates = [BURST / seconds for seconds in asyncio.run(_timed(BURSTS, BURST))]
    return figures.of(
        rates, "trades/s", bar=20_000, moonshot=150_000, held="median", more=True, note=f"{BURST} at once"
    )


def journal_append() -> Figure:
    """Events through the writer until they are on disk."""
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

    return figures.of(figures.rounds(work, 5), "events/s", bar=50_000, moonshot=500_000, held="median", more=True)


ALL: Final = {
    "trade_durable": trade_durable,
    "trade_durable_rate": trade_durable_rate,
    "journal_append": journal_append,
}
