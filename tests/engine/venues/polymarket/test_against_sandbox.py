"""Our connector against the sandbox's Polymarket, which was written from the same documents by another hand."""

from __future__ import annotations

import asyncio
import hashlib
import random
from contextlib import asynccontextmanager
from decimal import Decimal

from engine.core.commands import Place, Tif
from engine.core.effects import Approved
from engine.core.events import Accepted, BookSnapshot, Canceled, Filled, Pictured, Rejected, Trade
from engine.core.ids import OrderId
from engine.core.instrument import Known
from engine.core.units import SECOND, Leg, Nanos, Qty, Side, Ticks
from engine.venues.polymarket.endpoints import Endpoints
from engine.venues.polymarket.keys import PolymarketKeys
from engine.venues.polymarket.venue import build
from tests.engine.sandbox.servers.polymarket_stage import played

PRIVATE = int.from_bytes(hashlib.sha256(b"a throw-away key").digest(), "big")
PATIENCE_S = 5.0


class Session:
    def __init__(self, stage) -> None:
        hosts = stage.hosts
        ws = hosts["clob"].replace("http", "ws")
        where = Endpoints(hosts["clob"], hosts["gamma"], hosts["data"], f"{ws}/ws/market", f"{ws}/ws/user")
        self.stage = stage
        self.told: list[object] = []
        self.venue = build(where, PolymarketKeys(PRIVATE), lambda: stage.wall, random.Random(1))

    def emit(self, event: object) -> bool:
        self.told.append(event)
        return True

    async def comes(self, kind: type, count: int = 1) -> list:
        async with asyncio.timeout(PATIENCE_S):
            while len(found := [event for event in self.told if isinstance(event, kind)]) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        return found

    def order(self, number: int, market, **more) -> Approved:
        wanted = {"instrument": market.id, "side": Side.BUY, "price": Ticks(6_000), "qty": Qty(Decimal(20))}
        place = Place(**(wanted | {"tif": Tif.GTC} | more))
        at = Nanos(self.stage.wall + number)
        return Approved(order=OrderId(f"o-{number}"), place=place, gates=(), client=f"c-{number}", at=at)


@asynccontextmanager
async def session():
    async with played() as client:
        made = Session(client.stage)
        running = [asyncio.create_task(part.run(made.emit)) for part in (made.venue.feed, made.venue.gateway)]
        try:
            yield made, client.stage
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def known(order: Approved) -> Known:
    place = order.place
    return Known(client=order.client, order=order.order, instrument=place.instrument, side=place.side, leg=place.leg,
                 price=place.price, qty=place.qty, filled=Qty(Decimal(0)), sent_at=order.at)  # fmt: skip


def test_a_book_is_followed_and_its_hash_reckoned_alike() -> None:
    async def work() -> None:
        async with session() as (made, stage):
            market, rng = stage.plain, random.Random(1)
            stage.quote(market, Side.BUY, "0.40", "100")
            stage.quote(market, Side.SELL, "0.60", "50.5")
            made.venue.feed.want(frozenset({market.id}))
            (book, *_) = await made.comes(BookSnapshot)
            assert book.asks == ((6_000, 50_500_000),)
            for _ in range(60):
                stage.pass_time(0.2)
                side = rng.choice(list(Side))
                stage.quote(
                    market, side, rng.choice(["0.41", "0.45"] if side is Side.BUY else ["0.55", "0.59"]), "7.25"
                )
                await asyncio.sleep(0)
            await made.venue.gateway.submit(made.order(1, market, qty=Qty(Decimal("12.5")), tif=Tif.IOC))
            await made.comes(Trade)
            stage.quote(market, Side.BUY, "0.30", "1")
            await asyncio.sleep(0.2)
            (shard,) = made.venue.feed._shards
            mirror = shard.talk.mirrors[market.id]
            assert (mirror.stale, mirror.gaps, mirror._trusted) == ("", 0, True)
            floor = stage.floor.books[market.id]
            assert mirror.ladder.levels(Side.BUY) == list(floor.bids.levels())
            assert mirror.ladder.levels(Side.SELL) == list(floor.asks.levels())

    asyncio.run(work())


