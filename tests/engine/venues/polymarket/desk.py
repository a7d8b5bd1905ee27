"""A gateway to Polymarket that runs against a real server, and what it told."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from decimal import Decimal

from engine.core.commands import Place, Tif
from engine.core.effects import Approved
from engine.core.ids import POLYMARKET, InstrumentId, OrderId
from engine.core.instrument import Known
from engine.core.units import Nanos, Qty, Side, Ticks
from engine.venues.polymarket.keys import PolymarketKeys
from engine.venues.polymarket.venue import build
from tests.fakes.polymarket import CONDITION, FakePolymarket, serving

IT = InstrumentId(POLYMARKET, CONDITION)
PRIVATE = 0x5EED_0000_1234
PATIENCE_S = 5.0


class Desk:
    """A gateway, what it told, and the venue it talks to."""

    def __init__(self, fake: FakePolymarket) -> None:
        self.fake = fake
        self.told: list[object] = []
        keys = PolymarketKeys(PRIVATE)
        self.venue = build(fake.endpoints(), keys, lambda: Nanos(time.time_ns()), random.Random(1))
        self.gateway = self.venue.gateway
        assert self.gateway is not None
        self.gateway._chasing.pauses_s = (0.05, 0.1, 0.2)
        self.gateway._upkeep.beat_s = 0.05
        self.gateway._clob._timeout_s = 1.0
        fake.address = self.gateway._signer.wallet.address

    def emit(self, event: object) -> bool:
        self.told.append(event)
        return True

    def of(self, kind: type) -> list:
        return [event for event in self.told if isinstance(event, kind)]

    async def until(self, condition) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110 - the condition is another's, who tells nobody
                await asyncio.sleep(0.005)

    async def comes(self, kind: type, count: int = 1) -> list:
        await self.until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)


@asynccontextmanager
async def playing(**settings):
    async with serving(FakePolymarket(**settings)) as fake:
        desk = Desk(fake)
        desk.running = asyncio.create_task(desk.gateway.run(desk.emit))
        try:
            await desk.until(lambda: fake.user)
            yield desk
        finally:
            desk.running.cancel()
            await asyncio.gather(desk.running, return_exceptions=True)


def approved(number: int = 1, **changes) -> Approved:
    wanted = {"instrument": IT, "side": Side.BUY, "price": Ticks(5_600), "qty": Qty(Decimal(100)), "tif": Tif.GTC}
    place = Place(**(wanted | changes))
    at = Nanos(1_786_123_456_789 * 10**6 + number)
    return Approved(order=OrderId(f"o-{number}"), place=place, gates=(), client=f"salt-{number}", at=at)


def known(order: Approved, **changes) -> Known:
    place = order.place
    wanted = {"client": order.client, "order": order.order, "instrument": IT, "side": place.side, "leg": place.leg,
              "price": place.price, "qty": place.qty, "filled": Qty(Decimal(0)), "sent_at": order.at}  # fmt: skip
    return Known(**(wanted | changes))


def run(work) -> None:
    asyncio.run(work())
