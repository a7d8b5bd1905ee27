"""Our Kalshi connector against the sandbox's Kalshi, with everything going wrong that may."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import resources
from engine.book.ladder import Ladder
from engine.core.commands import Place, Tif
from engine.core.effects import Approved
from engine.core.events import (
    BookDelta,
    BookSnapshot,
    BooksStale,
    Filled,
    LinkChanged,
    Lost,
    Pictured,
    Rejected,
    Trade,
)
from engine.core.ids import AccountId
from engine.core.instrument import Known
from engine.core.snapshot import StationRow
from engine.core.units import SECOND, Nanos, Side
from engine.sandbox.day import START
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault, Storm
from engine.sandbox.servers.kalshi import KalshiServer
from engine.sandbox.servers.kalshi_auth import KalshiKey
from engine.sandbox.servers.world import World
from engine.venues.kalshi import venue as kalshi
from engine.venues.kalshi.endpoints import Endpoints
from engine.venues.kalshi.keys import Keys
from engine.venues.kalshi.wire_books import instrument
from tests.scale import scale

YOU = AccountId("you-on-kalshi")
KEY = generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
TURN_S = 0.004
"""Between two turns of the day, while each moves it by a good deal more."""


class Clock:
    """The simulated day's: moved, never waited for."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> Nanos:
        return self.at

    def wait(self, until: Nanos) -> float:
        return max((until - self.at) / SECOND, 0.0)


class Desk:
    """A connector at work, and what it told."""

    def __init__(self, world: World, clock: Clock, port: int) -> None:
        self.world, self.clock, self.told = world, clock, []
        self.ladders: dict[str, Ladder] = {}
        self.fresh: set[str] = set()
        host = f"127.0.0.1:{port}"
        where = Endpoints("sandbox", f"http://{host}/trade-api/v2", f"ws://{host}/trade-api/ws/v2")
        keys = Keys("you", PEM)
        self.venue = kalshi.build(where, keys, clock.now, random.Random(5), tier="prestige")
        self.gateway = self.venue.gateway
        self.moving = True
        self.still_s = TURN_S
        """How far the clock goes in a turn while the crowd rests; 0 stops every request from waking it."""

    def take(self, event) -> bool:
        self.told.append(event)
        if isinstance(event, BooksStale):
            self.fresh -= {i.symbol for i in event.instruments}
        elif isinstance(event, BookSnapshot):
            self.fresh.add(event.instrument.symbol)
            self.ladders.setdefault(event.instrument.symbol, Ladder()).snapshot(event.bids, event.asks)
        elif isinstance(event, BookDelta):
            self.ladders[event.instrument.symbol].add(event.side, event.price, event.lots)
        return True

    def of(self, *kinds) -> list:
        return [e for e in self.told if isinstance(e, kinds)]

    async def until(self, holds, seconds: float = 12.0) -> None:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - what is waited for is told by nobody
                await asyncio.sleep(0.005)

    def truth(self, ticker: str) -> tuple[list, list]:
        """Return the floor's own book."""
        book = next(b for name, b in self.world.floor.books.items() if name.symbol == ticker)
        sizes: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
        for side, orders in ((Side.BUY, book.bids.orders()), (Side.SELL, book.asks.orders())):
            for order in orders:
                sizes[side][order.price] = sizes[side].get(order.price, 0) + order.left
        return (sorted(sizes[Side.BUY].items(), reverse=True), sorted(sizes[Side.SELL].items()))

    def shown(self, ticker: str) -> tuple[list, list]:
        ladder = self.ladders[ticker]
        return ladder.levels(Side.BUY), ladder.levels(Side.SELL)

    def agrees(self, tickers) -> bool:
        return self.fresh >= set(tickers) and all(self.shown(t) == self.truth(t) for t in tickers)


@asynccontextmanager
async def desk(seed: int = 1, rate: float = 1.0, speed: float = 0.05):
    clock = Clock()
    stations = [StationRow(**row) for row in resources.load_stations()]
    world = World(seed, stations, clock, clock.now, rate=rate, coin_rate=0.1)
    world.floor.open_account(YOU, Decimal(100_000))
    server = KalshiServer(world, [KalshiKey("you", YOU, KEY.public_key())], tier="prestige")
    runner, port = await serve(server.app())
    here = Desk(world, clock, port)

    async def day() -> None:
        while True:
            clock.at = Nanos(clock.at + int((speed if here.moving else here.still_s) * SECOND))
            if here.moving:
                world.now()
            await asyncio.sleep(TURN_S)

    tasks = [
        asyncio.create_task(here.venue.feed.run(here.take)),
        asyncio.create_task(here.gateway.run(here.take)),
        asyncio.create_task(day()),
    ]
    try:
        yield here
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runner.cleanup()


def run(scenario, **fields) -> None:
    async def whole() -> None:
        async with desk(**fields) as here:
            await scenario(here)

    asyncio.run(whole())


async def followed(here: Desk) -> list[str]:
    """Find the day's brackets and follow them; return their tickers."""
    (found, *_) = await here.venue.directory.find("KXHIGHCHI")
    assert found.family.exhaustive, found.family.why
    assert found.family.station == "KMDW"
    here.venue.feed.want(frozenset(found.family.members))
    tickers = [name.symbol for name in found.family.members]
    await here.until(lambda: here.fresh >= set(tickers))
    return tickers


def order(ticker: str, client: str, at: Nanos, **fields) -> Approved:
    place = {"instrument": instrument(ticker), "side": Side.BUY, "price": 100, "qty": Decimal(3), "tif": Tif.GTC}
    return Approved(order=f"o-{client}", place=Place(**place | fields), gates=(), client=client, at=at)


