"""Our Binance feed against the sandbox's Binance: every trade is told once, in order, or said to be missing."""

from __future__ import annotations

import asyncio
import random
import re
from contextlib import asynccontextmanager

import pytest

import resources
from engine.core.events import BooksStale, LinkChanged, Listed, Trade
from engine.core.ids import BINANCE, InstrumentId
from engine.core.snapshot import StationRow
from engine.core.units import SECOND, Nanos
from engine.net.budget import Budget
from engine.sandbox.day import START
from engine.sandbox.servers.binance import BinanceServer
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault, Storm
from engine.sandbox.servers.world import World
from engine.venues.binance.directory import BinanceDirectory
from engine.venues.binance.endpoints import Endpoints
from engine.venues.binance.feed import BinanceFeed
from engine.venues.binance.venue import WEIGHT
from engine.venues.rest import Rest
from tests.scale import scale

BTC = InstrumentId(BINANCE, "BTCUSDT")
SEEDS = scale(60)
MISSED = re.compile(r"([\d,]+) trades were missed")


class Clock:
    """The simulated day's: moved, never waited for."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> Nanos:
        return self.at

    def wait(self, until: Nanos) -> float:
        return max((until - self.at) / SECOND, 0.0)


class Session:
    """A feed at work on a day that moves, and what it told."""

    def __init__(self, server: BinanceServer, clock: Clock, feed: BinanceFeed) -> None:
        self.server, self.clock, self.feed = server, clock, feed
        self.desk = server.world.desk
        self.told: list[object] = []

    def take(self, event: object) -> bool:
        self.told.append(event)
        return True

    def of(self, kind):
        return [event for event in self.told if isinstance(event, kind)]

    @property
    def ids(self) -> list[int]:
        return [int(trade.trade_id) for trade in self.of(Trade)]

    @property
    def missed(self) -> int:
        found = [MISSED.fullmatch(stale.why) for stale in self.of(BooksStale)]
        return sum(int(one.group(1).replace(",", "")) for one in found if one)

    async def trade(self, turns: int = 1) -> None:
        for _ in range(turns):
            self.clock.at = Nanos(self.clock.at + SECOND)
            self.server.world.now()
            await asyncio.sleep(0.002)

    async def until(self, true, seconds: float = 15.0, *, trading: bool = True) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                if trading:
                    await self.trade()
                await asyncio.sleep(0.005)

    async def settle(self) -> None:
        """Let the day go on until the newest trade was told with nothing waiting behind a gap."""
        self.desk.clear()
        mark = self.server.trades[-1].id
        await self.until(lambda: self.ids and self.ids[-1] > mark)
        newest = self.server.trades[-1].id
        await self.until(lambda: self.ids[-1] >= newest, trading=False)


@asynccontextmanager
async def session(seed: int = 1, **options):
    clock = Clock()
    stations = [StationRow(**row) for row in resources.load_stations()]
    world = World(seed, stations, clock, clock.now, coin_rate=4.0)
    server = BinanceServer(world)
    runner, port = await serve(server.app())
    where = Endpoints(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}")
    rng = random.Random(seed)
    rest = Rest(BINANCE, where.rest, clock.now, budget=Budget({"read": WEIGHT}), rng=rng, timeout_s=0.5)
    directory = BinanceDirectory(rest, clock.now)
    options = {"first_wait_s": 0.005, "silence_s": 0.5, "overlap_s": 1.0, **options}
    made = Session(server, clock, BinanceFeed(where, rest, directory, clock.now, rng, **options))
    made.feed.want(frozenset({BTC}))
    task = asyncio.create_task(made.feed.run(made.take))
    try:
        await made.until(lambda: made.of(Trade))
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await runner.cleanup()


def run(scenario, **options):
    async def main():
        async with session(**options) as made:
            await scenario(made)
        return made

    return asyncio.run(main())


def _whole(made: Session) -> None:
    """Each trade once, in order, and every one that was not told is said to be missing."""
    ids = made.ids
    assert ids == sorted(set(ids))
    assert len(ids) + made.missed == ids[-1] - ids[0] + 1


def test_trades_are_the_exchanges_own():
    async def scenario(made):
        await made.trade(20)
        await made.settle()

    made = run(scenario)
    _whole(made)
    (listed,) = made.of(Listed)
    assert listed.instruments[0].id == BTC
    truth = {trade.id: trade for trade in made.server.trades}
    for told in made.of(Trade):
        theirs = truth[int(told.trade_id)]
        assert (told.price, told.lots, told.taker) == (theirs.price, theirs.lots, theirs.taker)
        assert told.venue_time == theirs.at // 1_000_000 * 1_000_000


@pytest.mark.parametrize("kind", ["drop", "close", "gap", "duplicate", "reorder", "half_open"])
def test_no_fault_of_the_stream_loses_a_trade(kind):
    async def scenario(made):
        made.desk.add(Fault(kind=kind, venue="binance", channel="ws", value=5.0 if kind == "half_open" else 0.0))
        await made.trade(20)
        await made.settle()
        assert any(acted.kind == kind for acted in made.desk.acted)

    made = run(scenario)
    _whole(made)
    assert made.missed == 0


def test_while_what_is_missing_cannot_be_asked_for_it_is_said_to_be():
    async def scenario(made):
        made.desk.add(Fault(kind="error", venue="binance", channel="rest", count=0, value=503))
        made.desk.add(Fault(kind="gap", venue="binance", channel="ws", count=3))
        await made.trade(10)
        await made.until(lambda: made.missed >= 3)
        await made.settle()

    made = run(scenario)
    _whole(made)
    assert made.missed == 3


def test_the_end_of_its_day_and_a_shutdown_lose_nothing():
    async def scenario(made):
        await made.trade(5)
        made.server.announce_shutdown()
        await made.trade(100)
        await made.settle()
        made.server.end_day()
        await made.settle()

    made = run(scenario)
    _whole(made)
    assert made.missed == 0


def test_a_stream_is_renewed_by_itself():
    async def scenario(made):
        first = made.server.sockets[0]
        await made.until(lambda: made.server.sockets and first not in made.server.sockets)
        await made.settle()
        assert [event.up for event in made.of(LinkChanged)] == [True]

    made = run(scenario, life_s=0.5)
    _whole(made)
    assert made.missed == 0


@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_storm_ends_with_every_trade_told_once_or_said_to_be_missing(seed):
    kinds = ("latency", "drop", "half_open", "throttle", "error", "gap", "duplicate", "reorder", "close")

    async def scenario(made):
        made.desk.storm(Storm(seed=seed, venue="binance", chance=0.05, kinds=kinds, value=0.05))
        await made.trade(60)
        await made.settle()

    _whole(run(scenario, seed=seed))