def test_orders_of_all_kinds_are_taken_traded_cancelled_and_found_again() -> None:
    async def work() -> None:
        async with session() as (made, stage):
            gateway = made.venue.gateway
            stage.quote(stage.plain, Side.SELL, "0.60", "12")
            sweep = made.order(1, stage.plain, tif=Tif.IOC)
            rest = made.order(2, stage.plain, leg=Leg.NO, price=Ticks(3_500), post_only=True)
            risk = made.order(3, stage.neg, price=Ticks(3_500), tif=Tif.GTD, until=Nanos(stage.wall + 600 * SECOND))
            crossing = made.order(4, stage.plain, leg=Leg.NO, price=Ticks(3_400), tif=Tif.FOK)
            for order in (sweep, rest, risk, crossing):
                await gateway.submit(order)
            (filled,) = await made.comes(Filled)
            assert (filled.order, filled.qty, filled.cost, filled.fee) == ("o-1", 12, Decimal("7.2"), Decimal("0.2016"))
            (rejected,) = await made.comes(Rejected)
            assert (rejected.order, rejected.code) == ("o-4", "not_filled")
            assert {event.order for event in await made.comes(Accepted, 3)} == {"o-1", "o-2", "o-3"}
            (ended,) = await made.comes(Canceled)
            assert ended.order == "o-1"

            await gateway.cancel(known(rest))
            await made.comes(Canceled, 2)
            await gateway.picture([known(order) for order in (sweep, rest, risk, crossing)])
            (picture,) = await made.comes(Pictured)
            assert picture.ok, picture.why
            seen = {one.order: (one.status, one.filled) for one in picture.orders}
            assert seen["o-1"] == ("canceled", 12)
            assert seen["o-3"] == ("working", 0)
            assert seen["o-2"] == seen["o-4"] == ("absent", 0)
            assert [(held.instrument, held.leg, held.qty) for held in picture.positions] == [
                (stage.plain.id, Leg.YES, 12)
            ]

    asyncio.run(work())


def test_a_purchase_through_better_prices_is_told_with_all_the_shares_that_its_money_bought() -> None:
    async def work() -> None:
        async with session() as (made, stage):
            gateway = made.venue.gateway
            stage.quote(stage.plain, Side.SELL, "0.48", "5")
            stage.quote(stage.plain, Side.SELL, "0.50", "100")
            await gateway.submit(made.order(1, stage.plain, tif=Tif.IOC))  # 20 at 60c: 12 dollars
            await made.comes(Filled, 2)
            assert sum(fill.qty for fill in await made.comes(Filled, 2)) == Decimal("24.2")
            assert sum(fill.cost for fill in await made.comes(Filled, 2)) == 12
            await gateway.submit(made.order(2, stage.plain, price=Ticks(5_000), qty=Qty(Decimal("12.5")), tif=Tif.IOC))
            filled = (await made.comes(Filled, 3))[-1]
            assert (filled.order, filled.qty, filled.cost) == ("o-2", Decimal("12.5"), Decimal("6.25"))
            assert not [event for event in made.told if isinstance(event, Canceled | Rejected)]

    asyncio.run(work())


def test_a_size_finer_than_the_venue_takes_at_once_is_said_to_be_so() -> None:
    async def work() -> None:
        async with session() as (made, stage):
            stage.quote(stage.plain, Side.SELL, "0.57", "100")
            order = made.order(1, stage.plain, price=Ticks(5_700), qty=Qty(Decimal("12.5")), tif=Tif.IOC)
            await made.venue.gateway.submit(order)
            (filled,) = await made.comes(Filled)
            (ended,) = await made.comes(Canceled)
            assert (filled.qty, filled.cost) == (12, Decimal("6.84"))
            assert ended.why == "the venue takes no finer size at this price"

    asyncio.run(work())


def test_an_order_of_an_earlier_session_is_found_by_its_id() -> None:
    async def work() -> None:
        async with session() as (made, stage):
            order = made.order(1, stage.neg, price=Ticks(3_500))
            await made.venue.gateway.submit(order)
            await made.comes(Accepted)
            later = Session(stage)
            later.venue.gateway._emit = later.emit
            await later.venue.gateway.picture([known(order)])
            await later.venue.gateway.cancel(known(order))
            await later.venue.gateway.close()
            (picture,) = await later.comes(Pictured)
            assert [(one.order, one.status) for one in picture.orders] == [("o-1", "working")]
            assert await later.comes(Canceled)

    asyncio.run(work())


def test_windows_and_topics_are_found() -> None:
    async def work() -> None:
        async with session() as (made, stage):
            directory = made.venue.directory
            (window,) = [f for f in await directory.find("btc-updown-5m") if f.family.group == "Crypto · 5 min"]
            assert window.instruments[0].id == stage.plain.id
            assert window.instruments[0].fee.kind == "polymarket"
            assert len(await directory.find("tag:crypto")) == 2

    asyncio.run(work())
