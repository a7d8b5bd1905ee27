"""A gateway to Kalshi that runs against a real server, and what it told."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from decimal import Decimal

from engine.core.commands import Place, Tif
from engine.core.effects import Approved
from engine.core.events import (
    LinkChanged,
    Pictured,
)
from engine.core.ids import KALSHI, InstrumentId
from engine.core.instrument import Known
from engine.core.units import Side
from engine.venues.kalshi import venue as kalshi
from tests.fakes.kalshi import FakeKalshi, serving

ORDERS = "/portfolio/events/orders"
INSTRUMENT = InstrumentId(KALSHI, "KXHIGHNY-26AUG29-B84.5")


class Desk:
    """A gateway that runs, and what it told."""

    def __init__(self, venue: FakeKalshi) -> None:
        self.venue = venue
        built = kalshi.build(venue.endpoints(), venue.keys(), time.time_ns, random.Random(7))
        self.gateway = built.gateway
        self.told: list = []

    def goes_wrong(self, fault: str) -> None:
        """Let the next order request meet a fault; who answers late is not waited for."""
        self.venue.script.append(fault)
        if fault == "late":
            self.gateway._rest._timeout_s = 0.3

    def take(self, event) -> bool:
        self.told.append(event)
        return True

    def of(self, *kinds) -> list:
        return [e for e in self.told if isinstance(e, kinds)]

    def orders(self) -> list[str]:
        """Return what was told of orders, in order."""
        return [type(e).__name__ for e in self.told if not isinstance(e, LinkChanged | Pictured)]

    async def until(self, holds, seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - what is waited for is told by nobody
                await asyncio.sleep(0.005)

    async def up(self) -> None:
        await self.until(lambda: any(e.up for e in self.of(LinkChanged)))
        await self.until(lambda: any("fill" in s.channels for s in self.venue.sockets))

    @asynccontextmanager
    async def running(self):
        """Let the gateway run, up or not, and end it."""
        running = asyncio.create_task(self.gateway.run(self.take))
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await self.gateway._rest.close()


@asynccontextmanager
async def desk(**fields):
    async with serving(FakeKalshi(**fields)) as venue:
        here = Desk(venue)
        async with here.running():
            await here.up()
            yield here


def order(client: str = "c1", **fields) -> Approved:
    place = {"instrument": INSTRUMENT, "side": Side.BUY, "price": 5_600, "qty": Decimal(10), "tif": Tif.GTC} | fields
    return Approved(order=f"o-{client}", place=Place(**place), gates=(), client=client, at=time.time_ns())


def known(approved: Approved, venue_order: str = "", filled: str = "0") -> Known:
    place = approved.place
    return Known(
        client=approved.client,
        order=approved.order,
        instrument=place.instrument,
        side=place.side,
        leg=place.leg,
        price=place.price,
        qty=place.qty,
        filled=Decimal(filled),
        sent_at=approved.at,
        venue_order=venue_order,
    )


def run(scenario, **fields) -> None:
    async def whole() -> None:
        async with desk(**fields) as here:
            await scenario(here)

    asyncio.run(whole())