def known(sent: Approved) -> Known:
    place = sent.place
    return Known(client=sent.client, order=sent.order, instrument=place.instrument, side=place.side, leg=place.leg,
                 price=place.price, qty=place.qty, filled=Decimal(0), sent_at=sent.at)  # fmt: skip


def test_books_of_all_brackets_follow_the_floor() -> None:
    async def scenario(here: Desk) -> None:
        tickers = await followed(here)
        await here.until(lambda: len(here.of(BookDelta)) > 300 and len(here.of(Trade)) > 5)
        here.moving = False
        await here.until(lambda: here.agrees(tickers))
        assert here.of(BooksStale) == []

    run(scenario, rate=200.0)


@pytest.mark.parametrize("seed", range(scale(20)))
def test_a_book_is_right_or_stale_whatever_the_network_does(seed) -> None:
    async def scenario(here: Desk) -> None:
        tickers = await followed(here)
        kinds = ("latency", "gap", "duplicate", "reorder")
        here.world.desk.storm(Storm(seed=seed, chance=0.02, venue="kalshi", kinds=kinds, value=0.01))
        cut = "drop" if seed % 2 else "close"
        here.world.desk.add(Fault(kind=cut, venue="kalshi", channel="ws", match="orderbook_delta", after=100))
        await here.until(lambda: len(here.of(BookDelta)) > 200 and len(here.of(LinkChanged)) > 3)
        here.world.desk.clear()
        here.moving = False
        await here.until(lambda: here.agrees(tickers), 20.0)
        assert here.of(BooksStale)

    run(scenario, seed=seed, rate=200.0)


@pytest.mark.parametrize("seed", range(scale(20)))
def test_no_order_is_doubled_and_each_ends_in_the_venues_truth(seed) -> None:
    async def scenario(here: Desk) -> None:
        tickers = await followed(here)
        await here.until(lambda: any(e.up for e in here.of(LinkChanged) if e.channel == "account"))
        here.gateway._rest._timeout_s = 0.2
        for kind in ("drop", "reset_after", "lost_reply", "error", "error_after", "throttle"):
            here.world.desk.add(Fault(kind=kind, venue="kalshi", match="/portfolio/events/orders", count=0, chance=0.1))
        rng = random.Random(seed)
        sent = []
        for n in range(12):
            price = rng.choice([100, 300, 9_900])
            one = order(rng.choice(tickers), f"c-{seed}-{n}", here.clock.at, price=price)
            sent.append(one)
            await here.gateway.submit(one)
            if rng.random() < 0.3:
                await here.gateway.cancel(known(one))
        here.world.desk.clear()
        here.moving, here.still_s = False, 0.0
        await pictured(here, sent)
        check(here, sent)

    run(scenario, seed=seed, rate=20.0)


async def pictured(here: Desk, sent: list[Approved]) -> None:
    """Ask for the account until the venue answers: after a storm it may still say that we ask too often."""
    for _ in range(20):
        await here.gateway.picture([known(one) for one in sent])
        if here.of(Pictured)[-1].ok:
            return
    raise AssertionError(here.of(Pictured)[-1].why)


def check(here: Desk, sent: list[Approved]) -> None:
    """Hold everything that was told against what the floor has."""
    floor = [o for o in here.world.floor.orders.values() if o.account == YOU]
    clients = [o.client for o in floor]
    assert len(clients) == len(set(clients)), "an order was doubled"
    seen = {each.order: each for each in here.of(Pictured)[-1].orders}
    refused = {e.order for e in here.of(Rejected)}
    lost = {e.order for e in here.of(Lost)}
    for one in sent:
        there = next((o for o in floor if o.client == one.client), None)
        if there is None:
            assert seen[one.order].status == "absent"
            assert one.order in refused | lost
        else:
            assert one.order not in refused
            assert seen[one.order].filled == Decimal(there.filled) / 100
    told = {(e.order, e.trade_id) for e in here.of(Filled)}
    shown = {(f.order, f.trade_id) for f in here.of(Pictured)[-1].fills}
    assert told <= shown


def test_a_cut_after_the_order_was_taken_is_lost_and_then_found() -> None:
    async def scenario(here: Desk) -> None:
        tickers = await followed(here)
        here.world.desk.add(Fault(kind="reset_after", venue="kalshi", channel="rest", match="POST"))
        one = order(tickers[2], "c1", here.clock.at)
        await here.gateway.submit(one)
        await here.gateway.picture([known(one)])
        (seen,) = here.of(Pictured)[-1].orders
        assert (seen.client, seen.status) == ("c1", "working")
        await here.gateway.cancel(known(one))
        await here.gateway.picture([known(one)])
        assert here.of(Pictured)[-1].orders[0].status == "canceled"

    run(scenario)


def test_an_order_that_takes_is_filled_with_the_venues_fee() -> None:
    async def scenario(here: Desk) -> None:
        tickers = await followed(here)
        ticker = max(tickers, key=lambda t: len(here.shown(t)[1]))
        ask = here.shown(ticker)[1][0][0]
        one = order(ticker, "c1", here.clock.at, price=ask, tif=Tif.IOC, qty=Decimal("0.5"))
        await here.gateway.submit(one)
        await here.until(lambda: here.of(Filled))
        (fill,) = here.of(Filled)
        assert (fill.qty, fill.price) == (Decimal("0.5"), Decimal(ask) / 10_000)
        await here.gateway.picture([known(one)])
        (held,) = here.of(Pictured)[-1].positions
        assert held.qty == Decimal("0.5")
        assert here.of(Pictured)[-1].cash == 100_000 - fill.cost - fill.fee

    run(scenario)
