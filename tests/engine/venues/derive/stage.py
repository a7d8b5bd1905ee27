"""Derive's sandbox with a venue of ours on it: what was told, what the floor has, and who trades against us."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from engine.core.commands import Place, Tif
from engine.core.effects import Approved
from engine.core.events import (
    Accepted,
    Amended,
    AmendRefused,
    BookSnapshot,
    BooksStale,
    Canceled,
    CancelRefused,
    Event,
    Expired,
    Filled,
    LinkChanged,
    Lost,
    Pictured,
    Rejected,
)
from engine.core.ids import DERIVE, InstrumentId, OrderId
from engine.core.instrument import Known
from engine.core.units import NOTHING, Nanos, Qty, Side, Ticks
from engine.host.clock import DayClock
from engine.sandbox.servers.derive import DeriveServer
from engine.sandbox.servers.derive_auth import Session, Wallet, address_of
from engine.sandbox.servers.derive_order import Order
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault, FaultDesk
from engine.venues import link, report, rest
from engine.venues.derive import upkeep, venue
from engine.venues.derive.endpoints import Endpoints
from engine.venues.derive.keys import DeriveKeys

PERP = InstrumentId(DERIVE, "ETH-PERP")
OWNER, SESSION, TAKER = 0xA11CE, 0x5E55, 0x7A4E
MINE, THEIRS = 30_769, 86_126
DEPOSIT = Decimal(50_000)
PATIENCE_S = 15.0
OF_ORDERS = (Accepted, Rejected, Filled, Canceled, CancelRefused, Expired, Amended, AmendRefused, Lost)


def now() -> Nanos:
    return Nanos(time.time_ns())


def hasten(patch: pytest.MonkeyPatch) -> None:
    """Let everything that counts real seconds be done in a tenth of the time."""
    known = link.Link.__init__.__kwdefaults__
    for name in ("silence_s", "beat_s", "ping_s", "first_wait_s", "longest_wait_s"):
        patch.setitem(known, name, known[name] / 10)
    patch.setitem(rest.Rest.__init__.__kwdefaults__, "timeout_s", 0.3)
    patch.setattr(report.reporting, "__defaults__", (report.EVERY_S / 10,))
    for module, names in ((rest, ("FIRST_WAIT_S", "LONGEST_WAIT_S")), (upkeep, ("CATCH_UP_S", "LET_IN_S"))):
        for name in names:
            patch.setattr(module, name, getattr(module, name) / 10)


class Ground:
    """A day with nothing on it but a clock and faults."""

    def __init__(self, seed: int, speed: float) -> None:
        self.seed = seed
        self.start = now()
        self.clock = DayClock(self.start, speed)
        self.wall = now
        self.desk = FaultDesk(random.Random(seed), time.monotonic)
        self.after: list[Callable[[], None]] = []

    async def run(self) -> None:
        while True:
            for then in self.after:
                then()
            await asyncio.sleep(0.005)


class Stage:
    """The venue, our side of it, and what was told."""

    def __init__(self, world: Ground, server: DeriveServer, port: int, **fields: Any) -> None:
        self.world = world
        self.server = server
        self.floor = server.floor
        self.endpoints = Endpoints(rest=f"http://127.0.0.1:{port}/v3", socket=f"ws://127.0.0.1:{port}/v3/ws")
        self.keys = DeriveKeys(SESSION, address_of(OWNER), MINE)
        real = world.clock.speed == 1.0  # else only prices are followed: who signs does so by the real time
        keys = self.keys if real else None
        self.venue = venue.build(self.endpoints, keys, now if real else world.clock.now, random.Random(7), **fields)
        self.gateway: Any = self.venue.gateway
        self.told: list[Event] = []
        self.over = False
        self.requests: list[str] = []
        self.books: dict[InstrumentId, BookSnapshot | None] = {}
        self._count = itertools.count(1)
        self._known: dict[str, Known] = {}

    def take(self, event: Event) -> bool:
        if self.over:
            return True
        self.told.append(event)
        if isinstance(event, BookSnapshot):
            self.books[event.instrument] = event
        elif isinstance(event, BooksStale):
            for name in event.instruments:
                self.books[name] = None
        return True

    @asynccontextmanager
    async def anew(self) -> AsyncIterator[None]:
        """Let a session that begins anew ask in the place of the first, which is not heard any more."""
        self.over = True
        self.gateway = venue.build(self.endpoints, self.keys, now, random.Random(8)).gateway
        before = len(self.told)
        task = asyncio.create_task(self.gateway.run(lambda event: self.told.append(event) or True))
        try:
            await self.until(lambda: any(isinstance(one, LinkChanged) and one.up for one in self.told[before:]))
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # what we do

    async def order(self, side: Side, price: Any, qty: Any, tif: Tif = Tif.GTC, **fields: Any) -> str:
        """Send an order; return its client id. `price` in dollars."""
        name = f"a-{next(self._count)}"
        instrument = fields.pop("instrument", PERP)
        ticks = Ticks(int(Decimal(str(price)) * 100))
        place = Place(instrument=instrument, side=side, price=ticks, qty=Qty(Decimal(str(qty))), tif=tif, **fields)
        at = now()
        self._known[name] = Known(
            client=name, order=OrderId(name), instrument=instrument, side=side, leg=place.leg, price=ticks,
            qty=place.qty, filled=NOTHING, sent_at=at,
        )  # fmt: skip
        await self.gateway.submit(Approved(order=OrderId(name), place=place, gates=(), client=name, at=at))
        return name

    def known(self, name: str) -> Known:
        """Return an order as the kernel knows it: with what was told of it."""
        accepted = [one.venue_order for one in self.of(name, Accepted)]
        filled = sum((one.qty for one in self.of(name, Filled)), Decimal(0))
        one = self._known[name]
        return Known(
            client=one.client, order=one.order, instrument=one.instrument, side=one.side, leg=one.leg, price=one.price,
            qty=one.qty, filled=Qty(filled), sent_at=one.sent_at, venue_order=accepted[-1] if accepted else "",
        )  # fmt: skip

    async def picture(self, *names: str) -> Pictured:
        await self.gateway.picture([self.known(one) for one in names])
        return next(one for one in reversed(self.told) if isinstance(one, Pictured))

    # what others do

    def trade(self, price: Any, amount: Any, *, buys: bool, name: str = "ETH-PERP") -> Order:
        """Let somebody else send an order that trades, or rests."""
        one = self.floor.contracts[name]
        order = Order(
            self.server.new_id(), THEIRS, one, buys, Decimal(str(price)), Decimal(str(amount)), Decimal(1_000), 0, "gtc"
        )
        self.floor.place(order)
        self.server.publish()
        return order

    def fault(self, kind: str, match: str = "", channel: str = "rest", **fields: Any) -> int:
        return self.world.desk.add(Fault(kind=kind, venue="derive", match=match, channel=channel, **fields))  # type: ignore[arg-type]

    # what is seen

    def of(self, name: str, *kinds: type[Any]) -> list[Any]:
        return [one for one in self.told if isinstance(one, kinds or OF_ORDERS) and getattr(one, "order", "") == name]

    def words(self, name: str) -> list[str]:
        return [type(one).__name__ for one in self.of(name)]

    def ours(self) -> list[Order]:
        """Return the orders of ours that the floor has, open and past."""
        return self.floor.accounts[MINE].orders

    def agrees(self) -> bool:
        """Whether every book that was told is fresh and the floor's."""
        return all(
            book is not None and self.shown(book) == self.there(name) for name, book in self.books.items()
        )  # fmt: skip

    def there(self, name: InstrumentId) -> Any:
        contract = self.floor.contracts[name.symbol]
        return tuple(
            [(int(price * 100), int(amount / contract.step)) for price, amount in side]
            for side in self.floor.levels(name.symbol)
        )

    @staticmethod
    def shown(book: BookSnapshot) -> Any:
        return list(book.bids), list(book.asks)

    def sent(self, path: str) -> int:
        return sum(one == path for one in self.requests)

    async def until(self, holds: Callable[[], object], seconds: float = PATIENCE_S) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not holds():  # noqa: ASYNC110 - what is waited for is told by nobody
                    await asyncio.sleep(0.003)
        except TimeoutError:
            said = [type(one).__name__ for one in self.told[-30:]]
            raise AssertionError(f"it did not come about; last told: {said}") from None

    async def up(self) -> None:
        await self.until(lambda: self.link("account") and self.link("market"))

    def link(self, channel: str) -> bool:
        last = [one.up for one in self.told if isinstance(one, LinkChanged) and one.channel == channel]
        return bool(last and last[-1])

    async def follow(self, *names: str) -> None:
        """Follow some instruments' books until each was told."""
        wanted = frozenset(InstrumentId(DERIVE, one) for one in names)
        await self.venue.directory.find("ETH")
        self.venue.feed.want(wanted)
        await self.until(lambda: all(self.books.get(one) is not None for one in wanted))


