"""The durable path: an order asked for, on disk with full sync, and said to be filled; and the journal.

The kernel, its gates, the host, the writer's thread, ledger and journal are the program's own. Only the pace is made
up: orders carry pressing times three seconds apart, since RATE would rightly refuse thousands a second by hand.

Two kinds of trades: the trader's own orders pass all of his gates, have a life of their own, and are told as filled
each; those of other accounts of the exchange pass the exchange's rules. Of these no account is told by name: they are
safe, and known to be, once an order of the trader's that was asked for behind them is told, which the writer does only
when everything before it is on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from app.bench import engine, figures
from app.turns import switching
from engine.core.commands import CreateMarket, Place, SetLimit
from engine.core.events import Asked, Kept, Opened
from engine.core.ids import AccountId
from engine.core.snapshot import CashRow
from engine.core.units import DAY, Money, Nanos, Side
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
CROWD: Final = 1_000
"""Orders of several accounts at once."""
ACCOUNTS: Final = tuple(AccountId(f"sim-{number:02}") for number in range(8))
FUNDS: Final = Money(Decimal(100_000))
LONGEST_S: Final = 18.0
"""A benchmark ends after this long, with what it has."""


class Bench:
    """A host over a real kernel, a real ledger with full sync and a real journal, in a folder of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, folder: Path) -> None:
        self.ledger = folder / "ledger-paper.db"
        migrations.apply(self.ledger)
        self.clock = WallClock()
        self.kernel = Kernel()
        self.writer = Writer(
            self.ledger,
            journal.new_session(folder, self.clock.now()),
            on_kept=self._kept,
            on_trouble=self._trouble,
        )
        self.host = Host(self.kernel, self.writer, self.clock, loop, changed=lambda _: None, broken=_raise)
        self._loop = loop
        self._sent = 0
        self._told = 0
        self._crowd = 0
        self._done: asyncio.Future[None] | None = None

    def open(self) -> None:
        """Start a session with one market and as many open orders as the gate allows."""
        self.writer.start()
        accounts = tuple(CashRow(account=one, amount=FUNDS) for one in ACCOUNTS)
        opening = engine.opening(1_000_000)
        snapshot = replace(opening, seed_cash=(*opening.seed_cash, *accounts))
        self.host.open(Opened(at=self.clock.now(), snapshot=snapshot))
        self.host.ask(CreateMarket(by=engine.OPERATOR, contract=_open_now(self.clock.now()), b=1_000.0))
        self.host.ask(SetLimit(gate="OPEN_ORDERS", value=SPECS["OPEN_ORDERS"].highest, why="benchmark"))
        self.host.listen(self._heard)

    async def crowd(self, count: int) -> None:
        """Ask for orders of several accounts at once, and for one of ours, and wait until all of it is on disk."""
        for number in range(self._crowd, self._crowd + count):
            self.host.emit(Asked(at=self.clock.now(), command=of_account(number), pressed_at=Nanos(0)))
        self._crowd += count
        await self.trade(1)

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

    @property
    def asked(self) -> int:
        """How many orders were asked for."""
        return self._sent + self._crowd

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


def of_account(number: int) -> Place:
    """Return the next order of another account, each in its turn: one share bought, and in the next round sold."""
    turn, which = divmod(number, len(ACCOUNTS))
    side = Side.SELL if turn % 2 else Side.BUY
    return Place(by=ACCOUNTS[which], instrument=engine.INSTRUMENT, side=side, qty=engine.ONE)


async def _timed(count: int, size: int, *, others: bool = False) -> list[float]:
    """Return the seconds of up to `count` rounds of `size` orders each, as many as there is time for.

    Raises
    ------
    RuntimeError
        If an order did not trade.
    """
    samples: list[float] = []
    with switching(), _bench() as one:
        asked = one.crowd if others else one.trade
        await asked(2)
        end = time.monotonic() + LONGEST_S
        while len(samples) < count and time.monotonic() < end:
            began = time.perf_counter_ns()
            await asked(size)
            samples.append((time.perf_counter_ns() - began) / 1e9)
        traded, wanted = engine.traded(one.kernel), one.asked
    if traded != wanted:
        msg = f"{wanted} orders were asked for and {traded} traded"
        raise RuntimeError(msg)
    return samples


def trade_durable() -> Figure:
    """One order of the trader's own after another: all gates, traded, committed with full sync, told as filled."""
    samples = [1e3 * seconds for seconds in asyncio.run(_timed(TRADES, 1))]
    return figures.of(samples, "ms", bar=10.0, moonshot=0.5, note="the design's promise is 100 ms")


def trade_durable_rate() -> Figure:
    """Orders of the trader's own asked for at once, each through all gates, all on disk and told as filled."""
    rates = [BURST / seconds for seconds in asyncio.run(_timed(BURSTS, BURST))]
    return figures.of(
        rates, "trades/s", bar=20_000, moonshot=150_000, held="median", more=True, note=f"{BURST} at once"
    )


def trade_durable_accounts() -> Figure:
    """One order of another account after another, each with one of the trader's behind it: all on disk, and told."""
    samples = [1e3 * seconds for seconds in asyncio.run(_timed(TRADES, 1, others=True))]
    return figures.of(samples, "ms", bar=10.0, moonshot=0.5, note=f"{len(ACCOUNTS)} accounts in turn")


def trade_durable_accounts_rate() -> Figure:
    """Orders of several accounts asked for at once, all on disk, and told by the trader's behind them."""
    rates = [CROWD / seconds for seconds in asyncio.run(_timed(BURSTS, CROWD, others=True))]
    note = f"{CROWD} at once of {len(ACCOUNTS)} accounts"
    return figures.of(rates, "trades/s", bar=20_000, moonshot=150_000, held="median", more=True, note=note)


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
    "trade_durable_accounts": trade_durable_accounts,
    "trade_durable_accounts_rate": trade_durable_accounts_rate,
    "journal_append": journal_append,
}