@asynccontextmanager
async def staged(
    *, lively: bool = False, rate: float = 0.0, speed: float = 1.0, tps: int = 1_000, feed: bool = True, seed: int = 1,
    **fields: Any,
) -> AsyncIterator[Stage]:  # fmt: skip
    """Serve the venue and run ours on it; nothing moves on the floor unless it is lively."""
    world = Ground(seed, speed)
    server = DeriveServer(world, lively=lively, rate=rate, tps=tps)
    session = address_of(SESSION)
    server.open_account(Wallet(address_of(OWNER), (MINE,), {session: Session(session)}), DEPOSIT)
    server.open_account(Wallet(address_of(TAKER), (THEIRS,)), DEPOSIT)
    runner, port = await serve(server.app())
    here = Stage(world, server, port, **fields)
    server.method = _noting(server.method, here.requests)  # type: ignore[method-assign]
    works = [world.run()]
    works += [here.gateway.run(here.take)] if here.gateway is not None else []
    works += [here.venue.feed.run(here.take)] if feed else []
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await here.until(lambda: here.gateway is None or here.link("account"))
        yield here
    finally:
        for task in tasks:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        await runner.cleanup()
        broken = [one for one in done if not isinstance(one, asyncio.CancelledError)]
        assert not broken, broken


def _noting(method: Any, kept: list[str]) -> Any:
    def noted(name: str, params: Any, wallet: Any) -> Any:
        kept.append(name)
        return method(name, params, wallet)

    return noted


def played(scenario: Callable[[Stage], Any], **fields: Any) -> None:
    """Play a scenario on a stage of its own."""

    async def whole() -> None:
        async with staged(**fields) as here:
            await scenario(here)

    asyncio.run(whole())
